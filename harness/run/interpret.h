/*
 * The interpreter: follows a script upon a stage, holds what it sees against
 * it and writes the tape. Knows no bytes, no netlink, no clock of its own.
 */
#ifndef RUN_INTERPRET_H
#define RUN_INTERPRET_H

#include "run/stage.h"
#include "script/script.h"
#include "tape/tape.h"

/*
 * Plays s to its end or to the first thing that is wrong. The tape must be
 * empty and its flow's addresses set; its verdict, finding and reason are set
 * afterwards. The case fails when it is not done timeout_ns after it began.
 */
void interpret(const struct script *s, struct stage *st, struct tape *t,
	       int64_t timeout_ns);

#endif
