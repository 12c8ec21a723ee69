/* Lists that are filled and emptied, and used again. */
#include "check/stretch.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void stretch_new(struct stretch *s, size_t lists)
{
	memset(s, 0, sizeof(*s));
	s->lists = lists;
	for (size_t i = 0; i < lists; i++)
		stretch_grow(&s->list[i]);
}

void stretch_free(struct stretch *s)
{
	for (size_t i = 0; i < s->lists; i++)
		free(s->list[i].brief);
	free(s->whole);
}

void stretch_clear(struct stretch *s)
{
	for (size_t i = 0; i < s->lists; i++)
		s->list[i].next = s->list[i].brief;
	s->n_whole = 0;
	s->n_passes = 0;
}

/* A packet may carry several frames: there may be more than time passes in. */
void stretch_grow(struct stretch_list *list)
{
	size_t n = stretch_length(list);
	size_t room = n ? 2 * n : (size_t)STRETCH_PASS * STRETCH_PASSES;
	struct flows_brief *brief = memory_aligned(room * sizeof(*brief));

	if (n)
		memcpy(brief, list->brief, n * sizeof(*brief));
	free(list->brief);
	list->brief = brief;
	list->next = brief + n;
	list->end = brief + room;
}

void stretch_grow_whole(struct stretch *s)
{
	s->room_whole = 2 * s->room_whole + STRETCH_PASS;
	s->whole = memory_resize(s->whole, s->room_whole, sizeof(*s->whole));
}

/* All of them name a whole segment: see stretch_whole. */
static int by_part(const void *a, const void *b)
{
	const struct flows_brief *x = a, *y = b;

	if (x->key.part != y->key.part)
		return x->key.part < y->key.part ? -1 : 1;
	return x->whole.at < y->whole.at ? -1 : 1;
}

void stretch_sort_last(struct stretch *s, uint64_t frame)
{
	for (size_t i = 0; i < s->lists; i++) {
		const struct stretch_list *list = &s->list[i];
		struct flows_brief *first = list->next;

		while (first > list->brief && first[-1].frame == frame)
			first--;
		qsort(first, (size_t)(list->next - first), sizeof(*first),
		      by_part);
	}
}

void stretch_note_pass(struct stretch *s, uint64_t frame, int64_t at_ns)
{
	struct stretch_pass *pass = &s->pass[s->n_passes++];

	pass->frame = frame;
	pass->at_ns = at_ns;
	for (size_t i = 0; i < s->lists; i++)
		pass->upto[i] = stretch_length(&s->list[i]);
}

void stretch_note_mark(const struct stretch *s, struct stretch_mark *mark)
{
	for (size_t i = 0; i < s->lists; i++)
		mark->n[i] = stretch_length(&s->list[i]);
	mark->n_whole = s->n_whole;
}

void stretch_back(struct stretch *s, const struct stretch_mark *mark)
{
	for (size_t i = 0; i < s->lists; i++)
		s->list[i].next = s->list[i].brief + mark->n[i];
	s->n_whole = mark->n_whole;
}

void stretch_judge(const struct stretch *s, struct stretch_judge *judge)
{
	const struct stretch_list *list = &s->list[judge->list];
	size_t from = 0;

	for (size_t i = 0; i < s->n_passes; i++) {
		const struct stretch_pass *pass = &s->pass[i];
		size_t upto = pass->upto[judge->list];

		flows_judge_parts(judge->part, list->brief + from, upto - from,
				  s->whole);
		judge->frame = pass->frame;
		flows_let_go_parts(judge->mine, judge->n_mine, pass->at_ns);
		from = upto;
	}
	flows_judge_parts(judge->part, list->brief + from,
			  stretch_length(list) - from, s->whole);
}
