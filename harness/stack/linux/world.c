/*
 * Building the namespaces and what is in them. Knows nothing of cases: the
 * settings below are the same for all, and a case may change them.
 */
#include "stack/linux/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "stack/linux/netns.h"
#include "link/offload.h"
#include "stack/linux/sysctl.h"

#define END_IF "eth0"

static const char *const plug_if[2] = { "plugA", "plugB" };
static const int families[2] = { AF_INET, AF_INET6 };

/*
 * What makes two runs alike: no probe timers of a millisecond, no waiting
 * for a queue to drain, no memory of earlier connections, no rate limit on
 * the answers to invalid segments; and IPv6, though the host has it off.
 */
static const struct {
	const char *name;
	const char *value;
} defaults[] = {
	{ "net.ipv4.tcp_early_retrans", "0" },
	{ "net.ipv4.tcp_autocorking", "0" },
	{ "net.ipv4.tcp_no_metrics_save", "1" },
	{ "net.ipv4.tcp_invalid_ratelimit", "0" },
	{ "net.ipv6.conf.all.disable_ipv6", "0" },
	{ "net.ipv6.conf.default.disable_ipv6", "0" },
};

static bool has_family(int family)
{
	return family == AF_INET || sysctl_has_ipv6();
}

void world_address(int family, enum side side, uint8_t addr[16])
{
	static const uint8_t v4[4] = { 192, 0, 2, 0 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	size_t len = family == AF_INET ? 4 : 16;

	memset(addr, 0, 16);
	memcpy(addr, family == AF_INET ? v4 : v6, len);
	addr[len - 1] = side == SIDE_A ? 1 : 2;
}

static int set_default(const char *name, const char *value, struct fault *f)
{
	char now[SYSCTL_VALUE_MAX];
	struct fault why, ignored;

	/* An older kernel has some of them for the whole machine, or not. */
	if (sysctl_write(name, value, &why) == 0 || errno == ENOENT)
		return 0;
	/* Containers often may not write: good if it is so already. */
	if (sysctl_read(name, now, &ignored) < 0)
		return fault_set(f, "%s", why.text);
	if (strcmp(now, value) == 0)
		return 0;
	return fault_set(f, "%.900s (it is %.50s and has to be %s)", why.text,
			 now, value);
}

/* With other settings the stack would be blamed for what it was told. */
static int set_defaults(struct fault *f)
{
	size_t i;

	for (i = 0; i < sizeof(defaults) / sizeof(*defaults); i++) {
		if (set_default(defaults[i].name, defaults[i].value, f) < 0)
			return -1;
	}
	return 0;
}

/* The ways to ask the kernel of the namespace we are in. */
static int open_eyes(struct world_side *s, struct fault *f)
{
	s->rtnl = rtnl_open(f);
	if (!s->rtnl)
		return -1;
	s->diag = diag_open(f);
	if (!s->diag)
		return -1;
	s->mib = mib_open(f);
	return s->mib < 0 ? -1 : 0;
}

static int new_side(struct world_side *s, struct fault *f)
{
	s->netns = netns_new(f);
	if (s->netns < 0 || open_eyes(s, f) < 0 || set_defaults(f) < 0)
		return -1;
	return rtnl_up(s->rtnl, "lo", WIRE_MTU, f);
}

/* Both ends are one namespace: B asks through eyes of its own. */
static int share_side(struct world *w, struct fault *f)
{
	struct world_side *b = &w->side[SIDE_B];

	b->netns = dup(w->side[SIDE_A].netns);
	if (b->netns < 0)
		return fault_errno(f, "dup");
	return open_eyes(b, f);
}

/* The interface of an end; the numbers of all are different. */
static struct rtnl_veth end_of(const struct world *w, enum side side)
{
	return (struct rtnl_veth){ .name = END_IF,
				   .index = 10 + (int)side,
				   .netns = w->side[side].netns,
				   .mac = w->side[side].mac };
}

static int veth_to_cable(struct world *w, enum side side, struct fault *f)
{
	static const uint8_t plug_mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 1, 0 };
	struct world_side *s = &w->side[side];
	struct rtnl_veth end = end_of(w, side);
	struct rtnl_veth plug = { .name = plug_if[side],
				  .index = 20 + (int)side,
				  .netns = w->home,
				  .mac = plug_mac };

	if (netns_enter(s->netns, f) < 0 ||
	    rtnl_make_veth(s->rtnl, &end, &plug, f) < 0)
		return -1;
	return offload_off(END_IF, f);
}

/* Up, without offloads, and passing frames. */
static int set_up_plug(struct rtnl *here, enum side side, struct fault *f)
{
	if (rtnl_up(here, plug_if[side], WIRE_MTU, f) < 0)
		return -1;
	return offload_off(plug_if[side], f);
}

