/*
 * The verb "grid": the cells of the grid as the cases they become. Plays
 * nothing.
 */
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"

/* By name, one below the other; alone it is a file that can be run. */
static void print_cases(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->n > 1)
			printf("%s# %s\n", i ? "\n" : "", p->item[i].name);
		fputs(p->item[i].script->text, stdout);
	}
}

static int enter(void *options, int argc, char **argv)
{
	static char grid[] = "grid";
	char *all[] = { grid, NULL };
	bool some = argc > optind;
	struct plan p;
	int rc;

	(void)options;
	plan_open(&p, option_fault, NULL);
	rc = option_load(&p, "grid", some ? argv + optind : all,
			 some ? argc - optind : 1);
	if (rc == 0)
		print_cases(&p);
	plan_close(&p);
	return rc;
}

const struct cmd cmd_grid = {
	.name = "grid",
	.line = "print the cases that cells of the grid become",
	.usage = "[grid/STATE/EVENT...]",
	.text = "Prints cells of the grid of states and events as the cases of the\n"
		"language that a run of them plays; without operands, all of them.\n"
		"A cell is named with its state alone, or by a pattern, too:\n"
		"grid/LAST-ACK.orphan, 'grid/*/syn-fin'. \"lastack list --grid\" says\n"
		"what fills each cell.",
	.status = "Exit status: 0, or 2 for bad usage and tables with faults.",
	.enter = enter,
};
