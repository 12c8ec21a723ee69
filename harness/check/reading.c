/*
 * A frame's way: it is read, taken apart and noted, and judged together with
 * others. Knows nothing of how connections are shown.
 */
#include "check/reading.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/memory.h"
#include "check/reading_own.h"
#include "check/views.h"
#include "packet/decap_usual.h"

#define ERASE "\r\033[K"

/* The clock is read once in so many frames; progress is shown so often. */
#define PROGRESS_FRAMES 16384
#define PROGRESS_NS	(NS_PER_S / 4)

/* Who hears of connections that are over, in the order in which they are. */
struct hearer {
	struct reader rd;
	struct parts parts;
	struct stretch stretch;
	struct views *views;
};

static void on_seen(void *ctx, uint32_t id, enum side from,
		    const struct seg *seg, const struct wire_judge *judge)
{
	const struct reader *rd = &((struct hearer *)ctx)->rd;
	struct reading_frame frame = {
		rd->raw, rd->number, id, from, seg, judge
	};

	rd->r->frame(rd->r->ctx, &frame);
}

static void on_over(void *ctx, const struct flows_over *o)
{
	struct hearer *h = ctx;
	struct flows_over linked;

	if (!h->rd.r->over)
		return;
	if (views_link(h->views, o, o->told_ns, &linked))
		o = &linked;
	h->rd.r->over(h->rd.r->ctx, o);
}

static void judge(struct reader *rd)
{
	stretch_judge(rd->stretch, &rd->judge);
	stretch_clear(rd->stretch);
}

static void tell_unread(struct reader *rd, int link)
{
	for (size_t i = 0; i < rd->n_unread; i++)
		if (rd->unread[i] == link)
			return;
	if (!rd->r->unread || rd->n_unread == READING_UNREAD_MAX)
		return;
	rd->unread[rd->n_unread++] = link;
	rd->r->unread(rd->r->ctx, rd->r->sum->name, link);
}

/* How far it has come: those that are usual do not ask for it. */
static void at(struct reader *rd, const struct capture_frame *raw,
	       uint64_t number)
{
	rd->raw = raw;
	rd->number = number;
	rd->last_ns = raw->at_ns;
}

static struct decap_frame frame_of(const struct reader *rd,
				   const struct capture_frame *raw)
{
	return (struct decap_frame){ raw->iface->link, raw->bytes,   raw->len,
				     raw->wire_len,    rd->r->outer, 0 };
}

/* A brief names the segment from now on. */
static void note(struct reader *rd, const struct seg *seg,
		 struct flows_whole whole)
{
	uint32_t part = parts_of(rd->parts, seg);
	struct stretch_list *list = &rd->stretch->list[rd->list[part]];
	struct flows_brief *brief = stretch_next(list);

	whole.at = (uint32_t)rd->stretch->n_whole++;
	brief->whole = whole;
	brief->frame = rd->number;
	brief->at_ns = rd->raw->at_ns;
	flows_note_seg(rd->parts->seed, part, brief, seg);
	stretch_add(list);
}

/* An ICMP error about a segment of a connection is evidence. */
static bool take_icmp(struct reader *rd, const struct decap_frame *frame,
		      struct seg *seg)
{
	enum icmp_error error;

	if (!decap_icmp(frame, &error, seg))
		return false;
	note(rd, seg, (struct flows_whole){ FLOWS_QUOTED, (uint8_t)error, 0 });
	return true;
}

static bool is_selected(const struct reader *rd, const struct seg *seg)
{
	return !rd->selects ||
	       selection_has(&rd->r->select, seg->family, &seg->src, &seg->dst);
}

/* One frame of a packet: there is a segment in it, or something about one. */
static enum decap_kind
take_frame(struct reader *rd, const struct decap_frame *frame, uint32_t *next)
{
	struct seg *seg = stretch_whole(rd->stretch);
	enum decap_kind kind = decap_segment(frame, seg, next);

	if (kind == DECAP_NOT_TCP && take_icmp(rd, frame, seg))
		return DECAP_TCP;
	if (kind == DECAP_TCP && is_selected(rd, seg))
		note(rd, seg, (struct flows_whole){ FLOWS_WHOLE, 0, 0 });
	return kind;
}

