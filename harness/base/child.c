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
	if (plan->leads && setpgid(0, 0))
		give_up(fd, "lead a process group");
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

/* Of each pipe the one end is the child's: it reads from in, writes to out. */
static void __attribute__((noreturn))
become(const struct child_plan *plan, pid_t parent, int in, int out)
{
	int keep[CHILD_KEEP_MAX] = { in, out, STDERR_FILENO };
	sigset_t none;

	if (plan->error)
		keep[STDERR_FILENO] = *plan->error;

	for (int i = 0; i < plan->n_more; i++)
		keep[3 + i] = plan->more[i];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	apply_plan(plan, parent, out);
	if (child_keep_only(keep, 3 + plan->n_more))
		_exit(127);
	execv(plan->path, plan->argv);
	give_up(STDOUT_FILENO, "run it");
}

static void close_both(const int pipe[2])
{
	close(pipe[0]);
	close(pipe[1]);
}

/*
 * Pipes, and no socketpair: one who sleeps reading from a socket is woken when
 * what he wrote to it is read, too.
 */
static int open_pipes(int in[2], int out[2], struct fault *f)
{
	bool first = pipe2(in, O_CLOEXEC) == 0;

	if (first && pipe2(out, O_CLOEXEC) == 0)
		return 0;
	fault_errno(f, "cannot make a pipe");
	if (first)
		close_both(in);
	return -1;
}

void child_set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int child_start(const struct child_plan *plan, struct child *c, struct fault *f)
{
	pid_t parent = getpid();
	int in[2], out[2];

	*c = CHILD_NONE;
	if (open_pipes(in, out, f) < 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	c->pid = fork();
	if (c->pid == 0)
		become(plan, parent, in[0], out[1]);
	if (c->pid < 0) {
		fault_errno(f, "cannot fork");
		close_both(in);
		close_both(out);
		c->pid = 0;
		return -1;
	}
	close(in[0]);
	close(out[1]);
	c->to = in[1];
	c->from = out[0];
	child_set_nonblocking(c->from);
	return 0;
}

struct cpu_given child_given(const struct child *c)
{
	return c->pid > 0 ? cpu_given(c->pid) : c->given;
}

/* What it was given can be read from when it has ended until it is reaped. */
static void reap(struct child *c)
{
	struct child last = CHILD_NONE;
	siginfo_t info;

	while (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOWAIT) < 0 &&
	       errno == EINTR)
		;
	last.given = cpu_given(c->pid);
	while (waitpid(c->pid, &last.status, 0) < 0 && errno == EINTR)
		;
	close(c->to);
	close(c->from);
	*c = last;
}

void child_stop(struct child *c)
{
	if (c->pid <= 0)
		return;
	kill(c->pid, SIGKILL);
	reap(c);
}

void child_stop_group(struct child *c)
{
	if (c->pid > 0)
		kill(-c->pid, SIGKILL);
	child_stop(c);
}

bool child_tell(const struct child *c, const void *text, size_t len)
{
	return write(c->to, text, len) == (ssize_t)len;
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

	/* An agent on our processor has mostly answered before we go on. */
	while (!memchr(buf, '\n', *len)) {
		if (*len == size)
			return CHILD_END;
		n = read(fd, buf + *len, size - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return CHILD_END;
		else if (!child_wait_readable(fd, deadline_ns))
			return CHILD_LATE;
	}
	return CHILD_LINE;
}

bool child_wait_ended(const struct child *c, int64_t deadline_ns)
{
	int pidfd;
	bool ended;

	if (c->pid <= 0)
		return true;
	pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0U);
	/* Without pidfds: its end of the pipe hangs up on its way out. */
	ended = pidfd >= 0 ? wait_for(pidfd, POLLIN, deadline_ns)
			   : wait_for(c->from, 0, deadline_ns);
	if (pidfd >= 0)
		close(pidfd);
	return ended;
}

bool child_wait_gone(struct child *c, int64_t deadline_ns)
{
	if (!child_wait_ended(c, deadline_ns))
		return false;
	if (c->pid > 0)
		reap(c);
	return true;
}
