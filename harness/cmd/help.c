/* The verb "help". Knows the table of doors; each knows its own help. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/option.h"

static const char help[] =
	"usage: lastack help [VERB]\n"
	"\n"
	"Says how a verb is used; without one, which verbs there are.\n";

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void overview(void)
{
	const struct door *d;

	printf("usage: lastack VERB [OPTION...] [OPERAND...]\n\n"
	       "Do TCP connections end the way they must? Cases are run\n"
	       "over a cable the harness owns, judged segment by segment\n"
	       "and state by state, and leave a capture of each.\n\n");
	for (d = doors; d->name; d++)
		printf("  %-8s %s\n", d->name, d->line);
	printf("\nlastack help VERB, or lastack VERB --help, says more;\n"
	       "lastack --version names the version. Manuals: lastack(1),\n"
	       "lastack-check(1), lastack-fin(5) for the cases' language.\n\n"
	       "Exit status: 0 all ok, 1 some not ok, 2 broken or bad usage,\n"
	       "77 nothing ran.\n");
}

int door_help(int argc, char **argv)
{
	static char option[] = "--help";
	const struct door *d;

	if (argc < 2) {
		overview();
		return 0;
	}
	d = is_help(argv[1]) ? door_find("help") : door_find(argv[1]);
	if (!d)
		return option_bad("help", "no verb \"%s\"", argv[1]);
	if (d->enter == door_help) {
		fputs(help, stdout);
		return 0;
	}
	char *ask[] = { argv[1], option, NULL };

	return d->enter(2, ask);
}
