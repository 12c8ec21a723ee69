/*
 * The table's memory: rows in chunks, and findings. Knows nothing of
 * what a connection is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/flows_own.h"

#define CHUNK_ROWS  (1u << CHUNK_BITS)
#define CHUNKS_MAX  (1u << (31 - CHUNK_BITS))
#define NOTES_LEAST 64

static void out_of_memory(void)
{
	fputs("lastack: out of memory\n", stderr);
	exit(2);
}

void *flows_alloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		out_of_memory();
	return p;
}

void pool_init(struct pool *p, size_t row_len)
{
	memset(p, 0, sizeof(*p));
	p->row_len = (row_len + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	p->chunk = flows_alloc(CHUNKS_MAX, sizeof(*p->chunk));
}

void pool_free(struct pool *p)
{
	for (size_t i = 0; i < CHUNKS_MAX && p->chunk[i]; i++)
		free(p->chunk[i]);
	free(p->chunk);
}

static uint32_t take_new(struct pool *p)
{
	uint8_t **chunk = &p->chunk[p->n >> CHUNK_BITS];

	if (!*chunk)
		*chunk = aligned_alloc(CACHE_LINE, CHUNK_ROWS * p->row_len);
	if (!*chunk)
		out_of_memory();
	return p->n++;
}

uint32_t pool_take(struct pool *p)
{
	uint32_t at = p->free ? p->free - 1 : take_new(p);
	struct row *row = pool_row(p, at);

	if (p->free)
		p->free = row->id;
	if (p->free)
		row_fetch(pool_row(p, p->free - 1)); /* for the next time */
	memset(row, 0, sizeof(*row));
	return at;
}

void pool_give(struct pool *p, uint32_t at)
{
	struct row *row = pool_row(p, at);

	row->segments = 0;
	row->id = p->free;
	p->free = at + 1;
}

static uint32_t take_note(struct notes *n)
{
	uint32_t at = n->free;

	if (at) {
		n->free = n->note[at - 1].next;
		return at;
	}
	if (n->n == n->cap) {
		n->cap = n->cap ? n->cap * 2 : NOTES_LEAST;
		n->note = realloc(n->note, n->cap * sizeof(*n->note));
		if (!n->note)
			out_of_memory();
	}
	return ++n->n;
}

void notes_add(struct notes *n, uint32_t *first,
	       const struct judge_finding *found)
{
	uint32_t at, last = 0, len = 0;

	for (at = *first; at; at = n->note[at - 1].next, len++)
		last = at;
	if (len >= FLOWS_FOUND_MAX)
		return;
	at = take_note(n);
	*(last ? &n->note[last - 1].next : first) = at;
	n->note[at - 1].found = *found;
	n->note[at - 1].next = 0;
	n->held++;
}

void notes_drop(struct notes *n, uint32_t first)
{
	while (first) {
		uint32_t next = n->note[first - 1].next;

		n->note[first - 1].next = n->free;
		n->free = first;
		n->held--;
		first = next;
	}
}
