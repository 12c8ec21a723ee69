/*
 * The runner: gives the jobs of a run to lanes in worker processes, and sees
 * to it that every job ends: with an outcome, or broken.
 */
#ifndef RUN_RUNNER_H
#define RUN_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "run/run.h"
#include "stack/ends.h"

/* Beyond a job's own timeout, in which its lane should have ended it. */
#define RUNNER_GRACE_NS INT64_C(10000000000)

/* In which a lane is open, usually in a thousandth of it. */
#define RUNNER_OPEN_NS INT64_C(60000000000)

/* What a worker plays its jobs in: run/lane.h, or a test's stand-in. */
struct lane;
struct runner_lane {
	struct lane *(*open)(const struct ends_plan *plan, int cpu,
			     struct fault *f);
	void (*play)(struct lane *lane, const struct job *job,
		     struct outcome *out);
	void (*close)(struct lane *lane);
};

/*
 * At most as many lanes for cases that mostly wait: they cost memory and the
 * kernel's time to set up, but hardly a processor.
 */
#define RUNNER_PATIENT_LANES 64

struct runner_options {
	const struct runner_lane *lane;
	const struct ends_plan *ends; /* the jobs', which a lane opens one of */
	size_t n_ends;
	unsigned int lanes;   /* for the quick cases, whatever their ends */
	unsigned int patient; /* for those that wait; 0: RUNNER_PATIENT_LANES */
	bool alike; /* a lane is dear: all work is for the quick ones */
	bool fail_fast;
	int64_t grace_ns;
	int64_t open_ns; /* how long a lane may take to open */
};

/*
 * Carries out all jobs of the run and writes the records; report is told of
 * each. Cases that mostly wait get lanes of their own beside the others. The
 * calling process must have one thread and ends_privilege; SIGINT and SIGTERM
 * end the run early (run->signal), with the rest still waiting. Returns -1
 * with a fault when no lane can be had. Where some of several ends have none,
 * the first of their jobs is broken, for that reason, and the rest waits.
 */
int runner_run(struct run *run, const struct runner_options *o,
	       const struct report *report, struct fault *f);

#endif