static void skip(struct reader *rd, enum decap_kind kind, int link)
{
	if (capture_is_lost(rd->capture))
		return;
	rd->r->sum->skipped[kind]++;
	if (kind == DECAP_UNREAD)
		tell_unread(rd, link);
}

/* A packet that has none is what its first frame is. */
static enum decap_kind take_more(struct reader *rd, struct decap_frame *frame,
				 enum decap_kind kind, uint32_t next)
{
	while (next) {
		frame->from = next;
		if (take_frame(rd, frame, &next) == DECAP_TCP)
			kind = DECAP_TCP;
	}
	stretch_sort_last(rd->stretch, rd->number);
	return kind;
}

static void __attribute__((noinline))
take_unusual(struct reader *rd, const struct capture_frame *raw,
	     uint64_t number)
{
	struct decap_frame frame = frame_of(rd, raw);
	enum decap_kind kind;
	uint32_t next;

	at(rd, raw, number);
	kind = take_frame(rd, &frame, &next);
	if (next)
		kind = take_more(rd, &frame, kind, next);
	if (kind != DECAP_TCP)
		skip(rd, kind, raw->iface->link);
	if (rd->r->frame && !capture_is_lost(rd->capture))
		judge(rd);
}

/* The next brief, of the connection with these ends. */
static __always_inline struct flows_brief *
note_ends(struct reader *rd, const struct capture_frame *raw, uint64_t number,
	  const struct decap_ends *ends)
{
	uint32_t part = parts_at(rd->parts, ends->src ^ ends->dst,
				 (uint32_t)(ends->src_port ^ ends->dst_port));
	struct stretch_list *list = rd->stretch->list;
	struct flows_brief *brief;

	if (rd->shared)
		list += rd->list[part];
	brief = stretch_next(list);
	stretch_add(list);
	flows_note_ip4(rd->parts->seed, part, brief, ends);
	brief->frame = number;
	brief->at_ns = raw->at_ns;
	return brief;
}

/* The packet was found in the frame. */
static __always_inline void take_stamped(struct reader *rd,
					 const struct capture_frame *raw,
					 uint64_t number, const uint8_t *ip)
{
	struct decap_ends ends = decap_ends4(ip);

	decap_brief_stamped4(ip, &note_ends(rd, raw, number, &ends)->tcp);
}

static void __attribute__((noinline))
take_other(struct reader *rd, const struct capture_frame *raw, uint64_t number)
{
	uint32_t left, heads;
	const uint8_t *ip =
		decap_usual_ip4(raw->iface->link, raw->bytes, raw->len, &left);
	struct flows_brief *brief;
	struct decap_ends ends;

	if (ip && decap_has_stamps4(ip, left)) {
		take_stamped(rd, raw, number, ip);
		return;
	}
	heads = ip ? decap_heads4(ip, left) : 0;
	if (!heads) {
		take_unusual(rd, raw, number);
		return;
	}
	ends = decap_ends4(ip);
	brief = note_ends(rd, raw, number, &ends);
	decap_brief4(ip, heads, &brief->tcp);
	decap_brief_options(&brief->tcp, decap_opts4(ip),
			    heads - IP4_LEN - TCP_LEN);
}

/* Nearly all are such. */
static __always_inline void
take(struct reader *rd, const struct capture_frame *raw, uint64_t number)
{
	capture_ask_ahead(raw);
	if (decap_is_stamped4(raw->bytes, raw->len))
		take_stamped(rd, raw, number, raw->bytes + SEG_ETH_LEN);
	else
		take_other(rd, raw, number);
}

