/*
 * The live stage's barrier: what an end answers when it has come so far. Knows
 * no case: its question is of no connection.
 */
#include "run/live_stage_own.h"

#include "base/clock.h"
#include "packet/icmp.h"

/* The identifier of an echo request; the port that an ACK comes from. */
#define ECHO_ID	  0x1a57
#define ECHO_PORT 9998

/* An ACK of something that nobody sent: its number comes back in the RST. */
static size_t build_ack(struct live_stage *l, enum side to, void *frame,
			size_t cap)
{
	struct seg ack = { .family = l->flow.family,
			   .src = l->flow.end[side_other(to)],
			   .dst = l->flow.end[to],
			   .flags = FLAG_ACK,
			   .seq = 1,
			   .ack = l->echo };

	ack.src.port = ECHO_PORT;
	ack.dst.port = l->ends->stack[to]->answers;
	return seg_build(&ack, live_stage_mac(l, side_other(to)),
			 live_stage_mac(l, to), frame, cap);
}

static size_t build_echo(struct live_stage *l, enum side to, void *frame,
			 size_t cap)
{
	struct seg_end src = l->flow.end[side_other(to)];

	src.port = ECHO_ID;
	return icmp_build_echo(l->flow.family, &src, &l->flow.end[to], l->echo,
			       live_stage_mac(l, side_other(to)),
			       live_stage_mac(l, to), frame, cap);
}

bool live_stage_is_echo(const struct live_stage *l, const struct frame *frame)
{
	const struct seg *seg = &frame->seg;

	if (frame->kind == SEG_TCP)
		return seg->flags & FLAG_RST && seg->seq == l->echo &&
		       seg->dst.port == ECHO_PORT &&
		       seg->src.port == l->ends->stack[frame->from]->answers;
	return icmp_is_echo_reply(frame->bytes, frame->len, ECHO_ID, l->echo);
}

static int ask(struct live_stage *l, enum side to)
{
	uint8_t frame[256];
	size_t len = l->ends->stack[to]->answers
			     ? build_ack(l, to, frame, sizeof(frame))
			     : build_echo(l, to, frame, sizeof(frame));

	return live_stage_put(l, to, frame, len);
}

/* Up to the answer, or all there is. */
static int take_answer(struct live_stage *l, enum side side)
{
	int n = 1;

	while (l->awaited & SIDE_BIT(side) && n > 0)
		n = live_stage_take(l, side);
	return n;
}

static int unanswered(struct live_stage *l)
{
	enum side of = l->awaited & SIDE_BIT(SIDE_A) ? SIDE_A : SIDE_B;

	return fault_set(&l->stage.fault, "%c's stack does not answer an %s",
			 side_letter(of),
			 l->ends->stack[of]->answers
				 ? "ACK to a port of its own"
				 : "echo request");
}

int live_stage_barrier(struct live_stage *l, unsigned int sides)
{
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;
	int side;

	l->echo++;
	l->awaited = sides;
	for (side = SIDE_A; side <= SIDE_B; side++)
		if (sides & SIDE_BIT(side) && ask(l, (enum side)side) < 0)
			return -1;
	for (;;) {
		for (side = SIDE_A; side <= SIDE_B; side++)
			if (take_answer(l, (enum side)side) < 0)
				return -1;
		/* What the other end sends may be what the answer waits for. */
		if (l->awaited && live_stage_pump(l) < 0)
			return -1;
		l->waits_since_ns = INT64_MAX;
		if (!l->awaited)
			return 0;
		if (clock_mono_ns() >= deadline)
			return unanswered(l);
		live_stage_wait(l, deadline);
	}
}
