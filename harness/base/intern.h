/*
 * Texts of which many are alike, each kept once and known by its number.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stddef.h>

#include "base/arena.h"

struct intern {
	struct arena arena;
	const char **text; /* by number, in the order they came */
	size_t n;
	size_t *slot; /* numbers + 1, by hash; 0: free */
	size_t n_slot;
};

/* The number of the text, from 0, which is a copy when it is a new one. */
size_t intern_add(struct intern *in, const char *text);

/* Gives everything back; it is empty and usable again. */
void intern_free(struct intern *in);

#endif
