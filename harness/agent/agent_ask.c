/*
 * What the agent can ask of a socket: readiness, the pending error, octets in
 * its queues.
 */
#include <errno.h>
#include <string.h>

#include "agent/agent_own.h"
#include "base/name.h"

static long agent_poll(struct agent *a, struct conn *c)
{
	int fd = agent_fd(a, c);
	struct pollfd p = { .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP };

	if (fd < 0)
		return -EBADF;
	p.fd = fd;
	if (poll(&p, 1, 0) < 0)
		return -errno;
	name_poll(p.revents, a->text);
	return AGENT_TEXT;
}

static long agent_select(struct agent *a, struct conn *c)
{
	struct timeval none = { 0 };
	fd_set set[3];
	int fd = agent_fd(a, c), sets = 0;

	if (fd < 0)
		return -EBADF;
#ifndef _WIN32 /* whose sets are lists */
	if (fd >= FD_SETSIZE)
		return -EINVAL;
#endif
	for (int i = 0; i < 3; i++) {
		FD_ZERO(&set[i]);
		FD_SET(fd, &set[i]);
	}
	if (select(fd + 1, &set[0], &set[1], &set[2], &none) < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		if (FD_ISSET(fd, &set[i]))
			sets |= SELECT_READ << i;
	name_select(sets, a->text);
	return AGENT_TEXT;
}

#ifndef _WIN32 /* where SO_ERROR tells of no reset */
static long agent_error(struct agent *a, struct conn *c)
{
	socklen_t len = sizeof(int);
	int err;

	if (getsockopt(agent_fd(a, c), SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}
#endif

static long ask_size(const struct conn *c, unsigned long request)
{
	int size;

	return ioctl(conn_fd(c), request, &size) ? -errno : size;
}

#ifdef AGENT_OUTQ
static bool has_outq(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), size;
	/* A socket without a connection has no queue: EINVAL. */
	bool has = !ioctl(fd, AGENT_OUTQ, &size) || errno == EINVAL;

	if (fd >= 0)
		close(fd);
	return has;
}

static long agent_outq(struct agent *a, struct conn *c)
{
	(void)a;
	return ask_size(c, AGENT_OUTQ);
}
#endif

static long agent_inq(struct agent *a, struct conn *c)
{
	(void)a;
	return ask_size(c, FIONREAD);
}

const struct agent_command agent_ask_commands[] = {
	{ "poll", 0, 0, .each = agent_poll },
	{ "select", 0, 0, .each = agent_select },
#ifndef _WIN32
	{ "error", 0, 0, .each = agent_error },
#endif
#ifdef AGENT_OUTQ
	{ "outq", 0, 0, .each = agent_outq, .is_here = has_outq },
#endif
	{ "inq", 0, 0, .each = agent_inq },
	{ .name = NULL },
};
