/*
 * What the files of the table share: its rows, the pools they live in, and
 * the places a hash leads to. Private to model/flows*.c.
 */
#ifndef MODEL_FLOWS_OWN_H
#define MODEL_FLOWS_OWN_H

#include <sys/socket.h>

#include "model/flows.h"

#define CACHE_LINE 64

/*
 * An end's name is one number: of IPv4 its address and port, of IPv6 a hash
 * of them, with this bit, that only ends6 can confirm.
 */
#define NAME6 (UINT64_C(1) << 63)

struct row {
	uint64_t name[2]; /* A's and B's */
	uint64_t last_frame;
	uint32_t segments; /* 0: the row is free */
	uint32_t number;   /* its own: see below */
	struct judge judge;
	uint64_t first_frame;
	uint32_t id;	 /* of a free row: the next free one, counted from 1 */
	uint32_t note;	 /* the first finding, counted from 1, or 0 */
	uint32_t before; /* its neighbours in the list of those that have */
	uint32_t behind; /* ended, their numbers + 1 */
	uint32_t hash;	 /* of the names */
	bool waits;	 /* it is in that list */
	struct seg_end ends6[]; /* IPv6 only */
};

/*
 * Rows of one family, in chunks that never move. Most captures are IPv4 only,
 * and those rows are smaller.
 */
struct pool {
	size_t row_len; /* whole cache lines */
	uint8_t **chunk;
	uint32_t n;    /* rows ever used */
	uint32_t free; /* the first free one, counted from 1, or 0 */
};

#define CHUNK_BITS 13

static inline struct row *pool_row(const struct pool *p, uint32_t at)
{
	return (struct row *)(void *)(p->chunk[at >> CHUNK_BITS] +
				      (at & ((1u << CHUNK_BITS) - 1)) *
					      p->row_len);
}

/* Asks for the row's memory. */
static inline void row_fetch(const struct row *row)
{
	const char *at = (const char *)row;

	for (size_t i = 0; i < sizeof(*row); i += CACHE_LINE)
		__builtin_prefetch(at + i, 1);
}

void pool_init(struct pool *p, size_t row_len);
void pool_free(struct pool *p);

/* A zeroed row. */
uint32_t pool_take(struct pool *p);
void pool_give(struct pool *p, uint32_t at);

/* A row's number in the table: its place in its pool, and which pool. */
#define IN_POOL6 UINT32_C(0x80000000)

/* Open addressing: a hash leads to its place or one soon behind. */
struct place {
	uint32_t hash;
	uint32_t row; /* its number + 1; 0: empty */
};

struct places {
	struct place *place;
	uint32_t mask;
	uint32_t n;
};

void places_init(struct places *p);
void places_add(struct places *p, uint32_t hash, uint32_t row);
void places_remove(struct places *p, uint32_t hash, uint32_t row);

/* Findings until their connection is let go: a list per row. */
struct note {
	struct judge_finding found;
	uint32_t next;
};

struct notes {
	struct note *note;
	uint32_t n;
	uint32_t cap;
	uint32_t free;
	uint32_t held;
};

/* Held at once, all together: 60 MB. */
#define NOTES_MAX 250000

/* Behind the last of the list that begins at *first, unless that is full. */
void notes_add(struct notes *n, uint32_t *first,
	       const struct judge_finding *found);
void notes_drop(struct notes *n, uint32_t first);

/*
 * The row a hash led to last, whatever it is now: most segments are of few
 * connections, and these stay in the processor's cache.
 */
#define RECENT_MANY 16384

struct flows {
	struct flows_plan plan;
	struct pool pool[2]; /* IPv4, IPv6 */
	struct places places;
	struct row *recent[RECENT_MANY];
	struct row *none; /* where nothing has led yet */
	struct notes notes;
	uint32_t last_id;
	uint32_t first; /* of those that have ended, number + 1, or 0 */
	uint32_t last;
	uint32_t ahead;	   /* one behind the first: its memory was asked for */
	uint32_t ahead_by; /* so far behind, or farther */
	uint32_t since;	   /* segments since the list was looked at */
	bool moved;	   /* rows that leads are to may be of others now */
	uint32_t evict_hand;
	uint64_t evicted;
	struct judge_ear ear; /* note_found's */
	struct row *judged;   /* the row whose findings are heard */
	bool full;	      /* there is no room for more findings */
};

static inline struct row *row_of(const struct flows *t, uint32_t number)
{
	return pool_row(&t->pool[!!(number & IN_POOL6)], number & ~IN_POOL6);
}

static inline int row_family(const struct row *row)
{
	return row->number & IN_POOL6 ? AF_INET6 : AF_INET;
}

/* flows_wait.c: those that have ended, in the order of their last segments. */

/* After a segment of it: it belongs into the list, at its end, or not in it. */
void wait_note(struct flows *t, struct row *row);
void wait_remove(struct flows *t, struct row *row);

/* The first one, when it is over; or NULL. */
struct row *wait_over(struct flows *t, int64_t now_ns);

/* flows_find.c */

/* Where a segment's connection is. */
struct lead {
	uint64_t name[2]; /* the sender's and the receiver's */
	uint32_t hash;
	enum side from;	 /* when row is set */
	struct row *row; /* or NULL: not found yet */
};

/* Follows them all at once, so that memory comes while others are judged. */
void flows_lead(const struct flows *t, const struct flows_item *item, size_t n,
		struct lead *lead);

/* Finds it: it has begun or moved since. False: it begins now. */
bool flows_look_up(struct flows *t, struct lead *lead, const struct seg *seg);

/* A new row, and whose it is: seg is from lead->from. */
struct row *flows_add(struct flows *t, const struct lead *lead);
void flows_name(struct row *row, const struct lead *lead,
		const struct seg *seg);
void flows_remove(struct flows *t, struct row *row);

void flows_ends(const struct row *row, struct seg_end end[2]);

/* Asks for the memory of what leads to the row. */
void flows_fetch_place(const struct flows *t, const struct row *row);

/* flows_pool.c: zeroed, or the end of the process. */
void *flows_alloc(size_t n, size_t size);

#endif
