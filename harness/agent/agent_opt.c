/*
 * The agent's socket options. One may be set before there is a connection:
 * see agent_option_fd.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent_own.h"

static long set_option(struct agent *a, struct conn *c, int level, int name,
		       const void *value, socklen_t len)
{
	int fd = agent_option_fd(a, c);

	if (fd < 0)
		return fd;
	return setsockopt(fd, level, name, value, len) ? -errno : 0;
}

static long set_int(struct agent *a, struct conn *c, int level, int name,
		    long value)
{
	int number = (int)value;

	return set_option(a, c, level, name, &number, sizeof(number));
}

long agent_set(struct agent *a, struct conn *c, const struct agent_option *o)
{
	long value;

	if (!o->read(a->arg[0], &value))
		return -EINVAL;
	return set_int(a, c, o->level, o->name, value);
}

/* A time as the language writes it canonically: "2000ms", or "0". */
static bool agent_ms(const char *arg, long *ms)
{
	char digits[20];
	size_t len = strlen(arg);

	if (len > 2 && strcmp(arg + len - 2, "ms") == 0)
		len -= 2;
	else if (len != 1 || arg[0] != '0')
		return false;
	if (len >= sizeof(digits))
		return false;
	memcpy(digits, arg, len);
	digits[len] = '\0';
	return agent_number(digits, 0, INT_MAX, ms);
}

/* The same for an option that counts seconds: no fraction is rounded away. */
static bool agent_seconds(const char *arg, long *seconds)
{
	if (!agent_ms(arg, seconds) || *seconds % 1000)
		return false;
	*seconds /= 1000;
	return true;
}

static bool agent_switch(const char *arg, long *on)
{
	*on = strcmp(arg, "on") == 0;
	return *on || strcmp(arg, "off") == 0;
}

static bool agent_size(const char *arg, long *octets)
{
	return agent_number(arg, 0, INT_MAX, octets);
}

static long agent_linger(struct agent *a, struct conn *c)
{
	struct linger l = { .l_onoff = strcmp(a->arg[0], "off") != 0 };
	long seconds = 0;

	if (l.l_onoff && !agent_seconds(a->arg[0], &seconds))
		return -EINVAL;
	l.l_linger = (int)seconds;
	return set_option(a, c, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

#ifdef TCP_KEEPCNT
/* "on", "off", or idle time, interval and number of the probes. */
static long agent_keepalive(struct agent *a, struct conn *c)
{
	static const int name[3] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT };
	char *const *arg = a->arg;
	long value[3], on, rc = 0;
	int i;

	if (!arg[1] && agent_switch(arg[0], &on))
		return set_int(a, c, SOL_SOCKET, SO_KEEPALIVE, on);
	if (!arg[1] || !arg[2] || !agent_seconds(arg[0], &value[0]) ||
	    !agent_seconds(arg[1], &value[1]) ||
	    !agent_number(arg[2], 1, INT_MAX, &value[2]))
		return -EINVAL;
	for (i = 0; i < 3 && rc == 0; i++)
		rc = set_int(a, c, IPPROTO_TCP, name[i], value[i]);
	return rc ? rc : set_int(a, c, SOL_SOCKET, SO_KEEPALIVE, 1);
}
#endif

static long agent_nonblock(struct agent *a, struct conn *c)
{
	long on;
	int fd;

	if (!agent_switch(a->arg[0], &on))
		return -EINVAL;
	fd = agent_option_fd(a, c);
	if (fd < 0)
		return fd;
	return agent_set_nonblocking(fd, (int)on) ? -errno : 0;
}

const struct agent_command agent_opt_commands[] = {
	{ "linger", 1, 1, .each = agent_linger },
#ifdef TCP_LINGER2
	{ "linger2", 1, 1,
	  .option = { IPPROTO_TCP, TCP_LINGER2, agent_seconds } },
#endif
#ifdef TCP_USER_TIMEOUT
	{ "user-timeout", 1, 1,
	  .option = { IPPROTO_TCP, TCP_USER_TIMEOUT, agent_ms } },
#endif
#ifdef TCP_KEEPCNT
	{ "keepalive", 1, 3, .each = agent_keepalive },
#endif
	{ "nodelay", 1, 1,
	  .option = { IPPROTO_TCP, TCP_NODELAY, agent_switch } },
#ifdef TCP_CORK
	{ "cork", 1, 1, .option = { IPPROTO_TCP, TCP_CORK, agent_switch } },
#endif
	{ "nonblock", 1, 1, .each = agent_nonblock },
	{ "rcvbuf", 1, 1, .option = { SOL_SOCKET, SO_RCVBUF, agent_size } },
	{ "sndbuf", 1, 1, .option = { SOL_SOCKET, SO_SNDBUF, agent_size } },
	{ "reuseaddr", 1, 1,
	  .option = { SOL_SOCKET, SO_REUSEADDR, agent_switch } },
	{ "oobinline", 1, 1,
	  .option = { SOL_SOCKET, SO_OOBINLINE, agent_switch } },
	{ .name = NULL },
};
