/* The verb "diff": two kept runs held beside each other. Runs nothing. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "report/report_difference.h"
#include "run/kept.h"

struct options {
	const char *format;
};

static void print(const char *format, const struct difference_report *r)
{
	if (strcmp(format, "json") == 0)
		difference_json(stdout, r);
	else if (strcmp(format, "html") == 0)
		difference_html(stdout, r);
	else
		difference_text(stdout, r);
}

static int diff(const struct options *o, struct run *before, struct run *after,
		char *const *dir, struct fault *f)
{
	struct differences d;
	struct difference_report r = { .d = &d,
				       .before = before,
				       .after = after,
				       .arena = &before->arena };

	if (kept_read(before, dir[0], f) || kept_read(after, dir[1], f) ||
	    differences_find(&d, r.arena, before, after, f))
		return -1;
	if (!d.compared)
		return fault_set(f, "%s and %s have no case in common", dir[0],
				 dir[1]);
	print(o->format, &r);
	return d.count[DIFFERENCE_REGRESSION] ? 1 : 0;
}

static const struct option_row rows[] = {
	{ "format", 0, option_text, offsetof(struct options, format),
	  .help = "for people (the default), programs or\n"
		  "browsers",
	  .words = OPTION_WORDS("text", "json", "html") },
	{ 0 },
};

static const struct options usual = { .format = "text" };

static int enter(void *options, int argc, char **argv)
{
	struct run before = { .n = 0 }, after = { .n = 0 };
	struct fault f;
	int rc;

	if (argc - optind != 2)
		return option_bad("diff", "expected the folders of two runs");
	rc = diff(options, &before, &after, argv + optind, &f);
	if (rc < 0)
		fprintf(stderr, "lastack diff: %s\n", f.text);
	arena_free(&before.arena);
	arena_free(&after.arena);
	return rc < 0 ? CMD_BAD : rc;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.line = "compare two runs",
	.usage = "[OPTION...] RUN1 RUN2",
	.text = "Compares two runs by their folders (run --out, reports/run/TIME):\n"
		"what changed its verdict, what changed its segments or states while\n"
		"the verdict stayed, what is new and what is gone.",
	.rows = rows,
	.status = "Exit status: 0 no regression, 1 some, 2 bad input or usage.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
