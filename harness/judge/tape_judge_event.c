/*
 * Which event of the table a segment is to the end that is given it: the
 * checks of RFC 9293 section 3.10.7.4 in their order, on numbers that are
 * known. What the tape does not settle is no event.
 */
#include "judge/tape_judge_own.h"

#include "judge/spec.h"

static const struct arrival unknown = { .event = EVENT_COUNT };

static struct arrival of(enum rfc9293_event event)
{
	return (struct arrival){ .event = event };
}

/* Its RCV.NXT is what it has said, not only what it should be. */
static bool is_sure(const struct tape_judge_end *e)
{
	return e->shown.ack_sent && e->shown.rcv_nxt_max == e->rcv_nxt &&
	       !e->maybe;
}

/* Linux lets a timestamp pass that is one tick old (TCP_PAWS_WINDOW). */
static bool is_older(const struct tape_judge_end *e, const struct seg *seg,
		     uint32_t tsval)
{
	return e->ts_known && seg->has_ts && seq_after(tsval - 1, seg->tsval);
}

static bool is_inside(const struct tape_judge_end *e, uint32_t seq)
{
	return !seq_after(e->rcv_nxt, seq) && seq_after(e->shown.rcv_edge, seq);
}

static struct arrival class_rst(const struct tape_judge_end *e,
				const struct seg *seg)
{
	if (!is_sure(e))
		return unknown;
	if (seg->seq == e->rcv_nxt)
		return of(is_older(e, seg, e->ts_recent) ? EVENT_RST_TS_OLD
							 : EVENT_RST_EXACT);
	return of(is_inside(e, seg->seq) ? EVENT_RST_INSIDE
					 : EVENT_RST_OUTSIDE);
}

/*
 * RFC 6191 section 2: a newer timestamp, or the first one; without it, or with
 * the same, a number above the last one received.
 */
static bool may_reopen(const struct tape_judge_end *e, const struct seg *seg)
{
	bool above = !seq_after(e->rcv_nxt, seg->seq);

	if (seg->flags & FLAG_ACK || !tape_judge_may_be(e, TCP_STATE_TIME_WAIT))
		return false;
	if (!seg->has_ts)
		return above;
	if (!e->ts_known || seq_after(seg->tsval, e->ts_recent))
		return true;
	return above && seg->tsval == e->ts_recent;
}

static struct arrival class_syn(const struct tape_judge_end *e,
				const struct seg *seg)
{
	if (may_reopen(e, seg))
		return of(EVENT_SYN_NEW);
	return of(is_inside(e, seg->seq) ? EVENT_SYN : EVENT_SYN_OUTSIDE);
}

/* RFC 9293 table 6, and what lies wholly or partly outside. */
static struct arrival class_seq(const struct tape_judge_end *e,
				const struct seg *seg)
{
	uint32_t span = seg_span(seg), end = seg->seq + span;
	bool fin = seg->flags & FLAG_FIN;

	if (span == 0 && seg->seq == e->rcv_nxt)
		return of(EVENT_ACK);
	if (seq_after(e->rcv_nxt, span ? end - 1 : seg->seq))
		return of(fin && e->fin_rcvd && end == e->rcv_nxt
				  ? EVENT_FIN_AGAIN
				  : EVENT_DATA_OLD);
	/* A peer that has filled the window acknowledges from behind it. */
	if (span == 0 && seg->seq == e->shown.rcv_edge)
		return unknown;
	if (!seq_after(e->shown.rcv_edge, seg->seq))
		return of(EVENT_DATA_OUTSIDE);
	if (seq_after(end, e->shown.rcv_edge))
		return unknown;
	if (span == 0)
		return of(EVENT_ACK);
	if (seq_after(seg->seq, e->rcv_nxt))
		return of(fin ? EVENT_FIN_EARLY : EVENT_DATA_EARLY);
	return of(fin ? EVENT_FIN : EVENT_DATA);
}

/* In SYN-RECEIVED: acknowledges nothing that was sent. */
static bool is_syn_unacked(const struct tape_judge_end *e,
			   const struct seg *seg)
{
	return tape_judge_may_be(e, TCP_STATE_SYN_RECEIVED) &&
	       !(e->states & STATES_WITHOUT_ROWS) &&
	       !seq_after(seg->ack, e->snd_una);
}

/*
 * The fifth check. MAX.SND.WND is the largest window that was received, or the
 * largest that there can be (RFC 5961 section 5.2): between both is no event.
 */
static enum rfc9293_event class_ack(const struct tape_judge_end *e,
				    const struct tape_judge_end *peer,
				    const struct seg *seg,
				    enum rfc9293_event event)
{
	if (!(seg->flags & FLAG_ACK))
		return EVENT_NO_ACK;
	if (seq_after(seg->ack, e->shown.snd_nxt))
		return EVENT_ACK_UNSENT;
	if (is_syn_unacked(e, seg))
		return tape_judge_is_only(e, STATE_BIT(TCP_STATE_SYN_RECEIVED))
			       ? EVENT_ACK_OLD
			       : EVENT_COUNT;
	if (seq_after(e->snd_una - SPEC_MAX_WINDOW, seg->ack))
		return EVENT_ACK_OLD;
	if (seq_after(e->snd_una - peer->rcv_wnd_max, seg->ack))
		return EVENT_COUNT;
	return event;
}

static bool acks_our_fin(const struct tape_judge_end *e, const struct seg *seg)
{
	return seg->flags & FLAG_ACK && e->shown.fin_sent && !e->fin_acked &&
	       seq_after(seg->ack, e->shown.fin_seq) &&
	       !seq_after(seg->ack, e->shown.snd_nxt);
}

