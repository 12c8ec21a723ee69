/*
 * What RSTs and the segments after them show: which of them counts, and
 * whether the connection goes on. Knows no rule.
 */
#include "judge/wire_own.h"

/* By this end, in the state it is in. */
static void abort_now(struct wire_judge *j, enum side from)
{
	j->aborted_in = (uint8_t)wire_state(j, from);
	j->order |= from == SIDE_A ? ORDER_A_RESET : ORDER_B_RESET;
	if (!(j->order & ORDER_FIRST))
		j->order |= (uint8_t)order_first(from);
}

static bool is_refusal(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;

	return end_has(peer, SENT_SYN) && !end_has(peer, SENT_ACK) &&
	       !end_has(peer, SENT_SYN_ACK) && !end_has(c->me, SENT_ANY) &&
	       c->seg->flags & FLAG_ACK &&
	       !seq_after(c->seg->ack, peer->snd_nxt) &&
	       seq_after(c->seg->ack, peer->snd_isn);
}

static void take_ack_of_rst(struct wire_end *me, const struct wire_context *c)
{
	uint32_t ack = c->seg->ack;

	if (!(c->seg->flags & FLAG_ACK) || !end_has(c->peer, SENT_ANY))
		return;
	if (seq_after(ack, c->peer->snd_nxt))
		me->seen |= ACKED_UNSEEN;
	else if (end_has(me, SENT_ACK) && seq_after(ack, me->rcv_nxt))
		me->rcv_nxt = ack;
}

/* SEG.SEQ is neither what the peer expects, RCV.NXT, nor SND.NXT. */
static bool is_inexact(const struct wire_context *c)
{
	uint32_t seq = c->seg->seq;

	return seq_after(seq, c->me->snd_nxt) ||
	       (seq_after(seq, c->peer->rcv_nxt) &&
		seq_before(seq, c->me->snd_nxt));
}

/* The peer had reset it exactly, and what it sends then is answered. */
static bool answers_from_closed(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;

	return end_has(peer, SENT_RST | SENT_AFTER_OWN_RST) &&
	       !(peer->seen & (RST_INEXACT | RST_BEYOND)) &&
	       !(c->seg->flags & FLAG_ACK) && c->me->last_ms <= peer->rst_ms;
}

/* The peer has gone on after its RST, which this does not answer. */
static bool resets_anew(const struct wire_judge *j,
			const struct wire_context *c)
{
	if (answers_from_closed(c))
		return false;
	return end_has(c->peer, SENT_RST | SENT_AFTER_OWN_RST) &&
	       !(j->said[c->from] & BIT(RULE_RST_INEXACT_OBEYED));
}

/* All of the peer's that was sent by then, seen or only acknowledged. */
static uint32_t peers_nxt(const struct wire_context *c)
{
	uint32_t nxt = c->peer->snd_nxt, ack = c->seg->ack;
	bool more = c->seg->flags & FLAG_ACK && end_has(c->peer, SENT_ANY) &&
		    seq_after(ack, nxt) && ack - nxt <= BEHIND_FIN;

	return more ? ack : nxt;
}

/* The first of this end. */
static void take_first_rst(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	bool anew = resets_anew(j, c);

	me->seen |= answers_from_closed(c) ? RST_FROM_CLOSED : 0;
	if (anew)
		j->order &= (uint8_t) ~(ORDER_RESET | ORDER_FIRST);
	if (anew || !(c->peer->seen & SENT_RST))
		abort_now(j, c->from);
	me->seen |= SENT_RST;
	me->rst_seq = c->seg->seq;
	me->peer_nxt = peers_nxt(c);
	if (!end_has(me, SENT_ACK))
		me->rcv_nxt = c->seg->ack; /* perhaps of a SYN seen later */
	if (!(c->seg->flags & FLAG_ACK))
		me->seen |= RST_WITHOUT_ACK;
	if (is_whole(j) && end_has(c->peer, SENT_ACK) && is_inexact(c))
		me->seen |= RST_INEXACT;
	if (wire_rst_is_outside(c))
		me->seen |= RST_BEYOND;
}

