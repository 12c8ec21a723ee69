/*
 * The tape judge holds both ends to RFC 9293's state machine over a whole
 * tape: what was sent, delivered, lost and forged is known, and so are the
 * states, the calls and their results. What segments alone show it leaves to
 * the wire judge. Pure.
 */
#ifndef JUDGE_TAPE_JUDGE_H
#define JUDGE_TAPE_JUDGE_H

#include "judge/wire_judge.h"
#include "tape/tape.h"

/* A state that the case wants and nobody could read (tape_event.wanted). */
struct tape_judge_wanted {
	enum side side;
	int line;     /* of the case */
	size_t frame; /* the last before it, or TAPE_NO_FRAME */
	uint32_t wanted;
	uint32_t states; /* that the end may be in; 0: all, it is not known */
};

typedef void tape_judge_wanted_fn(void *ctx, const struct tape_judge_wanted *w);

/*
 * Holds the tape against the table of states and events (judge/rfc9293.h) and
 * against the judge's rules. Findings come in the order of the tape, their
 * frame is an index into its frames: the one that shows it, or the last
 * before a call that does; TAPE_NO_FRAME before the first. Their rule is the
 * sink's only until it returns; its id may be that of a row of the table.
 * Forged segments are events that happen to their receiver; nobody is blamed
 * for having sent them. A tape of many connections is not looked at; one
 * without lockstep is only judged by its segments. A finding of the same rule
 * and requirement by the same end comes once. wanted (NULL: nobody) is told,
 * with the sink's ctx, of each state that the case wants and was not read.
 * rto_min_ns is the least timeout
 * of a retransmission, where the round trip takes no time; 0: not known.
 */
void tape_judge_hear(const struct tape *t, int64_t rto_min_ns,
		     const struct judge_sink *sink,
		     tape_judge_wanted_fn *wanted);

#endif
