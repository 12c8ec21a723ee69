/*
 * The life of connections in the table: begun, judged, begun anew. Knows
 * nothing of where segments come from and what becomes of the findings.
 */
#include "check/flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "check/flows_own.h"

#define ROW6_LEN (sizeof(struct row) + 2 * sizeof(struct seg_end))

_Static_assert(sizeof(struct row) <= 4 * CACHE_LINE, "a row is to be small");
_Static_assert(ROW6_LEN <= 5 * CACHE_LINE, "a row is to be small");

#define ROWS_MAX (UINT32_C(1) << 29)

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
	rests_init(&t->rests[0], false);
	rests_init(&t->rests[1], true);
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
	rests_free(&t->rests[0]);
	rests_free(&t->rests[1]);
	places_free(&t->places);
	free(t->notes.note);
	free(t->none);
	free(t);
}

uint64_t flows_evicted(const struct flows *t)
{
	return t->evicted;
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

	flows_tell(t, row, item->at_ns, false);
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

	if (t->held >= t->plan.max)
		flows_evict(t, item->at_ns);
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

/* It has ended, or had. Without a branch, as nobody could foretell it. */
static void note_ended(struct flows *t, struct row *row)
{
	t->ended[t->n_ended] = row;
	t->n_ended += row->waits | row->judge.closed;
}

static void judge_one(struct flows *t, struct lead *lead,
		      const struct flows_item *item)
{
	struct row *row = judge_in_row(t, lead, item);

	row->last_frame = item->frame;
	row->segments += row->segments < UINT32_MAX;
	note_ended(t, row);
	if (t->plan.seen)
		t->plan.seen(t->plan.ctx, row->id, lead->from, &item->seg,
			     &row->judge);
	if (t->full)
		flows_let_go(t, row, item->at_ns, true);
}

void flows_judge(struct flows *t, const struct flows_item *item, size_t n)
{
	struct lead lead[FLOWS_AT_ONCE];

	t->moved = false;
	flows_lead(t, item, n, lead);
	for (size_t i = 0; i < n; i++)
		judge_one(t, &lead[i], &item[i]);
	t->since += (uint32_t)n;
	if (t->since < FLOWS_AT_ONCE)
		return;
	t->since = 0;
	flows_look(t, item[n - 1].at_ns);
}
