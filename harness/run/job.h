/*
 * One piece of work (a case, on a link, with a family), and what came of it.
 */
#ifndef RUN_JOB_H
#define RUN_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"
#include "judge/rule.h"
#include "bug/bug.h"
#include "script/script.h"
#include "tape/tape.h"

struct ends_plan;

struct job {
	const struct script *script;
	const char *name; /* "close/normal-a-first", below the cases folder */
	int family;	  /* AF_INET or AF_INET6 */
	enum link_kind link;
	const struct ends_plan *ends; /* played on these; NULL: recorded */
	const char *guest;	      /* of several kernels, which; or NULL */
	unsigned int round;	      /* of --repeat, from 1 */
	const char *capture;	      /* where the pcapng goes; NULL: nowhere */
	const char *ladder;	      /* where the ladder goes; NULL: nowhere */
	bool shown;	       /* its ladder may be shown though it is ok */
	int64_t timeout_ns;    /* for the whole case */
	int64_t busy_ns;       /* of that, beyond what the script waits for */
	const struct bug *bug; /* of --bug, or NULL */
};

/* What the judge found (judge/tape_judge.h). */
struct judged {
	const char *rule; /* its name */
	const char *id;	  /* of the requirement */
	enum severity severity;
	enum side side; /* whose behaviour it is */
	size_t frame;	/* or TAPE_NO_FRAME */
	const char *expected;
	const char *actual;
	bool declared; /* by the case, as a deviation it shows */
	int line;      /* of the case */
};

struct played;

/*
 * What came of a job. Texts belong to the lane and live until its next job;
 * until the one after that where something is left.
 */
struct outcome {
	struct played *left; /* to be kept (run/played.h); or NULL */
	enum verdict verdict;
	const char *reason;	       /* SKIP, BROKEN; or NULL */
	const struct finding *finding; /* NOT_OK; or NULL */
	enum tcp_state state[2];       /* the last read, both ends */
	const char *ladder;	   /* as text; NULL: ok, and not shown then */
	const char *const *branch; /* of either, as taken */
	size_t n_branch;
	const struct deviation *deviation; /* in the order they came about */
	size_t n_deviation;
	const struct judged *judged;
	size_t n_judged;
	size_t inferred,
		unseen; /* states that could not be read: struct tape */
	enum tape_probed probed[2];
	size_t segments;  /* seen on the link */
	bool evidence;	  /* the job's capture and ladder were written */
	int64_t start_ns; /* CLOCK_REALTIME */
	int64_t duration_ns;
	int64_t late_ns; /* by how much the harness was late, in all */
};

#endif
