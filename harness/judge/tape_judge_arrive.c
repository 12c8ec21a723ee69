/*
 * What an end is given: the event it is, what may follow by the table, and
 * what is owed for it. Knows nothing of what was answered.
 */
#include "judge/tape_judge_own.h"

#include "judge/spec.h"

/* What RFC 5961 answers with a challenge ACK (sections 3.2, 4.2, 5.2). */
static bool is_challenged(enum rfc9293_event event)
{
	return event == EVENT_RST_INSIDE || event == EVENT_SYN ||
	       event == EVENT_SYN_OUTSIDE || event == EVENT_SYN_NEW ||
	       event == EVENT_ACK_UNSENT || event == EVENT_ACK_OLD;
}

/* RFC 5961 section 7: these alone may be limited, to how many is not said. */
static bool is_throttled(const struct tape_judge *j, struct tape_judge_end *e,
			 enum rfc9293_event event)
{
	bool throttled = e->challenged_ns && j->now_ns - e->challenged_ns <
						     SPEC_CHALLENGE_INTERVAL_NS;

	if (!is_challenged(event))
		return false;
	e->challenged_ns = j->now_ns;
	return throttled;
}

/* An ACK at RCV.NXT draws no answer but an RST. */
static bool may_be_answered(const struct stimulus *s)
{
	if (s->frame == TAPE_NO_FRAME)
		return false;
	return (s->event != EVENT_ACK && s->event != EVENT_ACK_FIN) ||
	       tape_judge_may_reset(s->answer);
}

static void give_stimulus(struct tape_judge_end *e, const struct stimulus *s)
{
	struct stimulus *given =
		arena_push(e->arena, &e->stimulus, &e->n_given, sizeof(*given));

	*given = *s;
	e->n_stimulus++;
}

/* Remembers what the end may answer from now on. */
static void note_stimulus(struct tape_judge *j, enum side side,
			  const struct stimulus *s)
{
	struct tape_judge_end *e = &j->end[side];

	if (may_be_answered(s))
		give_stimulus(e, s);
	e->last = *s;
	e->has_last = true;
	if (s->event == EVENT_RST_INSIDE || s->event == EVENT_RST_OUTSIDE) {
		e->refused = *s;
		e->has_refused = true;
	}
	e->quiet_ns = j->now_ns;
	if (tape_judge_may_reset(s->answer))
		e->rst_allowed++;
}

static bool is_ack_owed(enum rfc9293_answer answer)
{
	return answer == ANSWER_ACK || answer == ANSWER_SYN_ACK ||
	       answer == ANSWER_SYN_ACK_OR_ACK;
}

static void owe(struct tape_judge *j, struct tape_judge_end *e,
		const struct stimulus *s)
{
	e->owed.event = s->event;
	e->owed.id = s->id;
	e->owed.at_ns = j->given_ns > j->now_ns ? j->given_ns : j->now_ns;
	e->owed.frame = s->frame;
	if (is_ack_owed(s->answer)) {
		e->owed.ack = true;
		e->owed.number = s->owed;
	}
	if (s->answer == ANSWER_RST)
		e->owed.rst = true;
}

/* After close() nobody can receive: data asks for an RST (SHLD-3). */
static bool is_for_nobody(const struct tape_judge_end *e,
			  enum rfc9293_event event, const struct seg *seg)
{
	uint32_t end = seg->seq + (uint32_t)seg->len;

	return (e->closed || e->rd_shut) && !e->fin_rcvd && seg->len &&
	       event >= EVENT_DATA && event <= EVENT_FIN_ACK &&
	       seq_after(end, e->rcv_nxt) &&
	       e->states & (STATE_BIT(TCP_STATE_FIN_WAIT_1) |
			    STATE_BIT(TCP_STATE_FIN_WAIT_2));
}

static void got_for_nobody(struct tape_judge *j, enum side to,
			   struct stimulus *s)
{
	struct tape_judge_end *e = &j->end[to];
	const struct rfc9293_row *row = tape_judge_row(e, EVENT_DATA_LATE);
	uint32_t waiting = STATE_BIT(TCP_STATE_FIN_WAIT_1) |
			   STATE_BIT(TCP_STATE_FIN_WAIT_2);
	bool sure = row && e->closed && tape_judge_is_only(e, waiting);

