/*
 * What both the observer and the rules ask of one segment: whether it belongs
 * to this connection, what its sender has had, which kind of RST it is. Reads
 * only.
 */
#include "judge/predicate.h"
#include "judge/wire_own.h"

bool wire_is_of_now(const struct wire_context *c)
{
	uint32_t ack = c->seg->ack;

	if (!end_has(c->me, SENT_ACK) || !end_has(c->peer, SENT_ANY))
		return false;
	return !seq_after(ack, c->peer->snd_nxt) &&
	       !seq_before(ack, c->me->rcv_nxt - BEHIND_FIN);
}

bool wire_has_had_fin(const struct wire_context *c)
{
	const struct seg *seg = c->seg;

	if (both_offered_ts(c->j))
		return seg->has_ts && !seq_before(seg->tsecr, c->peer->fin_ts);
	return !(seg->flags & FLAG_FIN) && !seg->len &&
	       !seq_before(seg->seq, c->me->snd_nxt);
}

uint32_t wire_sent_lately(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;
	uint16_t age = (uint16_t)(c->me->second - peer->second);

	if (age == 0)
		return (uint32_t)peer->sent + peer->sent_before;
	return age == 1 ? peer->sent : 0;
}

/* The octets were sent after the RST had passed: no reordering explains it. */
bool wire_acks_after_rst(const struct wire_context *c)
{
	uint32_t ack = c->seg->ack;

	return c->seg->flags & FLAG_ACK && end_has(c->peer, SENT_ANY) &&
	       !end_has(c->peer, OCTETS_UNSEEN) &&
	       seq_after(ack, c->me->peer_nxt) &&
	       !seq_after(ack, c->peer->snd_nxt);
}

bool wire_goes_on(const struct wire_context *c)
{
	const struct wire_end *me = c->me;
	uint32_t late = passed_ms(c->ms, me->rst_ms);
	bool newer =
		seq_after(c->end, me->snd_nxt) &&
		(end_has(me, RST_INEXACT) || seq_after(c->end, me->rst_seq));

	return wire_acks_after_rst(c) || late >= ON_ITS_WAY_MS ||
	       (newer && late >= OVERTAKEN_MS);
}

bool wire_rst_is_bare_answer(const struct wire_context *c)
{
	return rst_answers_bare(c->seg, c->me->snd_nxt) && c->peer->rcv_nxt;
}

bool wire_rst_is_outside(const struct wire_context *c)
{
	uint32_t seq = c->seg->seq;

	if (!is_whole(c->j) || !end_has(c->peer, SENT_ACK) ||
	    c->j->order & ORDER_STRAY || wire_rst_is_bare_answer(c))
		return false;
	return before_syn(c->me, seq) ||
	       seq_after(seq, c->peer->right_edge + 1);
}

/* No window can have been open for this number, not even unseen. */
static bool is_far_outside(const struct wire_context *c)
{
	uint32_t widest = UINT32_C(65535) << scale_of(c->j, c->peer);
	uint32_t seq = c->seg->seq;

	return wire_rst_is_outside(c) &&
	       (before_syn(c->me, seq) ||
		seq_after(seq, c->me->snd_nxt + widest + 1));
}

/*
 * An end whose SYN was not acknowledged yet resets what acknowledges something
 * else, and stays in its state (RFC 9293 section 3.10.7.4).
 */
static bool rst_leaves_opening(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	if (c->seg->flags & FLAG_ACK || !end_has(me, SENT_SYN))
		return false;
	if (!(seen_of_either(c->j) & ACKED_UNSEEN))
		return false;
	if (!end_has(me, SENT_SYN_ACK))
		return !end_has(c->peer, SENT_ANY); /* no SYN,ACK was taken */
	if (me->rtt_ms && me->rtt_ms < UINT16_MAX)
		return false; /* its SYN was acknowledged before */
	return me->snd_nxt == me->snd_isn + 1 && c->seg->seq != me->snd_nxt &&
	       !end_has(me, SENT_FIN);
}

/*
 * In SYN-SENT an RST counts only if it acknowledges the SYN (RFC 9293 section
 * 3.10.7.3). One that acknowledges more shows that the peer had gone on, in
 * segments that were not captured.
 */
static bool rst_misses_syn(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;
	uint32_t beyond = c->seg->ack - (peer->snd_isn + 1);

	if (!end_has(peer, SENT_SYN) ||
	    peer->seen & (SENT_ACK | SENT_SYN_ACK) || end_has(c->me, SENT_ANY))
		return false;
	return !(c->seg->flags & FLAG_ACK) || beyond > BEHIND_FIN;
}

