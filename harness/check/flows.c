/*
 * The life of connections in the table: begun, judged, begun anew, told of.
 * Knows nothing of where segments come from and what becomes of the findings.
 */
#include "check/flows.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/name.h"
#include "check/flows_beside.h"

#define ROWS_MAX (UINT32_C(1) << 30)

/* Findings held at once, of all connections together: 60 MB. */
#define NOTES_MAX 250000

/* To make room, so many rows are looked at. */
#define EVICT_AMONG 16

struct flows {
	struct flows_plan plan;
	struct rows rows;
	uint32_t last_id;
	uint32_t evict_hand; /* the number of the row looked at last */
	uint64_t evicted;
	uint32_t n_notes;
	uint32_t since;		/* segments since any were let go */
	int64_t passed_ns;	/* the closed were told of up to there */
	struct judge_sink sink; /* note_found's */
	struct row *judged;	/* whose findings are heard */
};

/* A finding that only passing time shows names the connection's last frame. */
static void note_found(void *ctx, const struct judge_finding *found)
{
	struct flows *t = ctx;
	struct note **last = &t->judged->notes, *note;
	size_t n = 0;

	for (; *last; last = &(*last)->next)
		n++;
	if (n >= FLOWS_FOUND_MAX)
		return;
	note = memory_zeroed(1, sizeof(*note));
	note->found = *found;
	if (!found->frame)
		note->found.frame = t->judged->last_frame;
	*last = note;
	t->n_notes++;
}

static void drop_notes(struct flows *t, struct row *row)
{
	while (row->notes) {
		struct note *note = row->notes;

		row->notes = note->next;
		free(note);
		t->n_notes--;
	}
}

struct flows *flows_new(const struct flows_plan *plan)
{
	struct flows *t = memory_zeroed(1, sizeof(*t));

	t->plan = *plan;
	if (t->plan.max > ROWS_MAX)
		t->plan.max = ROWS_MAX;
	if (!t->plan.last_id)
		t->plan.last_id = &t->last_id;
	t->sink = (struct judge_sink){ note_found, t };
	rows_init(&t->rows, plan->seed);
	return t;
}

void flows_free(struct flows *t)
{
	if (!t)
		return;
	for (uint32_t number = 1; t->n_notes; number++)
		drop_notes(t, rows_at(&t->rows, number));
	rows_free(&t->rows);
	free(t);
}

uint64_t flows_evicted(const struct flows *t)
{
	return t->evicted;
}

/* Tells of a connection that has ended, or must. */
static void tell(struct flows *t, struct row *row, int64_t at_ns,
		 uint64_t frame, bool evicted)
{
	struct flows_over o;

	t->judged = row;
	wire_judge_end(&row->judge, at_ns, &t->sink);
	if (row->told && !row->notes)
		return;
	o.again = row->told;
	o.id = row->id;
	o.same_as = 0;
	o.follows = row->follows;
	o.family = row_family(row);
	o.beside = row->family & ROW_BESIDE;
	o.end[SIDE_A] = row->end[row->a];
	o.end[SIDE_B] = row->end[row->a ^ 1];
	o.first_frame = row->first_frame;
	o.last_frame = row->last_frame;
	o.start_ns = row->judge.start_ns;
	o.last_ns = row->judge.last_ns;
	memcpy(o.octets, row->octets, sizeof(o.octets));
	o.segments = row->segments;
	memcpy(o.trail, row->trail, sizeof(o.trail));
	memcpy(o.ttl, row->ttl, sizeof(o.ttl));
	o.evicted = evicted;
	o.told_ns = at_ns;
	o.told_frame = frame;
	wire_judge_summarise(&row->judge, &o.summary);
	o.n_found = 0;
	for (struct note *note = row->notes; note; note = note->next)
		o.found[o.n_found++] = &note->found;
	t->evicted += evicted;
	t->plan.over(t->plan.ctx, &o);
	row->told = true;
	drop_notes(t, row);
}

static void let_go(struct flows *t, struct row *row, int64_t at_ns,
		   uint64_t frame, bool evicted)
{
	tell(t, row, at_ns, frame, evicted);
	rows_remove(&t->rows, row);
}

/*
 * The closed are let go several at once, and each was last touched minutes ago:
 * the row that lies so far behind the first one is asked for, and the entry of
 * the one before it, whose row has come by now.
 */
#define PREFETCH_AHEAD 6

static void prefetch_followers(const struct rows *rows, const struct row *row)
{
	for (int i = 0; i < PREFETCH_AHEAD && row->behind; i++) {
		if (i == PREFETCH_AHEAD - 1)
			rows_prefetch(rows, row->hash);
		row = rows_at(rows, row->behind);
	}
	row_prefetch(row);
}

