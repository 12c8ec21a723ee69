/* What both sides of a worker's socket share. Private to run/worker*.c. */
#ifndef RUN_WORKER_OWN_H
#define RUN_WORKER_OWN_H

#include "run/worker.h"

/*
 * The worker's side: opens a lane, says so, and plays jobs as they are told
 * until the socket is at its end.
 */
void worker_serve(int fd, const struct worker_plan *plan,
		  const struct worker *w);

#endif
