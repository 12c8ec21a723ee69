/*
 * A frame's way: it is read, parsed, and judged together with others. Knows
 * nothing of how connections are shown.
 */
#include "check/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "base/clock.h"

#define ERASE "\r\033[K"

/* The clock is read once in so many frames; progress is shown so often. */
#define PROGRESS_FRAMES 16384
#define PROGRESS_NS	(NS_PER_S / 4)

struct reader {
	const struct reading *r;
	struct flows *flows;
	struct flows_item item[FLOWS_AT_ONCE];
	size_t n;	/* items that wait to be judged together */
	size_t at_once; /* how many do at most */
	int link;
	bool selects;
	const struct capture_frame *raw; /* the one being read */
	uint64_t number;
	int64_t last_ns;  /* the time of the last frame */
	int64_t since_ns; /* when reading began */
	int64_t shown_ns; /* when progress was last shown */
};

static void on_seen(void *ctx, uint32_t id, enum side from,
		    const struct seg *seg, const struct wire_judge *judge)
{
	struct reader *rd = ctx;
	struct reading_frame frame = {
		rd->raw, rd->number, id, from, seg, judge
	};

	rd->r->frame(rd->r->ctx, &frame);
}

static void on_over(void *ctx, const struct flows_over *o)
{
	struct reader *rd = ctx;

	if (rd->r->over)
		rd->r->over(rd->r->ctx, o);
}

static void judge_all(struct reader *rd)
{
	flows_judge(rd->flows, rd->item, rd->n);
	rd->n = 0;
}

static void take(struct reader *rd, const struct capture_frame *raw)
{
	struct flows_item *item = &rd->item[rd->n];
	struct decap_frame frame = { rd->link, raw->bytes, raw->len,
				     raw->wire_len };
	enum decap_kind kind = decap_segment(&frame, &item->seg);

	if (kind != DECAP_TCP) {
		rd->r->sum->skipped[kind]++;
		return;
	}
	if (rd->selects && !selection_has(&rd->r->select, item->seg.family,
					  &item->seg.src, &item->seg.dst))
		return;
	item->frame = rd->number;
	item->at_ns = raw->at_ns;
	if (++rd->n == rd->at_once)
		judge_all(rd);
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
	fprintf(stderr,
		ERASE "%s  %d %%, %" PRIu64 " packets, %" PRId64 " s left",
		rd->r->sum->name, (int)(100 * at / size), rd->number,
		left / NS_PER_S + 1);
}

static void end_progress(const struct reader *rd)
{
	if (rd->shown_ns > rd->since_ns)
		fputs(ERASE, stderr);
}

static void on_frame(void *ctx, const struct capture_frame *raw)
{
	struct reader *rd = ctx;

	rd->raw = raw;
	rd->number++;
	rd->last_ns = raw->at_ns;
	take(rd, raw);
	if (rd->number % PROGRESS_FRAMES == 0 && rd->r->progress)
		show_progress(rd);
}

static int read_all(struct reader *rd, struct fault *f)
{
	enum capture_got got;

	do {
		got = capture_read(rd->r->capture, on_frame, rd, f);
		judge_all(rd);
	} while (got == CAPTURE_NONE);
	return got == CAPTURE_DAMAGED ? -1 : 0;
}

/* A sender that knew the seed could make all connections collide. */
static void draw_seed(uint64_t seed[2])
{
	if (getrandom(seed, 2 * sizeof(*seed), GRND_NONBLOCK) < 0) {
		seed[0] = (uint64_t)clock_mono_ns();
		seed[1] = (uint64_t)clock_real_ns() ^ (uintptr_t)seed;
	}
}

int reading_run(const struct reading *r, struct fault *f)
{
	struct reader rd = { .r = r,
			     .at_once = r->frame ? 1 : FLOWS_AT_ONCE,
			     .link = capture_link(r->capture),
			     .selects = r->select.a.set };
	struct flows_plan plan = { .max = r->max_flows,
				   .over = on_over,
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
