/*
 * The verbs "tc8-agent" and "upper-tester": both sides of AUTOSAR's testability
 * protocol. Knows their command lines only.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cmd/cmd.h"
#include "tc8/message.h"
#include "tc8/tc8_agent.h"
#include "tc8/upper_tester.h"

struct options {
	unsigned int service;
	int64_t timeout_ns;
};

static const struct options usual = { .service = TC8_SERVICE,
				      .timeout_ns = 2 * NS_PER_S };

#define SERVICE                                                                \
	{                                                                      \
		"service", 0, option_count, offsetof(struct options, service), \
			.help = "its number (261)", .argument = "N",           \
			.most = 65535                                          \
	}

static const struct option_row agent_rows[] = {
	SERVICE,
	{ "timeout", 0, option_time, offsetof(struct options, timeout_ns),
	  .help = "of a response (2s)", .argument = "TIME",
	  .expected = "a time such as 500ms or 2s" },
	{ 0 },
};

static const struct option_row tester_rows[] = { SERVICE, { 0 } };

static int read_port(const char *verb, const char *text, uint16_t *port)
{
	int64_t n;

	if (option_number(text, 1, 65535, &n))
		return option_bad(verb, "%s: expected a port", text);
	*port = (uint16_t)n;
	return 0;
}

static int enter_agent(void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct tc8_target t = { .service = (uint16_t)o->service,
				.timeout_ms =
					(int)(o->timeout_ns / NS_PER_MS) };

	if (optind != argc - 2)
		return option_bad("tc8-agent", "expected an address and a "
					       "port");
	t.address = argv[optind];
	if (read_port("tc8-agent", argv[optind + 1], &t.port))
		return CMD_BAD;
	return tc8_agent(&t);
}

static int enter_tester(void *options, int argc, char **argv)
{
	const struct options *o = options;
	uint16_t port = 0;

	if (optind != argc - 1)
		return option_bad("upper-tester", "expected a port");
	if (read_port("upper-tester", argv[optind], &port))
		return CMD_BAD;
	return upper_tester(port, (uint16_t)o->service);
}

const struct cmd cmd_tc8_agent = {
	.name = "tc8-agent",
	.line = "the same for a stack with an AUTOSAR upper tester",
	.usage = "ADDRESS PORT",
	.text = "Speaks the protocol of lastack-agent(7) on standard input and output,\n"
		"and AUTOSAR's testability protocol over UDP with the upper tester\n"
		"there. The stack tc8 of \"lastack run\" starts it.",
	.rows = agent_rows,
	.status =
		"Exit status: 0 when standard input ends, 1 when the upper tester does\n"
		"not answer.",
	.size = sizeof(struct options),
	.usual = &usual,
	.enter = enter_agent,
};

const struct cmd cmd_upper_tester = {
	.name = "upper-tester",
	.line = "be an AUTOSAR upper tester",
	.usage = "PORT",
	.text = "Serves AUTOSAR's testability protocol on a UDP port, over the sockets\n"
		"of this system, until it is ended.",
	.rows = tester_rows,
	.status = "Exit status: 1 when it cannot have the port.",
	.size = sizeof(struct options),
	.usual = &usual,
	.enter = enter_tester,
};
