/*
 * How a ladder is laid out: which lines it has, in which order, and at which
 * time each stands. Whatever draws a tape, as text or as a picture, draws
 * these. Pure.
 */
#ifndef TAPE_LADDER_LINES_H
#define TAPE_LADDER_LINES_H

#include "base/arena.h"
#include "tape/tape.h"

struct ladder_line {
	const struct tape_event *event;
	const char *text; /* in the case language, without the time */
	/* Of SEGMENT and RELEASE, "F.  seq 1 ack 1" (ladder_rung_segment). */
	const char *segment;
	/* It is drawn where it was sent, and waits for its rung below. */
	bool waits;
	int64_t at_ns; /* since the earliest event; no time goes back */
};

struct ladder_lines {
	const struct ladder_line *line;
	size_t n;
	int columns; /* of the text, behind which the times stand */
};

/*
 * Lays t out; all memory is the arena's, and t must live as long. With times,
 * a segment that waited for its rung has a line where it was sent, too.
 */
void ladder_lay_out(struct arena *a, const struct tape *t, bool times,
		    struct ladder_lines *lines);

#endif
