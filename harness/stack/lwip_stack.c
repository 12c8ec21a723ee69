/*
 * lwIP's end: what it has, and what it is asked. How its program is spoken to
 * is in lwip_stack_wire.c, who makes its calls in lwip_stack_call.c.
 */
#include "stack/lwip_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/installed.h"
#include "base/memory.h"
#include "script/script.h"
#include "script/verb.h"
#include "stack/constant.h"
#include "stack/lwip_stack_own.h"

#define PROGRAM "lastack-lwip"
#define PACKAGE "liblwip-dev"

/*
 * The calls that lwIP's sockets have. It knows no processes and no second
 * descriptor of a socket, and of the socket options only these.
 */
#define HAS                                                                   \
	(VERB_BIT(VERB_LISTEN) | VERB_BIT(VERB_UNLISTEN) |                    \
	 VERB_BIT(VERB_CONNECT) | VERB_BIT(VERB_ACCEPT) |                     \
	 VERB_BIT(VERB_SEND) | VERB_BIT(VERB_FILL) | VERB_BIT(VERB_RECV) |    \
	 VERB_BIT(VERB_DRAIN) | VERB_BIT(VERB_SHUTDOWN) |                     \
	 VERB_BIT(VERB_CLOSE) | VERB_BIT(VERB_LINGER) |                       \
	 VERB_BIT(VERB_KEEPALIVE) | VERB_BIT(VERB_NODELAY) |                  \
	 VERB_BIT(VERB_NONBLOCK) | VERB_BIT(VERB_POLL) |                      \
	 VERB_BIT(VERB_ERROR) | VERB_BIT(VERB_INQ) | VERB_BIT(VERB_DESTROY) | \
	 VERB_BIT(VERB_VANISH) | VERB_BIT(VERB_RETURN))

/*
 * What lwIP has instead of sysctls are constants of its build, and Debian's
 * (lwipopts.h, opt.h, tcp_priv.h) are these. None can be set.
 */
static const struct stack_constant options[] = {
	{ "net.ipv4.tcp_fin_timeout", "20" },
	{ "net.ipv4.tcp_keepalive_time", "7200" },
	{ "net.ipv4.tcp_keepalive_intvl", "75" },
	{ "net.ipv4.tcp_keepalive_probes", "9" },
	{ "net.ipv4.tcp_retries2", "12" },
	{ "net.ipv4.tcp_orphan_retries", "12" },
	{ "net.ipv4.tcp_syn_retries", "6" },
	{ "net.ipv4.tcp_synack_retries", "6" },
	{ "net.ipv4.tcp_sack", "0" },
	{ "net.ipv4.tcp_timestamps", "0" },
	{ "net.ipv4.tcp_window_scaling", "1" },
	{ NULL, NULL },
};

int lwip_introduce(struct lwip_stack *l, struct fault *f)
{
	struct lwip_head m = { .word = LWIP_MEET };

	link_address(AF_INET, l->stack.side, m.local.addr);
	link_address(AF_INET6, l->stack.side, m.peer.addr);
	memcpy(m.mac, l->stack.port.mac, sizeof(m.mac));
	if (lwip_ask(l, &m, NULL, 0, f) < 0)
		return -1;
	m.word = LWIP_PEER;
	link_address(AF_INET, side_other(l->stack.side), m.local.addr);
	link_address(AF_INET6, side_other(l->stack.side), m.peer.addr);
	memcpy(m.mac, l->peer_mac, sizeof(m.mac));
	return lwip_ask(l, &m, NULL, 0, f);
}

static int lwip_plug(struct stack *s, int cable_netns, struct fault *f)
{
	(void)cable_netns;
	(void)f;
	s->port.plug = &lwip_of(s)->plug;
	return 0;
}

/* Its program, once it runs, is told. */
static int lwip_meet(struct stack *s, const struct stack_port *peer,
		     struct fault *f)
{
	(void)f;
	memcpy(lwip_of(s)->peer_mac, peer->mac, SEG_MAC_LEN);
	return 0;
}

static int lwip_wait_ready(struct stack *s, struct fault *f)
{
	(void)s;
	(void)f;
	return 0;
}

static void lwip_close(struct stack *s)
{
	struct lwip_stack *l = lwip_of(s);

	s->caller->ops->stop(s->caller);
	lwip_forget(l);
	free(l->shown);
	free(l->command);
	free(l);
}

static struct lwip_head question(enum lwip_word word, const struct flow *flow,
				 enum side side)
{
	const struct seg_end *own = &flow->end[side];
	const struct seg_end *peer = &flow->end[side_other(side)];
	struct lwip_head m = { .word = word, .family = flow->family };

	m.local.port = own->port;
	m.peer.port = peer->port;
	memcpy(m.local.addr, own->addr, sizeof(m.local.addr));
	memcpy(m.peer.addr, peer->addr, sizeof(m.peer.addr));
	return m;
}

