/*
 * The end of connections in the table: they are told of with what was found of
 * them, let go, or made room of. Knows nothing of how they are judged.
 */
#include "check/flows.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "check/flows_own.h"

/* To make room, so many rows are looked at. */
#define EVICT_AMONG 16

/* A finding that only passing time shows names the connection's last frame. */
void flows_note(void *ctx, const struct judge_finding *found)
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

void flows_drop_notes(struct flows *t, struct row *row)
{
	while (row->notes) {
		struct note *note = row->notes;

		row->notes = note->next;
		free(note);
		t->n_notes--;
	}
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
	flows_drop_notes(t, row);
}

void flows_say(struct flows *t, struct row *row, int64_t at_ns, uint64_t frame)
{
	tell(t, row, at_ns, frame, false);
}

void flows_let_go(struct flows *t, struct row *row, int64_t at_ns,
		  uint64_t frame, bool evicted)
{
	tell(t, row, at_ns, frame, evicted);
	rows_remove(&t->rows, row);
}

/*
 * The closed are let go several at once, and each was last touched minutes ago:
 * the row that lies so far behind the first one is asked for, and the entry of
 * the one before it, whose row has come by now. In line: GCC leaves out the call
 * of a function that has no effect but this.
 */
#define PREFETCH_AHEAD 2

static __always_inline void prefetch_followers(const struct rows *rows,
					       const struct row *row)
{
	for (int i = 0; i < PREFETCH_AHEAD && row->behind; i++) {
		if (i == PREFETCH_AHEAD - 1)
			rows_prefetch(rows, row->hash);
		row = rows_at(rows, row->behind);
	}
	row_prefetch_all(row);
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
		flows_let_go(part[best], first[best], now_ns, 0, false);
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
void flows_evict(struct flows *t, int64_t now_ns, uint64_t frame)
{
	const struct rows *rows = &t->rows;
	struct row *idlest = NULL;

	if (rows->first)
		idlest = rows_at(rows, rows->first);
	for (int i = 0; i < EVICT_AMONG || !idlest; i++) {
		struct row *row;

		t->evict_hand = t->evict_hand % rows->n + 1;
		row = rows_at(rows, t->evict_hand);
		if (row->family && (!idlest || is_idler(row, idlest)))
			idlest = row;
	}
	flows_let_go(t, idlest, now_ns, frame, true);
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

		if (row->family)
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
			row_prefetch_all(row_of(part, &left[i + AHEAD]));
		tell(part[left[i].part], row_of(part, &left[i]), at_ns, 0,
		     false);
	}
	free(left);
}

void flows_end(struct flows *t, int64_t at_ns)
{
	flows_end_parts(&t, 1, at_ns);
}
