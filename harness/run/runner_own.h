/*
 * What the files of the runner share: the jobs in their queues, and who does
 * them. For run/runner*.c only.
 */
#ifndef RUN_RUNNER_OWN_H
#define RUN_RUNNER_OWN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "run/runner.h"
#include "run/worker.h"

/* Jobs of one kind, by their numbers, in the order in which they are given. */
struct queue {
	size_t *job;
	size_t n;
	size_t at; /* the next to be given out */
};

enum {
	RUNNER_QUEUES = WORK_SCAPY + 1
};

/* The jobs for the same ends. */
struct group {
	struct queue queue[RUNNER_QUEUES]; /* by enum work */
	const char *why; /* the last lane has not opened; or NULL */
};

struct runner {
	struct run *run;
	const struct runner_options *o;
	const struct report *report;
	struct fault *fault;
	struct group *group; /* by ends */
	struct worker *worker;
	size_t n;	     /* of worker */
	size_t *live;	     /* indices of those with a process, by poll's */
	struct pollfd *poll; /* one for each of these, the signals' last */
	struct worker_plan plan;
	int signals; /* signalfd(2) */
	bool opened; /* at least one lane did */
	bool stop;   /* no more work is given out, lanes are ended */
	int rc;	     /* what runner_run returns */
};

/* Puts every job of the run into its queue. */
void runner_fill_queues(struct runner *r);

/* Makes as many workers as the queues have work for; none is started. */
void runner_make_workers(struct runner *r);

struct group *runner_group(const struct runner *r,
			   const struct ends_plan *ends);

/* The queue that the worker's next job is in; NULL: there is none for it. */
struct queue *runner_queue(struct runner *r, const struct worker *w);

/* Takes that job out. False when there is none. */
bool runner_next_job(struct runner *r, const struct worker *w, size_t *job);

/*
 * A quick case takes about as long as it takes to wake the runner and to be
 * woken by it: a busy lane is told the next one too, as long as there are many.
 */
void runner_look_ahead(struct runner *r, struct worker *w);

/* One that it was told of in vain is the next to be given out. */
void runner_take_back(struct runner *r, const struct worker *w, size_t job);

#endif
