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

struct job {
	const struct script *script;
	const char *name; /* "close/normal-a-first", below the cases folder */
	int family;	  /* AF_INET or AF_INET6 */
	enum link_kind link;
	unsigned int round;    /* of --repeat, from 1 */
	const char *capture;   /* where the pcapng goes; NULL: nowhere */
	const char *ladder;    /* where the ladder goes; NULL: nowhere */
	int64_t timeout_ns;    /* for the whole case */
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
};

/*
 * What came of a job. Texts belong to the lane and live until its next job.
 */
struct outcome {
	enum verdict verdict;
	const char *reason;	       /* SKIP, BROKEN; or NULL */
	const struct finding *finding; /* NOT_OK; or NULL */
	enum tcp_state state[2];       /* the last read, both ends */
	const char *ladder;	       /* the text so far */
	const char *const *branch;     /* of either, as taken */
	size_t n_branch;
	const struct judged *judged;
	size_t n_judged;
	size_t segments;  /* seen on the link */
	bool evidence;	  /* the job's capture and ladder were written */
	int64_t start_ns; /* CLOCK_REALTIME */
	int64_t duration_ns;
};

#endif
