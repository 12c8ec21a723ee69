/* What the files of the verb "run" share: its options. For cmd/run*.c only. */
#ifndef CMD_RUN_OWN_H
#define CMD_RUN_OWN_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "run/runner.h"

struct run_options {
	struct plan_jobs jobs;
	struct runner_options runner;
	struct option_display display;
	struct ends_plan ends;
	const char *stack[2]; /* by side; NULL: the kernel */
	const char *vm;	      /* the kernels of guests; NULL: none */
	bool fresh;	      /* guests are booted */
	struct arena arena;
	const struct ends_plan *all; /* that the jobs are played on */
	size_t n_all;
	const char *link;
	const char *out;
	bool quick;
	bool require;
	bool force;
	unsigned int port;
	bool list_bugs;
	struct option_expect expect;
	const char *record;
};

extern const struct option_row run_rows[];
extern const struct run_options run_usual;

/*
 * Fills in what was not asked for. CMD_BAD, which has been told: options that
 * exclude each other, or what there is not.
 */
int run_complete(struct run_options *o);

#endif
