/*
 * How long the live stage waits for an agent, and how much of that is this
 * machine's doing. Knows nothing of what the agent has been told.
 */
#include "run/live_stage_own.h"

#include "base/clock.h"
#include "base/cpu.h"

/* An agent that has not answered by then is looked at. */
#define SOON_NS (100 * NS_PER_MS)

static int64_t queued_ns(struct live_stage *l, enum side side)
{
	struct caller *c = live_stage_caller(l, side);

	return c->ops->queued(c) + cpu_given(0).queued_ns;
}

struct live_patience live_stage_begin_patience(struct live_stage *l,
					       enum side side)
{
	return (struct live_patience){ clock_mono_ns(), queued_ns(l, side) };
}

void live_stage_end_patience(struct live_stage *l, enum side side,
			     const struct live_patience *p, int64_t deadline_ns)
{
	int64_t now = clock_mono_ns(), took = now - p->begun_ns;
	int64_t queued = queued_ns(l, side) - p->queued_ns;
	int64_t late = now - deadline_ns;

	if (queued > took)
		queued = took;
	live_stage_was_late(l, queued > late ? queued : late);
}

enum caller_heard live_stage_hear(struct live_stage *l, enum side side,
				  int64_t deadline_ns,
				  char text[STACK_LINE_MAX])
{
	struct caller *c = live_stage_caller(l, side);
	int64_t soon = clock_mono_ns() + SOON_NS;
	enum caller_heard heard;
	struct live_patience p;

	if (soon > deadline_ns)
		soon = deadline_ns;
	heard = c->ops->hear(c, soon, text);
	if (heard == CALLER_NOTHING && soon < deadline_ns) {
		p = live_stage_begin_patience(l, side);
		heard = c->ops->hear(c, deadline_ns, text);
		live_stage_end_patience(l, side, &p, deadline_ns);
		/* What it waits for still is counted when that is over. */
		l->queued_ns[side] = c->ops->queued(c);
	} else {
		live_stage_waited(l, soon);
	}
	if (heard != CALLER_NOTHING)
		l->queued_ns[side] = LIVE_NO_WAIT;
	return heard;
}
