/*
 * Memory that is there or ends the process: no caller could go on, and a
 * verdict without it could not be trusted. The exit status is that of broken.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Says that memory ran out, and exits with status 2. */
void memory_exhausted(void) __attribute__((noreturn));

/* realloc() that does not fail; the caller frees. */
void *memory_resize(void *old, size_t size);

/* Zeroed room for n objects of that size. */
void *memory_zeroed(size_t n, size_t size);

/*
 * Room, not zeroed, for much that is read at random: on huge pages where the
 * system has them, as these cost fewer page faults and TLB misses.
 */
#define MEMORY_HUGE ((size_t)2 << 20)

void *memory_huge(size_t size);

#endif
