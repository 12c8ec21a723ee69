/* The program that plays a report's steps again, made of a template. */
#ifndef BUNDLE_REPRODUCER_H
#define BUNDLE_REPRODUCER_H

#include <jansson.h>

#include "base/arena.h"
#include "base/fault.h"

/*
 * The files of scripts/reproduce as one, with the steps in it, in the arena;
 * NULL with a fault when one of them is not there.
 */
const char *reproducer_text(struct arena *a, json_t *steps, struct fault *f);

#endif
