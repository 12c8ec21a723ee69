/*
 * The ladder: a tape printed in the case language itself, so that pasting it
 * makes a case that passes. Pure but for the stream it prints to.
 */
#ifndef TAPE_LADDER_H
#define TAPE_LADDER_H

#include <stdio.h>

#include "script/script.h"
#include "tape/tape.h"

/*
 * At the end of each line, as a comment, the time since the earliest event: of
 * a segment when it was sent. One that waited for its rung is drawn where it
 * was sent too, held, as a comment.
 */
#define LADDER_TIMES 0x1
/* First the case's head (case, spec, needs, set, sysctl). */
#define LADDER_HEAD 0x2

/*
 * Prints the ladder of t. Segments that open and pass let through are comments
 * under their line. A held segment is printed where it was held and again
 * where it was released. A segment that no rung claimed is printed as the rung
 * that would have claimed it.
 */
void ladder_print(FILE *out, const struct script *s, const struct tape *t,
		  unsigned int options);

/*
 * One rung of it (an event of kind SEGMENT or RELEASE), without a newline. flow
 * has noted the events before it, and then notes e.
 */
const char *ladder_rung(struct tape *t, struct flow *flow,
			const struct tape_event *e);

#endif
