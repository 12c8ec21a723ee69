/* What several verbs expect of a stack: its file, and the user's own. */
#ifndef CMD_EXPECT_H
#define CMD_EXPECT_H

#include "cmd/option.h"
#include "run/expectation.h"
#include "stack/ends.h"

#define EXPECT_FILES_MAX 16

struct option_expect {
	bool none;
	const char *file[EXPECT_FILES_MAX];
	size_t n;
};

option_take_fn expect_file; /* struct option_expect, for one more file */

#define OPTION_EXPECT(type, expect)                                      \
	{ "expect",                                                      \
	  0,                                                             \
	  expect_file,                                                   \
	  offsetof(type, expect),                                        \
	  .help = "expect what FILE says too, or what a stack\n"         \
		  "is known to do, such as linux:6.12 (may be\n"         \
		  "given more than once)",                               \
	  .argument = "FILE",                                            \
	  .expected = "a file of expectations or a stack, at most 16" }, \
	{                                                                \
		"no-expectations", 0, option_flag,                       \
			offsetof(type, expect.none),                     \
			.help = "expect nothing of this stack"           \
	}

/* A stack that something may be expected of, and where it is. */
struct expect_stack {
	const char *name;    /* as its file is called, "linux" */
	const char *version; /* NULL, "": rows of any apply */
	unsigned int ends;   /* SIDE_BITs */
};

/*
 * Reads what is expected of those stacks: the files NAME.tsv in the folder
 * "stacks" of the cases folder, unless nothing is to be expected, and the
 * user's: a stack's name, which then tells of the ends that have no such file,
 * or a file. Of a stack that is at both ends NAME-both.tsv is read too, where
 * there is one; then NAME.tsv says what may come. *has is whether there was any
 * file. The plan's cases of which they speak are marked. Returns -1 with a
 * fault.
 */
int expect_load(const struct option_expect *o, struct plan *p,
		const struct expect_stack *stack, size_t n,
		struct expectations *e, bool *has, struct fault *f);

/* The stacks of both ends: one of them when they are alike. Returns how many. */
size_t expect_stacks(const struct ends_plan *ends,
		     struct expect_stack stack[2]);

#endif
