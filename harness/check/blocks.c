/* Blocks lie in memory as they are read: one record behind the other. */
#include "check/blocks.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define ROOM_LEAST 65536

struct begun {
	uint64_t frame;
	uint32_t part;
};

/* The findings are behind it. */
struct told {
	uint64_t when;
	uint32_t part;
	bool by_time;		/* after what that frame made end */
	struct flows_over over; /* only up to the findings there are */
};

_Static_assert(alignof(struct told) % alignof(struct judge_finding) == 0,
	       "findings are aligned as what they are behind");

static void *add(struct pile *p, size_t size)
{
	void *at;

	if (p->room - p->n < size) {
		p->room = 2 * p->room + size + ROOM_LEAST;
		p->at = memory_resize(p->at, p->room, 1);
	}
	at = p->at + p->n;
	p->n += size;
	return at;
}

static void pile_free(struct pile *p)
{
	free(p->at);
	*p = (struct pile){ NULL, 0, 0 };
}

/* One that is large is seldom so again: many are over at once after a gap. */
static void pile_clear(struct pile *p)
{
	p->n = 0;
	if (p->room > BLOCK_ROOM_KEPT)
		pile_free(p);
}

void block_clear(struct block *b)
{
	pile_clear(&b->begun);
	pile_clear(&b->told);
}

void block_free(struct block *b)
{
	pile_free(&b->begun);
	pile_free(&b->told);
}

void block_begun(struct block *b, uint64_t frame, uint32_t part)
{
	struct begun *begun = add(&b->begun, sizeof(*begun));

	begun->frame = frame;
	begun->part = part;
}

/* Without the findings, which begin where any object may. */
static size_t head_size(const struct flows_over *o)
{
	size_t size = offsetof(struct told, over) + flows_over_size(o);
	size_t unit = alignof(struct told);

	return (size + unit - 1) / unit * unit;
}

static size_t told_size(const struct flows_over *o)
{
	return head_size(o) + o->n_found * sizeof(struct judge_finding);
}

void block_told(struct block *b, uint64_t when, uint32_t part,
		const struct flows_over *o)
{
	struct told *told = add(&b->told, told_size(o));
	unsigned char *found = (unsigned char *)told + head_size(o);

	told->when = when;
	told->part = part;
	told->by_time = !o->told_frame;
	memcpy(&told->over, o, flows_over_size(o));
	for (size_t i = 0; i < o->n_found; i++)
		memcpy(found + i * sizeof(*o->found[i]), o->found[i],
		       sizeof(*o->found[i]));
}

static void add_id(struct ids *ids, uint32_t id)
{
	if (ids->n == ids->room) {
		ids->room = ids->room * 2 + 1024;
		ids->id = memory_resize(ids->id, ids->room, sizeof(*ids->id));
	}
	ids->id[ids->n++] = id;
}

uint32_t ids_now(void *ctx, uint32_t id)
{
	const struct ids *ids = ctx;

	return id > OWN_IDS ? ids->id[id - OWN_IDS - 1] : id;
}

void merger_free(struct merger *m)
{
	for (size_t i = 0; i < FLOWS_PARTS; i++)
		free(m->ids[i].id);
}

/* What is left of a pile. */
struct rest {
	unsigned char *at, *end;
};

static struct rest rest_of(const struct pile *p)
{
	return (struct rest){ p->at, p->at + p->n };
}

static struct begun *begun_at(const struct rest *r)
{
	return r->at == r->end ? NULL : (struct begun *)(void *)r->at;
}

static struct told *told_at(const struct rest *r)
{
	return r->at == r->end ? NULL : (struct told *)(void *)r->at;
}

static bool is_begun_before(const struct begun *a, const struct begun *b)
{
	return a->frame != b->frame ? a->frame < b->frame : a->part < b->part;
}

/*
 * Connections have their ids in the order of their first frames. The last one is
 * written once, as what lies beside it is read for each packet by others.
 */
static void merge_begun(struct merger *m, struct rest *rest, size_t n)
{
	uint32_t last_id = *m->last_id;

	for (;;) {
		struct begun *first = NULL;
		size_t of = 0;

		for (size_t i = 0; i < n; i++) {
			struct begun *b = begun_at(&rest[i]);

			if (!b || (first && !is_begun_before(b, first)))
				continue;
			first = b;
			of = i;
		}
		if (!first)
			break;
		add_id(&m->ids[first->part], ++last_id);
		rest[of].at += sizeof(*first);
	}
	*m->last_id = last_id;
}

/* What one frame made end is in the order of the parts, as it was noted. */
static bool is_told_before(const struct told *a, const struct told *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	if (a->by_time != b->by_time)
		return b->by_time;
	if (a->by_time && a->over.last_frame != b->over.last_frame)
		return a->over.last_frame < b->over.last_frame;
	return a->part < b->part;
}

static void tell(struct merger *m, struct told *told)
{
	struct flows_over *o = &told->over;
	unsigned char *found = (unsigned char *)told + head_size(o);

	o->id = ids_now(&m->ids[told->part], o->id);
	o->follows = ids_now(&m->ids[told->part], o->follows);
	for (size_t i = 0; i < o->n_found; i++)
		o->found[i] = (struct judge_finding *)(void *)found + i;
	m->over(m->ctx, o);
}

static void merge_told(struct merger *m, struct rest *rest, size_t n)
{
	for (;;) {
		struct told *first = NULL;
		size_t of = 0;

		for (size_t i = 0; i < n; i++) {
			struct told *t = told_at(&rest[i]);

			if (!t || (first && !is_told_before(t, first)))
				continue;
			first = t;
			of = i;
		}
		if (!first)
			return;
		rest[of].at += told_size(&first->over);
		tell(m, first);
	}
}

void blocks_merge(struct merger *m, const struct block *block, size_t n)
{
	struct rest begun[FLOWS_PARTS] = { 0 }, told[FLOWS_PARTS] = { 0 };

	for (size_t i = 0; i < n; i++) {
		begun[i] = rest_of(&block[i].begun);
		told[i] = rest_of(&block[i].told);
	}
	merge_begun(m, begun, n);
	merge_told(m, told, n);
}
