/*
 * The simulated stack: commands of the agent's protocol become what the
 * simulator's application does, its packets become frames. Knows neither
 * cases nor what the other end is.
 */
#include "test/sim_stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/stream.h"
#include "test/sim_own.h"

#define OPT_END 0
#define OPT_NOP 1
#define OPT_MSS 2

struct sim_frame {
	struct sim_frame *next;
	int64_t at_ns;
	size_t len;
	uint8_t bytes[LINK_FRAME_MAX];
};

struct sim_link {
	struct link link; /* first */
	struct link *far;
	struct sim_stack *end[2];
	struct sim_frame *head[2], **tail[2]; /* sent, by side */
	struct sim_frame *shown[2];	      /* by next, until the next one */
	uint64_t sent[2];
};

struct sim_stack {
	struct sim sim; /* first; only the end of our side is used */
	struct stack stack;
	struct caller caller;
	struct sim_link *link;
	struct sim_plan plan;
	struct sim_truth truth;
	struct seg_end own, peer;
	uint8_t peer_mac[SEG_MAC_LEN];
	enum sim_bug broken;
	int64_t processed;
	bool lingers_0;
	bool announces;
	char call[STACK_LINE_MAX]; /* it is in; "" for none */
	uint32_t drained;	   /* octets, by the call it is in */
};

static struct sim_stack *stack_of(struct stack *s)
{
	return (struct sim_stack *)(void *)((char *)s -
					    offsetof(struct sim_stack, stack));
}

static struct sim_stack *caller_of(struct caller *c)
{
	return (struct sim_stack *)(void *)((char *)c -
					    offsetof(struct sim_stack, caller));
}

static struct sim_link *link_of(struct link *l)
{
	return (struct sim_link *)(void *)l;
}

static struct sim_end *end_of(struct sim_stack *s)
{
	return &s->sim.end[s->stack.side];
}

/* What is due by now happens. When the next is, or SIM_NEVER. */
static int64_t run_timers(struct sim_stack *s)
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

