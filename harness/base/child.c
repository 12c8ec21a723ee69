/*
 * Starting and ending a child process. Knows processes and descriptors, not
 * what the child says.
 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"

/* Says why there will be no program, as the first line, and ends. */
static void __attribute__((noreturn)) give_up(int fd, const char *what)
{
	dprintf(fd, "cannot %s: %s\n", what, strerror(errno));
	_exit(127);
}

static void apply_plan(const struct child_plan *plan, pid_t parent, int fd)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		give_up(fd, "set the parent-death signal");
	if (getppid() != parent)
		_exit(127);
	if (plan->netns >= 0 && setns(plan->netns, CLONE_NEWNET))
		give_up(fd, "enter the network namespace");
	if (plan->cpu >= 0 && cpu_pin(plan->cpu))
		give_up(fd, "pin to its processor");
}

/* Closes every descriptor from first on. */
static void close_from(unsigned int first)
{
	struct rlimit most = { .rlim_cur = 1024 };
	rlim_t fd;

	if (syscall(SYS_close_range, first, ~0U, 0U) == 0)
		return;
	/* Linux before 5.9: one by one, as many as there may be. */
	getrlimit(RLIMIT_NOFILE, &most);
	for (fd = first; fd < most.rlim_cur && fd <= INT_MAX; fd++)
		close((int)fd);
}

int child_keep_only(const int *keep, int n)
{
	int high[CHILD_KEEP_MAX], i;

	/* Out of the way first, so that no dup2 takes one still needed. */
	for (i = 0; i < n; i++) {
		high[i] = keep[i] < 0 ? -1 : fcntl(keep[i], F_DUPFD, n);
		if (keep[i] >= 0 && high[i] < 0)
			return -1;
	}
	for (i = 0; i < n; i++) {
		if (high[i] < 0)
			close(i);
		else if (dup2(high[i], i) < 0)
			return -1;
	}
	close_from((unsigned int)n);
	return 0;
}

static void __attribute__((noreturn))
become(const struct child_plan *plan, pid_t parent, int fd)
{
	const int keep[] = { fd, fd, STDERR_FILENO };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	apply_plan(plan, parent, fd);
	if (child_keep_only(keep, 3))
		_exit(127);
	execv(plan->path, plan->argv);
	give_up(STDOUT_FILENO, "run it");
}

int child_start(const struct child_plan *plan, pid_t *pid, int *fd,
		struct fault *f)
{
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fault_errno(f, "cannot make a socketpair");
	*pid = fork();
	if (*pid == 0)
		become(plan, parent, pair[1]);
	close(pair[1]);
	*fd = pair[0];
	if (*pid > 0)
		return 0;
	fault_errno(f, "cannot fork");
	close(pair[0]);
	*pid = 0;
	*fd = -1;
	return -1;
}

static void reap(pid_t *pid, int *fd)
{
	while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(*fd);
	*pid = 0;
	*fd = -1;
}

void child_stop(pid_t *pid, int *fd)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	reap(pid, fd);
}

static bool wait_for(int fd, short events, int64_t deadline_ns)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, clock_poll_ms(deadline_ns));
	while (n < 0 && errno == EINTR);
	return n > 0;
}

bool child_wait_readable(int fd, int64_t deadline_ns)
{
	return wait_for(fd, POLLIN, deadline_ns);
}

bool child_wait_hung_up(int fd, int64_t deadline_ns)
{
	return wait_for(fd, 0, deadline_ns);
}

enum child_heard child_hear(int fd, char *buf, size_t size, size_t *len,
			    int64_t deadline_ns)
{
	ssize_t n;

	while (!memchr(buf, '\n', *len)) {
		if (*len == size)
			return CHILD_END;
		n = recv(fd, buf + *len, size - *len, MSG_DONTWAIT);
		if (n > 0)
			*len += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return CHILD_END;
		else if (!child_wait_readable(fd, deadline_ns))
			return CHILD_LATE;
	}
	return CHILD_LINE;
}

bool child_wait_gone(pid_t *pid, int *fd, int64_t deadline_ns)
{
	int pidfd;
	bool gone;

	if (*pid <= 0)
		return true;
	pidfd = (int)syscall(SYS_pidfd_open, *pid, 0U);
	/* Without pidfds: its end of the pair hangs up on its way out. */
	gone = pidfd >= 0 ? wait_for(pidfd, POLLIN, deadline_ns)
			  : wait_for(*fd, 0, deadline_ns);
	if (pidfd >= 0)
		close(pidfd);
	if (gone)
		reap(pid, fd);
	return gone;
}
