/*
 * The tape as a list: events, frames, verdicts. Knows nothing of how it is
 * written down (tape/tape_text.c, tape/ladder.c).
 */
#include "tape/tape.h"

#include <string.h>

/* clang-format off */
static const char *const how_names[TAPE_HOW_COUNT] = {
	[TAPE_UNCLAIMED] = "unclaimed",
	[TAPE_DELIVERED] = "delivered",
	[TAPE_KEPT] = "kept",
	[TAPE_HELD] = "held",
	[TAPE_LOST] = "lost",
	[TAPE_FORGED] = "forged",
};
/* clang-format on */

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_OK] = "ok",
	[VERDICT_NOT_OK] = "not ok",
	[VERDICT_SKIP] = "skip",
	[VERDICT_BROKEN] = "broken",
};

const char *tape_how_name(enum tape_how how)
{
	return how_names[how];
}

const char *verdict_name(enum verdict v)
{
	return verdict_names[v];
}

enum verdict verdict_parse(const char *text, size_t len)
{
	int v = 0;

	while (v < VERDICT_COUNT && (strlen(verdict_names[v]) != len ||
				     memcmp(verdict_names[v], text, len) != 0))
		v++;
	return (enum verdict)v;
}

struct tape_event *tape_add(struct tape *t, enum tape_kind kind, int line,
			    int64_t at_ns)
{
	struct tape_event *e =
		arena_push(&t->arena, &t->event, &t->n_event, sizeof(*e));

	e->kind = kind;
	e->line = line;
	e->at_ns = at_ns;
	e->frame = TAPE_NO_FRAME;
	return e;
}

size_t tape_add_frame(struct tape *t, struct frame *frame)
{
	struct frame **slot = arena_push(&t->arena, &t->frame, &t->n_frame,
					 sizeof(struct frame *));

	*slot = frame;
	return t->n_frame - 1;
}

void tape_note(const struct tape *t, const struct tape_event *e,
	       struct flow *flow)
{
	const struct frame *f;
	enum side from;

	if (e->kind != TAPE_SEGMENT || e->frame == TAPE_NO_FRAME)
		return;
	f = t->frame[e->frame];
	if (!f->forged && f->kind == SEG_TCP && flow_side(flow, &f->seg, &from))
		flow_note(flow, from, &f->seg);
}

bool tape_is_lockstep(const struct tape *t)
{
	for (size_t i = 0; i < t->n_event; i++) {
		if (t->event[i].kind == TAPE_SEGMENT)
			return t->event[i].state[SIDE_A] != TCP_STATE_NONE;
	}
	return true;
}

void tape_clear(struct tape *t)
{
	struct flow flow = t->flow;

	arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
	flow_reset(&flow);
	t->flow = flow;
}
