/*
 * The agent's sockets: where they come from and how they go. Knows addresses
 * and descriptors, not what passes through them.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_own.h"
#include "base/memory.h"

#define BACKLOG	     128
#define BACKLOG_MANY 512
#define SPARE_FDS    32

#ifndef IP_LOCAL_PORT_RANGE /* Linux 6.3 has it, libraries later */
#define IP_LOCAL_PORT_RANGE 51
#endif

int conn_fd(const struct conn *c)
{
	return c->n_fd > 0 ? c->fd[c->n_fd - 1] : -1;
}

int agent_fd(const struct agent *a, const struct conn *c)
{
	return c->n_fd > 0 ? conn_fd(c) : a->listener;
}

static void conn_open(struct conn *c, int fd, bool fresh)
{
	if (c->watch)
		close(c->watch);
	*c = (struct conn){ .fd = { fd }, .n_fd = 1, .fresh = fresh };
}

static void abort_fd(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void conn_abort(struct conn *c)
{
	while (c->n_fd > 0)
		abort_fd(c->fd[--c->n_fd]);
	if (c->watch)
		close(c->watch);
	c->watch = 0;
}

static int make_socket(const struct agent *a)
{
	int on = 1, fd = socket(a->family, SOCK_STREAM, 0);

	if (fd < 0)
		return -errno;
	agent_keep_private(fd);
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

/* The connection's socket, made now when it has none. */
static int conn_need(struct agent *a, struct conn *c)
{
	int fd = conn_fd(c);

	if (fd >= 0)
		return fd;
	fd = make_socket(a);
	if (fd >= 0)
		conn_open(c, fd, true);
	return fd;
}

int agent_option_fd(struct agent *a, struct conn *c)
{
	if (c->n_fd == 0 && a->listener >= 0)
		return a->listener;
	return conn_need(a, c);
}

static in_port_t *port_of(struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET6)
		return &((struct sockaddr_in6 *)sa)->sin6_port;
	return &((struct sockaddr_in *)sa)->sin_port;
}

static socklen_t size_of(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					 : sizeof(struct sockaddr_in);
}

static bool parse_end(int family, const char *addr, const char *port,
		      struct sockaddr_storage *sa)
{
	void *to = family == AF_INET6
			   ? (void *)&((struct sockaddr_in6 *)sa)->sin6_addr
			   : (void *)&((struct sockaddr_in *)sa)->sin_addr;
	long number;

	if (!agent_number(port, 1, 65535, &number))
		return false;
	memset(sa, 0, sizeof(*sa));
	sa->ss_family = (sa_family_t)family;
	*port_of(sa) = htons((uint16_t)number);
	return inet_pton(family, addr, to) == 1;
}

void agent_drop_all(struct agent *a)
{
	size_t i;

	agent_child_end(a, SIGKILL);
	for (i = 0; i < a->n_conn; i++)
		conn_abort(&a->conn[i]);
	if (a->listener >= 0)
		abort_fd(a->listener);
	a->listener = -1;
}

static long agent_use(struct agent *a)
{
	char *const *arg = a->arg;
	struct sockaddr_storage self, peer;
	long n, family, rc;

	if (!agent_number(arg[0], 4, 6, &family) || family == 5)
		return -EINVAL;
	family = family == 4 ? AF_INET : AF_INET6;
	if (!parse_end((int)family, arg[1], arg[2], &self) ||
	    !parse_end((int)family, arg[3], arg[4], &peer) ||
	    !agent_number(arg[5], 1, AGENT_CONN_MAX, &n))
		return -EINVAL;
	rc = agent_raise_limit((size_t)n + SPARE_FDS);
	if (rc < 0)
		return rc;
	agent_thread_end();
	agent_drop_all(a);
	a->n_conn = 0; /* a signal may come between */
	free(a->conn);
	a->conn = memory_zeroed((size_t)n, sizeof(*a->conn));
	a->n_conn = (size_t)n;
	a->family = (int)family;
	a->self = self;
	a->peer = peer;
	return 0;
}

static long agent_reset(struct agent *a)
{
	agent_thread_end();
	agent_drop_all(a);
	return 0;
}

/*
 * The socket to listen on: one that options were set on before it was known
 * that this end listens, else a new one.
 */
static int take_listener(struct agent *a)
{
	int fd = -1;
	size_t i;

	for (i = 0; i < a->n_conn; i++) {
		struct conn *c = &a->conn[i];

		if (c->n_fd != 1 || !c->fresh)
			continue;
		if (fd < 0)
			fd = c->fd[0];
		else
			close(c->fd[0]);
		c->n_fd = 0;
	}
	return fd >= 0 ? fd : make_socket(a);
}

static long agent_listen(struct agent *a)
{
	long backlog = a->n_conn > 1 ? BACKLOG_MANY : BACKLOG;
	int err, fd = a->listener;

	if (a->n_conn == 0 ||
	    (a->arg[0] && !agent_number(a->arg[0], 0, INT_MAX, &backlog)))
		return -EINVAL;
	if (fd >= 0)
		return listen(fd, (int)backlog) ? -errno : 0;
	fd = take_listener(a);
	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&a->self, size_of(&a->self)) == 0 &&
	    listen(fd, (int)backlog) == 0) {
		a->listener = fd;
		return 0;
	}
	err = errno;
	close(fd);
	return -err;
}

