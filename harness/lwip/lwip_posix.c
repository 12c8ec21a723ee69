/*
 * Socket calls handed on to lwIP, with what its sockets lack refused as a
 * system refuses it. Knows no command of the agent's.
 */
#define LWIP_POSIX_OWN
#include "lwip/lwip_posix.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/select.h>

#include <lwip/sockets.h>

/* lwIP's number of a descriptor, or -1. */
static int own(int fd)
{
	return fd >= LWIP_FD_FIRST ? fd - LWIP_FD_FIRST : -1;
}

/* Of a call that made a socket. */
static int shown(int s)
{
	return s < 0 ? s : s + LWIP_FD_FIRST;
}

int on_lwip_socket(int family, int type, int protocol)
{
	return shown(lwip_socket(family, type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK),
				 protocol));
}

int on_lwip_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return lwip_bind(own(fd), addr, len);
}

/* Which of lwIP's sockets listen, by their numbers. */
static bool listens[FD_SETSIZE];

int on_lwip_listen(int fd, int backlog)
{
	int rc = lwip_listen(own(fd), backlog);

	if (rc == 0 && own(fd) < FD_SETSIZE)
		listens[own(fd)] = true;
	return rc;
}

int on_lwip_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return lwip_connect(own(fd), addr, len);
}

int on_lwip_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	(void)flags;
	return shown(lwip_accept(own(fd), addr, len));
}

int on_lwip_shutdown(int fd, int how)
{
	return lwip_shutdown(own(fd), how);
}

/*
 * lwIP 2.1.3 looks for unsent data in a listener that lingers, where there is
 * none but the next object's memory, and then aborts it, by an assertion.
 */
static void let_go(int s)
{
	struct linger off = { .l_onoff = 0 };

	if (s < 0 || s >= FD_SETSIZE || !listens[s])
		return;
	lwip_setsockopt(s, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
	listens[s] = false;
}

int on_lwip_close(int fd)
{
	if (fd >= 0 && fd < LWIP_FD_FIRST)
		return close(fd);
	let_go(own(fd));
	return lwip_close(own(fd));
}

int on_lwip_setsockopt(int fd, int level, int name, const void *value,
		       socklen_t len)
{
	return lwip_setsockopt(own(fd), level, name, value, len);
}

int on_lwip_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return lwip_getsockopt(own(fd), level, name, value, len);
}

int on_lwip_fcntl(int fd, int command, int value)
{
	return lwip_fcntl(own(fd), command, value);
}

int on_lwip_ioctl(int fd, unsigned long request, void *value)
{
	return lwip_ioctl(own(fd), (long)request, value);
}

/* Of one socket, as the agent asks. */
int on_lwip_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int given = fds->fd, count;

	fds->fd = own(given);
	count = lwip_poll(fds, n, timeout_ms);
	fds->fd = given;
	return count;
}

/* Its recv knows no MSG_WAITALL: what was asked for comes by several. */
ssize_t on_lwip_recv(int fd, void *to, size_t len, int flags)
{
	bool all = flags & MSG_WAITALL;
	size_t done = 0;
	ssize_t n;

	do {
		n = lwip_recv(own(fd), (char *)to + done, len - done,
			      flags & ~MSG_WAITALL);
		done += n > 0 ? (size_t)n : 0;
	} while (all && n > 0 && done < len);
	return done ? (ssize_t)done : n;
}

ssize_t on_lwip_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return lwip_sendmsg(own(fd), msg, flags & ~MSG_NOSIGNAL);
}

/* Its sockets are of one process. */
pid_t on_lwip_fork(void)
{
	errno = ENOSYS;
	return -1;
}

/*
 * The agent resets its sockets when it is ended, lest their orphans live on.
 * These end with the process, and a handler may not enter the stack.
 */
void (*on_lwip_signal(int sig, void (*handler)(int)))(int)
{
	return signal(sig, sig == SIGTERM ? SIG_DFL : handler);
}
