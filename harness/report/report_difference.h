/* The differences of two runs, for people, programs and browsers. */
#ifndef REPORT_REPORT_DIFFERENCE_H
#define REPORT_REPORT_DIFFERENCE_H

#include <stdio.h>

#include "run/difference.h"

/* What is printed: the differences, and the runs they are of. */
struct difference_report {
	const struct differences *d;
	const struct run *before;
	const struct run *after;
	struct arena *arena;
};

void difference_text(FILE *out, const struct difference_report *r);

/* As scripts/diff.schema.json describes. */
void difference_json(FILE *out, const struct difference_report *r);

/* One page that needs nothing else. */
void difference_html(FILE *out, const struct difference_report *r);

#endif
