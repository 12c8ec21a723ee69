/* README.md of a bundle: the text of a bug report. Only prints. */
#ifndef BUNDLE_README_H
#define BUNDLE_README_H

#include <stdio.h>

#include "bundle/records.h"
#include "bundle/steps.h"
#include "script/catalogue.h"

struct readme_sysctl {
	const char *name;
	const char *value;
};

struct readme {
	const struct records *records;
	const struct record_kept *record; /* the one that is told of */
	const struct catalogue *catalogue;
	const struct script *script;
	struct complaint complaint;
	const char *ladder;
	bool has_packetdrill; /* there is a script of it too */
	const char *why_not;  /* there is no reproducer; NULL: there is */
	/* As the ends of a run have them on this machine; or why not. */
	const struct readme_sysctl *sysctl;
	size_t n_sysctl;
	const char *no_sysctl;
	const char *here; /* "Linux 6.18.44": this machine */
};

void readme_write(FILE *out, const struct readme *r);

/* Texts of unknown origin, in Markdown: one line, with its letters as such. */
void readme_text(FILE *out, const char *text);

/* The sentence of a requirement, as its source has it; or its id alone. */
void readme_clause(FILE *out, const struct catalogue *c, const char *id);

/* Lines set in, as they are. */
void readme_block(FILE *out, const char *text);

#endif