unsigned int wire_when_rst(const struct wire_context *c)
{
	unsigned int when = WHEN_BIT(WHEN_RST);

	if (rst_leaves_opening(c) || rst_misses_syn(c))
		return when;
	if (is_far_outside(c))
		return when | WHEN_BIT(WHEN_RST_FAR);
	when |= WHEN_BIT(WHEN_RST_NEAR);
	if (wire_rst_is_bare_answer(c) && end_has(c->me, SENT_ANY) &&
	    end_has(c->peer, SENT_ACK))
		return when; /* it counts for nobody in the connection */
	return when | WHEN_BIT(WHEN_RST_TAKEN);
}

static unsigned int when_ack_after_fin(uint32_t ack, uint32_t fin_seq)
{
	if (seq_after(ack, fin_seq + 1))
		return WHEN_BIT(WHEN_ACK_BEYOND_FIN) |
		       WHEN_BIT(WHEN_ACK_OF_FIN);
	return seq_after(ack, fin_seq) ? WHEN_BIT(WHEN_ACK_OF_FIN)
				       : WHEN_BIT(WHEN_ACK_BEFORE_FIN);
}

unsigned int wire_when_segment(const struct wire_context *c)
{
	bool fin = c->seg->flags & FLAG_FIN;
	uint64_t me = c->me->seen, peer = c->peer->seen;
	unsigned int when = 0;

	if (me & SENT_RST)
		when |= WHEN_BIT(WHEN_AFTER_OWN_RST);
	if ((me | peer) & RST_UNDECIDED)
		when |= WHEN_BIT(WHEN_RST_UNDECIDED);
	if (!(c->seg->flags & FLAG_ACK))
		return when | WHEN_BIT(WHEN_NO_ACK);
	if (!c->seg->has_ts && both_offered_ts(c->j))
		when |= WHEN_BIT(WHEN_NO_TIMESTAMP);
	if (me & SENT_FIN)
		when |= WHEN_BIT(WHEN_AFTER_OWN_FIN);
	if (fin)
		when |= WHEN_BIT(me & SENT_FIN ? WHEN_FIN_AGAIN
					       : WHEN_FIN_FIRST);
	if (peer & SENT_FIN)
		when |= when_ack_after_fin(c->seg->ack, c->peer->fin_seq);
	return when;
}

/* Whose a loop is: the one's that sends again, or goes on in spite of RSTs. */
static enum side loop_side(const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];

	if (j->loop_has & LOOP_AGAIN)
		return j->loop_has & LOOP_BY_B ? SIDE_A : SIDE_B;
	if (j->loop_has & LOOP_RST)
		return end_has(a, SENT_RST) ? SIDE_B : SIDE_A;
	if (j->loop_has & LOOP_SYN)
		return end_has(b, SENT_SYN_ACK) ? SIDE_B : SIDE_A;
	if (j->loop_has & LOOP_FIN)
		return b->fins > a->fins ? SIDE_B : SIDE_A;
	return SIDE_A;
}

/* Of what is seldom. */
static unsigned int when_end_odd(const struct wire_context *c)
{
	unsigned int when = 0;

	if (c->me->icmps)
		when |= WHEN_BIT(WHEN_END_ICMP);
	if (c->me->padded >= PADDED_LEAST && end_has(c->peer, SENT_ACK))
		when |= WHEN_BIT(WHEN_END_PADDED);
	if (end_has(c->me, SYN_WAITED_FOR))
		when |= WHEN_BIT(WHEN_END_REOPENED);
	if (seen_of_either(c->j) & SENT_RST)
		when |= WHEN_BIT(WHEN_END_RESET);
	if (c->me->unheeded_late)
		when |= WHEN_BIT(WHEN_END_UNHEEDED);
	if (is_long_loop(c->j) && loop_side(c->j) == c->from)
		when |= WHEN_BIT(WHEN_END_LOOP);
	return when;
}

unsigned int wire_when_end(const struct wire_context *c)
{
	uint64_t seldom = seen_of_either(c->j) & (SENT_RST | SYN_WAITED_FOR);
	unsigned int when = WHEN_BIT(WHEN_END);

	if (c->now & NOW_RST_DECIDED)
		when |= WHEN_BIT(WHEN_END_RST);
	if (end_has(c->me, SENT_FIN) && !fin_acked(c->me, c->peer))
		when |= WHEN_BIT(WHEN_END_FIN);
	seldom |= c->me->icmps | c->me->padded;
	if (seldom | is_long_loop(c->j))
		when |= when_end_odd(c);
	return when;
}

/* It will be reset (RFC 9293 figure 9). */
static bool answers_old_syn(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;

	return end_has(peer, SENT_SYN) && !end_has(peer, SENT_ACK) &&
	       (before_syn(peer, c->seg->ack - 1) ||
		seq_after(c->seg->ack, peer->snd_nxt));
}

bool wire_syn_ack_is_stray(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	return answers_old_syn(c) ||
	       (end_has(me, SENT_ANY) && end_has(c->peer, SENT_ACK) &&
		!(end_has(me, SENT_SYN) && me->snd_isn == c->seg->seq));
}
