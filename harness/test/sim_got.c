/*
 * A simulated end: what it does with a segment that arrives, in the order of
 * RFC 9293 section 3.10.7.4.
 */
#include "test/sim_own.h"

#include <string.h>

static void reset_answer(struct sim *s, struct sim_end *e,
			 const struct sim_packet *p)
{
	if (p->seg.flags & FLAG_RST) {
		sim_bug_rst(s, e);
		return;
	}
	if (p->seg.flags & FLAG_ACK) {
		sim_emit(s, e, FLAG_RST, p->seg.ack, 0);
		return;
	}
	e->rcv_nxt = p->seg.seq + seg_span(&p->seg);
	sim_emit(s, e, FLAG_RST | FLAG_ACK, 0, 0);
}

static void learn_syn(struct sim_end *e, const struct sim_packet *p)
{
	e->irs = p->seg.seq;
	e->rcv_nxt = e->edge = p->seg.seq + 1;
	e->scaling = e->plan->offers_scale && p->scale != 255;
	e->peer_scale = e->scaling ? p->scale : 0;
	e->ts = e->plan->offers_ts && p->seg.has_ts;
	e->ts_recent = p->seg.tsval;
	if (p->mss < e->mss)
		e->mss = p->mss;
	if (e->ts)
		e->mss -= 12;
}

static void established(struct sim *s, struct sim_end *e)
{
	const struct sim_side *plan = e->plan;

	e->state = TCP_STATE_ESTABLISHED;
	e->backoff = 0;
	e->timer[SIM_T_RESEND] = SIM_NEVER;
	e->close_at = plan->waits_eof ? SIM_NEVER : plan->close_ns;
	e->timer[SIM_T_APP] =
		plan->n_writes ? plan->write[0].at_ns : e->close_at;
	if (e->timer[SIM_T_APP] < s->now)
		e->timer[SIM_T_APP] = s->now;
	sim_keep_alive(s, e);
}

static void got_in_listen(struct sim *s, struct sim_end *e,
			  const struct sim_packet *p)
{
	if (p->seg.flags & (FLAG_RST | FLAG_ACK)) {
		reset_answer(s, e, p);
		return;
	}
	learn_syn(e, p);
	e->limit = e->una + 1 + p->seg.win;
	e->state = TCP_STATE_SYN_RECEIVED;
	sim_resend(s, e);
	e->timer[SIM_T_RESEND] = s->now + NS_PER_S;
}

static void got_in_syn_sent(struct sim *s, struct sim_end *e,
			    const struct sim_packet *p)
{
	if (!(p->seg.flags & FLAG_ACK) || p->seg.ack != e->nxt) {
		reset_answer(s, e, p);
		return;
	}
	if (p->seg.flags & FLAG_RST) {
		s->truth->was_reset[e->side] = true;
		sim_finish(e);
		return;
	}
	if (!(p->seg.flags & FLAG_SYN))
		return;
	learn_syn(e, p);
	e->una = p->seg.ack;
	e->limit = e->una + p->seg.win;
	established(s, e);
	sim_ack(s, e);
}

static bool acceptable(const struct sim_end *e, const struct seg *seg)
{
	uint32_t room = e->edge - e->rcv_nxt, span = seg_span(seg);
	uint32_t last = seg->seq + span - 1;

	if (span == 0 && room == 0)
		return seg->seq == e->rcv_nxt;
	if (seg->seq - e->rcv_nxt < room)
		return true;
	return span && room && last - e->rcv_nxt < room;
}

static void got_rst(struct sim *s, struct sim_end *e, const struct seg *seg)
{
	if (seg->seq != e->rcv_nxt) {
		sim_ack(s, e);
		return;
	}
	if (e->state == TCP_STATE_TIME_WAIT)
		s->truth->assassinated[e->side] = true;
	else
		s->truth->was_reset[e->side] = true;
	sim_finish(e);
	sim_bug_rst(s, e);
}

static void time_wait(struct sim *s, struct sim_end *e)
{
	sim_finish(e);
	e->state = TCP_STATE_TIME_WAIT;
	e->timer[SIM_T_WAIT] = s->now + SIM_TIMEWAIT;
}

