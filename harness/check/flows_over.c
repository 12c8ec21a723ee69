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
		note->found.frame = t->judged->head.last_frame;
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

/* When somebody is told of a connection, and why. */
struct telling {
	int64_t at_ns;
	uint64_t frame; /* which made it end; 0: time has */
	bool evicted;
};

/* All but this is filled in. */
static void say(struct flows *t, struct flows_over *o,
		const struct telling *why)
{
	o->same_as = 0;
	o->evicted = why->evicted;
	o->told_ns = why->at_ns;
	o->told_frame = why->frame;
	t->plan.over(t->plan.ctx, o);
}

/* The rest of o is filled in. */
static void tell(struct flows *t, struct row_head *head, struct flows_over *o,
		 const struct telling *why)
{
	o->again = head->told;
	o->id = head->id;
	o->family = head->family & ~ROW_MARKS;
	o->beside = head->family & ROW_BESIDE;
	o->last_frame = head->last_frame;
	memcpy(o->octets, head->octets, sizeof(o->octets));
	o->segments = head->segments;
	memcpy(o->trail, head->trail, sizeof(o->trail));
	memcpy(o->ttl, head->ttl, sizeof(o->ttl));
	say(t, o, why);
	head->told = true;
}

/* One that has ended, or must. */
static void tell_row(struct flows *t, struct row *row,
		     const struct telling *why)
{
	struct flows_over o;

	flows_settle(t, row);
	t->judged = row;
	wire_judge_end(&row->judge, why->at_ns, &t->sink);
	if (row->head.told && !row->notes)
		return;
	o.follows = row->follows;
	o.end[SIDE_A] = row->end[row->head.a];
	o.end[SIDE_B] = row->end[row->head.a ^ 1];
	o.first_frame = row->first_frame;
	o.start_ns = row->judge.start_ns;
	o.last_ns = row->judge.last_ns;
	wire_judge_summarise(&row->judge, &o.summary);
	o.n_found = 0;
	for (struct note *note = row->notes; note; note = note->next)
		o.found[o.n_found++] = &note->found;
	tell(t, &row->head, &o, why);
	flows_drop_notes(t, row);
}

void flows_say(struct flows *t, struct row *row, int64_t at_ns, uint64_t frame)
{
	tell_row(t, row, &(struct telling){ at_ns, frame, false });
}

/* Of what is past time shows nothing, and nothing was found. */
static void tell_past(struct flows *t, struct past *past,
		      const struct telling *why)
{
	struct flows_over o;

	if (past->head.told)
		return;
	o.follows = past->follows;
	rows_end(past->head.low, &o.end[past->head.a]);
	rows_end(past->head.high, &o.end[past->head.a ^ 1]);
	o.first_frame = past->first_frame;
	o.start_ns = past->judge.start_ns;
	o.last_ns = past->judge.last_ns;
	wire_past_summarise(&past->judge, &o.summary);
	o.n_found = 0;
	tell(t, &past->head, &o, why);
}

static void tell_whole(struct flows *t, struct past_whole *whole,
		       const struct telling *why)
{
	const struct wire_whole *judge = &whole->judge;
	struct flows_over o;

	if (whole->told)
		return;
	o.again = false;
	o.id = whole->id;
	o.follows = 0;
	o.family = AF_INET;
	o.beside = false;
	rows_end(past_low(whole), &o.end[whole->a]);
	rows_end(past_high(whole), &o.end[whole->a ^ 1]);
	o.first_frame = whole->first_frame;
	o.last_frame = past_last_frame(whole);
	o.start_ns = judge->start_ns;
	o.last_ns = wire_whole_last_ns(judge);
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		o.octets[side] = wire_whole_octets(judge, side);
		o.ttl[side] = judge->end[side].ttl;
	}
	o.segments = whole->segments;
	past_trail(whole, o.trail);
	wire_whole_summarise(judge, &o.summary);
	o.n_found = 0;
	say(t, &o, why);
	whole->told = true;
}

/* Of a number. */
static void tell_of(struct flows *t, uint32_t number, int64_t at_ns,
		    uint64_t frame, bool evicted)
{
	struct telling why = { at_ns, frame, evicted };

	if (!(number & ROWS_PAST))
		tell_row(t, rows_at(&t->rows, number), &why);
	else if (number & ROWS_WHOLE)
		tell_whole(t, rows_whole(&t->rows, number), &why);
	else
		tell_past(t, rows_past(&t->rows, number), &why);
}

void flows_let_go(struct flows *t, uint32_t number, int64_t at_ns,
		  uint64_t frame, bool evicted)
{
	tell_of(t, number, at_ns, frame, evicted);
	rows_remove(&t->rows, number);
}

/* Asks for all of it. */
static __always_inline void prefetch(const struct rows *rows, uint32_t number)
{
	if (number & ROWS_PAST)
		pasts_prefetch(&rows->past[rows_kind(number)],
			       rows_within(number));
	else
		row_prefetch_all(rows_at(rows, number));
}

/*
 * The closed are let go several at once, and each was last touched minutes ago:
 * the one that lies so far behind the first is asked for, and the entry of the
 * one before it, which has come by now. In line: GCC leaves out the call of a
 * function that has no effect but this.
 */
#define PREFETCH_AHEAD 2

static __always_inline void prefetch_followers(const struct rows *rows,
					       uint32_t number)
{
	for (int i = 0; i < PREFETCH_AHEAD; i++) {
		uint32_t behind = closed_links(rows, number)->behind;

		if (!behind)
			break;
		if (i == PREFETCH_AHEAD - 1)
			rows_prefetch(rows, closed_hash(rows, number));
		number = behind;
	}
	prefetch(rows, number);
}

