/*
 * What POSIX has of processes: a second one that holds the same descriptors,
 * a limit of these, an end from outside. Knows no connection.
 */
#include "agent/agent_own.h"

#ifndef _WIN32

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* Descriptors for n connections, as far as this process may have them. */
long agent_raise_limit(size_t n)
{
	rlim_t wanted = (rlim_t)n; /* which has a sign on FreeBSD */
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return -errno;
	if (lim.rlim_cur >= wanted)
		return 0;
	lim.rlim_cur = wanted;
	if (lim.rlim_max < wanted)
		lim.rlim_max = wanted;
	return setrlimit(RLIMIT_NOFILE, &lim) ? -EMFILE : 0;
}

/* The other process ends, and its descriptors with it. */
long agent_child_end(struct agent *a, int sig)
{
	pid_t child = a->child;
	int rc;

	if (!child)
		return -ECHILD;
	a->child = 0;
	rc = sig ? kill(child, sig) : 0;
	close(a->child_pipe);
	return rc || waitpid(child, NULL, 0) < 0 ? -errno : 0;
}

/*
 * One more process that holds what this one does. It goes when it is told to,
 * and with this one: then its end of the pipe says so.
 */
static long agent_fork(struct agent *a)
{
	int ends[2];
	char none;

	if (a->child)
		return -EAGAIN;
	if (pipe(ends))
		return -errno;
	a->child = fork();
	if (a->child == 0) {
		close(ends[1]);
		signal(SIGTERM, SIG_DFL);
		(void)!read(ends[0], &none, 1);
		_exit(0);
	}
	close(ends[0]);
	a->child_pipe = ends[1];
	if (a->child > 0)
		return 0;
	a->child = 0;
	close(ends[1]);
	return -EAGAIN;
}

static long agent_child(struct agent *a)
{
	if (strcmp(a->arg[0], "kill") == 0)
		return agent_child_end(a, SIGKILL);
	return strcmp(a->arg[0], "exit") == 0 ? agent_child_end(a, 0) : -EINVAL;
}

static long agent_kill(struct agent *a)
{
	(void)a;
	return raise(SIGKILL) ? -errno : 0;
}

const struct agent_command agent_fork_commands[] = {
	{ "fork", 0, 0, .whole = agent_fork },
	{ "child", 1, 1, .whole = agent_child },
	{ "kill", 0, 0, .whole = agent_kill },
	{ .name = NULL },
};

#endif
