/*
 * Plays a bug on a frame: takes the step that concerns it, writes what came of
 * it, and remembers what was sent. Knows no bug by name.
 */
#include "bug/bug.h"

#include <string.h>
#include <sys/socket.h>

#include "bug/bug_own.h"

#define FRAME_MAX  2048
#define TCP_SUM_AT 16

const struct bug *bug_find(const char *name)
{
	size_t i;

	for (i = 0; i < n_bugs; i++) {
		if (strcmp(bugs[i].name, name) == 0)
			return &bugs[i];
	}
	return NULL;
}

/* Writes one frame, with the Ethernet addresses of the one it stands for. */
static void put(const struct bent *b, const struct seg *seg,
		const uint8_t *frame, bool turned, enum side from,
		int64_t after_ns, const struct bug_sink *to)
{
	const uint8_t *dst = turned ? frame + SEG_MAC_LEN : frame;
	const uint8_t *src = turned ? frame : frame + SEG_MAC_LEN;
	uint8_t out[FRAME_MAX];
	size_t len = seg_build(seg, src, dst, out, sizeof(out));
	size_t ip = seg->family == AF_INET ? 20 : 40;

	if (!len)
		return;
	if (b->bad_sum)
		out[SEG_ETH_LEN + ip + TCP_SUM_AT] ^= 0xff;
	to->put(to->ctx, from, out, len, after_ns);
}

static void remember_got(struct bug_memory *m, bool got, const struct seg *seg)
{
	m->unanswered = got;
	if (!got)
		return;
	m->got_flags = seg->flags;
	m->got_seq = seg->seq;
	m->got_ack = seg->ack;
	m->got_len = seg->len;
}

static void begin(struct bent *b, const struct bug *bug,
		  const struct bug_memory *memory, const struct seg *seg)
{
	memset(b, 0, sizeof(*b));
	b->me = &memory->flow.tcb[bug->side];
	b->peer = &memory->flow.tcb[side_other(bug->side)];
	b->memory = memory;
	b->seg = *seg;
	if (seg->opts_len)
		memcpy(b->opts, seg->opts, seg->opts_len);
	b->seg.opts = b->opts;
}

static enum bug_fate take(struct bent *b, const struct bug_step *steps,
			  struct bug_memory *memory)
{
	const struct bug_step *s;

	for (s = steps; s < steps + BUG_STEPS_MAX && s->when; s++) {
		if (!s->when(b))
			continue;
		if (s->what)
			s->what(b);
		memory->changes++;
		return s->fate;
	}
	return BUG_PASS;
}

static void end(struct bent *b, enum bug_fate fate, const struct bug *bug,
		const struct frame *frame, const struct bug_sink *to)
{
	enum side from = frame->from;
	unsigned int i;

	if (fate == BUG_PASS)
		to->put(to->ctx, from, frame->bytes, frame->len, 0);
	else if (fate == BUG_CHANGE)
		put(b, &b->seg, frame->bytes, false, from, b->after_ns, to);
	for (i = 0; i < b->also_times; i++) {
		put(b, &b->also, frame->bytes, from != bug->side, bug->side,
		    b->also_after_ns + i * b->also_gap_ns, to);
		b->also.seq += b->also_step;
	}
}

void bug_play(const struct bug *bug, struct bug_memory *memory,
	      const struct frame *frame, const struct bug_sink *to)
{
	bool got = frame->from != bug->side;
	struct bent b;

	if (frame->kind != SEG_TCP) {
		to->put(to->ctx, frame->from, frame->bytes, frame->len, 0);
		return;
	}
	begin(&b, bug, memory, &frame->seg);
	end(&b, take(&b, got ? bug->got : bug->sent, memory), bug, frame, to);
	flow_note(&memory->flow, frame->from, &frame->seg);
	remember_got(memory, got, &frame->seg);
}
