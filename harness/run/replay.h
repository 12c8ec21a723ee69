/*
 * The recorded stage: a case walked over the tape of a capture, with no
 * privilege. The walk is the same; only the world is a recording.
 */
#ifndef RUN_REPLAY_H
#define RUN_REPLAY_H

#include "run/job.h"
#include "script/script.h"
#include "tape/tape.h"

/*
 * Walks s over what was recorded. played gets the new tape, with its verdict
 * (it must be empty; the caller clears it). Never BROKEN.
 */
void replay_tape(const struct script *s, const struct tape *recorded,
		 struct tape *played);

/*
 * Reads a capture and judges it by s. out's texts live until the next call.
 * Returns 0, or -1 when it could not be read: out is BROKEN then, with the
 * reason.
 */
int replay_case(const struct script *s, const char *capture,
		struct outcome *out);

#endif
