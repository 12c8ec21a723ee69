/* A file of expectations from a run of a stack that has none yet. */
#ifndef RUN_EXPECTATION_RECORD_H
#define RUN_EXPECTATION_RECORD_H

#include <stdio.h>

#include "run/expectation.h"
#include "run/run.h"

/*
 * Writes a row for all that deviated in a run in which nothing was expected,
 * with the kernel's version, sorted by case. Held against these, the same run
 * deviates in nothing else. Why it matters is left to be written.
 */
void expectations_record(FILE *out, const struct run *run);

#endif
