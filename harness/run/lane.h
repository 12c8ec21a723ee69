/*
 * A lane: one worker process's world (namespaces, cable, two agents) and the
 * jobs it plays in it, one after the other.
 */
#ifndef RUN_LANE_H
#define RUN_LANE_H

#include "base/fault.h"
#include "run/job.h"

struct lane;

/*
 * Builds the world for a link. cpu is where the lane and its agents are
 * pinned (-1: nowhere). Returns NULL with a fault when this machine cannot.
 */
struct lane *lane_open(enum link_kind link, int cpu, struct fault *f);

/*
 * Plays one job and writes its evidence. Always fills *out; what the harness
 * itself cannot do is VERDICT_BROKEN there.
 */
void lane_play(struct lane *lane, const struct job *job, struct outcome *out);

/* Ends the agents and lets the namespaces go. */
void lane_close(struct lane *lane);

/*
 * Takes the calling (single-threaded) process where it may make network
 * namespaces: nothing to do as root, a user namespace of its own otherwise.
 * Returns -1 with one sentence naming the setting that forbids it.
 */
int lane_privilege(struct fault *f);

#endif
