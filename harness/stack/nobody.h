/*
 * The caller of an end that has none: whatever is there listens on a port of
 * its own and takes connections by itself. It does nothing, and answers for
 * that alone.
 */
#ifndef STACK_NOBODY_H
#define STACK_NOBODY_H

#include "stack/stack.h"

struct nobody {
	struct caller caller; /* first: its ops are of this struct */
	char answer[STACK_LINE_MAX];
};

void nobody_init(struct nobody *n);

/* VERB_BITs of all that an agent does, but for listening. */
uint64_t nobody_lacks(void);

#endif
