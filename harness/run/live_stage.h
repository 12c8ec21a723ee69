/*
 * The live stage: a script played upon two stacks and the link between them.
 * The only one in this room that moves frames; knows of the stacks only what
 * stack/stack.h says.
 */
#ifndef RUN_LIVE_STAGE_H
#define RUN_LIVE_STAGE_H

#include "bug/bug.h"
#include "run/stage.h"
#include "tape/tape.h"
#include "run/scapy.h"
#include "stack/ends.h"

struct live_stage;

/*
 * A stage upon these ends, which are borrowed, for case after case. scapy may
 * be not started.
 */
struct live_stage *live_stage_new(struct ends *ends, struct scapy *scapy);
void live_stage_free(struct live_stage *l);

/* What the interpreter plays upon. */
struct stage *live_stage_base(struct live_stage *l);

/* One end's stack is to look as if it had that bug, from the next case on. */
void live_stage_bug(struct live_stage *l, const struct bug *bug);

/*
 * Makes ready for one case: fresh ports, the case's routes and sysctls, both
 * agents told their addresses. The tape, which is empty, gets the flow's
 * addresses, and its arena the case's frames. YES, or CANNOT or
 * BROKEN with the stage's fault.
 */
enum stage_said live_stage_begin(struct live_stage *l, const struct script *s,
				 int family, struct tape *t);

/*
 * Ends it: sysctls back as they were, held frames forgotten. Frames seen and
 * dropped by the link, per plug, since live_stage_begin. False when the harness
 * cannot be trusted with a further case, nor with this one (the stage's fault
 * says why); when it has failed, that is looked at more closely.
 */
bool live_stage_end(struct live_stage *l, bool failed, uint64_t received[2],
		    uint64_t dropped[2]);

/*
 * Whether the stacks have counted all segments that were delivered to them: to
 * be asked before one is blamed for what a case shows. False: the stage's fault
 * says whose has not.
 */
bool live_stage_has_counted(struct live_stage *l);

/*
 * By how much, in all, this case was late: waits that outlasted their end,
 * frames that were there and not seen, segments that no stack took, agents that
 * were given no processor to answer or to end, timers of a stack's own that
 * this machine ran late. A machine that is starved, or stands still (a paused
 * virtual machine), lets every bound pass.
 */
int64_t live_stage_late_ns(const struct live_stage *l);

#endif
