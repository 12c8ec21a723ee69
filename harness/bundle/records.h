/*
 * What kept runs say of one case: its records in their results.json.
 */
#ifndef BUNDLE_RECORDS_H
#define BUNDLE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/fault.h"
#include "tape/tape.h"

/* Which of them are wanted; all zero: all. */
struct records_wanted {
	const char *link;
	bool ipv4; /* both or none: either family */
	bool ipv6;
};

struct record_kept {
	const json_t *j;   /* of the case */
	const json_t *run; /* the results.json it is in */
	const char *dir;   /* where that is */
	enum verdict verdict;
};

struct records {
	struct arena arena;
	json_t **run;
	size_t n_run;
	struct record_kept *item;
	size_t n;
};

/*
 * Adds what the run kept in dir says of the case that text names, as
 * kept_is_case has it. Returns -1 with a fault when no run is kept there, or it
 * is damaged.
 */
int records_add(struct records *r, const char *dir, const char *text,
		const struct records_wanted *wanted, struct fault *f);

void records_free(struct records *r);

/*
 * The one to tell of: the worst verdict, and on the cable rather than
 * elsewhere. NULL: none of them has a capture.
 */
const struct record_kept *records_worst(const struct records *r);

/*
 * Its "capture" or "ladder", wherever the run has been moved to; "" when it has
 * none. The records' arena has it.
 */
const char *records_file(struct records *r, const struct record_kept *k,
			 const char *what);

#endif
