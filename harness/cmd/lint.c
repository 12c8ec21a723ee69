/* The verb "lint": every fault in the cases. Opens no connection. */
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/lint_scapy.h"

/* Faults are counted as they are printed. */
static void count_fault(void *ctx, const char *text, size_t n)
{
	*(size_t *)ctx += n;
	option_fault(NULL, text, n);
}

static int lint(struct plan *p, size_t *faults, char *const *selector, int n)
{
	struct fault f;

	if (plan_load(p, (const char *const *)selector, (size_t)n, &f)) {
		fprintf(stderr, "lastack lint: %s\n", f.text);
		return CMD_BAD;
	}
	if (!p->catalogue_path)
		fputs("lastack lint: there is no cases/" CATALOGUE_FILE
		      ": requirements are not checked\n",
		      stderr);
	lint_scapy(p, faults);
	if (*faults) {
		fprintf(stderr, "%zu fault%s\n", *faults,
			*faults == 1 ? "" : "s");
		return CMD_BAD;
	}
	printf("%zu case%s, no faults\n", p->n, p->n == 1 ? "" : "s");
	return 0;
}

static int enter(void *options, int argc, char **argv)
{
	size_t faults = 0;
	struct plan p;
	int rc;

	(void)options;
	plan_open(&p, count_fault, &faults);
	rc = lint(&p, &faults, argv + optind, argc - optind);
	plan_close(&p);
	return rc;
}

const struct cmd cmd_lint = {
	.name = "lint",
	.line = "read cases and print every fault in them",
	.usage = "[FILE|FOLDER...]",
	.text = "Reads cases (without operands: the cases folder) and prints every\n"
		"fault as file:line: what is wrong, what was expected there. A run\n"
		"of these cases would refuse the same. Only lint compiles their scapy\n"
		"expressions too, where there is Python to ask.",
	.status = "Exit status: 0 no faults, 2 faults or bad usage.",
	.enter = enter,
};
