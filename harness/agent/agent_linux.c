/*
 * What the agent has on Linux alone: epoll, what TCP says of itself, and
 * forgetting a connection.
 */
#include "agent/agent_own.h"

#ifdef __linux__

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/array.h"
#include "base/name.h"

/* A descriptor that watches fd from now on, or a negative errno. */
static int watch(int fd, unsigned int how)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLPRI | EPOLLOUT |
					   EPOLLRDHUP | how };
	int err, epfd = epoll_create1(EPOLL_CLOEXEC);

	if (epfd < 0)
		return -errno;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &e) == 0)
		return epfd;
	err = errno;
	close(epfd);
	return -err;
}

/* What a watch has to tell; its bits are those of poll(2). */
static long told(struct agent *a, int epfd)
{
	struct epoll_event e = { 0 };
	int n = epoll_wait(epfd, &e, 1, 0);

	if (n < 0)
		return -errno;
	name_poll(n ? (short)e.events : 0, a->text);
	return AGENT_TEXT;
}

/*
 * Level-triggered, as poll; edge-triggered, what is new since the last time,
 * for which the watch has to last.
 */
static long agent_epoll(struct agent *a, struct conn *c)
{
	bool edge = a->arg[0] != NULL;
	int epfd = edge && c->watch ? c->watch : -1;
	long rc;

	if (edge && strcmp(a->arg[0], "edge") != 0)
		return -EINVAL;
	if (epfd < 0)
		epfd = watch(agent_fd(a, c), edge ? EPOLLET : 0);
	if (epfd < 0)
		return epfd;
	rc = told(a, epfd);
	if (edge)
		c->watch = epfd;
	else
		close(epfd);
	return rc;
}

/* Members of struct tcp_info, by their names without "tcpi_". */
/* clang-format off */
#define INFO(name) \
	{ #name, offsetof(struct tcp_info, tcpi_##name), \
	  sizeof(((struct tcp_info *)0)->tcpi_##name) }
/* clang-format on */

static const struct info_field {
	const char *name;
	size_t at;
	size_t size; /* 1 or 4 octets */
} info_fields[] = {
	INFO(state),   INFO(retransmits), INFO(probes),
	INFO(backoff), INFO(unacked),	  INFO(sacked),
	INFO(lost),    INFO(retrans),	  INFO(total_retrans),
};

static long info_value(const struct tcp_info *info, const struct info_field *f)
{
	const uint8_t *at = (const uint8_t *)info + f->at;
	uint32_t number = *at;

	if (f->size == sizeof(number))
		memcpy(&number, at, sizeof(number));
	return number;
}

static long agent_info(struct agent *a, struct conn *c)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	for (size_t i = 0; i < ARRAY_SIZE(info_fields); i++) {
		if (strcmp(info_fields[i].name, a->arg[0]) != 0)
			continue;
		if (getsockopt(agent_fd(a, c), IPPROTO_TCP, TCP_INFO, &info,
			       &len))
			return -errno;
		return info_value(&info, &info_fields[i]);
	}
	return -EINVAL;
}

/*
 * Other systems that run Linux's programs, as gVisor, may take TCP_REPAIR and do
 * nothing: whether it is on can be asked. Who may not is not the question.
 */
static bool has_repair(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1, is = 0;
	socklen_t len = sizeof(is);
	bool has;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		has = errno == EPERM;
	else
		has = !getsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &is, &len) && is;
	if (fd >= 0)
		close(fd);
	return has;
}

static long agent_forget(struct agent *a, struct conn *c)
{
	int on = 1;

	(void)a;
	if (setsockopt(conn_fd(c), IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)))
		return -errno;
	while (c->n_fd > 0)
		close(c->fd[--c->n_fd]);
	return 0;
}

const struct agent_command agent_linux_commands[] = {
	{ "epoll", 0, 1, .each = agent_epoll },
	{ "info", 1, 1, .each = agent_info },
	{ "forget", 0, 0, .each = agent_forget, .is_here = has_repair },
	{ .name = NULL },
};

#endif
