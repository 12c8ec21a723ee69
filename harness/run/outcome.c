/* Outcomes from tapes. Knows no lane and no file. */
#include "run/outcome.h"

#include <string.h>

/* The last state that was read of an end. */
static enum tcp_state last_state(const struct tape *t, enum side side)
{
	size_t i;

	for (i = t->n_event; i-- > 0;)
		if (t->event[i].state[side] != TCP_STATE_NONE)
			return t->event[i].state[side];
	return TCP_STATE_NONE;
}

void outcome_of_tape(struct outcome *out, const struct tape *t)
{
	memset(out, 0, sizeof(*out));
	out->verdict = t->verdict;
	out->reason = t->reason;
	out->finding = t->verdict == VERDICT_NOT_OK ? t->finding : NULL;
	out->branch = t->branch;
	out->n_branch = t->n_branch;
	out->deviation = t->deviation;
	out->n_deviation = t->n_deviation;
	out->inferred = t->inferred;
	out->unseen = t->unseen;
	memcpy(out->probed, t->probed, sizeof(out->probed));
	out->segments = t->n_frame;
	out->start_ns = t->n_event ? t->event[0].at_ns : 0;
	out->state[SIDE_A] = last_state(t, SIDE_A);
	out->state[SIDE_B] = last_state(t, SIDE_B);
}
