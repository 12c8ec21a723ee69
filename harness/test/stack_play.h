/*
 * A case played by the interpreter and the live stage upon any two ends, as a
 * lane plays it.
 */
#ifndef TEST_STACK_PLAY_H
#define TEST_STACK_PLAY_H

#include "run/live_stage.h"
#include "tape/tape.h"
#include "test/sim.h"

/* What a case begins with. */
#define STACK_PLAY_HEAD "case x\nspec RFC9293-3.6-FIG12\n"

/* Two ends of the simulator, of which B is broken so. */
void stack_open_simulated(struct ends *e, enum sim_bug b_is);

/* The verdict, the judge's word included. The tape is the caller's. */
enum verdict stack_play(struct ends *ends, const char *text, struct tape *t);

/* And by how much the machine is said to have been late. */
enum verdict stack_play_late(struct ends *ends, const char *text,
			     struct tape *t, int64_t *late_ns);

#endif
