/*
 * The processors this process may run on: those that taskset(1), a cpuset or
 * the batch system left it. Owner of the affinity calls.
 */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stddef.h>

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

#endif
