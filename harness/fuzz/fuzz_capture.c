/*
 * Any octets as a capture of any kind, or as frames of any link type: read
 * to its end, every connection told once, nothing held beyond the limit.
 */
#include "fuzz/fuzz.h"

#include "base/array.h"
#include "packet/decap.h"
#include "check/flows.h"
#include "check/views.h"
#include "link/capture.h"

#define HELD_MAX 4

static const uint64_t seed[2] = { 1, 2 };

struct told {
	uint64_t frames; /* given to the table */
	uint64_t flows;
	uint64_t segments;
	uint32_t last_id;
	struct views *views; /* NULL: nothing was told yet */
};

static void check_finding(const struct judge_finding *f,
			  const struct flows_over *o)
{
	MUST(f->rule != NULL && f->severity < SEVERITY_COUNT);
	MUST(f->side == SIDE_A || f->side == SIDE_B);
	/* 0: what only the end of the capture shows is of no one frame. */
	MUST(f->frame == 0 ||
	     (f->frame >= o->first_frame && f->frame <= o->last_frame));
	MUST(f->expected[0] && strlen(f->expected) < JUDGE_TEXT_MAX);
	MUST(f->actual[0] && strlen(f->actual) < JUDGE_TEXT_MAX);
	MUST(f->severity != SEVERITY_INCONCLUSIVE || f->settles != NULL);
}

/* Another view is one that was told of, and says what this one says. */
static void link_views(struct told *told, const struct flows_over *o)
{
	struct flows_over linked;

	if (!told->views)
		told->views = views_new();
	if (!views_link(told->views, o, o->told_ns, &linked))
		return;
	MUST(linked.same_as && linked.same_as != o->id);
	MUST(linked.n_found - o->n_found <= 1);
	for (size_t i = 0; i < linked.n_found; i++)
		check_finding(linked.found[i], o);
}

static void take_over(void *ctx, const struct flows_over *o)
{
	struct told *told = ctx;
	size_t i;

	told->flows++;
	told->segments += o->segments;
	MUST(o->id >= 1 && o->segments >= 1);
	MUST(o->first_frame >= 1 && o->first_frame <= o->last_frame);
	MUST(o->last_frame <= told->frames);
	MUST(o->summary.ending < ENDING_COUNT);
	MUST(o->summary.closed_first < FIRST_COUNT);
	MUST(o->summary.state[SIDE_A] < TCP_STATE_COUNT);
	MUST(o->summary.state[SIDE_B] < TCP_STATE_COUNT);
	MUST(o->n_found <= FLOWS_FOUND_MAX);
	for (i = 0; i < o->n_found; i++)
		check_finding(o->found[i], o);
	link_views(told, o);
}

/* Time passes behind each. */
static void judge(struct flows *t, const struct told *told,
		  const struct seg *seg, struct flows_whole whole,
		  int64_t at_ns)
{
	struct flows_brief brief = { .frame = told->frames, .at_ns = at_ns };

	brief.whole = whole;
	flows_note_seg(seed, 0, &brief, seg);
	flows_judge_parts(&t, &brief, 1, seg);
	flows_let_go_parts(&t, 1, at_ns);
}

static void give_icmp(struct flows *t, const struct told *told,
		      const struct decap_frame *frame, int64_t at_ns)
{
	enum icmp_error error;
	struct seg quoted;

	if (!decap_icmp(frame, &error, &quoted))
		return;
	MUST(icmp_has(error, quoted.family));
	judge(t, told, &quoted,
	      (struct flows_whole){ FLOWS_QUOTED, (uint8_t)error, 0 }, at_ns);
}

/* Returns whether it was a segment. */
static bool give_one(struct flows *t, struct told *told,
		     const struct decap_frame *frame, int64_t at_ns,
		     uint32_t *next)
{
	struct seg seg;
	enum decap_kind kind = decap_segment(frame, &seg, next);

	MUST(kind < DECAP_KIND_COUNT);
	MUST(*next == 0 || *next > frame->from);
	if (kind == DECAP_NOT_TCP)
		give_icmp(t, told, frame, at_ns);
	if (kind != DECAP_TCP)
		return false;
	MUST(seg.data == NULL && seg.opts == NULL && seg.opts_len == 0);
	MUST(seg.scale <= 14 && (seg.has_scale || !seg.scale));
	judge(t, told, &seg, (struct flows_whole){ FLOWS_WHOLE, 0, 0 }, at_ns);
	return true;
}

/* Returns how many segments were in the packet. */
static uint64_t give(struct flows *t, struct told *told,
		     const struct decap_frame *packet, int64_t at_ns)
{
	struct decap_frame frame = *packet;
	uint64_t segments = 0;
	uint32_t next;

	told->frames++;
	do {
		segments += give_one(t, told, &frame, at_ns, &next);
		frame.from = next;
	} while (next);
	return segments;
}

/* A file that is being read. */
struct file {
	struct flows *flows; /* NULL: read a second time */
	struct told *told;
	struct capture *capture;
	size_t size;
	uint64_t segments;
	uint64_t sum; /* of all that was given */
};

static void add(struct file *file, uint64_t n)
{
	file->sum = (file->sum ^ n) * UINT64_C(0x100000001b3);
}

