/*
 * Where a connection is in the table: keys and hashes. Which end is A is a
 * matter of the key's order alone; the hash is the same in both directions.
 */
#include <string.h>
#include <sys/socket.h>

#include "model/flows_own.h"

#define CACHE_LINE 64

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

void flows_key(uint8_t *key, int family, const struct seg_end *a,
	       const struct seg_end *b)
{
	size_t len = addr_len(family);

	memcpy(key, a->addr, len);
	memcpy(key + len, b->addr, len);
	memcpy(key + 2 * len, &a->port, 2);
	memcpy(key + 2 * len + 2, &b->port, 2);
}

static int family_of(uint32_t number)
{
	return number & IN_POOL6 ? AF_INET6 : AF_INET;
}

void flows_ends(const struct flows *t, uint32_t number, struct seg_end end[2])
{
	const uint8_t *key = row_of(t, number)->key;
	size_t len = addr_len(family_of(number));

	for (size_t i = 0; i < 2; i++) {
		memset(&end[i], 0, sizeof(end[i]));
		memcpy(end[i].addr, key + i * len, len);
		memcpy(&end[i].port, key + 2 * len + 2 * i, 2);
	}
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t fold_end(const struct flows *t, int family,
			 const struct seg_end *end)
{
	uint64_t high, low;
	uint32_t addr;

	if (family == AF_INET) {
		memcpy(&addr, end->addr, sizeof(addr));
		return (uint64_t)addr << 16 | end->port;
	}
	memcpy(&high, end->addr, 8);
	memcpy(&low, end->addr + 8, 8);
	return mix(high ^ t->plan.seed[0], low ^ t->plan.seed[1]) +
	       end->port * UINT64_C(0x9e3779b97f4a7c15);
}

static uint32_t hash_ends(const struct flows *t, int family,
			  const struct seg_end *a, const struct seg_end *b)
{
	uint64_t x = fold_end(t, family, a), y = fold_end(t, family, b);
	uint64_t low = x < y ? x : y, high = x < y ? y : x;
	uint64_t h = mix(low ^ t->plan.seed[0], high ^ t->plan.seed[1]);

	h = mix(h ^ t->plan.seed[1], t->plan.seed[0] | 1);
	return (uint32_t)(h ^ h >> 32);
}

uint32_t flows_hash(const struct flows *t, const struct seg *seg)
{
	return hash_ends(t, seg->family, &seg->src, &seg->dst);
}

uint32_t flows_hash_row(const struct flows *t, uint32_t number)
{
	struct seg_end end[2];

	flows_ends(t, number, end);
	return hash_ends(t, family_of(number), &end[0], &end[1]);
}

static const struct place *recent_of(const struct flows *t, uint32_t hash)
{
	return &t->recent[hash % RECENT_MANY];
}

void flows_fetch_place(const struct flows *t, uint32_t hash)
{
	if (recent_of(t, hash)->hash != hash)
		__builtin_prefetch(&t->places.place[hash & t->places.mask]);
}

static uint32_t find_place(const struct flows *t, uint32_t hash)
{
	const struct place *place = t->places.place, *recent;
	uint32_t at = hash & t->places.mask;

	recent = recent_of(t, hash);
	if (recent->hash == hash && recent->row)
		return recent->row;
	while (place[at].row && place[at].hash != hash)
		at = (at + 1) & t->places.mask;
	return place[at].row;
}

void flows_fetch(const struct flows *t, uint32_t number)
{
	const char *row = (const char *)row_of(t, number);
	size_t len = t->pool[0].row_len;

	for (size_t i = 0; i < len; i += CACHE_LINE)
		__builtin_prefetch(row + i, 1);
	__builtin_prefetch(row + len - 1, 1); /* the key */
}

uint32_t flows_fetch_row(const struct flows *t, uint32_t hash)
{
	uint32_t hint = find_place(t, hash);

	if (hint)
		flows_fetch(t, hint - 1);
	return hint;
}

static uint32_t load32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static uint16_t load16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* An end of IPv4 as one number, its octets as they are in memory. */
static uint64_t end4(const uint8_t *addr, uint16_t port)
{
	return (uint64_t)load32(addr) << 16 | port;
}

/* Without a branch for the direction, which nobody could foretell. */
static bool is_row4(const uint8_t *key, const struct seg *seg, enum side *from)
{
	uint64_t a = end4(key, load16(key + 8));
	uint64_t b = end4(key + 4, load16(key + 10));
	uint64_t src = end4(seg->src.addr, seg->src.port);
	uint64_t dst = end4(seg->dst.addr, seg->dst.port);
	bool forth = ((a ^ src) | (b ^ dst)) == 0;
	bool back = ((a ^ dst) | (b ^ src)) == 0;

	*from = (enum side)(SIDE_A + !forth * (SIDE_B - SIDE_A));
	return forth | back;
}

static bool is_key6(const uint8_t *key, const struct seg_end *a,
		    const struct seg_end *b)
{
	return memcmp(key, a->addr, 16) == 0 &&
	       memcmp(key + 16, b->addr, 16) == 0 &&
	       load16(key + 32) == a->port && load16(key + 34) == b->port;
}

static bool is_row(const struct row *row, const struct seg *seg,
		   enum side *from)
{
	if (seg->family == AF_INET)
		return is_row4(row->key, seg, from);
	*from = SIDE_A;
	if (is_key6(row->key, &seg->src, &seg->dst))
		return true;
	*from = SIDE_B;
	return is_key6(row->key, &seg->dst, &seg->src);
}

/* Rows of before the hint may have been let go since, and used again. */
static struct row *try_hint(const struct flows *t, uint32_t number,
			    const struct seg *seg, enum side *from)
{
	struct row *row;

	if (family_of(number) != seg->family)
		return NULL;
	row = row_of(t, number);
	return row->segments && is_row(row, seg, from) ? row : NULL;
}

static struct row *look_up(const struct flows *t, uint32_t hash,
			   const struct seg *seg, uint32_t *number,
			   enum side *from)
{
	const struct places *p = &t->places;
	uint32_t at;

	for (at = hash & p->mask; p->place[at].row; at = (at + 1) & p->mask) {
		struct row *row;

		*number = p->place[at].row - 1;
		if (p->place[at].hash != hash ||
		    family_of(*number) != seg->family)
			continue;
		row = row_of(t, *number);
		if (is_row(row, seg, from))
			return row;
	}
	return NULL;
}

struct row *flows_find(const struct flows *t, uint32_t hash, uint32_t hint,
		       const struct seg *seg, uint32_t *number,
		       enum side *from)
{
	struct row *row = NULL;

	if (hint) {
		*number = hint - 1;
		row = try_hint(t, *number, seg, from);
	}
	return row ? row : look_up(t, hash, seg, number, from);
}
