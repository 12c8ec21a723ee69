/*
 * The recorded stage: a case is interpreted over the tape of a capture. Needs
 * no privilege.
 */
#ifndef RUN_REPLAY_H
#define RUN_REPLAY_H

#include "run/job.h"
#include "script/script.h"
#include "tape/tape.h"

/*
 * Interprets s over a tape. played, an empty tape, gets the same frames, new
 * events and a verdict (never BROKEN). The caller clears it, before recorded:
 * the frames are that tape's.
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
