/*
 * How connections leave the table: laid down when they have ended, let go when
 * they are over, or to make room, or at the end of all. Knows nothing of how
 * they are found and judged.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "check/flows_own.h"

/* At once no more are let go: more than can have begun meanwhile. */
#define LET_GO_MAX (2 * FLOWS_AT_ONCE)

/*
 * To make room, the one that has been idle longest of so many is let go; in a
 * large table of fewer, as looking takes time.
 */
#define EVICT_AMONG	 64
#define EVICT_AMONG_MANY 8
#define EVICT_MANY	 4096

static void list_found(const struct flows *t, const struct row *row,
		       struct flows_over *o)
{
	uint32_t at = row->note;

	while (at && o->n_found < FLOWS_FOUND_MAX) {
		o->found[o->n_found++] = &t->notes.note[at - 1].found;
		at = t->notes.note[at - 1].next;
	}
}

static void pass_on(struct flows *t, struct flows_over *o, bool evicted)
{
	o->evicted = evicted;
	t->evicted += evicted;
	t->plan.over(t->plan.ctx, o);
}

void flows_tell(struct flows *t, struct row *row, int64_t at_ns, bool evicted)
{
	struct flows_over o;

	t->judged = row;
	judge_end(&row->judge, at_ns, &t->ear);
	o.id = row->id;
	o.family = row_family(row);
	flows_ends(row->name, row->ends6, o.end);
	o.first_frame = row->first_frame;
	o.last_frame = row->last_frame;
	o.segments = row->segments;
	o.n_found = 0;
	judge_summarise(&row->judge, &o.summary);
	list_found(t, row, &o);
	pass_on(t, &o, evicted);
	notes_drop(&t->notes, row->note);
	row->note = 0;
	t->full = false;
}

void flows_let_go(struct flows *t, struct row *row, int64_t at_ns, bool evicted)
{
	flows_tell(t, row, at_ns, evicted);
	wait_remove(t, row);
	place_of(t, row)->link = NOBODY + 1;
	flows_give(t, row);
	t->held--;
	t->moved = true;
}

/* Of one at rest nothing is found any more. */
static void tell_rest(struct flows *t, const struct resting *rest, bool six,
		      bool evicted)
{
	struct flows_over o;

	o.id = rest->id;
	o.family = six ? AF_INET6 : AF_INET;
	flows_ends(rest->name, rest->ends6, o.end);
	o.first_frame = rest->first_frame;
	o.last_frame = rest->first_frame + rest->frames;
	o.segments = rest->segments;
	o.n_found = 0;
	judge_packed_summarise(&rest->judge, &o.summary);
	pass_on(t, &o, evicted);
}

/* The first one, which there is. */
static void let_rest_go(struct flows *t, struct rests *r, bool evicted)
{
	tell_rest(t, rests_first(r), r->six, evicted);
	rests_drop(r);
	t->held--;
}

static void lay_one_down(struct flows *t, struct row *row)
{
	if (!row->segments)
		return; /* let go, or laid down, since */
	if (!row->judge.closed)
		wait_remove(t, row);
	else if (!row->waits && rests_add(t, row))
		flows_give(t, row);
	else
		wait_add(t, row);
}

static void lay_down(struct flows *t)
{
	for (uint32_t i = 0; i < t->n_ended; i++)
		__builtin_prefetch(place_of(t, t->ended[i]), 1);
	for (uint32_t i = 0; i < t->n_ended; i++)
		lay_one_down(t, t->ended[i]);
	t->n_ended = 0;
}

static bool let_one_go(struct flows *t, int64_t now_ns)
{
	struct row *row = wait_over(t, now_ns);

	if (row) {
		flows_let_go(t, row, now_ns, false);
		return true;
	}
	for (struct rests *r = t->rests; r < t->rests + 2; r++) {
		if (!rests_over(t, r, now_ns))
			continue;
		let_rest_go(t, r, false);
		return true;
	}
	return false;
}