static void fin_acked(struct sim *s, struct sim_end *e)
{
	switch (e->state) {
	case TCP_STATE_FIN_WAIT_1:
		e->state = TCP_STATE_FIN_WAIT_2;
		if (e->plan->how == SIM_CLOSE)
			e->timer[SIM_T_WAIT] = s->now + e->plan->orphan_ns;
		break;
	case TCP_STATE_CLOSING:
		time_wait(s, e);
		break;
	case TCP_STATE_LAST_ACK:
		sim_finish(e);
		break;
	default:
		break;
	}
}

static void new_ack(struct sim *s, struct sim_end *e, uint32_t ack)
{
	e->una = ack;
	if (seq_before(e->nxt, e->una))
		e->nxt = e->una;
	e->backoff = e->dupacks = 0;
	e->timer[SIM_T_RESEND] =
		e->una == e->nxt ? SIM_NEVER : s->now + e->rto_ns;
	e->timer[SIM_T_PERSIST] = SIM_NEVER;
	if (e->fin_sent && seq_before(e->fin, ack)) {
		fin_acked(s, e);
		return;
	}
	if (!e->recovering || !seq_before(ack, e->recover))
		e->recovering = false;
	else if (!seq_after(e->resent, ack))
		sim_resend(s, e);
}

/* False: no more is to be done with the segment. */
static bool got_ack(struct sim *s, struct sim_end *e, const struct seg *seg)
{
	uint32_t limit = seg->ack + ((uint32_t)seg->win << e->peer_scale);

	if (seq_before(e->max, seg->ack)) {
		sim_ack(s, e);
		return false;
	}
	if (seq_before(e->limit, limit)) {
		e->limit = limit;
		e->backoff = e->una == e->nxt ? 0 : e->backoff;
		e->timer[SIM_T_PERSIST] = SIM_NEVER;
	}
	if (seq_before(e->una, seg->ack))
		new_ack(s, e, seg->ack);
	else if (seg->ack == e->una && e->una != e->nxt && seg->len == 0 &&
		 ++e->dupacks == 3)
		sim_resend(s, e);
	return e->state != TCP_STATE_CLOSED;
}

/* Joins what came early with what is there now. */
static void join(struct sim_end *e)
{
	int i = 0;

	while (i < e->n_early) {
		struct sim_range *r = &e->early[i];

		if (seq_before(e->rcv_nxt, r->from)) {
			i++;
			continue;
		}
		if (seq_before(e->rcv_nxt, r->to))
			e->rcv_nxt = r->to;
		*r = e->early[--e->n_early];
		i = 0;
	}
}

static void got_data(struct sim *s, struct sim_end *e, const struct seg *seg)
{
	uint32_t to = seg->seq + seg->len, before = e->rcv_nxt;

	if (seq_before(e->edge, to))
		to = e->edge;
	if (seg->len && seq_before(e->rcv_nxt, to)) {
		if (!seq_after(seg->seq, e->rcv_nxt))
			e->rcv_nxt = to;
		else if (e->n_early < SIM_RANGES)
			e->early[e->n_early++] =
				(struct sim_range){ seg->seq, to };
	}
	join(e);
	if (sim_app_deaf(s, e)) {
		e->unread += e->rcv_nxt - before;
		e->timer[SIM_T_READ] = e->plan->deaf_to;
	} else {
		e->delivered += e->rcv_nxt - before;
	}
}

static void got_fin(struct sim *s, struct sim_end *e)
{
	e->rcv_nxt++;
	e->fin_got = true;
	if (seq_before(e->edge, e->rcv_nxt))
		e->edge = e->rcv_nxt;
	switch (e->state) {
	case TCP_STATE_ESTABLISHED:
		e->state = TCP_STATE_CLOSE_WAIT;
		sim_app_eof(s, e);
		break;
	case TCP_STATE_FIN_WAIT_1:
		e->state = TCP_STATE_CLOSING;
		break;
	case TCP_STATE_FIN_WAIT_2:
		time_wait(s, e);
		break;
	default:
		break;
	}
}

