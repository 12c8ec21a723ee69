/*
 * A first reading finds the connection, a second one takes its frames. Knows
 * nothing of what ends did.
 */
#include "bundle/captured.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check/extract.h"
#include "check/picked.h"
#include "check/reading.h"
#include "tape/picture.h"

/* Connections held at once, as of lastack check. */
#define FLOWS_MAX 500000

struct capturing {
	struct captured *c;
	uint32_t id;
	bool met;
	struct listing list; /* with a filter that lets all be seen */
	struct picked picked;
	struct extract extract;
	struct flow flow;
};

static void keep_findings(struct captured *c, const struct flows_over *o)
{
	memcpy(&c->over, o, flows_over_size(o));
	for (size_t i = 0; i < o->n_found; i++) {
		struct judge_finding *copy =
			arena_alloc(&c->arena, sizeof(*copy));

		*copy = *o->found[i];
		c->over.found[i] = copy;
	}
}

static void on_over(void *ctx, const struct flows_over *o)
{
	struct capturing *k = ctx;

	if (o->id > k->c->connections)
		k->c->connections = o->id;
	if (o->id != k->id)
		return;
	k->met = true;
	keep_findings(k->c, o);
	picked_add(&k->picked, &k->list, o);
	k->flow.family = o->family;
	memcpy(k->flow.end, o->end, sizeof(o->end));
}

static void keep_segment(struct capturing *k, const struct reading_frame *frame)
{
	const struct seg *seg = frame->seg;
	struct captured_segment *s =
		arena_push(&k->c->arena, &k->c->item, &k->c->n, sizeof(*s));

	flow_note(&k->flow, frame->from, seg);
	s->from = frame->from;
	s->frame = frame->number;
	s->seq = flow_rel_seq(&k->flow, frame->from, seg->seq);
	s->ack = flow_rel_ack(&k->flow, frame->from, seg->ack);
	s->len = (uint32_t)seg->len;
	s->flags = seg->flags;
	s->has_ts = seg->has_ts;
}

static void on_frame(void *ctx, const struct reading_frame *frame)
{
	struct capturing *k = ctx;

	if (frame->id != k->id || k->c->n == CAPTURED_MAX)
		return;
	keep_segment(k, frame);
	picked_ladder_add(&k->picked, frame);
	extract_add(&k->extract, &k->picked, frame);
}

static int read_once(struct capturing *k, const char *path,
		     reading_frame_fn *on, struct fault *f)
{
	struct listing_sum sum = { .name = path };
	struct reading r = { .capture = capture_open(path, f),
			     .max_flows = FLOWS_MAX,
			     .over = on ? NULL : on_over,
			     .frame = on,
			     .ctx = k,
			     .sum = &sum };
	int rc;

	if (!r.capture)
		return -1;
	rc = reading_run(&r, f);
	capture_close(r.capture);
	return rc;
}

static char *print(struct capturing *k, size_t *len,
		   void (*put)(struct capturing *k, FILE *out))
{
	char *text = NULL, *kept;
	FILE *out = memory_stream(&text, len);

	put(k, out);
	memory_stream_end(out);
	kept = arena_strndup(&k->c->arena, text, *len);
	free(text);
	return kept;
}

static void put_ladder(struct capturing *k, FILE *out)
{
	picked_ladder_print(out, &k->picked);
}

static void put_picture(struct capturing *k, FILE *out)
{
	struct arena a = { 0 };
	struct picture p = { .arena = &a };

	picked_draw_all(&k->picked, &p);
	picture_print(out, &p, "as it was captured");
	arena_free(&a);
}

static int read_frames(struct capturing *k, const char *path, struct fault *f)
{
	struct captured *c = k->c;
	struct fault unused;
	char *octets = NULL;
	size_t len = 0;
	int rc;

	picked_sort(&k->picked);
	extract_begin_stream(&k->extract, memory_stream(&octets, &len));
	extract_capture(&k->extract, path);
	rc = read_once(k, path, on_frame, f);
	/* The first fault is the one that is told. */
	if (extract_end(&k->extract, rc ? &unused : f))
		rc = -1;
	c->pcapng = arena_strndup(&c->arena, octets, len);
	c->pcapng_len = len;
	free(octets);
	return rc;
}

static int read_twice(struct capturing *k, const char *path, struct fault *f)
{
	size_t len;

	if (read_once(k, path, NULL, f))
		return -1;
	if (!k->c->connections)
		return fault_set(f, "%s: has no connections", path);
	if (!k->met)
		return fault_set(f,
				 "%s: has no connection %" PRIu32
				 ", expected 1 to %" PRIu64
				 "; lastack check --all --ladder numbers them",
				 path, k->id, k->c->connections);
	if (read_frames(k, path, f))
		return -1;
	k->c->ladder = print(k, &len, put_ladder);
	k->c->picture = print(k, &len, put_picture);
	return 0;
}

int captured_read(struct captured *c, const char *path, uint32_t id,
		  struct fault *f)
{
	struct capturing k = { .c = c, .id = id };
	int rc;

	k.list.filter.ending = ENDING_COUNT;
	k.picked.ladders_max = 1;
	rc = read_twice(&k, path, f);
	picked_free(&k.picked);
	return rc;
}

void captured_free(struct captured *c)
{
	arena_free(&c->arena);
	memset(c, 0, sizeof(*c));
}
