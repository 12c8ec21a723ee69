/*
 * Rows, their index and the list of the closed. Knows nothing of how a
 * connection is judged.
 */
#include "check/flows_rows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"

#define INDEX_LEAST 1024
#define INDEX_SMALL ((size_t)128 << 10) /* octets, that need no huge page */
#define INDEX_ROOM  4 /* entries for a row, or most are not where they belong */
#define CHUNK_SIZE  (CHUNK_ROWS * sizeof(struct row))
#define FEW_ROWS    1024
#define ROWS_KEPT   128 /* or more: in the cache, whatever they are of */

static size_t index_size(const struct rows *r)
{
	return ((size_t)r->mask + 2) * sizeof(*r->index);
}

static void index_init(struct rows *r, uint32_t entries)
{
	r->mask = entries - 1;
	if (index_size(r) < INDEX_SMALL)
		r->index = memory_zeroed(1, index_size(r));
	else
		r->index = memory_map(index_size(r));
}

static void index_free(struct rows *r)
{
	if (index_size(r) < INDEX_SMALL)
		free(r->index);
	else
		memory_unmap(r->index, index_size(r));
}

static void add_chunk(struct rows *r)
{
	uint32_t chunks = r->chunks++;

	r->chunk = memory_resize(r->chunk, r->chunks, sizeof(struct row *));
	r->chunk[chunks] = memory_aligned(CHUNK_SIZE);
	if (chunks)
		memory_on_huge_pages(r->chunk[chunks], CHUNK_SIZE);
}

void rows_init(struct rows *r, const uint64_t seed[2])
{
	memset(r, 0, sizeof(*r));
	memcpy(r->seed, seed, sizeof(r->seed));
	r->past[PAST_JUDGED].size = sizeof(struct past);
	r->past[PAST_WHOLE].size = sizeof(struct past_whole);
	index_init(r, INDEX_LEAST);
	add_chunk(r);
	memory_clear(rows_at(r, 0), sizeof(struct row));
	row_drop_key(rows_at(r, 0));
}

void rows_free(struct rows *r)
{
	for (uint32_t i = 0; i < r->chunks; i++)
		free(r->chunk[i]);
	free(r->chunk);
	for (int kind = 0; kind < PASTS_KINDS; kind++)
		pasts_end(&r->past[kind]);
	index_free(r);
}

uint64_t rows_hash_end(const uint64_t seed[2], const struct seg_end *end)
{
	uint64_t high, low;

	memcpy(&high, end->addr, 8);
	memcpy(&low, end->addr + 8, 8);
	return rows_mix(high ^ seed[0], low ^ seed[1]) +
	       end->port * UINT64_C(0x9e3779b97f4a7c15);
}

/* 0 when the ends are the same. */
static uint64_t differ(const struct seg_end *a, const struct seg_end *b)
{
	uint64_t a_high, a_low, b_high, b_low;

	memcpy(&a_high, a->addr, 8);
	memcpy(&a_low, a->addr + 8, 8);
	memcpy(&b_high, b->addr, 8);
	memcpy(&b_low, b->addr + 8, 8);
	return (a_high ^ b_high) | (a_low ^ b_low) |
	       (uint64_t)(a->port ^ b->port);
}

bool row_has_ends(const struct row *row, const struct flows_key *key,
		  const struct seg *seg)
{
	return !(differ(&row->end[key->src], &seg->src) |
		 differ(&row->end[key->src ^ 1], &seg->dst));
}

/* Whatever its key is: see ROW_MARKS. */
static bool has_ends(const struct row *row, const struct flows_key *key,
		     const struct seg *seg)
{
	if (key_family(key) == AF_INET)
		return !((rows_number(&row->end[0]) ^ key->low) |
			 (rows_number(&row->end[1]) ^ key->high));
	return row_has_ends(row, key, seg);
}

struct row *rows_marked(const struct rows *r, const struct flows_key *key,
			const struct seg *seg, uint32_t *at)
{
	for (;;) {
		const struct entry *entry =
			&r->index[(key->hash + (*at)++) & r->mask];
		struct row *row;

		if (!entry->number)
			return NULL;
		if (entry->hash != key->hash || entry->number & ROWS_PAST)
			continue;
		row = rows_at(r, entry->number);
		if (row_family(row) == key_family(key) &&
		    row->head.family & ROW_MARKS && has_ends(row, key, seg))
			return row;
	}
}