	s->event = EVENT_DATA_LATE;
	s->id = row ? row->id : NULL;
	s->answer = sure ? row->answer : ANSWER_ANY;
	/* shutdown for reading may mean the same, or nothing (POSIX). */
	e->states = sure ? row->to : STATES_ANY;
	note_stimulus(j, to, s);
	owe(j, e, s);
}

/* Without a window no text is acceptable, and yet valid ACKs are (3.10.7.4). */
static bool has_no_window(const struct tape_judge_end *e)
{
	return e->shown.rcv_edge == e->rcv_nxt;
}

/*
 * SEG.ACK is processed before data and FIN. That of an unacceptable segment
 * is not, but appendix A.2 leaves it open for those before the window.
 */
static void step_segment(struct tape_judge_end *e, const struct arrival *c)
{
	uint32_t before = e->states;

	if (c->acks_fin && c->event != EVENT_ACK_FIN &&
	    c->event != EVENT_FIN_ACK)
		tape_judge_step(e, EVENT_ACK_FIN);
	tape_judge_step(e, c->event);
	if (c->event == EVENT_DATA_OLD ||
	    (c->event == EVENT_DATA_OUTSIDE && has_no_window(e)))
		e->states |= rfc9293_step(before, EVENT_ACK) |
			     rfc9293_step(before, EVENT_ACK_FIN);
}

static void note_reset(struct tape_judge_end *e)
{
	e->rst_delivered = true;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
}

/*
 * An old segment that reaches up to the last ACK is acceptable to some (Linux)
 * as far as its timestamp goes.
 */
static void take_timestamp(struct tape_judge_end *e, const struct seg *seg,
			   bool acceptable)
{
	if (!seg->has_ts || seq_after(seg->seq, e->rcv_nxt))
		return;
	if (acceptable) {
		e->ts_recent = seg->tsval;
		e->ts_known = true;
	} else if (seq_after(e->shown.rcv_nxt_max, seg->seq + seg_span(seg))) {
		return;
	}
	if (acceptable || seq_after(seg->tsval, e->ts_newest))
		e->ts_newest = seg->tsval;
}

/* Numbers that an acceptable segment moves. */
static enum rfc9293_event take_numbers(const struct tape_judge *j,
				       struct tape_judge_end *e,
				       const struct seg *seg,
				       const struct arrival *c)
{
	bool fin;

	take_timestamp(e, seg, c->acceptable);
	if (!c->acceptable)
		return c->event;
	if (seq_after(seg->ack, e->snd_una)) {
		e->snd_una = seg->ack;
		e->moved_ns = j->now_ns;
	}
	if (c->acks_fin)
		e->fin_acked = true;
	fin = tape_judge_take(e, seg);
	if (!fin || c->event == EVENT_FIN || c->event == EVENT_FIN_ACK)
		return c->event;
	return EVENT_FIN; /* an early one's turn has come */
}

static void got_event(struct tape_judge *j, enum side to, const struct seg *seg,
		      struct arrival *c, struct stimulus *s)
{
	struct tape_judge_end *e = &j->end[to];
	enum rfc9293_event event = take_numbers(j, e, seg, c);
	const struct rfc9293_row *row = tape_judge_row(e, event);
	uint32_t without = 0;

	e->snd_edge_known |= c->acceptable;
	if (c->acceptable)
		e->snd_edge = seg->ack +
			      ((uint32_t)seg->win
			       << j->end[side_other(to)].shown.rcv_wind_shift);
	if (event != c->event) { /* held, or dropped: SHLD-31 */
		struct tape_judge_end dropped = *e;

		step_segment(&dropped, c);
		without = dropped.states;
		c->event = event;
		if (c->acks_fin)
			c->event = EVENT_FIN_ACK;
		row = tape_judge_row(e, c->event);
	}
	s->event = c->event;
	s->answer = row ? row->answer : ANSWER_ANY;
	s->id = row ? row->id : NULL;
	s->owed = s->answer == ANSWER_SYN_ACK ? s->end : e->rcv_nxt;
	if (without && s->answer == ANSWER_ACK)
		s->answer = ANSWER_MAY_ACK;
	if (s->answer == ANSWER_ACK && is_throttled(j, e, c->event))
		s->answer = ANSWER_MAY_ACK;
	step_segment(e, c);
	e->states |= without;
	note_stimulus(j, to, s);
	owe(j, e, s);
	if (c->event == EVENT_RST_EXACT || c->event == EVENT_RST_TS_OLD)
		note_reset(e);
}

