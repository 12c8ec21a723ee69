/*
 * The table of connections. A connection costs one row and one place; which
 * end is A is a matter of its key alone. Knows nothing of where segments come
 * from and what becomes of the findings.
 */
#include "model/flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ground/clock.h"
#include "ground/name.h"
#include "model/flows_own.h"

_Static_assert(sizeof(struct row) + KEY_MAX <= FLOWS_ROW_MAX,
	       "a row is to be small");

/* One row is looked at for so many segments, to see whether it is over. */
#define SWEEP_EVERY 4
/* The table is not walked again before the capture is so much older. */
#define SWEEP_PAUSE (10 * NS_PER_S)

/*
 * To make room, the one that has been idle longest of so many is let go; in a
 * large table of fewer, as looking takes time.
 */
#define EVICT_AMONG	  64
#define EVICT_AMONG_MANY  8
#define EVICT_MANY	  4096

#define CACHE_LINE 64

#define ROWS_MAX (UINT32_C(1) << 30)

struct flows {
	struct flows_plan plan;
	struct pool pool[2]; /* IPv4, IPv6 */
	struct places places;
	struct notes notes;
	uint32_t last_id;
	uint32_t hand; /* where the sweep has got to */
	uint32_t evict_hand;
	uint32_t since; /* segments since it last looked */
	int64_t swept_ns; /* when it last was at the beginning */
	uint64_t evicted;
	uint32_t *note; /* the list of the row being judged */
	bool flip; /* its judge's A is the one before's B */
	bool full; /* there is no room for more findings */
};

struct flows *flows_new(const struct flows_plan *plan)
{
	struct flows *t = flows_alloc(1, sizeof(*t));

	t->plan = *plan;
	if (t->plan.max > ROWS_MAX)
		t->plan.max = ROWS_MAX;
	pool_init(&t->pool[0], KEY4_LEN);
	pool_init(&t->pool[1], KEY6_LEN);
	places_init(&t->places);
	return t;
}

void flows_free(struct flows *t)
{
	if (!t)
		return;
	pool_free(&t->pool[0]);
	pool_free(&t->pool[1]);
	free(t->places.place);
	free(t->notes.note);
	free(t);
}

uint64_t flows_evicted(const struct flows *t)
{
	return t->evicted;
}

static struct pool *pool_of(struct flows *t, uint32_t number)
{
	return &t->pool[!!(number & IN_POOL6)];
}

static struct row *row_of(const struct flows *t, uint32_t number)
{
	return pool_row(&t->pool[!!(number & IN_POOL6)], number & ~IN_POOL6);
}

static void put_end(uint8_t *key, const struct seg_end *end, size_t len)
{
	memcpy(key, end->addr, len);
	memcpy(key + len, &end->port, sizeof(end->port));
}

