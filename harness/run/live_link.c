/*
 * The live stage's link: frames in, frames passed on, and proof that they
 * have been taken. Knows no rung; which frame goes where it is told.
 */
#include "run/live_own.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "stack/linux/sysctl.h"

/* The identifier of our barrier's echo requests. */
#define ECHO_ID 0x1a57

int64_t live_now(struct stage *st)
{
	(void)st;
	return clock_real_ns();
}

int64_t live_deadline(int64_t until_ns)
{
	return clock_mono_ns() + (until_ns - clock_real_ns());
}

/* Whether it is of this case, and from which side. */
static bool of_this_case(const struct live *l, const struct seg *seg,
			 enum side *from)
{
	struct flow one = l->flow;
	uint16_t port;

	if (l->connections <= 1)
		return flow_side(&l->flow, seg, from);
	/* Of many, the connecting side's port is any of a range. */
	port = seg->dst.port == one.end[SIDE_B].port ? seg->src.port
						     : seg->dst.port;
	if (port < one.end[SIDE_A].port ||
	    port >= one.end[SIDE_A].port + l->connections)
		return false;
	one.end[SIDE_A].port = port;
	return flow_side(&one, seg, from);
}

void live_arrive(struct live *l, struct frame *frame)
{
	struct live_frame *f = arena_alloc(l->arena, sizeof(*f));

	f->frame = frame;
	*l->tail[frame->from] = f;
	l->tail[frame->from] = &f->next;
}

/* ARP, ND and the like cross a cable untouched; our own echo does not. */
static int pass_other(struct live *l, const struct frame *frame)
{
	if (seg_is_echo_reply(frame->bytes, frame->len, ECHO_ID, l->echo)) {
		l->echo_back = true;
		return 0;
	}
	if (l->world->link != LINK_WIRE || l->vanished[SIDE_A] ||
	    l->vanished[SIDE_B])
		return 0;
	return wire_put(l->world->wire, side_other(frame->from), frame->bytes,
			frame->len, &l->stage.fault);
}

/* No case and no rule could say anything of it, so it must not pass. */
static int damaged(struct live *l, const struct frame *frame)
{
	char from[] = "an end";

	if (l->world->link == LINK_WIRE)
		snprintf(from, sizeof(from), "%c", side_letter(frame->from));
	return fault_set(&l->stage.fault,
			 "%s sent what is no TCP segment but "
			 "says so: %zu octets, cut short or of lengths that "
			 "disagree",
			 from, frame->len);
}

/* The only copy of it, and the only time it is taken apart. */
static struct frame *take_frame(struct live *l, const struct wire_frame *in)
{
	uint8_t *bytes = arena_alloc(l->arena, in->len);

	memcpy(bytes, in->bytes, in->len);
	/* Loopback has no wire to compute checksums for. */
	if (l->world->link == LINK_LOOPBACK)
		seg_complete_checksum(bytes, in->len);
	return frame_read(l->arena, (enum side)in->plug, in->at_ns, bytes,
			  in->len);
}

static int sort_frame(struct live *l, const struct wire_frame *in)
{
	struct frame *frame = take_frame(l, in);

	switch (frame->kind) {
	case SEG_OTHER:
		return pass_other(l, frame);
	case SEG_BAD:
		return damaged(l, frame);
	case SEG_TCP:
		break;
	}
	/* Of an earlier case, or from an end that has vanished: lost. */
	if (of_this_case(l, &frame->seg, &frame->from) &&
	    !l->vanished[frame->from])
		live_sent(l, frame);
	return 0;
}

int live_pump(struct live *l)
{
	struct wire_frame frame;
	int plug, n;

	for (plug = 0; plug < wire_plugs(l->world->wire); plug++) {
		while ((n = wire_next(l->world->wire, plug, &frame,
				      &l->stage.fault)) > 0) {
			if (sort_frame(l, &frame) < 0)
				return -1;
		}
		if (n < 0)
			return -1;
	}
	live_late_due(l);
	return 0;
}

