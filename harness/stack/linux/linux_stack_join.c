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

static const int families[2] = { AF_INET, AF_INET6 };

const struct rtnl_if linux_loopback = { "lo", 1 };

static bool has_family(const struct stack *s, int family)
{
	return family == AF_INET || s->can & STACK_CAN_IPV6;
}

/*
 * A veth pair from the interface of an end, without offloads there. The caller
 * is in its namespace afterwards.
 */
static int make_veth(struct linux_stack *l, const struct rtnl_veth *there,
		     struct fault *f)
{
	struct rtnl_veth here = { .on = l->interface,
				  .mac = l->stack.port.mac };

	if (netns_enter(l->netns, f) < 0 ||
	    rtnl_make_veth(l->rtnl, &here, there, f) < 0)
		return -1;
	return offload_off(l->interface.name, f);
}

int linux_stack_plug(struct stack *s, int cable_netns, struct fault *f)
{
	static const char *const name[2] = { "plugA", "plugB" };
	static const uint8_t mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 1, 0 };
	struct linux_stack *l = linux_of(s);
	struct rtnl_veth port = { .on = { name[s->side], 20 + (int)s->side },
				  .netns = cable_netns,
				  .mac = mac };

	l->port = port.on;
	s->port.interface = l->port.name;
	if (make_veth(l, &port, f) < 0 || netns_enter(cable_netns, f) < 0)
		return -1;
	l->cable = netlink_open(NETLINK_ROUTE, f);
	if (!l->cable || rtnl_up(l->cable, &l->port, LINK_MTU, f) < 0)
		return -1;
	return offload_off(l->port.name, f);
}

int linux_stack_veth(struct stack *a, struct stack *b, struct fault *f)
{
	struct linux_stack *far = linux_of(b);
	struct rtnl_veth there = { .on = far->interface,
				   .netns = far->netns,
				   .mac = b->port.mac };

	if (make_veth(linux_of(a), &there, f) < 0 ||
	    netns_enter(far->netns, f) < 0)
		return -1;
	return offload_off(far->interface.name, f);
}

int linux_stack_loopback(struct stack *a, struct stack *b, struct fault *f)
{
	linux_of(a)->interface = linux_of(b)->interface = linux_loopback;
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
		link = cable_open_tap(l->interface.name, f);
	if (link)
		link->no_checksums = l->is_loopback;
	return link;
}

/* The route by which an IPv6 address is the host's own. */
static struct rtnl_route own_route(const uint8_t *addr)
{
	return (struct rtnl_route){ .on = linux_loopback,
				    .family = AF_INET6,
				    .dst = addr,
				    .local = true };
}

static int set_address(struct linux_stack *l, int family,
		       const struct stack_port *peer_port, struct fault *f)
{
	enum side side = l->stack.side;
	uint8_t prefix = family == AF_INET ? 32 : 128;
	uint8_t addr[16], peer[16];
	struct rtnl_route own = own_route(addr);

	link_address(family, side, addr);
	link_address(family, side_other(side), peer);
	if (rtnl_address(l->rtnl, &l->interface, family, addr, prefix, f) < 0)
		return -1;
	if (l->is_loopback)
		return 0;
	/*
	 * The kernel makes that route in a work queue that all namespaces
	 * share: under load that takes seconds.
	 */
	if (family == AF_INET6 && rtnl_set_route(l->rtnl, &own, f) < 0)
		return -1;
	return rtnl_neighbour(l->rtnl, &l->interface, family, peer,
			      peer_port->mac, f);
}

int linux_stack_meet(struct stack *s, const struct stack_port *peer,
		     struct fault *f)
{
	struct linux_stack *l = linux_of(s);
	int i;

	if (rtnl_up(l->rtnl, &l->interface, LINK_MTU, f) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		if (has_family(s, families[i]) &&
		    set_address(l, families[i], peer, f) < 0)
			return -1;
	}
	return 0;
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
	struct rtnl_route own = own_route(addr);
	int i;

	if (rtnl_wait_running(l->rtnl, &l->interface, f) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		if (!has_family(s, families[i]))
			continue;
		link_address(families[i], s->side, addr);
		if (rtnl_wait_local(l->rtnl, families[i], addr, f) < 0)
			return -1;
		/* Of two routes to itself the kernel would prefer its own. */
		if (l->is_loopback && families[i] == AF_INET6 &&
		    rtnl_drop_route(l->rtnl, &own, f) < 0)
			return -1;
	}
	return l->cable ? rtnl_wait_running(l->cable, &l->port, f) : 0;
}

static int set_route(struct linux_stack *l, int family,
		     const struct link_set *set, struct fault *f)
{
	struct rtnl_route route = {
		.on = l->interface,
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

/* Whether the namespace's ends offer an option of TCP's. */
static int set_switch(struct stack *s, const char *name, bool is_on, bool was,
		      struct fault *f)
{
	return is_on == was
		       ? 0
		       : s->ops->option_write(s, name, is_on ? "1" : "0", f);
}

int linux_stack_set_routes(struct stack *s, const struct link_set *set,
			   struct fault *f)
{
	struct linux_stack *l = linux_of(s);
	int i;

	if (set_switch(s, "net.ipv4.tcp_timestamps", set->timestamps,
		       l->routes.timestamps, f) < 0)
		return -1;
	l->routes.timestamps = set->timestamps;
	if (set_switch(s, "net.ipv4.tcp_sack", set->sack, l->routes.sack, f) <
	    0)
		return -1;
	l->routes.sack = set->sack;
	if (l->routes.quickack == set->quickack &&
	    l->routes.rto_min_ns == set->rto_min_ns)
		return 0;
	for (i = 0; i < 2; i++) {
		if (has_family(s, families[i]) &&
		    set_route(l, families[i], set, f) < 0)
			return -1;
	}
	l->routes = *set;
	return 0;
}
