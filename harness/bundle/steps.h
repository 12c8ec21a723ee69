/*
 * A tape as the steps that a program without the case language can play:
 * calls, and what becomes of each segment. Pure.
 */
#ifndef BUNDLE_STEPS_H
#define BUNDLE_STEPS_H

#include <jansson.h>

#include "script/script.h"
#include "tape/tape.h"

/* What a report complains of. */
struct complaint {
	const char *what; /* NULL: nothing */
	const char *expected;
	const char *actual;
	int line;     /* of the case; 0: none */
	size_t frame; /* that shows it, or TAPE_NO_FRAME */
};

/* The first thing that was wrong with the tape's case, or of which it shows
   that a stack does otherwise. */
struct complaint complaint_of(const struct tape *t);

/*
 * The last event that is about it: of a held segment, its arrival. n_event
 * when there is none.
 */
size_t complaint_event(const struct tape *t, const struct complaint *c);

/*
 * Which end that event is about; without one, the end that segments are forged
 * to, else A.
 */
enum side complaint_side(const struct tape *t, size_t event);

/*
 * What scripts/reproduce plays: a new object. s is the case that was
 * played, with its settings. NULL: it cannot (many connections), and *why.
 */
json_t *steps_json(struct tape *t, const struct script *s,
		   const struct complaint *c, const char **why);

#endif
