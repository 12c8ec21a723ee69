/*
 * The warden of a world: a process beside it that does one thing when the
 * world ends, or when the process that built it is no more, however it went:
 * it destroys the sockets left in the ends' namespaces. An orphan would keep
 * its namespace, and count against the whole machine's limit of them, until
 * it gives up retransmitting.
 */
#ifndef STACK_LINUX_REAPER_H
#define STACK_LINUX_REAPER_H

#include <sys/types.h>

#include "base/fault.h"

struct warden {
	pid_t pid; /* 0: not running */
	int fd;	   /* its sign of our life: -1 when not running */
};

/*
 * Starts it over the namespaces of both ends. It keeps no descriptor of ours
 * but these and outlives signals meant for us. Returns 0, or -1 with a fault.
 */
int warden_start(struct warden *w, const int netns[2], struct fault *f);

/* Lets it do its work and waits for its end. Safe when it is not running. */
void warden_stop(struct warden *w);

#endif
