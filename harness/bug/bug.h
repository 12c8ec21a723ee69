/*
 * Injected bugs: named faults that make a healthy stack look broken. The cable
 * changes what one end sends, or what reaches it, as a stack with that bug
 * would have sent or taken it, so that cases and judges can be tested against
 * known bugs. Pure.
 */
#ifndef BUG_BUG_H
#define BUG_BUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/side.h"
#include "packet/flow.h"
#include "tape/frame.h"

struct bent;

/* What becomes of a segment that the bug concerns. */
enum bug_fate {
	BUG_PASS,   /* it goes on as it is */
	BUG_DROP,   /* it is lost */
	BUG_CHANGE, /* what was made of it goes on in its place */
};

/* One thing that a bug does. */
struct bug_step {
	/* Whether the bug concerns this segment. NULL: no such step. */
	bool (*when)(const struct bent *b);
	enum bug_fate fate;
	/* Changes the segment, or adds others behind it. NULL: neither. */
	void (*what)(struct bent *b);
};

#define BUG_STEPS_MAX 2

struct bug {
	const char *name;   /* "fin-once" */
	enum side side;	    /* the end with the bug */
	const char *text;   /* what a stack with that bug does */
	const char *source; /* where the bug is known or forbidden from */
	const char *rule;   /* what the judge calls it (judge/rule.h) */
	const char *shows;  /* cases that catch it, separated by blanks */
	/*
	 * For what the end sends, and for what is on its way to it. The first
	 * step that concerns a segment is done.
	 */
	struct bug_step sent[BUG_STEPS_MAX], got[BUG_STEPS_MAX];
};

extern const struct bug bugs[];
extern const size_t n_bugs;

/* The row so called, or NULL. */
const struct bug *bug_find(const char *name);

/* What is remembered of a case. All zero is the beginning. */
struct bug_memory {
	/* What the end with the bug sent, and what was on its way to it. */
	struct flow flow;
	/* That end has sent nothing since the last segment that reached it. */
	bool unanswered;
	uint8_t got_flags; /* of the last segment that reached it */
	uint32_t got_seq, got_ack;
	size_t got_len;
	unsigned int changes; /* segments that the bug has concerned */
};

/*
 * Where frames go: those from the end with the bug to whoever watches it,
 * those from the other to the end with the bug. after_ns is how much later.
 */
struct bug_sink {
	void (*put)(void *ctx, enum side from, const uint8_t *frame, size_t len,
		    int64_t after_ns);
	void *ctx;
};

/*
 * Plays the bug on a frame that the end with the bug has sent, or that is
 * about to reach it. What is to be there instead (nothing, the frame itself,
 * others) goes to the sink before this returns.
 */
void bug_play(const struct bug *bug, struct bug_memory *memory,
	      const struct frame *frame, const struct bug_sink *to);

#endif
