/*
 * The live stage's link: frames in, frames passed on, and proof that they
 * have been taken. Knows no rung; which frame goes where it is told.
 */
#include "run/live_stage_own.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* The identifier of our barrier's echo requests. */
#define ECHO_ID 0x1a57

int64_t live_stage_now(struct stage *st)
{
	(void)st;
	return clock_real_ns();
}

int64_t live_stage_deadline(int64_t until_ns)
{
	return clock_mono_ns() + (until_ns - clock_real_ns());
}

/* Whether the segment is of this case; *from becomes its sender. */
static bool of_this_case(const struct live_stage *l, const struct seg *seg,
			 enum side *from)
{
	struct flow one = l->flow;
	uint16_t port;

	if (l->connections <= 1)
		return flow_side(&l->flow, seg, from);
	/* Of many connections the connecting side's ports count up. */
	port = seg->dst.port == one.end[SIDE_B].port ? seg->src.port
						     : seg->dst.port;
	if (port < one.end[SIDE_A].port ||
	    port >= one.end[SIDE_A].port + l->connections)
		return false;
	one.end[SIDE_A].port = port;
	return flow_side(&one, seg, from);
}

void live_stage_arrive(struct live_stage *l, struct frame *frame)
{
	struct live_stage_frame *f = arena_alloc(l->arena, sizeof(*f));

	f->frame = frame;
	*l->tail[frame->from] = f;
	l->tail[frame->from] = &f->next;
}

int live_stage_put(struct live_stage *l, enum side to, const uint8_t *bytes,
		   size_t len)
{
	return l->link->ops->put(l->link, to, bytes, len, &l->stage.fault);
}

/* ARP, ND and the like cross a cable untouched; a barrier's echo does not. */
static int pass_other(struct live_stage *l, const struct frame *frame)
{
	if (seg_is_echo_reply(frame->bytes, frame->len, ECHO_ID, l->echo)) {
		l->echo_back = true;
		return 0;
	}
	if (!l->link->has_cable || l->vanished[SIDE_A] || l->vanished[SIDE_B])
		return 0;
	return live_stage_put(l, side_other(frame->from), frame->bytes,
			      frame->len);
}

/* Neither a case nor a rule could judge such a frame: it must not pass. */
static int damaged(struct live_stage *l, const struct frame *frame)
{
	char from[] = "an end";

	if (l->link->has_cable)
		snprintf(from, sizeof(from), "%c", side_letter(frame->from));
	return fault_set(&l->stage.fault,
			 "%s sent what is no TCP segment but "
			 "says so: %zu octets, cut short or of lengths that "
			 "disagree",
			 from, frame->len);
}

/* The only copy of it, and the only time it is taken apart. */
static struct frame *take_frame(struct live_stage *l,
				const struct link_frame *in)
{
	uint8_t *bytes = arena_alloc(l->arena, in->len);

	memcpy(bytes, in->bytes, in->len);
	if (l->link->no_checksums)
		seg_complete_checksum(bytes, in->len);
	return frame_read(l->arena, (enum side)in->plug, in->at_ns, bytes,
			  in->len);
}

static int sort_frame(struct live_stage *l, const struct link_frame *in)
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
	/* One of an earlier case, or of an end that has vanished, is lost. */
	if (of_this_case(l, &frame->seg, &frame->from) &&
	    !l->vanished[frame->from])
		live_stage_sent(l, frame);
	return 0;
}

int live_stage_pump(struct live_stage *l)
{
	struct link_frame frame;
	int plug, n;

	for (plug = 0; plug < l->link->plugs; plug++) {
		while ((n = l->link->ops->next(l->link, plug, &frame,
					       &l->stage.fault)) > 0) {
			if (sort_frame(l, &frame) < 0)
				return -1;
		}
		if (n < 0)
			return -1;
	}
	live_stage_late_due(l);
	return 0;
}

