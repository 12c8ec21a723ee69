/*
 * The whole of a lane's world: namespaces, the link between them, and per
 * end an agent and the ways to ask its kernel. Puts the pieces of this floor
 * together and owns them; makes no interface of the host's.
 */
#ifndef STACK_LINUX_WORLD_H
#define STACK_LINUX_WORLD_H

#include "base/fault.h"
#include "link/link.h"
#include "base/side.h"
#include "script/script.h"
#include "packet/seg.h"
#include "stack/linux/diag.h"
#include "stack/end.h"
#include "stack/linux/rtnl.h"
#include "stack/linux/reaper.h"
#include "link/cable.h"

struct world_side {
	int netns;
	struct rtnl *rtnl;
	struct diag *diag;
	int mib; /* see mib_in_segs */
	struct end agent;
	uint8_t mac[SEG_MAC_LEN];
};

struct world {
	enum link_kind link;
	int home; /* the namespace the lane itself stays in */
	struct wire *wire;
	struct world_side side[2];
	struct warden warden;	/* of both ends' namespaces */
	struct link_set routes; /* in force now */
};

/*
 * Builds it. The calling process ends up in the namespace of the cable (of
 * A on the other links). cpu: where the agents are pinned, or -1. Returns 0,
 * or -1 with a fault and nothing left behind. When the process dies, what it
 * has built goes too, the sockets of its ends included.
 */
int world_open(struct world *w, enum link_kind link, int cpu, struct fault *f);
void world_close(struct world *w);

/*
 * The address of a side: 192.0.2.1 and .2 (TEST-NET-1, RFC 5737), or
 * 2001:db8::1 and ::2 (RFC 3849).
 */
void world_address(int family, enum side side, uint8_t addr[16]);

/* Sets the ends' routes, of each family, unless they are so already. */
int world_set_routes(struct world *w, const struct link_set *set,
		     struct fault *f);

/* Reads or writes a sysctl in a side's namespace. As sysctl_read, _write. */
int world_sysctl_read(struct world *w, enum side side, const char *name,
		      char *value, struct fault *f);
int world_sysctl_write(struct world *w, enum side side, const char *name,
		       const char *value, struct fault *f);

#endif
