/*
 * The tape judge: RFC 9293's teardown machine over a whole tape, where what was
 * sent, delivered, lost and forged is known, and the states and the calls
 * with their results too. Uses the judge for what segments alone show. Pure.
 */
#ifndef JUDGE_TAPE_JUDGE_H
#define JUDGE_TAPE_JUDGE_H

#include "judge/wire_judge.h"
#include "tape/tape.h"

/*
 * Holds the tape against the table of states and events (judge/rfc9293.h) and
 * against the judge's rules. Findings come in the order of the tape, their
 * frame is an index into its frames: the one that shows it, or the last
 * before a call that does; TAPE_NO_FRAME before the first. Their rule is the
 * sink's only until it returns; its id may be that of a row of the table.
 * Forged segments are events that happen to their receiver; nobody is blamed
 * for having sent them. A tape of many connections is not looked at; one
 * without lockstep is only judged by its segments. A finding of the same rule
 * and requirement by the same end comes once. rto_min_ns is the least timeout
 * of a retransmission, where the round trip takes no time; 0: not known.
 */
void tape_judge_hear(const struct tape *t, int64_t rto_min_ns,
		     const struct judge_sink *sink);

#endif