/* The earliest that has arrived from one of these sides. */
static struct live_frame *earliest(struct live *l, unsigned int sides)
{
	struct live_frame *a = sides & SIDES_A ? l->head[SIDE_A] : NULL;
	struct live_frame *b = sides & SIDES_B ? l->head[SIDE_B] : NULL;

	if (a && b)
		return b->frame->at_ns < a->frame->at_ns ? b : a;
	return a ? a : b;
}

static void drop_head(struct live *l, enum side side)
{
	l->head[side] = l->head[side]->next;
	if (!l->head[side])
		l->tail[side] = &l->head[side];
}

void live_waited(struct live *l, int64_t deadline_ns)
{
	int64_t late = clock_mono_ns() - deadline_ns;

	if (late > l->stood_still_ns)
		l->stood_still_ns = late;
}

static void wait_for_frame(struct live *l, int64_t deadline_ns)
{
	int64_t due = live_late_due(l);

	if (due != INT64_MAX && live_deadline(due) < deadline_ns)
		deadline_ns = live_deadline(due);
	wire_wait(l->world->wire, deadline_ns);
	live_waited(l, deadline_ns);
}

enum stage_said live_see(struct stage *st, unsigned int sides, int64_t until_ns,
			 struct frame **frame)
{
	struct live *l = live_of(st);

	for (;;) {
		struct live_frame *f;

		if (live_pump(l) < 0)
			return STAGE_BROKEN;
		f = earliest(l, sides);
		if (f) {
			*frame = f->frame;
			drop_head(l, f->frame->from);
			return STAGE_YES;
		}
		if (clock_real_ns() >= until_ns)
			return STAGE_NO;
		wait_for_frame(l, live_deadline(until_ns));
	}
}

/*
 * Until the receiving kernel has counted the segment. The lane and its ends
 * share a processor, so once it is counted here it has been processed.
 */
static int confirm(struct live *l, enum side to)
{
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;
	int64_t before = l->in_segs[to];
	int tries = 0;

	for (;;) {
		l->in_segs[to] = mib_in_segs(l->world->side[to].mib);
		if (l->in_segs[to] > before)
			return 0;
		if (clock_mono_ns() > deadline)
			return fault_set(&l->stage.fault,
					 "%c's kernel has not counted a "
					 "segment delivered to it",
					 side_letter(to));
		if (++tries < 20)
			sched_yield();
		else
			poll(NULL, 0, 1);
	}
}

static int deliver(struct live *l, const struct frame *frame)
{
	enum side to = side_other(frame->from);
	bool put;

	if (l->vanished[to])
		return fault_set(&l->stage.fault,
				 "the case delivers to %c, which has vanished",
				 side_letter(to));
	if (live_hand(l, frame, &put) < 0)
		return -1;
	return put ? confirm(l, to) : 0;
}

enum stage_said live_deal(struct stage *st, const struct frame *frame,
			  enum tape_how *how, enum tcp_state state[2])
{
	struct live *l = live_of(st);
	enum side to = side_other(frame->from);

	if (!st->lockstep)
		return STAGE_YES;
	if (l->vanished[to])
		*how = TAPE_LOST;
	if ((*how == TAPE_DELIVERED || *how == TAPE_KEPT) &&
	    deliver(l, frame) < 0)
		return STAGE_BROKEN;
	return live_states(l, state) < 0 ? STAGE_BROKEN : STAGE_YES;
}

enum stage_said live_release(struct stage *st, const struct frame *held,
			     int64_t *at_ns, enum tcp_state state[2])
{
	struct live *l = live_of(st);

	*at_ns = clock_real_ns();
	if (deliver(l, held) < 0 || live_states(l, state) < 0)
		return STAGE_BROKEN;
	return STAGE_YES;
}

/*
 * An echo request to an end, and its reply: the link is first in, first out,
 * so whatever the end was given has been processed, and whatever it had sent
 * has arrived, once the reply is here.
 */
