/*
 * Several stacks under the same cases: what each run kept (results.json),
 * held beside each other, row by row.
 */
#ifndef REPORT_MATRIX_H
#define REPORT_MATRIX_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/fault.h"

/* One stack. */
struct matrix_column {
	const char *text;     /* as it was asked for */
	const char *label;    /* "lwip 2.1.3" */
	const char *dir;      /* of its run */
	const char *left_out; /* why it did not run, or NULL */
	json_t *results;      /* of its run; NULL when left out */
};

/* A case in a family, and what each stack did; NULL: not run there. */
struct matrix_row {
	const char *name;
	const char *family;
	json_t **cell; /* by column: a case of its results */
	bool differs;
};

struct matrix {
	struct arena arena;
	struct matrix_column *column;
	size_t n_column;
	struct matrix_row *row; /* by name and family */
	size_t n_row;
	size_t n_differing;
};

/*
 * Fills the rows of the columns' results, which are the matrix's from now on.
 * Stacks differ in a row when not all that played it did the same: another
 * verdict, or other deviations. What was skipped did nothing.
 */
void matrix_fill(struct matrix *m);
void matrix_free(struct matrix *m);

/* How many cases, stacks and differences: what is printed in the end. */
void matrix_summary(FILE *out, const struct matrix *m);

/* The summary, every row, and the ladders where stacks differ. */
void matrix_text(FILE *out, const struct matrix *m);

/* matrix.json (scripts/matrix.schema.json). */
json_t *matrix_json(const struct matrix *m);

#endif
