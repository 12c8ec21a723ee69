/*
 * The yardstick of "lastack run": two sockets in this very process, one in a
 * namespace at either end of the cable, a connection opened and closed in
 * lockstep with both states read after every segment. No case, no agent, no
 * tape, no judge, no evidence: what the kernel and the link cost, and no more.
 * IPv4; A closes first.
 */
#include "bench/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "link/cable.h"
#include "stack/linux/diag.h"
#include "stack/linux/netns.h"
#include "stack/linux/offload.h"
#include "stack/linux/rtnl.h"

#define SERVER_PORT  80
#define FIRST_PORT   10000
#define PORTS	     50000
#define SEGMENTS     7
#define WAIT_NS	     NS_PER_S
#define RTO_MIN_MS   5000
#define PREFIX_WHOLE 32

/* One end, its plug on the cable, and the kernel asked about both. */
struct place {
	int netns;
	struct netlink *rtnl;
	struct netlink *diag;
	struct rtnl_if eth;
	struct rtnl_if plug;
	uint8_t mac[SEG_MAC_LEN];
	uint8_t addr[16];
};

struct bare {
	struct place place[2];
	int cable_netns;
	struct netlink *cable_rtnl;
	struct link *link;
	struct flow flow;
	int listener;
	uint64_t segments;
};

static int open_place(struct bare *b, enum side side, struct fault *f)
{
	static const uint8_t plug_mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 1, 0 };
	struct place *p = &b->place[side];
	struct rtnl_veth here, there;

	p->eth = (struct rtnl_if){ "eth0", 10 + (int)side };
	p->plug = (struct rtnl_if){ side == SIDE_A ? "plugA" : "plugB",
				    20 + (int)side };
	memcpy(p->mac, (uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)(0x0a + side) },
	       SEG_MAC_LEN);
	link_address(AF_INET, side, p->addr);
	p->netns = netns_new(f);
	p->rtnl = p->netns < 0 ? NULL : netlink_open(NETLINK_ROUTE, f);
	p->diag = p->rtnl ? diag_open(f) : NULL;
	if (!p->diag)
		return -1;
	here = (struct rtnl_veth){ .on = p->eth, .mac = p->mac };
	there = (struct rtnl_veth){ p->plug, b->cable_netns, plug_mac };
	if (rtnl_make_veth(p->rtnl, &here, &there, f) < 0 ||
	    offload_off(p->eth.name, f) < 0 ||
	    rtnl_up(p->rtnl, &p->eth, LINK_MTU, f) < 0)
		return -1;
	return rtnl_address(p->rtnl, &p->eth, AF_INET, p->addr, PREFIX_WHOLE,
			    f);
}

/* As the cases have it: no delayed ACKs, no early retransmissions. */
static int meet(struct bare *b, enum side side, struct fault *f)
{
	struct place *p = &b->place[side];
	const struct place *peer = &b->place[side_other(side)];
	struct rtnl_route route = { .on = p->eth,
				    .family = AF_INET,
				    .dst = peer->addr,
				    .src = p->addr,
				    .quickack = true,
				    .rto_min_ms = RTO_MIN_MS };

	if (rtnl_set_route(p->rtnl, &route, f) < 0 ||
	    rtnl_neighbour(p->rtnl, &p->eth, AF_INET, peer->addr, peer->mac,
			   f) < 0 ||
	    rtnl_up(b->cable_rtnl, &p->plug, LINK_MTU, f) < 0 ||
	    offload_off(p->plug.name, f) < 0 ||
	    rtnl_wait_running(p->rtnl, &p->eth, f) < 0)
		return -1;
	return rtnl_wait_running(b->cable_rtnl, &p->plug, f);
}

static int build(struct bare *b, struct fault *f)
{
	const struct cable_end end[2] = { { .interface = "plugA" },
					  { .interface = "plugB" } };

	if (netns_privilege(f) < 0)
		return -1;
	b->cable_netns = netns_new(f);
	b->cable_rtnl =
		b->cable_netns < 0 ? NULL : netlink_open(NETLINK_ROUTE, f);
	if (!b->cable_rtnl || open_place(b, SIDE_A, f) < 0 ||
	    open_place(b, SIDE_B, f) < 0 ||
	    netns_enter(b->cable_netns, f) < 0 || meet(b, SIDE_A, f) < 0 ||
	    meet(b, SIDE_B, f) < 0)
		return -1;
	b->link = cable_open(end, f);
	return b->link ? 0 : -1;
}

