/*
 * What a lane leaves of a case that it has played: its evidence, and its
 * ladder. Nothing of the lane is needed for it, which may play on meanwhile.
 */
#ifndef RUN_PLAYED_H
#define RUN_PLAYED_H

#include "run/job.h"
#include "tape/evidence.h"

struct played {
	const struct job *job;
	struct tape tape;
	struct evidence_about about;
	char *ladder; /* malloc'ed, or NULL */
};

/* Forgets the last one. */
void played_begin(struct played *p, const struct job *job);

/* Gives all back. */
void played_end(struct played *p);

/*
 * Writes down what is to be kept, and adds to the outcome its ladder and
 * whether there is evidence: one that cannot be written makes it broken.
 */
void played_keep(struct played *p, struct outcome *out);

#endif