/* The earliest that has arrived from one of these sides. */
static struct live_stage_frame *earliest(struct live_stage *l,
					 unsigned int sides)
{
	struct live_stage_frame *a = sides & SIDES_A ? l->head[SIDE_A] : NULL;
	struct live_stage_frame *b = sides & SIDES_B ? l->head[SIDE_B] : NULL;

	if (a && b)
		return b->frame->at_ns < a->frame->at_ns ? b : a;
	return a ? a : b;
}

static void drop_head(struct live_stage *l, enum side side)
{
	l->head[side] = l->head[side]->next;
	if (!l->head[side])
		l->tail[side] = &l->head[side];
}

void live_stage_waited(struct live_stage *l, int64_t deadline_ns)
{
	int64_t late = clock_mono_ns() - deadline_ns;

	if (late > l->stood_still_ns)
		l->stood_still_ns = late;
}

static void wait_for_frame(struct live_stage *l, int64_t deadline_ns)
{
	int64_t due = live_stage_late_due(l);

	if (due != INT64_MAX && live_stage_deadline(due) < deadline_ns)
		deadline_ns = live_stage_deadline(due);
	l->link->ops->wait(l->link, deadline_ns);
	live_stage_waited(l, deadline_ns);
}

enum stage_said live_stage_see(struct stage *st, unsigned int sides,
			       int64_t until_ns, struct frame **frame)
{
	struct live_stage *l = live_stage_of(st);

	for (;;) {
		struct live_stage_frame *f;

		if (live_stage_pump(l) < 0)
			return STAGE_BROKEN;
		f = earliest(l, sides);
		if (f) {
			*frame = f->frame;
			drop_head(l, f->frame->from);
			return STAGE_YES;
		}
		if (clock_real_ns() >= until_ns)
			return STAGE_NO;
		wait_for_frame(l, live_stage_deadline(until_ns));
	}
}

static const uint8_t *mac_of(const struct live_stage *l, enum side side)
{
	return l->ends->stack[side]->port.mac;
}

/*
 * An echo request to an end, and its reply: the link is first in, first out,
 * so whatever the end was given has been processed, and whatever it had sent
 * has arrived, once the reply is here.
 */
static int barrier(struct live_stage *l, enum side to)
{
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;
	uint8_t frame[256];
	struct seg_end src = l->flow.end[side_other(to)];
	size_t len;

	src.port = ECHO_ID;
	l->echo_back = false;
	len = seg_build_echo(l->flow.family, &src, &l->flow.end[to], ++l->echo,
			     mac_of(l, side_other(to)), mac_of(l, to), frame,
			     sizeof(frame));
	if (live_stage_put(l, to, frame, len) < 0)
		return -1;
	while (!l->echo_back) {
		if (live_stage_pump(l) < 0)
			return -1;
		if (l->echo_back)
			break;
		if (clock_mono_ns() > deadline)
			return fault_set(&l->stage.fault,
					 "%c's stack does not answer an "
					 "echo request",
					 side_letter(to));
		wait_for_frame(l, deadline);
	}
	return 0;
}

void live_stage_count_processed(struct live_stage *l, enum side side)
{
	struct stack *s = l->ends->stack[side];

	if (s->can & STACK_CAN_CONFIRM)
		l->processed[side] = s->ops->processed(s);
}

/*
 * Waits until the receiver has processed the segment: until it has counted
 * it, or answers what was sent behind it.
 */
static int confirm(struct live_stage *l, enum side to)
{
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;
	int64_t before = l->processed[to];
	int tries = 0;

	if (!(l->ends->stack[to]->can & STACK_CAN_CONFIRM))
		return barrier(l, to);
	for (;;) {
		live_stage_count_processed(l, to);
		if (l->processed[to] > before)
			return 0;
		if (clock_mono_ns() > deadline)
			return fault_set(&l->stage.fault,
					 "%c's stack has not counted a "
					 "segment delivered to it",
					 side_letter(to));
		if (++tries < 20)
			sched_yield();
		else
			poll(NULL, 0, 1);
	}
}