static void set_key(const struct rows *r, struct row *row)
{
	bool six = row_family(row) == AF_INET6;

	row->head.low = six ? rows_hash_end(r->seed, &row->end[0]) | ROWS_IP6
			    : rows_number(&row->end[0]);
	row->head.high = six ? rows_hash_end(r->seed, &row->end[1]) | ROWS_IP6
			     : rows_number(&row->end[1]);
}

void rows_mark(struct rows *r, struct row *row, unsigned int marks)
{
	r->marked -= row->head.family & ROW_MARKS ? 1 : 0;
	row->head.family = (uint8_t)((unsigned int)row_family(row) | marks);
	r->marked += marks ? 1 : 0;
	if (marks)
		row_drop_key(row);
	else
		set_key(r, row);
}

/*
 * A row takes the place of what is past, of which segments seldom come: most
 * rows are where their hash says. What is past moves on to where it would be if
 * it had come later.
 */
static void index_add(struct rows *r, uint32_t hash, uint32_t number)
{
	struct entry entry = { hash, number };
	uint32_t at = hash & r->mask;

	while (r->index[at].number) {
		struct entry old = r->index[at];

		if (~entry.number & old.number & ROWS_PAST) {
			r->index[at] = entry;
			entry = old;
		}
		at = (at + 1) & r->mask;
	}
	r->index[at] = entry;
}

static void index_grow(struct rows *r)
{
	struct rows old = *r;

	index_init(r, 2 * (old.mask + 1));
	for (const struct entry *e = old.index; e <= old.index + old.mask; e++)
		if (e->number)
			index_add(r, e->hash, e->number);
	index_free(&old);
}

static uint32_t index_at(const struct rows *r, uint32_t hash, uint32_t number)
{
	uint32_t at = hash & r->mask;

	while (r->index[at].number != number)
		at = (at + 1) & r->mask;
	return at;
}

/*
 * No entry may stand behind an empty one and belong before it: those behind
 * the removed one move up (Knuth, TAOCP volume 3, section 6.4, algorithm R).
 */
static void index_remove(struct rows *r, uint32_t hash, uint32_t number)
{
	uint32_t hole = index_at(r, hash, number), at;

	for (at = (hole + 1) & r->mask; r->index[at].number;
	     at = (at + 1) & r->mask) {
		uint32_t home = r->index[at].hash & r->mask;

		if (((at - home) & r->mask) < ((at - hole) & r->mask))
			continue;
		r->index[hole] = r->index[at];
		hole = at;
	}
	r->index[hole].number = 0;
}

/* Most captures need but a few rows: from then on the pages are huge. */
static uint32_t take_new_row(struct rows *r)
{
	if (++r->n % CHUNK_ROWS == 0)
		add_chunk(r);
	if (r->n == FEW_ROWS)
		memory_on_huge_pages(r->chunk[0], CHUNK_SIZE);
	return r->n;
}

static uint32_t take_free_row(struct rows *r)
{
	uint32_t number = r->free;

	r->free = rows_at(r, number)->links.behind;
	return number;
}

static uint32_t take_row(struct rows *r)
{
	return r->free ? take_free_row(r) : take_new_row(r);
}

struct row *rows_add(struct rows *r, const struct flows_key *key)
{
	uint32_t number = take_row(r);
	struct row *row = rows_at(r, number);

	if (++r->held > r->mask / INDEX_ROOM)
		index_grow(r);
	index_add(r, key->hash, number);
	row->head = (struct row_head){ .low = key->low, .high = key->high };
	row->number = number;
	row->notes = NULL;
	row->follows = 0;
	row->hash = key->hash;
	return row;
}

static void free_row(struct rows *r, struct row *row)
{
	r->marked -= row->head.family & ROW_MARKS ? 1 : 0;
	row->head.family = 0;
	row_drop_key(row);
	row->links.behind = r->free;
	r->free = row->number;
}

