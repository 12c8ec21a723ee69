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
	[VERDICT_OK] = "ok",	     [VERDICT_DEVIATES] = "deviates",
	[VERDICT_NOT_OK] = "not ok", [VERDICT_SKIP] = "skip",
	[VERDICT_BROKEN] = "broken",
};

static const char *const probed_names[PROBED_COUNT] = {
	[PROBED_CLOSED] = "CLOSED",
	[PROBED_OPEN] = "open",
	[PROBED_UNCLEAR] = "unclear",
};

const char *tape_probed_name(enum tape_probed p)
{
	return probed_names[p];
}

enum tape_probed tape_probed_parse(const char *text)
{
	int p = PROBED_COUNT;

	while (--p > PROBED_NOT && strcmp(probed_names[p], text) != 0)
		;
	return (enum tape_probed)p;
}

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

bool tape_deviates(const struct tape *t, const char *rule, const char *id)
{
	for (size_t i = 0; i < t->n_deviation; i++) {
		const char *known = t->deviation[i].id;

		if (strcmp(known, rule) == 0 || (id && strcmp(known, id) == 0))
			return true;
	}
	return false;
}

void tape_deviate(struct tape *t, const struct deviation *d)
{
	if (tape_deviates(t, d->id, NULL))
		return;
	*(struct deviation *)arena_push(&t->arena, &t->deviation,
					&t->n_deviation, sizeof(*d)) = *d;
	if (t->verdict == VERDICT_OK)
		t->verdict = VERDICT_DEVIATES;
}

const char *deviation_text(struct arena *a, const struct deviation *d, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++) {
		bool more = i + 1 < n && strcmp(d[i].text, d[i + 1].text) == 0;

		text = arena_printf(a, "%s%s%s%s%s", text, d[i].id,
				    more ? ", " : ": ", more ? "" : d[i].text,
				    !more && i + 1 < n ? "; " : "");
	}
	return text;
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
	if (t->lockstep)
		return true;
	for (size_t i = 0; i < t->n_event; i++) {
		if (t->event[i].kind == TAPE_SEGMENT)
			return t->event[i].state[SIDE_A] != TCP_STATE_NONE ||
			       t->event[i].state[SIDE_B] != TCP_STATE_NONE;
	}
	return true;
}

size_t tape_case_events(const struct tape *t)
{
	size_t n = 0;

	while (n < t->n_event &&
	       (t->event[n].kind != TAPE_SEGMENT || !t->event[n].text))
		n++;
	return n;
}

bool tape_shows(const struct tape *t, enum side side)
{
	bool lockstep = tape_is_lockstep(t), any = false;
	size_t n = tape_case_events(t);

	for (size_t i = 0; i < n; i++) {
		const struct tape_event *e = &t->event[i];

		if (e->state[side] != TCP_STATE_NONE)
			any = true;
		else if (lockstep && e->kind == TAPE_SEGMENT)
			return false;
	}
	return any;
}

void tape_clear(struct tape *t)
{
	struct flow flow = t->flow;

	arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
	flow_reset(&flow);
	t->flow = flow;
}
