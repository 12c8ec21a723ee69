/*
 * Connections at rest: most that have ended, packed, in the order in which
 * they were laid down. Knows nothing of what becomes of those that are over.
 */
#include <stdlib.h>
#include <string.h>

#include "check/flows_own.h"

#define CHUNK_RESTS (UINT32_C(1) << 13)
#define CHUNKS	    (AT_REST / CHUNK_RESTS)

/* Those woken leave gaps: no more than so many. */
#define GONE_MAX 65536

#define ALIGN	  _Alignof(struct resting)
#define ENDS6_LEN (2 * sizeof(struct seg_end))
#define REST6_LEN \
	(sizeof(struct resting) + (ENDS6_LEN + ALIGN - 1) / ALIGN * ALIGN)

_Static_assert(sizeof(struct resting) <= 2 * CACHE_LINE, "half of a row");

void rests_init(struct rests *r, bool six)
{
	memset(r, 0, sizeof(*r));
	r->six = six;
	r->len = six ? REST6_LEN : sizeof(struct resting);
	r->chunk = flows_alloc(CHUNKS, sizeof(*r->chunk));
}

static uint8_t **chunk_of(const struct rests *r, uint32_t at)
{
	return &r->chunk[at / CHUNK_RESTS % CHUNKS];
}

void rests_free(struct rests *r)
{
	uint32_t end = r->tail + CHUNK_RESTS;

	for (uint32_t at = r->head; at / CHUNK_RESTS != end / CHUNK_RESTS;
	     at += CHUNK_RESTS)
		free(*chunk_of(r, at));
	free(r->spare);
	free(r->chunk);
}

static struct resting *slot(const struct rests *r, uint32_t at)
{
	return (struct resting *)(void *)(*chunk_of(r, at) +
					  at % CHUNK_RESTS * r->len);
}

/* Room behind the last one, for one that may not come. */
static struct resting *room(struct rests *r)
{
	uint8_t **chunk = chunk_of(r, r->tail);

	if (!*chunk) {
		*chunk = r->spare ? r->spare : flows_alloc(CHUNK_RESTS, r->len);
		r->spare = NULL;
	}
	return slot(r, r->tail);
}

/* The first one is gone: a chunk it was the last of is kept for later. */
static void step(struct rests *r)
{
	uint8_t **chunk = chunk_of(r, r->head);

	r->gone--;
	if (++r->head % CHUNK_RESTS)
		return;
	free(r->spare);
	r->spare = *chunk;
	*chunk = NULL;
}

struct resting *rests_first(struct rests *r)
{
	for (; r->head != r->tail; step(r))
		if (slot(r, r->head)->segments)
			return slot(r, r->head);
	return NULL;
}

uint32_t rests_number(const struct rests *r, uint32_t at)
{
	return at % AT_REST | AT_REST | (r->six ? IN_POOL6 : 0);
}

struct resting *rests_at(const struct flows *t, uint32_t number)
{
	const struct rests *r = &t->rests[pool_of(number)];

	return slot(r, r->head + (number - r->head) % AT_REST);
}

/* What is not the judge's. */
static void lay(struct resting *rest, const struct row *row, uint32_t hash)
{
	rest->name[SIDE_A] = row->name[SIDE_A];
	rest->name[SIDE_B] = row->name[SIDE_B];
	rest->first_frame = row->first_frame;
	rest->frames = (uint32_t)(row->last_frame - row->first_frame);
	rest->segments = row->segments;
	rest->id = row->id;
	rest->hash = hash;
	if (row->number & IN_POOL6)
		memcpy(rest->ends6, row->ends6, 2 * sizeof(*row->ends6));
}

bool rests_add(struct flows *t, struct row *row)
{
	struct rests *r = &t->rests[pool_of(row->number)];
	struct place *place = place_of(t, row);
	struct resting *rest = room(r);

	if (row->note || row->last_frame - row->first_frame > UINT32_MAX ||
	    r->gone >= GONE_MAX || !judge_pack(&row->judge, &rest->judge))
		return false;
	lay(rest, row, place->hash);
	place->link = rests_number(r, r->tail++) + 1;
	return true;
}

/* The row as it was. */
static void fill(struct row *row, const struct resting *rest)
{
	row->name[SIDE_A] = rest->name[SIDE_A];
	row->name[SIDE_B] = rest->name[SIDE_B];
	row->first_frame = rest->first_frame;
	row->last_frame = rest->first_frame + rest->frames;
	row->segments = rest->segments;
	row->id = rest->id;
	row->note = 0;
	judge_unpack(&rest->judge, &row->judge);
	if (row->number & IN_POOL6)
		memcpy(row->ends6, rest->ends6, 2 * sizeof(*row->ends6));
}

struct row *rests_wake(struct flows *t, uint32_t place)
{
	uint32_t number = t->places.place[place].link - 1;
	struct rests *r = &t->rests[pool_of(number)];
	struct resting *rest = rests_at(t, number);
	struct row *row = flows_take(t, r->six);

	fill(row, rest);
	row->place = place;
	place_of(t, row)->link = row->number + 1;
	rest->segments = 0;
	r->gone++;
	return row;
}

/* In a capture whose time goes back the first one would keep all waiting. */
static void wake_first(struct flows *t, struct rests *r)
{
	uint32_t number = rests_number(r, r->head);
	uint32_t hash = slot(r, r->head)->hash;

	wait_add(t, rests_wake(t, places_find(&t->places, hash, number)));
}

struct resting *rests_over(struct flows *t, struct rests *r, int64_t now_ns)
{
	struct resting *first = rests_first(r);

	if (!first)
		return NULL;
	if (judge_packed_is_over(&first->judge, now_ns))
		return first;
	if (first->judge.last_ns > now_ns)
		wake_first(t, r);
	return NULL;
}

void rests_drop(struct rests *r)
{
	r->gone++;
	step(r);
}
