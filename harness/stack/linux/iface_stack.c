/*
 * The stack "iface", and "tc8" on top of it. Knows that something answers
 * behind an interface, and how its address is found out; the rest is its
 * agent's.
 */
#include "stack/linux/iface_stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/memory.h"
#include "link/link.h"
#include "stack/agent_process.h"
#include "stack/linux/iface_plan.h"
#include "stack/linux/netns.h"
#include "stack/linux/rtnl.h"
#include "stack/nobody.h"

#define ARP_TRIES 5
#define ARP_WAIT  (NS_PER_S / 2)

struct iface_stack {
	struct stack stack; /* first: a stack is one of these here */
	const struct iface_plan *plan;
	struct borrowed borrowed;
	struct agent_process agent;
	struct nobody nobody;
	int there; /* the namespace of the agent; ours, or -1 */
};

static struct iface_stack *iface_of(struct stack *s)
{
	return (struct iface_stack *)(void *)s;
}

static bool is_same_net(const uint8_t *a, const uint8_t *b, uint8_t prefix)
{
	int whole = prefix / 8, rest = prefix % 8;

	return memcmp(a, b, (size_t)whole) == 0 &&
	       (!rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* What this machine was called by where the stack is. */
static bool find_peer(const struct iface_stack *e, int family,
		      const uint8_t *addr, uint8_t peer[16])
{
	struct borrowed_address a;

	for (size_t i = 0; borrowed_address(&e->borrowed, i, &a); i++) {
		if (a.family != family || !is_same_net(a.addr, addr, a.prefix))
			continue;
		memcpy(peer, a.addr, sizeof(a.addr));
		return true;
	}
	return false;
}

/* Its own address is the link's from now on, and so is its peer's. */
static int set_addresses(struct iface_stack *e, struct fault *f)
{
	static const int families[2] = { AF_INET, AF_INET6 };
	const struct iface_plan *p = e->plan;
	enum side side = e->stack.side;
	char text[INET6_ADDRSTRLEN];
	uint8_t peer[16];

	for (int i = 0; i < 2; i++) {
		if (!p->has_addr[i])
			continue;
		memcpy(peer, p->peer[i], sizeof(peer));
		inet_ntop(families[i], p->addr[i], text, sizeof(text));
		if (!p->has_peer[i] &&
		    !find_peer(e, families[i], p->addr[i], peer))
			return fault_set(f,
					 "%s has no address in the network of "
					 "%s: expected peer=, the address of "
					 "the other end",
					 p->name, text);
		link_set_address(families[i], side, p->addr[i]);
		link_set_address(families[i], side_other(side), peer);
	}
	return 0;
}

/* A probe (RFC 5227): nobody's cache takes anything from it. */
static void fill_probe(const struct iface_stack *e, const uint8_t *target,
		       uint8_t frame[42])
{
	static const uint8_t head[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };

	memset(frame, 0, 42);
	memset(frame, 0xff, SEG_MAC_LEN);
	memcpy(frame + 6, e->borrowed.mac, SEG_MAC_LEN);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, e->borrowed.mac, SEG_MAC_LEN);
	memcpy(frame + 38, target, 4);
}

static bool is_answer(const uint8_t *frame, ssize_t len, const uint8_t *target)
{
	return len >= 42 && frame[12] == 0x08 && frame[13] == 0x06 &&
	       frame[21] == 2 && memcmp(frame + 28, target, 4) == 0;
}

static bool hear_arp(struct iface_stack *e, int fd, const uint8_t *target)
{
	int64_t until = clock_mono_ns() + ARP_WAIT;
	uint8_t frame[LINK_FRAME_MAX];

	while (child_wait_readable(fd, until)) {
		ssize_t n = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (!is_answer(frame, n, target))
			continue;
		memcpy(e->stack.port.mac, frame + 22, SEG_MAC_LEN);
		return true;
	}
	return false;
}

static int ask_arp(struct iface_stack *e, int fd, struct fault *f)
{
	uint8_t target[16], frame[42];
	char text[INET_ADDRSTRLEN];

	link_address(AF_INET, e->stack.side, target);
	fill_probe(e, target, frame);
	for (int i = 0; i < ARP_TRIES; i++) {
		if (send(fd, frame, sizeof(frame), 0) < 0)
			return fault_errno(f, "cannot send on %s",
					   e->plan->name);
		if (hear_arp(e, fd, target))
			return 0;
	}
	inet_ntop(AF_INET, target, text, sizeof(text));
	return fault_set(f,
			 "nobody at %s answers for %s: expected addr=, or mac= "
			 "for one that answers no ARP",
			 e->plan->name, text);
}

/* Where it is on the link; the caller is in the interface's namespace. */
static int find_mac(struct iface_stack *e, struct fault *f)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ARP),
				  .sll_ifindex = e->borrowed.index };
	int fd, rc;

	memcpy(e->stack.port.mac, e->plan->mac, SEG_MAC_LEN);
	if (e->plan->has_mac)
		return 0;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ARP));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		rc = fault_errno(f, "a packet socket on %s", e->plan->name);
	else
		rc = ask_arp(e, fd, f);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* An address of ours by which the agent reaches what it drives. */