void flows_look(struct flows *t, int64_t now_ns)
{
	lay_down(t);
	for (int i = 0; i < LET_GO_MAX && let_one_go(t, now_ns); i++)
		;
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

/* The row that has been idle longest among some, or NULL: all are at rest. */
static struct row *idlest_row(struct flows *t)
{
	int among = t->held > EVICT_MANY ? EVICT_AMONG_MANY : EVICT_AMONG;
	uint32_t rows = t->pool[0].n + t->pool[1].n + 1;
	struct row *idlest = NULL;
	uint32_t number;

	for (uint32_t i = 0; i < rows && (among > 0 || !idlest); i++) {
		struct row *row;

		among--;
		if (!move_hand(t, &t->evict_hand, &number))
			continue;
		row = row_of(t, number);
		if (row->segments &&
		    (!idlest || row->judge.last_ns < idlest->judge.last_ns))
			idlest = row;
	}
	return idlest;
}

/* Those whose first one has been idle longest, since then or before. */
static struct rests *idlest_rests(struct flows *t, int64_t since_ns)
{
	struct rests *idlest = NULL;

	for (struct rests *r = t->rests; r < t->rests + 2; r++) {
		const struct resting *first = rests_first(r);

		if (!first || first->judge.last_ns > since_ns)
			continue;
		since_ns = first->judge.last_ns;
		idlest = r;
	}
	return idlest;
}

void flows_evict(struct flows *t, int64_t now_ns)
{
	struct row *row = idlest_row(t);
	struct rests *r = idlest_rests(t, row ? row->judge.last_ns : INT64_MAX);

	if (r)
		let_rest_go(t, r, true);
	else
		flows_let_go(t, row, now_ns, true);
}

/* One that is left at the end. */
struct left {
	uint32_t id;
	uint32_t number;
};

static size_t list_left(const struct flows *t, size_t pool, struct left *left)
{
	const struct rests *r = &t->rests[pool];
	size_t n = 0;

	for (uint32_t at = 0; at < t->pool[pool].n; at++) {
		const struct row *row = pool_row(&t->pool[pool], at);

		if (row->segments)
			left[n++] = (struct left){ row->id, row->number };
	}
	for (uint32_t at = r->head; at != r->tail; at++) {
		uint32_t number = rests_number(r, at);
		const struct resting *rest = rests_at(t, number);

		if (rest->segments)
			left[n++] = (struct left){ rest->id, number };
	}
	return n;
}

/* Ids are sorted by one digit after another. */
#define DIGIT_BITS 12
#define DIGITS	   (1u << DIGIT_BITS)

static uint32_t digit(uint32_t id, unsigned int shift)
{
	return (uint32_t)((uint64_t)id >> shift) % DIGITS;
}

/* Those that have the same digit stay in order. */
static void sort_digit(const struct left *from, struct left *to, size_t n,
		       unsigned int shift)
{
	uint32_t begin[DIGITS + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		begin[digit(from[i].id, shift) + 1]++;
	for (size_t i = 0; i < DIGITS; i++)
		begin[i + 1] += begin[i];
	for (size_t i = 0; i < n; i++)
		to[begin[digit(from[i].id, shift)]++] = from[i];
}

static void tell_left(struct flows *t, const struct left *left, int64_t at_ns)
{
	uint32_t number = left->number;

	if (number & AT_REST)
		tell_rest(t, rests_at(t, number), number & IN_POOL6, false);
	else
		flows_tell(t, row_of(t, number), at_ns, false);
}

void flows_end(struct flows *t, int64_t at_ns)
{
	size_t n = t->held;
	struct left *left, *other;
	unsigned int shift = 0;

	places_free(&t->places); /* its memory is needed */
	left = flows_alloc(2 * n + 1, sizeof(*left));
	other = left + n;
	list_left(t, 1, left + list_left(t, 0, left));
	for (; shift < 32; shift += 2 * DIGIT_BITS) {
		sort_digit(left, other, n, shift);
		sort_digit(other, left, n, shift + DIGIT_BITS);
	}
	for (size_t i = 0; i < n; i++)
		tell_left(t, &left[i], at_ns);
	free(left);
}
