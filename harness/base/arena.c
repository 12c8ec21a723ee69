/* The arena. Knows nothing of what is kept in it. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CHUNK_SIZE ((size_t)16384)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

static size_t round_up(size_t size)
{
	size_t unit = alignof(max_align_t);

	return (size + unit - 1) / unit * unit;
}

static struct arena_chunk *chunk_new(struct arena_chunk *next, size_t size)
{
	struct arena_chunk *c;

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	c = memory_zeroed(1, sizeof(*c) + size);
	c->next = next;
	c->size = size;
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->head;
	void *p;

	size = round_up(size ? size : 1);
	if (!c || c->size - c->used < size)
		c = a->head = chunk_new(a->head, size);
	p = c->bytes + c->used;
	c->used += size;
	return p;
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, text, len);
	return copy;
}

/*
 * Prints where the arena goes on, when it fits there: most times it does, and
 * formatting it once is enough. Returns how long it is; *text is then NULL when
 * it did not fit, and the arena as it was.
 */
static size_t print_in_place(struct arena *a, char **text, const char *fmt,
			     va_list ap)
{
	struct arena_chunk *c = a->head;
	size_t room = c ? c->size - c->used : 0;
	char *at = c ? (char *)c->bytes + c->used : NULL;
	size_t len = (size_t)vsnprintf(at, room, fmt, ap);

	*text = NULL;
	if (c && round_up(len + 1) <= room) {
		c->used += round_up(len + 1);
		*text = at;
	} else if (room) {
		memset(at, 0, room); /* it is promised to be zero */
	}
	return len;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	size_t len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = print_in_place(a, &text, fmt, ap);
	va_end(ap);
	if (!text) {
		text = arena_alloc(a, len + 1);
		vsnprintf(text, len + 1, fmt, again);
	}
	va_end(again);
	return text;
}

/* True when n elements fill an array that grows 8, 16, 32, ... */
static int is_full(size_t n)
{
	return n == 0 || (n >= 8 && (n & (n - 1)) == 0);
}

void *arena_push(struct arena *a, void *array, size_t *n, size_t size)
{
	unsigned char *old, *now;

	memcpy(&old, array, sizeof(old));
	now = old;
	if (is_full(*n)) {
		now = arena_alloc(a, (*n ? *n * 2 : 8) * size);
		if (*n)
			memcpy(now, old, *n * size);
		memcpy(array, &now, sizeof(now));
	}
	return now + (*n)++ * size;
}

void arena_free(struct arena *a)
{
	while (a->head) {
		struct arena_chunk *c = a->head;

		a->head = c->next;
		free(c);
	}
}
