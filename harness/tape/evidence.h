/*
 * Evidence: a tape as a pcapng file with a comment on every frame, and back.
 */
#ifndef TAPE_EVIDENCE_H
#define TAPE_EVIDENCE_H

#include <stdint.h>

#include "base/fault.h"
#include "script/script.h"
#include "tape/tape.h"

/* What the file's head and foot say besides the tape. */
struct evidence_about {
	const char *app;      /* "lastack 0.1.0" */
	const char *os;	      /* "Linux 6.18.44" */
	const char *hardware; /* uname's machine */
	const char *link;     /* "wire" */
	const char *stack[2]; /* "kernel 6.18.44", by side; or NULL */
	uint64_t received[2]; /* by libpcap, per plug */
	uint64_t dropped[2];
};

/*
 * Writes the file. One interface block per end ("A", "B"). Every frame
 * carries, as comments: its rung in the case language, what became of it in
 * words with both states, the machine lines (tape_event_text) of the events
 * before it that have no frame, its own, and the finding when it is the
 * frame the finding is about. Events after the last frame go to interface
 * A's statistics block; a finding without a frame, the case's path and title
 * and the flow's addresses ("lastack flow ...") to the section header.
 * Folders must exist. Returns -1 with a fault.
 */
int evidence_write(const char *path, const struct script *s, struct tape *t,
		   const struct evidence_about *about, struct fault *f);

/*
 * Reads such a file into an empty tape: frames, events, flow, and verdict,
 * finding and deviations as recorded. *case_path is the case's path as
 * recorded, in the tape's arena. Returns -1 with a fault naming path and
 * offset.
 */
int evidence_read(const char *path, struct tape *t, const char **case_path,
		  struct fault *f);

#endif