static int barrier(struct live *l, enum side to)
{
	struct world_side *s = &l->world->side[to];
	struct world_side *peer = &l->world->side[side_other(to)];
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;
	uint8_t frame[256];
	struct seg_end src = l->flow.end[side_other(to)];
	size_t len;

	src.port = ECHO_ID;
	l->echo_back = false;
	len = seg_build_echo(l->flow.family, &src, &l->flow.end[to], ++l->echo,
			     peer->mac, s->mac, frame, sizeof(frame));
	if (wire_put(l->world->wire, to, frame, len, &l->stage.fault) < 0)
		return -1;
	while (!l->echo_back) {
		if (live_pump(l) < 0)
			return -1;
		if (l->echo_back)
			break;
		if (clock_mono_ns() > deadline)
			return fault_set(&l->stage.fault,
					 "%c's kernel does not answer an "
					 "echo request",
					 side_letter(to));
		wait_for_frame(l, deadline);
	}
	return 0;
}

enum stage_said live_settle(struct stage *st)
{
	struct live *l = live_of(st);
	int side;

	if (l->world->link != LINK_WIRE)
		return live_pump(l) < 0 ? STAGE_BROKEN : STAGE_NO;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (!l->vanished[side] && barrier(l, (enum side)side) < 0)
			return STAGE_BROKEN;
	}
	return STAGE_YES;
}

/* Puts a forged frame on the link and on the list of what was made. */
static int put_forged(struct live *l, enum side from, const uint8_t *bytes,
		      size_t len, struct forged *made)
{
	struct frame *frame =
		frame_copy(l->arena, from, clock_real_ns(), bytes, len);
	enum side to = side_other(from);
	bool put;

	frame->forged = true;
	made->frame[made->n++] = frame;
	if (l->vanished[to])
		return fault_set(&l->stage.fault,
				 "the case forges to %c, which has vanished",
				 side_letter(to));
	return live_hand(l, frame, &put);
}

static int forge_plain(struct live *l, const struct rung *rung,
		       const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	uint8_t opts[12], frame[WIRE_SNAPLEN];
	struct seg seg;
	size_t len;

	pattern_forge(&rung->pat, flow, rung->from, &seg, opts);
	len = seg_build(&seg, l->world->side[rung->from].mac,
			l->world->side[to].mac, frame, sizeof(frame));
	if (!len)
		return fault_set(&l->stage.fault,
				 "the forged segment does not fit a frame");
	return put_forged(l, rung->from, frame, len, made);
}

static int forge_scapy(struct live *l, const struct rung *rung,
		       const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	struct forge_packets *p = arena_alloc(l->arena, sizeof(*p));
	uint8_t frame[WIRE_SNAPLEN];
	size_t i, len;

	if (forge_make(l->forge, flow, rung->from, rung->pat.scapy, p,
		       clock_mono_ns() + LIVE_TRUST_NS, &l->stage.fault) < 0)
		return -1;
	for (i = 0; i < p->n; i++) {
		len = seg_wrap_ip(p->octets + p->packet[i].at, p->packet[i].len,
				  l->world->side[rung->from].mac,
				  l->world->side[to].mac, frame, sizeof(frame));
		if (!len)
			return fault_set(&l->stage.fault,
					 "a forged packet does not fit a "
					 "frame");
		if (put_forged(l, rung->from, frame, len, made) < 0)
			return -1;
	}
	return 0;
}

enum stage_said live_forge(struct stage *st, const struct rung *rung,
			   const struct flow *flow, struct forged *made,
			   enum tcp_state state[2])
{
	struct live *l = live_of(st);
	enum side to = side_other(rung->from);
	int made_it = rung->pat.scapy ? forge_scapy(l, rung, flow, made)
				      : forge_plain(l, rung, flow, made);

	/* What scapy makes need not be counted as a segment. */
	if (made_it < 0 || barrier(l, to) < 0 || live_states(l, state) < 0)
		return STAGE_BROKEN;
	l->in_segs[to] = mib_in_segs(l->world->side[to].mib);
	return STAGE_YES;
}
