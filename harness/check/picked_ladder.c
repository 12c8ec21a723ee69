/*
 * Connections of a capture drawn in the case language: their segments made
 * into tapes, with the states the judge infers. Long ones lose their middle.
 */
#include <inttypes.h>

#include "base/name.h"
#include "check/picked.h"
#include "tape/ladder.h"

/* Of all ladders together. */
#define LADDERS_OCTETS_MAX ((size_t)64 << 20)

static struct picked_ladder *find(const struct picked *p, uint32_t id)
{
	for (size_t i = 0; i < p->n_ladder; i++)
		if (p->ladder[i].id == id)
			return &p->ladder[i];
	return NULL;
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