static void queue(struct sim_link *l, enum side from, const uint8_t *bytes,
		  size_t len)
{
	struct sim_frame *f = memory_zeroed(1, sizeof(*f));

	f->at_ns = clock_real_ns();
	f->len = len;
	memcpy(f->bytes, bytes, len);
	*l->tail[from] = f;
	l->tail[from] = &f->next;
	l->sent[from]++;
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
	queue(s->link, s->stack.side, frame, len);
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

/* A frame is there for the end. */
static void take_frame(struct sim_stack *s, const uint8_t *bytes, size_t len)
{
	struct sim_packet p = { .from = side_other(s->stack.side) };
	uint8_t frame[LINK_FRAME_MAX];

	run_timers(s);
	memcpy(frame, bytes, len);
	if (seg_parse(frame, len, &p.seg) == SEG_TCP) {
		s->processed++;
		if (!is_ours(s, &p.seg) || !p.seg.csum_ok)
			return;
		p.scale = p.seg.has_scale ? p.seg.scale : 255;
		p.mss = mss_of(&p.seg);
		sim_got(&s->sim, end_of(s), &p);
	} else if (answer_echo(frame, len)) {
		queue(s->link, s->stack.side, frame, len);
	}
}

/* What an application of any kind, that reads when it is told, is like. */
static void new_socket(struct sim_stack *s)
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

/* What a command's function answers: a number, an errno, or one of these. */
#define NOT_YET LONG_MIN
#define THE_END (LONG_MIN + 1)

/* The address and port that come next of the command's words. */
static bool next_end(char **words, struct seg_end *end)
{
	const char *addr = strtok_r(NULL, " ", words);
	const char *port = strtok_r(NULL, " ", words);

	end->port = port ? (uint16_t)strtol(port, NULL, 10) : 0;
	return end->port && inet_pton(AF_INET, addr, end->addr) == 1;
}

/* One connection of IPv4. */
static long do_use(struct sim_stack *s, const char *args)
{
	char copy[STACK_LINE_MAX], *words;

	snprintf(copy, sizeof(copy), "%s", args);
	if (strcmp(strtok_r(copy, " ", &words), "4") != 0 ||
	    !next_end(&words, &s->own) || !next_end(&words, &s->peer) ||
	    strcmp(words, "1") != 0)
		return -EINVAL;
	new_socket(s);
	return 0;
}

static long do_open(struct sim_stack *s, const char *args)
{
	(void)args;
	sim_end_start(&s->sim, s->stack.side);
	return 0;
}

static bool is_opening(const struct sim_end *e)
{
	return e->state == TCP_STATE_LISTEN || e->state == TCP_STATE_SYN_SENT ||
	       e->state == TCP_STATE_SYN_RECEIVED;
}

static long do_accept(struct sim_stack *s, const char *args)
{
	(void)args;
	return is_opening(end_of(s)) ? NOT_YET : 0;
}

static long do_send(struct sim_stack *s, const char *args)
{
	long n = strtol(args, NULL, 10);

	if (s->truth.was_reset[s->stack.side])
		return -ECONNRESET;
	end_of(s)->written += (uint32_t)n;
	sim_push(&s->sim, end_of(s));
	return n;
}

static uint32_t take(struct sim_end *e, uint32_t n)
{
	if (n > e->unread)
		n = e->unread;
	e->unread -= n;
	e->delivered += n;
	return n;
}

static bool is_over(const struct sim_end *e)
{
	return e->fin_got || e->state == TCP_STATE_CLOSED;
}

static long do_recv(struct sim_stack *s, const char *args)
{
	struct sim_end *e = end_of(s);
	uint32_t n = *args ? (uint32_t)strtol(args, NULL, 10) : e->unread;

	if (s->truth.was_reset[s->stack.side])
		return -ECONNRESET;
	if (e->unread && (e->unread >= n || is_over(e)))
		return take(e, n);
	return is_over(e) ? THE_END : NOT_YET;
}

static long do_drain(struct sim_stack *s, const char *args)
{
	struct sim_end *e = end_of(s);

	(void)args;
	if (s->truth.was_reset[s->stack.side])
		return -ECONNRESET;
	s->drained += take(e, e->unread);
	return is_over(e) ? (long)s->drained : NOT_YET;
}

/* The simulator's application closes in that way, now. */
static void close_by(struct sim_stack *s, enum sim_close how)
{
	struct sim_end *e = end_of(s);

	s->plan.side[s->stack.side].how = how;
	if (e->state == TCP_STATE_CLOSED || e->state == TCP_STATE_LISTEN) {
		sim_finish(e);
	} else if (e->closed && (how == SIM_ABORT || e->unread)) {
		sim_abort(&s->sim, e);
	} else if (!e->closed) {
		e->close_at = s->sim.now;
		sim_app(&s->sim, e);
	}
}

static long do_shutdown(struct sim_stack *s, const char *args)
{
	if (strcmp(args, "wr") != 0)
		return -EOPNOTSUPP;
	if (end_of(s)->state == TCP_STATE_CLOSED)
		return -ENOTCONN;
	close_by(s, SIM_SHUTDOWN);
	return 0;
}

static long do_close(struct sim_stack *s, const char *args)
{
	(void)args;
	close_by(s, s->lingers_0 ? SIM_ABORT : SIM_CLOSE);
	return 0;
}

static long do_linger(struct sim_stack *s, const char *args)
{
	if (strcmp(args, "0") != 0)
		return -EOPNOTSUPP;
	s->lingers_0 = true;
	return 0;
}

static long do_error(struct sim_stack *s, const char *args)
{
	(void)args;
	return s->truth.was_reset[s->stack.side] ? -ECONNRESET : 0;
}

static const struct {
	const char *name;
	long (*obey)(struct sim_stack *s, const char *args);
} commands[] = {
	{ "use", do_use },	{ "listen", do_open },
	{ "connect", do_open }, { "accept", do_accept },
	{ "send", do_send },	{ "recv", do_recv },
	{ "drain", do_drain },	{ "shutdown", do_shutdown },
	{ "close", do_close },	{ "linger", do_linger },
	{ "error", do_error },	{ "exit", do_close },
	{ "kill", do_close },
};

/* The call it is in, carried out as far as that goes now. */
static long obey(struct sim_stack *s)
{
	size_t i, len = strcspn(s->call, " ");
	const char *args = s->call + len + (s->call[len] == ' ');

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strlen(commands[i].name) == len &&
		    memcmp(commands[i].name, s->call, len) == 0)
			return commands[i].obey(s, args);
	}
	return -EINVAL;
}

