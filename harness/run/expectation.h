/*
 * Expectations: how a stack deviates, as rows of data, and what a run makes of
 * them. What they foresee is a deviation that nobody has to look at; what they
 * do not, and what they foresee in vain, is not ok.
 */
#ifndef RUN_EXPECTATION_H
#define RUN_EXPECTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fault.h"
#include "run/job.h"

/* The first line of such a file: its columns, with tabs between them. */
#define EXPECTATION_HEAD \
	"case\tfamily\tversions\trequirements\ttext\tcitation\twhy\tsometimes"

/* Between the ways in which a deviation may be told. */
#define EXPECTATION_OR " | "

/* "6.12" or "6.12.9"; n 0: no version. */
struct version {
	int number[3];
	int n;
};

/* Reads what a release begins with: "6.18.44-cloud". 0, or -1. */
int version_read(const char *text, struct version *v);

/* From here to there, both included: 6.12.9 is in 5.10..6.12. */
struct version_range {
	struct version from; /* n 0: from the first on */
	struct version to;   /* n 0: up to the last */
};

bool version_is_in(const struct version *v, const struct version_range *range);

struct expectation {
	const char *path; /* of the file, and its line */
	size_t line;
	const char
		*cases; /* a case's name, or a pattern: fnmatch(3), "@(a|b)" */
	const char *family;
	int af; /* AF_UNSPEC: both */
	const char *versions;
	struct version_range range;
	const char *requirements; /* as written: "ID, ID" */
	const char **id;
	size_t n_id;
	/*
	 * A part of what the stack does, or of other ways to tell it with " | "
	 * between them; "*" stands for anything.
	 */
	const char *text;
	const char *citation;
	const char *why;       /* it matters to a user; may be empty */
	const char *sometimes; /* why it is not always so; "": it is */
	/* Of the stack that it tells of, and at which ends that is (SIDE_BIT). */
	struct version version;
	unsigned int ends;
	bool may; /* it need not come, whatever sometimes says */
};

struct expectations {
	const struct expectation *row;
	size_t n;
	/*
	 * Of the stack that rows read from now on tell of (n 0: of any
	 * version), and the ends that it is at (0: both).
	 */
	struct version version;
	unsigned int ends;
	bool may; /* so are all rows read from now on */
};

/*
 * Adds the rows of a file. Returns -1 with a fault, which names the line and
 * says what was expected there.
 */
int expectations_read(struct expectations *e, struct arena *a, const char *path,
		      struct fault *f);

/* Whether the row speaks of that case on a stack of its version. */
bool expectation_is_for(const struct expectation *x, const char *name,
			int family);

/*
 * The ends that a fact, or a text that is to tell of one, is about, by its
 * words ("rst-obeyed by A", "wrong state of B"): SIDE_BITs, or 0.
 */
unsigned int expectation_ends(const char *text, size_t len);

/*
 * Holds the outcome of a case that ran against them. A row tells of its ends
 * alone; where the stacks differ, only B's rows have to come true, as what B
 * does may lead A elsewhere. When all in it that
 * deviates is expected, it deviates, whatever its verdict was; else it is not
 * ok, and so is one of which an expectation has not come true, but for what
 * comes sometimes. With only_seen nothing is said of these: where a bug is
 * injected, and where not all can be seen. Texts are the arena's.
 */
void expectations_hold(const struct expectations *e, struct arena *a,
		       const struct job *job, bool only_seen,
		       struct outcome *out);

#endif
