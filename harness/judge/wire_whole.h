/*
 * A short connection judged at once, when all of it is there: from the SYN to
 * the ACK of the second FIN. Its segments wait until then as they came.
 */
#ifndef JUDGE_WIRE_WHOLE_H
#define JUDGE_WIRE_WHOLE_H

#include "judge/wire_past.h"
#include "packet/decap_usual.h"

/* A segment that waits. */
struct wire_kept {
	struct decap_brief tcp;
	uint32_t since_ns; /* the first one was captured */
	uint32_t frames;   /* since the first one, times two; and who sent it */
};

static inline enum side wire_kept_from(const struct wire_kept *kept)
{
	return kept->frames & 1 ? SIDE_B : SIDE_A;
}

/*
 * What wire_past_pack makes of a judge that was given these segments, the first
 * of them at start_ns, and none before the one ahead of it; A is who sent the
 * first. False: the connection is not whole, or not plain, or there is more to
 * it than is looked at here, and *past may hold anything.
 */
bool wire_past_whole(struct wire_past *past, const struct wire_kept *kept,
		     size_t n, int64_t start_ns);

#endif
