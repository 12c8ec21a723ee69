/*
 * Two runs of the same cases held beside each other: what changed its verdict,
 * what changed its segments or states while the verdict stayed, what is new and
 * what is gone. Reads the ladders that the runs have kept, and nothing else.
 */
#ifndef RUN_DIFFERENCE_H
#define RUN_DIFFERENCE_H

#include "run/run.h"

enum difference_kind {
	DIFFERENCE_REGRESSION, /* failed and did not, or deviates and did not */
	DIFFERENCE_FIXED,      /* the other way round */
	DIFFERENCE_VERDICT,    /* another verdict, neither better nor worse */
	DIFFERENCE_OTHERWISE,  /* the same verdict, and another reason for it */
	DIFFERENCE_LADDER,     /* other segments, states or calls */
	DIFFERENCE_NEW,
	DIFFERENCE_GONE,
	DIFFERENCE_COUNT,
};

/* "regression", "fixed", "verdict", "otherwise", "ladder", "new", "gone". */
const char *difference_name(enum difference_kind kind);

struct difference {
	enum difference_kind kind;
	const struct record *before; /* NULL: new */
	const struct record *after;  /* NULL: gone */
	/* LADDER: the first line that differs, without times; NULL: ended. */
	const char *line_before;
	const char *line_after;
};

struct differences {
	struct difference *row; /* by kind, then by name */
	size_t n;
	size_t count[DIFFERENCE_COUNT];
	size_t compared; /* cases that are in both */
};

/*
 * Both runs are as kept_read has read them, and outlast the differences, which
 * the arena owns. Returns 0, or -1 with a fault when a ladder cannot be read.
 */
int differences_find(struct differences *d, struct arena *a, struct run *before,
		     struct run *after, struct fault *f);

/* What a verdict came of, in one line: the finding, the reason, deviations. */
const char *difference_why(struct arena *a, const struct record *rec);

#endif
