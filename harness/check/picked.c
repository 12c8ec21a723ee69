/*
 * Which connections the second reading is about, and what is to be said of
 * which of their frames.
 */
#include "check/picked.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Of a capture with more, the others are in the listing only. */
#define COMMENTS_MAX 250000

static void set_bit(struct picked *p, uint32_t id)
{
	size_t need = id / 8 + 1;

	if (need > p->room) {
		p->bits = memory_resize(p->bits, need * 2, 1);
		memset(p->bits + p->room, 0, need * 2 - p->room);
		p->room = need * 2;
	}
	p->bits[id / 8] |= (uint8_t)(1u << id % 8);
	p->n++;
}

bool picked_has(const struct picked *p, uint32_t id)
{
	return id / 8 < p->room && p->bits[id / 8] >> id % 8 & 1;
}

/* A finding of a frame that is not the connection's own, as one that only
   passing time shows, is a comment on its last frame. */
static void add_comment(struct picked *p, const struct judge_finding *found,
			const struct flows_over *o)
{
	struct picked_comment *c;
	bool is_inside =
		found->frame >= o->first_frame && found->frame <= o->last_frame;

	if (p->n_comment == COMMENTS_MAX)
		return;
	if (p->n_comment == p->room_comment) {
		p->room_comment = p->n_comment * 2 + 16;
		p->comment = memory_resize(p->comment, p->room_comment,
					   sizeof(*p->comment));
	}
	c = &p->comment[p->n_comment++];
	c->frame = is_inside ? found->frame : o->last_frame;
	c->severity = found->severity;
	c->text = arena_printf(&p->arena,
			       "%s of %c: %s (%s): %s. Expected %s; actual %s.",
			       severity_name(found->severity),
			       side_letter(found->side), found->rule->name,
			       found->rule->id, found->rule->text,
			       found->expected, found->actual);
}

static void add_ladder(struct picked *p, const struct flows_over *o)
{
	struct picked_ladder *l;

	if (p->n_ladder == p->ladders_max)
		return;
	if (!p->ladder)
		p->ladder =
			memory_resize(NULL, p->ladders_max, sizeof(*p->ladder));
	l = &p->ladder[p->n_ladder++];
	memset(l, 0, sizeof(*l));
	l->id = o->id;
	l->segments = o->segments;
	l->tape.flow.family = o->family;
	memcpy(l->tape.flow.end, o->end, sizeof(o->end));
}

void picked_add(struct picked *p, const struct listing *list,
		const struct flows_over *o)
{
	set_bit(p, o->id);
	add_ladder(p, o);
	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			add_comment(p, o->found[i], o);
}

static int by_frame(const void *a, const void *b)
{
	const struct picked_comment *x = a, *y = b;

	return (x->frame > y->frame) - (x->frame < y->frame);
}

static int by_id(const void *a, const void *b)
{
	const struct picked_ladder *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void picked_sort(struct picked *p)
{
	if (p->n_comment)
		qsort(p->comment, p->n_comment, sizeof(*p->comment), by_frame);
	if (p->n_ladder)
		qsort(p->ladder, p->n_ladder, sizeof(*p->ladder), by_id);
}

void picked_free(struct picked *p)
{
	for (size_t i = 0; i < p->n_ladder; i++)
		arena_free(&p->ladder[i].tape.arena);
	arena_free(&p->arena);
	free(p->ladder);
	free(p->comment);
	free(p->bits);
	memset(p, 0, sizeof(*p));
}
