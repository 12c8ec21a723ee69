/* The word that is nearest to a misspelt one. Pure. */
#ifndef SCRIPT_NEAR_H
#define SCRIPT_NEAR_H

#include <stddef.h>

#include "script/lex.h"

/* Longer words are not compared. */
#define NEAR_MAX 80

/*
 * How many letters have to be left out, added, changed or swapped with the next
 * one to make name of the word; upper and lower case are the same, and so are
 * "-" and "_". SIZE_MAX where either is longer than NEAR_MAX.
 */
size_t near_distance(struct word w, const char *name);

#endif
