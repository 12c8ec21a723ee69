/*
 * Two ends and the link between them, made of the names of their stacks: the
 * one place that knows which stacks there are, and which can be joined how.
 */
#ifndef STACK_ENDS_H
#define STACK_ENDS_H

#include "link/link.h"
#include "stack/stack.h"

struct ends {
	struct stack *stack[2]; /* by side */
	struct link *link;
};

/*
 * Builds them of the stacks so named, A's and B's, which on a cable need not
 * be the same: a fault tells which there are ("kernel"). The calling process ends up in a network namespace that has
 * nothing of the host's. cpu: where the callers are pinned, or -1. Returns 0,
 * or -1 with a fault and nothing left behind. When the process dies, what it
 * has built goes too, the sockets of its ends included.
 */
int ends_open(struct ends *e, const char *const stack[2], enum link_kind link,
	      int cpu, struct fault *f);
void ends_close(struct ends *e);

/*
 * Takes the calling (single-threaded) process where ends can be built:
 * nothing to do as root, a user namespace of its own otherwise. Returns -1
 * with one sentence naming the setting that forbids it.
 */
int ends_privilege(struct fault *f);

#endif
