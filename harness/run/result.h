/*
 * An outcome as JSON: how a lane hands it to the runner, and the part of it
 * that results.json keeps. Hostile text is made valid on the way out.
 */
#ifndef RUN_RESULT_H
#define RUN_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/fault.h"
#include "run/job.h"

/*
 * verdict, reason, states, inferred, branch, segments, finding, deviations,
 * judge: a new object.
 */
json_t *result_json(const struct outcome *out);

/* The whole outcome as one document, malloc'ed. */
char *result_pack(const struct outcome *out);

/*
 * Reads what result_json made, and the other members of result_pack where they
 * are there; texts go to the arena. Returns -1 with a fault.
 */
int result_of_json(const json_t *j, struct arena *a, struct outcome *out,
		   struct fault *f);

/* Reads such a document; texts go to the arena. Returns -1 with a fault. */
int result_unpack(const char *text, size_t len, struct arena *a,
		  struct outcome *out, struct fault *f);

/* A copy whose texts are the arena's. */
void result_copy(struct arena *a, const struct outcome *from,
		 struct outcome *to);

#endif