/*
 * The first of the closed, when it is over; or NULL. When the capture's time
 * goes back, a row whose last segment is in the future would keep all others
 * waiting: it becomes the last of the list.
 */
static struct row *first_over(struct flows *t, int64_t now_ns)
{
	struct rows *rows = &t->rows;
	struct row *row;

	if (!rows->first)
		return NULL;
	row = rows_at(rows, rows->first);
	if (row->judge.last_ns > now_ns) {
		closed_remove(rows, row);
		closed_append(rows, row);
	}
	return wire_judge_is_over(&row->judge, now_ns) ? row : NULL;
}

void flows_let_go_parts(struct flows *const *part, size_t n, int64_t now_ns)
{
	struct row *first[FLOWS_PARTS];
	size_t best;

	for (size_t i = 0; i < n; i++)
		first[i] = first_over(part[i], now_ns);
	for (;;) {
		best = n;
		for (size_t i = 0; i < n; i++)
			if (first[i] &&
			    (best == n ||
			     first[i]->last_frame < first[best]->last_frame))
				best = i;
		if (best == n)
			return;
		prefetch_followers(&part[best]->rows, first[best]);
		let_go(part[best], first[best], now_ns, 0, false);
		first[best] = first_over(part[best], now_ns);
	}
}

static bool is_idler(const struct row *a, const struct row *b)
{
	return a->judge.last_ns < b->judge.last_ns;
}

/*
 * Makes room for one: the idlest of the closed, or of some others if one of
 * these is idle for longer, is let go.
 */
static void evict(struct flows *t, int64_t now_ns, uint64_t frame)
{
	const struct rows *rows = &t->rows;
	struct row *idlest = NULL;

	if (rows->first)
		idlest = rows_at(rows, rows->first);
	for (int i = 0; i < EVICT_AMONG || !idlest; i++) {
		struct row *row;

		t->evict_hand = t->evict_hand % rows->n + 1;
		row = rows_at(rows, t->evict_hand);
		if (row->segments && (!idlest || is_idler(row, idlest)))
			idlest = row;
	}
	let_go(t, idlest, now_ns, frame, true);
}

/* A SYN,ACK shows that its receiver sent the SYN, and so is A. */
static enum side opener(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK)
		       ? SIDE_B
		       : SIDE_A;
}

/* Fills the row of the connection that the item begins, sent by that side. */
static void begin(struct flows *t, struct row *row, enum side from,
		  const struct key *key, const struct flows_item *item)
{
	row->end[key->src] = item->seg.src;
	row->end[key->src ^ 1] = item->seg.dst;
	row->a = from == SIDE_A ? key->src : key->src ^ 1;
	row->family = (uint8_t)((row->family & ROW_MARKS) |
				(unsigned int)item->seg.family);
	row->id = ++*t->plan.last_id;
	if (t->plan.begun)
		t->plan.begun(t->plan.ctx, item->frame);
	row->told = false;
	row->first_frame = item->frame;
	row->octets[SIDE_A] = 0;
	row->octets[SIDE_B] = 0;
	row->ttl[SIDE_A] = 0;
	row->ttl[SIDE_B] = 0;
	row->segments = 0;
}

/*
 * The same ends connect anew. When the other end sends the SYN this time, it is
 * A from now on, and the ends of the connection before change places for the
 * judge.
 */
static enum side reopen(struct flows *t, struct row *row, const struct key *key,
			const struct flows_item *item)
{
	enum side from = opener(&item->seg);
	struct wire_judge old;

	row->judge.followed = true;
	tell(t, row, item->at_ns, item->frame, false);
	row->follows = row->id;
	old = row->judge;
	if (row_sender(row, key) != from) {
		old.end[SIDE_A] = row->judge.end[SIDE_B];
		old.end[SIDE_B] = row->judge.end[SIDE_A];
	}
	begin(t, row, from, key, item);
	memory_clear(&row->judge, sizeof(row->judge));
	wire_judge_reopen(&row->judge, &old, from, &item->seg, item->frame,
			  item->at_ns, &t->sink);
	return from;
}

static struct row *make(struct flows *t, const struct key *key, enum side from,
			const struct flows_item *item)
{
	struct row *row;

	if (t->rows.held >= t->plan.max)
		evict(t, item->at_ns, item->frame);
	row = rows_add(&t->rows, key->hash);
	begin(t, row, from, key, item);
	if (!(item->seg.flags & FLAG_SYN))
		rows_mark(&t->rows, row, ROW_NEW);
	return row;
}

