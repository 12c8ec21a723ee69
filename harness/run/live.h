/*
 * The live stage: a script played upon a lane's world. The only file of this
 * floor that moves frames.
 */
#ifndef RUN_LIVE_H
#define RUN_LIVE_H

#include "bug/bug.h"
#include "run/stage.h"
#include "tape/tape.h"
#include "run/scapy.h"
#include "stack/linux/world.h"

struct live;

/* A stage upon this world, for case after case. forge may be not started. */
struct live *live_new(struct world *w, struct forge *forge);
void live_free(struct live *l);

struct stage *live_stage(struct live *l);

/* One end's stack is to look as if it had that bug, from the next case on. */
void live_bug(struct live *l, const struct bug *bug);

/*
 * Makes ready for one case: fresh ports, the case's routes and sysctls, both
 * agents told their addresses. The tape, which is empty, gets the flow's
 * addresses, and its arena the case's frames. YES, or CANNOT or
 * BROKEN with the stage's fault.
 */
enum stage_said live_begin(struct live *l, const struct script *s, int family,
			   struct tape *t);

/*
 * Ends it: sysctls back as they were, held frames forgotten. Frames seen and
 * dropped by libpcap, per plug, since live_begin. False when the harness
 * cannot be trusted with a further case, nor with this one (the stage's fault
 * says why); when it has failed, that is looked at more closely.
 */
bool live_end(struct live *l, bool failed, uint64_t received[2],
	      uint64_t dropped[2]);

/*
 * By how much, at the most, a wait of this case outlasted its end: a machine
 * that stands still (a paused virtual machine) lets every bound pass.
 */
int64_t live_stood_still_ns(const struct live *l);

#endif