static long agent_unlisten(struct agent *a)
{
	int fd = a->listener;

	a->listener = -1;
	return close(fd) ? -errno : 0;
}

/* The connecting side's ports count up from the first. */
static long bind_conn(struct agent *a, struct conn *c)
{
	struct sockaddr_storage self = a->self;
	size_t port = ntohs(*port_of(&self)) + (size_t)(c - a->conn);

	if (port > 65535)
		return -EADDRNOTAVAIL;
	*port_of(&self) = htons((uint16_t)port);
	return bind(conn_fd(c), (struct sockaddr *)&self, size_of(&self))
		       ? -errno
		       : 0;
}

/* The system chooses the port, from the one that it is told to take it from. */
static long choose_port(struct agent *a, struct conn *c)
{
	struct sockaddr_storage self = a->self;
	uint32_t port = ntohs(*port_of(&self)) + (uint32_t)(c - a->conn);
	uint32_t range = port << 16 | port;

	return setsockopt(conn_fd(c), IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range,
			  sizeof(range))
		       ? -errno
		       : 0;
}

/* Dissolves the association, as connect(2) has it. */
static long disconnect(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	return connect(fd, &none, sizeof(none)) ? -errno : 0;
}

static long agent_connect(struct agent *a, struct conn *c)
{
	bool unbound = a->arg[0] && strcmp(a->arg[0], "unbound") == 0;
	int was, err, fd;
	long rc = 0;

	if (a->arg[0] && !unbound)
		return strcmp(a->arg[0], "unspec") == 0
			       ? disconnect(agent_fd(a, c))
			       : -EINVAL;
	fd = conn_need(a, c);
	if (fd < 0)
		return fd;
	if (c->fresh)
		rc = unbound ? choose_port(a, c) : bind_conn(a, c);
	if (rc < 0)
		return rc;
	c->fresh = false;
	was = agent_is_nonblocking(fd);
	agent_set_nonblocking(fd, 1);
	err = connect(fd, (struct sockaddr *)&a->peer, size_of(&a->peer))
		      ? errno
		      : 0;
	agent_set_nonblocking(fd, was);
	return err == EINPROGRESS ? 0 : -err;
}

/* The connection of that peer's port, else the first closed one. */
static struct conn *conn_for(struct agent *a, struct sockaddr_storage *from)
{
	size_t i =
		(uint16_t)(ntohs(*port_of(from)) - ntohs(*port_of(&a->peer)));

	if (i < a->n_conn && a->conn[i].n_fd == 0)
		return &a->conn[i];
	for (i = 0; a->conn[i].n_fd > 0; i++)
		;
	return &a->conn[i];
}

static long agent_accept(struct agent *a)
{
	size_t i, closed = 0;

	if (a->listener < 0)
		return -EBADF;
	for (i = 0; i < a->n_conn; i++)
		closed += a->conn[i].n_fd == 0;
	if (closed == 0)
		return -EISCONN;
	while (closed-- > 0) {
		struct sockaddr_storage from = a->peer;
		socklen_t len = sizeof(from);
		int fd = accept(a->listener, (struct sockaddr *)&from, &len);

		if (fd < 0)
			return -errno;
		agent_keep_private(fd);
		conn_open(conn_for(a, &from), fd, false);
	}
	return 0;
}

static long agent_shutdown(struct agent *a, struct conn *c)
{
	static const char *const how[] = { "rd", "wr", "rdwr" };
	int i;

	for (i = SHUT_RD; i <= SHUT_RDWR; i++)
		if (strcmp(a->arg[0], how[i]) == 0)
			return shutdown(agent_fd(a, c), i) ? -errno : 0;
	return -EINVAL;
}

static long agent_close(struct agent *a, struct conn *c)
{
	int fd = conn_fd(c);

	(void)a;
	if (c->n_fd > 0)
		c->n_fd--;
	return close(fd) ? -errno : 0;
}

#ifndef _WIN32
static long agent_dup(struct agent *a, struct conn *c)
{
	int fd;

	if (c->n_fd == AGENT_DUP_MAX)
		return -EMFILE;
	fd = fcntl(agent_fd(a, c), F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	c->fd[c->n_fd++] = fd;
	return 0;
}
#endif

static long agent_exit(struct agent *a)
{
	(void)a;
	_exit(0);
}

const struct agent_command agent_sock_commands[] = {
	{ "use", 6, 6, .whole = agent_use },
	{ "reset", 0, 0, .whole = agent_reset },
	{ "listen", 0, 1, .whole = agent_listen },
	{ "unlisten", 0, 0, .whole = agent_unlisten },
	{ "connect", 0, 1, .each = agent_connect },
	{ "accept", 0, 0, .whole = agent_accept },
	{ "shutdown", 1, 1, .each = agent_shutdown },
	{ "close", 0, 0, .each = agent_close },
#ifndef _WIN32
	{ "dup", 0, 0, .each = agent_dup },
#endif
	{ "exit", 0, 0, .whole = agent_exit },
	{ .name = NULL },
};
