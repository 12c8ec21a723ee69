/* What the doors' command lines have in common. */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <stdint.h>

#include "run/plan.h"
#include "report/report.h"
#include "run/run.h"

/* One line about bad usage, and where to read more. Returns DOOR_BAD. */
int option_bad(const char *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for what getopt_long returned '?' or ':'. */
int option_unknown(const char *verb, char **argv, int c);

/* A whole number within bounds, or a time such as 150ms: 0, or -1. */
int option_number(const char *text, int64_t min, int64_t max, int64_t *n);
int option_time(const char *text, int64_t *ns);

/*
 * Loads the plan and prints what is wrong. Returns 0 with at least one case
 * in it and no faults, or DOOR_BAD.
 */
int option_load(struct plan *p, const char *verb, char *const *selector, int n);

/* Prints a fault in a case to standard error. */
void option_fault(void *ctx, const char *text, size_t n);

/* How a run is shown. */
struct option_look {
	const char *format; /* "tap", "human", "auto" */
	bool verbose;
	bool no_color;
};

/* The report of that name, the run's output set up for it; NULL: no such. */
const struct report *option_report(const struct option_look *look,
				   struct run *run);

#endif