static struct sockaddr_in address(const struct bare *b, enum side side)
{
	const struct seg_end *end = &b->flow.end[side];
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(end->port) };

	memcpy(&to.sin_addr, end->addr, sizeof(to.sin_addr));
	return to;
}

static int bound(struct bare *b, enum side side, struct fault *f)
{
	struct sockaddr_in at = address(b, side);
	int on = 1, s = -1;

	if (netns_enter(b->place[side].netns, f) < 0)
		return -1;
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s >= 0 &&
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(s, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return s;
	return fault_errno(f, "a socket of %c", side_letter(side));
}

/* Passes what one end has sent on, and asks both for their states. */
static int pass_on(struct bare *b, const struct link_frame *frame,
		   struct fault *f)
{
	enum tcp_state state[2];

	b->segments++;
	if (b->link->ops->put(b->link, side_other((enum side)frame->plug),
			      frame->bytes, frame->len, f) < 0 ||
	    diag_state(b->place[SIDE_A].diag, &b->flow, SIDE_A, &state[SIDE_A],
		       f) < 0)
		return -1;
	return diag_state(b->place[SIDE_B].diag, &b->flow, SIDE_B,
			  &state[SIDE_B], f);
}

/* All that has been sent, and what it is answered with. */
static int pump(struct bare *b, struct fault *f)
{
	struct link_frame frame;
	bool moved = true;

	while (moved) {
		moved = false;
		for (int plug = SIDE_A; plug <= SIDE_B; plug++) {
			int n = b->link->ops->next(b->link, plug, &frame, f);

			if (n < 0 || (n && pass_on(b, &frame, f) < 0))
				return -1;
			moved = moved || n;
		}
	}
	return 0;
}

static int stuck(struct fault *f, const char *what)
{
	return fault_set(f, "the connection %s", what);
}

/* A connects and closes; B reads the end of it, and closes too. */
static int one(struct bare *b, struct fault *f)
{
	struct sockaddr_in to = address(b, SIDE_B);
	int a = bound(b, SIDE_A, f), other;
	char octet;

	if (a < 0)
		return -1;
	if (connect(a, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
	    errno != EINPROGRESS)
		return fault_errno(f, "connect");
	if (pump(b, f) < 0)
		return -1;
	other = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (other < 0)
		return stuck(f, "does not open");
	close(a);
	if (pump(b, f) < 0)
		return -1;
	if (recv(other, &octet, 1, 0) != 0)
		return stuck(f, "has no end");
	close(other);
	return pump(b, f);
}

static int open_flow(struct bare *b, struct fault *f)
{
	b->flow.family = AF_INET;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		memcpy(b->flow.end[side].addr, b->place[side].addr,
		       sizeof(b->place[side].addr));
	b->flow.end[SIDE_B].port = SERVER_PORT;
	b->listener = bound(b, SIDE_B, f);
	if (b->listener < 0)
		return -1;
	return listen(b->listener, SOMAXCONN) ? fault_errno(f, "listen") : 0;
}

static int all(struct bare *b, unsigned long n, struct fault *f)
{
	int64_t begun = clock_mono_ns();

	for (unsigned long i = 0; i < n; i++) {
		b->flow.end[SIDE_A].port = (uint16_t)(FIRST_PORT + i % PORTS);
		if (one(b, f) < 0)
			return -1;
	}
	if (b->segments != n * SEGMENTS)
		return fault_set(f, "expected %lu segments, not %lu",
				 n * SEGMENTS, (unsigned long)b->segments);
	printf("%.0f\n", (double)n * (double)NS_PER_S /
				 (double)(clock_mono_ns() - begun));
	return 0;
}

int probe(char **arg)
{
	static struct bare bare;
	struct fault f;
	char *end;
	unsigned long n = strtoul(arg[0], &end, 10);
	int cpu;

	if (*end || n < 1 || n > PORTS) {
		fprintf(stderr, "check_bench: %s: expected 1 to %d\n", arg[0],
			PORTS);
		return 2;
	}
	if (cpu_allowed(&cpu, 1))
		cpu_pin(cpu);
	if (build(&bare, &f) == 0 && open_flow(&bare, &f) == 0 &&
	    all(&bare, n, &f) == 0)
		return 0;
	fprintf(stderr, "check_bench: probe: %s\n", f.text);
	return 2;
}
