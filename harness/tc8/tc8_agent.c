/*
 * An agent's lines, read and answered for an upper tester. Knows which commands
 * there are, and not what they do.
 */
#include "tc8/tc8_agent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/name.h"
#include "tc8/tc8_agent_own.h"

#define LINE_MAX_OCTETS 256

static tc8_call do_can;

static const struct command {
	const char *name;
	int least, most; /* arguments */
	tc8_call *carry_out;
} commands[] = {
	{ "use", 6, 6, tc8_do_use },
	{ "reset", 0, 0, tc8_do_reset },
	{ "can", 1, 1, do_can },
	{ "listen", 0, 1, tc8_do_listen },
	{ "unlisten", 0, 0, tc8_do_unlisten },
	{ "connect", 0, 1, tc8_do_connect },
	{ "accept", 0, 0, tc8_do_accept },
	{ "send", 1, 1, tc8_do_send },
	{ "recv", 0, 1, tc8_do_recv },
	{ "shutdown", 1, 1, tc8_do_shutdown },
	{ "close", 0, 0, tc8_do_close },
	{ "linger", 1, 1, tc8_do_linger },
	{ "nodelay", 1, 1, tc8_do_nodelay },
};

static const struct command *find_command(const struct tc8_agent *a,
					  const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, name) == 0 &&
		    (c->carry_out != tc8_do_shutdown || a->has_shutdown))
			return c;
	}
	return NULL;
}

static long do_can(struct tc8_agent *a)
{
	return find_command(a, a->arg[0]) || strcmp(a->arg[0], "ipv4") == 0 ||
			       strcmp(a->arg[0], "ipv6") == 0
		       ? SAY_YES
		       : SAY_NO;
}

static void answer(long result)
{
	char buf[16];

	if (result == SAY_YES || result == SAY_NO)
		printf("= %s\n", result == SAY_YES ? "yes" : "no");
	else if (result < 0)
		printf("= %s\n", name_errno((int)-result, buf));
	else
		printf("= %ld\n", result);
	fflush(stdout);
}

static long obey(struct tc8_agent *a, char *line)
{
	bool announce = *line == '!';
	char *rest, *word = strtok_r(line + announce, " \r\n", &rest);
	const struct command *c = word ? find_command(a, word) : NULL;

	if (!c)
		return -ENOSYS;
	memset(a->arg, 0, sizeof(a->arg));
	for (a->n_arg = 0; (word = strtok_r(NULL, " \r\n", &rest));) {
		if (a->n_arg == c->most)
			return -EINVAL;
		a->arg[a->n_arg++] = word;
	}
	if (a->n_arg < c->least)
		return -EINVAL;
	if (announce) {
		printf("> %s\n", c->name);
		fflush(stdout);
	}
	return c->carry_out(a);
}

int tc8_agent(const struct tc8_target *target)
{
	struct tc8_agent a = { .target = target,
			       .listener = NONE,
			       .socket = NONE };
	char line[LINE_MAX_OCTETS];

	a.udp = tc8_open(target);
	if (a.udp < 0)
		return 1;
	if (tc8_introduce(&a) < 0) {
		close(a.udp);
		return 1;
	}
	puts("lastack-agent 1");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		answer(obey(&a, line));
	tc8_do_reset(&a);
	close(a.udp);
	return 0;
}
