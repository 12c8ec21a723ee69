/*
 * What this agent can, asked word by word: so one that has less, or has it on
 * a system that has less, says so before a case is played.
 */
#include <string.h>

#include "agent/agent_own.h"

/* A socket of that family can be made here. */
static bool has_family(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);

	return fd >= 0 && close(fd) == 0;
}

/* What is no command, and still a question. */
static bool has_property(const char *word)
{
	if (strcmp(word, "ipv4") == 0)
		return has_family(AF_INET);
	if (strcmp(word, "ipv6") == 0)
		return has_family(AF_INET6);
	return strcmp(word, "many") == 0;
}

static long agent_can(struct agent *a)
{
	bool yes = agent_find_command(a->arg[0]) || has_property(a->arg[0]);

	strcpy(a->text, yes ? "yes" : "no");
	return AGENT_TEXT;
}

const struct agent_command agent_can_commands[] = {
	{ "can", 1, 1, .whole = agent_can },
	{ .name = NULL },
};