/* The connection of that row once more, beyond a box. */
static struct row *begin_beside(struct flows *t, struct row *row,
				const struct key *key, enum side from,
				const struct flows_item *item)
{
	struct wire_judge judge = row->judge;
	uint32_t id = row->id;
	struct row *other = make(t, key, from, item);

	other->follows = id;
	rows_mark(&t->rows, other, ROW_BESIDE);
	if (other != row) /* or it had to make room */
		rows_mark(&t->rows, row, ROW_BESIDE);
	t->judged = other;
	wire_judge_begin_beside(&other->judge, &judge, from, &item->seg,
				item->frame, item->at_ns, &t->sink);
	return other;
}

/* The row of what a segment of these ends begins; or NULL: nothing. */
static struct row *__attribute__((noinline))
begun_by(struct flows *t, struct row *row, const struct key *key,
	 enum side *from, const struct flows_item *item)
{
	if (beside_begins(&t->rows, row, key, *from, item))
		return begin_beside(t, row, key, *from, item);
	if (!(item->seg.flags & FLAG_SYN) ||
	    !wire_judge_is_reopened(&row->judge, *from, &item->seg))
		return NULL;
	*from = reopen(t, row, key, item);
	return row;
}

static struct row *find(const struct flows *t, const struct key *key,
			const struct seg *seg)
{
	struct row *row = rows_find(&t->rows, key, seg);

	return row || !t->rows.marked ? row : beside_find(&t->rows, key, seg);
}

/* A segment's key, and the row that is likely to be its connection's. */
struct lead {
	struct key key;
	struct row *guess; /* or NULL */
};

/*
 * Judges the segment in the row of its connection, which began before, begins
 * now, or begins anew.
 */
static struct row *judge_in_row(struct flows *t, const struct lead *lead,
				const struct flows_item *item, enum side *from)
{
	const struct seg *seg = &item->seg;
	struct row *row = lead->guess, *begun = NULL;

	if (!row || !row_has(row, &lead->key, seg))
		row = find(t, &lead->key, seg);
	if (!row) {
		*from = opener(seg);
		row = make(t, &lead->key, *from, item);
	} else {
		*from = row_sender(row, &lead->key);
		if (seg->flags & FLAG_SYN || row->family & ROW_NEW)
			begun = begun_by(t, row, &lead->key, from, item);
		if (begun)
			return begun;
	}
	t->judged = row;
	wire_judge_segment(&row->judge, *from, seg, item->frame, item->at_ns,
			   &t->sink);
	return row;
}

/* The row has the last segment of all: in the list, if closed, it is last. */
static void update_closed(struct flows *t, struct row *row)
{
	closed_remove(&t->rows, row);
	if (row->judge.closed)
		closed_append(&t->rows, row);
}

/* Of the first segments. */
static void note_step(struct row *row, enum side from,
		      const struct flows_item *item)
{
	uint64_t step = item->frame - row->last_frame;

	if (step > FLOWS_STEP_MAX)
		step = FLOWS_STEP_MAX;
	row->trail[row->segments] = (uint16_t)(step << 1 | from);
	if (!row->ttl[from])
		row->ttl[from] = item->seg.ttl;
}

static void judge_one(struct flows *t, const struct lead *lead,
		      const struct flows_item *item)
{
	enum side from;
	struct row *row;

	row = judge_in_row(t, lead, item, &from);
	if (row->segments < FLOWS_TRAIL)
		note_step(row, from, item);
	row->last_frame = item->frame;
	row->octets[from] += item->seg.len;
	if (wire_is_few(item->seg.len) &&
	    wire_judge_is_padding(&row->judge, from, &item->seg))
		row->octets[from] -= item->seg.len;
	row->segments += row->segments < UINT32_MAX;
	if (row->waits | row->judge.closed)
		update_closed(t, row);
	if (t->plan.seen)
		t->plan.seen(t->plan.ctx, row->id, from, &item->seg,
			     &row->judge);
	if (t->n_notes >= NOTES_MAX)
		let_go(t, row, item->at_ns, item->frame, true);
}

bool flows_icmp(struct flows *t, const struct seg *quoted,
		enum icmp_error error)
{
	struct key key;
	struct row *row;

	rows_key(&t->rows, quoted, &key);
	row = find(t, &key, quoted);
	if (row)
		wire_judge_icmp(&row->judge, row_sender(row, &key), quoted,
				error);
	return row;
}

/*
 * Entries and rows are asked for before the first segment is judged: they come
 * from memory all at once, not one after another.
 */
void flows_judge_parts(struct flows *const *part, const struct flows_item *item,
		       size_t n)
{
	struct lead lead[FLOWS_AT_ONCE];

	for (size_t i = 0; i < n; i++) {
		const struct rows *rows = &part[item[i].part]->rows;

		rows_key(rows, &item[i].seg, &lead[i].key);
		rows_prefetch(rows, lead[i].key.hash);
	}
	for (size_t i = 0; i < n; i++) {
		const struct rows *rows = &part[item[i].part]->rows;

		lead[i].guess = rows_guess(rows, lead[i].key.hash);
		if (lead[i].guess)
			row_prefetch(lead[i].guess);
	}
	for (size_t i = 0; i < n; i++)
		judge_one(part[item[i].part], &lead[i], &item[i]);
}

