/*
 * The reaper of a namespace: a process beside it that does one thing when the
 * end is closed, or when the process that built it is no more, however it
 * went: it destroys the sockets left in the namespace. An orphan would keep
 * the namespace, and count against the whole machine's limit of them, until
 * it gives up retransmitting.
 */
#ifndef STACK_LINUX_REAPER_H
#define STACK_LINUX_REAPER_H

#include <sys/types.h>

#include "base/fault.h"

struct reaper {
	pid_t pid; /* 0: not running */
	int fd;	   /* its sign of our life: -1 when not running */
};

/*
 * Starts it over a namespace. It keeps no descriptor of ours but that one and
 * outlives signals meant for us. Returns 0, or -1 with a fault.
 */
int reaper_start(struct reaper *r, int netns, struct fault *f);

/*
 * The same, for what is to be done there when the sockets are gone: then is
 * called in the reaper, which has a descriptor of that home by then, and ctx
 * as it was when it was started.
 */
int reaper_start_for(struct reaper *r, int netns, int home,
		     void (*then)(void *ctx, int home), void *ctx,
		     struct fault *f);

/* Lets it do its work and waits for its end. Safe when it is not running. */
void reaper_stop(struct reaper *r);

#endif
