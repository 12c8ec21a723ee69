/*
 * The rows of the table of connections, the index that finds them, and the
 * list of those that have closed. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_ROWS_H
#define CHECK_FLOWS_ROWS_H

#include <string.h>
#include <sys/socket.h>

#include "check/flows.h"

#define CACHE_LINE 64

/* A finding, kept until its connection is told of. */
struct note {
	struct judge_finding found;
	struct note *next;
};

/* A connection. Rows never move. */
struct row {
	struct seg_end end[2]; /* in the order of struct key */
	uint8_t family;	       /* AF_INET or AF_INET6, and ROW_MARKS */
	uint8_t a;	       /* end[a] is A's */
	bool waits;	       /* it is in the list of the closed */
	bool told;	       /* of, and what follows is only late */
	uint32_t segments;     /* saturating; 0: the row is free */
	uint32_t id;
	uint64_t last_frame;
	struct wire_judge judge;
	uint64_t first_frame;
	uint64_t octets[2]; /* of data, as sent by A and by B */
	struct note *notes; /* in the order in which they were found */
	uint32_t hash;
	uint32_t number;  /* its own, from 1 */
	uint32_t follows; /* the id of the one before it, or 0 */
	uint32_t before;  /* neighbours in the list of the closed, or 0; */
	uint32_t behind;  /* of a free row: the next free one, or 0 */
	uint16_t trail[FLOWS_TRAIL];
	uint8_t ttl[2]; /* of A's first segment, and of B's */
};

/*
 * Of row.family: marks of rows that their ends alone do not find, so that all
 * others are found as if there were none. There are others of the same ends at
 * the same time; or the row is new, and there may be one.
 */
#define ROW_BESIDE 0x80u
#define ROW_NEW	   0x40u
#define ROW_MARKS  (ROW_BESIDE | ROW_NEW)

/* Of the index, a hash with open addressing. */
struct entry {
	uint32_t hash;
	uint32_t number; /* a row's; 0: the entry is empty */
};

struct rows {
	uint64_t seed[2];
	struct row **chunk;
	uint32_t n;    /* rows ever used: their numbers are 1 to n */
	uint32_t free; /* the first free row, or 0 */
	uint32_t held;
	uint32_t marked; /* how many have ROW_MARKS */
	struct entry *index;
	uint32_t mask;	/* the index has mask + 1 entries */
	uint32_t first; /* of the list of the closed, or 0 */
	uint32_t last;
};

/*
 * The ends of a segment, in an order that does not depend on its direction, so
 * that one comparison tells whether a row is of its connection.
 */
struct key {
	uint64_t low; /* a number of each end, of IPv6 a hash */
	uint64_t high;
	uint32_t hash;
	uint8_t src; /* the row's end[src] is the segment's source */
};

#define CHUNK_ROWS (1u << 15)

static inline struct row *rows_at(const struct rows *r, uint32_t number)
{
	uint32_t at = number - 1;

	return &r->chunk[at / CHUNK_ROWS][at % CHUNK_ROWS];
}

/* Begins to load a row into the cache. */
static inline void row_prefetch(const struct row *row)
{
	const char *at = (const char *)row;

	for (size_t i = 0; i < sizeof(*row); i += CACHE_LINE)
		__builtin_prefetch(at + i, 1);
}

/* Begins to load the entry of the index to which the hash leads. */
static inline void rows_prefetch(const struct rows *r, uint32_t hash)
{
	__builtin_prefetch(&r->index[hash & r->mask], 1);
}

/* Who sent the segment of that key. */
static inline enum side row_sender(const struct row *row, const struct key *key)
{
	return (enum side)(row->a ^ key->src);
}

void rows_init(struct rows *r, const uint64_t seed[2]);
void rows_free(struct rows *r);

uint64_t rows_hash_end(const struct rows *r, const struct seg_end *end);

static inline uint64_t rows_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* An IPv4 end is a number. */
static inline uint64_t rows_number(const struct seg_end *end)
{
	uint32_t addr;

	memcpy(&addr, end->addr, sizeof(addr));
	return (uint64_t)end->port << 32 | addr;
}

static inline void rows_key(const struct rows *r, const struct seg *seg,
			    struct key *key)
{
	bool ipv4 = seg->family == AF_INET;
	uint64_t src =
		ipv4 ? rows_number(&seg->src) : rows_hash_end(r, &seg->src);
	uint64_t dst =
		ipv4 ? rows_number(&seg->dst) : rows_hash_end(r, &seg->dst);
	uint64_t h;

	key->src = src > dst;
	key->low = src < dst ? src : dst;
	key->high = src < dst ? dst : src;
	h = rows_mix(key->low ^ r->seed[0], key->high ^ r->seed[1]);
	key->hash = (uint32_t)(h ^ h >> 32);
}

/* The first row of that hash, most often the right one; or NULL. */
struct row *rows_guess(const struct rows *r, uint32_t hash);

/* Whether the row is in use, and of the segment's connection. */
bool row_has(const struct row *row, const struct key *key,
	     const struct seg *seg);

/* The row of the segment's connection, without ROW_MARKS; or NULL. */
struct row *rows_find(const struct rows *r, const struct key *key,
		      const struct seg *seg);

/*
 * One row after another that has ROW_MARKS and the segment's ends; or NULL. *at
 * is 0 at first.
 */
struct row *rows_marked(const struct rows *r, const struct key *key,
			const struct seg *seg, uint32_t *at);
void rows_mark(struct rows *r, struct row *row, unsigned int marks);

static inline int row_family(const struct row *row)
{
	return row->family & ~ROW_MARKS;
}

/* A row that has its number and its hash, and is zero otherwise. */
struct row *rows_add(struct rows *r, uint32_t hash);

/* Frees the row: neither the index nor the list of the closed has it then. */
void rows_remove(struct rows *r, struct row *row);

/*
 * The list of the closed is in the order of their last segments: none is over
 * before the first one is.
 */
void closed_append(struct rows *r, struct row *row);
void closed_remove(struct rows *r, struct row *row);

#endif