/*
 * The tape does not say which event the segment is, or its sender was wrong
 * to send it: the receiver may do anything.
 */
static void got_unknown(struct tape_judge *j, enum side to,
			const struct seg *seg, struct stimulus *s)
{
	struct tape_judge_end *e = &j->end[to];
	bool text = seg_span(seg) && !(seg->flags & (FLAG_SYN | FLAG_RST));

	if (text && e->rcv_known && seq_after(s->end, e->rcv_nxt) &&
	    (!e->maybe || seq_after(s->end, e->maybe_end))) {
		e->maybe = true;
		e->maybe_end = s->end;
		e->maybe_fin = seg->flags & FLAG_FIN;
	}
	s->event = EVENT_COUNT;
	s->answer = ANSWER_ANY;
	e->states = STATES_ANY;
	note_stimulus(j, to, s);
}

static void got_syn(struct tape_judge_end *e, const struct seg *seg)
{
	/* In SYN-RECEIVED one leads back to LISTEN, or nowhere. */
	if (!(seg->flags & FLAG_SYN) ||
	    tape_judge_is_only(e, STATE_BIT(TCP_STATE_SYN_RECEIVED)))
		return;
	e->syn_pending = true;
	e->syn_next = seg->seq + 1;
	if (!e->rcv_known || tape_judge_may_be(e, TCP_STATE_SYN_SENT)) {
		e->ts_known = seg->has_ts;
		e->ts_recent = e->ts_newest = seg->tsval;
	}
}

/* Without a connection the flags alone decide (3.10.7.1, 3.10.7.2). */
static enum rfc9293_event event_when_closed(const struct seg *seg)
{
	if (seg->flags & FLAG_RST)
		return EVENT_RST_OUTSIDE;
	if (seg->flags & FLAG_ACK)
		return seg->len ? EVENT_DATA : EVENT_ACK;
	return seg->flags & FLAG_SYN ? EVENT_SYN : EVENT_NO_ACK;
}

/*
 * Whether it answers a SYN,ACK whose sender kept no state: the connection is in
 * the cookie that it acknowledges (RFC 4987 section 3.6).
 */
static bool brings_cookie(const struct tape_judge_end *e, const struct seg *seg)
{
	return tape_judge_is_only(e, STATE_BIT(TCP_STATE_LISTEN)) &&
	       (seg->flags & (FLAG_SYN | FLAG_RST | FLAG_ACK)) == FLAG_ACK &&
	       e->shown.known && e->shown.snd_nxt == e->shown.iss + 1 &&
	       seg->ack == e->shown.snd_nxt && seg->seq == e->shown.rcv_nxt;
}

/* The listener may find it too old, and reset it as any other ACK. */
static void take_cookie(struct tape_judge_end *e, const struct seg *seg)
{
	tape_judge_begin(e, seg->seq);
	e->states |= STATE_BIT(TCP_STATE_SYN_RECEIVED);
}

void tape_judge_arrived(struct tape_judge *j, enum side to,
			const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[to];
	struct stimulus s = { .frame = frame,
			      .ack = seg->ack,
			      .has_ack = seg->flags & FLAG_ACK,
			      .has_fin = seg->flags & FLAG_FIN,
			      .end = seg->seq + seg_span(seg) };
	struct arrival c;

	if (!seg->csum_ok)
		return; /* a wrong checksum: the receiver drops it */
	if (!j->blamed[frame])
		got_syn(e, seg);
	if (brings_cookie(e, seg))
		take_cookie(e, seg);
	if (tape_judge_is_only(e, NO_CONNECTION))
		c = (struct arrival){ .event = event_when_closed(seg) };
	else
		c = tape_judge_event(e, &j->end[side_other(to)], seg);
	if (seg->flags & FLAG_RST)
		e->rst_delivered = true;
	if (seg->flags & FLAG_SYN && seg->flags & (FLAG_ECE | FLAG_CWR))
		j->end[side_other(to)].ecn = true;
	tape_judge_shown_given(e, c.event);
	if (c.event == EVENT_COUNT || j->blamed[frame])
		got_unknown(j, to, seg, &s);
	else if (is_for_nobody(e, c.event, seg))
		got_for_nobody(j, to, &s);
	else
		got_event(j, to, seg, &c, &s);
}