static int join_cable(struct world *w, struct fault *f)
{
	struct rtnl *here;
	int result = -1;

	w->home = netns_new(f);
	if (w->home < 0 || veth_to_cable(w, SIDE_A, f) < 0 ||
	    veth_to_cable(w, SIDE_B, f) < 0 || netns_enter(w->home, f) < 0)
		return -1;
	here = rtnl_open(f);
	if (here && set_up_plug(here, SIDE_A, f) == 0)
		result = set_up_plug(here, SIDE_B, f);
	rtnl_close(here);
	if (result < 0)
		return -1;
	w->wire = wire_open_cable(plug_if[SIDE_A], plug_if[SIDE_B], f);
	return w->wire ? 0 : -1;
}

static int join_veth(struct world *w, struct fault *f)
{
	struct world_side *a = &w->side[SIDE_A], *b = &w->side[SIDE_B];
	struct rtnl_veth here = end_of(w, SIDE_A), there = end_of(w, SIDE_B);

	if (netns_enter(a->netns, f) < 0 ||
	    rtnl_make_veth(a->rtnl, &here, &there, f) < 0 ||
	    offload_off(END_IF, f) < 0 || netns_enter(b->netns, f) < 0 ||
	    offload_off(END_IF, f) < 0)
		return -1;
	w->home = dup(a->netns);
	return w->home < 0 ? fault_errno(f, "dup") : 0;
}

static int join_loopback(struct world *w, struct fault *f)
{
	if (offload_off("lo", f) < 0)
		return -1;
	w->home = dup(w->side[SIDE_A].netns);
	return w->home < 0 ? fault_errno(f, "dup") : 0;
}

static const char *interface_of(const struct world *w)
{
	return w->link == LINK_LOOPBACK ? "lo" : END_IF;
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
static int own_at_once(struct world_side *s, const uint8_t *addr,
		       struct fault *f)
{
	struct rtnl_route own = own_route(addr);

	return rtnl_set_route(s->rtnl, &own, f);
}

static int address_side(struct world *w, enum side side, int family,
			struct fault *f)
{
	struct world_side *s = &w->side[side];
	const char *name = interface_of(w);
	uint8_t addr[16], peer[16];
	uint8_t prefix = family == AF_INET ? 32 : 128;

	world_address(family, side, addr);
	world_address(family, side_other(side), peer);
	if (rtnl_address(s->rtnl, name, family, addr, prefix, f) < 0)
		return -1;
	if (w->link == LINK_LOOPBACK)
		return 0;
	if (family == AF_INET6 && own_at_once(s, addr, f) < 0)
		return -1;
	return rtnl_neighbour(s->rtnl, name, family, peer,
			      w->side[side_other(side)].mac, f);
}

/* Of two routes to itself the kernel would prefer its own to ours. */
static int drop_kernels_own(struct world_side *s, const uint8_t *addr,
			    struct fault *f)
{
	struct rtnl_route own = own_route(addr);

	return rtnl_drop_route(s->rtnl, &own, f);
}

static int wait_plugs(struct fault *f)
{
	struct rtnl *here = rtnl_open(f);
	int result = -1;

	if (here && rtnl_wait_running(here, plug_if[SIDE_A], f) == 0)
		result = rtnl_wait_running(here, plug_if[SIDE_B], f);
	rtnl_close(here);
	return result;
}

static int wait_side(struct world *w, enum side side, struct fault *f)
{
	struct rtnl *r = w->side[side].rtnl;
	uint8_t addr[16];
	int i;

	if (rtnl_wait_running(r, interface_of(w), f) < 0)
		return -1;
	for (i = 0; i < 2; i++) {
		if (!has_family(families[i]))
			continue;
		world_address(families[i], side, addr);
		if (rtnl_wait_local(r, families[i], addr, f) < 0)
			return -1;
		if (w->link == LINK_LOOPBACK && families[i] == AF_INET6 &&
		    drop_kernels_own(&w->side[side], addr, f) < 0)
			return -1;
	}
	return 0;
}

/*
 * Being up is not yet passing frames: until its carrier has been noticed an
 * interface drops what it is given, and so does a host whose address the
 * kernel has put off.
 */
static int wait_ready(struct world *w, struct fault *f)
{
	if (wait_side(w, SIDE_A, f) < 0 || wait_side(w, SIDE_B, f) < 0)
		return -1;
	return w->link == LINK_WIRE ? wait_plugs(f) : 0;
}

static int set_up_ends(struct world *w, struct fault *f)
{
	int i, side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (netns_enter(w->side[side].netns, f) < 0 ||
		    rtnl_up(w->side[side].rtnl, interface_of(w), WIRE_MTU, f) <
			    0)
			return -1;
		for (i = 0; i < 2; i++) {
			if (has_family(families[i]) &&
			    address_side(w, (enum side)side, families[i], f) <
				    0)
				return -1;
		}
	}
	if (netns_enter(w->home, f) < 0)
		return -1;
	return wait_ready(w, f);
}

