/*
 * Lies about what reaches an end: it looks deaf where the segment is kept
 * from it, and too credulous where the segment is made to suit it. Knows one
 * connection, by what its ends have sent.
 */
#include "bug/bug_own.h"

static bool is_rst(const struct lie *l)
{
	return lie_has(l, FLAG_RST);
}

/* The number the liar waits for. */
static bool is_exact(const struct lie *l)
{
	return l->seg.seq == l->me->ack;
}

/* Nobody offers more than this behind what he has acknowledged. */
#define WINDOW_MOST 500000u

static bool is_inside(const struct lie *l)
{
	return l->seg.seq - l->me->ack < WINDOW_MOST;
}

static bool in_time_wait(const struct lie *l)
{
	return l->me->fin && l->peer->fin;
}

static enum lie_said make_exact_rst(struct lie *l)
{
	l->seg.flags = FLAG_RST;
	l->seg.seq = l->me->ack;
	l->seg.ack = 0;
	l->seg.len = 0;
	return LIE_BENT;
}

static void answer_rst(struct lie *l)
{
	l->also = lie_segment(l, FLAG_RST | FLAG_ACK);
	l->also_times = 1;
}

enum lie_said liar_got_rst_answered(struct lie *l)
{
	if (is_rst(l) && l->me->known)
		answer_rst(l);
	return LIE_PASS;
}

enum lie_said liar_got_rst_ignored(struct lie *l)
{
	return is_rst(l) && is_exact(l) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_got_inexact_obeyed(struct lie *l)
{
	if (!is_rst(l) || is_exact(l) || !is_inside(l))
		return LIE_PASS;
	return make_exact_rst(l);
}

enum lie_said liar_got_inexact_silent(struct lie *l)
{
	return is_rst(l) && !is_exact(l) && is_inside(l) ? LIE_DROP : LIE_PASS;
}

enum lie_said liar_got_outside_obeyed(struct lie *l)
{
	return is_rst(l) && !is_inside(l) ? make_exact_rst(l) : LIE_PASS;
}

/* As RFC 793 had it: a SYN in the window resets. */
enum lie_said liar_got_syn_obeyed(struct lie *l)
{
	if (!lie_has(l, FLAG_SYN) || !l->me->known || is_rst(l) ||
	    !l->peer->known)
		return LIE_PASS;
	answer_rst(l);
	return make_exact_rst(l);
}

enum lie_said liar_got_syn_silent(struct lie *l)
{
	return lie_has(l, FLAG_SYN) && l->me->known && l->peer->known
		       ? LIE_DROP
		       : LIE_PASS;
}

/* A new SYN cannot get past TIME-WAIT. */
enum lie_said liar_got_tw_syn_refused(struct lie *l)
{
	if (!lie_has(l, FLAG_SYN) || !in_time_wait(l))
		return LIE_PASS;
	l->also = lie_segment(l, FLAG_RST | FLAG_ACK);
	l->also.seq = 0;
	l->also.ack = l->seg.seq + 1;
	l->also_times = 1;
	return LIE_DROP;
}

/* An old SYN does: as if its number were new. */
enum lie_said liar_got_tw_syn_old(struct lie *l)
{
	if (!lie_has(l, FLAG_SYN) || !in_time_wait(l))
		return LIE_PASS;
	l->seg.seq = l->me->ack + 100000;
	lie_ts(l, l->peer->tsval + 100000 - l->seg.tsval);
	return LIE_BENT;
}

enum lie_said liar_got_fin_ignored(struct lie *l)
{
	return lie_has(l, FLAG_FIN) ? LIE_DROP : LIE_PASS;
}

/* A FIN ahead of data that is missing is taken at once. */
enum lie_said liar_got_fin_early(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN) || !seq_after(l->seg.seq, l->me->ack))
		return LIE_PASS;
	l->seg.seq = l->me->ack;
	l->seg.len = 0;
	return LIE_BENT;
}

enum lie_said liar_got_no_ack_taken(struct lie *l)
{
	if (l->seg.flags & (FLAG_ACK | FLAG_SYN | FLAG_RST) || !l->me->known)
		return LIE_PASS;
	l->seg.flags |= FLAG_ACK;
	l->seg.ack = l->me->next;
	return LIE_BENT;
}

/* PAWS is left out. */
enum lie_said liar_got_old_ts_taken(struct lie *l)
{
	if (!l->seg.has_ts || !l->peer->has_ts ||
	    !seq_after(l->peer->tsval, l->seg.tsval))
		return LIE_PASS;
	lie_ts(l, l->peer->tsval - l->seg.tsval);
	return LIE_BENT;
}

/* An acknowledgment of long ago is not looked at (RFC 5961 section 5). */
enum lie_said liar_got_blind_taken(struct lie *l)
{
	if (!lie_has(l, FLAG_ACK) || !l->me->known)
		return LIE_PASS;
	if (l->me->next - l->seg.ack >= WINDOW_MOST) {
		l->seg.ack = l->me->next;
		return LIE_BENT;
	}
	/* Or both ends would correct each other for ever. */
	return l->memory->lies && seq_after(l->me->ack, l->seg.seq) ? LIE_DROP
								    : LIE_PASS;
}

enum lie_said liar_got_unsent_silent(struct lie *l)
{
	return lie_has(l, FLAG_ACK) && l->me->known && !is_rst(l) &&
			       seq_after(l->seg.ack, l->me->next)
		       ? LIE_DROP
		       : LIE_PASS;
}

/* What acknowledges a FIN that only the liar has sent goes no further. */
enum lie_said liar_got_too_much(struct lie *l)
{
	if (!l->memory->lies || !lie_has(l, FLAG_ACK) ||
	    !seq_after(l->seg.ack, l->me->next))
		return LIE_PASS;
	l->seg.ack = l->me->next;
	return LIE_BENT;
}

/* The FIN is taken for an RST. */
enum lie_said liar_got_fin_resets(struct lie *l)
{
	if (!lie_has(l, FLAG_FIN) || !is_exact(l) || l->seg.len)
		return LIE_PASS;
	return make_exact_rst(l);
}
