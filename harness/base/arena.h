/*
 * An arena: memory that is given back all at once. A script and a tape own
 * one each; nothing in them is freed on its own. Running out of memory ends
 * the process with a message: no caller could go on.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *head;
};

/* Zeroed memory, aligned for any type, valid until arena_free. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of the first len bytes of text, NUL-terminated. */
char *arena_strndup(struct arena *a, const char *text, size_t len);

/* A formatted string. */
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Room for one more in an array of *n elements of the given size, doubling as
 * needed (the old array stays in the arena). Returns the new element, zeroed;
 * *array is updated and *n is incremented.
 */
void *arena_push(struct arena *a, void *array, size_t *n, size_t size);

/* Gives everything back; the arena is empty and usable again. */
void arena_free(struct arena *a);

#endif
