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

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *text;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	text = arena_alloc(a, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, again);
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