/* As lwIP numbers them (enum tcp_state of its tcpbase.h). */
static const enum tcp_state states[] = {
	TCP_STATE_CLOSED,	TCP_STATE_LISTEN,      TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED, TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,	TCP_STATE_CLOSE_WAIT,  TCP_STATE_CLOSING,
	TCP_STATE_LAST_ACK,	TCP_STATE_TIME_WAIT,
};

#define N_STATES ((int)ARRAY_SIZE(states))

static int lwip_state(struct stack *s, const struct flow *flow,
		      enum tcp_state *state, struct fault *f)
{
	struct lwip_head m = question(LWIP_STATE, flow, s->side);

	if (lwip_ask(lwip_of(s), &m, NULL, 0, f) < 0)
		return -1;
	if (m.value < 0 || m.value >= N_STATES)
		return fault_set(f,
				 "%c's lwIP is in the state %d, which it "
				 "has not",
				 side_letter(s->side), (int)m.value);
	*state = states[m.value];
	return 0;
}

static long lwip_count(struct stack *s, int family, uint16_t local_port,
		       uint16_t peer_port, enum tcp_state state,
		       struct fault *f)
{
	struct lwip_head m = { .word = LWIP_COUNT, .family = family };

	m.local.port = local_port;
	m.peer.port = peer_port;
	for (m.value = 0; m.value < N_STATES; m.value++)
		if (states[m.value] == state)
			break;
	return lwip_ask(lwip_of(s), &m, NULL, 0, f) < 0 ? -1 : m.value;
}

static int64_t lwip_processed(struct stack *s)
{
	return lwip_of(s)->earlier + lwip_of(s)->received;
}

static int lwip_destroy(struct stack *s, const struct flow *flow,
			struct fault *f)
{
	struct lwip_head m = question(LWIP_DESTROY, flow, s->side);

	/* With its program all of it has gone. */
	if (s->caller->phase == CALLER_GONE)
		return ENOENT;
	return lwip_ask(lwip_of(s), &m, NULL, 0, f) < 0 ? -1 : m.value;
}

static int lwip_option_read(struct stack *s, const char *name,
			    char value[STACK_OPTION_MAX], struct fault *f)
{
	(void)s;
	return stack_constant_read(options, "lwIP", name, value, f);
}

static int lwip_option_write(struct stack *s, const char *name,
			     const char *value, struct fault *f)
{
	(void)s;
	return stack_constant_write(options, "lwIP", name, value, f);
}

/* It has neither timestamps nor SACK, and acknowledges as it was built to. */
static int lwip_set_routes(struct stack *s, const struct link_set *set,
			   struct fault *f)
{
	(void)s;
	(void)set;
	(void)f;
	return 0;
}

static const struct stack_ops lwip_ops = {
	.plug = lwip_plug,
	.meet = lwip_meet,
	.wait_ready = lwip_wait_ready,
	.close = lwip_close,
	.state = lwip_state,
	.count = lwip_count,
	.processed = lwip_processed,
	.destroy = lwip_destroy,
	.option_read = lwip_option_read,
	.option_write = lwip_option_write,
	.set_routes = lwip_set_routes,
};

static struct stack *lwip_open(const struct stack_choice *c, enum side side,
			       int cpu, struct fault *f)
{
	struct lwip_stack *l = memory_zeroed(1, sizeof(*l));
	size_t size = strlen(c->parsed) + sizeof("exec '' " LWIP_VIRTUAL);

	(void)f;
	l->stack = (struct stack){
		.ops = &lwip_ops,
		.caller = &l->agent.caller,
		.side = side,
		.name = "lwip",
		.can = STACK_CAN_STATE | STACK_CAN_COUNT | STACK_CAN_CONFIRM |
		       STACK_CAN_DESTROY | STACK_CAN_OPTIONS |
		       STACK_CAN_ROUTES | STACK_CAN_IPV6,
		.lacks = ~HAS,
		.port.mac = { 2, 0, 0, 0, 1, (uint8_t)(0x0a + side) },
	};
	memcpy(l->stack.version, c->version, sizeof(c->version));
	l->plug.ops = clock_is_virtual() ? &lwip_plug_virtual : &lwip_plug_real;
	l->tail = &l->head;
	l->command = memory_zeroed(1, size);
	snprintf(l->command, size, "exec '%s'%s", (const char *)c->parsed,
		 clock_is_virtual() ? " " LWIP_VIRTUAL : "");
	lwip_caller_init(l, l->command, cpu);
	return &l->stack;
}

static int parse(struct stack_choice *c, struct fault *f)
{
	char *path = installed_program(PROGRAM);

	if (!path)
		return fault_set(f,
				 "the stack lwip: " PROGRAM
				 " was left out of this build, install " PACKAGE
				 " and build again");
	if (strchr(path, '\''))
		return fault_set(f,
				 "the stack lwip: %s: expected a path "
				 "without quotes",
				 path);
	c->parsed = path;
	return stack_ask_version(path, c, f);
}

const struct stack_kind lwip_stack_kind = {
	.name = "lwip",
	.has_clock = true,
	.parse = parse,
	.open = lwip_open,
};
