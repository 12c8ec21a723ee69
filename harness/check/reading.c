/*
 * A frame's way: it is read, parsed, and judged together with others. Knows
 * nothing of how connections are shown.
 */
#include "check/reading.h"

#include <errno.h>
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

/* No link type: all frames are taken apart with both ends. */
#define UNUSUAL -1

/* Who hears of connections that are over, in the order in which they are. */
struct hearer {
	struct reader rd;
	struct parts parts;
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

/* What was copied of a file that became shorter meanwhile may be zeros. */
void reading_judge(struct reader *rd)
{
	if (!capture_is_lost(rd->capture))
		flows_judge_parts(rd->item, (size_t)(rd->next - rd->item));
	rd->next = rd->item;
}

void reading_await(struct reader *rd, size_t at_once)
{
	rd->next = rd->item;
	rd->full = rd->item + at_once;
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

static struct decap_frame frame_of(const struct reader *rd,
				   const struct capture_frame *raw)
{
	return (struct decap_frame){ raw->iface->link, raw->bytes,   raw->len,
				     raw->wire_len,    rd->r->outer, 0 };
}

/* An ICMP error about a segment of a connection is evidence. */
static bool take_icmp(struct reader *rd, const struct decap_frame *frame)
{
	enum icmp_error error;
	struct seg quoted;
	uint32_t part;

	if (!decap_icmp(frame, &error, &quoted))
		return false;
	part = parts_of(rd->parts, &quoted);
	if (!(rd->is_mine >> part & 1))
		return true;
	reading_judge(rd);
	if (!flows_icmp(rd->parts->flows[part], &quoted, error))
		rd->skipped[DECAP_NOT_TCP]++;
	return true;
}

/* Of frames read together, those to be taken. */
struct pick {
	uint8_t frame[CAPTURE_MANY];
	bool counts[CAPTURE_MANY]; /* when it is skipped */
	size_t n;
};

/*
 * Leaves out the frames of other readers, as is seen of most before they are
 * taken apart. Whose the next one is nobody can foretell: there is no branch.
 */
static void pick(const struct reader *rd, const struct capture_frame *raw,
		 size_t n, struct pick *p)
{
	p->n = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t addresses, ports, mine = 1;
		bool usual = decap_usual_ends(raw[i].iface->link, raw[i].bytes,
					      raw[i].len, &addresses, &ports);

		if (usual)
			mine = rd->is_mine >>
				       parts_at(rd->parts, addresses, ports) &
			       1;
		p->frame[p->n] = (uint8_t)i;
		p->counts[p->n] = usual || rd->counts;
		p->n += mine;
	}
}

/* The item waits with the others, or they are judged. */
static __always_inline void add(struct reader *rd, struct flows_item *item)
{
	rd->next = item + 1;
	if (rd->next == rd->full)
		reading_judge(rd);
}

static void give(struct reader *rd, const struct capture_frame *raw,
		 struct flows_item *item, uint32_t part)
{
	if (rd->selects && !selection_has(&rd->r->select, item->seg.family,
					  &item->seg.src, &item->seg.dst))
		return;
	item->frame = rd->number;
	item->at_ns = raw->at_ns;
	flows_expect(rd->parts->flows[part], item);
	add(rd, item);
}

/* How far it has come: those that are usual do not ask for it. */
static void at(struct reader *rd, const struct capture_frame *raw,
	       uint64_t number)
{
	rd->raw = raw;
	rd->number = number;
	rd->last_ns = raw->at_ns;
}

/* One frame of a packet: there is a segment in it, or something about one. */
static enum decap_kind
take_frame(struct reader *rd, const struct decap_frame *frame, uint32_t *next)
{
	struct flows_item *item = rd->next;
	enum decap_kind kind = decap_segment(frame, &item->seg, next);
	uint32_t part;

	if (capture_is_lost(rd->capture))
		return kind;
	if (kind == DECAP_NOT_TCP && take_icmp(rd, frame))
		return DECAP_TCP;
	if (kind != DECAP_TCP)
		return kind;
	part = parts_of(rd->parts, &item->seg);
	if (rd->is_mine >> part & 1)
		give(rd, rd->raw, item, part);
	return kind;
}

static void skip(struct reader *rd, enum decap_kind kind, int link)
{
	rd->skipped[kind]++;
	if (kind == DECAP_UNREAD)
		tell_unread(rd, link);
}

/* A packet that has none is what its first frame is. */
static void __attribute__((noinline))
take_unusual(struct reader *rd, const struct capture_frame *raw,
	     uint64_t number, bool counts)
{
	struct decap_frame frame = frame_of(rd, raw);
	enum decap_kind kind;
	uint32_t next;

	at(rd, raw, number);
	kind = take_frame(rd, &frame, &next);
	while (next) {
		frame.from = next;
		if (take_frame(rd, &frame, &next) == DECAP_TCP)
			kind = DECAP_TCP;
	}
	if (kind != DECAP_TCP && counts && !capture_is_lost(rd->capture))
		skip(rd, kind, raw->iface->link);
}

/* Nearly all, by numbers: see flows_expect_ip4. */
static __always_inline void take_usual(struct reader *rd,
				       const struct capture_frame *raw,
				       struct flows_item *item, uint64_t number)
{
	const uint8_t *ip = raw->bytes + SEG_ETH_LEN, *tcp = ip + IP4_LEN;
	uint64_t src = flows_number(ip + 12, get16(tcp));
	uint64_t dst = flows_number(ip + 16, get16(tcp + 2));
	uint64_t both = src ^ dst;
	uint32_t part =
		parts_at(rd->parts, (uint32_t)both, (uint32_t)(both >> 32));

