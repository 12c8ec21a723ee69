/*
 * Connections that have closed plainly, packed: a row is free for another one
 * long before 2 MSL are over. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_PAST_H
#define CHECK_FLOWS_PAST_H

#include <string.h>

#include "base/memory.h"
#include "check/flows.h"
#include "judge/wire_past.h"
#include "judge/wire_whole.h"

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

/* Of row_head.trail. */
static inline uint16_t trail_step(uint64_t step, enum side from)
{
	if (step > FLOWS_STEP_MAX)
		step = FLOWS_STEP_MAX;
	return (uint16_t)(step << 1 | from);
}

/* What a row is packed into that was judged. */
struct past {
	struct links links;   /* see struct pasts */
	struct row_head head; /* of IPv4 */
	struct wire_past judge;
	uint64_t first_frame;
	uint32_t hash;
	uint32_t follows;
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct past) == 4 * CACHE_LINE, "two thirds of a row");

/* And one whose segments were kept, all of them: its ends are IPv4, too. */
struct past_whole {
	struct links links;
	uint64_t first_frame;
	uint32_t frames; /* from the first to the last */
	uint32_t id;
	struct wire_whole judge;
	/* What struct flows_key has: the lower one, and the higher one. */
	uint32_t addr[2];
	uint16_t port[2];
	uint16_t trail[FLOWS_TRAIL - 1]; /* without the first step */
	uint8_t segments;
	uint8_t a;
	bool told;
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct past_whole) == 2 * CACHE_LINE, "half as much");

struct row;

/*
 * All of a row but its number and links, of a connection that has ended plainly
 * and has IPv4 ends, which are its key. False: it is none, or past_pack's was
 * not judged, past_pack_whole's was.
 */
bool past_pack(struct past *past, const struct row *row);
void past_unpack(const struct past *past, struct row *row);
bool past_pack_whole(struct past_whole *whole, const struct row *row);
void past_unpack_whole(const struct past_whole *whole, uint32_t hash,
		       struct row *row);

static inline uint64_t past_low(const struct past_whole *whole)
{
	return flows_number(whole->addr[0], whole->port[0]);
}

static inline uint64_t past_high(const struct past_whole *whole)
{
	return flows_number(whole->addr[1], whole->port[1]);
}

static inline uint64_t past_last_frame(const struct past_whole *whole)
{
	return whole->first_frame + whole->frames;
}

static inline void past_trail(const struct past_whole *whole,
			      uint16_t trail[FLOWS_TRAIL])
{
	trail[0] = trail_step(whole->first_frame, SIDE_A);
	memcpy(trail + 1, whole->trail, sizeof(whole->trail));
}

/*
 * All of one kind; their numbers are 1 to n. They never move, and begin with
 * their links, where it says whether one is free.
 */
struct pasts {
	unsigned char **chunk;
	size_t size; /* of one */
	uint32_t chunks;
	uint32_t n;    /* ever used */
	uint32_t free; /* the first free one, or 0; behind it the next one */
	uint32_t held;
};

/* What is packed into which: struct past, and struct past_whole. */
enum past_kind {
	PAST_JUDGED,
	PAST_WHOLE,
	PASTS_KINDS,
};

#define PASTS_FREE  UINT32_MAX /* before it */
#define CHUNK_PASTS (1u << 15)

static __always_inline void *pasts_at(const struct pasts *p, uint32_t number)
{
	return p->chunk[number / CHUNK_PASTS] + number % CHUNK_PASTS * p->size;
}

/* Begins to load one into the cache. */
static __always_inline void pasts_prefetch(const struct pasts *p,
					   uint32_t number)
{
	const char *at = pasts_at(p, number);

	for (size_t i = 0; i < p->size; i += CACHE_LINE)
		__builtin_prefetch(at + i, 1);
}

static inline bool pasts_has(const struct pasts *p, uint32_t number)
{
	return ((struct links *)pasts_at(p, number))->before != PASTS_FREE;
}

/*
 * For who looks at one after another: whether that one is there. They come from
 * memory while others are looked at.
 */
#define PASTS_AHEAD 16

static inline bool pasts_has_next(const struct pasts *p, uint32_t number)
{
	if (number + PASTS_AHEAD <= p->n)
		__builtin_prefetch(pasts_at(p, number + PASTS_AHEAD));
	return pasts_has(p, number);
}

/* The number of one that is free, and stays so until it is taken. */
uint32_t pasts_free(struct pasts *p);
void pasts_take(struct pasts *p);
void pasts_give_back(struct pasts *p, uint32_t number);

void pasts_end(struct pasts *p);

#endif
