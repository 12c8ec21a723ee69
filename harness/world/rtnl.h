/*
 * Links, addresses, neighbours and routes inside our namespaces. Owner of
 * rtnetlink.
 */
#ifndef WORLD_RTNL_H
#define WORLD_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "ground/fault.h"
#include "words/seg.h"

struct rtnl;

/* Speaks to the namespace the caller is in now, for as long as it lives. */
struct rtnl *rtnl_open(struct fault *f);
void rtnl_close(struct rtnl *r);

/* All below return 0, or -1 with a fault naming the kernel's errno. */

/* A veth pair: name here, peer in the namespace peer_ns. */
int rtnl_veth(struct rtnl *r, const char *name,
	      const uint8_t mac[SEG_MAC_LEN], const char *peer, int peer_ns,
	      const uint8_t peer_mac[SEG_MAC_LEN], struct fault *f);

/* Up, with that MTU, and without an IPv6 address of its own making. */
int rtnl_up(struct rtnl *r, const char *name, uint32_t mtu, struct fault *f);

/* An address without duplicate address detection. */
int rtnl_address(struct rtnl *r, const char *name, int family,
		 const uint8_t *addr, uint8_t prefix, struct fault *f);

int rtnl_neighbour(struct rtnl *r, const char *name, int family,
		   const uint8_t *addr, const uint8_t mac[SEG_MAC_LEN],
		   struct fault *f);

/* The route of an address: on the link, or local (loopback's own table). */
struct rtnl_route {
	const char *name;
	int family;
	const uint8_t *dst; /* a host route: /32 or /128 */
	const uint8_t *src;
	bool local;
	bool quickack;
	uint32_t rto_min_ms; /* 0: the kernel's own */
};

/* Makes the route, or changes the one there is. */
int rtnl_set_route(struct rtnl *r, const struct rtnl_route *route,
		   struct fault *f);

#endif
