/* One rung as text. Private to the ladder*.c files. */
#ifndef TAPE_LADDER_RUNG_H
#define TAPE_LADDER_RUNG_H

#include <stdbool.h>

#include "base/arena.h"
#include "tape/tape.h"

/* A is this wide; SYN-RECEIVED, the one longer state, only pushes its line. */
#define LADDER_STATE 11

/* Columns of the segments' texts, so that the arrows stand in line. */
struct ladder_width {
	int flags;
	int fields;
	int other; /* of what cannot be said in flags and fields */
};

/* Of the whole text. */
int ladder_width_text(const struct ladder_width *w);

/* Widens w so that the segment of e fits. */
void ladder_rung_measure(struct arena *a, const struct tape *t,
			 const struct flow *flow, const struct tape_event *e,
			 struct ladder_width *w);

/* The rung of an event of kind SEGMENT or RELEASE, without spaces behind. */
char *ladder_rung_text(struct arena *a, const struct tape *t,
		       const struct flow *flow, const struct tape_event *e,
		       const struct ladder_width *w);

/* Whether its segment can be said in the case language. */
bool ladder_rung_can_say(const struct tape *t, const struct flow *flow,
			 const struct tape_event *e);

#endif