static void add_frame(struct file *file, const struct capture_frame *frame)
{
	add(file, (uint64_t)frame->at_ns);
	add(file, (uint64_t)frame->wire_len << 32 | frame->len);
	for (uint32_t i = 0; i < frame->len; i++)
		add(file, frame->bytes[i]);
}

static void give_frame(void *ctx, const struct capture_frame *frame)
{
	struct file *file = ctx;
	struct decap_frame d = { frame->iface->link, frame->bytes, frame->len,
				 frame->wire_len,    false,	   0 };

	MUST(capture_offset(file->capture) <= capture_size(file->capture));
	MUST(file->told->frames <= file->size);
	MUST(!capture_is_lost(file->capture));
	add_frame(file, frame);
	if (!file->flows)
		return;
	file->segments += give(file->flows, file->told, &d, frame->at_ns);
}

static enum capture_got read_file(struct file *file, const char *path,
				  bool carefully, struct fault *f)
{
	enum capture_got got = CAPTURE_DAMAGED;

	file->capture = capture_open(path, f);
	MUST(file->capture || strncmp(f->text, path, strlen(path)) == 0);
	if (!file->capture)
		return got;
	if (carefully)
		capture_carefully(file->capture);
	got = capture_read(file->capture, give_frame, file, f);
	MUST(got != CAPTURE_NONE);
	MUST(got != CAPTURE_DAMAGED || strstr(f->text, path));
	capture_close(file->capture);
	return got;
}

/* Mapped or not, all is the same. */
static uint64_t give_file(struct flows *t, struct told *told,
			  const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_MAX];
	int fd = fuzz_file(data, size, path);
	struct fault f = { "" }, again = { "" };
	struct file mapped = { .flows = t, .told = told, .size = size };
	struct file careful = { .told = told, .size = size };

	MUST(read_file(&mapped, path, false, &f) ==
	     read_file(&careful, path, true, &again));
	MUST(mapped.sum == careful.sum);
	MUST(strcmp(f.text, again.text) == 0);
	close(fd);
	return mapped.segments;
}

/*
 * Link type, then frames: two octets of length, one of what was cut off, one
 * of the time since the frame before.
 */
static uint64_t give_frames(struct flows *t, struct told *told,
			    const uint8_t *data, size_t size)
{
	static const int links[] = {
		DECAP_ETHERNET,	     DECAP_RAW,
		DECAP_NULL,	     DECAP_LOOP,
		DECAP_SLL,	     DECAP_SLL2,
		DECAP_IPV4,	     DECAP_IPV6,
		DECAP_SLIP,	     DECAP_PPP,
		DECAP_ATM_RFC1483,   DECAP_PPP_SERIAL,
		DECAP_PPPOE,	     DECAP_HDLC,
		DECAP_WLAN,	     DECAP_FRELAY,
		DECAP_ENC,	     DECAP_PFLOG,
		DECAP_PRISM,	     DECAP_RADIOTAP,
		DECAP_AVS,	     DECAP_PPP_PPPD,
		DECAP_PPI,	     DECAP_PPP_WITH_DIR,
		DECAP_HDLC_WITH_DIR, DECAP_FRELAY_WITH_DIR,
		DECAP_MPLS,	     DECAP_NFLOG,
		DECAP_NETANALYZER,   DECAP_PKTAP,
		DECAP_USB_LINUX,     DECAP_USB_LINUX_MMAPPED,
		DECAP_USBPCAP,	     DECAP_USB_DARWIN,
	};
	int link = links[data[0] % ARRAY_SIZE(links)];
	uint64_t segments = 0;
	int64_t at_ns = 0;
	size_t at = 1;

	while (size - at > 4) {
		size_t len = (size_t)(data[at] << 8 | data[at + 1]);
		size_t cut = data[at + 2];

		at_ns += (int64_t)data[at + 3] * data[at + 3] * 10000000;
		at += 4;
		if (len > size - at)
			len = size - at;
		struct decap_frame f = { link,	    data + at, len,
					 len + cut, false,     0 };

		segments += give(t, told, &f, at_ns);
		at += len;
	}
	return segments;
}

static bool is_file(const uint8_t *data, size_t size)
{
	static const uint8_t magic[][4] = {
		{ 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 },
		{ 0x4d, 0x3c, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
		{ 0x0a, 0x0d, 0x0d, 0x0a }, { 0x34, 0xcd, 0xb2, 0xa1 },
		{ 's', 'n', 'o', 'o' },
	};
	size_t i;

	for (i = 0; size >= 4 && i < sizeof(magic) / 4; i++)
		if (memcmp(data, magic[i], 4) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told told = { .frames = 0 };
	struct flows_plan plan = { .seed = { seed[0], seed[1] },
				   .max = HELD_MAX,
				   .over = take_over,
				   .ctx = &told };
	struct flows *t;
	uint64_t segments;

	if (size == 0)
		return 0;
	t = flows_new(&plan);
	MUST(t != NULL);
	segments = is_file(data, size) ? give_file(t, &told, data, size)
				       : give_frames(t, &told, data, size);
	flows_end_parts(&t, 1, INT64_C(1) << 60);
	MUST(told.segments == segments);
	flows_free(t);
	views_free(told.views);
	return 0;
}
