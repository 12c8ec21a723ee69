/*
 * What an end is given: the event it is, what may follow by the table, and
 * what is owed for it. Knows nothing of what was answered.
 */
#include "judge/referee_own.h"

#include "base/clock.h"

/* RFC 5961 section 7: challenges may be limited, for example to 10 in 5 s. */
#define THROTTLE_NS (5 * NS_PER_S)

static bool is_invalid(enum rfc9293_event event)
{
	return event == EVENT_FIN_AGAIN || event == EVENT_ACK_UNSENT ||
	       event == EVENT_DATA_OLD || event == EVENT_DATA_OUTSIDE ||
	       event == EVENT_RST_INSIDE || event == EVENT_SYN ||
	       event == EVENT_SYN_NEW;
}

static bool is_throttled(const struct referee *r, struct referee_end *e,
			 enum rfc9293_event event)
{
	bool throttled =
		e->challenged_ns && r->now_ns - e->challenged_ns < THROTTLE_NS;

	if (!is_invalid(event))
		return false;
	e->challenged_ns = r->now_ns;
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

static void give_stimulus(struct referee_end *e, const struct stimulus *s)
{
	struct stimulus *given =
		arena_push(e->arena, &e->stimulus, &e->n_given, sizeof(*given));

	*given = *s;
	e->n_stimulus++;
}

/* Remembers what it may answer now. */
static void note_stimulus(struct referee *r, enum side side,
			  const struct stimulus *s)
{
	struct referee_end *e = &r->end[side];

	if (may_be_answered(s))
		give_stimulus(e, s);
	e->last = *s;
	e->has_last = true;
	e->quiet_ns = r->now_ns;
	if (s->answer == ANSWER_RST || s->answer == ANSWER_ANY)
		e->rst_allowed++;
}

static void owe(struct referee *r, struct referee_end *e,
		const struct stimulus *s)
{
	e->owed.event = s->event;
	e->owed.id = s->id;
	e->owed.at_ns = r->now_ns;
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
static bool is_for_nobody(const struct referee_end *e, enum rfc9293_event event,
			  const struct seg *seg)
{
	uint32_t end = seg->seq + (uint32_t)seg->len;

	return (e->closed || e->rd_shut) && !e->peer_fin &&
	       (seg->len || event == EVENT_FIN_EARLY) && event >= EVENT_DATA &&
	       event <= EVENT_FIN_ACK && seq_after(end, e->rcv_nxt) &&
	       e->states & (STATE_BIT(TCP_STATE_FIN_WAIT_1) |
			    STATE_BIT(TCP_STATE_FIN_WAIT_2));
}

static void got_for_nobody(struct referee *r, enum side to,
			   const struct seg *seg, struct stimulus *s)
{
	struct referee_end *e = &r->end[to];
	uint32_t waiting = STATE_BIT(TCP_STATE_FIN_WAIT_1) |
			   STATE_BIT(TCP_STATE_FIN_WAIT_2);
	bool sure = e->closed && seg->len && referee_is_only(e, waiting);

	s->event = EVENT_DATA;
	s->id = "RFC9293-3.6.1-SHLD3b";
	s->answer = sure ? ANSWER_RST : ANSWER_ANY;
	/* shutdown for reading may mean the same (Linux), or nothing. */
	e->states = sure ? STATE_BIT(TCP_STATE_CLOSED) : STATES_ANY;
	note_stimulus(r, to, s);
	owe(r, e, s);
}

/* The ACK first, then what else it carries; an old one's ACK may count. */
static void step_segment(struct referee_end *e, const struct class *c)
{
	uint32_t before = e->states;

	if (c->acks_fin && c->event != EVENT_ACK_FIN &&
	    c->event != EVENT_FIN_ACK)
		referee_step(e, EVENT_ACK_FIN);
	referee_step(e, c->event);
	if (c->event == EVENT_DATA_OLD || c->event == EVENT_DATA_OUTSIDE)
		e->states |= rfc9293_step(before, EVENT_ACK) |
			     rfc9293_step(before, EVENT_ACK_FIN);
}

static void note_reset(struct referee_end *e)
{
	e->rst_delivered = true;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
}

/*
 * An old segment that reaches up to the last ACK is acceptable to some (Linux)
 * as far as its timestamp goes.
 */
static void take_timestamp(struct referee_end *e, const struct seg *seg,
			   bool acceptable)
{
	if (!seg->has_ts || seq_after(seg->seq, e->rcv_nxt))
		return;
	if (acceptable) {
		e->ts_recent = seg->tsval;
		e->ts_known = true;
	} else if (seq_after(e->acked, seg->seq + seg_span(seg))) {
		return;
	}
	if (acceptable || seq_after(seg->tsval, e->ts_newest))
		e->ts_newest = seg->tsval;
}

/* Numbers that an acceptable segment moves. */
static enum rfc9293_event take_numbers(struct referee_end *e,
				       const struct seg *seg,
				       const struct class *c)
{
	bool fin;

	take_timestamp(e, seg, c->acceptable);
	if (!c->acceptable)
		return c->event;
	if (seq_after(seg->ack, e->snd_una))
		e->snd_una = seg->ack;
	if (c->acks_fin)
		e->fin_acked = true;
	fin = referee_take(e, seg);
	if (!fin || c->event == EVENT_FIN || c->event == EVENT_FIN_ACK)
		return c->event;
	return EVENT_FIN; /* an early one's turn has come */
}

static void got_event(struct referee *r, enum side to, const struct seg *seg,
		      struct class *c, struct stimulus *s)
{
	struct referee_end *e = &r->end[to];
	enum rfc9293_event event = take_numbers(e, seg, c);
	const struct rfc9293_row *row = referee_row(e, event);
	uint32_t without = 0;

	e->usable_known |= c->acceptable;
	if (c->acceptable)
		e->usable = seg->ack + ((uint32_t)seg->win
					<< r->end[side_other(to)].scale);
	if (event != c->event) { /* held, or dropped: SHLD-31 */
		struct referee_end dropped = *e;

		step_segment(&dropped, c);
		without = dropped.states;
		c->event = event;
		if (c->acks_fin)
			c->event = EVENT_FIN_ACK;
		row = referee_row(e, c->event);
	}
	s->event = c->event;
	s->answer = row ? row->answer : ANSWER_ANY;
	s->id = row ? row->id : NULL;
	s->owed = e->rcv_nxt;
	if (without && s->answer == ANSWER_ACK)
		s->answer = ANSWER_MAY_ACK;
	if (s->answer == ANSWER_ACK && is_throttled(r, e, c->event))
		s->answer = ANSWER_MAY_ACK;
	step_segment(e, c);
	e->states |= without;
	/*
	 * Linux takes an RST with the number of the FIN before it for exact:
	 * it answers what was sent before that FIN arrived.
	 */
	s->tolerated = c->one_low;
	note_stimulus(r, to, s);
	owe(r, e, s);
	if (c->event == EVENT_RST_EXACT)
		note_reset(e);
}

/*
 * The tape does not settle what it is, or it was wrong to send it: anything
 * may follow.
 */
static void got_unknown(struct referee *r, enum side to, const struct seg *seg,
			struct stimulus *s)
{
	struct referee_end *e = &r->end[to];
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
	note_stimulus(r, to, s);
}

static void got_syn(struct referee_end *e, const struct seg *seg)
{
	if (!(seg->flags & FLAG_SYN))
		return;
	e->syn_pending = true;
	e->syn_next = seg->seq + 1;
	if (!e->rcv_known || referee_may_be(e, TCP_STATE_SYN_SENT)) {
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

void referee_got(struct referee *r, enum side to, const struct seg *seg,
		 size_t frame)
{
	struct referee_end *e = &r->end[to];
	struct stimulus s = { .frame = frame,
			      .ack = seg->ack,
			      .has_ack = seg->flags & FLAG_ACK,
			      .end = seg->seq + seg_span(seg) };
	uint32_t none =
		STATE_BIT(TCP_STATE_CLOSED) | STATE_BIT(TCP_STATE_LISTEN);
	struct class c;

	if (!seg->csum_ok)
		return; /* dropped, and nothing may come of it */
	if (!r->blamed[frame])
		got_syn(e, seg);
	if (referee_is_only(e, none))
		c = (struct class){ .event = event_when_closed(seg) };
	else
		c = referee_class(e, &r->end[side_other(to)], seg);
	if (seg->flags & FLAG_RST)
		e->rst_delivered = true;
	if (seg->flags & FLAG_SYN && seg->flags & (FLAG_ECE | FLAG_CWR))
		r->end[side_other(to)].ecn = true;
	referee_wire_got(e, c.event);
	if (c.event == EVENT_COUNT || r->blamed[frame])
		got_unknown(r, to, seg, &s);
	else if (is_for_nobody(e, c.event, seg))
		got_for_nobody(r, to, seg, &s);
	else
		got_event(r, to, seg, &c, &s);
}
