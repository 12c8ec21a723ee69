/*
 * What segments show of the end that sent them: its numbers, and what of
 * them is not of this connection. Knows no rule.
 */
#include "judge/wire_observe.h"

/* Farther off it belongs to another connection, or is made up. */
#define FAR (UINT32_C(1) << 30)

/* SND.NXT never goes back. */
static void advance(struct wire_end *me, uint32_t nxt)
{
	bool far;

	me->snd_nxt = seq_max(nxt, me->snd_nxt);
	far = both_of(end_has(me, SENT_SYN), (me->snd_nxt - me->snd_isn) >> 31);
	me->seen |= far ? SENT_2GB : 0;
}

/* A keep-alive, of an octet or none, has the number before the next. */
static bool is_less(const struct wire_end *me, const struct seg *seg)
{
	return seq_before(seg->seq + (seg->len <= 1), me->snd_nxt);
}

/*
 * Only octets, SYN and FIN prove what was sent: an empty segment may have the
 * number behind a FIN that was not seen.
 */
static void take_octets(struct wire_end *me, const struct wire_context *c)
{
	uint32_t seq = c->seg->seq;
	bool empty = c->end == seq, behind;

	if (!end_has(me, SENT_ANY)) {
		me->snd_nxt = empty ? c->end - 1 : c->end;
		me->seen |= SENT_ANY;
		wire_take_isn(me, seq - 1);
		return;
	}
	me->seen |= seq_after(seq, me->snd_nxt) ? OCTETS_UNSEEN : 0;
	me->seen |= is_less(me, c->seg) ? SENT_LESS : 0;
	behind = both_of(end_has(me, SENT_FIN),
			 seq_after(c->end, me->fin_seq + 1));
	if (!empty && !behind)
		advance(me, c->end);
}

/* The first acknowledgment of the peer's SYN tells the round trip. */
static void take_round_trip(struct wire_end *peer, uint32_t ack, uint32_t ms)
{
	if (!end_has(peer, SENT_SYN) || peer->rtt_ms ||
	    ack != peer->snd_isn + 1)
		return;
	peer->rtt_ms = wire_round_trip(ms - peer->last_ms);
}

static void take_first_ack(struct wire_end *me, struct wire_end *peer,
			   uint32_t ack, uint32_t ms)
{
	me->rcv_nxt = ack;
	me->seen |= SENT_ACK;
	me->right_edge = ack;
	take_round_trip(peer, ack, ms);
}

/*
 * What the peer sends once its FIN is acknowledged it may number from behind
 * the FIN: what was sent up to now is remembered, unless for its RST.
 */
static void take_ack_of_fin(const struct wire_end *me, struct wire_end *peer,
			    uint32_t ack, bool newer)
{
	if (newer && !end_has(peer, SENT_RST) && seq_after(ack, peer->fin_seq))
		peer->peer_nxt = me->snd_nxt;
}

/* It acknowledges what only segments that were not captured can have told. */
static bool acks_unseen_end(const struct wire_end *me,
			    const struct wire_end *peer, uint32_t ack)
{
	if (end_has(peer, SENT_ANY) || end_has(peer, SENT_RST))
		return false;
	return end_has(me, SENT_ACK) ? seq_after(ack, me->rcv_nxt)
				     : end_has(me, SENT_SYN);
}

static void take_ack(struct wire_end *me, struct wire_end *peer,
		     const struct wire_context *c)
{
	uint32_t ack = c->seg->ack;
	bool first = !end_has(me, SENT_ACK), ahead;

	ahead = both_of(end_has(peer, SENT_ANY), seq_after(ack, peer->snd_nxt));
	me->seen |= ahead || acks_unseen_end(me, peer, ack) ? ACKED_UNSEEN : 0;
	if (end_has(peer, SENT_FIN)) {
		if (seq_after(ack, peer->fin_seq + 1))
			return;
		take_ack_of_fin(me, peer, ack,
				first || seq_after(ack, me->rcv_nxt));
	}
	if (first)
		take_first_ack(me, peer, ack, c->ms);
	else if (seq_before(ack, me->rcv_nxt))
		me->seen |= ACKED_LESS;
	else
		me->rcv_nxt = ack;
}

