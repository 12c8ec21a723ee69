/*
 * The kinds of stack there are, as one table (stack/ends.c), and a stack as a
 * user names it: "kernel", "exec:ssh board lastack agent". What can be said of
 * one before it is opened is said here.
 */
#ifndef STACK_KIND_H
#define STACK_KIND_H

#include "base/fault.h"
#include "base/side.h"
#include "stack/stack.h"

struct stack_kind;

/* A stack that was asked for. Nothing of it is open. */
struct stack_choice {
	const struct stack_kind *kind;
	const char *text;     /* as it was written; the caller's */
	const char *argument; /* what follows "NAME:" in it, or NULL */
	void *parsed;	      /* what the kind's parse made of that */
	/* Its kind's and its own, as reports have them; "": not known. */
	char version[STACK_VERSION_MAX];
};

struct stack_kind {
	const char *name; /* "kernel"; so struct stack is named too */

	/* What has to follow "NAME:", as usage shows it; NULL: nothing. */
	const char *argument;

	/*
	 * Its expectations are those of cases/stacks/EXPECTED.tsv, which is
	 * another name for it too; NULL: of NAME.tsv, where there is one.
	 */
	const char *expected;

	/*
	 * Its time can be the harness's: two such ends live in virtual time,
	 * in which waiting costs nothing (base/clock.h).
	 */
	bool has_clock;

	/* Has veth and loopback, by which it is joined with itself. */
	bool is_kernel;

	/* There is one of it: a run has a single lane. */
	bool is_one;

	/* To open one takes so much that a run has few lanes. */
	bool is_costly;

	/*
	 * Reads the argument into c->parsed, which lives as long as the
	 * program, and finds out c->version where that is known beforehand. A
	 * stack that this machine lacks is refused here, with the name of the
	 * package that has it. NULL: there is nothing to do. 0, or -1 with a
	 * fault.
	 */
	int (*parse)(struct stack_choice *c, struct fault *f);

	/*
	 * Whether opening it may do harm, which the fault says, so that the
	 * user has to force it. NULL: never. 0: no, -1: it may.
	 */
	int (*risk)(const struct stack_choice *c, struct fault *f);

	/*
	 * One of that side, not yet joined to anything; cpu: where its caller
	 * is pinned, or -1. NULL with a fault.
	 */
	struct stack *(*open)(const struct stack_choice *c, enum side side,
			      int cpu, struct fault *f);
};

/* Reads what a user wrote. 0, or -1 with a fault that says what there is. */
int stack_choose(const char *text, struct stack_choice *c, struct fault *f);

/*
 * For a kind's parse: makes c->version the first line that a program says when
 * called with --version. 0, or -1 with a fault.
 */
int stack_ask_version(const char *path, struct stack_choice *c,
		      struct fault *f);

/* The name of its file of expectations, "linux". */
const char *stack_expected(const struct stack_kind *kind);

/* "kernel 6.12.9", or the name alone. */
#define STACK_LABEL_MAX 128
const char *stack_label(const struct stack_choice *c,
			char buf[STACK_LABEL_MAX]);

/* The kinds, one after the other; NULL: there are no more. */
const struct stack_kind *stack_kind_nth(size_t i);

#endif
