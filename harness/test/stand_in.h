/*
 * Lanes for the tests of the runner. What becomes of a job its name says:
 * "abort", "exit", "memory", "interrupt", "signal", "hang", "bad", "big",
 * "quick" and "waits"; "left" leaves what is not written the first time, and
 * "deadly" what kills who writes it; any other is played well.
 */
#ifndef TEST_STAND_IN_H
#define TEST_STAND_IN_H

#include "run/runner.h"

#define STAND_IN_LADDER 3000000 /* octets of the ladder of "big" */
#define STAND_IN_QUICK	20

/* What the lanes share with the test, in memory that is theirs together. */
struct stand_in {
	int tried;
	int opened;
	int closed;
	int played;
	int quick;
	int all_quick; /* eventfd: readable when STAND_IN_QUICK are done */
	int left;
	char fifo[64]; /* whoever opens it waits for ever */
};
extern struct stand_in *stand_in;

extern const struct runner_lane stand_in_fine;
extern const struct runner_lane stand_in_no_open;
extern const struct runner_lane stand_in_dead_open;
extern const struct runner_lane stand_in_one_open;   /* the first only */
extern const struct runner_lane stand_in_late_open;  /* all but the first */
extern const struct runner_lane stand_in_some_open;  /* not of all ends */
extern const struct runner_lane stand_in_dead_close; /* dies closing */

#endif
