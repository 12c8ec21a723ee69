/* The verb "help". Knows the table of verbs, not what they do. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void overview(void)
{
	printf("usage: lastack VERB [OPTION...] [OPERAND...]\n\n"
	       "Do TCP connections end the way they must? Cases are run\n"
	       "over a cable the harness owns, judged segment by segment\n"
	       "and state by state, and leave a capture of each.\n\n");
	for (size_t i = 0; cmds[i]; i++)
		printf("  %-11s %s\n", cmds[i]->name, cmds[i]->line);
	printf("\nlastack help VERB, or lastack VERB --help, says more;\n"
	       "lastack --version names the version. Manuals: lastack(1),\n"
	       "lastack-check(1), lastack-fin(5) for the cases' language.\n\n"
	       "Exit status: 0 all ok, 1 some not ok, 2 broken or bad usage,\n"
	       "77 nothing ran.\n");
}

static int enter(void *options, int argc, char **argv)
{
	const struct cmd *cmd;

	(void)options;
	if (argc < 2) {
		overview();
		return 0;
	}
	cmd = is_help(argv[1]) ? &cmd_help : cmd_find(argv[1]);
	if (!cmd)
		return option_bad("help", "no verb \"%s\"", argv[1]);
	option_help(cmd);
	return 0;
}

const struct cmd cmd_help = {
	.name = "help",
	.line = "say more about a verb",
	.usage = "[VERB]",
	.text = "Says how a verb is used; without one, which verbs there are.",
	.enter = enter,
};