/* The key of the connection as if a had opened it. */
static void make_key(uint8_t key[KEY_MAX], int family,
		     const struct seg_end *a, const struct seg_end *b)
{
	if (family == AF_INET) { /* the lengths are known: no calls */
		put_end(key, a, 4);
		put_end(key + KEY4_LEN / 2, b, 4);
	} else {
		put_end(key, a, 16);
		put_end(key + KEY6_LEN / 2, b, 16);
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

/* The same in both directions. */
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

void flows_fetch_place(const struct flows *t, uint32_t hash)
{
	__builtin_prefetch(&t->places.place[hash & t->places.mask]);
}

void flows_fetch_row(const struct flows *t, uint32_t hash)
{
	const struct places *p = &t->places;
	uint32_t at = hash & p->mask;
	const char *row;
	size_t len;

	while (p->place[at].row && p->place[at].hash != hash)
		at = (at + 1) & p->mask;
	if (!p->place[at].row)
		return;
	row = (const char *)row_of(t, p->place[at].row - 1);
	len = t->pool[0].row_len;
	for (size_t i = 0; i < len; i += CACHE_LINE)
		__builtin_prefetch(row + i, 1);
	__builtin_prefetch(row + len - 1, 1); /* the key */
}

static bool is_key(const uint8_t *key, const uint8_t *other, bool six)
{
	uint64_t x, y;

	if (six)
		return memcmp(key, other, KEY6_LEN) == 0;
	memcpy(&x, key, sizeof(x));
	memcpy(&y, other, sizeof(y));
	if (x != y)
		return false;
	memcpy(&x, key + KEY4_LEN - sizeof(x), sizeof(x));
	memcpy(&y, other + KEY4_LEN - sizeof(y), sizeof(y));
	return x == y;
}

/* The row of seg's connection and who of it sent seg, or NULL. */
static struct row *find_row(const struct flows *t, uint32_t hash,
			    const struct seg *seg, uint32_t *number,
			    enum side *from)
{
	const struct places *p = &t->places;
	bool six = seg->family != AF_INET;
	uint8_t key[2][KEY_MAX]; /* sent by A, by B */
	uint32_t at;

	make_key(key[SIDE_A], seg->family, &seg->src, &seg->dst);
	make_key(key[SIDE_B], seg->family, &seg->dst, &seg->src);
	for (at = hash & p->mask; p->place[at].row; at = (at + 1) & p->mask) {
		struct row *row;

		*number = p->place[at].row - 1;
		if (p->place[at].hash != hash || !!(*number & IN_POOL6) != six)
			continue;
		row = row_of(t, *number);
		for (int s = SIDE_A; s <= SIDE_B; s++) {
			*from = (enum side)s;
			if (is_key(row->key, key[s], six))
				return row;
		}
	}
	return NULL;
}

static struct row *add_row(struct flows *t, uint32_t hash, int family,
			   uint32_t *number)
{
	bool six = family != AF_INET;
	uint32_t at = pool_take(&t->pool[six]);

	*number = six ? at | IN_POOL6 : at;
	places_add(&t->places, hash, *number);
	return row_of(t, *number);
}

static void note_found(void *ctx, const struct judge_finding *found)
{
	struct flows *t = ctx;
	struct judge_finding mine = *found;

	t->full = t->notes.held >= NOTES_MAX;
	if (t->flip)
		mine.side = side_other(mine.side);
	notes_add(&t->notes, t->note, &mine);
}

static struct judge_ear ear_for(struct flows *t, uint32_t *note)
{
	t->note = note;
	return (struct judge_ear){ note_found, t };
}

static void take_end(struct seg_end *end, const uint8_t *key, size_t len)
{
	memset(end, 0, sizeof(*end));
	memcpy(end->addr, key, len);
	memcpy(&end->port, key + len, sizeof(end->port));
}

static void take_ends(const struct flows *t, uint32_t number,
		      struct seg_end end[2])
{
	const struct row *row = row_of(t, number);
	size_t len = number & IN_POOL6 ? KEY6_LEN / 2 : KEY4_LEN / 2;

	take_end(&end[SIDE_A], row->key, len - 2);
	take_end(&end[SIDE_B], row->key + len, len - 2);
}

static void list_found(const struct flows *t, const struct row *row,
		       struct flows_over *o)
{
	uint32_t at = row->note;

	while (at && o->n_found < FLOWS_FOUND_MAX) {
		o->found[o->n_found++] = &t->notes.note[at - 1].found;
		at = t->notes.note[at - 1].next;
	}
}

/* The connection has ended, or must: its judge is heard and it is told of. */
static void tell(struct flows *t, uint32_t number, int64_t at_ns, bool evicted)
{
	struct row *row = row_of(t, number);
	struct judge_ear ear = ear_for(t, &row->note);
	struct flows_over o;

	judge_end(&row->judge, at_ns, &ear);
	o.id = row->id;
	o.family = number & IN_POOL6 ? AF_INET6 : AF_INET;
	take_ends(t, number, o.end);
	o.first_frame = row->first_frame;
	o.last_frame = row->last_frame;
	o.segments = row->segments;
	o.evicted = evicted;
	o.n_found = 0;
	judge_summarise(&row->judge, &o.summary);
	list_found(t, row, &o);
	t->evicted += evicted;
	t->plan.over(t->plan.ctx, &o);
	notes_drop(&t->notes, row->note);
	row->note = 0;
	t->full = false;
}

static void let_go(struct flows *t, uint32_t number, int64_t at_ns,
		   bool evicted)
{
	struct seg_end end[2];
	uint32_t hash;

	tell(t, number, at_ns, evicted);
	take_ends(t, number, end);
	hash = hash_ends(t, number & IN_POOL6 ? AF_INET6 : AF_INET, &end[0],
			 &end[1]);
	places_remove(&t->places, hash, number);
	pool_give(pool_of(t, number), number & ~IN_POOL6);
}

/* The row the hand is at, which moves on; false: it was at the end. */
static bool move_hand(const struct flows *t, uint32_t *hand, uint32_t *number)
{
	uint32_t at = *hand, n4 = t->pool[0].n;

	if (at >= n4 + t->pool[1].n) {
		*hand = 0;
		return false;
	}
	*number = at < n4 ? at : (at - n4) | IN_POOL6;
	++*hand;
	return true;
}

/* A little of the table at a time, so that no segment waits for it. */
static void sweep(struct flows *t, int64_t now_ns)
{
	const struct row *row;
	uint32_t number;

	if (++t->since < SWEEP_EVERY)
		return;
	t->since = 0;
	if (t->hand == 0) {
		if (now_ns - t->swept_ns < SWEEP_PAUSE &&
		    now_ns >= t->swept_ns)
			return;
		t->swept_ns = now_ns;
	}
	if (!move_hand(t, &t->hand, &number))
		return;
	row = row_of(t, number);
	if (row->segments && judge_is_over(&row->judge, now_ns))
		let_go(t, number, now_ns, false);
}

static void evict(struct flows *t, int64_t now_ns)
{
	int among = t->places.n > EVICT_MANY ? EVICT_AMONG_MANY : EVICT_AMONG;
	uint32_t number, idlest = 0;
	int64_t last = INT64_MAX;

	for (int looked = 0; looked < among || !idlest; looked++) {
		const struct row *row;

		if (!move_hand(t, &t->evict_hand, &number))
			continue;
		row = row_of(t, number);
		if (row->segments && row->judge.last_ns < last) {
			last = row->judge.last_ns;
			idlest = number + 1;
		}
	}
	if (idlest)
		let_go(t, idlest - 1, now_ns, true);
}

/* The answer to a SYN tells who sent that. */
static enum side opener(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK) ?
		       SIDE_B :
		       SIDE_A;
}

/* What the row is of, from now on; seg was sent by from. */
static void begin(struct flows *t, struct row *row, enum side from,
		  const struct seg *seg, uint64_t frame)
{
	const struct seg_end *a = from == SIDE_A ? &seg->src : &seg->dst;
	const struct seg_end *b = from == SIDE_A ? &seg->dst : &seg->src;
	uint8_t key[KEY_MAX];

	make_key(key, seg->family, a, b);
	memcpy(row->key, key, seg->family == AF_INET ? KEY4_LEN : KEY6_LEN);
	row->id = ++t->last_id;
	row->first_frame = frame;
	row->segments = 0;
	row->note = 0;
}

/*
 * The same ends connect anew. When the other one connects this time, it is A
 * from now on, and what the judge finds about the reuse is turned round.
 */
static void reopen(struct flows *t, uint32_t number, enum side from,
		   const struct seg *seg, uint64_t frame, int64_t at_ns)
{
	struct row *row = row_of(t, number);
	struct judge old, fresh = { 0 };
	struct judge_ear ear;

	tell(t, number, at_ns, false);
	old = row->judge;
	begin(t, row, SIDE_A, seg, frame);
	ear = ear_for(t, &row->note);
	t->flip = from == SIDE_B;
	judge_reopen(&fresh, &old, from, seg, frame, at_ns, &ear);
	t->flip = false;
	row->judge = fresh;
	if (from == SIDE_B) { /* it knows of one SYN, and not who is who */
		row->judge.half[SIDE_A] = fresh.half[SIDE_B];
		row->judge.half[SIDE_B] = fresh.half[SIDE_A];
	}
}

static struct row *make(struct flows *t, uint32_t hash, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			uint32_t *number)
{
	struct row *row;

	if (t->places.n >= t->plan.max)
		evict(t, at_ns);
	row = add_row(t, hash, seg->family, number);
	begin(t, row, from, seg, frame);
	return row;
}

static bool is_syn(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_SYN;
}

void flows_segment(struct flows *t, uint32_t hash, const struct seg *seg,
		   uint64_t frame, int64_t at_ns)
{
	struct judge_ear ear;
	uint32_t number;
	enum side from;
	struct row *row = find_row(t, hash, seg, &number, &from);

	if (row && is_syn(seg) &&
	    judge_is_reopened(&row->judge, from, seg)) {
		reopen(t, number, from, seg, frame, at_ns);
		from = SIDE_A;
	} else {
		if (!row) {
			from = opener(seg);
			row = make(t, hash, from, seg, frame, at_ns, &number);
		}
		ear = ear_for(t, &row->note);
		judge_segment(&row->judge, from, seg, frame, at_ns, &ear);
	}
	row->last_frame = frame;
	row->segments += row->segments < UINT32_MAX;
	if (t->plan.seen)
		t->plan.seen(t->plan.ctx, row->id, from, seg, &row->judge);
	if (t->full)
		let_go(t, number, at_ns, true);
	sweep(t, at_ns);
}

/* The next row of the pool that is in use, from *at on, or NULL. */
static const struct row *next_used(const struct pool *p, uint32_t *at)
{
	for (; *at < p->n; ++*at)
		if (pool_row(p, *at)->segments)
			return pool_row(p, *at);
	return NULL;
}

void flows_end(struct flows *t, int64_t at_ns)
{
	uint32_t at[2] = { 0, 0 };

	for (;;) {
		const struct row *four = next_used(&t->pool[0], &at[0]);
		const struct row *six = next_used(&t->pool[1], &at[1]);
		bool is_six = six && (!four || six->id < four->id);

		if (!four && !six)
			return;
		tell(t, is_six ? at[1] | IN_POOL6 : at[0], at_ns, false);
		at[is_six]++;
	}
}
