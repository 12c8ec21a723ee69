/*
 * The liars' trunk: reads a frame, lets the liar bend it, writes what came of
 * it, and keeps the memory. Knows no fault by name.
 */
#include "bug/bug.h"

#include <string.h>
#include <sys/socket.h>

#include "bug/bug_own.h"

#define FRAME_MAX  2048
#define TCP_SUM_AT 16

const struct liar *liar_find(const char *name)
{
	size_t i;

	for (i = 0; i < n_liars; i++) {
		if (strcmp(liars[i].name, name) == 0)
			return &liars[i];
	}
	return NULL;
}

bool lie_is_ack(const struct lie *l)
{
	return lie_has(l, FLAG_ACK) && !l->seg.len &&
	       !(l->seg.flags & (FLAG_SYN | FLAG_FIN | FLAG_RST));
}

bool lie_acks_fin(const struct lie *l)
{
	return lie_has(l, FLAG_ACK) && l->peer->fin &&
	       l->seg.ack == l->peer->fin_seq + 1;
}

bool lie_asked_rst(const struct lie *l)
{
	return l->memory->asked && l->memory->asked_flags & FLAG_RST;
}

/* A keep-alive and a zero-window probe are alike: just below what is next. */
bool lie_asked_probe(const struct lie *l)
{
	const struct liar_memory *m = l->memory;

	return m->asked && m->asked_len <= 1 && m->asked_flags == FLAG_ACK &&
	       m->asked_seq == l->me->ack - 1;
}

static void write32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void add_ts(struct lie *l, struct seg *seg)
{
	static const uint8_t head[4] = { 1, 1, 8, 10 };

	memcpy(l->also_opts, head, sizeof(head));
	write32(l->also_opts + 4, l->me->tsval);
	write32(l->also_opts + 8,
		l->seg.has_ts ? l->seg.tsval : l->peer->tsval);
	seg->opts = l->also_opts;
	seg->opts_len = sizeof(l->also_opts);
}

struct seg lie_segment(struct lie *l, uint8_t flags)
{
	struct seg seg = l->seg;

	seg.src = l->seg.dst;
	seg.dst = l->seg.src;
	seg.flags = flags;
	seg.seq = l->me->next;
	seg.ack = flags & FLAG_ACK ? l->me->ack : 0;
	seg.win = l->me->win;
	seg.urg = 0;
	seg.len = 0;
	seg.opts_len = 0;
	if (l->me->has_ts && !(flags & FLAG_RST))
		add_ts(l, &seg);
	return seg;
}

/* Where the timestamps begin in the options, or NULL. */
static uint8_t *find_ts(struct lie *l)
{
	size_t i = 0;

	while (i + 1 < l->seg.opts_len && l->opts[i]) {
		if (l->opts[i] == 1) {
			i++;
			continue;
		}
		if (l->opts[i] == 8 && i + 10 <= l->seg.opts_len)
			return l->opts + i + 2;
		if (l->opts[i + 1] < 2)
			break;
		i += l->opts[i + 1];
	}
	return NULL;
}

void lie_ts(struct lie *l, uint32_t add)
{
	uint8_t *at = find_ts(l);

	if (at)
		write32(at, l->seg.tsval + add);
}

void lie_no_opts(struct lie *l)
{
	l->seg.opts_len = 0;
}

/* One frame of the lie: from the addresses of the one it stands for. */
static void put(const struct lie *l, const struct seg *seg,
		const uint8_t *frame, bool turned, enum side from,
		int64_t after_ns, const struct liar_sink *to)
{
	const uint8_t *dst = turned ? frame + SEG_MAC_LEN : frame;
	const uint8_t *src = turned ? frame : frame + SEG_MAC_LEN;
	uint8_t out[FRAME_MAX];
	size_t len = seg_build(seg, src, dst, out, sizeof(out));
	size_t ip = seg->family == AF_INET ? 20 : 40;

	if (!len)
		return;
	if (l->bad_sum)
		out[SEG_ETH_LEN + ip + TCP_SUM_AT] ^= 0xff;
	to->put(to->ctx, from, out, len, after_ns);
}

static void remember(struct liar_half *h, const struct seg *seg)
{
	uint32_t end = seg->seq + seg_span(seg);

	if (seg->flags & FLAG_SYN && (!h->known || seg->seq != h->next - 1))
		memset(h, 0, sizeof(*h));
	if (seg->flags & FLAG_RST) {
		h->rst = true;
		return;
	}
	if (!h->known || seq_after(end, h->next))
		h->next = end;
	h->known = true;
	h->opened += (uint32_t)seg->len;
	h->win = seg->win;
	h->has_ts = seg->has_ts;
	h->tsval = seg->tsval;
	if (seg->flags & FLAG_ACK)
		h->ack = seg->ack;
	if (seg->flags & FLAG_FIN) {
		h->fin = true;
		h->fin_seq = seg->seq + (uint32_t)seg->len;
	}
}

static void remember_asked(struct liar_memory *m, bool to_liar,
			   const struct seg *seg)
{
	m->asked = to_liar;
	if (!to_liar)
		return;
	m->asked_flags = seg->flags;
	m->asked_seq = seg->seq;
	m->asked_ack = seg->ack;
	m->asked_len = seg->len;
}

static void begin(struct lie *l, const struct liar *liar,
		  struct liar_memory *memory, const struct seg *seg)
{
	memset(l, 0, sizeof(*l));
	l->me = &memory->half[liar->side];
	l->peer = &memory->half[side_other(liar->side)];
	l->memory = memory;
	l->seg = *seg;
	if (seg->opts_len)
		memcpy(l->opts, seg->opts, seg->opts_len);
	l->seg.opts = l->opts;
}

static void end(struct lie *l, enum lie_said said, const struct liar *liar,
		const struct frame *frame, const struct liar_sink *to)
{
	enum side from = frame->from;
	unsigned int i;

	if (said == LIE_PASS)
		to->put(to->ctx, from, frame->bytes, frame->len, 0);
	else if (said == LIE_BENT)
		put(l, &l->seg, frame->bytes, false, from, l->after_ns, to);
	for (i = 0; i < l->also_times; i++) {
		put(l, &l->also, frame->bytes, from != liar->side, liar->side,
		    l->also_after_ns + i * l->also_gap_ns, to);
		l->also.seq += l->also_step;
	}
	if (said != LIE_PASS || l->also_times)
		l->memory->lies++;
}

void liar_bend(const struct liar *liar, struct liar_memory *memory,
	       const struct frame *frame, const struct liar_sink *to)
{
	bool sent = frame->from == liar->side;
	liar_fn *fn = sent ? liar->sent : liar->got;
	struct lie l;

	if (frame->kind != SEG_TCP) {
		to->put(to->ctx, frame->from, frame->bytes, frame->len, 0);
		return;
	}
	begin(&l, liar, memory, &frame->seg);
	end(&l, fn ? fn(&l) : LIE_PASS, liar, frame, to);
	remember(&memory->half[frame->from], &frame->seg);
	remember_asked(memory, !sent, &frame->seg);
}
