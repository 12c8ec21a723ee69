/*
 * The agent upon lwIP's sockets: its files are compiled once more with this
 * one before them (Makefile), so that the calls by which they make and use
 * sockets are lwIP's. Debian's lwIP takes the system's structures and numbers.
 * A descriptor from LWIP_FD_FIRST up is an lwIP socket, others are the
 * system's.
 */
#ifndef LWIP_LWIP_POSIX_H
#define LWIP_LWIP_POSIX_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define LWIP_FD_FIRST 1000000

int on_lwip_socket(int family, int type, int protocol);
int on_lwip_bind(int fd, const struct sockaddr *addr, socklen_t len);
int on_lwip_listen(int fd, int backlog);
int on_lwip_connect(int fd, const struct sockaddr *addr, socklen_t len);
int on_lwip_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int on_lwip_shutdown(int fd, int how);
int on_lwip_close(int fd);
int on_lwip_setsockopt(int fd, int level, int name, const void *value,
		       socklen_t len);
int on_lwip_getsockopt(int fd, int level, int name, void *value,
		       socklen_t *len);
int on_lwip_fcntl(int fd, int command, int value);
int on_lwip_ioctl(int fd, unsigned long request, void *value);
int on_lwip_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
ssize_t on_lwip_recv(int fd, void *to, size_t len, int flags);
ssize_t on_lwip_sendmsg(int fd, const struct msghdr *msg, int flags);
pid_t on_lwip_fork(void);
void (*on_lwip_signal(int sig, void (*handler)(int)))(int);

/* lwip_posix.c calls the system's. */
#ifndef LWIP_POSIX_OWN
#define socket(family, type, protocol) on_lwip_socket(family, type, protocol)
#define bind(fd, addr, len)	       on_lwip_bind(fd, addr, len)
#define listen(fd, backlog)	       on_lwip_listen(fd, backlog)
#define connect(fd, addr, len)	       on_lwip_connect(fd, addr, len)
#define accept(fd, addr, len)	       on_lwip_accept(fd, addr, len, 0)
#define accept4(fd, addr, len, flags)  on_lwip_accept(fd, addr, len, flags)
#define shutdown(fd, how)	       on_lwip_shutdown(fd, how)
#define close(fd)		       on_lwip_close(fd)
#define setsockopt(fd, level, name, value, len) \
	on_lwip_setsockopt(fd, level, name, value, len)
#define getsockopt(fd, level, name, value, len) \
	on_lwip_getsockopt(fd, level, name, value, len)
#define fcntl(...)			       ON_LWIP_FCNTL(__VA_ARGS__, 0, 0)
#define ON_LWIP_FCNTL(fd, command, value, ...) on_lwip_fcntl(fd, command, value)
#define ioctl(fd, request, value)	       on_lwip_ioctl(fd, request, value)
#define poll(fds, n, timeout_ms)	       on_lwip_poll(fds, n, timeout_ms)
#define recv(fd, to, len, flags)	       on_lwip_recv(fd, to, len, flags)
#define sendmsg(fd, msg, flags)		       on_lwip_sendmsg(fd, msg, flags)
#define fork()				       on_lwip_fork()
#define signal(sig, handler)		       on_lwip_signal(sig, handler)
#endif

#endif
