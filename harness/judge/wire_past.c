/* Which members of a judge are zero once a connection has ended plainly. */
#include "judge/wire_past.h"

#include <string.h>

#include "judge/wire_own.h"

#define WIRE_END_PLAIN sizeof(struct wire_past_end)

_Static_assert(WIRE_END_PLAIN + 3 * sizeof(uint64_t) == sizeof(struct wire_end),
	       "what is lost of an end");
_Static_assert(offsetof(struct wire_end, fin_gap_ms) == WIRE_END_PLAIN &&
		       offsetof(struct wire_end, snd_isn) ==
			       offsetof(struct wire_past_end, snd_isn) &&
		       offsetof(struct wire_end, peer_nxt) ==
			       offsetof(struct wire_past_end, peer_nxt),
	       "the same members first");

#define HEAD offsetof(struct wire_past, end)

_Static_assert(offsetof(struct wire_judge, end) == HEAD &&
		       offsetof(struct wire_judge, loops) ==
			       offsetof(struct wire_past, loops),
	       "the same members first");

static inline uint64_t lost_at(const struct wire_end *e, size_t i)
{
	uint64_t lost;

	memcpy(&lost, (const char *)e + WIRE_END_PLAIN + i * sizeof(lost),
	       sizeof(lost));
	return lost;
}

/* 0: nothing of the end is lost. */
static inline uint64_t lost_of(const struct wire_end *e)
{
	return lost_at(e, 0) | lost_at(e, 1) | lost_at(e, 2);
}

bool wire_past_pack(struct wire_past *past, const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	uint64_t lost = lost_of(a) | lost_of(b) | (uint64_t)j->end_ns;

	lost |= j->said[SIDE_A] | j->said[SIDE_B] | j->stray_isn | j->exact_ms;
	lost |= (a->fins ^ 1u) | (b->fins ^ 1u);
	if (lost || !wire_ends_plainly(j))
		return false;
	memcpy(past, j, HEAD);
	memcpy(&past->end[SIDE_A], a, WIRE_END_PLAIN);
	memcpy(&past->end[SIDE_B], b, WIRE_END_PLAIN);
	past->loop_mark = j->loop_mark;
	past->loop_ms = j->loop_ms;
	past->loop_to_ms = j->loop_to_ms;
	past->loop_nxt = j->loop_nxt;
	memcpy(past->ttl, j->ttl, sizeof(past->ttl));
	return true;
}

void wire_past_unpack(const struct wire_past *past, struct wire_judge *j)
{
	memset(j, 0, sizeof(*j));
	memcpy(j, past, HEAD);
	memcpy(&j->end[SIDE_A], &past->end[SIDE_A], WIRE_END_PLAIN);
	memcpy(&j->end[SIDE_B], &past->end[SIDE_B], WIRE_END_PLAIN);
	j->loop_mark = past->loop_mark;
	j->loop_ms = past->loop_ms;
	j->loop_to_ms = past->loop_to_ms;
	j->loop_nxt = past->loop_nxt;
	memcpy(j->ttl, past->ttl, sizeof(j->ttl));
}
