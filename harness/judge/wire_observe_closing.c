/*
 * What FINs and the segments after them show: who closed first, how often a
 * FIN came again and how it was answered. Knows no rule.
 */
#include "judge/predicate.h"
#include "judge/wire_observe.h"

/* A timeout has a limit of a minute or more. */
#define EVEN_LEAST_MS 20
#define EVEN_MOST_MS  50000

/* A round trip this short explains no late ACK. */
#define NEAR_MS 300

static void set_first(struct wire_judge *j, enum side side)
{
	j->order = (uint8_t)((j->order & ~ORDER_FIRST) | order_first(side));
}

/*
 * It acknowledges with a number before its FIN, which was acknowledged, what
 * the peer sent after that. A keep-alive acknowledges nothing new. Until the
 * FIN is acknowledged, the end of a window that is too small for it is a
 * number to acknowledge with.
 */
static bool is_below_fin(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return end_has(me, SENT_FIN) && ack_is_below_fin(c->seg, me->fin_seq) &&
	       fin_acked(me, peer) &&
	       !(peer->seen & (WINDOW_ZERO | OCTETS_UNSEEN)) &&
	       wire_is_of_now(c) && seq_after(c->seg->ack, me->rcv_nxt) &&
	       seq_after(c->seg->ack, me->peer_nxt);
}

/* The same gap as before, give or take a fifth, where it should be twice. */
static bool is_even(const struct wire_context *c, uint32_t gap)
{
	uint32_t before = c->me->fin_gap_ms;

	return gap >= EVEN_LEAST_MS && gap <= EVEN_MOST_MS &&
	       gap * 5 >= before * 4 && gap * 5 <= before * 6 &&
	       !end_has(c->me, ACKED_SINCE_FIN) &&
	       !end_has(c->peer, WINDOW_ZERO);
}

/* Half a round trip: the first one may be far longer than the others. */
static bool is_early(const struct wire_context *c, uint32_t gap)
{
	uint16_t rtt_ms = c->me->rtt_ms;
	uint32_t half_ms = rtt_ms ? (rtt_ms - 1u) / 2 : 0;

	return rtt_ms && rtt_ms < UINT16_MAX && is_whole(c->j) &&
	       fin_is_early(gap, half_ms < SOON_MS ? half_ms : SOON_MS);
}

/* The same FIN again. One copy in the same millisecond may be the capture's. */
static void count_fin(struct wire_end *me, struct wire_context *c)
{
	uint32_t gap = passed_ms(c->ms, me->fin_last_ms);
	bool even, early;

	if (c->ms == UINT32_MAX)
		return; /* after 49 days nobody counts any more */
	if (gap == 0 && !end_has(me, FIN_TWIN)) {
		me->seen |= FIN_TWIN;
		return;
	}
	me->storm = gap < SOON_MS ? count_up(me->storm) : 0;
	c->now |= NOW_FIN_COPY;
	if (gap == 0)
		return;
	even = is_even(c, gap);
	early = is_early(c, gap);
	me->seen &= ~(FIN_TWIN | ACKED_SINCE_FIN);
	me->fins = count_up(me->fins);
	me->fin_last_ms = c->ms;
	me->even_gaps = even ? count_up(me->even_gaps) : 0;
	me->early = early ? count_up(me->early) : 0;
	me->fin_gap_ms = gap < EVEN_MOST_MS ? gap : EVEN_MOST_MS + 1;
	c->gap_ms = gap;
	c->now |= NOW_FIN_AGAIN;
}

/*
 * The peer's FIN was dropped for what it acknowledges, or for a timestamp
 * older than the last one (RFC 9293 section 3.10.7.4, RFC 7323 section 5.3).
 */
static bool is_fin_refused(const struct wire_context *c)
{
	return end_has(c->peer, ACKED_UNSEEN) ||
	       (both_offered_ts(c->j) &&
		seq_after(c->seg->tsecr, c->peer->fin_ts));
}

/* One too low, in answer to this very FIN: with room for it. */
static bool is_low_ack(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return !c->seg->len && !(c->seg->flags & FLAG_FIN) &&
	       !seq_before(c->seg->seq, me->snd_nxt) &&
	       !end_has(me, FIN_ANSWERED) && wire_has_had_fin(c) &&
	       !is_fin_refused(c) && c->ms >= peer->fin_last_ms &&
	       c->ms - peer->fin_last_ms < LATE_MS;
}

/* It has had the FIN long ago, and does not acknowledge it. */
static bool is_late(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;

	return peer->fins == 1 && c->ms >= peer->fin_ms &&
	       c->ms - peer->fin_ms >= LATE_MS && peer->rtt_ms &&
	       peer->rtt_ms <= NEAR_MS && wire_has_had_fin(c);
}

/* It opens the window, or acknowledges octets: it does not answer the FIN. */
static bool is_update(const struct wire_context *c)
{
	uint32_t wnd = (uint32_t)c->seg->win << scale_of(c->j, c->me);

	return seq_after(c->seg->ack + wnd, c->me->right_edge);
}

/* How it answers the peer's FIN while it does not acknowledge it. */
static void count_answer(struct wire_end *me, struct wire_end *peer,
			 struct wire_context *c)
{
	uint32_t ack = c->seg->ack;

