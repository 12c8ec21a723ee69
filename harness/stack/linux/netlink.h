/*
 * A netlink socket: requests built in its buffer, answers read into the same.
 * Owner of libmnl's sockets; knows no family's messages.
 */
#ifndef STACK_LINUX_NETLINK_H
#define STACK_LINUX_NETLINK_H

#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/fault.h"

struct netlink;

/*
 * Speaks to the namespace the caller is in now, for as long as it lives, by
 * that protocol (NETLINK_ROUTE). NULL with a fault.
 */
struct netlink *netlink_open(int protocol, struct fault *f);
void netlink_close(struct netlink *nl); /* NULL: nothing */

/* The head of a request: NLM_F_REQUEST | flags. Its payload is to follow. */
struct nlmsghdr *netlink_begin(struct netlink *nl, uint16_t type,
			       uint16_t flags);

/*
 * Sends the request and hands every message of the answer to cb (NULL: none
 * is of interest), until cb says MNL_CB_STOP, the request is acknowledged or
 * the dump is over. Returns 0, the errno it is refused with, or -1 with a
 * fault: the kernel could not be asked.
 */
int netlink_ask(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t cb,
		void *ctx, struct fault *f);

#endif
