/*
 * POSIX's socket calls in those of Winsock. Knows no command; compiled for
 * Windows alone.
 */
#ifdef _WIN32

#define AGENT_WINDOWS_OWN
#include "agent/agent_windows.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define HANDLES 65536 /* of which it is noted that they do not block */
#define PIECES	1024

static unsigned char nonblocking[HANDLES];

static const struct {
	int from, to;
} errors[] = {
	{ WSAEINTR, EINTR },
	{ WSAEBADF, EBADF },
	{ WSAENOTSOCK, EBADF },
	{ WSAEACCES, EACCES },
	{ WSAEFAULT, EFAULT },
	{ WSAEINVAL, EINVAL },
	{ WSAEMFILE, EMFILE },
	{ WSAEWOULDBLOCK, EAGAIN },
	{ WSAEINPROGRESS, EINPROGRESS },
	{ WSAEALREADY, EALREADY },
	{ WSAEDESTADDRREQ, EDESTADDRREQ },
	{ WSAEMSGSIZE, EMSGSIZE },
	{ WSAEPROTOTYPE, EPROTOTYPE },
	{ WSAENOPROTOOPT, ENOPROTOOPT },
	{ WSAEPROTONOSUPPORT, EPROTONOSUPPORT },
	{ WSAEOPNOTSUPP, EOPNOTSUPP },
	{ WSAEAFNOSUPPORT, EAFNOSUPPORT },
	{ WSAEADDRINUSE, EADDRINUSE },
	{ WSAEADDRNOTAVAIL, EADDRNOTAVAIL },
	{ WSAENETDOWN, ENETDOWN },
	{ WSAENETUNREACH, ENETUNREACH },
	{ WSAENETRESET, ENETRESET },
	{ WSAECONNABORTED, ECONNABORTED },
	{ WSAECONNRESET, ECONNRESET },
	{ WSAENOBUFS, ENOBUFS },
	{ WSAEISCONN, EISCONN },
	{ WSAENOTCONN, ENOTCONN },
	{ WSAESHUTDOWN, EPIPE }, /* as POSIX calls a send after shutdown */
	{ WSAETIMEDOUT, ETIMEDOUT },
	{ WSAECONNREFUSED, ECONNREFUSED },
	{ WSAEHOSTUNREACH, EHOSTUNREACH },
};

static int errno_of(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].from == code)
			return errors[i].to;
	return code;
}

/* What a call returned, with errno where it failed. */
static int told(int rc)
{
	if (rc != SOCKET_ERROR)
		return rc;
	errno = errno_of(WSAGetLastError());
	return -1;
}

static int handle(SOCKET s)
{
	if (s == INVALID_SOCKET)
		return told(SOCKET_ERROR);
	if (s < HANDLES)
		nonblocking[s] = 0;
	return (int)s;
}

static SOCKET at(int fd)
{
	return fd < 0 ? INVALID_SOCKET : (SOCKET)fd;
}

int agent_win_socket(int family, int type, int protocol)
{
	return handle(socket(family, type, protocol));
}

int agent_win_close(int fd)
{
	return told(closesocket(at(fd)));
}

int agent_win_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	return told(bind(at(fd), sa, len));
}

int agent_win_listen(int fd, int backlog)
{
	return told(listen(at(fd), backlog));
}

int agent_win_accept(int fd, struct sockaddr *sa, socklen_t *len)
{
	return handle(accept(at(fd), sa, len));
}

/* One that goes on is in progress, whatever it is called. */
int agent_win_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	int rc = told(connect(at(fd), sa, len));

	if (rc < 0 && errno == EAGAIN)
		errno = EINPROGRESS;
	return rc;
}

int agent_win_shutdown(int fd, int how)
{
	return told(shutdown(at(fd), how));
}

int agent_win_setsockopt(int fd, int level, int name, const void *value,
			 socklen_t len)
{
	return told(setsockopt(at(fd), level, name, value, len));
}

int agent_win_getsockopt(int fd, int level, int name, void *value,
			 socklen_t *len)
{
	int rc = told(getsockopt(at(fd), level, name, value, len));

	if (rc == 0 && level == SOL_SOCKET && name == SO_ERROR)
		*(int *)value = errno_of(*(int *)value);
	return rc;
}

static int set_blocking(SOCKET s, int blocks)
{
	u_long off = !blocks;

	return ioctlsocket(s, FIONBIO, &off);
}

ssize_t agent_win_recv(int fd, void *octets, size_t len, int flags)
{
	int once = flags & MSG_DONTWAIT && !agent_is_nonblocking(fd), rc;

	if (once)
		set_blocking(at(fd), 0);
	rc = told(recv(at(fd), octets, (int)len, flags & ~MSG_DONTWAIT));
	if (once)
		set_blocking(at(fd), 1);
	return rc;
}

ssize_t agent_win_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	static WSABUF piece[PIECES];
	int once = flags & MSG_DONTWAIT && !agent_is_nonblocking(fd), rc;
	DWORD sent = 0, i;

	for (i = 0; i < msg->msg_iovlen && i < PIECES; i++) {
		piece[i].buf = msg->msg_iov[i].iov_base;
		piece[i].len = (u_long)msg->msg_iov[i].iov_len;
	}
	if (once)
		set_blocking(at(fd), 0);
	rc = told(WSASend(at(fd), piece, i, &sent,
			  (DWORD)(flags & ~MSG_DONTWAIT), NULL, NULL));
	if (once)
		set_blocking(at(fd), 1);
	return rc < 0 ? -1 : (ssize_t)sent;
}

/* What WSAPoll does not know it refuses altogether. */
int agent_win_poll(struct pollfd *p, unsigned long n, int timeout)
{
	for (unsigned long i = 0; i < n; i++)
		p[i].events &= POLLIN | POLLOUT;
	return told(WSAPoll(p, n, timeout));
}

int agent_win_ioctl(int fd, unsigned long request, int *value)
{
	u_long number = 0;
	int rc = told(ioctlsocket(at(fd), (long)request, &number));

	*value = (int)number;
	return rc;
}

int agent_win_sockatmark(int fd)
{
	u_long mark = 0;

	/* Winsock turns it round: whether there is nothing urgent. */
	return ioctlsocket(at(fd), SIOCATMARK, &mark) ? -1 : mark == 0;
}

void agent_win_start(void)
{
	WSADATA data;

	if (WSAStartup(MAKEWORD(2, 2), &data))
		exit(1);
	_setmode(STDIN_FILENO, _O_BINARY);
	_setmode(STDOUT_FILENO, _O_BINARY);
}

void agent_keep_private(int fd)
{
	SetHandleInformation((HANDLE)at(fd), HANDLE_FLAG_INHERIT, 0);
}

int agent_set_nonblocking(int fd, int on)
{
	int rc = told(set_blocking(at(fd), !on));

	if (rc == 0 && fd < HANDLES)
		nonblocking[fd] = (unsigned char)on;
	return rc;
}

int agent_is_nonblocking(int fd)
{
	return fd >= 0 && fd < HANDLES && nonblocking[fd];
}

#endif
