/*
 * A capture read from its beginning to its end, its segments judged.
 */
#ifndef CHECK_VERDICT_READ_H
#define CHECK_VERDICT_READ_H

#include "check/verdicts.h"
#include "link/capture.h"

/* A frame whose segment has just been judged. */
struct verdict_frame {
	const struct capture_frame *raw;
	uint64_t number; /* from 1 */
	uint32_t id;	 /* of its connection */
	enum side from;
	const struct seg *seg;
	const struct judge *judge;
};

typedef void verdict_frame_fn(void *ctx, const struct verdict_frame *frame);

struct verdict_read {
	struct capture *capture;
	struct verdict_select select;
	size_t max_flows;
	bool progress; /* on standard error, when it takes long */
	bool live;
	flows_over_fn *over;	 /* or NULL */
	verdict_frame_fn *frame; /* or NULL, and then it is faster */
	void *ctx;
	struct verdict_sum *sum; /* counts packets and skipped */
};

/*
 * Reads on until the capture ends; all connections have been given to over
 * then. Returns 0, or -1 with a fault about the damage that ended it early.
 * Twice the same capture gives the same connections the same ids.
 */
int verdict_read(const struct verdict_read *r, struct fault *f);

#endif
