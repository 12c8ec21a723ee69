/*
 * Network namespaces without names: a file descriptor each, gone with the
 * last process that holds it. Owner of unshare(2), setns(2) and the user
 * namespace's id maps.
 */
#ifndef STACK_LINUX_NETNS_H
#define STACK_LINUX_NETNS_H

#include "base/fault.h"

/*
 * Makes the calling process able to make network namespaces: nothing to do
 * with CAP_SYS_ADMIN, otherwise it enters a user namespace of its own, as
 * root of which it appears. Where /proc/sys is read-only, as in a container, it
 * gets a /proc of its own if that may be mounted. The process must be
 * single-threaded. Returns -1 with one sentence that says what forbids it.
 */
int netns_privilege(struct fault *f);

/*
 * A new network namespace; the calling process is in it afterwards. Returns
 * its descriptor (close-on-exec), or -1 with a fault.
 */
int netns_new(struct fault *f);

/* Moves the calling process into it. Returns 0, or -1 with a fault. */
int netns_enter(int netns, struct fault *f);

/*
 * The same for a while: returns what netns_return takes to go back where the
 * caller was, or -1 with a fault; with -1 netns_return does nothing. errno
 * outlasts the way back.
 */
int netns_visit(int netns, struct fault *f);
int netns_return(int back, struct fault *f);

#endif
