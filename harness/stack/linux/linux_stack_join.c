/*
 * How the kernel's end comes to a link: interfaces, addresses, routes, and
 * waiting until frames pass. Knows nothing of what the link is for.
 */
#include "stack/linux/linux_stack_own.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "link/cable.h"
#include "stack/linux/netns.h"
#include "stack/linux/offload.h"

#define END_IF "eth0"

static const int families[2] = { AF_INET, AF_INET6 };

static bool has_family(const struct stack *s, int family)
{
	return family == AF_INET || s->can & STACK_CAN_IPV6;
}

/* The interface of an end; the numbers of all are different. */
static struct rtnl_veth end_of(const struct linux_stack *l)
{
	return (struct rtnl_veth){ .name = END_IF,
				   .index = 10 + (int)l->stack.side,
				   .netns = l->netns,
				   .mac = l->stack.port.mac };
}

/* A veth pair from here, without offloads at this end. */
static int make_veth(struct linux_stack *l, const struct rtnl_veth *there,
		     struct fault *f)
{
	struct rtnl_veth here = end_of(l);

	l->interface = END_IF;
	if (rtnl_make_veth(l->rtnl, &here, there, f) < 0)
		return -1;
	return offload_off(END_IF, f);
}

/* The cable's end of it: up, without offloads, and passing frames. */
static int set_up_port(struct linux_stack *l, struct fault *f)
{
	const char *port = l->stack.port.interface;

	l->cable = rtnl_open(f);
	if (!l->cable || rtnl_up(l->cable, port, LINK_MTU, f) < 0)
		return -1;
	return offload_off(port, f);
}

int linux_stack_plug(struct stack *s, int cable_netns, struct fault *f)
{
	static const char *const name[2] = { "plugA", "plugB" };
	static const uint8_t mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 1, 0 };
	struct rtnl_veth port = { .name = name[s->side],
				  .index = 20 + (int)s->side,
				  .netns = cable_netns,
				  .mac = mac };

	s->port.interface = port.name;
	if (netns_enter(linux_of(s)->netns, f) < 0 ||
	    make_veth(linux_of(s), &port, f) < 0 ||
	    netns_enter(cable_netns, f) < 0)
		return -1;
	return set_up_port(linux_of(s), f);
}

int linux_stack_veth(struct stack *a, struct stack *b, struct fault *f)
{
	struct rtnl_veth there = end_of(linux_of(b));

	linux_of(b)->interface = END_IF;
	if (netns_enter(linux_of(a)->netns, f) < 0 ||
	    make_veth(linux_of(a), &there, f) < 0 ||
	    netns_enter(linux_of(b)->netns, f) < 0)
		return -1;
	return offload_off(END_IF, f);
}

int linux_stack_loopback(struct stack *a, struct stack *b, struct fault *f)
{
	linux_of(a)->interface = linux_of(b)->interface = "lo";
	linux_of(a)->is_loopback = linux_of(b)->is_loopback = true;
	if (netns_enter(linux_of(a)->netns, f) < 0)
		return -1;
	return offload_off("lo", f);
}

struct link *linux_stack_tap(struct stack *s, struct fault *f)
{
	struct linux_stack *l = linux_of(s);
	struct link *link = NULL;

	if (netns_enter(l->netns, f) == 0)
		link = cable_open_tap(l->interface, f);
	if (link)
		link->no_checksums = l->is_loopback;
	return link;
}

/* The route by which an IPv6 address is the host's own. */
static struct rtnl_route own_route(const uint8_t *addr)
{
	return (struct rtnl_route){
		.name = "lo", .family = AF_INET6, .dst = addr, .local = true
	};
}

/*
 * The kernel makes that route in a work queue that all namespaces share:
 * under load that takes seconds.
 */
static int own_at_once(struct linux_stack *l, const uint8_t *addr,
		       struct fault *f)
{
	struct rtnl_route own = own_route(addr);

	return rtnl_set_route(l->rtnl, &own, f);
}

static int set_address(struct linux_stack *l, int family,
		       const struct stack_port *peer_port, struct fault *f)
{
	enum side side = l->stack.side;
	uint8_t prefix = family == AF_INET ? 32 : 128;
	uint8_t addr[16], peer[16];

	link_address(family, side, addr);
	link_address(family, side_other(side), peer);
	if (rtnl_address(l->rtnl, l->interface, family, addr, prefix, f) < 0)
		return -1;
	if (l->is_loopback)
		return 0;
	if (family == AF_INET6 && own_at_once(l, addr, f) < 0)
		return -1;
	return rtnl_neighbour(l->rtnl, l->interface, family, peer,
			      peer_port->mac, f);
}

static int set_addresses(struct linux_stack *l, const struct stack_port *peer,
			 struct fault *f)
{
	int i;

	if (rtnl_up(l->rtnl, l->interface, LINK_MTU, f) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		if (has_family(&l->stack, families[i]) &&
		    set_address(l, families[i], peer, f) < 0)
			return -1;
	}
	return 0;
}

int linux_stack_meet(struct stack *s, const struct stack_port *peer,
		     struct fault *f)
{
	int back = netns_visit(linux_of(s)->netns, f);
	int result = back < 0 ? -1 : set_addresses(linux_of(s), peer, f);

	return netns_return(back, f) < 0 ? -1 : result;
}

/* Of two routes to itself the kernel would prefer its own to ours. */
static int drop_kernels_own(struct linux_stack *l, const uint8_t *addr,
			    struct fault *f)
{
	struct rtnl_route own = own_route(addr);

	return rtnl_drop_route(l->rtnl, &own, f);
}

/*
 * Being up is not yet passing frames: until its carrier has been noticed an
 * interface drops what it is given, and so does a host whose address the
 * kernel has put off.
 */
int linux_stack_wait_ready(struct stack *s, struct fault *f)
{
	struct linux_stack *l = linux_of(s);
	uint8_t addr[16];
	int i;

	if (rtnl_wait_running(l->rtnl, l->interface, f) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		if (!has_family(s, families[i]))
			continue;
		link_address(families[i], s->side, addr);
		if (rtnl_wait_local(l->rtnl, families[i], addr, f) < 0)
			return -1;
		if (l->is_loopback && families[i] == AF_INET6 &&
		    drop_kernels_own(l, addr, f) < 0)
			return -1;
	}
	return l->cable ? rtnl_wait_running(l->cable, s->port.interface, f) : 0;
}

static int set_route(struct linux_stack *l, int family,
		     const struct link_set *set, struct fault *f)
{
	struct rtnl_route route = {
		.name = l->interface,
		.family = family,
		.local = l->is_loopback,
		.quickack = set->quickack,
		.rto_min_ms = (uint32_t)(set->rto_min_ns / NS_PER_MS),
	};
	uint8_t dst[16], src[16];

	link_address(family, side_other(l->stack.side), dst);
	link_address(family, l->stack.side, src);
	route.dst = dst;
	route.src = src;
	return rtnl_set_route(l->rtnl, &route, f);
}

int linux_stack_set_routes(struct stack *s, const struct link_set *set,
			   struct fault *f)
{
	struct linux_stack *l = linux_of(s);
	int i, back, result = 0;

	if (l->routes.quickack == set->quickack &&
	    l->routes.rto_min_ns == set->rto_min_ns)
		return 0;
	back = netns_visit(l->netns, f);
	if (back < 0)
		return -1;
	for (i = 0; i < 2 && result == 0; i++) {
		if (has_family(s, families[i]))
			result = set_route(l, families[i], set, f);
	}
	if (netns_return(back, f) < 0 || result < 0)
		return -1;
	l->routes = *set;
	return 0;
}
