/*
 * The verb "agent": one end's socket calls, told over standard input. Knows
 * its command line only.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "agent/agent.h"

static const char help[] =
	"usage: lastack agent\n"
	"\n"
	"Makes the socket calls of one end of a connection, told line by line\n"
	"on standard input, and answers on standard output. The harness\n"
	"starts it; behind ssh, a serial line or a vsock it serves another\n"
	"machine.\n"
	"Ends with status 0 when standard input ends.\n";

int door_agent(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(help, stdout);
		return 0;
	}
	if (argc > 1) {
		fprintf(stderr,
			"lastack agent: expected no arguments, got \"%s\"\n",
			argv[1]);
		return 2;
	}
	return agent_main();
}
