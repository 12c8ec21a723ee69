/*
 * The simulated stack: the simulator's packets become frames, and struct
 * stack's questions are answered by its end. Knows neither cases nor what the
 * other end is.
 */
#include "test/sim_stack_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/stream.h"

#define OPT_END 0
#define OPT_NOP 1
#define OPT_MSS 2

static struct sim_stack *stack_of(struct stack *s)
{
	return (struct sim_stack *)(void *)((char *)s -
					    offsetof(struct sim_stack, stack));
}

int64_t sim_stack_timers(struct sim_stack *s)
{
	struct sim_end *e = end_of(s);
	int64_t next;
	int t, due;

	s->sim.now = clock_mono_ns();
	for (;;) {
		next = SIM_NEVER;
		for (t = due = 0; t < SIM_T_COUNT; t++) {
			if (e->timer[t] < next) {
				next = e->timer[t];
				due = t;
			}
		}
		if (next > s->sim.now)
			return next;
		sim_end_timer(&s->sim, e, (enum sim_timer)due);
	}
}

/* The addresses are the simulator's own, and so are the missing octets. */
static void send_frame(struct sim *sim, const struct sim_packet *p)
{
	struct sim_stack *s = (struct sim_stack *)(void *)sim;
	uint8_t data[LINK_MTU], frame[LINK_FRAME_MAX];
	uint32_t offset = p->seg.seq - end_of(s)->plan->iss - 1;
	struct seg seg = p->seg;
	size_t i, len;

	for (i = 0; i < seg.len; i++)
		data[i] = stream_octet(offset + i);
	seg.src = s->own;
	seg.dst = s->peer;
	seg.opts = p->opts;
	seg.opts_len = p->opts_len;
	seg.data = data;
	len = seg_build(&seg, s->stack.port.mac, s->peer_mac, frame,
			sizeof(frame));
	sim_link_queue(s->link, s->stack.side, frame, len);
}

static uint16_t mss_of(const struct seg *seg)
{
	size_t i = 0;

	while (i + 1 < seg->opts_len && seg->opts[i] != OPT_END) {
		if (seg->opts[i] == OPT_MSS && i + 3 < seg->opts_len)
			return (uint16_t)(seg->opts[i + 2] << 8 |
					  seg->opts[i + 3]);
		i += seg->opts[i] == OPT_NOP ? 1 : seg->opts[i + 1];
	}
	return 536; /* RFC 9293 MUST-15 */
}

static bool is_ours(const struct sim_stack *s, const struct seg *seg)
{
	return seg->dst.port == s->own.port && seg->src.port == s->peer.port &&
	       memcmp(seg->dst.addr, s->own.addr, 4) == 0;
}

/* Turns an echo request of IPv4 into its reply, where it lies. */
static bool answer_echo(uint8_t *frame, size_t len)
{
	uint8_t *ip = frame + SEG_ETH_LEN, swap[6], *icmp;
	unsigned int sum;

	if (len < SEG_ETH_LEN + 28 || ip[0] != 0x45 || ip[9] != 1 ||
	    ip[20] != 8)
		return false;
	memcpy(swap, frame, 6);
	memcpy(frame, frame + 6, 6);
	memcpy(frame + 6, swap, 6);
	memcpy(swap, ip + 12, 4);
	memcpy(ip + 12, ip + 16, 4);
	memcpy(ip + 16, swap, 4);
	icmp = ip + 20;
	icmp[0] = 0;
	sum = (unsigned int)(icmp[2] << 8 | icmp[3]) + 0x0800;
	sum = (sum & 0xffff) + (sum >> 16);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	return true;
}

void sim_stack_take(struct sim_stack *s, const uint8_t *bytes, size_t len)
{
	struct sim_packet p = { .from = side_other(s->stack.side) };
	uint8_t frame[LINK_FRAME_MAX];

	sim_stack_timers(s);
	memcpy(frame, bytes, len);
	if (seg_parse(frame, len, &p.seg) == SEG_TCP) {
		s->processed++;
		if (!is_ours(s, &p.seg) || !p.seg.csum_ok)
			return;
		p.scale = p.seg.has_scale ? p.seg.scale : 255;
		p.mss = mss_of(&p.seg);
		sim_got(&s->sim, end_of(s), &p);
	} else if (answer_echo(frame, len)) {
		sim_link_queue(s->link, s->stack.side, frame, len);
	}
}

