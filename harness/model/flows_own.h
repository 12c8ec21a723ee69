/*
 * What the files of the table share: its rows, the pools they live in, and
 * the places a hash leads to. Private to model/flows*.c.
 */
#ifndef MODEL_FLOWS_OWN_H
#define MODEL_FLOWS_OWN_H

#include "model/flows.h"

#define KEY4_LEN 12 /* both addresses, A's first, and both ports */
#define KEY6_LEN 36
#define KEY_MAX	 KEY6_LEN

struct row {
	struct judge judge;
	uint64_t first_frame : 62;
	uint64_t ending : 1; /* a FIN or an RST was seen */
	uint64_t waits : 1; /* it is in the list of those that have ended */
	uint64_t last_frame;
	uint32_t id; /* of a free row: the next free one, counted from 1 */
	uint32_t segments; /* 0: the row is free */
	uint32_t note; /* the first finding, counted from 1, or 0 */
	uint32_t before; /* its neighbours in that list, their numbers + 1 */
	uint32_t behind;
	uint8_t key[];
};

/*
 * Rows of one family, in chunks that never move. Most captures are IPv4 only,
 * and those rows are smaller.
 */
struct pool {
	size_t key_len;
	size_t row_len;
	uint8_t **chunk;
	uint32_t n; /* rows ever used */
	uint32_t free; /* the first free one, counted from 1, or 0 */
};

#define CHUNK_BITS 13

static inline struct row *pool_row(const struct pool *p, uint32_t at)
{
	return (struct row *)(void *)(
		p->chunk[at >> CHUNK_BITS] +
		(at & ((1u << CHUNK_BITS) - 1)) * p->row_len);
}

void pool_init(struct pool *p, size_t key_len);
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
 * Where a hash led last, whatever was there since: most segments are of few
 * connections, and these places stay in the processor's cache.
 */
#define RECENT_MANY 8192

struct flows {
	struct flows_plan plan;
	struct pool pool[2]; /* IPv4, IPv6 */
	struct places places;
	struct place recent[RECENT_MANY];
	struct notes notes;
	uint32_t last_id;
	uint32_t first; /* of those that have ended, number + 1, or 0 */
	uint32_t last;
	uint32_t since; /* segments since the list was looked at */
	uint32_t evict_hand;
	uint64_t evicted;
	struct row *judged; /* the row whose findings are heard */
	bool full; /* there is no room for more findings */
};

static inline struct row *row_of(const struct flows *t, uint32_t number)
{
	return pool_row(&t->pool[!!(number & IN_POOL6)], number & ~IN_POOL6);
}

/* flows_wait.c: those that have ended, in the order of their last segments. */

/* After each segment: whether the row belongs into the list, at its end. */
void wait_note(struct flows *t, struct row *row, uint32_t number);
void wait_remove(struct flows *t, struct row *row);

/* The first one, when it is over, its number in *number; or NULL. */
struct row *wait_over(struct flows *t, int64_t now_ns, uint32_t *number);

/* flows_find.c */

void flows_key(uint8_t *key, int family, const struct seg_end *a,
	       const struct seg_end *b);
void flows_ends(const struct flows *t, uint32_t number,
		struct seg_end end[2]);
uint32_t flows_hash_row(const struct flows *t, uint32_t number);

/* Asks for the row's memory. */
void flows_fetch(const struct flows *t, uint32_t number);

/* The row of seg's connection, its number, and who sent seg; or NULL. */
struct row *flows_find(const struct flows *t, uint32_t hash, uint32_t hint,
		       const struct seg *seg, uint32_t *number,
		       enum side *from);

/* flows_pool.c: calloc, or the end of the process. */
void *flows_alloc(size_t n, size_t size);

#endif
