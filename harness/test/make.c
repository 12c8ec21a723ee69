/* Makes what tests need. Knows nothing of what they check. */
#include "test/make.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

const uint8_t make_mac[2][SEG_MAC_LEN] = {
	[SIDE_A] = { 2, 0, 0, 0, 0, 0xa },
	[SIDE_B] = { 2, 0, 0, 0, 0, 0xb },
};

struct seg_end make_end(int family, uint8_t last, uint16_t port)
{
	static const uint8_t net4[] = { 192, 0, 2 };
	static const uint8_t net6[] = { 0x20, 0x01, 0x0d, 0xb8 };
	struct seg_end end = { .port = port };

	if (family == AF_INET)
		memcpy(end.addr, net4, sizeof(net4));
	else
		memcpy(end.addr, net6, sizeof(net6));
	end.addr[family == AF_INET ? 3 : 15] = last;
	return end;
}

void make_flow(struct flow *flow, int family)
{
	memset(flow, 0, sizeof(*flow));
	flow->family = family;
	flow->end[SIDE_A] = make_end(family, 1, 40000);
	flow->end[SIDE_B] = make_end(family, 2, 7);
}

size_t make_octets(const char *hex, uint8_t *buf)
{
	size_t len = strlen(hex) / 2;

	for (size_t i = 0; i < len; i++) {
		const char digits[] = { hex[2 * i], hex[2 * i + 1], '\0' };

		buf[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return len;
}

uint32_t make_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

struct seg make_segment(const struct flow *flow, const struct make_seg *m)
{
	static const uint32_t isn[2] = { MAKE_ISN_A, MAKE_ISN_B };
	enum side to = side_other(m->from);
	int flags = name_flags_parse(m->flags, strlen(m->flags));
	struct seg seg = {
		.family = flow->family,
		.src = flow->end[m->from],
		.dst = flow->end[to],
		.seq = isn[m->from] + (uint32_t)m->seq,
		.flags = (uint8_t)flags,
		.win = 502,
		.len = m->len,
		.csum_ok = true,
	};

	if (flags & FLAG_ACK)
		seg.ack = isn[to] + (uint32_t)m->ack;
	if (flags & FLAG_RST)
		seg.win = 0;
	return seg;
}

struct decap_brief make_brief(const struct seg *seg)
{
	return (struct decap_brief){
		.kind = (uint8_t)((seg->has_ts ? DECAP_HAS_TS : 0) |
				  (seg->has_scale ? DECAP_HAS_SCALE : 0)),
		.flags = seg->flags,
		.ttl = seg->ttl,
		.scale = seg->has_scale ? seg->scale : 0,
		.len = (uint16_t)seg->len,
		.win = seg->win,
		.ack = seg->ack,
		.seq = seg->seq,
		.tsecr = seg->has_ts ? seg->tsecr : 0,
		.tsval = seg->has_ts ? seg->tsval : 0,
	};
}

const struct make_seg make_handshake[MAKE_HANDSHAKE] = {
	{ SIDE_A, "S", 0, 0, 0 },
	{ SIDE_B, "S.", 0, 1, 0 },
	{ SIDE_A, ".", 1, 1, 0 },
};

void make_note(struct flow *flow, const struct make_seg *m)
{
	struct seg seg = make_segment(flow, m);

	flow_note(flow, m->from, &seg);
}

void make_open(struct flow *flow)
{
	make_flow(flow, AF_INET);
	for (size_t i = 0; i < MAKE_HANDSHAKE; i++)
		make_note(flow, &make_handshake[i]);
}

static void add_segment(struct tape *t, const struct make_event *row,
			struct tape_event *e)
{
	const struct make_seg m = { row->side, row->text, row->number, row->ack,
				    row->len };
	struct seg seg = make_segment(&t->flow, &m);
	uint8_t buf[2048];
	size_t len =
		seg_build(&seg, make_mac[row->side],
			  make_mac[side_other(row->side)], buf, sizeof(buf));

	e->how = row->how;
	e->passed = row->passed;
	e->frame = tape_add_frame(t, frame_copy(&t->arena, row->side, e->at_ns,
						buf, len));
	t->frame[e->frame]->forged = row->how == TAPE_FORGED;
}

void make_tape(struct tape *t, int family, const struct make_event *rows,
	       size_t n)
{
	memset(t, 0, sizeof(*t));
	make_flow(&t->flow, family);
	for (size_t i = 0; i < n; i++) {
		struct tape_event *e =
			tape_add(t, rows[i].kind, (int)i + 1,
				 MAKE_START + rows[i].at_ms * NS_PER_MS);

		e->side = rows[i].side;
		memcpy(e->state, rows[i].state, sizeof(e->state));
		if (rows[i].kind == TAPE_SEGMENT) {
			add_segment(t, &rows[i], e);
			continue;
		}
		if (rows[i].kind == TAPE_RELEASE)
			e->frame = rows[i].len;
		e->text = rows[i].text;
		e->answer = rows[i].answer;
		e->number = rows[i].number;
	}
}