/*
 * The first of the closed, when it is over; or 0. When the capture's time goes
 * back, one whose last segment is in the future would keep all others waiting:
 * it becomes the last of the list.
 */
static uint32_t first_over(struct flows *t, int64_t now_ns)
{
	struct rows *rows = &t->rows;
	uint32_t number = rows->first;
	int64_t last_ns;

	if (!number)
		return 0;
	last_ns = closed_last_ns(rows, number);
	if (last_ns > now_ns) {
		closed_remove(rows, number);
		closed_append(rows, number);
	}
	return wire_is_over(last_ns, now_ns) ? number : 0;
}

/* What is over of a part: frame is UINT64_MAX when there is none. */
struct over {
	uint32_t number;
	uint64_t frame; /* its last */
};

static struct over next_over(struct flows *t, int64_t now_ns)
{
	uint32_t number = first_over(t, now_ns);

	if (!number)
		return (struct over){ 0, UINT64_MAX };
	return (struct over){ number, closed_last_frame(&t->rows, number) };
}

void flows_let_go_parts(struct flows *const *part, size_t n, int64_t now_ns)
{
	struct over over[FLOWS_PARTS];
	size_t best;

	over[0] = (struct over){ 0, UINT64_MAX }; /* of no parts, none */
	for (size_t i = 0; i < n; i++)
		over[i] = next_over(part[i], now_ns);
	for (;;) {
		best = 0;
		for (size_t i = 1; i < n; i++)
			best = over[i].frame < over[best].frame ? i : best;
		if (!over[best].number)
			return;
		prefetch_followers(&part[best]->rows, over[best].number);
		flows_let_go(part[best], over[best].number, now_ns, 0, false);
		over[best] = next_over(part[best], now_ns);
	}
}

/*
 * Makes room for one: the idlest of the closed, or of some others if one of
 * these is idle for longer, is let go.
 */
void flows_evict(struct flows *t, int64_t now_ns, uint64_t frame)
{
	const struct rows *rows = &t->rows;
	uint32_t idlest = rows->first;

	for (int i = 0; i < EVICT_AMONG || !idlest; i++) {
		uint32_t number = t->evict_hand % rows->n + 1;

		t->evict_hand = number;
		if (rows_at(rows, number)->head.family &&
		    (!idlest || closed_last_ns(rows, number) <
					closed_last_ns(rows, idlest)))
			idlest = number;
	}
	flows_let_go(t, idlest, now_ns, frame, true);
}

/* How often it is looked who has ended, and has been quiet. */
#define PASS_NS (NS_PER_S / 10)

/* The first of the closed whose last segment came after that; or 0. */
static uint32_t closed_after(const struct rows *rows, int64_t ns)
{
	uint32_t number = rows->last, first = 0;

	while (number && closed_last_ns(rows, number) > ns) {
		first = number;
		number = closed_links(rows, number)->before;
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
	while (number && closed_last_ns(&t->rows, number) <= until_ns) {
		tell_of(t, number, now_ns, 0, false);
		number = closed_links(&t->rows, number)->behind;
	}
	t->passed_ns = until_ns;
}

/* A connection that is held at the end. */
struct left {
	uint32_t id;
	uint32_t number;
	uint32_t part;
};

/* A radix sort by id; ids of the same digit stay in order. */
#define DIGIT_BITS 12
#define DIGITS	   (1u << DIGIT_BITS)

/* The last digit of four begins behind an id's bits, and is 0. */
static inline uint32_t digit_of(const struct left *left, unsigned int shift)
{
	return (uint32_t)((uint64_t)left->id >> shift) % DIGITS;
}

static void sort_digit(const struct left *from, struct left *to, size_t n,
		       unsigned int shift)
{
	uint32_t begin[DIGITS + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		begin[digit_of(&from[i], shift) + 1]++;
	for (size_t i = 0; i < DIGITS; i++)
		begin[i + 1] += begin[i];
	for (size_t i = 0; i < n; i++)
		to[begin[digit_of(&from[i], shift)]++] = from[i];
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

static uint32_t past_id(const struct rows *rows, uint32_t number)
{
	return number & ROWS_WHOLE ? rows_whole(rows, number)->id
				   : rows_past(rows, number)->head.id;
}

static size_t list_past(const struct rows *rows, enum past_kind kind,
			uint32_t part, struct left *left)
{
	const struct pasts *pasts = &rows->past[kind];
	size_t n = 0;

	for (uint32_t i = 1; i <= pasts->n; i++) {
		uint32_t number = i | rows_kind_bits(kind);

		if (pasts_has_next(pasts, i))
			left[n++] = (struct left){ past_id(rows, number),
						   number, part };
	}
	return n;
}

static size_t list_left(const struct rows *rows, uint32_t part,
			struct left *left)
{
	size_t n = 0;

	for (uint32_t number = 1; number <= rows->n; number++) {
		const struct row *row = rows_at(rows, number);

		if (row->head.family)
			left[n++] = (struct left){ row->head.id, number, part };
	}
	n += list_past(rows, PAST_JUDGED, part, left + n);
	return n + list_past(rows, PAST_WHOLE, part, left + n);
}

/* Each is asked for while so many others are told of. */
#define AHEAD 8

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
			prefetch(&part[left[i + AHEAD].part]->rows,
				 left[i + AHEAD].number);
		tell_of(part[left[i].part], left[i].number, at_ns, 0, false);
	}
	free(left);
}