static int sim_caller_start(struct caller *c, struct fault *f)
{
	(void)f;
	c->phase = CALLER_IDLE;
	return 0;
}

static void sim_caller_stop(struct caller *c)
{
	struct sim_stack *s = caller_of(c);

	if (c->phase != CALLER_GONE)
		do_close(s, "");
	*s->call = '\0';
	c->phase = CALLER_GONE;
}

static int sim_caller_tell(struct caller *c, const char *command,
			   struct fault *f)
{
	struct sim_stack *s = caller_of(c);

	if (c->phase != CALLER_IDLE)
		return fault_set(f, "told \"%s\" while gone, or in a call",
				 command);
	run_timers(s);
	s->announces = *command == '!';
	snprintf(s->call, sizeof(s->call), "%s", command + s->announces);
	s->drained = 0;
	c->phase = CALLER_IN_CALL;
	return 0;
}

static void sleep_until(int64_t deadline_ns)
{
	struct timespec ts = { .tv_sec = deadline_ns / NS_PER_S,
			       .tv_nsec = deadline_ns % NS_PER_S };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void print_answer(long result, char text[STACK_LINE_MAX])
{
	char buf[16];

	if (result == THE_END)
		snprintf(text, STACK_LINE_MAX, "eof");
	else if (result < 0)
		snprintf(text, STACK_LINE_MAX, "%s",
			 name_errno((int)-result, buf));
	else
		snprintf(text, STACK_LINE_MAX, "%ld", result);
}

static enum caller_heard sim_caller_hear(struct caller *c, int64_t deadline_ns,
					 char text[STACK_LINE_MAX])
{
	struct sim_stack *s = caller_of(c);
	long result;

	if (c->phase == CALLER_GONE)
		return CALLER_DIED;
	if (s->announces) {
		s->announces = false;
		snprintf(text, STACK_LINE_MAX, "%.*s",
			 (int)strcspn(s->call, " "), s->call);
		return CALLER_ENTERS;
	}
	run_timers(s);
	result = obey(s);
	if (result == NOT_YET) {
		/* Nobody moves a frame meanwhile. */
		sleep_until(deadline_ns);
		return CALLER_NOTHING;
	}
	print_answer(result, text);
	*s->call = '\0';
	c->phase = CALLER_IDLE;
	return CALLER_ANSWER;
}

static bool sim_caller_sleeps(struct caller *c, int64_t deadline_ns)
{
	struct sim_stack *s = caller_of(c);

	(void)deadline_ns;
	return *s->call && obey(s) == NOT_YET;
}

static bool sim_caller_wait_gone(struct caller *c, int64_t deadline_ns)
{
	struct sim_stack *s = caller_of(c);

	(void)deadline_ns;
	if (strcmp(s->call, "exit") != 0 && strcmp(s->call, "kill") != 0)
		return false;
	sim_caller_stop(c);
	return true;
}

static bool sim_caller_is_well(struct caller *c, int64_t deadline_ns)
{
	(void)deadline_ns;
	return c->phase != CALLER_GONE;
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
	run_timers(me);
	*state = flow->end[s->side].port == me->own.port ? end_of(me)->state
							 : TCP_STATE_CLOSED;
	return 0;
}

static long sim_count(struct stack *s, int family, uint16_t local_port,
		      uint16_t peer_port, enum tcp_state state, struct fault *f)
{
	struct sim_stack *me = stack_of(s);

	(void)f;
	run_timers(me);
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
	static const struct caller_ops caller_ops = {
		.start = sim_caller_start,
		.stop = sim_caller_stop,
		.tell = sim_caller_tell,
		.hear = sim_caller_hear,
		.sleeps = sim_caller_sleeps,
		.wait_gone = sim_caller_wait_gone,
		.is_well = sim_caller_is_well,
	};
	static const struct stack_ops ops = {
		.meet = sim_meet,
		.close = sim_close,
		.state = sim_state,
		.count = sim_count,
		.processed = sim_processed,
		.destroy = sim_destroy,
	};
	struct sim_stack *s = memory_zeroed(1, sizeof(*s));

	s->caller.ops = &caller_ops;
	s->stack = (struct stack){
		.ops = &ops,
		.caller = &s->caller,
		.side = side,
		.name = "sim",
		.version = "1",
		.can = STACK_CAN_STATE | STACK_CAN_COUNT | STACK_CAN_CONFIRM |
		       STACK_CAN_DESTROY,
		.port.mac = { 2, 0, 0, 0, 2, (uint8_t)side },
	};
	s->broken = broken;
	s->sim.plan = &s->plan;
	s->sim.truth = &s->truth;
	s->sim.send = send_frame;
	s->link = link_of(link);
	s->link->end[side] = s;
	new_socket(s);
	return &s->stack;
}

static int sim_link_next(struct link *l, int plug, struct link_frame *frame,
			 struct fault *f)
{
	struct sim_link *me = link_of(l);
	struct sim_frame *first;

	if (!me->end[plug])
		return me->far->ops->next(me->far, plug, frame, f);
	run_timers(me->end[plug]);
	free(me->shown[plug]);
	me->shown[plug] = first = me->head[plug];
	if (!first)
		return 0;
	me->head[plug] = first->next;
	if (!first->next)
		me->tail[plug] = &me->head[plug];
	*frame = (struct link_frame){ .plug = plug,
				      .at_ns = first->at_ns,
				      .bytes = first->bytes,
				      .len = first->len };
	return 1;
}

static void sim_link_wait(struct link *l, int64_t deadline_ns)
{
	struct sim_link *me = link_of(l);
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		int64_t due;

		if (!me->end[side])
			continue;
		due = run_timers(me->end[side]);
		if (me->head[side])
			return;
		deadline_ns = due < deadline_ns ? due : deadline_ns;
	}
	if (me->far)
		me->far->ops->wait(me->far, deadline_ns);
	else
		sleep_until(deadline_ns);
}

