/*
 * The verb "agent": one end's socket calls, told over standard input. Knows
 * its command line only.
 */
#include <getopt.h>

#include "agent/agent.h"
#include "cmd/cmd.h"

static int enter(void *options, int argc, char **argv)
{
	(void)options;
	if (optind < argc)
		return option_bad("agent", "expected no arguments, got \"%s\"",
				  argv[optind]);
	return agent_main();
}

const struct cmd cmd_agent = {
	.name = "agent",
	.line = "make one end's socket calls, told on stdin",
	.usage = "",
	.text = "Makes the socket calls of one end of a connection, told line "
		"by line\n"
		"on standard input, and answers on standard output. The "
		"harness\n"
		"starts it; behind ssh, a serial line or a vsock it serves "
		"another\n"
		"machine.",
	.status = "Ends with status 0 when standard input ends.",
	.enter = enter,
};