	if (fin_acked(peer, me))
		return;
	if (!end_has(me, SENT_ACK) || seq_after(ack, me->rcv_nxt))
		peer->seen |= ACKED_SINCE_FIN;
	if (ack != peer->fin_seq || !c->seg->win)
		return;
	if (is_update(c)) {
		me->seen |= FIN_ANSWERED; /* its copy is none either */
		return;
	}
	if (is_low_ack(c)) {
		me->seen |= FIN_ANSWERED;
		me->low_acks = count_up(me->low_acks);
		c->now |= NOW_LOW_ACK;
	}
	if (is_late(c))
		me->late = count_up(me->late);
}

void wire_observe_counts(struct wire_judge *j, struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	struct wire_end *peer = &j->end[side_other(c->from)];

	if (!(c->seg->flags & FLAG_ACK))
		return;
	if (is_below_fin(c)) {
		me->below = count_up(me->below);
		c->now |= NOW_BELOW_FIN;
	}
	if (c->seg->flags & FLAG_FIN && end_has(me, SENT_FIN) &&
	    c->end - 1 == me->fin_seq)
		count_fin(me, c);
	if (!end_has(peer, SENT_FIN))
		return;
	count_answer(me, peer, c);
	if (seq_after(c->seg->ack, peer->fin_seq))
		see_again(me, ACKED_FIN, ACKED_FIN_AGAIN);
}

/* Said at the end, if no ACK shows that the FIN was inside after all. */
static bool is_fin_beyond(const struct wire_context *c, uint32_t fin_seq)
{
	return is_whole(c->j) && end_has(c->peer, SENT_ACK) &&
	       seq_after(fin_seq, c->peer->right_edge);
}

/* The second FIN: whether each end closed without the other's. */
static void cross(struct wire_judge *j, const struct wire_context *c,
		  uint32_t fin_seq)
{
	struct wire_end *me = &j->end[c->from];
	struct wire_end *peer = &j->end[side_other(c->from)];

	if (seq_after(c->seg->ack, peer->fin_seq)) {
		me->seen |= HAD_PEERS_FIN;
	} else if (end_has(peer, SENT_ACK) && !end_has(peer, ACK_ROSE) &&
		   seq_after(peer->rcv_nxt, fin_seq)) {
		peer->seen |= HAD_PEERS_FIN; /* its answer was seen first */
		set_first(j, c->from);
	} else {
		j->order |= ORDER_CROSSED;
	}
}

/*
 * An older copy of its FIN, overtaken by a newer one: it did not have the
 * peer's when it closed.
 */
static void take_older_fin(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (!end_has(me, HAD_PEERS_FIN) ||
	    seq_after(c->seg->ack, c->peer->fin_seq))
		return;
	me->seen &= ~HAD_PEERS_FIN;
	if (end_has(c->peer, HAD_PEERS_FIN))
		set_first(j, c->from);
	else
		j->order |= ORDER_CROSSED;
}

static void take_first_fin(struct wire_judge *j, const struct wire_context *c,
			   uint32_t fin_seq)
{
	struct wire_end *me = &j->end[c->from];
	bool second = end_has(c->peer, SENT_FIN);

	if (is_fin_beyond(c, fin_seq))
		me->seen |= FIN_BEYOND;
	if (wire_came_otherwise(j, c->from, c->seg))
		me->seen |= FIN_OTHERWISE;
	/* An RST that did not count closed nothing. */
	if (!second && seen_of_either(j) & SENT_AFTER_OWN_RST)
		j->order &= (uint8_t)~ORDER_FIRST;
	wire_take_first_fin(j, c->from, me, c->peer, fin_seq, c->ms);
	if (second)
		cross(j, c, fin_seq);
	if (!end_has(me, SENT_ANY))
		me->seen |= FIN_AT_FIRST | (c->seg->len ? 0 : FIN_BARE);
	if (seq_after(me->snd_nxt, fin_seq + 1))
		me->snd_nxt = fin_seq + 1;
}

void wire_observe_fin(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	uint32_t fin_seq = c->end - 1;

	if (!end_has(me, SENT_FIN))
		take_first_fin(j, c, fin_seq);
	else if (fin_seq == me->fin_seq)
		take_older_fin(j, c);
	me->fin_ts = c->seg->has_ts ? c->seg->tsval : 0;
	j->end[side_other(c->from)].seen &= ~FIN_ANSWERED;
}

/* Old data after both have closed, and its acknowledgment (RFC 1337). */
static void take_old_data(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (!both_closed(j))
		return;
	wire_observe_undead(j, c);
	if (c->seg->len && !(c->seg->flags & FLAG_FIN) &&
	    !seq_after(c->end, me->fin_seq) &&
	    passed_ms(c->ms, me->fin_last_ms) >= ON_ITS_WAY_MS / 2)
		me->seen |= OLD_DATA_AFTER_CLOSE;
	else if (end_has(c->peer, OLD_DATA_AFTER_CLOSE) && !c->seg->len &&
		 wire_state(j, c->from) == TCP_STATE_TIME_WAIT)
		me->seen |= ACKED_OLD_DATA;
}

void wire_observe_after_peers_fin(struct wire_judge *j,
				  const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	take_old_data(j, c);
	me->seen |= ALIVE_AFTER_FIN;
	if (c->peer->fins > 1 && wire_has_had_fin(c))
		me->seen |= ALIVE_AFTER_FIN_AGAIN;
}
