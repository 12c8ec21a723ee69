/*
 * What systems differ in, for all files of the agent in place of the system's
 * own headers: POSIX (Linux, the BSDs, macOS), and Windows. What a system has
 * not is left out of the tables of commands; "can" tells.
 */
#ifndef AGENT_AGENT_PORT_H
#define AGENT_AGENT_PORT_H

#ifdef _WIN32
#include "agent/agent_windows.h"
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef __FreeBSD__
#include <sys/filio.h>
#endif

/* Not inherited by a program that is run, nor blocking or not. */
static inline void agent_keep_private(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static inline int agent_set_nonblocking(int fd, int on)
{
	int flags = fcntl(fd, F_GETFL);

	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags);
}

static inline int agent_is_nonblocking(int fd)
{
	return fcntl(fd, F_GETFL) & O_NONBLOCK;
}
#endif

/* A system without these: SO_NOSIGPIPE does for macOS what the flag does. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

/* The options that keep-alive has a name of its own for on macOS. */
#if !defined(TCP_KEEPIDLE) && defined(TCP_KEEPALIVE)
#define TCP_KEEPIDLE TCP_KEEPALIVE
#endif

/* The BSDs' word for a cork, and for what waits to be sent. */
#if !defined(TCP_CORK) && defined(TCP_NOPUSH)
#define TCP_CORK TCP_NOPUSH
#endif
#if defined(__linux__)
#define AGENT_OUTQ TIOCOUTQ
#elif defined(FIONWRITE)
#define AGENT_OUTQ FIONWRITE
#endif

#endif
