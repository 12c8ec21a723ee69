/*
 * Connections of a capture drawn in the case language: their segments made
 * into tapes, with the states the judge infers. Long ones lose their middle.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "check/picked.h"
#include "tape/ladder.h"

/* Of all ladders together. */
#define LADDERS_OCTETS_MAX ((size_t)64 << 20)

static int compare_id(const void *key, const void *element)
{
	const struct picked_ladder *l = element;
	uint32_t id = *(const uint32_t *)key;

	return (id > l->id) - (id < l->id);
}

/* They are in the order of their ids (picked_sort). */
static struct picked_ladder *find(const struct picked *p, uint32_t id)
{
	return p->n_ladder ? bsearch(&id, p->ladder, p->n_ladder,
				     sizeof(*p->ladder), compare_id)
			   : NULL;
}

/* "pass" stands for what is left out: it lets everything through. */
static void leave_out(struct tape *t, int64_t at_ns)
{
	if (!t->n_event || t->event[t->n_event - 1].kind != TAPE_PASS)
		tape_add(t, TAPE_PASS, 0, at_ns);
}

static bool is_middle(const struct picked_ladder *l)
{
	return l->seen > LADDER_HEAD_SEGMENTS &&
	       l->seen + LADDER_TAIL_SEGMENTS <= l->segments;
}

static void add_segment(struct picked_ladder *l,
			const struct reading_frame *frame, const void *bytes,
			size_t len)
{
	struct tape *t = &l->tape;
	struct wire_summary summary;
	struct tape_event *e;

	wire_judge_summarise(frame->judge, &summary);
	e = tape_add(t, TAPE_SEGMENT, 0, frame->raw->at_ns);
	e->side = frame->from;
	e->how = TAPE_DELIVERED;
	e->state[SIDE_A] = summary.state[SIDE_A];
	e->state[SIDE_B] = summary.state[SIDE_B];
	e->frame = tape_add_frame(t, frame_copy(&t->arena, frame->from,
						frame->raw->at_ns, bytes, len));
	*(uint64_t *)arena_push(&t->arena, &l->number, &l->n_number,
				sizeof(*l->number)) = frame->number;
}

/* Made anew, as Ethernet: what was captured may be anything, and cut. */
void picked_ladder_add(struct picked *p, const struct reading_frame *frame)
{
	static const uint8_t mac[SEG_MAC_LEN];
	static uint8_t bytes[SEG_ETH_LEN + SEG_FRAME_MAX];
	struct picked_ladder *l = find(p, frame->id);
	size_t len;

	if (!l)
		return;
	l->seen++;
	len = is_middle(l)
		      ? 0
		      : seg_build(frame->seg, mac, mac, bytes, sizeof(bytes));
	if (!len || len > LADDERS_OCTETS_MAX - p->ladder_octets) {
		leave_out(&l->tape, frame->raw->at_ns);
		return;
	}
	p->ladder_octets += len;
	add_segment(l, frame, bytes, len);
}

static void print_one(FILE *out, const struct picked_ladder *l)
{
	const struct flow *flow = &l->tape.flow;
	char a[LISTING_ADDRESS_MAX], b[LISTING_ADDRESS_MAX];

	fprintf(out, "\n# connection %" PRIu32 ": A %s, B %s\n", l->id,
		listing_address(flow->family, &flow->end[SIDE_A], a),
		listing_address(flow->family, &flow->end[SIDE_B], b));
	if (l->tape.n_event)
		ladder_print(out, NULL, &l->tape, LADDER_TIMES);
}

void picked_ladder_print(FILE *out, const struct picked *p)
{
	for (size_t i = 0; i < p->n_ladder; i++)
		print_one(out, &p->ladder[i]);
	if (p->n > p->n_ladder)
		fprintf(out,
			"\n# %" PRIu64 " more connections are not "
			"drawn; --flow picks one\n",
			p->n - p->n_ladder);
}

static int compare_frame(const void *key, const void *element)
{
	const struct picked_comment *c = element;
	uint64_t frame = *(const uint64_t *)key;

	return (frame > c->frame) - (frame < c->frame);
}

/* The first comment on the frame, or NULL. */
static const struct picked_comment *comments_on(const struct picked *p,
						uint64_t frame)
{
	const struct picked_comment *c = NULL;

	if (p->n_comment)
		c = bsearch(&frame, p->comment, p->n_comment,
			    sizeof(*p->comment), compare_frame);
	while (c && c > p->comment && c[-1].frame == frame)
		c--;
	return c;
}

static struct picture_mark *marks_of(const struct picked *p,
				     const struct picked_ladder *l,
				     struct arena *a, size_t *n)
{
	struct picture_mark *mark = NULL;

	for (size_t i = 0; i < l->n_number; i++) {
		const struct picked_comment *c = comments_on(p, l->number[i]);

		for (; c && c < p->comment + p->n_comment &&
		       c->frame == l->number[i];
		     c++)
			*(struct picture_mark *)arena_push(a, &mark, n,
							   sizeof(*mark)) =
				(struct picture_mark){
					.is_deviation = c->severity !=
							SEVERITY_VIOLATION,
					.frame = i,
					.text = c->text,
					.sign = listing_sign(c->severity),
				};
	}
	return mark;
}

static void draw(const struct picked *p, const struct picked_ladder *l,
		 struct picture *picture)
{
	struct picture_of of = { .tape = &l->tape, .number = l->number };

	of.mark = marks_of(p, l, picture->arena, &of.n_mark);
	picture_tape(picture, &of);
}

bool picked_draw(const struct picked *p, uint32_t id, struct picture *picture)
{
	const struct picked_ladder *l = find(p, id);

	if (l && l->tape.n_event)
		draw(p, l, picture);
	return l && l->tape.n_event;
}

void picked_draw_all(const struct picked *p, struct picture *picture)
{
	for (size_t i = 0; i < p->n_ladder; i++) {
		const struct flow *flow = &p->ladder[i].tape.flow;
		char a[LISTING_ADDRESS_MAX], b[LISTING_ADDRESS_MAX];

		picture_heading(
			picture,
			arena_printf(picture->arena,
				     "connection %" PRIu32 ": A %s, B %s",
				     p->ladder[i].id,
				     listing_address(flow->family,
						     &flow->end[SIDE_A], a),
				     listing_address(flow->family,
						     &flow->end[SIDE_B], b)));
		draw(p, &p->ladder[i], picture);
	}
	if (p->n > p->n_ladder)
		picture_heading(picture,
				arena_printf(picture->arena,
					     "%" PRIu64 " more connections "
					     "are not drawn; --flow picks one",
					     p->n - p->n_ladder));
}
