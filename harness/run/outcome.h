/* What came of a job, read off its tape. */
#ifndef RUN_OUTCOME_H
#define RUN_OUTCOME_H

#include "run/job.h"

/*
 * Fills *out from t, whose texts it points into: verdict, reason, finding,
 * branches, last states, segments, and as its start the first event's time.
 */
void outcome_of_tape(struct outcome *out, const struct tape *t);

#endif
