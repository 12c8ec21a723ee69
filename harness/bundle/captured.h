/*
 * One connection of any capture: its segments, what the judge found, and its
 * frames with that as comments.
 */
#ifndef BUNDLE_CAPTURED_H
#define BUNDLE_CAPTURED_H

#include "base/arena.h"
#include "base/fault.h"
#include "check/flows.h"

/* Of a longer connection the rest is not looked at. */
#define CAPTURED_MAX 1000000

/* A segment, its numbers relative: SYN is 0, data begins at 1. */
struct captured_segment {
	enum side from;
	uint64_t frame;
	int64_t seq;
	int64_t ack;
	uint32_t len;
	uint8_t flags;
	bool has_ts;
};

struct captured {
	struct arena arena;
	struct flows_over over; /* found points to copies */
	struct captured_segment *item;
	size_t n;
	uint64_t connections; /* in the capture */
	const char *ladder;   /* with the states that the judge infers */
	const char *picture;  /* the same, as SVG */
	const char *pcapng;
	size_t pcapng_len;
};

/*
 * Reads the capture twice. id is the connection's as lastack check numbers
 * them. Returns -1 with a fault: it cannot be read, it has no such connection.
 */
int captured_read(struct captured *c, const char *path, uint32_t id,
		  struct fault *f);
void captured_free(struct captured *c);

#endif
