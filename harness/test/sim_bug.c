/*
 * Ends with a bug: what a stack with that bug would send in place of what the
 * simulated end wanted to send.
 */
#include "test/sim_own.h"

#define STORM 60

static bool send_again(struct sim *s, struct sim_end *e, int64_t wait_ns)
{
	e->bug_count++;
	e->timer[SIM_T_BUG] = s->now + wait_ns;
	return true;
}

/* The first time only. */
static bool send_once(struct sim *s, struct sim_end *e, int64_t wait_ns)
{
	return e->bug_count ? true : send_again(s, e, wait_ns);
}

static bool bend_fin(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	switch (e->plan->bug) {
	case SIM_FIN_ONCE:
		return e->bug_count++ == 0;
	case SIM_FIN_MOVES:
		p->seg.seq += e->bug_count++ ? 1 : 0;
		return true;
	case SIM_DATA_AFTER_FIN:
		return send_once(s, e, NS_PER_MS);
	case SIM_NO_BACKOFF:
		return e->bug_count ? e->bug_sends
				    : send_again(s, e, 300 * NS_PER_MS);
	case SIM_FIN_STORM:
		return send_once(s, e, NS_PER_MS);
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

static bool bend_rst(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	switch (e->plan->bug) {
	case SIM_RST_DATA:
		p->seg.len = 20;
		return true;
	case SIM_RST_SEQ:
		p->seg.seq += 5;
		return true;
	case SIM_AFTER_RST:
		return send_once(s, e, 400 * NS_PER_MS);
	case SIM_RST_STORM:
		return send_once(s, e, NS_PER_MS);
	default:
		return true;
	}
}

/* What acknowledges the peer's FIN. */
static bool bend_fin_ack(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	switch (e->plan->bug) {
	case SIM_FIN_ACK_LOW:
		p->seg.ack--;
		return true;
	case SIM_ACK_BEYOND:
		p->seg.ack++;
		return true;
	case SIM_LAST_ACK:
		return false;
	case SIM_ACK_LATE:
		if (e->bug_count == 0)
			send_again(s, e, 2 * NS_PER_S);
		if (e->bug_count == 1)
			p->seg.ack--;
		return e->bug_count > 1 || p->seg.len;
	default:
		return true;
	}
}

bool sim_bug_emit(struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	uint8_t flags = p->seg.flags;

	if (flags & FLAG_RST)
		return bend_rst(s, e, p);
	if (e->plan->bug == SIM_SEQ_BELOW && flags == FLAG_ACK && e->fin_sent &&
	    seq_before(e->fin, e->una))
		p->seg.seq = e->fin;
	if (e->fin_got && flags & FLAG_ACK && !bend_fin_ack(s, e, p))
		return false;
	return flags & FLAG_FIN ? bend_fin(s, e, p) : true;
}

static void storm(struct sim *s, struct sim_end *e, uint8_t flags, uint32_t seq)
{
	if (e->bug_count > STORM)
		return;
	sim_emit(s, e, flags, seq, 0);
	send_again(s, e, NS_PER_MS);
}

void sim_bug_timer(struct sim *s, struct sim_end *e)
{
	e->bug_sends = true;
	switch (e->plan->bug) {
	case SIM_DATA_AFTER_FIN:
		sim_emit(s, e, FLAG_PSH | FLAG_ACK, e->fin + 1, 100);
		break;
	case SIM_NO_BACKOFF:
		if (seq_before(e->fin, e->una) || e->bug_count > 8)
			break;
		sim_emit(s, e, FLAG_FIN | FLAG_ACK, e->fin, 0);
		send_again(s, e, 300 * NS_PER_MS);
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
		if (e->bug_count < 4)
			send_again(s, e, 400 * NS_PER_MS);
		break;
	case SIM_ACK_LATE:
		e->bug_count++;
		sim_ack(s, e);
		break;
	default:
		break;
	}
	e->bug_sends = false;
}

void sim_bug_rst(struct sim *s, struct sim_end *e)
{
	if (e->plan->bug == SIM_RST_TO_RST && e->bug_count++ == 0)
		sim_emit(s, e, FLAG_RST | FLAG_ACK, 0, 0);
}
