/*
 * Connections that have ended wait here until no segment can belong to them
 * any more: a list in the order of their last segments, so that only the first
 * one need be looked at. Knows nothing of what becomes of it then.
 */
#include "model/flows_own.h"

static void append(struct flows *t, struct row *row, uint32_t number)
{
	row->waits = true;
	row->behind = 0;
	row->before = t->last;
	*(t->last ? &row_of(t, t->last - 1)->behind : &t->first) = number + 1;
	t->last = number + 1;
}

void wait_remove(struct flows *t, struct row *row)
{
	uint32_t before = row->before, behind = row->behind;

	if (!row->waits)
		return;
	row->waits = false;
	*(before ? &row_of(t, before - 1)->behind : &t->first) = behind;
	*(behind ? &row_of(t, behind - 1)->before : &t->last) = before;
}

void wait_note(struct flows *t, struct row *row, uint32_t number)
{
	wait_remove(t, row);
	if (judge_is_over(&row->judge, INT64_MAX))
		append(t, row, number);
}

/* What the next ones will need, which may be long to come. */
static void fetch_next(const struct flows *t, const struct row *row)
{
	if (!row->behind)
		return;
	flows_fetch_place(t, flows_hash_row(t, row->behind - 1));
	row = row_of(t, row->behind - 1);
	if (row->behind)
		flows_fetch(t, row->behind - 1);
}

struct row *wait_over(struct flows *t, int64_t now_ns, uint32_t *number)
{
	struct row *row;

	if (!t->first)
		return NULL;
	*number = t->first - 1;
	row = row_of(t, *number);
	if (judge_is_over(&row->judge, now_ns)) {
		fetch_next(t, row);
		return row;
	}
	/* In a capture whose time goes back it would keep all waiting. */
	if (row->judge.last_ns > now_ns)
		wait_note(t, row, *number);
	return NULL;
}