static void show_progress(struct reader *rd)
{
	uint64_t at = capture_offset(rd->capture);
	uint64_t size = capture_size(rd->capture);
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

/* Time has passed: at the same frames, whoever judges what. */
static void __attribute__((noinline)) pass(struct reader *rd)
{
	stretch_note_pass(rd->stretch, rd->number, rd->last_ns);
	if (rd->stretch->n_passes == STRETCH_PASSES) {
		rd->full = rd->shared;
		if (rd->full)
			capture_break(rd->capture);
		else
			judge(rd);
	}
	if (rd->number % PROGRESS_FRAMES == 0 && rd->r->progress)
		show_progress(rd);
}

/* What was copied of a file that became shorter meanwhile may be zeros. */
static void take_some(struct reader *rd, const struct capture_frame *raw,
		      size_t n)
{
	struct stretch *stretch = rd->stretch;
	uint64_t next = rd->number + 1;
	struct stretch_mark mark;

	stretch_note_mark(stretch, &mark);
	if (rd->wants_all)
		for (size_t i = 0; i < n; i++)
			take_unusual(rd, &raw[i], next + i);
	else if (raw->iface->link == DECAP_ETHERNET)
		for (size_t i = 0; i < n; i++)
			take(rd, &raw[i], next + i);
	else
		for (size_t i = 0; i < n; i++) {
			capture_ask_ahead(&raw[i]);
			take_other(rd, &raw[i], next + i);
		}
	at(rd, raw + n - 1, next + n - 1);
	if (capture_is_lost(rd->capture))
		stretch_back(stretch, &mark);
}

/* A stretch that is full has what is left of its batch, but no other pass. */
_Static_assert(CAPTURE_MANY <= STRETCH_PASS, "one pass in a batch");

static void take_many(void *ctx, const struct capture_frame *raw, size_t n)
{
	struct reader *rd = ctx;

	while (n) {
		size_t left = STRETCH_PASS - rd->number % STRETCH_PASS;
		size_t some = n < left ? n : left;

		take_some(rd, raw, some);
		if (some == left)
			pass(rd);
		raw += some;
		n -= some;
	}
}

enum capture_got reading_note(struct reader *rd, struct fault *f)
{
	rd->full = false;
	return capture_read_many(rd->capture, take_many, rd, f);
}

static bool goes_on(struct reader *rd)
{
	struct capture *next = rd->r->next ? rd->r->next(rd->r->ctx) : NULL;

	if (next)
		rd->capture = next;
	return next;
}

/* An interface is silent. */
static void pass_quiet(struct reader *rd)
{
	for (size_t i = 0; i < rd->parts->n; i++)
		flows_pass(rd->parts->flows[i], clock_real_ns());
}

static int read_all(struct hearer *h, struct fault *f)
{
	struct reader *rd = &h->rd;
	enum capture_got got;

	do {
		if (reading_share(rd, on_over, h, f))
			return -1;
		got = reading_note(rd, f);
		judge(rd);
		if (got == CAPTURE_NONE)
			pass_quiet(rd);
	} while (got == CAPTURE_NONE || (got == CAPTURE_END && goes_on(rd)));
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

static void begin(struct hearer *h, const struct reading *r)
{
	struct reader *rd = &h->rd;
	struct flows_plan plan = { .max = r->max_flows,
				   .quiet_ns = r->quiet_ns,
				   .over = on_over,
				   .seen = r->frame ? on_seen : NULL,
				   .ctx = h };

	draw_seed(plan.seed);
	parts_new(&h->parts, &plan);
	h->views = views_new();
	stretch_new(&h->stretch, 1);
	rd->r = r;
	rd->capture = r->capture;
	rd->parts = &h->parts;
	rd->stretch = &h->stretch;
	rd->judge.part = h->parts.flows;
	rd->judge.n_mine = h->parts.n;
	memcpy(rd->judge.mine, h->parts.flows, sizeof(rd->judge.mine));
	rd->threads = r->threads;
	rd->selects = r->select.a.set;
	rd->wants_all = rd->selects || r->frame;
	rd->since_ns = clock_mono_ns();
	rd->shown_ns = rd->since_ns;
}

/* Errors about connections that nobody has seen are of no connection. */
static void end(struct hearer *h)
{
	struct listing_sum *sum = h->rd.r->sum;

	sum->packets = h->rd.number;
	for (size_t i = 0; i < h->parts.n; i++)
		sum->skipped[DECAP_NOT_TCP] += flows_unheld(h->parts.flows[i]);
	flows_end_parts(h->parts.flows, h->parts.n, h->rd.last_ns);
}

int reading_run(const struct reading *r, struct fault *f)
{
	struct hearer *h = memory_zeroed(1, sizeof(*h));
	int rc;

	begin(h, r);
	rc = read_all(h, f);
	end_progress(&h->rd);
	end(h);
	stretch_free(&h->stretch);
	parts_free(&h->parts);
	views_free(h->views);
	free(h);
	return rc;
}
