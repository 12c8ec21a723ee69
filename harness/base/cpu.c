/*
 * Processors: which are allowed, going to one, and who has waited for one.
 * Knows nothing of why a process should stay where it is.
 */
#include "base/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A cpu_set_t has room for 1024: too few for the largest machines. */
#define SETS (CPU_MOST / CPU_SETSIZE)

size_t cpu_allowed(int *cpu, size_t max)
{
	cpu_set_t set[SETS];
	size_t n = 0, i;

	CPU_ZERO_S(sizeof(set), set);
	if (sched_getaffinity(0, sizeof(set), set))
		return 0;
	for (i = 0; i < CPU_MOST; i++) {
		if (!CPU_ISSET_S(i, sizeof(set), set))
			continue;
		if (n < max)
			cpu[n] = (int)i;
		n++;
	}
	return n;
}

int cpu_pin(int cpu)
{
	cpu_set_t set[SETS];

	if (cpu < 0 || cpu >= CPU_MOST) {
		errno = EINVAL;
		return -1;
	}
	CPU_ZERO_S(sizeof(set), set);
	CPU_SET_S((size_t)cpu, sizeof(set), set);
	return sched_setaffinity(0, sizeof(set), set);
}

struct cpu_given cpu_given(pid_t pid)
{
	char path[32] = "/proc/thread-self/schedstat", text[64];
	struct cpu_given given = { 0, 0 };
	ssize_t n = -1;
	char *rest;
	int fd;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return given;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	given.ran_ns = strtoll(text, &rest, 10);
	given.queued_ns = strtoll(rest, NULL, 10);
	return given;
}
