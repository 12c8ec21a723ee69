/*
 * Lies about a FIN that is sent: lost, moved, doubled, malformed, unasked.
 * Knows one connection, by what its ends have sent.
 */
#include "bug/bug_own.h"

/* It has been sent before. */
static bool is_again(const struct lie *l)
{
	return lie_has(l, FLAG_FIN) && l->me->fin;
}

static bool is_first(const struct lie *l)
{
	return lie_has(l, FLAG_FIN) && !l->me->fin;
}

enum lie_said liar_fin_once(struct lie *l)
{
	return is_again(l) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_fin_never(struct lie *l)
{
	return lie_has(l, FLAG_FIN) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_fin_moves(struct lie *l)
{
	if (!is_again(l))
		return LIE_PASS;
	l->seg.seq++;
	return LIE_BENT;
}

/* When the peer's FIN has come in between, only an ACK is left of it. */
enum lie_said liar_fin_forgotten(struct lie *l)
{
	if (!is_again(l) || !l->peer->fin)
		return LIE_PASS;
	l->seg.flags = FLAG_ACK;
	return LIE_BENT;
}

enum lie_said liar_fin_twice(struct lie *l)
{
	if (!is_first(l))
		return LIE_PASS;
	l->also = l->seg;
	l->also_times = 1;
	return LIE_PASS;
}

enum lie_said liar_fin_data_after(struct lie *l)
{
	if (!is_first(l))
		return LIE_PASS;
	l->also = l->seg;
	l->also.flags = FLAG_PSH | FLAG_ACK;
	l->also.seq += seg_span(&l->seg);
	l->also.data = NULL;
	l->also.len = 100;
	l->also_times = 1;
	return LIE_PASS;
}

enum lie_said liar_fin_no_ack(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->seg.flags &= (uint8_t)~FLAG_ACK;
	l->seg.ack = 0;
	return LIE_BENT;
}

enum lie_said liar_fin_syn(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->seg.flags |= FLAG_SYN;
	return LIE_BENT;
}

/* It takes the number of the last octet, which never arrives. */
enum lie_said liar_fin_low(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN) || (!l->me->opened && !l->seg.len))
		return LIE_PASS;
	if (l->seg.len)
		l->seg.len--;
	else
		l->seg.seq--;
	return LIE_BENT;
}

enum lie_said liar_fin_far(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->seg.seq += 100000000;
	return LIE_BENT;
}

enum lie_said liar_fin_no_ts(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	lie_no_opts(l);
	return LIE_BENT;
}

enum lie_said liar_fin_old_ts(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	lie_ts(l, (uint32_t)-1000000);
	return LIE_BENT;
}

enum lie_said liar_fin_bad_sum(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->bad_sum = true;
	return LIE_BENT;
}

enum lie_said liar_fin_late(struct lie *l)
{
	if (!is_first(l))
		return LIE_PASS;
	l->after_ns = 3 * NS_PER_S;
	return LIE_BENT;
}

enum lie_said liar_fin_ecn(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->seg.flags |= FLAG_ECE | FLAG_CWR;
	return LIE_BENT;
}

enum lie_said liar_fin_urgent(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->seg.flags |= FLAG_URG;
	l->seg.urg = 1;
	return LIE_BENT;
}

enum lie_said liar_fin_storm(struct lie *l)
{
	enum lie_said said = liar_fin_twice(l);

	if (l->also_times)
		l->also_times = LIE_STORM;
	return said;
}

/* What was to be sent before it is thrown away: its number comes at once. */
enum lie_said liar_fin_skips_data(struct lie *l)
{
	if (lie_has(l, FLAG_FIN)) {
		l->seg.seq = l->peer->ack;
		l->seg.len = 0;
		return LIE_BENT;
	}
	return l->seg.len && l->me->opened ? LIE_DROP : LIE_PASS;
}

/* The peer's FIN is answered by one, though nobody here has closed. */
enum lie_said liar_fin_unasked(struct lie *l)
{
	if (!lie_is_ack(l) || !lie_acks_fin(l) || l->me->fin)
		return LIE_PASS;
	l->seg.flags |= FLAG_FIN;
	return LIE_BENT;
}

/* What acknowledges it is not noticed: it is sent once more. */
enum lie_said liar_fin_again(struct lie *l)
{
	if (!l->me->fin || l->seg.ack != l->me->fin_seq + 1 || l->memory->lies)
		return LIE_PASS;
	l->also = lie_segment(l, FLAG_FIN | FLAG_ACK);
	l->also.seq--;
	if (l->peer->fin)
		l->also.ack = l->peer->fin_seq + 1;
	l->also_times = 1;
	l->also_after_ns = 20 * NS_PER_MS;
	return LIE_PASS;
}

/* In FIN-WAIT-1 the peer's FIN is answered by the same FIN, not by an ACK. */
enum lie_said liar_fin_crossing(struct lie *l)
{
	if (!lie_is_ack(l) || !lie_acks_fin(l) || !l->me->fin ||
	    l->peer->ack == l->me->fin_seq + 1)
		return LIE_PASS;
	l->seg.flags |= FLAG_FIN;
	l->seg.seq = l->me->fin_seq;
	return LIE_BENT;
}
