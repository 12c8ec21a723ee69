/*
 * The processors this process may run on: those that taskset(1), a cpuset or
 * the batch system left it; and what a process was given of them. Owner of the
 * affinity calls and of /proc/PID/schedstat.
 */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As many as any kernel may have. */
#define CPU_MOST 8192

/*
 * Puts the numbers of the allowed processors into cpu, which has room for
 * max, in ascending order (cpu may be NULL when max is 0). Returns how many
 * there are, perhaps more than max; 0 when the kernel does not say.
 */
size_t cpu_allowed(int *cpu, size_t max);

/* Pins the calling process there. Returns 0, or -1 with errno. */
int cpu_pin(int cpu);

/* In all, as the kernel counts it. */
struct cpu_given {
	int64_t ran_ns;
	/*
	 * It was ready, and had no processor: known when it has been given
	 * one. What waits still is not in it.
	 */
	int64_t queued_ns;
};

/*
 * What the first thread of that process was given, one that has ended and is
 * not yet reaped too; 0: the calling thread. Zeros where nobody counts.
 */
struct cpu_given cpu_given(pid_t pid);

#endif
