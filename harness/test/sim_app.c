/*
 * The application of a simulated end: writes, reads, stops reading for a
 * while, and closes in one of the ways there are.
 */
#include "test/sim_own.h"

#include <string.h>

bool sim_app_deaf(const struct sim *s, const struct sim_end *e)
{
	return s->now >= e->plan->deaf_from && s->now < e->plan->deaf_to;
}

static void next_deed(struct sim_end *e)
{
	const struct sim_side *plan = e->plan;

	if (e->next_write < plan->n_writes)
		e->timer[SIM_T_APP] = plan->write[e->next_write].at_ns;
	else
		e->timer[SIM_T_APP] = e->closed ? SIM_NEVER : e->close_at;
}

void sim_abort(struct sim *s, struct sim_end *e)
{
	uint32_t seq = e->nxt;

	s->truth->aborted[e->side] = true;
	sim_finish(e);
	if (e->plan->bug == SIM_RST_FAR)
		seq = e->plan->iss - 200000;
	sim_emit(s, e, FLAG_RST | FLAG_ACK, seq, 0);
}

static void close_now(struct sim *s, struct sim_end *e)
{
	e->closed = true;
	if (e->state == TCP_STATE_SYN_SENT) {
		s->truth->gave_up[e->side] = true;
		sim_finish(e);
	} else if (e->plan->how == SIM_ABORT ||
		   (e->plan->how == SIM_CLOSE && e->unread)) {
		sim_abort(s, e);
	} else {
		e->fin_wanted = true;
		sim_push(s, e);
	}
}

/* Deeds wait for the handshake, as blocking calls do. */
void sim_app(struct sim *s, struct sim_end *e)
{
	const struct sim_side *plan = e->plan;

	if (e->state == TCP_STATE_SYN_SENT ||
	    e->state == TCP_STATE_SYN_RECEIVED) {
		e->timer[SIM_T_APP] = s->now + NS_PER_MS;
		return;
	}
	if (e->next_write < plan->n_writes &&
	    plan->write[e->next_write].at_ns <= s->now) {
		e->written += plan->write[e->next_write++].len;
		sim_push(s, e);
	} else if (!e->closed && e->close_at <= s->now) {
		close_now(s, e);
		if (e->state == TCP_STATE_CLOSED)
			return;
	}
	next_deed(e);
}

void sim_app_read(struct sim *s, struct sim_end *e)
{
	bool was_full = e->edge - e->rcv_nxt < e->mss;

	e->delivered += e->unread;
	e->unread = 0;
	if (was_full && e->state != TCP_STATE_CLOSED)
		sim_ack(s, e);
}

void sim_app_eof(struct sim *s, struct sim_end *e)
{
	if (!e->plan->waits_eof || e->closed)
		return;
	e->close_at = s->now + e->plan->close_ns;
	if (e->next_write >= e->plan->n_writes)
		next_deed(e);
}
