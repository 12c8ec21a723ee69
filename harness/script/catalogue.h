/*
 * The catalogue of requirements, cases/requirements.tsv: what a case can cite
 * and a judge holds an ending against. Pure: it is given the text.
 */
#ifndef SCRIPT_CATALOGUE_H
#define SCRIPT_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/fault.h"
#include "script/lex.h"

/* Its name below the cases folder. */
#define CATALOGUE_FILE "requirements.tsv"

struct requirement {
	const char *id;	     /* "RFC9293-3.6-FIG12"; SOURCE-... */
	const char *level;   /* one of catalogue_levels */
	const char *source;  /* "RFC9293", "POSIX", "TC8" */
	const char *section; /* where it stands there */
	const char *text;    /* the sentence */
	const char *without; /* why nothing shows it; "": something does */
	size_t at;	     /* in the file, from 0 */
};

/* In the order of the file. */
struct catalogue {
	const struct requirement *row;
	size_t n;
	const struct requirement *by_id; /* the same, sorted */
};

/* "MUST", "MUST NOT", "SHOULD" ...; ends with NULL. */
extern const char *const catalogue_levels[];

/*
 * Reads the text, whose pieces the rows point to from then on. The path is for
 * the fault: a row that is not one, an id that comes twice. Returns 0 or -1.
 */
int catalogue_read(struct catalogue *c, struct arena *a, const char *path,
		   char *text, struct fault *f);

/* NULL: no such id. */
const struct requirement *catalogue_find(const struct catalogue *c,
					 struct word id);

/* The id that was meant by one that there is not, or NULL. */
const char *catalogue_near(const struct catalogue *c, struct word id);

#endif
