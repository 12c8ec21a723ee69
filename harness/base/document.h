/*
 * A JSON object whose last long list is written element by element, so that
 * a document of any length needs no tree of all of it.
 */
#ifndef BASE_DOCUMENT_H
#define BASE_DOCUMENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

struct document {
	FILE *out;	   /* the caller's */
	bool has_elements; /* the next one goes behind a comma */
};

/*
 * The JSON values given to these are theirs: they release them. One that is
 * NULL could not be made, for want of memory, and ends the process.
 */

/* Writes the members of head, and begins the list so called. */
void document_open(struct document *d, FILE *out, json_t *head,
		   const char *list);
void document_add(struct document *d, json_t *element);
/* The caller writes an element itself, behind what is to stand before it. */
const char *document_next(struct document *d);
/* Ends the list and, with the members of tail (or NULL), the object. */
void document_close(struct document *d, json_t *tail);

#endif
