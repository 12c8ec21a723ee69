/*
 * Where a connection is in the table: names and hashes. Which end is A is a
 * matter of the names' order alone; the hash is the same in both directions.
 */
#include <string.h>
#include <sys/socket.h>

#include "check/flows_own.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t name4(const struct seg_end *end)
{
	uint32_t addr;

	memcpy(&addr, end->addr, sizeof(addr));
	return (uint64_t)addr << 16 | end->port;
}

static uint64_t name6(const struct flows *t, const struct seg_end *end)
{
	uint64_t high, low;

	memcpy(&high, end->addr, 8);
	memcpy(&low, end->addr + 8, 8);
	return (mix(high ^ t->plan.seed[0], low ^ t->plan.seed[1]) +
		end->port * UINT64_C(0x9e3779b97f4a7c15)) |
	       NAME6;
}

static uint64_t name_of(const struct flows *t, int family,
			const struct seg_end *end)
{
	return family == AF_INET ? name4(end) : name6(t, end);
}

/* The same in both directions. */
static uint32_t hash_names(const struct flows *t, uint64_t x, uint64_t y)
{
	uint64_t low = x < y ? x : y, high = x < y ? y : x;
	uint64_t h = mix(low ^ t->plan.seed[0], high ^ t->plan.seed[1]);

	return (uint32_t)(h ^ h >> 32);
}

static void fetch_place(const struct flows *t, uint32_t hash)
{
	__builtin_prefetch(&t->places.place[hash & t->places.mask]);
}

static bool is_end6(const struct seg_end *a, const struct seg_end *b)
{
	return memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 &&
	       a->port == b->port;
}

static bool are_ends6(const struct seg_end ends6[2], const struct seg *seg,
		      enum side from)
{
	return is_end6(&ends6[from], &seg->src) &&
	       is_end6(&ends6[side_other(from)], &seg->dst);
}

/*
 * Whether that is of these ends, and from which. Without a branch for the
 * direction, which nobody could foretell.
 */
static __always_inline bool is_of(const uint64_t name[2], struct lead *lead)
{
	uint64_t a = name[SIDE_A], b = name[SIDE_B];
	uint64_t src = lead->name[0], dst = lead->name[1];
	bool forth = ((a ^ src) | (b ^ dst)) == 0;
	bool back = ((a ^ dst) | (b ^ src)) == 0;

	lead->from = (enum side)(SIDE_A + !forth * (SIDE_B - SIDE_A));
	return forth | back;
}

/* The names of rows that are free still stand there. */
static __always_inline bool is_row(const struct row *row, struct lead *lead,
				   const struct seg *seg)
{
	if (!(is_of(row->name, lead) & (row->segments != 0)))
		return false;
	return !(lead->name[0] & NAME6) ||
	       are_ends6(row->ends6, seg, lead->from);
}

static bool is_rest(const struct resting *rest, struct lead *lead,
		    const struct seg *seg)
{
	return is_of(rest->name, lead) &&
	       (!(lead->name[0] & NAME6) ||
		are_ends6(rest->ends6, seg, lead->from));
}

/*
 * Most often it begins a connection: known long before what a row holds is.
 */
static bool is_opening(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
}

static void begin_lead(const struct flows *t, const struct seg *seg,
		       struct lead *l)
{
	l->name[0] = name_of(t, seg->family, &seg->src);
	l->name[1] = name_of(t, seg->family, &seg->dst);
	l->hash = hash_names(t, l->name[0], l->name[1]);
	l->row = t->recent[l->hash % RECENT_MANY];
	row_fetch(l->row);
}

void flows_lead(const struct flows *t, const struct flows_item *item, size_t n,
		struct lead *lead)
{
	for (size_t i = 0; i < n; i++)
		begin_lead(t, &item[i].seg, &lead[i]);
	for (size_t i = 0; i < n; i++) {
		if (!is_opening(&item[i].seg) &&
		    is_row(lead[i].row, &lead[i], &item[i].seg))
			continue;
		lead[i].row = NULL;
		fetch_place(t, lead[i].hash);
	}
}

static void remember(struct flows *t, uint32_t hash, struct row *row)
{
	t->recent[hash % RECENT_MANY] = row;
}

/* The row, if that place is of the segment's connection: at rest no more. */
static struct row *row_if(struct flows *t, uint32_t place, struct lead *lead,
			  const struct seg *seg)
{
	uint32_t number = t->places.place[place].link - 1;
	struct row *row;

	if (number & AT_REST)
		return is_rest(rests_at(t, number), lead, seg)
			       ? rests_wake(t, place)
			       : NULL;
	row = row_of(t, number);
	return is_row(row, lead, seg) ? row : NULL;
}

bool flows_look_up(struct flows *t, struct lead *lead, const struct seg *seg)
{
	const struct places *p = &t->places;
	uint32_t at = lead->hash & p->mask;
	bool left = false; /* by one that is gone: lead->place */

	for (; p->place[at].link; at = (at + 1) & p->mask) {
		bool gone = place_is_gone(t, p->place[at].link - 1);

		lead->place = left ? lead->place : at;
		left |= gone;
		if (gone || p->place[at].hash != lead->hash)
			continue;
		lead->row = row_if(t, at, lead, seg);
		if (!lead->row)
			continue;
		remember(t, lead->hash, lead->row);
		return true;
	}
	lead->place = left ? lead->place : at;
	places_trim(t, at);
	return false;
}

struct row *flows_take(struct flows *t, bool six)
{
	uint32_t number = pool_take(&t->pool[six]) | (six ? IN_POOL6 : 0);
	struct row *row = row_of(t, number);

	row->number = number;
	return row;
}

struct row *flows_add(struct flows *t, const struct lead *lead)
{
	struct row *row = flows_take(t, lead->name[0] & NAME6);

	places_add(t, lead->place, lead->hash, row->number);
	t->held++;
	remember(t, lead->hash, row);
	return row;
}

void flows_name(struct row *row, const struct lead *lead, const struct seg *seg)
{
	enum side from = lead->from, to = side_other(from);

	row->name[from] = lead->name[0];
	row->name[to] = lead->name[1];
	if (!(lead->name[0] & NAME6))
		return;
	row->ends6[from] = seg->src;
	row->ends6[to] = seg->dst;
}

void flows_give(struct flows *t, struct row *row)
{
	uint32_t number = row->number;

	pool_give(&t->pool[pool_of(number)], number & ~IN_POOL6);
}

static void end_of_name4(uint64_t name, struct seg_end *end)
{
	uint32_t addr = (uint32_t)(name >> 16);

	memcpy(end->addr, &addr, sizeof(addr));
	end->port = (uint16_t)name;
}

void flows_ends(const uint64_t name[2], const struct seg_end ends6[2],
		struct seg_end end[2])
{
	memset(end, 0, 2 * sizeof(*end));
	for (size_t i = 0; i < 2; i++)
		if (name[i] & NAME6)
			end[i] = ends6[i];
		else
			end_of_name4(name[i], &end[i]);
}