static void remove_row(struct rows *r, struct row *row)
{
	if (row->head.waits)
		closed_remove(r, row->number);
	index_remove(r, row->hash, row->number);
	free_row(r, row);
}

static void give_back(struct rows *r, uint32_t past)
{
	pasts_give_back(&r->past[rows_kind(past)], rows_within(past));
}

static void remove_past(struct rows *r, uint32_t number)
{
	closed_remove(r, number);
	index_remove(r, closed_hash(r, number), number);
	give_back(r, number);
}

void rows_remove(struct rows *r, uint32_t number)
{
	if (number & ROWS_PAST)
		remove_past(r, number);
	else
		remove_row(r, rows_at(r, number));
	r->held--;
}

/* A few rows stay in the cache, whatever they are of. */
static bool are_few(const struct rows *r)
{
	return r->held - r->past[PAST_JUDGED].held - r->past[PAST_WHOLE].held <
	       ROWS_KEPT;
}

/* The number of what it is packed into, or 0. */
static uint32_t pack(struct rows *r, const struct row *row)
{
	bool kept = row->head.family & ROW_KEPT;
	enum past_kind kind = kept ? PAST_WHOLE : PAST_JUDGED;
	struct pasts *pasts = &r->past[kind];
	uint32_t number = pasts_free(pasts);
	void *past = pasts_at(pasts, number);

	if (!(kept ? past_pack_whole(past, row) : past_pack(past, row)))
		return 0;
	pasts_take(pasts);
	return number | rows_kind_bits(kind);
}

bool rows_pack(struct rows *r, struct row *row)
{
	uint32_t number = are_few(r) ? 0 : pack(r, row);

	if (!number)
		return false;
	r->index[index_at(r, row->hash, row->number)].number = number;
	free_row(r, row);
	closed_append(r, number);
	return true;
}

static void set_neighbours(struct rows *r, struct links *links, uint32_t before,
			   uint32_t behind)
{
	*(links->before ? &closed_links(r, links->before)->behind : &r->first) =
		behind;
	*(links->behind ? &closed_links(r, links->behind)->before : &r->last) =
		before;
}

/* In its entry and in the list a row takes the place of what is past. */
static void unpack(struct rows *r, struct entry *entry)
{
	uint32_t number = take_row(r), past = entry->number;
	struct row *row = rows_at(r, number);

	if (past & ROWS_WHOLE)
		past_unpack_whole(rows_whole(r, past), entry->hash, row);
	else
		past_unpack(rows_past(r, past), row);
	row->number = number;
	row->links = *closed_links(r, past);
	set_neighbours(r, &row->links, number, number);
	give_back(r, past);
	entry->number = number;
}

static bool has_key(const struct rows *r, uint32_t number,
		    const struct flows_key *key, const struct seg *seg)
{
	const struct past_whole *whole;
	const struct past *past;

	if (!(number & ROWS_PAST))
		return row_has(rows_at(r, number), key, seg);
	if (number & ROWS_WHOLE) {
		whole = rows_whole(r, number);
		return past_low(whole) == key->low &&
		       past_high(whole) == key->high;
	}
	past = rows_past(r, number);
	return past->head.low == key->low && past->head.high == key->high;
}

struct row *rows_find(struct rows *r, const struct flows_key *key,
		      const struct seg *seg)
{
	for (uint32_t at = key->hash & r->mask; r->index[at].number;
	     at = (at + 1) & r->mask) {
		struct entry *entry = &r->index[at];

		if (entry->hash != key->hash ||
		    !has_key(r, entry->number, key, seg))
			continue;
		if (entry->number & ROWS_PAST)
			unpack(r, entry);
		return rows_at(r, entry->number);
	}
	return NULL;
}

void closed_append(struct rows *r, uint32_t number)
{
	struct links *links = closed_links(r, number);

	links->behind = 0;
	links->before = r->last;
	*(r->last ? &closed_links(r, r->last)->behind : &r->first) = number;
	r->last = number;
}

void closed_remove(struct rows *r, uint32_t number)
{
	struct links *links = closed_links(r, number);

	set_neighbours(r, links, links->before, links->behind);
}
