/*
 * Memory, or the end of the process: running out of it ends lastack with a
 * message and the exit status of broken, 2, as no caller could go on and no
 * verdict could be trusted. A lane that ends so makes its case broken. What is
 * returned is never NULL and is given back with free().
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdio.h>

/* Says that memory ran out, and exits with status 2. */
void memory_exhausted(void) __attribute__((noreturn));

/* Zeroed room for n objects of that size. */
void *memory_zeroed(size_t n, size_t size);

/* Resizes an array, as realloc does: what is new is not zeroed. */
void *memory_resize(void *old, size_t n, size_t size);

/* Octets that come from memory together, and that one processor writes to. */
#define CACHE_LINE 64

/*
 * Zeroes some hundreds of octets: a compiler that sees how many may choose an
 * instruction (rep stos) that takes longer to begin than that takes.
 */
void memory_clear(void *p, size_t size);

/* A copy of text. */
char *memory_text(const char *text);

/*
 * A stream into a growing text. memory_stream_end closes it; then *text is
 * whole, NUL-terminated, and *len octets long.
 */
FILE *memory_stream(char **text, size_t *len);
void memory_stream_end(FILE *stream);

/*
 * Room, not zeroed, for much that is read at random: on huge pages, once it has
 * been asked for them and where the system has them, as these cost fewer page
 * faults and TLB misses. Until then only what is written takes memory.
 */
#define MEMORY_HUGE ((size_t)2 << 20)

void *memory_aligned(size_t size);
void memory_on_huge_pages(void *p, size_t size);

/* The same, on huge pages and zeroed; it is given back with memory_unmap. */
void *memory_map(size_t size);
void memory_unmap(void *p, size_t size);

#endif
