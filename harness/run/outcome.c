/* Outcomes from tapes. Knows no lane and no file. */
#include "run/outcome.h"

#include <string.h>

/* The last state that was read of each end. */
static void last_states(const struct tape *t, enum tcp_state state[2])
{
	size_t i;
	int side;

	for (i = t->n_event; i-- > 0;) {
		for (side = SIDE_A; side <= SIDE_B; side++) {
			if (state[side] == TCP_STATE_NONE)
				state[side] = t->event[i].state[side];
		}
	}
}

void outcome_of_tape(struct outcome *out, const struct tape *t)
{
	memset(out, 0, sizeof(*out));
	out->verdict = t->verdict;
	out->reason = t->reason;
	out->finding = t->verdict == VERDICT_NOT_OK ? t->finding : NULL;
	out->branch = t->branch;
	out->n_branch = t->n_branch;
	out->segments = t->n_frame;
	out->start_ns = t->n_event ? t->event[0].at_ns : 0;
	last_states(t, out->state);
}