/* It went on after an RST that was not exact, and this one is: it counts. */
static void forget_inexact(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	uint32_t seq = c->seg->seq;

	if (!end_has(me, SENT_RST | SENT_AFTER_OWN_RST) ||
	    (seq != c->peer->rcv_nxt && seq != me->snd_nxt))
		return;
	me->seen &= ~(SENT_RST | SENT_AFTER_OWN_RST | RST_INEXACT | RST_BEYOND |
		      RST_WITHOUT_ACK);
	j->order &= (uint8_t)~ORDER_RESET;
	j->end[side_other(c->from)].seen &= ~SENT_RST;
}

static void take_rst(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	bool alone = passed_ms(c->ms, me->last_ms) >= ON_ITS_WAY_MS &&
		     c->seg->flags & FLAG_ACK;

	take_ack_of_rst(me, c);
	if (both_closed(j)) {
		me->seen |= RST_AFTER_BOTH_FINS;
		return;
	}
	if (is_refusal(c))
		j->order |= ORDER_REFUSED;
	forget_inexact(j, c);
	if (!end_has(me, SENT_RST))
		take_first_rst(j, c);
	wire_observe_exact(j, c);
	me->seen &= ~RST_ALONE;
	if (alone)
		me->seen |= RST_ALONE;
	me->rst_ms = c->ms;
}

/*
 * It may lie behind a gap in the capture that nothing else shows, and waits
 * for what comes: nothing, and it counts; or the connection goes on.
 */
static void take_far_rst(struct wire_end *me, const struct wire_context *c)
{
	if (before_syn(me, c->seg->seq) || both_closed(c->j) ||
	    seen_of_either(c->j) & SENT_RST)
		return;
	me->seen |= RST_UNDECIDED;
	me->rst_seq = c->seg->seq;
	me->rst_ms = c->ms;
}

/* More than segments of the other end that they could answer. */
static bool are_many(const struct wire_context *c)
{
	uint16_t rsts = c->me->rsts;

	return rsts >= MANY_RSTS && rsts > 1 + wire_sent_lately(c) &&
	       (both_syns(c->j) || c->ms >= 3 * ON_ITS_WAY_MS);
}

void wire_observe_rst(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (are_many(c))
		me->seen |= MANY_RSTS_SENT;

	/* The RST ends the peer's TIME-WAIT, so its next SYN may pass. */
	me->seen &= ~SYN_NOT_NEWER;
	if (c->when & WHEN_BIT(WHEN_RST_FAR))
		take_far_rst(me, c);
	/* A second RST lies elsewhere: the undecided one did not count. */
	if (c->when & WHEN_BIT(WHEN_RST_NEAR))
		me->seen &= ~RST_UNDECIDED;
	if (c->when & WHEN_BIT(WHEN_RST_TAKEN))
		take_rst(j, c);
}

/*
 * The connection goes on after an RST far outside. Segments that were under
 * way when the RST passed do not show that.
 */
static void drop_undecided(struct wire_end *e, uint32_t ms, uint32_t least_ms)
{
	if (end_has(e, RST_UNDECIDED) && passed_ms(ms, e->rst_ms) >= least_ms)
		e->seen &= ~RST_UNDECIDED;
}

void wire_observe_after_rst(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	me->seen &= ~RST_ALONE;
	if (seq_after(c->end, me->snd_nxt))
		me->seen &= ~(RST_AT_UNA | RST_AT_NXT);
	wire_observe_unheeded(j, c);
	if (end_has(me, SENT_RST) && wire_goes_on(c))
		me->seen |= SENT_AFTER_OWN_RST;
	else if (end_has(me, SENT_RST) && c->seg->len &&
		 seq_after(c->end, me->snd_nxt) &&
		 seq_after(c->end, me->rst_seq))
		me->seen |= NEW_AFTER_RST;
	drop_undecided(me, c->ms, OVERTAKEN_MS);
	drop_undecided(&j->end[side_other(c->from)], c->ms, ON_ITS_WAY_MS);
}

void wire_observe_end(struct wire_judge *j, struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (!end_has(me, RST_UNDECIDED))
		return;
	me->seen &= ~RST_UNDECIDED;
	if (both_closed(j) || seen_of_either(j) & SENT_RST)
		return;
	abort_now(j, c->from);
	me->seen |= SENT_RST;
	c->now |= NOW_RST_DECIDED;
}
