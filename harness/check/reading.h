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

/* Told once of each link type whose frames are counted, and no more. */
typedef void reading_unread_fn(void *ctx, const char *name, int link);

/* The capture that goes on where one has ended; or NULL. */
typedef struct capture *reading_next_fn(void *ctx);

struct reading {
	struct capture *capture; /* the caller closes it */
	reading_next_fn *next;	 /* or NULL */
	struct selection select;
	bool outer; /* what tunnels carry is not judged */
	size_t max_flows;
	int64_t quiet_ns; /* live: a closed connection is told of after it */
	unsigned int threads; /* that share the work where they can */
	bool progress;	      /* on standard error, when it takes long */
	flows_over_fn *over;  /* or NULL */
	/* Or NULL: frames are then judged several at a time, which is faster */
	reading_frame_fn *frame;
	reading_unread_fn *unread; /* or NULL */
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
