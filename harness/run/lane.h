/*
 * A lane: one worker process's two stacks with the link between them, and the
 * jobs it plays upon them, one after the other.
 */
#ifndef RUN_LANE_H
#define RUN_LANE_H

#include "base/fault.h"
#include "run/job.h"
#include "stack/ends.h"

struct lane;

/*
 * Builds both ends, joined by a link, as the plan says, which is borrowed. cpu
 * is where the lane and its agents are pinned (-1: nowhere). Returns NULL with
 * a fault when this machine cannot.
 */
struct lane *lane_open(const struct ends_plan *plan, int cpu, struct fault *f);

/*
 * Plays one job. Always fills *out; what the harness itself cannot do is
 * VERDICT_BROKEN there. Its evidence is yet to be written: out->left.
 */
void lane_play(struct lane *lane, const struct job *job, struct outcome *out);

/* Ends the agents and lets go of all that was built. */
void lane_close(struct lane *lane);

#endif
