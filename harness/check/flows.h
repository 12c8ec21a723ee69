/*
 * The connections of a capture, each with its judge: a table that finds the
 * connection of a segment, lets those go that are over, and never holds more
 * than it may. Made for millions of them. Pure: its clock is the capture's.
 */
#ifndef CHECK_FLOWS_H
#define CHECK_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/wire_judge.h"
#include "packet/seg.h"

/* Findings kept of one connection; a judge finds each rule but once. */
#define FLOWS_FOUND_MAX 64

/*
 * A connection when it is let go. A is the end that connected, when its SYN
 * or the answer to it was seen, else the sender of the first segment seen.
 */
struct flows_over {
	uint32_t id; /* from 1, in the order of their first segments */
	int family;
	struct seg_end end[2];
	uint64_t first_frame;
	uint64_t last_frame;
	uint32_t segments; /* saturating */
	bool evicted;	   /* to make room, not because it was over */
	struct wire_summary summary;
	size_t n_found;
	const struct judge_finding *found[FLOWS_FOUND_MAX];
};

/*
 * Called once for each connection; o is valid until it returns. Connections
 * are told of when they are let go: 2 MSL after the last segment of one that
 * has closed, in the order of these segments, and those that are left at the
 * end in the order of their ids. A finding that only time shows has the last
 * frame's number.
 */
typedef void flows_over_fn(void *ctx, const struct flows_over *o);

/*
 * Called after a segment was judged, with its connection's id and its judge.
 */
typedef void flows_seen_fn(void *ctx, uint32_t id, enum side from,
			   const struct seg *seg,
			   const struct wire_judge *judge);

struct flows_plan {
	uint64_t seed[2]; /* of the hash: a secret (see verdict_read.c) */
	size_t max;	  /* connections held at once, at least 1 */
	flows_over_fn *over;
	flows_seen_fn *seen; /* or NULL */
	void *ctx;
};

struct flows;

struct flows *flows_new(const struct flows_plan *plan);
void flows_free(struct flows *t);

/* A segment, and where and when it was captured. */
struct flows_item {
	struct seg seg;
	uint64_t frame;
	int64_t at_ns;
};

/* Batch size: a prefetch is done before its row is judged. */
#define FLOWS_AT_ONCE 32

/*
 * Gives segments, FLOWS_AT_ONCE or fewer, to the judges of their connections,
 * one after another. It does not matter how many are given at once, but for
 * the time it takes.
 */
void flows_judge(struct flows *t, const struct flows_item *item, size_t n);

/*
 * The end of what can be seen: tells of all that are held. Nothing but
 * flows_free may follow.
 */
void flows_end(struct flows *t, int64_t at_ns);

/* How many were let go to make room. */
uint64_t flows_evicted(const struct flows *t);

#endif
