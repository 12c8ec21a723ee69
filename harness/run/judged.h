/* What the tape judge says of a case that has been interpreted. */
#ifndef RUN_JUDGED_H
#define RUN_JUDGED_H

#include "run/job.h"

/* How the finding begins of a case that the judge made not ok. */
#define JUDGED_WHAT "the judge: "

/*
 * Holds the tape of a case that was ok or not ok against the judge. *list
 * becomes what was found, in t's arena, and each frame's note says so for
 * people. What breaks a rule that the case declares ("deviates") is a
 * deviation of t; a violation of any other makes a case that went well not
 * ok, with t's finding.
 */
void judged_tape(const struct script *s, struct tape *t,
		 const struct judged **list, size_t *n);

#endif
