/*
 * The life of connections in the table: begun, judged, begun anew, let go.
 * Knows nothing of where segments come from and what becomes of the findings.
 */
#include "model/flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ground/name.h"
#include "model/flows_own.h"

#define ROW6_LEN (sizeof(struct row) + 2 * sizeof(struct seg_end))

_Static_assert(sizeof(struct row) <= 4 * CACHE_LINE, "a row is to be small");
_Static_assert(ROW6_LEN <= FLOWS_ROW_MAX, "a row is to be small");

/*
 * Once for so many segments it is looked whether connections are over, and
 * some are let go: more than can have begun, and no more than need be waited
 * for.
 */
#define LOOK_EVERY FLOWS_AT_ONCE
#define LET_GO_MAX (2 * LOOK_EVERY)

/*
 * To make room, the one that has been idle longest of so many is let go; in a
 * large table of fewer, as looking takes time.
 */
#define EVICT_AMONG	 64
#define EVICT_AMONG_MANY 8
#define EVICT_MANY	 4096

#define ROWS_MAX (UINT32_C(1) << 30)

/* What only time shows is said of the connection's last frame. */
static void note_found(void *ctx, const struct judge_finding *found)
{
	struct flows *t = ctx;
	struct judge_finding mine = *found;

	t->full = t->notes.held >= NOTES_MAX;
	if (!mine.frame)
		mine.frame = t->judged->last_frame;
	notes_add(&t->notes, &t->judged->note, &mine);
}

struct flows *flows_new(const struct flows_plan *plan)
{
	struct flows *t = flows_alloc(1, sizeof(*t));

	t->plan = *plan;
	if (t->plan.max > ROWS_MAX)
		t->plan.max = ROWS_MAX;
	t->ear = (struct judge_ear){ note_found, t };
	pool_init(&t->pool[0], sizeof(struct row));
	pool_init(&t->pool[1], ROW6_LEN);
	places_init(&t->places);
	t->none = flows_alloc(1, sizeof(*t->none));
	for (size_t i = 0; i < RECENT_MANY; i++)
		t->recent[i] = t->none;
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
	free(t->none);
	free(t);
}

uint64_t flows_evicted(const struct flows *t)
{
	return t->evicted;
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
static void tell(struct flows *t, struct row *row, int64_t at_ns, bool evicted)
{
	struct flows_over o;

	t->judged = row;
	judge_end(&row->judge, at_ns, &t->ear);
	o.id = row->id;
	o.family = row_family(row);
	flows_ends(row, o.end);
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

static void let_go(struct flows *t, struct row *row, int64_t at_ns,
		   bool evicted)
{
	tell(t, row, at_ns, evicted);
	wait_remove(t, row);
	flows_remove(t, row);
	t->moved = true;
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

static void let_over_go(struct flows *t, int64_t now_ns)
{
	struct row *row;

	t->since = 0;
	for (int i = 0; i < LET_GO_MAX && (row = wait_over(t, now_ns)); i++)
		let_go(t, row, now_ns, false);
}

static void evict(struct flows *t, int64_t now_ns)
{
	int among = t->places.n > EVICT_MANY ? EVICT_AMONG_MANY : EVICT_AMONG;
	struct row *idlest = NULL;
	uint32_t number;

	for (int looked = 0; looked < among || !idlest; looked++) {
		struct row *row;

		if (!move_hand(t, &t->evict_hand, &number))
			continue;
		row = row_of(t, number);
		if (row->segments &&
		    (!idlest || row->judge.last_ns < idlest->judge.last_ns))
			idlest = row;
	}
	let_go(t, idlest, now_ns, true);
}

/* The answer to a SYN tells who sent that. */
static enum side opener(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK)
		       ? SIDE_B
		       : SIDE_A;
}

/* What the row is of, from now on; the item was sent by lead->from. */
static void begin(struct flows *t, struct row *row, const struct lead *lead,
		  const struct flows_item *item)
{
	flows_name(row, lead, &item->seg);
	row->id = ++t->last_id;
	row->first_frame = item->frame;
	row->segments = 0;
	row->note = 0;
}

/*
 * The same ends connect anew. When the other one connects this time, it is A
 * from now on: the judge is shown what was before the other way round.
 */
static void reopen(struct flows *t, struct lead *lead,
		   const struct flows_item *item)
{
	struct row *row = lead->row;
	enum side from = opener(&item->seg);
	struct judge old;

	tell(t, row, item->at_ns, false);
	wait_remove(t, row);
	old = row->judge;
	if (lead->from != from) {
		old.half[SIDE_A] = row->judge.half[SIDE_B];
		old.half[SIDE_B] = row->judge.half[SIDE_A];
	}
	lead->from = from;
	t->moved = true;
	begin(t, row, lead, item);
	memset(&row->judge, 0, sizeof(row->judge));
	t->judged = row;
	judge_reopen(&row->judge, &old, from, &item->seg, item->frame,
		     item->at_ns, &t->ear);
}

static struct row *make(struct flows *t, const struct lead *lead,
			const struct flows_item *item)
{
	struct row *row;

	if (t->places.n >= t->plan.max)
		evict(t, item->at_ns);
	row = flows_add(t, lead);
	begin(t, row, lead, item);
	return row;
}

/* The same connection, unless the segment begins another one. */
static bool goes_on(const struct row *row, const struct seg *seg,
		    enum side from)
{
	return !(seg->flags & FLAG_SYN) ||
	       !judge_is_reopened(&row->judge, from, seg);
}

/* The connection's row: it has begun before, begins now, or anew. */
static struct row *judge_in_row(struct flows *t, struct lead *lead,
				const struct flows_item *item)
{
	const struct seg *seg = &item->seg;

	if ((!lead->row || t->moved) && !flows_look_up(t, lead, seg)) {
		lead->from = opener(seg);
		lead->row = make(t, lead, item);
	} else if (!goes_on(lead->row, seg, lead->from)) {
		reopen(t, lead, item);
		return lead->row;
	}
	t->judged = lead->row;
	judge_segment(&lead->row->judge, lead->from, seg, item->frame,
		      item->at_ns, &t->ear);
	return lead->row;
}

static void judge_one(struct flows *t, struct lead *lead,
		      const struct flows_item *item)
{
	struct row *row = judge_in_row(t, lead, item);

	row->last_frame = item->frame;
	row->segments += row->segments < UINT32_MAX;
	if (row->waits | row->judge.closed)
		wait_note(t, row);
	if (t->plan.seen)
		t->plan.seen(t->plan.ctx, row->id, lead->from, &item->seg,
			     &row->judge);
	if (t->full)
		let_go(t, row, item->at_ns, true);
}

void flows_judge(struct flows *t, const struct flows_item *item, size_t n)
{
	struct lead lead[FLOWS_AT_ONCE];

	t->moved = false;
	flows_lead(t, item, n, lead);
	for (size_t i = 0; i < n; i++)
		judge_one(t, &lead[i], &item[i]);
	t->since += (uint32_t)n;
	if (t->since >= LOOK_EVERY)
		let_over_go(t, item[n - 1].at_ns);
}

/* The next row of the pool that is in use, from *at on, or NULL. */
static struct row *next_used(const struct pool *p, uint32_t *at)
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
		struct row *four = next_used(&t->pool[0], &at[0]);
		struct row *six = next_used(&t->pool[1], &at[1]);
		bool is_six = six && (!four || six->id < four->id);

		if (!four && !six)
			return;
		tell(t, is_six ? six : four, at_ns, false);
		at[is_six]++;
	}
}
