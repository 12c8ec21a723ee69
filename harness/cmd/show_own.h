/* What the files of the verb "show" share. Private to cmd/show*.c. */
#ifndef CMD_SHOW_OWN_H
#define CMD_SHOW_OWN_H

#include "bundle/records.h"
#include "cmd/cmd.h"

struct show {
	struct records_wanted wanted;
	const char *dir;
	const char *svg;
	const char *html;
	bool failed;
};

/* "close/normal-a-first  ipv4 wire  not ok: why". */
void show_heading(FILE *out, const json_t *j);

/* Draws them, one below the other, to o->svg. 0, or -1 with a fault. */
int show_draw(const struct show *o, struct records *r, struct fault *f);

/*
 * Writes the results of a case (NULL: of all), or those of them that failed,
 * as a page to o->html. Returns how many, or -1 with a fault.
 */
long show_page(const struct show *o, const char *text, struct fault *f);

/* Whether the job is of the case, link and family that are asked for. */
bool show_wants(const struct show *o, const struct job *job, const char *text);

/* The verdicts a failing run is to blame on, and not those it expects. */
bool show_is_failure(const struct run *run, const struct record *rec);

#endif