static int set_route(struct world *w, enum side side, int family,
		     const struct link_set *set, struct fault *f)
{
	struct rtnl_route route = {
		.name = interface_of(w),
		.family = family,
		.local = w->link == LINK_LOOPBACK,
		.quickack = set->quickack,
		.rto_min_ms = (uint32_t)(set->rto_min_ns / NS_PER_MS),
	};
	uint8_t dst[16], src[16];
	int result;

	world_address(family, side_other(side), dst);
	world_address(family, side, src);
	route.dst = dst;
	route.src = src;
	if (netns_enter(w->side[side].netns, f) < 0)
		return -1;
	result = rtnl_set_route(w->side[side].rtnl, &route, f);
	return netns_enter(w->home, f) < 0 ? -1 : result;
}

int world_set_routes(struct world *w, const struct link_set *set,
		     struct fault *f)
{
	int i, side;

	if (w->routes.quickack == set->quickack &&
	    w->routes.rto_min_ns == set->rto_min_ns)
		return 0;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		for (i = 0; i < 2; i++) {
			if (has_family(families[i]) &&
			    set_route(w, (enum side)side, families[i], set, f) <
				    0)
				return -1;
		}
	}
	w->routes = *set;
	return 0;
}

/* Before the agents, none of whose descriptors it must have. */
static int start_warden(struct world *w, struct fault *f)
{
	const int netns[] = { w->side[SIDE_A].netns, w->side[SIDE_B].netns };

	return warden_start(&w->warden, netns, f);
}

static int start_agents(struct world *w, int cpu, struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct end *e = &w->side[side].agent;

		e->side = (enum side)side;
		e->netns = w->side[side].netns;
		e->cpu = cpu;
		if (end_start(e, f) < 0)
			return -1;
	}
	return 0;
}

static int build(struct world *w, int cpu, struct fault *f)
{
	static int (*const join[LINK_COUNT])(struct world *, struct fault *) = {
		[LINK_WIRE] = join_cable,
		[LINK_VETH] = join_veth,
		[LINK_LOOPBACK] = join_loopback,
	};

	if (new_side(&w->side[SIDE_A], f) < 0)
		return -1;
	if (w->link == LINK_LOOPBACK ? share_side(w, f) < 0
				     : new_side(&w->side[SIDE_B], f) < 0)
		return -1;
	if (join[w->link](w, f) < 0 || set_up_ends(w, f) < 0)
		return -1;
	if (!w->wire)
		w->wire = wire_open_tap(interface_of(w), f);
	if (!w->wire || start_warden(w, f) < 0)
		return -1;
	return start_agents(w, cpu, f);
}

int world_open(struct world *w, enum link_kind link, int cpu, struct fault *f)
{
	int side;

	memset(w, 0, sizeof(*w));
	w->link = link;
	w->home = w->warden.fd = -1;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct world_side *s = &w->side[side];

		s->netns = s->mib = s->agent.fd = -1;
		s->mac[0] = 2;
		s->mac[5] = (uint8_t)(0x0a + side);
	}
	if (build(w, cpu, f) == 0)
		return 0;
	world_close(w);
	return -1;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void world_close(struct world *w)
{
	int side;

	end_stop(&w->side[SIDE_A].agent);
	end_stop(&w->side[SIDE_B].agent);
	warden_stop(&w->warden);
	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct world_side *s = &w->side[side];

		rtnl_close(s->rtnl);
		diag_close(s->diag);
		close_fd(s->mib);
		close_fd(s->netns);
		memset(s, 0, sizeof(*s));
		s->netns = s->mib = s->agent.fd = -1;
	}
	wire_close(w->wire);
	w->wire = NULL;
	close_fd(w->home);
	w->home = -1;
}

int world_sysctl_read(struct world *w, enum side side, const char *name,
		      char *value, struct fault *f)
{
	int result;

	if (netns_enter(w->side[side].netns, f) < 0)
		return -1;
	result = sysctl_read(name, value, f);
	return netns_enter(w->home, f) < 0 ? -1 : result;
}

int world_sysctl_write(struct world *w, enum side side, const char *name,
		       const char *value, struct fault *f)
{
	int result;

	if (netns_enter(w->side[side].netns, f) < 0)
		return -1;
	result = sysctl_write(name, value, f);
	return netns_enter(w->home, f) < 0 ? -1 : result;
}
