/*
 * What an end is given: the event it is, what may follow by the table, and
 * what is owed for it. Knows nothing of what was answered.
 */
#include "judge/tape_judge_own.h"

#include "judge/spec.h"

static bool is_invalid(enum rfc9293_event event)
{
	return event == EVENT_FIN_AGAIN || event == EVENT_ACK_UNSENT ||
	       event == EVENT_DATA_OLD || event == EVENT_DATA_OUTSIDE ||
	       event == EVENT_RST_INSIDE || event == EVENT_SYN ||
	       event == EVENT_SYN_NEW;
}

static bool is_throttled(const struct tape_judge *j, struct tape_judge_end *e,
			 enum rfc9293_event event)
{
	bool throttled = e->challenged_ns && j->now_ns - e->challenged_ns <
						     SPEC_CHALLENGE_INTERVAL_NS;

	if (!is_invalid(event))
		return false;
	e->challenged_ns = j->now_ns;
	return throttled;
}

/* Nobody answers an ACK that comes in order, but with an RST. */
static bool may_be_answered(const struct stimulus *s)
{
	if (s->frame == TAPE_NO_FRAME)
		return false;
	return (s->event != EVENT_ACK && s->event != EVENT_ACK_FIN) ||
	       s->answer == ANSWER_RST || s->answer == ANSWER_ANY;
}

static void give_stimulus(struct tape_judge_end *e, const struct stimulus *s)
{
	struct stimulus *given =
		arena_push(e->arena, &e->stimulus, &e->n_given, sizeof(*given));

	*given = *s;
	e->n_stimulus++;
}

/* Remembers what it may answer now. */
static void note_stimulus(struct tape_judge *j, enum side side,
			  const struct stimulus *s)
{
	struct tape_judge_end *e = &j->end[side];

	if (may_be_answered(s))
		give_stimulus(e, s);
	e->last = *s;
	e->has_last = true;
	e->quiet_ns = j->now_ns;
	if (s->answer == ANSWER_RST || s->answer == ANSWER_ANY)
		e->rst_allowed++;
}

static void owe(struct tape_judge *j, struct tape_judge_end *e,
		const struct stimulus *s)
{
	e->owed.event = s->event;
	e->owed.id = s->id;
	e->owed.at_ns = j->now_ns;
	e->owed.frame = s->frame;
	if (s->answer == ANSWER_ACK) {
		e->owed.ack = true;
		e->owed.number = s->owed;
	}
	if (s->answer == ANSWER_RST)
		e->owed.rst = true;
}

/*
 * It has called close(): text for nobody asks for RST (SHLD-3). So may a FIN
 * above a hole, which says that there is text (Linux).
 */
static bool is_for_nobody(const struct tape_judge_end *e,
			  enum rfc9293_event event, const struct seg *seg)
{
	uint32_t end = seg->seq + (uint32_t)seg->len;

	return (e->closed || e->rd_shut) && !e->fin_rcvd &&
	       (seg->len || event == EVENT_FIN_EARLY) && event >= EVENT_DATA &&
	       event <= EVENT_FIN_ACK && seq_after(end, e->rcv_nxt) &&
	       e->states & (STATE_BIT(TCP_STATE_FIN_WAIT_1) |
			    STATE_BIT(TCP_STATE_FIN_WAIT_2));
}

static void got_for_nobody(struct tape_judge *j, enum side to,
			   const struct seg *seg, struct stimulus *s)
{
	struct tape_judge_end *e = &j->end[to];
	uint32_t waiting = STATE_BIT(TCP_STATE_FIN_WAIT_1) |
			   STATE_BIT(TCP_STATE_FIN_WAIT_2);
	bool sure = e->closed && seg->len && tape_judge_is_only(e, waiting);

	s->event = EVENT_DATA;
	s->id = "RFC9293-3.6.1-SHLD3b";
	s->answer = sure ? ANSWER_RST : ANSWER_ANY;
	/* shutdown for reading may mean the same (Linux), or nothing. */
	e->states = sure ? STATE_BIT(TCP_STATE_CLOSED) : STATES_ANY;
	note_stimulus(j, to, s);
	owe(j, e, s);
}

/* The ACK first, then what else it carries; an old one's ACK may count. */
static void step_segment(struct tape_judge_end *e, const struct arrival *c)
{
	uint32_t before = e->states;

	if (c->acks_fin && c->event != EVENT_ACK_FIN &&
	    c->event != EVENT_FIN_ACK)
		tape_judge_step(e, EVENT_ACK_FIN);
	tape_judge_step(e, c->event);
	if (c->event == EVENT_DATA_OLD || c->event == EVENT_DATA_OUTSIDE)
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
static enum rfc9293_event take_numbers(struct tape_judge_end *e,
				       const struct seg *seg,
				       const struct arrival *c)
{
	bool fin;

	take_timestamp(e, seg, c->acceptable);
	if (!c->acceptable)
		return c->event;
	if (seq_after(seg->ack, e->snd_una))
		e->snd_una = seg->ack;
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
	enum rfc9293_event event = take_numbers(e, seg, c);
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
	s->owed = e->rcv_nxt;
	if (without && s->answer == ANSWER_ACK)
		s->answer = ANSWER_MAY_ACK;
	if (s->answer == ANSWER_ACK && is_throttled(j, e, c->event))
		s->answer = ANSWER_MAY_ACK;
	step_segment(e, c);
	e->states |= without;
	/*
	 * Linux takes an RST with the number of the FIN before it for exact:
	 * it answers what was sent before that FIN arrived.
	 */
	s->tolerated = c->one_low;
	note_stimulus(j, to, s);
	owe(j, e, s);
	if (c->event == EVENT_RST_EXACT)
		note_reset(e);
}

/*
 * The tape does not settle what it is, or it was wrong to send it: anything
 * may follow.
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
	if (!(seg->flags & FLAG_SYN))
		return;
	e->syn_pending = true;
	e->syn_next = seg->seq + 1;
	if (!e->rcv_known || tape_judge_may_be(e, TCP_STATE_SYN_SENT)) {
		e->ts_known = seg->has_ts;
		e->ts_recent = e->ts_newest = seg->tsval;
	}
}

/* Without a connection every segment but RST and SYN is for nobody. */
static enum rfc9293_event event_when_closed(const struct seg *seg)
{
	if (seg->flags & FLAG_RST)
		return EVENT_RST_OUTSIDE;
	if (seg->flags & FLAG_SYN)
		return EVENT_SYN;
	if (!(seg->flags & FLAG_ACK))
		return EVENT_NO_ACK;
	return seg->len ? EVENT_DATA : EVENT_ACK;
}

void tape_judge_arrived(struct tape_judge *j, enum side to,
			const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[to];
	struct stimulus s = { .frame = frame,
			      .ack = seg->ack,
			      .has_ack = seg->flags & FLAG_ACK,
			      .end = seg->seq + seg_span(seg) };
	uint32_t none =
		STATE_BIT(TCP_STATE_CLOSED) | STATE_BIT(TCP_STATE_LISTEN);
	struct arrival c;

	if (!seg->csum_ok)
		return; /* dropped, and nothing may come of it */
	if (!j->blamed[frame])
		got_syn(e, seg);
	if (tape_judge_is_only(e, none))
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
		got_for_nobody(j, to, seg, &s);
	else
		got_event(j, to, seg, &c, &s);
}
