/* What the files of the page share. Private to the page*.c files. */
#ifndef REPORT_PAGE_OWN_H
#define REPORT_PAGE_OWN_H

#include "base/intern.h"
#include "report/page.h"

/* page.css, page.html and page.js, NUL-terminated (page_files.c). */
extern const char page_css[], page_html[], page_js[];

/* All of a page up to its body. */
void page_head(FILE *out, const char *title);

/* What many ladders have in common. */
struct page_ladders {
	struct intern parts;   /* of rows: SVG elements */
	struct intern rows;    /* "HAS_TIME,PART,PART ..." */
	struct intern ladders; /* "ROW,FRAME,ROW,FRAME ..." */
	struct intern seen;    /* words: states, calls and flags */
};

/* One ladder, as the numbers of these. */
struct page_ladder {
	long ladder; /* -1: there is none */
	long seen;
	const char *times; /* "5,0,12": microseconds since the row before */
};

/* Reads the capture. times is the arena's. */
void page_ladder_read(struct page_ladders *all, struct arena *a,
		      const char *capture, struct page_ladder *ladder);

void page_ladders_free(struct page_ladders *all);

/*
 * Writes a value as JSON that may stand in a script element, and releases it.
 */
void page_json(FILE *out, json_t *value);

/* The same for a text. */
void page_text(FILE *out, const char *text);

/* A text that is JSON already, and one that is a list but for its brackets. */
void page_whole(FILE *out, const char *text);
void page_brackets(FILE *out, const char *text);

/* Writes ,"name":[...] with each of the texts put in one of these ways. */
void page_list(FILE *out, const char *name, const struct intern *in,
	       void (*put)(FILE *out, const char *text));

#endif
