/*
 * A capture read from its beginning to its end, its segments judged.
 */
#ifndef CHECK_READING_H
#define CHECK_READING_H

#include "check/listing.h"
#include "check/selection.h"
#include "link/capture.h"

/* A frame whose segment has just been judged. */
struct reading_frame {
	const struct capture_frame *raw;
	uint64_t number; /* from 1 */
	uint32_t id;	 /* of its connection */
	enum side from;
	const struct seg *seg;
	const struct wire_judge *judge;
};

typedef void reading_frame_fn(void *ctx, const struct reading_frame *frame);

struct reading {
	struct capture *capture;
	struct selection select;
	size_t max_flows;
	bool progress;	     /* on standard error, when it takes long */
	flows_over_fn *over; /* or NULL */
	/* Or NULL: frames are then judged several at a time, which is faster */
	reading_frame_fn *frame;
	void *ctx;
	struct listing_sum *sum; /* counts packets and skipped */
};

/*
 * Reads the capture to its end, after which every connection has been given
 * to over. Returns 0, or -1 with a fault about the damage that ended it early.
 * The same capture read twice gives the same connections the same ids.
 */
int reading_run(const struct reading *r, struct fault *f);

#endif