/* Answers at once, or after a while as delayed ACKs do. */
static void owe_ack(struct sim *s, struct sim_end *e, bool in_order)
{
	if (e->state == TCP_STATE_TIME_WAIT || !in_order ||
	    !e->plan->delays_ack || sim_chance(&s->random, 500))
		sim_ack(s, e);
	else if (e->timer[SIM_T_ACK] == SIM_NEVER)
		e->timer[SIM_T_ACK] =
			s->now + (int64_t)sim_below(&s->random, 40 * NS_PER_MS);
}

/* Payload and FIN, in the states that take them. */
static void got_text(struct sim *s, struct sim_end *e,
		     const struct sim_packet *p)
{
	const struct seg *seg = &p->seg;
	uint32_t before = e->rcv_nxt, end = seg->seq + seg->len;

	if (e->fin_got || seg_span(seg) == 0) {
		sim_push(s, e);
		return;
	}
	if (e->closed && e->plan->how == SIM_CLOSE && seg->len &&
	    seq_before(e->rcv_nxt, end)) {
		sim_finish(e);
		s->truth->aborted[e->side] = true;
		reset_answer(s, e, p);
		return;
	}
	got_data(s, e, seg);
	if (seg->flags & FLAG_FIN && !seq_after(end, e->edge)) {
		e->peer_fin = end;
		e->peer_fin_known = true;
	}
	if (e->peer_fin_known && e->rcv_nxt == e->peer_fin)
		got_fin(s, e);
	owe_ack(s, e, e->rcv_nxt != before);
	sim_push(s, e);
}

static void not_acceptable(struct sim *s, struct sim_end *e,
			   const struct seg *seg)
{
	if (seg->flags & FLAG_RST)
		return;
	if (e->state == TCP_STATE_TIME_WAIT && seg->flags & FLAG_FIN)
		e->timer[SIM_T_WAIT] = s->now + SIM_TIMEWAIT;
	/* A window of zero must not stop ACKs (section 3.10.7.4). */
	if (e->edge == e->rcv_nxt && seg->seq == e->rcv_nxt &&
	    seg->flags & FLAG_ACK && !(seg->flags & FLAG_SYN) &&
	    e->state != TCP_STATE_SYN_RECEIVED && !got_ack(s, e, seg))
		return;
	sim_ack(s, e);
	sim_push(s, e);
}

static bool is_old(struct sim_end *e, const struct seg *seg)
{
	if (!e->ts || !seg->has_ts || seg->flags & FLAG_RST)
		return false;
	if (seq_before(seg->tsval, e->ts_recent))
		return true;
	if (!seq_after(seg->seq, e->rcv_nxt))
		e->ts_recent = seg->tsval;
	return false;
}

static void got_synchronized(struct sim *s, struct sim_end *e,
			     const struct sim_packet *p)
{
	const struct seg *seg = &p->seg;

	e->unanswered = 0;
	sim_keep_alive(s, e);
	if (e->state == TCP_STATE_SYN_RECEIVED && seg->flags & FLAG_SYN &&
	    seg->seq == e->irs) {
		sim_resend(s, e);
	} else if (is_old(e, seg) || !acceptable(e, seg)) {
		not_acceptable(s, e, seg);
	} else if (seg->flags & FLAG_RST) {
		got_rst(s, e, seg);
	} else if (seg->flags & FLAG_SYN) {
		sim_ack(s, e);
	} else if (seg->flags & FLAG_ACK) {
		if (e->state == TCP_STATE_SYN_RECEIVED) {
			if (seg->ack != e->nxt) {
				reset_answer(s, e, p);
				return;
			}
			established(s, e);
		}
		if (got_ack(s, e, seg))
			got_text(s, e, p);
	}
}

void sim_got(struct sim *s, struct sim_end *e, const struct sim_packet *p)
{
	if (e->state == TCP_STATE_CLOSED)
		reset_answer(s, e, p);
	else if (e->state == TCP_STATE_LISTEN)
		got_in_listen(s, e, p);
	else if (e->state == TCP_STATE_SYN_SENT)
		got_in_syn_sent(s, e, p);
	else
		got_synchronized(s, e, p);
}
