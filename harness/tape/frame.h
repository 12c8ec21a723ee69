/*
 * A frame of a case: copied once and taken apart once, where it comes in.
 * Whoever deals with it afterwards points to it. Pure.
 */
#ifndef TAPE_FRAME_H
#define TAPE_FRAME_H

#include "base/arena.h"
#include "base/side.h"
#include "packet/seg.h"

struct frame {
	enum side from; /* the end that sent it, or in whose name it was made */
	int64_t at_ns;	/* CLOCK_REALTIME, libpcap's time stamp */
	const uint8_t *bytes; /* Ethernet, in the arena */
	size_t len;
	enum seg_kind kind;
	struct seg seg;	  /* of SEG_TCP; its pointers are into bytes */
	bool forged;	  /* made by the harness */
	const char *note; /* one more comment in the evidence, or NULL */
};

/* Parses a frame whose bytes are the arena's already. */
struct frame *frame_read(struct arena *a, enum side from, int64_t at_ns,
			 const uint8_t *bytes, size_t len);

/* Copies the bytes into the arena, then parses them. */
struct frame *frame_copy(struct arena *a, enum side from, int64_t at_ns,
			 const void *bytes, size_t len);

/* Its time to live, or hop limit: 0 when it is no IP packet. */
uint8_t frame_hops(const struct frame *f);

#endif
