/*
 * The rows of the table of connections, the index that finds them, and the
 * list of those that have closed. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_ROWS_H
#define CHECK_FLOWS_ROWS_H

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "check/flows.h"
#include "check/flows_log.h"
#include "check/flows_past.h"

/* A finding, kept until its connection is told of. */
struct note {
	struct judge_finding found;
	struct note *next;
};

/*
 * A connection. Rows never move. What each segment reads and writes is in the
 * first lines of the cache, the rest of the judge and all else behind them.
 */
struct row {
	struct row_head head;
	union {
		struct {
			struct wire_judge judge;
			struct seg_end end[2]; /* as in struct flows_key */
		};
		struct row_log log; /* of ROW_KEPT: it has nothing else yet */
	};
	uint32_t hash;
	uint64_t first_frame;
	struct note *notes; /* in the order in which they were found */
	uint32_t number;    /* its own, from 1 */
	uint32_t follows;   /* the id of the one before it, or 0 */
	struct links links; /* of a free row: behind is the next free one */
} __attribute__((aligned(CACHE_LINE)));

_Static_assert(sizeof(struct row) == 7 * CACHE_LINE, "a row's size");

/* Asked for before a segment is judged: a plain one needs little more. */
#define ROW_LINES 2

/*
 * Of row.family: marks of rows that their ends alone do not find, so that all
 * others are found as if there were none: they have a key that no segment has.
 * There are others of the same ends at the same time; or the row is new, and
 * there may be one.
 */
#define ROW_BESIDE 0x80u
#define ROW_NEW	   0x40u
#define ROW_MARKS  (ROW_BESIDE | ROW_NEW)

/* Of row.family, too: its segments are kept, and nobody has judged them. */
#define ROW_KEPT 0x20u

/* Of the index, a hash with open addressing. */
struct entry {
	uint32_t hash;
	uint32_t number; /* see ROWS_PAST; 0: the entry is empty */
};

/*
 * A connection is found by a number: that of its row, or of what is past, with
 * the first bit; and with both, of what was judged at once.
 */
#define ROWS_PAST  (UINT32_C(1) << 31)
#define ROWS_WHOLE (UINT32_C(1) << 30)
#define ROWS_KINDS (ROWS_PAST | ROWS_WHOLE)

/* Of what is past: of which kind it is, and its number there. */
static inline enum past_kind rows_kind(uint32_t number)
{
	return number & ROWS_WHOLE ? PAST_WHOLE : PAST_JUDGED;
}

static inline uint32_t rows_within(uint32_t number)
{
	return number & ~ROWS_KINDS;
}

/* The bits that numbers of that kind have. */
static inline uint32_t rows_kind_bits(enum past_kind kind)
{
	return kind == PAST_WHOLE ? ROWS_KINDS : ROWS_PAST;
}

struct rows {
	uint64_t seed[2];
	struct row **chunk;
	uint32_t chunks;
	uint32_t n;    /* rows ever used: their numbers are 1 to n; 0 is free */
	uint32_t free; /* the first free row, or 0 */
	uint32_t held; /* connections, of which the most may be past */
	uint32_t marked;		/* how many have ROW_MARKS */
	struct pasts past[PASTS_KINDS]; /* that were packed */
	struct entry *index;
	uint32_t mask;	/* the index has mask + 1 entries, and an empty one */
	uint32_t first; /* of the list of the closed, or 0 */
	uint32_t last;
};

#define CHUNK_ROWS (1u << 15)

static inline struct row *rows_at(const struct rows *r, uint32_t number)
{
	return &r->chunk[number / CHUNK_ROWS][number % CHUNK_ROWS];
}

/* Begins to load into the cache what a segment needs of a row, or all of it. */
static __always_inline void row_prefetch(const struct row *row)
{
	const char *at = (const char *)row;

	for (size_t i = 0; i < ROW_LINES; i++)
		__builtin_prefetch(at + i * CACHE_LINE, 1);
}

static __always_inline void row_prefetch_all(const struct row *row)
{
	const char *at = (const char *)row;

	for (size_t i = 0; i < sizeof(*row); i += CACHE_LINE)
		__builtin_prefetch(at + i, 1);
}

/* Begins to load the entry of the index to which the hash leads. */
static __always_inline void rows_prefetch(const struct rows *r, uint32_t hash)
{
	__builtin_prefetch(&r->index[hash & r->mask], 1);
}

/* Who sent the segment of that key. */
static inline enum side row_sender(const struct row *row,
				   const struct flows_key *key)
{
	return (enum side)(row->head.a ^ key->src);
}

void rows_init(struct rows *r, const uint64_t seed[2]);
void rows_free(struct rows *r);

uint64_t rows_hash_end(const uint64_t seed[2], const struct seg_end *end);

static inline uint64_t rows_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Set in both numbers of a key of IPv6, and of IPv4 in none. */
#define ROWS_IP6 (UINT64_C(1) << 63)

/* An IPv4 end is a number. */
static inline uint64_t rows_number(const struct seg_end *end)
{
	uint32_t addr;

	memcpy(&addr, end->addr, sizeof(addr));
	return flows_number(addr, htons(end->port));
}

static inline void rows_end(uint64_t number, struct seg_end *end)
{
	uint32_t addr = (uint32_t)number;

	memset(end->addr, 0, sizeof(end->addr));
	memcpy(end->addr, &addr, sizeof(addr));
	end->port = ntohs((uint16_t)(number >> 32));
}

static inline uint32_t rows_hash(const uint64_t seed[2], uint64_t low,
				 uint64_t high)
{
	uint64_t h = rows_mix(low ^ seed[0], high ^ seed[1]);

	return (uint32_t)(h ^ h >> 32);
}

