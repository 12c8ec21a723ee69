/*
 * Connections that have ended and do not rest wait here until no segment can
 * belong to them any more: a list in the order of their last segments, so that
 * only the first one need be looked at. Knows nothing of what becomes of it
 * then.
 */
#include "check/flows_own.h"

void wait_add(struct flows *t, struct row *row)
{
	uint32_t link = row->number + 1;

	wait_remove(t, row);
	row->waits = true;
	row->behind = 0;
	row->before = t->last;
	*(t->last ? &row_of(t, t->last - 1)->behind : &t->first) = link;
	t->last = link;
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

struct row *wait_over(struct flows *t, int64_t now_ns)
{
	struct row *row;

	if (!t->first)
		return NULL;
	row = row_of(t, t->first - 1);
	if (judge_is_over(&row->judge, now_ns)) {
		if (row->behind)
			row_fetch(row_of(t, row->behind - 1));
		return row;
	}
	/* In a capture whose time goes back it would keep all waiting. */
	if (row->judge.last_ns > now_ns)
		wait_add(t, row);
	return NULL;
}