void sim_stack_renew(struct sim_stack *s)
{
	struct sim_end *e = end_of(s);
	struct sim_side *side = &s->plan.side[s->stack.side];
	int t;

	*side = (struct sim_side){ .bug = s->broken,
				   .iss = (uint32_t)clock_mono_ns(),
				   .mss = 1460,
				   .buffer = 65535,
				   .scale = 7,
				   .offers_scale = true,
				   .offers_ts = true,
				   .waits_eof = true,
				   .close_ns = SIM_NEVER / 4,
				   .deaf_to = SIM_NEVER,
				   .orphan_ns = 60 * NS_PER_S };
	memset(e, 0, sizeof(*e));
	memset(&s->truth, 0, sizeof(s->truth));
	e->plan = side;
	e->side = s->stack.side;
	e->state = TCP_STATE_CLOSED;
	for (t = 0; t < SIM_T_COUNT; t++)
		e->timer[t] = SIM_NEVER;
	s->lingers_0 = false;
}

static int sim_meet(struct stack *s, const struct stack_port *peer,
		    struct fault *f)
{
	(void)f;
	memcpy(stack_of(s)->peer_mac, peer->mac, SEG_MAC_LEN);
	return 0;
}

static int sim_state(struct stack *s, const struct flow *flow,
		     enum tcp_state *state, struct fault *f)
{
	struct sim_stack *me = stack_of(s);

	(void)f;
	sim_stack_timers(me);
	*state = flow->end[s->side].port == me->own.port ? end_of(me)->state
							 : TCP_STATE_CLOSED;
	return 0;
}

static long sim_count(struct stack *s, int family, uint16_t local_port,
		      uint16_t peer_port, enum tcp_state state, struct fault *f)
{
	struct sim_stack *me = stack_of(s);

	(void)f;
	sim_stack_timers(me);
	return family == AF_INET && end_of(me)->state == state &&
	       (!local_port || local_port == me->own.port) &&
	       (!peer_port || peer_port == me->peer.port);
}

static int64_t sim_processed(struct stack *s)
{
	return stack_of(s)->processed;
}

static int sim_destroy(struct stack *s, const struct flow *flow,
		       struct fault *f)
{
	struct sim_stack *me = stack_of(s);
	struct sim_end *e = end_of(me);

	(void)f;
	if (flow->end[s->side].port != me->own.port ||
	    e->state == TCP_STATE_CLOSED)
		return ENOENT;
	if (e->state == TCP_STATE_TIME_WAIT || is_opening(e))
		sim_finish(e);
	else
		sim_abort(&me->sim, e);
	return 0;
}

static void sim_close(struct stack *s)
{
	free(stack_of(s));
}

struct stack *sim_stack_new(enum side side, enum sim_bug broken,
			    struct link *link)
{
	static const struct stack_ops ops = {
		.meet = sim_meet,
		.close = sim_close,
		.state = sim_state,
		.count = sim_count,
		.processed = sim_processed,
		.destroy = sim_destroy,
	};
	struct sim_stack *s = memory_zeroed(1, sizeof(*s));

	s->caller.ops = &sim_caller_ops;
	s->stack = (struct stack){
		.ops = &ops,
		.caller = &s->caller,
		.side = side,
		.name = "sim",
		.version = "1",
		.can = STACK_CAN_STATE | STACK_CAN_COUNT | STACK_CAN_CONFIRM |
		       STACK_CAN_DESTROY | STACK_CAN_TIMESTAMPS,
		.port.mac = { 2, 0, 0, 0, 2, (uint8_t)side },
	};
	s->broken = broken;
	s->sim.plan = &s->plan;
	s->sim.truth = &s->truth;
	s->sim.send = send_frame;
	s->link = link;
	sim_link_plug(link, s);
	sim_stack_renew(s);
	return &s->stack;
}
