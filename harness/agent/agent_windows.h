/*
 * Winsock as the agent's files know sockets: POSIX's names, its descriptors and
 * its errno. A SOCKET fits into an int: Windows keeps handles within 32 bits.
 */
#ifndef AGENT_AGENT_WINDOWS_H
#define AGENT_AGENT_WINDOWS_H

#include <winsock2.h>
#include <ws2tcpip.h>

#include <errno.h>
#include <io.h>
#include <process.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

typedef uint16_t in_port_t;
typedef uint16_t sa_family_t;

struct iovec {
	void *iov_base;
	size_t iov_len;
};

struct msghdr {
	struct iovec *msg_iov;
	size_t msg_iovlen;
};

#define SHUT_RD	     SD_RECEIVE
#define SHUT_WR	     SD_SEND
#define SHUT_RDWR    SD_BOTH
#define SIGKILL	     9
#define MSG_DONTWAIT 0x10000 /* of ours: Winsock has none such */

#define STDIN_FILENO  0
#define STDOUT_FILENO 1

/* Each as its POSIX namesake, a failure's errno included. */
int agent_win_socket(int family, int type, int protocol);
int agent_win_close(int fd);
int agent_win_bind(int fd, const struct sockaddr *sa, socklen_t len);
int agent_win_listen(int fd, int backlog);
int agent_win_accept(int fd, struct sockaddr *sa, socklen_t *len);
int agent_win_connect(int fd, const struct sockaddr *sa, socklen_t len);
int agent_win_shutdown(int fd, int how);
int agent_win_setsockopt(int fd, int level, int name, const void *value,
			 socklen_t len);
int agent_win_getsockopt(int fd, int level, int name, void *value,
			 socklen_t *len);
ssize_t agent_win_recv(int fd, void *octets, size_t len, int flags);
ssize_t agent_win_sendmsg(int fd, const struct msghdr *msg, int flags);
int agent_win_poll(struct pollfd *p, unsigned long n, int timeout);
int agent_win_ioctl(int fd, unsigned long request, int *value);
int agent_win_sockatmark(int fd);

/* Sockets work from now on, and standard input has no text mode. */
void agent_win_start(void);

void agent_keep_private(int fd);
int agent_set_nonblocking(int fd, int on);
int agent_is_nonblocking(int fd);

#ifndef AGENT_WINDOWS_OWN
#define socket(family, type, protocol) agent_win_socket(family, type, protocol)
#define close(fd)		       agent_win_close(fd)
#define bind(fd, sa, len)	       agent_win_bind(fd, sa, len)
#define listen(fd, backlog)	       agent_win_listen(fd, backlog)
#define accept(fd, sa, len)	       agent_win_accept(fd, sa, len)
#define connect(fd, sa, len)	       agent_win_connect(fd, sa, len)
#define shutdown(fd, how)	       agent_win_shutdown(fd, how)
#define setsockopt(fd, level, name, value, len) \
	agent_win_setsockopt(fd, level, name, value, len)
#define getsockopt(fd, level, name, value, len) \
	agent_win_getsockopt(fd, level, name, value, len)
#define recv(fd, octets, len, flags) agent_win_recv(fd, octets, len, flags)
#define sendmsg(fd, msg, flags)	     agent_win_sendmsg(fd, msg, flags)
#define poll(p, n, timeout)	     agent_win_poll(p, n, timeout)
#define ioctl(fd, request, value)    agent_win_ioctl(fd, request, value)
#define sockatmark(fd)		     agent_win_sockatmark(fd)
#endif

#endif