	item->frame = number;
	item->at_ns = raw->at_ns;
	flows_expect_ip4(rd->parts->flows[part], item, src, dst);
	add(rd, item);
}

static __always_inline void take(struct reader *rd,
				 const struct capture_frame *raw,
				 uint64_t number, bool counts)
{
	struct flows_item *item = rd->next;

	if (raw->iface->link == rd->usual_link &&
	    decap_usual4(raw->bytes, raw->len, &item->seg))
		take_usual(rd, raw, item, number);
	else
		take_unusual(rd, raw, number, counts);
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

/* Time has passed: the same for every reader, whatever it has judged. */
static void __attribute__((noinline)) pass(struct reader *rd)
{
	reading_judge(rd);
	flows_let_go_parts(rd->mine, rd->n_mine, rd->last_ns);
	if (rd->share)
		reading_share_pass(rd);
	if (rd->number % PROGRESS_FRAMES == 0 && rd->r->progress)
		show_progress(rd);
}

/* Takes frames until time passes, if it does. */
static void take_some(struct reader *rd, const struct capture_frame *raw,
		      size_t n)
{
	uint64_t next = rd->number + 1;
	struct pick p;

	if (rd->share) {
		pick(rd, raw, n, &p);
		for (size_t i = 0; i < p.n; i++)
			take(rd, &raw[p.frame[i]], next + p.frame[i],
			     p.counts[i]);
	} else {
		for (size_t i = 0; i < n; i++)
			take(rd, &raw[i], next + i, true);
	}
}

void reading_take(void *ctx, const struct capture_frame *raw, size_t n)
{
	struct reader *rd = ctx;

	while (n) {
		size_t left = READING_PASS - rd->number % READING_PASS;
		size_t some = n < left ? n : left;
		uint64_t number = rd->number + some;

		take_some(rd, raw, some);
		at(rd, raw + some - 1, number);
		if (some == left)
			pass(rd);
		raw += some;
		n -= some;
	}
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
	for (size_t i = 0; i < rd->n_mine; i++)
		flows_pass(rd->mine[i], clock_real_ns());
}

static int read_all(struct reader *rd, struct fault *f)
{
	enum capture_got got;

	do {
		if (rd->r->threads > 1 && reading_share(rd, on_over, f))
			return -1;
		got = capture_read_many(rd->capture, reading_take, rd, f);
		reading_judge(rd);
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
	rd->r = r;
	rd->capture = r->capture;
	rd->parts = &h->parts;
	rd->n_mine = h->parts.n;
	memcpy(rd->mine, h->parts.flows, sizeof(rd->mine));
	rd->is_mine = (1u << rd->n_mine) - 1;
	rd->counts = true;
	rd->skipped = r->sum->skipped;
	reading_await(rd, r->frame ? 1 : FLOWS_AT_ONCE);
	rd->selects = r->select.a.set;
	rd->usual_link = rd->selects || r->frame ? UNUSUAL : DECAP_ETHERNET;
	rd->since_ns = clock_mono_ns();
	rd->shown_ns = rd->since_ns;
}

int reading_run(const struct reading *r, struct fault *f)
{
	struct hearer *h = memory_zeroed(1, sizeof(*h));
	int rc;

	begin(h, r);
	rc = read_all(&h->rd, f);
	end_progress(&h->rd);
	r->sum->packets = h->rd.number;
	reading_share_end(&h->rd, on_over);
	parts_free(&h->parts);
	views_free(h->views);
	free(h);
	return rc;
}
