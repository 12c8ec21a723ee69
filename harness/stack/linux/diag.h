/*
 * A namespace's connections as its kernel knows them, by exact addresses and
 * ports, TIME-WAIT and orphans included. Owner of sock_diag.
 */
#ifndef STACK_LINUX_DIAG_H
#define STACK_LINUX_DIAG_H

#include "base/fault.h"
#include "base/name.h"
#include "packet/seg.h"

struct diag;

/* Asks the namespace the caller is in now, for as long as it lives. */
struct diag *diag_open(struct fault *f);
void diag_close(struct diag *d);

/*
 * The state of the connection between local and peer: CLOSED when there is
 * none, LISTEN when only a listener on local's port answered. Returns 0, or
 * -1 with a fault.
 */
int diag_state(struct diag *d, int family, const struct seg_end *local,
	       const struct seg_end *peer, enum tcp_state *state,
	       struct fault *f);

/*
 * Waits until no call holds that connection's socket, and with that until
 * the segments that came in the meantime have been processed. Returns 0, or
 * -1 with a fault.
 */
int diag_settle(struct diag *d, int family, const struct seg_end *local,
		const struct seg_end *peer, struct fault *f);

/*
 * SOCK_DESTROY of that connection. Returns 0, an errno (ENOENT: there is
 * none, EOPNOTSUPP: not in this kernel), or -1 with a fault.
 */
int diag_destroy(struct diag *d, int family, const struct seg_end *local,
		 const struct seg_end *peer, struct fault *f);

/*
 * SOCK_DESTROY of every socket the namespace has of that family, orphans and
 * TIME-WAIT too. What a kernel without SOCK_DESTROY keeps, it keeps. Returns
 * 0, or -1 with a fault.
 */
int diag_destroy_all(struct diag *d, int family, struct fault *f);

/*
 * How many sockets of that state and family the namespace has with these
 * ports (0: any). Returns -1 with a fault.
 */
long diag_count(struct diag *d, int family, uint16_t local_port,
		uint16_t peer_port, enum tcp_state state, struct fault *f);

#endif
