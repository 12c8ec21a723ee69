/*
 * Connections that have closed plainly, packed: a row is free for another one
 * long before 2 MSL are over. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_PAST_H
#define CHECK_FLOWS_PAST_H

#include "check/flows.h"
#include "judge/wire_past.h"

#define CACHE_LINE 64

/* Neighbours in a list, by number, or 0. */
struct links {
	uint32_t before;
	uint32_t behind;
};

/*
 * What is known of a connection without its judge: all of it that a segment
 * reads and writes.
 */
struct row_head {
	uint64_t low; /* struct flows_key's */
	uint64_t high;
	uint64_t last_frame;
	uint64_t octets[2]; /* of data, as sent by A and by B */
	uint32_t segments;  /* saturating */
	uint8_t family;	    /* AF_INET or AF_INET6, and ROW_MARKS; 0: free */
	uint8_t a;	    /* which end is A's, 0: that of the lower number */
	bool waits;	    /* it is in the list of the closed */
	bool told;	    /* of, and what follows is only late */
	uint32_t id;
	uint16_t trail[FLOWS_TRAIL];
	uint8_t ttl[2]; /* of A's first segment, and of B's */
};

/* What a row is packed into. */
struct past {
	struct row_head head; /* of IPv4 */
	struct wire_past judge;
	uint64_t first_frame;
	uint32_t hash;
	uint32_t follows;
	struct links links; /* of a free one: behind is the next free one */
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct past) == 4 * CACHE_LINE, "two thirds of a row");

struct row;

/*
 * All of a row but its number and links, of a connection that has ended plainly
 * and has IPv4 ends, which are its key. False: it is none.
 */
bool past_pack(struct past *past, const struct row *row);
void past_unpack(const struct past *past, struct row *row);

/* Begins to load it into the cache. */
static __always_inline void past_prefetch(const struct past *past)
{
	const char *at = (const char *)past;

	for (size_t i = 0; i < sizeof(*past); i += CACHE_LINE)
		__builtin_prefetch(at + i, 1);
}

/* All of them; their numbers are 1 to n. They never move. */
struct pasts {
	struct past **chunk;
	uint32_t chunks;
	uint32_t n;    /* ever used */
	uint32_t free; /* the first free one, or 0 */
	uint32_t held;
};

#define CHUNK_PASTS (1u << 15)

static inline struct past *pasts_at(const struct pasts *p, uint32_t number)
{
	return &p->chunk[number / CHUNK_PASTS][number % CHUNK_PASTS];
}

/* The number of one that is free, and stays so until it is taken. */
uint32_t pasts_free(struct pasts *p);
void pasts_take(struct pasts *p);
void pasts_give_back(struct pasts *p, uint32_t number);

void pasts_end(struct pasts *p);

#endif
