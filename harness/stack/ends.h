/*
 * Two ends and the link between them, made of the names of their stacks: the
 * one place that knows which stacks there are, and which can be joined how.
 */
#ifndef STACK_ENDS_H
#define STACK_ENDS_H

#include "link/link.h"
#include "stack/kind.h"

struct ends {
	struct stack *stack[2]; /* by side */
	struct link *link;
};

struct vm_kernel;

/* What is to be joined: A's stack and B's, which on a cable may differ. */
struct ends_plan {
	struct stack_choice stack[2];
	enum link_kind link;
	/* Both ends are in a guest with that kernel (vm/vm.h); NULL: here. */
	const struct vm_kernel *vm;
	const char *vm_text; /* as that was asked for, "6.1"; NULL: no guest */
	bool real_time;	     /* even where both have a clock of the harness's */
	uint16_t port; /* of a stack that listens by itself; 0: as it says */
	bool warped;   /* this machine's clock passes over all waiting */
};

/* Whether they will live in virtual time, or the whole machine does. */
bool ends_are_virtual(const struct ends_plan *plan);

/*
 * Builds them. The calling process ends up in a network namespace that has
 * nothing of the host's. cpu: where the callers are pinned, or -1. Returns 0,
 * or -1 with a fault and nothing left behind. When the process dies, what it
 * has built goes too, the sockets of its ends included.
 */
int ends_open(struct ends *e, const struct ends_plan *plan, int cpu,
	      struct fault *f);
void ends_close(struct ends *e);

/*
 * Takes the calling (single-threaded) process where ends can be built:
 * nothing to do as root, a user namespace of its own otherwise. Returns -1
 * with one sentence naming the setting that forbids it.
 */
int ends_privilege(struct fault *f);

#endif
