/*
 * Any octets as a capture of any kind, or as frames of any link type: read
 * to its end, every connection told once, nothing held beyond the limit.
 */
#include "fuzz/fuzz.h"

#include "packet/decap.h"
#include "check/flows.h"
#include "link/capture.h"

#define HELD_MAX 4

struct told {
	uint64_t frames; /* given to the table */
	uint64_t flows;
	uint64_t segments;
	uint32_t last_id;
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
}

/* Returns whether it was a segment. */
static bool give(struct flows *t, struct told *told,
		 const struct decap_frame *frame, int64_t at_ns)
{
	struct flows_item item = { .frame = ++told->frames, .at_ns = at_ns };
	const struct seg *seg = &item.seg;
	enum decap_kind kind = decap_segment(frame, &item.seg);

	MUST(kind < DECAP_KIND_COUNT);
	if (kind != DECAP_TCP)
		return false;
	MUST(seg->data == NULL && seg->opts == NULL && seg->opts_len == 0);
	MUST(seg->scale <= 14 && (seg->has_scale || !seg->scale));
	flows_judge(t, &item, 1);
	return true;
}

/* A file that is being read. */
struct file {
	struct flows *flows;
	struct told *told;
	const struct capture *capture;
	size_t size;
	uint64_t segments;
};

static void give_frame(void *ctx, const struct capture_frame *frame)
{
	struct file *file = ctx;
	struct decap_frame d = { capture_link(file->capture), frame->bytes,
				 frame->len, frame->wire_len };

	MUST(capture_offset(file->capture) <= capture_size(file->capture));
	MUST(file->told->frames <= file->size);
	file->segments += give(file->flows, file->told, &d, frame->at_ns);
}

static uint64_t give_file(struct flows *t, struct told *told,
			  const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_MAX];
	int fd = fuzz_file(data, size, path);
	struct fault f = { "" };
	struct capture *c = capture_open(path, &f);
	struct file file = { t, told, c, size, 0 };
	enum capture_got got = CAPTURE_END;

	MUST(c || strncmp(f.text, path, strlen(path)) == 0);
	if (c)
		got = capture_read(c, give_frame, &file, &f);
	MUST(got != CAPTURE_NONE);
	MUST(got != CAPTURE_DAMAGED || strstr(f.text, path));
	if (c)
		capture_close(c);
	close(fd);
	return file.segments;
}

/*
 * Link type, then frames: two octets of length, one of what was cut off, one
 * of the time since the frame before.
 */
static uint64_t give_frames(struct flows *t, struct told *told,
			    const uint8_t *data, size_t size)
{
	static const int links[] = { DECAP_ETHERNET, DECAP_RAW, DECAP_NULL,
				     DECAP_LOOP,     DECAP_SLL, DECAP_SLL2,
				     DECAP_IPV4,     DECAP_IPV6 };
	int link = links[data[0] % 8];
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
		struct decap_frame f = { link, data + at, len, len + cut };

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
	struct flows_plan plan = { { 1, 2 }, HELD_MAX, take_over, NULL, &told };
	struct flows *t;
	uint64_t segments;

	if (size == 0)
		return 0;
	t = flows_new(&plan);
	MUST(t != NULL);
	segments = is_file(data, size) ? give_file(t, &told, data, size)
				       : give_frames(t, &told, data, size);
	flows_end(t, INT64_C(1) << 60);
	MUST(told.segments == segments);
	MUST(flows_evicted(t) <= told.flows);
	flows_free(t);
	return 0;
}
