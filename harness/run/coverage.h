/*
 * What shows the requirements of the catalogue: the cases of a plan, the rules
 * and rows of the judges, and what became of it in a run. Pure.
 */
#ifndef RUN_COVERAGE_H
#define RUN_COVERAGE_H

#include <stddef.h>

#include <jansson.h>

#include "run/plan.h"

/* What shows it; the first of these that is true. */
enum coverage_by {
	COVERAGE_CASE,	  /* cases, or cells of the grid, cite it */
	COVERAGE_RULE,	  /* the judges hold every ending against it */
	COVERAGE_EXCUSED, /* nothing does, and the catalogue says why */
	COVERAGE_MISSING,
	COVERAGE_BY_COUNT,
};

/* What came of it in a run; a deviation outweighs what was held. */
enum coverage_run {
	COVERAGE_NOT_EXERCISED,
	COVERAGE_HELD,
	COVERAGE_DEVIATING,
	COVERAGE_RUN_COUNT,
};

struct coverage_row {
	const struct requirement *requirement;
	const char **cases; /* their names, sorted; no variants of a cell */
	size_t n_case;
	const char **rules; /* a rule's name, or "STATE, EVENT" of a row */
	size_t n_rule;
	enum coverage_run run;
};

/* One for each requirement, in the catalogue's order. The plan's memory. */
struct coverage {
	struct coverage_row *row;
	size_t n;
};

/* Of the cases in the plan, whose catalogue has been read. */
void coverage_count(struct coverage *c, struct plan *p);

/* Adds one element of the results' "cases", in the way told below. */
void coverage_add_case(struct coverage *c, const struct plan *p,
		       const json_t *one);

/*
 * Adds a run, the whole of its results.json. Held is what a case cites that was
 * ok, or deviated by something else; deviating what one cites that was not ok,
 * what a case saw broken as it foresaw, and what a judge proved broken.
 * Returns -1 with a fault for what is no such JSON.
 */
int coverage_add_run(struct coverage *c, const struct plan *p,
		     const json_t *results, struct fault *f);

enum coverage_by coverage_by(const struct coverage_row *row);

/* "case", "rule", "excused", "missing"; "not exercised", "held", ... */
const char *coverage_by_name(enum coverage_by by);
const char *coverage_run_name(enum coverage_run run);

#endif