static int sim_link_put(struct link *l, enum side to, const void *frame,
			size_t len, struct fault *f)
{
	struct sim_link *me = link_of(l);

	if (!me->end[to])
		return me->far->ops->put(me->far, to, frame, len, f);
	take_frame(me->end[to], frame, len);
	return 0;
}

static int sim_link_stats(struct link *l, int plug, uint64_t *received,
			  uint64_t *dropped, struct fault *f)
{
	struct sim_link *me = link_of(l);

	if (!me->end[plug])
		return me->far->ops->stats(me->far, plug, received, dropped, f);
	*received = me->sent[plug];
	*dropped = 0;
	return 0;
}

static void sim_link_close(struct link *l)
{
	struct sim_link *me = link_of(l);
	struct sim_frame *f;
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		while ((f = me->head[side])) {
			me->head[side] = f->next;
			free(f);
		}
		free(me->shown[side]);
	}
	free(me);
}

struct link *sim_link_new(struct link *far)
{
	static const struct link_ops ops = {
		.next = sim_link_next,
		.wait = sim_link_wait,
		.put = sim_link_put,
		.stats = sim_link_stats,
		.close = sim_link_close,
	};
	struct sim_link *l = memory_zeroed(1, sizeof(*l));

	l->link.ops = &ops;
	l->link.has_cable = true;
	l->link.plugs = 2;
	l->far = far;
	l->tail[SIDE_A] = &l->head[SIDE_A];
	l->tail[SIDE_B] = &l->head[SIDE_B];
	return &l->link;
}
