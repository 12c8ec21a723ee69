/*
 * A run: its jobs, what has come of each so far, and what the whole of it
 * amounts to. The runner writes it, the reports read it.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fault.h"
#include "run/job.h"
#include "script/catalogue.h"
#include "stack/ends.h"

enum record_phase {
	RECORD_WAITING,
	RECORD_RUNNING,
	RECORD_DONE,
};

struct record {
	const struct job *job;
	enum record_phase phase;
	int64_t since_ns;   /* RUNNING: CLOCK_MONOTONIC */
	bool again;	    /* its result was lost with another's lane */
	struct outcome out; /* DONE; its ladder only when it is to be shown */
};

struct run {
	struct arena arena;
	struct record *rec; /* one per job, in the order of the jobs */
	size_t n;
	size_t done;
	size_t running;		     /* given out, not done */
	size_t count[VERDICT_COUNT]; /* of those done */
	int signal;		     /* that interrupted it, or 0 */
	bool begun;		     /* the report was told of it */
	const char *refused; /* why nothing can be played here; or NULL */
	bool failed;	     /* the harness, whatever the cases did */
	int64_t start_ns;    /* CLOCK_REALTIME */
	int64_t since_ns;    /* CLOCK_MONOTONIC */
	int64_t duration_ns; /* from since_ns to run_end */
	unsigned int rounds; /* of --repeat: the last job's */
	const char *kernel;  /* "Linux 6.18.44" */
	const char *machine;

	/* The verb sets these (cmd/run.c, cmd/replay.c). */
	const char *program; /* as it was invoked; NULL: "lastack" */
	const char *verb;    /* to run a case again: "run", "replay" */
	int argc;	     /* the command as it was typed */
	char **argv;
	/* The ends that the jobs are played on; none: they were recorded. */
	const struct ends_plan *ends;
	size_t n_ends;
	bool shuffled;
	uint32_t seed;	   /* of the order, when shuffled */
	const char *bug;   /* its name, or NULL */
	unsigned int part; /* of parts, from 1; parts 0: it is whole */
	unsigned int parts;
	bool require;	       /* a skip is not ok */
	const char *out_given; /* --out, or NULL */
	/* What failures cite from; may be empty. NULL: the same. */
	const struct catalogue *catalogue;
	/*
	 * How the stacks deviate, by ends; NULL: not known, all that deviates
	 * tells.
	 */
	const struct expectations *expect;
	bool verbose; /* ladders of passing cases too */
	bool color;
	bool live;	      /* a terminal: progress is redrawn in place */
	FILE *out;	      /* for tap and human reports */
	const char *dir;      /* of the reports, or NULL */
	const char *captures; /* the folder of the evidence, or NULL */
};

/* A report that is made while the run goes on. */
struct report {
	const char *name;
	void (*begin)(const struct run *run);
	void (*done)(const struct run *run, const struct record *rec);
	void (*tick)(const struct run *run); /* several times a second */
	void (*end)(const struct run *run);
	/* Instead of all these: nothing could be played, run->refused. */
	void (*refuse)(const struct run *run);
};

/* "kernel 6.18.44", what is at that side; NULL: recorded. */
const char *run_stack(struct arena *a, const struct ends_plan *ends,
		      enum side side);

/*
 * Below, above or equal to 0 as x comes before y, behind it, or is the same
 * case played in the same way.
 */
int run_order(const struct job *x, const struct job *y);

/* Records for the jobs, everything waiting; the clock starts. */
void run_begin(struct run *run, const struct job *job, size_t n);

/* A job was given out; it goes back to the waiting when it did not end. */
void run_give(struct run *run, size_t i);
void run_take_back(struct run *run, size_t i);

/*
 * A job is done: its outcome is copied, held against what is expected, and
 * counted. With require, a skip becomes a finding.
 */
const struct record *run_done(struct run *run, size_t i,
			      const struct outcome *out);

/* A job is done, and only this much is known of it. */
const struct record *run_broken(struct run *run, size_t i, const char *reason);

/* The clock stops. */
void run_end(struct run *run);

/* Failed, broken ones included. */
size_t run_failed(const struct run *run);

/*
 * 0 all ok or as expected, 1 some not ok, or deviating and not expected, 2
 * broken, 77 all skipped, 128 + signal.
 */
int run_exit_status(const struct run *run);

/*
 * "close/normal-a-first ipv4 wire", with the kernel of several guests, and with
 * "round 2" when there are rounds.
 */
#define RUN_LABEL_MAX 512
const char *run_label(const struct run *run, const struct job *job,
		      char buf[RUN_LABEL_MAX]);

/*
 * Makes the folders that captures and ladders are to be in, and removes what
 * an earlier run left in its own.
 */
int run_make_folders(struct run *run, struct fault *f);

/* Removes these again, with what they hold of this run, when it comes to none. */
void run_remove_files(struct run *run);

#endif