static int deliver(struct live_stage *l, const struct frame *frame)
{
	enum side to = side_other(frame->from);
	bool put;

	if (l->vanished[to])
		return fault_set(&l->stage.fault,
				 "the case delivers to %c, which has vanished",
				 side_letter(to));
	if (live_stage_hand(l, frame, &put) < 0)
		return -1;
	return put ? confirm(l, to) : 0;
}

enum stage_said live_stage_deal(struct stage *st, const struct frame *frame,
				enum tape_how *how, enum tcp_state state[2])
{
	struct live_stage *l = live_stage_of(st);
	enum side to = side_other(frame->from);

	if (!st->lockstep)
		return STAGE_YES;
	if (l->vanished[to])
		*how = TAPE_LOST;
	if ((*how == TAPE_DELIVERED || *how == TAPE_KEPT) &&
	    deliver(l, frame) < 0)
		return STAGE_BROKEN;
	return live_stage_states(l, state) < 0 ? STAGE_BROKEN : STAGE_YES;
}

enum stage_said live_stage_release(struct stage *st, const struct frame *held,
				   int64_t *at_ns, enum tcp_state state[2])
{
	struct live_stage *l = live_stage_of(st);

	*at_ns = clock_real_ns();
	if (deliver(l, held) < 0 || live_stage_states(l, state) < 0)
		return STAGE_BROKEN;
	return STAGE_YES;
}

enum stage_said live_stage_settle(struct stage *st)
{
	struct live_stage *l = live_stage_of(st);
	int side;

	if (!l->link->has_cable)
		return live_stage_pump(l) < 0 ? STAGE_BROKEN : STAGE_NO;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (!l->vanished[side] && barrier(l, (enum side)side) < 0)
			return STAGE_BROKEN;
	}
	return STAGE_YES;
}

/* Puts a forged frame on the link and on the list of what was made. */
static int put_forged(struct live_stage *l, enum side from,
		      const uint8_t *bytes, size_t len, struct forged *made)
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
	return live_stage_hand(l, frame, &put);
}

static int forge_plain(struct live_stage *l, const struct rung *rung,
		       const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	uint8_t opts[12], frame[LINK_FRAME_MAX];
	struct seg seg;
	size_t len;

	pattern_forge(&rung->pat, flow, rung->from, &seg, opts);
	len = seg_build(&seg, mac_of(l, rung->from), mac_of(l, to), frame,
			sizeof(frame));
	if (!len)
		return fault_set(&l->stage.fault,
				 "the forged segment does not fit a frame");
	return put_forged(l, rung->from, frame, len, made);
}

static int forge_scapy(struct live_stage *l, const struct rung *rung,
		       const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	struct scapy_packets *p = arena_alloc(l->arena, sizeof(*p));
	uint8_t frame[LINK_FRAME_MAX];
	size_t i, len;

	if (scapy_make(l->scapy, flow, rung->from, rung->pat.scapy, p,
		       clock_mono_ns() + LIVE_TRUST_NS, &l->stage.fault) < 0)
		return -1;
	for (i = 0; i < p->n; i++) {
		len = seg_wrap_ip(p->octets + p->packet[i].at, p->packet[i].len,
				  mac_of(l, rung->from), mac_of(l, to), frame,
				  sizeof(frame));
		if (!len)
			return fault_set(&l->stage.fault,
					 "a forged packet does not fit a "
					 "frame");
		if (put_forged(l, rung->from, frame, len, made) < 0)
			return -1;
	}
	return 0;
}

enum stage_said live_stage_forge(struct stage *st, const struct rung *rung,
				 const struct flow *flow, struct forged *made,
				 enum tcp_state state[2])
{
	struct live_stage *l = live_stage_of(st);
	enum side to = side_other(rung->from);
	int made_it = rung->pat.scapy ? forge_scapy(l, rung, flow, made)
				      : forge_plain(l, rung, flow, made);

	/* What scapy makes need not be a segment, which a stack counts. */
	if (made_it < 0 || barrier(l, to) < 0 ||
	    live_stage_states(l, state) < 0)
		return STAGE_BROKEN;
	live_stage_count_processed(l, to);
	return STAGE_YES;
}
