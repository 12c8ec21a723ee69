/*
 * An agent (lastack-agent(7)) of a stack whose upper tester speaks AUTOSAR's
 * testability protocol: each command becomes requests to it, over UDP.
 */
#ifndef TC8_TC8_AGENT_H
#define TC8_TC8_AGENT_H

#include <stdint.h>

struct tc8_target {
	const char *address; /* of the upper tester */
	uint16_t port;
	uint16_t service;
	int timeout_ms; /* of a response */
};

/*
 * Serves standard input until it ends. Returns the exit status: 1, with a
 * line on standard error, when the upper tester does not answer: what it has
 * done by then is not known, and nothing is sent twice.
 */
int tc8_agent(const struct tc8_target *target);

#endif
