/*
 * Lies about resets that are sent: missing, softened into FINs, misnumbered,
 * repeated. Knows one connection, by what its ends have sent.
 */
#include "bug/bug_own.h"

static bool is_rst(const struct lie *l)
{
	return lie_has(l, FLAG_RST);
}

/* An end that aborts says so with an ACK; one that answers has none. */
static bool is_abort(const struct lie *l)
{
	return lie_has(l, FLAG_RST | FLAG_ACK) && l->me->known;
}

enum lie_said liar_rst_never(struct lie *l)
{
	return is_abort(l) ? LIE_DROP : LIE_PASS;
}

static enum lie_said fin_instead(struct lie *l)
{
	l->seg.flags = FLAG_FIN | FLAG_ACK;
	l->seg.win = l->me->win;
	return LIE_BENT;
}

enum lie_said liar_rst_fin_unread(struct lie *l)
{
	return is_abort(l) && l->peer->opened ? fin_instead(l) : LIE_PASS;
}

enum lie_said liar_rst_fin_abort(struct lie *l)
{
	return is_abort(l) && !l->peer->opened ? fin_instead(l) : LIE_PASS;
}

enum lie_said liar_rst_ack_low(struct lie *l)
{
	if (!is_abort(l))
		return LIE_PASS;
	l->seg.ack -= l->peer->opened ? l->peer->opened : 1;
	return LIE_BENT;
}

enum lie_said liar_rst_seq_zero(struct lie *l)
{
	if (!is_abort(l))
		return LIE_PASS;
	l->seg.seq = 0;
	return LIE_BENT;
}

/* An RST far beyond whatever the peer may take. */
enum lie_said liar_rst_far(struct lie *l)
{
	if (!is_abort(l))
		return LIE_PASS;
	l->seg.seq += 100000000;
	return LIE_BENT;
}

enum lie_said liar_rst_seq_off(struct lie *l)
{
	if (!is_rst(l) || lie_has(l, FLAG_ACK))
		return LIE_PASS;
	l->seg.seq++;
	return LIE_BENT;
}

/* <SEQ=0><ACK=SEG.SEQ+SEG.LEN>, as for a segment that had no ACK. */
enum lie_said liar_rst_with_ack(struct lie *l)
{
	const struct liar_memory *m = l->memory;

	if (!is_rst(l) || lie_has(l, FLAG_ACK) || !m->asked)
		return LIE_PASS;
	l->seg.flags |= FLAG_ACK;
	l->seg.seq = 0;
	l->seg.ack = m->asked_seq + (uint32_t)m->asked_len;
	return LIE_BENT;
}

enum lie_said liar_rst_storm(struct lie *l)
{
	if (!is_rst(l) || l->me->rst)
		return LIE_PASS;
	l->also = l->seg;
	l->also_times = LIE_STORM;
	return LIE_PASS;
}

/* What comes after close() vanishes without a word. */
enum lie_said liar_rst_late_silent(struct lie *l)
{
	return is_rst(l) && l->me->fin && l->memory->asked_len ? LIE_DROP
							       : LIE_PASS;
}

/* Where there is no connection, or none any more, nobody answers. */
enum lie_said liar_rst_closed_silent(struct lie *l)
{
	bool over = l->me->fin && l->peer->fin;

	return is_rst(l) && (!l->me->known || over) ? LIE_DROP : LIE_PASS;
}

/* After its own RST it goes on sending. */
enum lie_said liar_rst_then_data(struct lie *l)
{
	if (!is_abort(l))
		return LIE_PASS;
	l->also = l->seg;
	l->also.flags = FLAG_PSH | FLAG_ACK;
	l->also.data = NULL;
	l->also.len = 100;
	l->also_times = 2;
	l->also_after_ns = 20 * NS_PER_MS;
	l->also_gap_ns = 300 * NS_PER_MS;
	l->also_step = 100;
	return LIE_PASS;
}

/* A challenge is due; the connection is reset instead. */
enum lie_said liar_rst_challenge(struct lie *l)
{
	if (!lie_is_ack(l) || !lie_asked_rst(l))
		return LIE_PASS;
	l->seg.flags = FLAG_RST | FLAG_ACK;
	return LIE_BENT;
}
