/*
 * The verbs of the command line, one file each. main() reads a verb's options
 * and enters it. Each returns the exit status: 0 all ok, 1 some not ok, CMD_BAD
 * broken or bad usage, 77 nothing ran.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "cmd/option.h"

#define CMD_BAD 2

struct cmd {
	const char *name;
	const char *line;  /* what it is for */
	const char *usage; /* operands; a line for each way to use it */
	const char *text;  /* what it does */
	const struct option_row *rows; /* or NULL */
	const char *status;	       /* what its exit status means */
	size_t size;	   /* of the struct its options are read into */
	const void *usual; /* the defaults: what that holds before */
	/* argv[0] is the verb, argv[optind] the first operand. */
	int (*enter)(void *options, int argc, char **argv);
};

extern const struct cmd cmd_run, cmd_lint, cmd_list, cmd_show, cmd_replay,
	cmd_check, cmd_rules, cmd_grid, cmd_coverage, cmd_agent, cmd_deviations,
	cmd_agent_check, cmd_tc8_agent, cmd_upper_tester, cmd_bundle, cmd_help,
	cmd_merge, cmd_diff, cmd_explain;

extern const struct cmd cmd_matrix;

/* What fills the cells of the grid; an exit status. */
int list_grid(struct plan *p, bool json);

/* All of them, in the order help shows them; ends with NULL. */
extern const struct cmd *const cmds[];

/* The verb so called, or NULL. */
const struct cmd *cmd_find(const char *name);

#endif
