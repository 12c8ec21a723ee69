/*
 * Whether what seems to break a rule may be healthy and of two: numbered anew
 * by a box, both sides of which were captured, or of a connection that follows
 * and whose SYNs were not captured. The excuses that ask it are in
 * judge/wire_excuses.h.
 */
#include "judge/wire_rules.h"

/* Sooner than a timeout; a box passes on what it numbers anew within that. */
#define PASSES_MS SOON_MS

/* A gap lies amid what is known of that end's numbers. */
static bool has_jumped(const struct wire_end *end, const struct wire_end *other)
{
	return end_has(end, OCTETS_UNSEEN) || end_has(other, ACKED_UNSEEN);
}

/* All numbers of that end are of one numbering, which began with its SYN. */
static bool is_of_one(const struct wire_judge *j, const struct wire_end *end,
		      const struct wire_end *other)
{
	return both_syns(j) && !(j->order & ORDER_STRAY) &&
	       !(seen_of_either(j) & (SYN_AMID | NUMBERS_MIXED)) &&
	       end_has(other, SENT_ACK) && !has_jumped(end, other) &&
	       !end_has(other, ACKED_LESS);
}

/* Octets that came again, as it seems, may be those of the other side. */
static bool is_first_fin_of_two(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	return !is_of_one(c->j, me, c->peer) || end_has(me, SENT_LESS) ||
	       c->seg->seq == me->snd_isn;
}

/* Octets where the FIN was: that far off, exactly, another numbering is not. */
static bool goes_on_from_fin(const struct wire_context *c)
{
	return c->seg->len && c->seg->seq - c->me->fin_seq <= 1 &&
	       !(seen_of_either(c->j) & NUMBERS_MIXED);
}

bool may_be_of_two(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	if (!end_has(me, SENT_FIN))
		return is_first_fin_of_two(c);
	if (goes_on_from_fin(c))
		return false;
	return !is_of_one(c->j, me, c->peer) ||
	       passed_ms(c->ms, me->fin_last_ms) < PASSES_MS;
}

/* Another connection that follows has other numbers of both ends. */
bool may_be_of_next(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return (has_jumped(me, peer) || seq_after(c->seg->seq, me->snd_nxt)) &&
	       (has_jumped(peer, me) || seq_after(c->seg->ack, peer->snd_nxt));
}

/*
 * An end that counts too much is not far off, and the numbers of another
 * connection are, or those on the other side of a box, of which this may be the
 * first segment that was captured there.
 */
static bool acks_another_number(const struct wire_context *c)
{
	return c->seg->ack - (c->peer->fin_seq + 1) > WIRE_PADDING_MOST &&
	       (!end_has(c->me, NO_BOX) || may_be_of_next(c));
}

/* The FIN's own ACK, seen on the other side of a box, comes just before. */
bool may_ack_of_two(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return !is_of_one(c->j, peer, me) || acks_another_number(c) ||
	       (fin_acked(peer, me) &&
		passed_ms(c->ms, me->last_ms) < PASSES_MS);
}
