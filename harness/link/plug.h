/*
 * An end of the cable that is no interface: frames come from a stack's own
 * program, and go there.
 */
#ifndef LINK_PLUG_H
#define LINK_PLUG_H

#include "link/link.h"

struct plug;

struct plug_ops {
	/* The next frame it has sent. 1, 0 when there is none, -1: fault. */
	int (*next)(struct plug *p, struct link_frame *frame, struct fault *f);

	/* Gives it a frame. -1 with a fault. */
	int (*put)(struct plug *p, const void *frame, size_t len,
		   struct fault *f);

	/* Readable when next may have one; true when it has one already. */
	bool (*poll)(struct plug *p, int *fd);

	/*
	 * Of a stack whose time is the harness's: lets it pass until a frame
	 * is there or the deadline, of all such stacks. NULL: time passes by
	 * itself.
	 */
	void (*wait)(struct plug *p, int64_t deadline_ns);
};

struct plug {
	const struct plug_ops *ops;
	uint64_t sent; /* frames that next has returned */
};

#endif
