/* What the tape judge says of a case that has been interpreted. */
#ifndef RUN_JUDGED_H
#define RUN_JUDGED_H

#include "run/job.h"

/*
 * Holds the tape of a case that was ok or not ok against the judge. *list
 * becomes what was found, in t's arena, and each frame's note says so for
 * people. A violation that the case does not declare ("deviates") makes a
 * case that was ok not ok, with t's finding.
 */
void judged_tape(const struct script *s, struct tape *t,
		 const struct judged **list, size_t *n);

#endif
