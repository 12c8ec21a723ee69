/* What is written of an interface's stack, read. Opens nothing. */
#ifndef STACK_LINUX_IFACE_PLAN_H
#define STACK_LINUX_IFACE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "packet/seg.h"
#include "stack/linux/borrowed.h"

struct iface_plan {
	char name[BORROWED_NAME_MAX];
	int home; /* the namespace where the interface is */
	/* By family, IPv4 first: the stack's address and its peer's. */
	bool has_addr[2], has_peer[2];
	uint8_t addr[2][16], peer[2][16];
	bool has_mac;
	uint8_t mac[SEG_MAC_LEN];
	uint16_t port; /* where it listens by itself; 0: where it is told */
	/* Our own address on the interface, for the agent; prefix 0: none. */
	uint8_t control[4];
	uint8_t control_prefix;
	const char *agent; /* a command, or NULL */
};

/*
 * Reads "NAME,KEY=VALUE,..."; agent= has all that follows it. The caller is in
 * the namespace of the interface. Texts live as long as text. 0, or -1 with a
 * fault.
 */
int iface_plan_read(struct iface_plan *p, const char *text, struct fault *f);

/*
 * Whether the interface is the only one here with a default route: without
 * it this machine reaches nobody, and nobody reaches it.
 */
bool iface_plan_is_way_out(const struct iface_plan *p);

#endif
