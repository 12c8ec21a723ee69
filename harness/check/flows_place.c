/*
 * Where a hash leads: open addressing, one place behind the other. What rests
 * leaves its place as it is when it goes, as thousands do in a row: others
 * come by, take it or clear it. Knows nothing of what a connection is.
 */
#include <stdlib.h>

#include "check/flows_own.h"

/*
 * One in so many is of a connection when the table is made anew: most lead
 * straight to where they shall. In a large one memory counts for more.
 */
#define LEAST	    1024
#define SPARSE	    8
#define MANY	    (UINT32_C(1) << 20)
#define SPARSE_MANY 2

static void alloc(struct places *p, uint32_t n)
{
	p->place = flows_alloc(n, sizeof(*p->place));
	p->mask = n - 1;
	p->used = 0;
}

void places_init(struct places *p)
{
	alloc(p, LEAST);
}

void places_free(struct places *p)
{
	free(p->place);
	p->place = NULL;
}

/* So many of n are used at most. */
static uint32_t limit(uint32_t n)
{
	return n < MANY ? n / 2 : n / 4 * 3;
}

/* Where one more could be, in a table where nobody is gone. */
static uint32_t find_empty(const struct places *p, uint32_t hash)
{
	uint32_t at = hash & p->mask;

	while (p->place[at].link)
		at = (at + 1) & p->mask;
	return at;
}

static void set(struct flows *t, uint32_t at, uint32_t hash, uint32_t number)
{
	struct places *p = &t->places;

	p->used += !p->place[at].link;
	p->place[at].hash = hash;
	p->place[at].link = number + 1;
	if (!(number & AT_REST))
		row_of(t, number)->place = at;
}

/* For those that are not gone; so large that it is not soon full again. */
static void make_anew(struct flows *t)
{
	struct places old = t->places, *p = &t->places;
	uint32_t n = LEAST;

	while (n / (n < MANY ? SPARSE : SPARSE_MANY) < t->held)
		n *= 2;
	alloc(p, n);
	for (uint32_t at = 0; at <= old.mask; at++) {
		struct place *o = &old.place[at];

		if (o->link && !place_is_gone(t, o->link - 1))
			set(t, find_empty(p, o->hash), o->hash, o->link - 1);
	}
	places_free(&old);
}

void places_add(struct flows *t, uint32_t at, uint32_t hash, uint32_t number)
{
	struct places *p = &t->places;

	if (p->used >= limit(p->mask + 1)) {
		make_anew(t);
		at = find_empty(p, hash);
	}
	set(t, at, hash, number);
}

void places_trim(struct flows *t, uint32_t end)
{
	struct places *p = &t->places;

	for (;;) {
		uint32_t *link = &p->place[--end & p->mask].link;

		if (!*link || !place_is_gone(t, *link - 1))
			return;
		*link = 0;
		p->used--;
	}
}

uint32_t places_find(const struct places *p, uint32_t hash, uint32_t number)
{
	uint32_t at = hash & p->mask;

	while (p->place[at].link != number + 1)
		at = (at + 1) & p->mask;
	return at;
}
