/*
 * Processors: which are allowed, and going to one. Knows nothing of why a
 * process should stay where it is.
 */
#include "base/cpu.h"

#include <errno.h>
#include <sched.h>

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
