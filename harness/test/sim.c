/*
 * The simulator's clock: hands each event to whom it concerns, in the order
 * of virtual time, until nothing but TIME-WAIT is left to wait for.
 */
#include "test/sim_own.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 200000

struct next {
	int64_t at_ns;
	int packet; /* or -1: a timer */
	enum side side;
	enum sim_timer timer;
};

static void look_at_timers(const struct sim *s, struct next *n)
{
	int side, t;

	for (side = SIDE_A; side <= SIDE_B; side++)
		for (t = 0; t < SIM_T_COUNT; t++) {
			if (s->end[side].timer[t] >= n->at_ns)
				continue;
			n->at_ns = s->end[side].timer[t];
			n->packet = -1;
			n->side = (enum side)side;
			n->timer = (enum sim_timer)t;
		}
}

static void look_at_packets(const struct sim *s, struct next *n)
{
	int i;

	for (i = 0; i < s->n_packets; i++)
		if (s->packet[i].at_ns < n->at_ns) {
			n->at_ns = s->packet[i].at_ns;
			n->packet = i;
		}
}

/* False: only TIME-WAIT is still to end, or not even that. */
static bool next_event(const struct sim *s, struct next *n)
{
	*n = (struct next){ .at_ns = SIM_NEVER };
	look_at_timers(s, n);
	look_at_packets(s, n);
	if (n->at_ns == SIM_NEVER)
		return false;
	return n->packet >= 0 || n->timer != SIM_T_WAIT ||
	       s->end[n->side].state != TCP_STATE_TIME_WAIT;
}

/* Whether an end does not know what the vantage point has seen. */
static bool is_hidden(const struct sim *s, enum side from)
{
	const struct sim_end *to = &s->end[side_other(from)];

	if (s->lost_rst[from] && !s->rst_came[from])
		return true;
	if (s->lost_fin[from] && !to->fin_got)
		return true;
	return s->lost_ack[from] && to->fin_sent &&
	       !seq_after(to->una, to->fin);
}

static bool is_done(const struct sim_end *e)
{
	return e->fin_got && e->fin_sent && seq_before(e->fin, e->una);
}

static void tell_truth(struct sim *s)
{
	struct sim_truth *t = s->truth;
	int i;

	for (i = SIDE_A; i <= SIDE_B; i++) {
		const struct sim_end *e = &s->end[i];

		t->state[i] = e->state;
		t->written[i] = e->written;
		t->delivered[i] = e->delivered + e->unread;
		t->hidden |= is_hidden(s, (enum side)i);
	}
	t->complete = is_done(&s->end[SIDE_A]) && is_done(&s->end[SIDE_B]);
	t->end_ns = s->now + s->plan->linger_ns;
}

void sim_run(const struct sim_plan *p, sim_seen_fn *seen, void *ctx,
	     struct sim_truth *truth)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct next n;
	int events = 0;

	memset(truth, 0, sizeof(*truth));
	if (!s) {
		truth->overrun = true;
		return;
	}
	s->plan = p;
	s->seen = seen;
	s->ctx = ctx;
	s->truth = truth;
	s->random = p->seed ^ UINT64_C(0x5851f42d4c957f2d);
	sim_end_start(s, SIDE_B);
	sim_end_start(s, SIDE_A);
	while (next_event(s, &n) && n.at_ns < p->until_ns) {
		/* A deed may be overdue: the handshake kept it waiting. */
		if (n.at_ns > s->now)
			s->now = n.at_ns;
		if (n.packet >= 0)
			sim_arrive(s, n.packet);
		else
			sim_end_timer(s, &s->end[n.side], n.timer);
		if (++events == EVENTS_MAX) {
			truth->overrun = true;
			break;
		}
	}
	sim_capture_end(s);
	tell_truth(s);
	free(s);
}
