/*
 * The way of a frame: read, taken apart, judged. Segments wait in a row for
 * the memory of their connection, which takes longer than all the rest, while
 * others are read and judged. Knows nothing of how verdicts are shown.
 */
#include "play/verdict_read.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "ground/clock.h"

/*
 * How many segments wait: the first ones for the connection's place in the
 * table, those behind for the connection itself.
 */
#define WAIT_PLACE 12
#define WAIT_ROW   12
#define WAITING	   (WAIT_PLACE + WAIT_ROW)
#define RING	   32 /* more, and a power of two */

#define ERASE "\r\033[K"

/* The clock is looked at after so many frames, progress shown so often. */
#define PROGRESS_FRAMES 16384
#define PROGRESS_NS	(NS_PER_S / 4)

struct item {
	struct decap decap;
	uint64_t frame;
	int64_t at_ns;
	uint32_t hash;
	uint32_t hint;
};

struct reader {
	const struct verdict_read *r;
	struct flows *flows;
	struct item item[RING];
	uint64_t taken; /* segments put into the ring */
	uint64_t judged; /* and taken out of it */
	struct capture_frame raw; /* the one last read */
	uint64_t number;
	int64_t last_ns; /* the time of the last frame */
	int64_t since_ns; /* when reading began */
	int64_t shown_ns; /* when progress was last shown */
};

static void on_seen(void *ctx, uint32_t id, enum side from,
		    const struct seg *seg, const struct judge *judge)
{
	struct reader *rd = ctx;
	struct verdict_frame frame = { &rd->raw, rd->number, id, from, seg,
				       judge };

	rd->r->frame(rd->r->ctx, &frame);
}

static void on_over(void *ctx, const struct flows_over *o)
{
	struct reader *rd = ctx;

	if (rd->r->over)
		rd->r->over(rd->r->ctx, o);
}

static struct item *item_at(struct reader *rd, uint64_t n)
{
	return &rd->item[n % RING];
}

static void judge_next(struct reader *rd)
{
	struct item *i = item_at(rd, rd->judged++);

	flows_segment(rd->flows, i->hash, i->hint, &i->decap.seg, i->frame,
		      i->at_ns);
}

static void judge_all(struct reader *rd)
{
	while (rd->judged < rd->taken)
		judge_next(rd);
}

/* The newest item is ready: those that have waited long enough move on. */
static void move_on(struct reader *rd)
{
	struct item *i = item_at(rd, rd->taken++);

	if (rd->r->frame) { /* which is of now */
		judge_all(rd);
		return;
	}
	flows_fetch_place(rd->flows, i->hash);
	if (rd->taken > WAIT_PLACE) {
		i = item_at(rd, rd->taken - 1 - WAIT_PLACE);
		i->hint = flows_fetch_row(rd->flows, i->hash);
	}
	if (rd->taken - rd->judged > WAITING)
		judge_next(rd);
}

/* Where a first fragment ends is not known: nor is where its FIN is. */
static bool is_blurred(const struct decap *d)
{
	return d->partial &&
	       d->seg.flags & (FLAG_FIN | FLAG_SYN | FLAG_RST);
}

static enum decap_kind take_apart(struct reader *rd,
				  const struct capture_frame *raw, int link)
{
	struct item *i = item_at(rd, rd->taken);
	struct decap_frame frame = { link, raw->bytes, raw->len,
				     raw->wire_len };
	enum decap_kind kind = decap_segment(&frame, &i->decap);

	if (kind == DECAP_TCP && is_blurred(&i->decap))
		return DECAP_FRAGMENT;
	return kind;
}

static void take(struct reader *rd, const struct capture_frame *raw, int link)
{
	const struct verdict_select *select = &rd->r->select;
	struct item *i = item_at(rd, rd->taken);
	const struct seg *seg = &i->decap.seg;
	enum decap_kind kind = take_apart(rd, raw, link);

	rd->number++;
	rd->last_ns = raw->at_ns;
	if (kind != DECAP_TCP) {
		rd->r->sum->skipped[kind]++;
		return;
	}
	if (select->a.set && !verdict_selects(select, seg->family, &seg->src,
					      &seg->dst))
		return;
	i->frame = rd->number;
	i->at_ns = raw->at_ns;
	i->hash = flows_hash(rd->flows, seg);
	i->hint = 0;
	move_on(rd);
}

static void show_progress(struct reader *rd)
{
	uint64_t at = capture_offset(rd->r->capture);
	uint64_t size = capture_size(rd->r->capture);
	int64_t now = clock_mono_ns(), left;

	if (now - rd->shown_ns < PROGRESS_NS || !size || !at || at > size)
		return;
	rd->shown_ns = now;
	left = (int64_t)((double)(now - rd->since_ns) * (double)(size - at) /
			 (double)at);
	fprintf(stderr, ERASE "%s  %d %%, %" PRIu64 " packets, %" PRId64
		" s left", rd->r->sum->name, (int)(100 * at / size),
		rd->number, left / NS_PER_S + 1);
}

static void end_progress(const struct reader *rd)
{
	if (rd->shown_ns > rd->since_ns)
		fputs(ERASE, stderr);
}

static int read_all(struct reader *rd, struct fault *f)
{
	int link = capture_link(rd->r->capture);
	enum capture_got got;

	for (;;) {
		got = capture_next(rd->r->capture, &rd->raw, f);
		if (got == CAPTURE_FRAME) {
			take(rd, &rd->raw, link);
			if (rd->number % PROGRESS_FRAMES == 0 &&
			    rd->r->progress)
				show_progress(rd);
			continue;
		}
		judge_all(rd);
		if (got != CAPTURE_NONE)
			return got == CAPTURE_DAMAGED ? -1 : 0;
	}
}

/* A sender that knew it could make all connections meet in one place. */
static void draw_seed(uint64_t seed[2])
{
	if (getrandom(seed, 2 * sizeof(*seed), GRND_NONBLOCK) < 0) {
		seed[0] = (uint64_t)clock_mono_ns();
		seed[1] = (uint64_t)clock_real_ns() ^ (uintptr_t)seed;
	}
}

int verdict_read(const struct verdict_read *r, struct fault *f)
{
	struct reader rd = { .r = r };
	struct flows_plan plan = { .max = r->max_flows, .over = on_over,
				   .seen = r->frame ? on_seen : NULL,
				   .ctx = &rd };
	int rc;

	draw_seed(plan.seed);
	rd.since_ns = clock_mono_ns();
	rd.shown_ns = rd.since_ns;
	rd.flows = flows_new(&plan);
	rc = read_all(&rd, f);
	end_progress(&rd);
	r->sum->packets = rd.number;
	flows_end(rd.flows, rd.last_ns);
	flows_free(rd.flows);
	return rc;
}
