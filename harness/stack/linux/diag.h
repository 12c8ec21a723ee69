/*
 * A namespace's connections as its kernel knows them, by exact addresses and
 * ports, TIME-WAIT and orphans included. Owner of sock_diag.
 */
#ifndef STACK_LINUX_DIAG_H
#define STACK_LINUX_DIAG_H

#include "base/name.h"
#include "packet/flow.h"
#include "stack/linux/netlink.h"

/*
 * A socket that asks the namespace the caller is in now; netlink_close ends
 * it. NULL with a fault, also where this kernel has no sock_diag for TCP.
 */
struct netlink *diag_open(struct fault *f);

/*
 * All below ask about the flow's connection as its end at that side has it, or
 * about the whole namespace, and return 0, or -1 with a fault, unless they say
 * otherwise.
 */

/* CLOSED: there is none; LISTEN: only a listener on its port answered. */
int diag_state(struct netlink *nl, const struct flow *flow, enum side side,
	       enum tcp_state *state, struct fault *f);

/*
 * Waits until no call holds that connection's socket, and with that until
 * the segments that came in the meantime have been processed.
 */
int diag_settle(struct netlink *nl, const struct flow *flow, enum side side,
		struct fault *f);

/*
 * SOCK_DESTROY of that connection. May also return an errno: ENOENT: there is
 * none, EOPNOTSUPP: not in this kernel.
 */
int diag_destroy(struct netlink *nl, const struct flow *flow, enum side side,
		 struct fault *f);

/*
 * SOCK_DESTROY of every socket the namespace has of that family, orphans and
 * TIME-WAIT too. What a kernel without SOCK_DESTROY keeps, it keeps.
 */
int diag_destroy_all(struct netlink *nl, int family, struct fault *f);

/*
 * How many sockets of that state and family the namespace has with these
 * ports (0: any), or -1 with a fault.
 */
long diag_count(struct netlink *nl, int family, uint16_t local_port,
		uint16_t peer_port, enum tcp_state state, struct fault *f);

/* The state that has that number, here and in TCP_INFO; NONE: none has. */
enum tcp_state diag_state_numbered(unsigned int kernel);

#endif
