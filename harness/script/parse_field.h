/*
 * The fields of a segment: what their readers share. For script/parse_segment.c
 * and script/parse_option.c only.
 */
#ifndef SCRIPT_PARSE_FIELD_H
#define SCRIPT_PARSE_FIELD_H

#include "script/parser.h"

struct fields {
	struct parser *p;
	struct pattern *pat;
	size_t at; /* of the field's name */
	size_t to; /* past the segment's last word */
	bool forged;
};

struct field {
	const char *name;
	unsigned int set;	       /* of PAT_*; 0: the reader sets it */
	size_t words;		       /* its name and its value */
	int (*read)(struct fields *f); /* its value */
};

/* The word behind the field's name. 0, or -1 with a fault. */
int field_value(struct fields *f, const char *expected, struct word *w);

/* A fault about the field's value. Returns -1. */
int field_bad(struct fields *f, const char *expected);

/* Notes that the field is said. -1 with a fault when it was before. */
int field_once(struct fields *f, const char *name, unsigned int set);

/* The TCP option so called, or NULL. */
const struct field *parse_option_field(struct word w);

/* -1 with a fault when two fields about options contradict each other. */
int parse_options_agree(const struct fields *f);

#endif
