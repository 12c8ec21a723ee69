/*
 * What FreeBSD, NetBSD and OpenBSD declare of what the agent uses, for a
 * compiler to hold the agent against where none of them is at hand. Written from
 * their manual pages, which are named; a test has every system header include
 * this. Nothing built with it runs: numbers are any, but differ in a group.
 */
#ifndef DECLARED_H
#define DECLARED_H

/* C11 7.10, 7.16, 7.18 to 7.20, as the compiler has them */
#define INT_MAX	    __INT_MAX__
#define LONG_MIN    (-__LONG_MAX__ - 1L)
#define SIZE_MAX    __SIZE_MAX__
#define INT64_MAX   __INT64_MAX__
#define INT64_C(n)  n##L
#define UINT32_C(n) n##U
#define bool _Bool
#define true 1
#define false 0
#define NULL	 ((void *)0)
#define offsetof __builtin_offsetof
typedef __SIZE_TYPE__ size_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;

/* types(5), and the pages below */
typedef long ssize_t, time_t;
typedef int pid_t;
typedef unsigned int socklen_t, nfds_t, sigset_t;
typedef unsigned short in_port_t, sa_family_t;
#ifdef __FreeBSD__
typedef long rlim_t; /* getrlimit(2) */
#else
typedef unsigned long rlim_t;
#endif

/* errno(2): intro(2) */
extern int *declared_errno(void);
#define errno (*declared_errno())
enum {
	EACCES = 1,
	EADDRINUSE,
	EADDRNOTAVAIL,
	EAFNOSUPPORT,
	EAGAIN,
	EALREADY,
	EBADF,
	EBADMSG,
	EBUSY,
	ECHILD,
	ECONNABORTED,
	ECONNREFUSED,
	ECONNRESET,
	EDESTADDRREQ,
	EEXIST,
	EFAULT,
	EHOSTDOWN,
	EHOSTUNREACH,
	EINPROGRESS,
	EINTR,
	EINVAL,
	EIO,
	EISCONN,
	EMFILE,
	EMSGSIZE,
	ENETDOWN,
	ENETRESET,
	ENETUNREACH,
	ENFILE,
	ENOBUFS,
	ENODEV,
	ENOENT,
	ENOMEM,
	ENOPROTOOPT,
	ENOSPC,
	ENOSYS,
	ENOTCONN,
	ENOTSOCK,
	EOPNOTSUPP,
	EPERM,
	EPIPE,
	EPROTO,
	EPROTONOSUPPORT,
	EPROTOTYPE,
	ERANGE,
	ESRCH,
	ETIMEDOUT,
	EDOM,
	ENXIO,
	ESPIPE,
	EOVERFLOW,
	ECANCELED,
	EWOULDBLOCK = EAGAIN
};

/* stdio(3), string(3), stdlib(3) */
typedef struct declared_file FILE;
extern FILE *stderr;
int printf(const char *, ...) __attribute__((format(printf, 1, 2)));
int snprintf(char *, size_t, const char *, ...)
	__attribute__((format(printf, 3, 4)));
int fputs(const char *, FILE *);
void *memchr(const void *, int, size_t), *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t), *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
char *strcpy(char *, const char *), *strdup(const char *);
char *strtok_r(char *, const char *, char **);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
size_t strlen(const char *), strspn(const char *, const char *);
long strtol(const char *, char **, int);
void *calloc(size_t, size_t), *realloc(void *, size_t);
void *reallocarray(void *, size_t, size_t);
void free(void *);
void exit(int) __attribute__((noreturn));

/* sigaction(2), signal(3), kill(2), wait(2), getrlimit(2), fork(2) */
typedef int sig_atomic_t;
enum {
	SIGINT = 1,
	SIGKILL,
	SIGPIPE,
	SIGTERM,
	SIGUSR1
};
#define SIGPIPE SIGPIPE
#define SIG_IGN ((void (*)(int))1)
#define SIG_DFL ((void (*)(int))0)
struct sigaction {
	void (*sa_handler)(int);
	sigset_t sa_mask;
	int sa_flags;
};
void (*signal(int, void (*)(int)))(int);
int sigaction(int, const struct sigaction *, struct sigaction *);
int kill(pid_t, int), raise(int);
pid_t waitpid(pid_t, int *, int), fork(void);
#define RLIMIT_NOFILE 8
struct rlimit {
	rlim_t rlim_cur, rlim_max;
};
int getrlimit(int, struct rlimit *), setrlimit(int, const struct rlimit *);

