/*
 * Lines of key=value pairs, the values quoted where they need it, so that
 * any text survives and no line holds anything but printable ASCII. Pure.
 */
#ifndef TAPE_PAIRS_H
#define TAPE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* line with " key=value" appended; line itself when value is NULL. */
const char *pairs_add(struct arena *a, const char *line, const char *key,
		      const char *value);

/* The same for a number. */
const char *pairs_add_number(struct arena *a, const char *line, const char *key,
			     int64_t value);

struct pair {
	const char *key;
	const char *value;
};

/*
 * Reads the next pair of the text from *at to end. Returns 1 with *p filled
 * (its texts are the arena's), 0 at the end, -1 when there is no pair here.
 */
int pairs_next(struct arena *a, const char **at, const char *end,
	       struct pair *p);

/* Reads a whole decimal number. Returns 0, or -1. */
int pairs_number(const char *value, int64_t *number);

#endif
