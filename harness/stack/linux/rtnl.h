/*
 * Links, addresses, neighbours and routes inside our namespaces. Owner of
 * rtnetlink.
 */
#ifndef STACK_LINUX_RTNL_H
#define STACK_LINUX_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/seg.h"
#include "stack/linux/netlink.h"

/*
 * All below speak over a socket of NETLINK_ROUTE to the namespace that it is
 * of, wherever the caller is, and return 0, or -1 with a fault naming the
 * kernel's errno.
 */

/* An interface of that namespace. */
struct rtnl_if {
	const char *name;
	int index;
};

/* One end of a veth pair. */
struct rtnl_veth {
	struct rtnl_if on;
	int netns;
	const uint8_t *mac;
};

/*
 * A veth pair: here is in the namespace nl speaks to (its netns is not looked
 * at). The two indexes must differ although the namespaces do: the kernel
 * takes an interface that is linked to its own number for one without a
 * peer, and lets its carrier wait for up to a second.
 */
int rtnl_make_veth(struct netlink *nl, const struct rtnl_veth *here,
		   const struct rtnl_veth *there, struct fault *f);

/* Up, with that MTU, and without an IPv6 address of its own making. */
int rtnl_up(struct netlink *nl, const struct rtnl_if *on, uint32_t mtu,
	    struct fault *f);

/*
 * Waits until frames can pass an interface that is up: that its carrier is
 * there and its queue has been activated.
 */
int rtnl_wait_running(struct netlink *nl, const struct rtnl_if *on,
		      struct fault *f);

/*
 * An address without duplicate address detection. It may be some time before
 * it is the host's own: see rtnl_wait_local.
 */
int rtnl_address(struct netlink *nl, const struct rtnl_if *on, int family,
		 const uint8_t *addr, uint8_t prefix, struct fault *f);

/* Waits until what is sent to the address is taken to be for this host. */
int rtnl_wait_local(struct netlink *nl, int family, const uint8_t *addr,
		    struct fault *f);

int rtnl_neighbour(struct netlink *nl, const struct rtnl_if *on, int family,
		   const uint8_t *addr, const uint8_t mac[SEG_MAC_LEN],
		   struct fault *f);

/* The route of an address: on the link, or local (loopback's own table). */
struct rtnl_route {
	struct rtnl_if on;
	int family;
	const uint8_t *dst; /* a host route: /32 or /128 */
	const uint8_t *src; /* preferred; or NULL */
	bool local;
	bool quickack;
	uint32_t rto_min_ms; /* 0: the kernel's own */
};

/* Makes the route, or changes the one there is. */
int rtnl_set_route(struct netlink *nl, const struct rtnl_route *route,
		   struct fault *f);

/* Takes away the most preferred route to that destination. */
int rtnl_drop_route(struct netlink *nl, const struct rtnl_route *route,
		    struct fault *f);

#endif