/* read(2), write(2), close(2), dup(2), pipe(2), fcntl(2), ioctl(2), poll(2) */
ssize_t read(int, void *, size_t), write(int, const void *, size_t);
int close(int), dup(int), pipe(int *);
void _exit(int) __attribute__((noreturn));
enum {
	STDIN_FILENO,
	STDOUT_FILENO
};
enum {
	F_GETFD = 1,
	F_DUPFD_CLOEXEC,
	F_SETFD,
	F_GETFL,
	F_SETFL
};
enum {
	FD_CLOEXEC = 1,
	O_RDONLY = 0,
	O_CLOEXEC = 0x100000,
	O_NONBLOCK = 4
};
int fcntl(int, int, ...), ioctl(int, unsigned long, ...);
#define FIONREAD 1UL /* ioctl(2), tty(4) */
#if defined(__FreeBSD__) || defined(__NetBSD__)
#define FIONWRITE 2UL
#endif
struct pollfd {
	int fd;
	short events, revents;
};
enum {
	POLLIN = 1,
	POLLPRI = 2,
	POLLOUT = 4,
	POLLERR = 8,
	POLLHUP = 16,
	POLLNVAL = 32
};
#ifdef __FreeBSD__
#define POLLRDHUP 0x4000
#endif
int poll(struct pollfd *, nfds_t, int);
struct timeval {
	time_t tv_sec;
	long tv_usec;
};
struct timespec {
	time_t tv_sec;
	long tv_nsec;
};
int nanosleep(const struct timespec *, struct timespec *);
int clock_gettime(int, struct timespec *);
#define CLOCK_MONOTONIC 4
/* select(2) */
#define FD_SETSIZE 256
typedef struct {
	unsigned int bits[FD_SETSIZE / 32];
} fd_set;
#define FD_ZERO(s)     memset((s), 0, sizeof(*(s)))
#define FD_SET(n, s)   ((s)->bits[(n) / 32] |= 1u << (n) % 32)
#define FD_ISSET(n, s) ((s)->bits[(n) / 32] >> (n) % 32 & 1u)
int select(int, fd_set *, fd_set *, fd_set *, struct timeval *);

/* socket(2), bind(2), ..., getsockopt(2), ip(4), ip6(4), inet(4) */
struct sockaddr {
	unsigned char sa_len;
	unsigned char sa_family;
	char sa_data[14];
};
struct in_addr {
	uint32_t s_addr;
};
struct in6_addr {
	uint8_t s6_addr[16];
};
struct sockaddr_in {
	uint8_t sin_len, sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	char sin_zero[8];
};
struct sockaddr_in6 {
	uint8_t sin6_len, sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};
struct sockaddr_storage {
	unsigned char ss_len, ss_family;
	char ss_pad[126];
};
struct linger {
	int l_onoff, l_linger;
};
struct iovec {
	void *iov_base;
	size_t iov_len;
};
struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};
enum {
	AF_UNSPEC = 0,
	AF_INET = 2,
	AF_INET6 = 28,
	SOCK_STREAM = 1
};
enum {
	SHUT_RD,
	SHUT_WR,
	SHUT_RDWR,
	SOL_SOCKET = 0xffff
};
enum {
	SO_ERROR = 1,
	SO_KEEPALIVE,
	SO_LINGER,
	SO_OOBINLINE,
	SO_RCVBUF,
	SO_REUSEADDR,
	SO_SNDBUF
};
#if defined(__FreeBSD__) || defined(__NetBSD__)
#define SO_NOSIGPIPE 0x800
#endif
enum {
	MSG_DONTWAIT = 1,
	MSG_OOB = 2,
	MSG_PEEK = 4,
	MSG_WAITALL = 8
};
#define MSG_NOSIGNAL 0x20000
enum {
	IPPROTO_IP,
	IPPROTO_TCP = 6
};
int socket(int, int, int), bind(int, const struct sockaddr *, socklen_t);
int listen(int, int), connect(int, const struct sockaddr *, socklen_t);
int accept(int, struct sockaddr *, socklen_t *), shutdown(int, int);
int getsockopt(int, int, int, void *, socklen_t *);
int setsockopt(int, int, int, const void *, socklen_t);
int sockatmark(int);
ssize_t send(int, const void *, size_t, int), recv(int, void *, size_t, int);
ssize_t sendmsg(int, const struct msghdr *, int);
uint16_t htons(uint16_t), ntohs(uint16_t);
int inet_pton(int, const char *, void *);

/* tcp(4) */
#define TCP_NODELAY 1
#if defined(__FreeBSD__) || defined(__NetBSD__)
#define TCP_KEEPIDLE  3
#define TCP_KEEPINTVL 4
#define TCP_KEEPCNT   5
#endif
#if defined(__FreeBSD__) || defined(__OpenBSD__)
#define TCP_NOPUSH 16
#endif

#endif
