/*
 * Lies about acknowledgments: too low, too high, too late, too many, none.
 * Knows one connection, by what its ends have sent.
 */
#include "bug/bug_own.h"

/* A FIN's acknowledgment and nothing else. */
static bool is_fin_ack(const struct lie *l)
{
	return lie_is_ack(l) && lie_acks_fin(l);
}

/* Both FINs are there and the liar's own is acknowledged. */
static bool is_last(const struct lie *l)
{
	return is_fin_ack(l) && l->me->fin &&
	       l->peer->ack == l->me->fin_seq + 1;
}

/* It has acknowledged the peer's FIN before. */
static bool is_repeated(const struct lie *l)
{
	return is_fin_ack(l) && l->me->ack == l->seg.ack;
}

enum lie_said liar_ack_low(struct lie *l)
{
	if (!lie_acks_fin(l))
		return LIE_PASS;
	l->seg.ack--;
	return LIE_BENT;
}

enum lie_said liar_ack_never(struct lie *l)
{
	return is_fin_ack(l) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_ack_beyond(struct lie *l)
{
	if (!lie_acks_fin(l))
		return LIE_PASS;
	l->seg.ack++;
	return LIE_BENT;
}

enum lie_said liar_ack_unsent(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN))
		return LIE_PASS;
	l->seg.ack += 5000;
	return LIE_BENT;
}

enum lie_said liar_ack_late(struct lie *l)
{
	if (!is_fin_ack(l))
		return LIE_PASS;
	l->after_ns = 700 * NS_PER_MS;
	return LIE_BENT;
}

enum lie_said liar_ack_last(struct lie *l)
{
	return is_last(l) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_ack_tw_silent(struct lie *l)
{
	return is_last(l) && is_repeated(l) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_ack_tw_reset(struct lie *l)
{
	if (!is_last(l) || !is_repeated(l))
		return LIE_PASS;
	l->seg.flags = FLAG_RST;
	l->seg.ack = 0;
	lie_no_opts(l);
	return LIE_BENT;
}

enum lie_said liar_ack_storm(struct lie *l)
{
	if (!is_fin_ack(l))
		return LIE_PASS;
	l->also = l->seg;
	l->also_times = LIE_STORM;
	return LIE_PASS;
}

/* After the peer's FIN the window is shut, what was offered taken back. */
enum lie_said liar_ack_shut(struct lie *l)
{
	if (!l->me->fin || !lie_has(l, FLAG_ACK))
		return LIE_PASS;
	l->seg.win = 0;
	return LIE_BENT;
}

/* CLOSING acknowledges, but does not take the FIN it answers. */
enum lie_said liar_ack_closing_low(struct lie *l)
{
	if (!is_fin_ack(l) || !l->me->fin || l->peer->ack == l->me->fin_seq + 1)
		return LIE_PASS;
	l->seg.ack--;
	return LIE_BENT;
}

/* It has not counted its own FIN. */
enum lie_said liar_ack_seq_low(struct lie *l)
{
	if (!l->me->fin || !lie_is_ack(l) || l->seg.seq != l->me->fin_seq + 1)
		return LIE_PASS;
	l->seg.seq--;
	return LIE_BENT;
}

/* Data that nobody will read is acknowledged. */
enum lie_said liar_ack_after_close(struct lie *l)
{
	if (!lie_has(l, FLAG_RST) || !l->me->fin || !l->memory->asked_len)
		return LIE_PASS;
	l->seg.flags = FLAG_ACK;
	l->seg.seq = l->me->next;
	l->seg.ack = l->peer->next;
	l->seg.win = l->me->win;
	return LIE_BENT;
}

enum lie_said liar_ack_no_ts(struct lie *l)
{
	if (!lie_acks_fin(l))
		return LIE_PASS;
	lie_no_opts(l);
	return LIE_BENT;
}

enum lie_said liar_ack_again_silent(struct lie *l)
{
	return is_repeated(l) && !l->me->fin ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_ack_probe_silent(struct lie *l)
{
	return lie_is_ack(l) && lie_asked_probe(l) && l->me->win ? LIE_DROP
								 : LIE_PASS;
}

enum lie_said liar_ack_probe_reset(struct lie *l)
{
	if (!lie_is_ack(l) || !lie_asked_probe(l))
		return LIE_PASS;
	l->seg.flags = FLAG_RST | FLAG_ACK;
	return LIE_BENT;
}

/* A probe of a window of zero gets no answer. */
enum lie_said liar_ack_window_silent(struct lie *l)
{
	return lie_is_ack(l) && lie_asked_probe(l) && !l->me->win ? LIE_DROP
								  : LIE_PASS;
}

/* shutdown(SHUT_WR) is taken for close(): what comes then is refused. */
enum lie_said liar_ack_half_close(struct lie *l)
{
	if (!lie_is_ack(l) || !l->me->fin || !l->memory->asked_len)
		return LIE_PASS;
	l->seg.flags = FLAG_RST;
	l->seg.seq = l->memory->asked_ack;
	l->seg.ack = 0;
	lie_no_opts(l);
	return LIE_BENT;
}

/* Its own FIN takes back what it has acknowledged. */
enum lie_said liar_ack_back(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN) || !l->peer->opened)
		return LIE_PASS;
	l->seg.ack -= 50;
	return LIE_BENT;
}
