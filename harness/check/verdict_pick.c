/*
 * Which connections the second reading is about, and what is to be said of
 * which of their frames.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/verdict_again.h"

/* The rest of a capture with more is told of in the verdicts only. */
#define COMMENTS_MAX 250000

static void *grow(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (!p) {
		fputs("lastack: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

static void set_bit(struct verdict_pick *p, uint32_t id)
{
	size_t need = id / 8 + 1;

	if (need > p->room) {
		p->bits = grow(p->bits, need * 2);
		memset(p->bits + p->room, 0, need * 2 - p->room);
		p->room = need * 2;
	}
	p->bits[id / 8] |= (uint8_t)(1u << id % 8);
	p->n++;
}

bool verdict_pick_has(const struct verdict_pick *p, uint32_t id)
{
	return id / 8 < p->room && p->bits[id / 8] >> id % 8 & 1;
}

/* What only time could show is said of the connection's last frame. */
static void add_comment(struct verdict_pick *p,
			const struct judge_finding *found,
			const struct flows_over *o)
{
	struct verdict_comment *c;
	bool is_inside =
		found->frame >= o->first_frame && found->frame <= o->last_frame;

	if (p->n_comment == COMMENTS_MAX) {
		p->has_more = true;
		return;
	}
	if (p->n_comment == p->room_comment) {
		p->room_comment = p->n_comment * 2 + 16;
		p->comment =
			grow(p->comment, p->room_comment * sizeof(*p->comment));
	}
	c = &p->comment[p->n_comment++];
	c->frame = is_inside ? found->frame : o->last_frame;
	c->text = arena_printf(&p->arena,
			       "%s of %c: %s (%s): %s Expected %s; actual %s.",
			       severity_name(found->severity),
			       side_letter(found->side), found->rule->name,
			       found->rule->id, found->rule->text,
			       found->expected, found->actual);
}

static void add_ladder(struct verdict_pick *p, const struct flows_over *o)
{
	struct verdict_ladder *l;

	if (p->n_ladder == LADDERS_MAX)
		return;
	if (!p->ladder)
		p->ladder = grow(NULL, LADDERS_MAX * sizeof(*p->ladder));
	l = &p->ladder[p->n_ladder++];
	memset(l, 0, sizeof(*l));
	l->id = o->id;
	l->segments = o->segments;
	l->tape.flow.family = o->family;
	memcpy(l->tape.flow.end, o->end, sizeof(o->end));
}

void verdict_pick_add(struct verdict_pick *p, const struct verdicts *v,
		      const struct flows_over *o)
{
	set_bit(p, o->id);
	add_ladder(p, o);
	for (size_t i = 0; i < o->n_found; i++)
		if (verdicts_wants(v, o->found[i]))
			add_comment(p, o->found[i], o);
}

static int by_frame(const void *a, const void *b)
{
	const struct verdict_comment *x = a, *y = b;

	return (x->frame > y->frame) - (x->frame < y->frame);
}

static int by_id(const void *a, const void *b)
{
	const struct verdict_ladder *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void verdict_pick_sort(struct verdict_pick *p)
{
	if (p->n_comment)
		qsort(p->comment, p->n_comment, sizeof(*p->comment), by_frame);
	if (p->n_ladder)
		qsort(p->ladder, p->n_ladder, sizeof(*p->ladder), by_id);
}

void verdict_pick_free(struct verdict_pick *p)
{
	for (size_t i = 0; i < p->n_ladder; i++)
		arena_free(&p->ladder[i].tape.arena);
	arena_free(&p->arena);
	free(p->ladder);
	free(p->comment);
	free(p->bits);
	memset(p, 0, sizeof(*p));
}
