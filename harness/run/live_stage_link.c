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
#include "packet/icmp.h"

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

	if (live_stage_is_echo(l, frame)) {
		l->awaited &= ~SIDE_BIT(frame->from);
		return 0;
	}
	/* It came while nothing else was done. */
	if (in->at_ns > l->waits_since_ns)
		live_stage_was_late(l, clock_real_ns() - in->at_ns);
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

int live_stage_take(struct live_stage *l, int plug)
{
	struct link_frame frame;
	int n = l->link->ops->next(l->link, plug, &frame, &l->stage.fault);

	return n > 0 && sort_frame(l, &frame) < 0 ? -1 : n;
}

static int take_all(struct live_stage *l, int plug)
{
	int n;

	do
		n = live_stage_take(l, plug);
	while (n > 0);
	return n;
}

int live_stage_pump(struct live_stage *l)
{
	for (int plug = 0; plug < l->link->plugs; plug++)
		if (take_all(l, plug) < 0)
			return -1;
	l->waits_since_ns = INT64_MAX;
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

/* The first that is of this case, when there is one. */
static int take_first(struct live_stage *l, enum side side)
{
	int n = 1;

	while (!l->head[side] && n > 0)
		n = live_stage_take(l, side);
	return n;
}

/*
 * As live_stage_pump, but when what is wanted is there the rest may wait: to
 * find that a plug has no more is a call of the kernel's. A bug orders what
 * comes by both plugs.
 */
static int look(struct live_stage *l, unsigned int sides)
{
	int side;

	if (!l->link->has_cable || l->bug)
		return live_stage_pump(l);
	for (side = SIDE_A; side <= SIDE_B; side++)
		if (sides & SIDE_BIT(side) &&
		    take_first(l, (enum side)side) < 0)
			return -1;
	for (side = SIDE_A; side <= SIDE_B && !earliest(l, sides); side++)
		if (!(sides & SIDE_BIT(side)) && take_all(l, side) < 0)
			return -1;
	l->waits_since_ns = INT64_MAX;
	return 0;
}

static void drop_head(struct live_stage *l, enum side side)
{
	l->head[side] = l->head[side]->next;
	if (!l->head[side])
		l->tail[side] = &l->head[side];
}

void live_stage_was_late(struct live_stage *l, int64_t by_ns)
{
	if (by_ns > 0 && !clock_is_virtual())
		l->late_ns += by_ns;
}

void live_stage_waited(struct live_stage *l, int64_t deadline_ns)
{
	live_stage_was_late(l, clock_mono_ns() - deadline_ns);
}

void live_stage_wait(struct live_stage *l, int64_t deadline_ns)
{
	int64_t due = live_stage_late_due(l);

	if (due != INT64_MAX && live_stage_deadline(due) < deadline_ns)
		deadline_ns = live_stage_deadline(due);
	l->waits_since_ns = clock_real_ns();
	l->link->ops->wait(l->link, deadline_ns);
	live_stage_waited(l, deadline_ns);
}

enum stage_said live_stage_see(struct stage *st, unsigned int sides,
			       int64_t until_ns, struct frame **frame)
{
	struct live_stage *l = live_stage_of(st);

	for (;;) {
		struct live_stage_frame *f;

		if (look(l, sides) < 0)
			return STAGE_BROKEN;
		f = earliest(l, sides);
		if (f) {
			*frame = f->frame;
			drop_head(l, f->frame->from);
			return STAGE_YES;
		}
		if (clock_real_ns() >= until_ns)
			return STAGE_NO;
		live_stage_wait(l, live_stage_deadline(until_ns));
	}
}

void live_stage_count_processed(struct live_stage *l, enum side side)
{
	struct stack *s = l->ends->stack[side];

	l->taken[side] = 0;
	if (s->can & STACK_CAN_CONFIRM)
		l->processed[side] = s->ops->processed(s);
}

/* Until the stack has counted so many, however late the machine is. */
static int wait_for_count(struct live_stage *l, enum side to, int64_t wanted)
{
	int64_t begun = clock_mono_ns();
	int tries = 0;

	for (;;) {
		live_stage_count_processed(l, to);
		if (l->processed[to] >= wanted) {
			live_stage_was_late(l, clock_mono_ns() - begun);
			return 0;
		}
		if (clock_mono_ns() - begun > LIVE_TRUST_NS) {
			l->up_to_date = false;
			return fault_set(&l->stage.fault,
					 "%c's stack has not counted a "
					 "segment delivered to it",
					 side_letter(to));
		}
		if (++tries < 20)
			sched_yield();
		else
			poll(NULL, 0, 1);
	}
}

/*
 * Waits until the receiver has processed the segment: until it has taken it off
 * the link, has counted it, or answers what was sent behind it. The first is
 * known for little; whether all of them were counted is asked before a case is
 * found not to be ok.
 */
static int confirm(struct live_stage *l, enum side to)
{
	unsigned int can = l->ends->stack[to]->can;

	if (!(can & STACK_CAN_CONFIRM))
		return live_stage_barrier(l, SIDE_BIT(to));
	l->taken[to]++;
	if (can & STACK_CAN_TAKE && l->link->ops->is_taken(l->link, to))
		return 0;
	return wait_for_count(l, to, l->processed[to] + l->taken[to]);
}

bool live_stage_has_counted(struct live_stage *l)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		if (l->taken[side] &&
		    wait_for_count(l, (enum side)side,
				   l->processed[side] + l->taken[side]) < 0)
			return false;
	}
	return true;
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

/*
 * An end in a call may have been woken by what was delivered, and sends more
 * until it sleeps again. Returns whether there was one. Where silence is all
 * there is to see of it, that is not waited for: it lasts half of an RTO.
 */
static bool wait_for_calls(struct live_stage *l)
{
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;
	bool any = false;

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		struct caller *c = live_stage_caller(l, (enum side)side);

		if (c->phase != CALLER_IN_CALL || c->guessed)
			continue;
		c->ops->sleeps(c, deadline);
		any = true;
	}
	return any;
}

enum stage_said live_stage_settle(struct stage *st)
{
	struct live_stage *l = live_stage_of(st);
	unsigned int sides = 0;

	if (!l->link->has_cable)
		return live_stage_pump(l) < 0 ? STAGE_BROKEN : STAGE_NO;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (!l->vanished[side])
			sides |= SIDE_BIT(side);
	if (live_stage_barrier(l, sides) < 0 ||
	    (wait_for_calls(l) && live_stage_barrier(l, sides) < 0))
		return STAGE_BROKEN;
	return STAGE_YES;
}