static void take_window(const struct wire_judge *j, struct wire_end *me,
			const struct seg *seg)
{
	unsigned int shift = seg->flags & FLAG_SYN ? 0 : scale_of(j, me);

	wire_take_edge(me, seg->ack, (uint32_t)seg->win << shift);
	me->seen = (me->seen & ~WINDOW_ZERO) | (seg->win ? 0 : WINDOW_ZERO);
}

void wire_observe_shown(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	const struct seg *seg = c->seg;

	take_octets(me, c);
	me->tsval = seg->has_ts ? seg->tsval : me->tsval;
	if (!(seg->flags & FLAG_ACK))
		return;
	take_ack(me, &j->end[side_other(c->from)], c);
	take_window(j, me, seg);
}

static bool is_far(uint32_t seq, uint32_t nxt)
{
	return seq - nxt + (FAR - 1) > 2 * (FAR - 1);
}

/* Far from what the end has sent, or before its SYN. */
static bool is_stray(const struct wire_end *e, uint32_t seq)
{
	bool far = both_of(end_has(e, SENT_ANY), is_far(seq, e->snd_nxt));

	return far || before_syn(e, seq);
}

/* No farther off than could have been lost without a trace. */
static bool is_near(const struct wire_end *e, uint32_t seq)
{
	return end_has(e, SENT_ANY) &&
	       seq - e->snd_nxt + BEHIND_FIN <= 2 * BEHIND_FIN;
}

static bool is_known(const struct wire_context *c)
{
	return !is_stray(c->me, c->seg->seq) &&
	       !(c->seg->flags & FLAG_ACK && is_stray(c->peer, c->seg->ack));
}

/*
 * A plausible ACK with an impossible SEQ means that more than 1 GB was not
 * captured: an attacker guesses SEQ, which is what the receiver expects, more
 * easily than ACK.
 */
static bool has_jumped(const struct wire_context *c)
{
	return !end_has(c->me, SENT_FIN) && is_stray(c->me, c->seg->seq) &&
	       c->seg->flags & FLAG_ACK && is_near(c->peer, c->seg->ack);
}

/* They were data after all: the peer has acknowledged them. */
static void take_for_data(struct wire_end *e, uint32_t nxt)
{
	e->seen |= SMALL_IS_DATA;
	e->padded = 0;
	e->snd_nxt = nxt;
	if (end_has(e, SENT_FIN))
		e->fin_seq = nxt - 1;
}

/* Behind all that was sent, but for what was taken for padding. */
static bool is_just_behind(const struct wire_end *e, uint32_t nxt)
{
	return e->padded && end_has(e, SENT_ANY) &&
	       nxt - e->snd_nxt - 1 < WIRE_PADDING_MOST;
}

static void settle_padding(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	struct wire_end *peer = &j->end[side_other(c->from)];

	if (!(me->padded | peer->padded))
		return;
	if (c->seg->flags & FLAG_ACK && is_just_behind(peer, c->seg->ack))
		take_for_data(peer, c->seg->ack);
	if (!end_has(me, SENT_FIN) && is_just_behind(me, c->seg->seq))
		take_for_data(me, c->seg->seq);
}

bool wire_observe_numbers(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	settle_padding(j, c);
	if (is_known(c))
		return true;
	if (!has_jumped(c)) {
		me->seen |= ACKED_UNSEEN;
		return false;
	}
	me->snd_nxt = c->seg->seq;
	me->seen |= OCTETS_UNSEEN | SENT_2GB;
	return true;
}

void wire_observe_segment(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	uint8_t flags = c->seg->flags;

	if (seen_of_either(j) & (SENT_RST | RST_ALONE | RST_UNDECIDED))
		wire_observe_after_rst(j, c);
	if (!(flags & FLAG_ACK))
		return;
	if (me->seen & SENT_FIN && c->seg->len && !(flags & FLAG_FIN))
		me->seen |= DATA_AFTER_FIN;
	if (me->seen & SENT_FIN && seq_after(c->seg->ack, me->rcv_nxt))
		me->seen |= ACK_ROSE;
	if (flags & FLAG_FIN)
		wire_observe_fin(j, c);
	if (c->peer->seen & SENT_FIN)
		wire_observe_after_peers_fin(j, c);
	wire_observe_shown(j, c);
}