/* Acceptable, and so is its ACK: what both are good for. */
static struct arrival class_fresh(const struct tape_judge_end *e,
				  const struct seg *seg,
				  enum rfc9293_event event)
{
	struct arrival c = { .event = event,
			     .acceptable = true,
			     .acks_fin = acks_our_fin(e, seg) };

	if (event == EVENT_FIN && c.acks_fin)
		c.event = EVENT_FIN_ACK;
	if (event == EVENT_ACK && c.acks_fin)
		c.event = EVENT_ACK_FIN;
	if (event == EVENT_DATA && e->fin_rcvd &&
	    seq_after(e->rcv_nxt, seg->seq))
		return unknown; /* the old, and more beyond the FIN */
	return c;
}

static bool lacks_timestamp(const struct tape_judge_end *e,
			    const struct tape_judge_end *peer,
			    const struct seg *seg)
{
	return e->shown.ts_in_syn && peer->shown.ts_in_syn && !seg->has_ts;
}

/* Neither RST nor SYN: by the first check and the fifth. */
static struct arrival class_rest(const struct tape_judge_end *e,
				 const struct tape_judge_end *peer,
				 const struct seg *seg)
{
	struct arrival c = class_seq(e, seg);
	enum rfc9293_event event;

	if (c.event == EVENT_FIN_AGAIN && acks_our_fin(e, seg))
		return (struct arrival){ .event = EVENT_FIN_ACK,
					 .acks_fin = true };
	if (c.event == EVENT_COUNT || c.event == EVENT_FIN_AGAIN ||
	    c.event == EVENT_DATA_OLD || c.event == EVENT_DATA_OUTSIDE)
		return c;
	event = class_ack(e, peer, seg, c.event);
	return event == c.event ? class_fresh(e, seg, event) : of(event);
}

struct arrival tape_judge_event(const struct tape_judge_end *e,
				const struct tape_judge_end *peer,
				const struct seg *seg)
{
	if (!e->rcv_known || !e->shown.known)
		return unknown;
	if (seg->flags & FLAG_RST)
		return class_rst(e, seg);
	if (seg->flags & FLAG_SYN)
		return class_syn(e, seg);
	if (is_older(e, seg, e->ts_recent))
		return of(EVENT_TS_OLD);
	if (is_older(e, seg, e->ts_newest))
		return unknown;
	if (lacks_timestamp(e, peer, seg))
		return of(EVENT_TS_MISSING);
	if (e->maybe && seq_after(e->maybe_end, seg->seq))
		return unknown; /* before its RCV.NXT, or not */
	return class_rest(e, peer, seg);
}

/* Text that was delivered above a hole, once the hole is gone. */
static void close_holes(struct tape_judge_end *e)
{
	size_t i = 0;

	while (i < e->n_range) {
		struct range *x = &e->range[i];

		if (seq_after(x->from, e->rcv_nxt)) {
			i++;
			continue;
		}
		if (seq_after(x->to, e->rcv_nxt)) {
			e->unread += x->to - e->rcv_nxt;
			e->rcv_nxt = x->to;
		}
		*x = e->range[--e->n_range];
		i = 0;
	}
}

static bool is_touching(const struct range *x, const struct range *y)
{
	return !seq_after(x->from, y->to) && !seq_after(y->from, x->to);
}

/* Text above a hole. What it touches is one range with it. */
static void hold(struct tape_judge_end *e, struct range text)
{
	size_t i = 0, before = e->n_range;
	struct range *new;

	while (i < e->n_range) {
		struct range *x = &e->range[i];

		if (!is_touching(x, &text)) {
			i++;
			continue;
		}
		if (seq_before(x->from, text.from))
			text.from = x->from;
		text.to = seq_max(x->to, text.to);
		*x = e->range[--e->n_range];
		i = 0;
	}
	new = e->n_range < before ? &e->range[e->n_range++]
				  : arena_push(e->arena, &e->range, &e->n_range,
					       sizeof(*new));
	*new = text;
}

/* What came early, once all before it is there; true: the FIN too. */
static bool take_early(struct tape_judge_end *e)
{
	close_holes(e);
	if (e->fin_rcvd || !e->fin_held || e->rcv_nxt != e->fin_held_seq)
		return false;
	e->fin_rcvd = true;
	e->rcv_nxt++;
	return true;
}

bool tape_judge_take(struct tape_judge_end *e, const struct seg *seg)
{
	uint32_t end = seg->seq + (uint32_t)seg->len;

	if (e->fin_rcvd)
		return false;
	/* The first FIN in the order of the numbers is taken, and no other. */
	if (seg->flags & FLAG_FIN &&
	    (!e->fin_held || seq_before(end, e->fin_held_seq))) {
		e->fin_held = true;
		e->fin_held_seq = end;
	}
	e->urgent += !!(seg->flags & FLAG_URG);
	if (seg->len)
		hold(e, (struct range){ seg->seq, end });
	return take_early(e);
}

void tape_judge_adopt(struct tape_judge_end *e, uint32_t ack)
{
	bool whole = !seq_after(e->maybe_end, ack);
	uint32_t to = whole ? e->maybe_end : ack;

	if (!e->maybe || !e->rcv_known || !seq_after(to, e->rcv_nxt))
		return;
	e->unread += to - e->rcv_nxt;
	e->rcv_nxt = to;
	if (whole) {
		e->fin_rcvd = e->maybe_fin;
		e->unread -= e->maybe_fin;
		e->maybe = false;
	}
	take_early(e);
}
