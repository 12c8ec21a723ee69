/* The links two ends can be joined by. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

enum link_kind {
	LINK_WIRE,     /* a cable the harness holds: it passes every frame */
	LINK_VETH,     /* one veth pair straight between two namespaces */
	LINK_LOOPBACK, /* one namespace, its lo */
	LINK_COUNT,
};

#endif