static int set_control(struct iface_stack *e, struct fault *f)
{
	struct rtnl_if on = { e->borrowed.name, e->borrowed.index };
	struct netlink *nl;
	int rc;

	if (!e->plan->control_prefix)
		return 0;
	nl = netlink_open(NETLINK_ROUTE, f);
	rc = nl ? rtnl_address(nl, &on, AF_INET, e->plan->control,
			       e->plan->control_prefix, f)
		: -1;
	netlink_close(nl);
	return rc;
}

/* Where the agent has its network: here, or where the interface was. */
static int start_agent(struct iface_stack *e, int cable_netns, struct fault *f)
{
	if (!e->plan->agent)
		return 0;
	e->there = dup(e->plan->control_prefix ? cable_netns : e->plan->home);
	if (e->there < 0)
		return fault_errno(f, "dup");
	e->agent.netns = e->there;
	return agent_process_ask(&e->agent, &e->stack, f);
}

static int iface_plug(struct stack *s, int cable_netns, struct fault *f)
{
	struct iface_stack *e = iface_of(s);

	if (!e->plan->agent && !s->listens)
		return fault_set(f,
				 "%s: expected agent=, or port= where what is "
				 "there listens by itself",
				 e->plan->name);
	if (borrowed_take(&e->borrowed, e->plan->name, e->plan->home,
			  cable_netns, f) < 0)
		return -1;
	s->port.interface = e->borrowed.name;
	if (set_addresses(e, f) < 0 || find_mac(e, f) < 0 ||
	    set_control(e, f) < 0)
		return -1;
	return start_agent(e, cable_netns, f);
}

/* It is as it is: its peer asks it, and it asks its peer. */
static int iface_meet(struct stack *s, const struct stack_port *peer,
		      struct fault *f)
{
	(void)s;
	(void)peer;
	(void)f;
	return 0;
}

static int iface_wait_ready(struct stack *s, struct fault *f)
{
	(void)s;
	(void)f;
	return 0; /* it was up before anything was asked on it */
}

static void iface_close(struct stack *s)
{
	struct iface_stack *e = iface_of(s);

	s->caller->ops->stop(s->caller);
	borrowed_give_back(&e->borrowed);
	if (e->there >= 0)
		close(e->there);
	free(e);
}

static struct stack *iface_open(const struct stack_choice *choice,
				enum side side, int cpu, struct fault *f)
{
	static const struct stack_ops ops = {
		.plug = iface_plug,
		.meet = iface_meet,
		.wait_ready = iface_wait_ready,
		.close = iface_close,
	};
	struct iface_stack *e = memory_zeroed(1, sizeof(*e));
	const struct iface_plan *p = choice->parsed;

	(void)f;
	e->plan = p;
	e->there = e->borrowed.home = -1;
	agent_process_init(&e->agent, side, cpu);
	e->agent.command = p->agent;
	nobody_init(&e->nobody);
	e->stack = (struct stack){
		.ops = &ops,
		.caller = p->agent ? &e->agent.caller : &e->nobody.caller,
		.side = side,
		.name = choice->kind->name,
		.can = (p->has_addr[1] || !p->has_addr[0] ? STACK_CAN_IPV6
							  : 0) |
		       STACK_CAN_TIMESTAMPS,
		.lacks = p->agent ? 0 : nobody_lacks(),
		.single = !p->agent,
		.listens = p->agent ? 0 : p->port,
	};
	return &e->stack;
}

static int read_plan(struct stack_choice *c, const char *text, struct fault *f)
{
	struct iface_plan *p = memory_zeroed(1, sizeof(*p));

	c->parsed = p;
	return iface_plan_read(p, text, f);
}

static int iface_parse(struct stack_choice *c, struct fault *f)
{
	return read_plan(c, c->argument, f);
}

static int risk(const struct stack_choice *c, struct fault *f)
{
	const struct iface_plan *p = c->parsed;

	if (!iface_plan_is_way_out(p))
		return 0;
	return fault_set(f,
			 "%s is the only interface with a default route here: "
			 "without it this machine cannot be reached; --force "
			 "takes it all the same",
			 p->name);
}

const struct stack_kind iface_stack_kind = {
	.name = "iface",
	.argument = "NAME[,addr=ADDRESS][,port=PORT][,agent=COMMAND]",
	.is_one = true,
	.parse = iface_parse,
	.risk = risk,
	.open = iface_open,
};

/* The text lives as long as what was read of it. */
static int tc8_parse(struct stack_choice *c, struct fault *f)
{
	char *text;

	return tc8_text(c->argument, &text, f) < 0 ? -1 : read_plan(c, text, f);
}

const struct stack_kind tc8_stack_kind = {
	.name = "tc8",
	.argument = "ADDRESS[,iface=NAME][,port=PORT][,peer=ADDRESS]",
	.is_one = true,
	.parse = tc8_parse,
	.risk = risk,
	.open = iface_open,
};