void flows_judge(struct flows *t, const struct flows_item *item, size_t n)
{
	flows_judge_parts(&t, item, n);
	t->since += (uint32_t)n;
	if (t->since < FLOWS_AT_ONCE)
		return;
	t->since = 0;
	flows_let_go_parts(&t, 1, item[n - 1].at_ns);
}

/* How often it is looked who has ended, and has been quiet. */
#define PASS_NS (NS_PER_S / 10)

/* The first of the closed whose last segment came after that; or 0. */
static uint32_t closed_after(const struct rows *rows, int64_t ns)
{
	uint32_t number = rows->last, first = 0;

	while (number && rows_at(rows, number)->judge.last_ns > ns) {
		first = number;
		number = rows_at(rows, number)->before;
	}
	return first;
}

void flows_pass(struct flows *t, int64_t now_ns)
{
	int64_t until_ns = now_ns - t->plan.quiet_ns;
	uint32_t number;

	if (!t->plan.quiet_ns || until_ns - t->passed_ns < PASS_NS)
		return;
	number = closed_after(&t->rows, t->passed_ns);
	while (number) {
		struct row *row = rows_at(&t->rows, number);

		if (row->judge.last_ns > until_ns)
			break;
		tell(t, row, now_ns, 0, false);
		number = row->behind;
	}
	t->passed_ns = until_ns;
}

/* A row that is held at the end. */
struct left {
	uint32_t id;
	uint32_t number;
	uint32_t part;
};

/* A radix sort by id; ids of the same digit stay in order. */
#define DIGIT_BITS 12
#define DIGITS	   (1u << DIGIT_BITS)

static void sort_digit(const struct left *from, struct left *to, size_t n,
		       unsigned int shift)
{
	uint32_t begin[DIGITS + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		begin[(from[i].id >> shift) % DIGITS + 1]++;
	for (size_t i = 0; i < DIGITS; i++)
		begin[i + 1] += begin[i];
	for (size_t i = 0; i < n; i++)
		to[begin[(from[i].id >> shift) % DIGITS]++] = from[i];
}

static void sort_left(struct left *left, struct left *room, size_t n,
		      uint32_t last_id)
{
	for (unsigned int shift = 0; shift < 32 && last_id >> shift;
	     shift += 2 * DIGIT_BITS) {
		sort_digit(left, room, n, shift);
		sort_digit(room, left, n, shift + DIGIT_BITS);
	}
}

static size_t list_left(const struct rows *rows, uint32_t part,
			struct left *left)
{
	size_t n = 0;

	for (uint32_t number = 1; number <= rows->n; number++) {
		const struct row *row = rows_at(rows, number);

		if (row->segments)
			left[n++] = (struct left){ row->id, number, part };
	}
	return n;
}

/* A row is asked for while so many others are told of. */
#define AHEAD 8

static struct row *row_of(struct flows *const *part, const struct left *left)
{
	return rows_at(&part[left->part]->rows, left->number);
}

void flows_end_parts(struct flows *const *part, size_t n, int64_t at_ns)
{
	size_t held = 0, listed = 0;
	struct left *left;

	for (size_t i = 0; i < n; i++)
		held += part[i]->rows.held;
	left = memory_zeroed(2 * held + 1, sizeof(*left));
	for (size_t i = 0; i < n; i++)
		listed += list_left(&part[i]->rows, (uint32_t)i, left + listed);
	sort_left(left, left + listed, listed, *part[0]->plan.last_id);
	for (size_t i = 0; i < listed; i++) {
		if (i + AHEAD < listed)
			row_prefetch(row_of(part, &left[i + AHEAD]));
		tell(part[left[i].part], row_of(part, &left[i]), at_ns, 0,
		     false);
	}
	free(left);
}

void flows_end(struct flows *t, int64_t at_ns)
{
	flows_end_parts(&t, 1, at_ns);
}

void flows_tell(struct flows *t, const struct flows_ear *ear)
{
	t->plan.over = ear->over;
	t->plan.begun = ear->begun;
	t->plan.ctx = ear->ctx;
	t->plan.last_id = ear->last_id;
}

void flows_renumber(struct flows *t, uint32_t (*of)(void *ctx, uint32_t id),
		    void *ctx)
{
	for (uint32_t number = 1; number <= t->rows.n; number++) {
		struct row *row = rows_at(&t->rows, number);

		if (!row->segments)
			continue;
		row->id = of(ctx, row->id);
		row->follows = of(ctx, row->follows);
	}
}
