/*
 * The running kernel as a stack: a network namespace for each end, or one for
 * both, and an agent process in it. Makes no interface of the host's.
 */
#ifndef STACK_LINUX_LINUX_STACK_H
#define STACK_LINUX_LINUX_STACK_H

#include "link/link.h"
#include "stack/kind.h"

/* The stack "kernel", of which linux.tsv tells. */
extern const struct stack_kind linux_stack_kind;

/*
 * An end in a namespace of its own. cpu: where its agent
 * is pinned, or -1. Returns NULL with a fault.
 */
struct stack *linux_stack_open(enum side side, int cpu, struct fault *f);

/* An end in the namespace of that one. Returns NULL with a fault. */
struct stack *linux_stack_share(struct stack *with, enum side side, int cpu,
				struct fault *f);

/*
 * The links that the kernel has with itself: a veth pair between two ends, or
 * the loopback of two that share a namespace. 0, or -1 with a fault.
 */
int linux_stack_veth(struct stack *a, struct stack *b, struct fault *f);
int linux_stack_loopback(struct stack *a, struct stack *b, struct fault *f);

/*
 * Such a link, once its ends have met, as seen from an end. The caller ends
 * up in that end's namespace. NULL with a fault.
 */
struct link *linux_stack_tap(struct stack *s, struct fault *f);

#endif