static inline void rows_key_of(const uint64_t seed[2], uint64_t src,
			       uint64_t dst, struct flows_key *key)
{
	key->src = src > dst;
	key->low = src < dst ? src : dst;
	key->high = src < dst ? dst : src;
	key->hash = rows_hash(seed, key->low, key->high);
}

static inline int key_family(const struct flows_key *key)
{
	return key->high < ROWS_IP6 ? AF_INET : AF_INET6;
}

static inline void rows_key(const uint64_t seed[2], const struct seg *seg,
			    struct flows_key *key)
{
	if (seg->family == AF_INET)
		rows_key_of(seed, rows_number(&seg->src),
			    rows_number(&seg->dst), key);
	else
		rows_key_of(seed, rows_hash_end(seed, &seg->src) | ROWS_IP6,
			    rows_hash_end(seed, &seg->dst) | ROWS_IP6, key);
}

/*
 * The row of that hash, most often the right one; or another, or one that is
 * free, as what is past has none. Where most entries are found they are looked
 * for without a branch, as no branch predictor could foretell which of them it
 * is.
 */
static inline struct row *rows_guess(const struct rows *r, uint32_t hash)
{
	const struct entry *first = &r->index[hash & r->mask];
	uint32_t number = first[first->hash != hash].number;

	return rows_at(r, number < ROWS_PAST ? number : 0);
}

/* Of IPv6, whose keys are hashes: whether the row has the segment's ends. */
bool row_has_ends(const struct row *row, const struct flows_key *key,
		  const struct seg *seg);

/* Whether the row has the key, which of IPv6 is not all. */
static inline bool row_has_key(const struct row *row,
			       const struct flows_key *key)
{
	return !((row->head.low ^ key->low) | (row->head.high ^ key->high));
}

/*
 * Whether the row is of the segment's connection. Here and below, the segment's
 * own ends are looked at when it is IPv6 only, and its family never.
 */
static inline bool row_has(const struct row *row, const struct flows_key *key,
			   const struct seg *seg)
{
	return row_has_key(row, key) &&
	       (key_family(key) == AF_INET || row_has_ends(row, key, seg));
}

/* A key that no segment has: it is the wrong way round. */
static inline void row_drop_key(struct row *row)
{
	row->head.low = 1;
	row->head.high = 0;
}

/*
 * The row of the segment's connection, without ROW_MARKS; or NULL. What is past
 * is unpacked, and keeps its place in the list of the closed.
 */
struct row *rows_find(struct rows *r, const struct flows_key *key,
		      const struct seg *seg);

/*
 * One row after another that has ROW_MARKS and the segment's ends; or NULL. *at
 * is 0 at first.
 */
struct row *rows_marked(const struct rows *r, const struct flows_key *key,
			const struct seg *seg, uint32_t *at);
void rows_mark(struct rows *r, struct row *row, unsigned int marks);

static inline int row_family(const struct row *row)
{
	return row->head.family & ~(ROW_MARKS | ROW_KEPT);
}

/*
 * A row that has its number and its key, and is zero otherwise, but for its
 * judge and its ends, or its log, of which nothing is said.
 */
struct row *rows_add(struct rows *r, const struct flows_key *key);

/* Lets go of a number: neither the index nor the list of the closed has it. */
void rows_remove(struct rows *r, uint32_t number);

/*
 * Packs a row that has closed and is not in the list: it is free then, and what
 * it was is the last of the closed. False: nothing was done.
 */
bool rows_pack(struct rows *r, struct row *row);

static inline struct past *rows_past(const struct rows *r, uint32_t number)
{
	return pasts_at(&r->past[PAST_JUDGED], rows_within(number));
}

static inline struct past_whole *rows_whole(const struct rows *r,
					    uint32_t number)
{
	return pasts_at(&r->past[PAST_WHOLE], rows_within(number));
}

/*
 * The list of the closed is in the order of their last segments: none is over
 * before the first one is. Some are rows, the others past.
 */
void closed_append(struct rows *r, uint32_t number);
void closed_remove(struct rows *r, uint32_t number);

static inline struct links *closed_links(const struct rows *r, uint32_t number)
{
	if (number & ROWS_PAST)
		return pasts_at(&r->past[rows_kind(number)],
				rows_within(number));
	return &rows_at(r, number)->links;
}

static inline uint32_t closed_hash(const struct rows *r, uint32_t number)
{
	const struct past_whole *whole;

	if (!(number & ROWS_PAST))
		return rows_at(r, number)->hash;
	if (!(number & ROWS_WHOLE))
		return rows_past(r, number)->hash;
	whole = rows_whole(r, number);
	return rows_hash(r->seed, past_low(whole), past_high(whole));
}

static inline int64_t row_last_ns(const struct row *row)
{
	if (row->head.family & ROW_KEPT)
		return log_at_ns(&row->log, log_length(&row->log) - 1);
	return row->judge.last_ns;
}

static inline int64_t closed_last_ns(const struct rows *r, uint32_t number)
{
	if (!(number & ROWS_PAST))
		return row_last_ns(rows_at(r, number));
	if (!(number & ROWS_WHOLE))
		return rows_past(r, number)->judge.last_ns;
	return wire_whole_last_ns(&rows_whole(r, number)->judge);
}

static inline uint64_t closed_last_frame(const struct rows *r, uint32_t number)
{
	if (!(number & ROWS_PAST))
		return rows_at(r, number)->head.last_frame;
	if (!(number & ROWS_WHOLE))
		return rows_past(r, number)->head.last_frame;
	return past_last_frame(rows_whole(r, number));
}

#endif
