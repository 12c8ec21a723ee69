/*
 * The acts of two ends played in lockstep, as a stack that does what RFC 9293
 * says would answer them: the tape of a case before it has run. Pure.
 */
#ifndef BUNDLE_PLAYED_H
#define BUNDLE_PLAYED_H

#include "bundle/acts.h"
#include "tape/tape.h"

/*
 * Fills an empty tape, whose ladder is the body of the case. Every segment with
 * octets is acknowledged at once. Returns how many of the acts came when their
 * end had no connection any more, and are not in it.
 */
size_t played_tape(struct tape *t, const struct acts *a,
		   const struct captured *c);

#endif
