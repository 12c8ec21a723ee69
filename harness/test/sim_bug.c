/*
 * Ends that lie: what a stack with that bug would send in place of what the
 * simulated end wanted to send.
 */
#include "test/sim_own.h"

#define STORM 60

static bool lie_again(struct sim *s, struct sim_end *e, int64_t wait_ns)
{
	e->lies++;
	e->timer[SIM_T_LIE] = s->now + wait_ns;
	return true;
}

/* The first time only. */
static bool lie_once(struct sim *s, struct sim_end *e, int64_t wait_ns)
{
	return e->lies ? true : lie_again(s, e, wait_ns);
}

static bool lie_fin(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	switch (e->plan->lie) {
	case SIM_FIN_ONCE:
		return e->lies++ == 0;
	case SIM_FIN_MOVES:
		p->seg.seq += e->lies++ ? 1 : 0;
		return true;
	case SIM_DATA_AFTER_FIN:
		return lie_once(s, e, NS_PER_MS);
	case SIM_NO_BACKOFF:
		return e->lies ? e->lying : lie_again(s, e, 300 * NS_PER_MS);
	case SIM_FIN_STORM:
		return lie_once(s, e, NS_PER_MS);
	case SIM_FIN_NO_ACK:
		p->seg.flags &= (uint8_t)~FLAG_ACK;
		p->seg.ack = 0;
		return true;
	case SIM_FIN_NO_TS:
		p->seg.has_ts = false;
		p->opts_len = 0;
		return true;
	default:
		return true;
	}
}

static bool lie_rst(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	switch (e->plan->lie) {
	case SIM_RST_DATA:
		p->seg.len = 20;
		return true;
	case SIM_RST_SEQ:
		p->seg.seq += 5;
		return true;
	case SIM_AFTER_RST:
		return lie_once(s, e, 400 * NS_PER_MS);
	case SIM_RST_STORM:
		return lie_once(s, e, NS_PER_MS);
	default:
		return true;
	}
}

/* What acknowledges the peer's FIN. */
static bool lie_fin_ack(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	switch (e->plan->lie) {
	case SIM_FIN_ACK_LOW:
		p->seg.ack--;
		return true;
	case SIM_ACK_BEYOND:
		p->seg.ack++;
		return true;
	case SIM_LAST_ACK:
		return false;
	case SIM_ACK_LATE:
		if (e->lies == 0)
			lie_again(s, e, 2 * NS_PER_S);
		if (e->lies == 1)
			p->seg.ack--;
		return e->lies > 1 || p->seg.len;
	default:
		return true;
	}
}

bool sim_lie_emit(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	uint8_t flags = p->seg.flags;

	if (flags & FLAG_RST)
		return lie_rst(s, e, p);
	if (e->plan->lie == SIM_SEQ_BELOW && flags == FLAG_ACK && e->fin_sent &&
	    seq_before(e->fin, e->una))
		p->seg.seq = e->fin;
	if (e->fin_got && flags & FLAG_ACK && !lie_fin_ack(s, e, p))
		return false;
	return flags & FLAG_FIN ? lie_fin(s, e, p) : true;
}

static void storm(struct sim *s, struct sim_end *e, uint8_t flags, uint32_t seq)
{
	if (e->lies > STORM)
		return;
	sim_emit(s, e, flags, seq, 0);
	lie_again(s, e, NS_PER_MS);
}

void sim_lie_timer(struct sim *s, struct sim_end *e)
{
	e->lying = true;
	switch (e->plan->lie) {
	case SIM_DATA_AFTER_FIN:
		sim_emit(s, e, FLAG_PSH | FLAG_ACK, e->fin + 1, 100);
		break;
	case SIM_NO_BACKOFF:
		if (seq_before(e->fin, e->una) || e->lies > 8)
			break;
		sim_emit(s, e, FLAG_FIN | FLAG_ACK, e->fin, 0);
		lie_again(s, e, 300 * NS_PER_MS);
		break;
	case SIM_FIN_STORM:
		storm(s, e, FLAG_FIN | FLAG_ACK, e->fin);
		break;
	case SIM_RST_STORM:
		storm(s, e, FLAG_RST | FLAG_ACK, e->nxt);
		break;
	case SIM_AFTER_RST:
		sim_emit(s, e, FLAG_PSH | FLAG_ACK, e->nxt, 100);
		e->nxt += 100;
		if (e->lies < 4)
			lie_again(s, e, 400 * NS_PER_MS);
		break;
	case SIM_ACK_LATE:
		e->lies++;
		sim_ack(s, e);
		break;
	default:
		break;
	}
	e->lying = false;
}

void sim_lie_rst(struct sim *s, struct sim_end *e)
{
	if (e->plan->lie == SIM_RST_TO_RST && e->lies++ == 0)
		sim_emit(s, e, FLAG_RST | FLAG_ACK, 0, 0);
}
