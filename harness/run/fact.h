/*
 * The facts of an outcome: all in which a stack did otherwise than specified,
 * be it foreseen by the case, missed by it, or found by the judge.
 */
#ifndef RUN_FACT_H
#define RUN_FACT_H

#include "base/arena.h"
#include "run/job.h"

/* Behind the text of a fact of an end whose states had to be inferred. */
#define FACT_UNSHOWN ", without states"

struct fact {
	const char *id;	  /* of a requirement or a rule; NULL: a case's step */
	const char *text; /* what the stack did */
	int line;	  /* of the case */
	size_t frame;	  /* or TAPE_NO_FRAME */
	bool foreseen;	  /* it is one of the outcome's deviations */
};

/*
 * Those of a case that was ok, deviates or is not ok, in the arena: its
 * deviations, then what failed, then the violations that it did not declare.
 */
size_t facts_of(struct arena *a, const struct outcome *out,
		const struct fact **facts);

/* "rst-ignored by A: ESTABLISHED": what the judge found, alike for all. */
const char *fact_judged(struct arena *a, const struct judged *j);

#endif
