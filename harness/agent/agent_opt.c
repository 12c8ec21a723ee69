/*
 * The agent's socket options, and what it can ask of a socket. An option may
 * be set before there is a connection: see agent_option_fd.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/agent_own.h"
#include "base/name.h"

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

/* "off", or idle time, interval and number of the probes. */
static long agent_keepalive(struct agent *a, struct conn *c)
{
	static const int name[3] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT };
	char *const *arg = a->arg;
	long value[3], rc = 0;
	int i;

	if (!arg[1] && strcmp(arg[0], "off") == 0)
		return set_int(a, c, SOL_SOCKET, SO_KEEPALIVE, 0);
	if (!arg[1] || !arg[2] || !agent_seconds(arg[0], &value[0]) ||
	    !agent_seconds(arg[1], &value[1]) ||
	    !agent_number(arg[2], 1, INT_MAX, &value[2]))
		return -EINVAL;
	for (i = 0; i < 3 && rc == 0; i++)
		rc = set_int(a, c, IPPROTO_TCP, name[i], value[i]);
	return rc ? rc : set_int(a, c, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static long agent_nonblock(struct agent *a, struct conn *c)
{
	int fd, flags;
	long on;

	if (!agent_switch(a->arg[0], &on))
		return -EINVAL;
	fd = agent_option_fd(a, c);
	if (fd < 0)
		return fd;
	flags = fcntl(fd, F_GETFL);
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) ? -errno : 0;
}

/* The socket to ask: the connection's, else the listener, else -1. */
static int asked_fd(const struct agent *a, const struct conn *c)
{
	return c->n_fd > 0 ? conn_fd(c) : a->listener;
}

static long agent_poll(struct agent *a, struct conn *c)
{
	struct pollfd p = { .fd = asked_fd(a, c),
			    .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP };

	if (p.fd < 0)
		return -EBADF;
	if (poll(&p, 1, 0) < 0)
		return -errno;
	name_poll(p.revents, a->text);
	return AGENT_TEXT;
}

static long agent_error(struct agent *a, struct conn *c)
{
	socklen_t len = sizeof(int);
	int err;

	if (getsockopt(asked_fd(a, c), SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

static long ask_size(const struct conn *c, unsigned long request)
{
	int size;

	return ioctl(conn_fd(c), request, &size) ? -errno : size;
}

static long agent_outq(struct agent *a, struct conn *c)
{
	(void)a;
	return ask_size(c, SIOCOUTQ);
}

static long agent_inq(struct agent *a, struct conn *c)
{
	(void)a;
	return ask_size(c, SIOCINQ);
}

const struct agent_command agent_opt_commands[] = {
	{ "linger", 1, 1, .each = agent_linger },
	{ "linger2", 1, 1,
	  .option = { IPPROTO_TCP, TCP_LINGER2, agent_seconds } },
	{ "user-timeout", 1, 1,
	  .option = { IPPROTO_TCP, TCP_USER_TIMEOUT, agent_ms } },
	{ "keepalive", 1, 3, .each = agent_keepalive },
	{ "nodelay", 1, 1,
	  .option = { IPPROTO_TCP, TCP_NODELAY, agent_switch } },
	{ "cork", 1, 1, .option = { IPPROTO_TCP, TCP_CORK, agent_switch } },
	{ "nonblock", 1, 1, .each = agent_nonblock },
	{ "rcvbuf", 1, 1, .option = { SOL_SOCKET, SO_RCVBUF, agent_size } },
	{ "sndbuf", 1, 1, .option = { SOL_SOCKET, SO_SNDBUF, agent_size } },
	{ "poll", 0, 0, .each = agent_poll },
	{ "error", 0, 0, .each = agent_error },
	{ "outq", 0, 0, .each = agent_outq },
	{ "inq", 0, 0, .each = agent_inq },
	{ .name = NULL },
};
