/*
 * A worker: the process around one lane, and the socket on which it is given
 * jobs and hands back results. Owner of their process ids and sockets.
 */
#ifndef RUN_WORKER_H
#define RUN_WORKER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "run/job.h"
#include "run/runner.h"

enum worker_phase {
	WORKER_NONE,	/* no process */
	WORKER_OPENING, /* it opens its lane */
	WORKER_BUSY,	/* a job was given to it */
	WORKER_LEAVING, /* it was told to end */
};

/* The kind of cases a worker takes. */
enum work {
	WORK_QUICK,   /* busy all the time */
	WORK_PATIENT, /* mostly waiting */
	WORK_SCAPY,   /* in need of scapy */
};

struct worker {
	enum worker_phase phase;
	enum work work;
	const struct ends_plan *ends; /* what its lane opens */
	int cpu;		      /* -1: anywhere */
	bool able; /* it opened the last time: the runner says so */
	pid_t pid;
	int fd;	     /* the runner's end of the socket */
	size_t job;  /* BUSY: its number, an index of the run's records */
	size_t next; /* has_next: the one after it, which it was told too */
	bool has_next;
	int64_t deadline_ns; /* CLOCK_MONOTONIC: when it is given up */
	char *buf;	     /* received, not yet a whole message; malloc'ed */
	size_t len;	     /* octets in buf */
	size_t cap;	     /* octets it has room for */
	size_t handed;	     /* octets of buf that worker_hear's text is in */
};

/* What a new worker needs to know. Borrowed from the run. */
struct worker_plan {
	const struct runner_lane *lane;
	const struct job *job; /* all of the run, in the order of its records */
	sigset_t mask;	       /* the signals that were blocked before */
	const struct worker *all; /* whose sockets it must not keep */
	size_t n;
	/* By worker: the job its lane is in, or was last. In shared memory. */
	uint64_t *playing;
};

/*
 * Forks the process: dies with its parent, ignores SIGINT, opens a lane,
 * says so or says why not, then plays the jobs it is told by number. Returns
 * -1 with a fault.
 */
int worker_start(struct worker *w, const struct worker_plan *plan,
		 struct fault *f);

/* Gives it a job, by its number. Its death is noticed on reading. */
void worker_give(struct worker *w, size_t job);

/*
 * Tells it, while it is busy, which job comes next, so that it need not wait
 * for the runner in between. When it has answered, that one is its job.
 */
void worker_give_next(struct worker *w, size_t job);
void worker_advance(struct worker *w);

/* Tells it to end after what it is doing. */
void worker_leave(struct worker *w);

enum worker_said {
	WORKER_NOTHING, /* no whole message yet */
	WORKER_MESSAGE, /* text is valid until the next call */
	WORKER_GONE,	/* the socket is at its end */
};

/* What there is to read, without waiting. */
enum worker_said worker_hear(struct worker *w, const char **text, size_t *len);

/* Ends the process if it has not ended yet. Returns its wait status. */
int worker_stop(struct worker *w);

/* A first message: "" when the lane is open, else the fault it tells of. */
const char *worker_greeting(const char *text, size_t len, char *buf,
			    size_t cap);

#endif
