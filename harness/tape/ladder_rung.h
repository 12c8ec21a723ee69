/* One rung as text. Private to the ladder*.c files. */
#ifndef TAPE_LADDER_RUNG_H
#define TAPE_LADDER_RUNG_H

#include <stdbool.h>

#include "base/arena.h"
#include "tape/tape.h"

/* Width of A's state. SYN-RECEIVED, the one longer state, shifts its line. */
#define LADDER_STATE 11

/* Columns of the segments' texts, so that the arrows line up. */
struct ladder_width {
	int flags;
	int fields;
	int other; /* of texts in parentheses */
};

/* The width of the whole text. */
int ladder_width_text(const struct ladder_width *w);

/*
 * The segment of an event of kind SEGMENT or RELEASE, "F.  seq 1 ack 1", or in
 * parentheses what the case language cannot say. flow has noted the events
 * before e, and then notes e.
 */
const char *ladder_rung_segment(struct arena *a, const struct tape *t,
				struct flow *flow, const struct tape_event *e);

static inline bool ladder_rung_can_say(const char *segment)
{
	return *segment != '(';
}

/* Widens w so that the segment fits. */
void ladder_rung_measure(const char *segment, struct ladder_width *w);

/* The rung around that segment, without spaces at its end. */
char *ladder_rung_text(struct arena *a, const struct tape *t,
		       const struct tape_event *e, const char *segment,
		       const struct ladder_width *w);

#endif
