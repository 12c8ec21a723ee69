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

#include "base/name.h"
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

/* A time as the language writes it canonically: "2000ms", or "0". */
static bool parse_ms(const char *word, long *ms)
{
	char digits[20];
	size_t len = word ? strlen(word) : 0;

	if (len > 2 && strcmp(word + len - 2, "ms") == 0)
		len -= 2;
	else if (len != 1 || word[0] != '0')
		return false;
	if (len >= sizeof(digits))
		return false;
	memcpy(digits, word, len);
	digits[len] = '\0';
	return agent_number(digits, 0, INT_MAX, ms);
}

/* The same for an option that counts seconds: no fraction is rounded away. */
static bool parse_seconds(const char *word, long *seconds)
{
	if (!parse_ms(word, seconds) || *seconds % 1000)
		return false;
	*seconds /= 1000;
	return true;
}

/* "on" or "off" as 1 or 0, else -1. */
static long parse_switch(char *args)
{
	const char *word = agent_word(&args);

	if (!word || agent_word(&args))
		return -1;
	return strcmp(word, "on") == 0 ? 1 : strcmp(word, "off") == 0 ? 0 : -1;
}

long agent_linger(struct agent *a, struct conn *c, char *args)
{
	const char *word = agent_word(&args);
	struct linger l = { .l_onoff = 1 };
	long seconds = 0;

	if (!word || agent_word(&args))
		return -EINVAL;
	if (strcmp(word, "off") == 0)
		l.l_onoff = 0;
	else if (!parse_seconds(word, &seconds))
		return -EINVAL;
	l.l_linger = (int)seconds;
	return set_option(a, c, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
}

long agent_linger2(struct agent *a, struct conn *c, char *args)
{
	const char *word = agent_word(&args);
	long seconds;

	if (agent_word(&args) || !parse_seconds(word, &seconds))
		return -EINVAL;
	return set_int(a, c, IPPROTO_TCP, TCP_LINGER2, seconds);
}

long agent_user_timeout(struct agent *a, struct conn *c, char *args)
{
	const char *word = agent_word(&args);
	long ms;

	if (agent_word(&args) || !parse_ms(word, &ms))
		return -EINVAL;
	return set_int(a, c, IPPROTO_TCP, TCP_USER_TIMEOUT, ms);
}

long agent_keepalive(struct agent *a, struct conn *c, char *args)
{
	const char *idle = agent_word(&args), *interval = agent_word(&args);
	const char *count = agent_word(&args);
	long value[3], rc = 0;
	static const int name[3] = { TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT };
	int i;

	if (idle && !interval && strcmp(idle, "off") == 0)
		return set_int(a, c, SOL_SOCKET, SO_KEEPALIVE, 0);
	if (!count || agent_word(&args) || !parse_seconds(idle, &value[0]) ||
	    !parse_seconds(interval, &value[1]) ||
	    !agent_number(count, 1, INT_MAX, &value[2]))
		return -EINVAL;
	for (i = 0; i < 3 && rc == 0; i++)
		rc = set_int(a, c, IPPROTO_TCP, name[i], value[i]);
	return rc ? rc : set_int(a, c, SOL_SOCKET, SO_KEEPALIVE, 1);
}

static long set_switch(struct agent *a, struct conn *c, int name, char *args)
{
	long on = parse_switch(args);

	return on < 0 ? -EINVAL : set_int(a, c, IPPROTO_TCP, name, on);
}

long agent_nodelay(struct agent *a, struct conn *c, char *args)
{
	return set_switch(a, c, TCP_NODELAY, args);
}

long agent_cork(struct agent *a, struct conn *c, char *args)
{
	return set_switch(a, c, TCP_CORK, args);
}

long agent_nonblock(struct agent *a, struct conn *c, char *args)
{
	long on = parse_switch(args);
	int fd, flags;

	if (on < 0)
		return -EINVAL;
	fd = agent_option_fd(a, c);
	if (fd < 0)
		return fd;
	flags = fcntl(fd, F_GETFL);
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) ? -errno : 0;
}

static long set_size(struct agent *a, struct conn *c, int name, char *args)
{
	long size;

	if (!agent_sole_number(args, 0, INT_MAX, &size))
		return -EINVAL;
	return set_int(a, c, SOL_SOCKET, name, size);
}

long agent_rcvbuf(struct agent *a, struct conn *c, char *args)
{
	return set_size(a, c, SO_RCVBUF, args);
}

long agent_sndbuf(struct agent *a, struct conn *c, char *args)
{
	return set_size(a, c, SO_SNDBUF, args);
}

/* The socket to ask: the connection's, else the listener, else -1. */
static int asked_fd(const struct agent *a, const struct conn *c)
{
	return c->n_fd > 0 ? conn_fd(c) : a->listener;
}

long agent_poll(struct agent *a, struct conn *c, char *args)
{
	struct pollfd p = { .fd = asked_fd(a, c),
			    .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP };

	if (agent_word(&args))
		return -EINVAL;
	if (p.fd < 0)
		return -EBADF;
	if (poll(&p, 1, 0) < 0)
		return -errno;
	name_poll(p.revents, a->text);
	return AGENT_TEXT;
}

long agent_error(struct agent *a, struct conn *c, char *args)
{
	socklen_t len = sizeof(int);
	int err;

	if (agent_word(&args))
		return -EINVAL;
	if (getsockopt(asked_fd(a, c), SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

static long ask_size(const struct conn *c, unsigned long request, char *args)
{
	int size;

	if (agent_word(&args))
		return -EINVAL;
	return ioctl(conn_fd(c), request, &size) ? -errno : size;
}

long agent_outq(struct agent *a, struct conn *c, char *args)
{
	(void)a;
	return ask_size(c, SIOCOUTQ, args);
}

long agent_inq(struct agent *a, struct conn *c, char *args)
{
	(void)a;
	return ask_size(c, SIOCINQ, args);
}
