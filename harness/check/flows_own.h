/*
 * What the files of the table share: its rows, the pools they live in, and
 * the places a hash leads to. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_OWN_H
#define CHECK_FLOWS_OWN_H

#include <sys/socket.h>

#include "check/flows.h"

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
	uint32_t before; /* its neighbours in the list of those that wait, */
	uint32_t behind; /* their numbers + 1 */
	uint32_t place;	 /* which leads here */
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

static inline size_t pool_of(uint32_t number)
{
	return !!(number & IN_POOL6);
}

/*
 * A connection that has ended as most do, and whose row was given back: it
 * rests until no segment can belong to it any more, or one does. Those at rest
 * are in the order in which they were laid down, so that memory is gone
 * through from one end to the other.
 */
struct resting {
	uint64_t name[2];
	uint64_t first_frame;
	uint32_t frames;   /* from the first to the last */
	uint32_t segments; /* 0: it rests here no more */
	struct judge_packed judge;
	uint32_t id;
	uint32_t hash;		/* of the names */
	struct seg_end ends6[]; /* IPv6 only */
};

/* Of one family, in chunks that never move. Their places' numbers grow. */
struct rests {
	bool six;
	size_t len; /* of one, in octets */
	uint8_t **chunk;
	uint8_t *spare; /* a chunk, for the next time one is needed */
	uint32_t head;
	uint32_t tail;
	uint32_t gone; /* of those between, so many rest there no more */
};

/* A number in the table is of a row, or with this bit of a rest. */
#define AT_REST UINT32_C(0x40000000)

/* Which no row has: of a place, that nobody is there any more. */
#define NOBODY (AT_REST - 1)

/* Open addressing: a hash leads to its place or one soon behind. */
struct place {
	uint32_t hash;
	uint32_t link; /* a number + 1; 0: empty */
};

struct places {
	struct place *place;
	uint32_t mask;
	uint32_t used; /* those not empty */
};

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
#define RECENT_MANY 32768

struct flows {
	struct flows_plan plan;
	struct pool pool[2]; /* IPv4, IPv6 */
	struct rests rests[2];
	struct places places;
	uint32_t held; /* connections, at rest or not */
	struct row *recent[RECENT_MANY];
	struct row *none; /* where nothing has led yet */
	struct notes notes;
	uint32_t last_id;
	uint32_t first; /* of those that wait, number + 1, or 0 */
	uint32_t last;
	uint32_t since; /* segments since it was looked whether any are over */
	uint32_t n_ended;
	struct row *ended[2 * FLOWS_AT_ONCE]; /* since then; or had before */
	bool moved; /* rows that leads are to may be of others now */
	uint32_t evict_hand;
	uint64_t evicted;
	struct judge_ear ear; /* note_found's */
	struct row *judged;   /* the row whose findings are heard */
	bool full;	      /* there is no room for more findings */
};

static inline struct row *row_of(const struct flows *t, uint32_t number)
{
	return pool_row(&t->pool[pool_of(number)], number & ~IN_POOL6);
}

static inline bool place_is_gone(const struct flows *t, uint32_t number)
{
	const struct rests *r = &t->rests[pool_of(number)];

	if (number & AT_REST)
		return (number - r->head) % AT_REST >= r->tail - r->head;
	return number == NOBODY;
}

static inline int row_family(const struct row *row)
{
	return row->number & IN_POOL6 ? AF_INET6 : AF_INET;
}

/*
 * flows_wait.c: rows that have ended and do not rest, in the order of their
 * last segments.
 */
void wait_add(struct flows *t, struct row *row);
void wait_remove(struct flows *t, struct row *row);

/* The first one, when it is over; or NULL. */
struct row *wait_over(struct flows *t, int64_t now_ns);

/* flows_rest.c */

void rests_init(struct rests *r, bool six);
void rests_free(struct rests *r);

/*
 * Lays down what the row is of; its place leads there now, and the row is to
 * be given back. False: it is not one of those that can rest.
 */
bool rests_add(struct flows *t, struct row *row);

struct resting *rests_at(const struct flows *t, uint32_t number);
uint32_t rests_number(const struct rests *r, uint32_t at);

/* A row of the one that rests where the place leads, which it does no more. */
struct row *rests_wake(struct flows *t, uint32_t place);

/* The first one, or NULL. */
struct resting *rests_first(struct rests *r);

/* The first one, when it is over; or NULL. */
struct resting *rests_over(struct flows *t, struct rests *r, int64_t now_ns);

/* The first one, which there is, is gone. */
void rests_drop(struct rests *r);

/* flows_find.c */

/* Where a segment's connection is. */
struct lead {
	uint64_t name[2]; /* the sender's and the receiver's */
	uint32_t hash;
	enum side from;	 /* when row is set */
	struct row *row; /* or NULL: not found yet */
	uint32_t place;	 /* when it was looked up and not found: for it */
};

/* Follows them all at once, so that memory comes while others are judged. */
void flows_lead(const struct flows *t, const struct flows_item *item, size_t n,
		struct lead *lead);

/* Finds it: it has begun or moved since. False: it begins now. */
bool flows_look_up(struct flows *t, struct lead *lead, const struct seg *seg);

/* A row of nobody yet. */
struct row *flows_take(struct flows *t, bool six);

/* A new row, and whose it is: seg is from lead->from. */
struct row *flows_add(struct flows *t, const struct lead *lead);
void flows_name(struct row *row, const struct lead *lead,
		const struct seg *seg);
void flows_give(struct flows *t, struct row *row);

/* Of a name each, or of IPv6. */
void flows_ends(const uint64_t name[2], const struct seg_end ends6[2],
		struct seg_end end[2]);

/* flows_place.c */

void places_init(struct places *p);
void places_free(struct places *p);
void places_add(struct flows *t, uint32_t at, uint32_t hash, uint32_t number);

/* Clears those before that empty one which lead to nobody. */
void places_trim(struct flows *t, uint32_t end);

/* The place that leads to that number, which there is. */
uint32_t places_find(const struct places *p, uint32_t hash, uint32_t number);

static inline struct place *place_of(const struct flows *t,
				     const struct row *row)
{
	return &t->places.place[row->place];
}

/* flows_over.c */

/* Tells of a connection that has ended, or must: its judge is heard. */
void flows_tell(struct flows *t, struct row *row, int64_t at_ns, bool evicted);

/* Tells of it, and forgets it. */
void flows_let_go(struct flows *t, struct row *row, int64_t at_ns,
		  bool evicted);

/* Makes room for one: the one that has been idle longest is let go, or so. */
void flows_evict(struct flows *t, int64_t now_ns);

/* Lays down those that have ended, and lets those go that are over. */
void flows_look(struct flows *t, int64_t now_ns);

/* flows_pool.c: zeroed, or the end of the process. */
void *flows_alloc(size_t n, size_t size);

#endif
