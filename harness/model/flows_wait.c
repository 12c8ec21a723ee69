/*
 * Connections that have ended wait here until no segment can belong to them
 * any more: a list in the order of their last segments, so that only the first
 * one need be looked at. Knows nothing of what becomes of it then.
 */
#include "model/flows_own.h"

/* So many are let go before one whose memory is asked for. */
#define AHEAD 8

static void append(struct flows *t, struct row *row)
{
	uint32_t link = row->number + 1;

	row->waits = true;
	row->behind = 0;
	row->before = t->last;
	*(t->last ? &row_of(t, t->last - 1)->behind : &t->first) = link;
	t->last = link;
	if (!t->ahead)
		t->ahead = link;
}

void wait_remove(struct flows *t, struct row *row)
{
	uint32_t before = row->before, behind = row->behind;

	if (!row->waits)
		return;
	row->waits = false;
	*(before ? &row_of(t, before - 1)->behind : &t->first) = behind;
	*(behind ? &row_of(t, behind - 1)->before : &t->last) = before;
	if (t->ahead == row->number + 1) {
		t->ahead = behind;
		t->ahead_by = 0;
	}
}

void wait_note(struct flows *t, struct row *row)
{
	wait_remove(t, row);
	if (row->judge.closed)
		append(t, row);
}

/*
 * The row ahead has come since it was asked for: it tells where its place is,
 * and which one is next.
 */
static void step_ahead(struct flows *t)
{
	const struct row *row;

	if (!t->ahead)
		return;
	row = row_of(t, t->ahead - 1);
	flows_fetch_place(t, row);
	t->ahead = row->behind;
	if (t->ahead)
		row_fetch(row_of(t, t->ahead - 1));
}

/* One for each that is let go, and two until it is far enough ahead. */
static void look_ahead(struct flows *t)
{
	step_ahead(t);
	if (t->ahead_by == AHEAD)
		return;
	step_ahead(t);
	t->ahead_by++;
}

struct row *wait_over(struct flows *t, int64_t now_ns)
{
	struct row *row;

	if (!t->first)
		return NULL;
	row = row_of(t, t->first - 1);
	if (judge_is_over(&row->judge, now_ns)) {
		look_ahead(t);
		return row;
	}
	/* In a capture whose time goes back it would keep all waiting. */
	if (row->judge.last_ns > now_ns)
		wait_note(t, row);
	return NULL;
}
