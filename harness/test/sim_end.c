/*
 * A simulated end: what it sends, and its timers. What arrives is the
 * business of sim_got.c, what its application wants that of sim_app.c.
 */
#include "test/sim_own.h"

#include <sys/socket.h>

static uint16_t window(struct sim_end *e, bool syn)
{
	uint32_t room =
		e->plan->buffer > e->unread ? e->plan->buffer - e->unread : 0;
	unsigned int shift = syn || !e->scaling ? 0 : e->plan->scale;
	uint32_t field;

	if (seq_before(e->edge, e->rcv_nxt + room))
		e->edge = e->rcv_nxt + room;
	/* Rounded up: the right edge must not move to the left. */
	field = (e->edge - e->rcv_nxt + (1u << shift) - 1) >> shift;
	if (field > 65535)
		field = 65535;
	if (seq_before(e->edge, e->rcv_nxt + (field << shift)))
		e->edge = e->rcv_nxt + (field << shift);
	return (uint16_t)field;
}

static uint32_t now_ts(const struct sim *s, const struct sim_end *e)
{
	return e->plan->ts_start + (uint32_t)(s->now / NS_PER_MS);
}

static void put32(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 24);
	at[1] = (uint8_t)(v >> 16);
	at[2] = (uint8_t)(v >> 8);
	at[3] = (uint8_t)v;
}

static void add_syn_options(const struct sim_end *e, struct sim_packet *p,
			    bool answers)
{
	uint8_t *o = p->opts;

	p->scale = 255;
	p->mss = (uint16_t)e->plan->mss;
	o[0] = 2;
	o[1] = 4;
	o[2] = (uint8_t)(p->mss >> 8);
	o[3] = (uint8_t)p->mss;
	p->opts_len = 4;
	if (!e->plan->offers_scale || (answers && !e->scaling))
		return;
	p->scale = e->plan->scale;
	p->seg.has_scale = true;
	p->seg.scale = p->scale < 14 ? p->scale : 14;
	o[4] = 1;
	o[5] = 3;
	o[6] = 3;
	o[7] = p->scale;
	p->opts_len = 8;
}

static void add_timestamps(const struct sim *s, const struct sim_end *e,
			   struct sim_packet *p)
{
	uint8_t *o = p->opts + p->opts_len;

	p->seg.has_ts = true;
	p->seg.tsval = now_ts(s, e);
	p->seg.tsecr = p->seg.flags & FLAG_ACK ? e->ts_recent : 0;
	o[0] = 1;
	o[1] = 1;
	o[2] = 8;
	o[3] = 10;
	put32(o + 4, p->seg.tsval);
	put32(o + 8, p->seg.tsecr);
	p->opts_len += 12;
}

static bool wants_timestamps(const struct sim_end *e, uint8_t flags)
{
	if (flags & FLAG_RST)
		return e->ts && e->plan->rst_has_ts;
	if ((flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
		return e->plan->offers_ts;
	return e->ts;
}

static void fill(const struct sim *s, struct sim_end *e, struct sim_packet *p)
{
	struct seg *seg = &p->seg;
	bool syn = seg->flags & FLAG_SYN;

	seg->family = AF_INET;
	seg->src.addr[3] = (uint8_t)(1 + e->side);
	seg->dst.addr[3] = (uint8_t)(2 - e->side);
	seg->src.port = e->side == SIDE_A ? 40000 : 80;
	seg->dst.port = e->side == SIDE_A ? 80 : 40000;
	seg->csum_ok = true;
	if (seg->flags & FLAG_ACK)
		seg->ack = e->rcv_nxt;
	if (!(seg->flags & FLAG_RST))
		seg->win = window(e, syn);
	if (syn)
		add_syn_options(e, p, seg->flags & FLAG_ACK);
	if (wants_timestamps(e, seg->flags))
		add_timestamps(s, e, p);
}

void sim_emit(struct sim *s, struct sim_end *e, uint8_t flags, uint32_t seq,
	      uint32_t len)
{
	struct sim_packet p = { .from = e->side };

	p.seg.flags = flags;
	p.seg.seq = seq;
	p.seg.len = len;
	fill(s, e, &p);
	if (flags & FLAG_ACK)
		e->timer[SIM_T_ACK] = SIM_NEVER;
	if (seq_before(e->max, seq + seg_span(&p.seg)) && !(flags & FLAG_RST))
		e->max = seq + seg_span(&p.seg);
	if (e->plan->bug == SIM_HEALTHY || sim_bug_emit(s, e, &p))
		sim_send(s, &p);
}

void sim_ack(struct sim *s, struct sim_end *e)
{
	sim_emit(s, e, FLAG_ACK, e->nxt, 0);
}

void sim_keep_alive(struct sim *s, struct sim_end *e)
{
	if (e->plan->keep_ns)
		e->timer[SIM_T_KEEP] = s->now + e->plan->keep_ns;
}

/* CLOSED: nothing more of its own will. */
void sim_finish(struct sim_end *e)
{
	int t;

	e->state = TCP_STATE_CLOSED;
	for (t = 0; t < SIM_T_COUNT; t++)
		if (t != SIM_T_BUG)
			e->timer[t] = SIM_NEVER;
}

static uint32_t data_end(const struct sim_end *e)
{
	return e->plan->iss + 1 + e->written;
}

static void fin_out(struct sim_end *e, uint32_t seq)
{
	e->fin_sent = true;
	e->fin = seq;
	e->state = e->state == TCP_STATE_CLOSE_WAIT ? TCP_STATE_LAST_ACK
						    : TCP_STATE_FIN_WAIT_1;
}

/* One new segment at nxt. False: nothing to send, or no room. */
static bool push_one(struct sim *s, struct sim_end *e)
{
	uint32_t have = data_end(e) - e->nxt, len = have;
	uint32_t room = seq_before(e->nxt, e->limit) ? e->limit - e->nxt : 0;
	uint8_t flags = FLAG_ACK;

	if (e->fin_sent || e->nxt - e->una >= 10 * e->mss)
		return false;
	if (len > e->mss)
		len = e->mss;
	if (len > room)
		len = room;
	if (len == have && len)
		flags |= FLAG_PSH;
	if (len == have && e->fin_wanted && len < room) {
		flags |= FLAG_FIN;
		fin_out(e, e->nxt + len);
	} else if (len == 0) {
		return false;
	}
	e->nxt += len + (flags & FLAG_FIN ? 1 : 0);
	sim_emit(s, e, flags, e->nxt - len - (flags & FLAG_FIN ? 1 : 0), len);
	return true;
}

static bool can_send(const struct sim_end *e)
{
	return e->state == TCP_STATE_ESTABLISHED ||
	       e->state == TCP_STATE_CLOSE_WAIT;
}

/* Which timer waits for what. */
static void arm(struct sim *s, struct sim_end *e, bool sent)
{
	int64_t *resend = &e->timer[SIM_T_RESEND];
	bool pending = can_send(e) && (data_end(e) != e->nxt || e->fin_wanted);

	if (e->una == e->nxt)
		*resend = SIM_NEVER;
	else if (*resend == SIM_NEVER)
		*resend = s->now + e->rto_ns;
	if (e->una == e->nxt || !e->plan->tail_probe)
		e->timer[SIM_T_TAIL] = SIM_NEVER;
	else if (sent)
		e->timer[SIM_T_TAIL] =
			s->now + (e->rto_ns - 200 * NS_PER_MS) * 2;
	if (e->una != e->nxt || !pending)
		e->timer[SIM_T_PERSIST] = SIM_NEVER;
	else if (e->timer[SIM_T_PERSIST] == SIM_NEVER)
		e->timer[SIM_T_PERSIST] = s->now + e->rto_ns;
}

void sim_push(struct sim *s, struct sim_end *e)
{
	bool sent = false;

	while (can_send(e) && push_one(s, e))
		sent = true;
	arm(s, e, sent);
}

/* Again from seq on, as much as fits: what was sent apart may be merged. */
static void send_again(struct sim *s, struct sim_end *e, uint32_t seq)
{
	uint32_t end = e->fin_sent ? e->fin : e->nxt;
	uint32_t len = seq_before(seq, end) ? end - seq : 0;
	uint8_t flags = FLAG_ACK;

	if (len > e->mss)
		len = e->mss;
	if (e->fin_sent && seq + len == e->fin)
		flags |= FLAG_FIN;
	if (len)
		flags |= FLAG_PSH;
	e->resent = seq + len;
	sim_emit(s, e, flags, seq, len);
}

void sim_resend(struct sim *s, struct sim_end *e)
{
	if (e->state == TCP_STATE_SYN_SENT)
		sim_emit(s, e, FLAG_SYN, e->plan->iss, 0);
	else if (e->state == TCP_STATE_SYN_RECEIVED)
		sim_emit(s, e, FLAG_SYN | FLAG_ACK, e->plan->iss, 0);
	else if (e->una != e->nxt)
		send_again(s, e, e->una);
}

static void resend_fires(struct sim *s, struct sim_end *e)
{
	int64_t wait = e->rto_ns;

	if (e->state == TCP_STATE_CLOSED)
		return;
	if (e->state == TCP_STATE_SYN_SENT ||
	    e->state == TCP_STATE_SYN_RECEIVED)
		wait = NS_PER_S;
	if (++e->backoff > SIM_RETRIES) {
		s->truth->gave_up[e->side] = true;
		sim_finish(e);
		return;
	}
	e->recovering = true;
	e->recover = e->nxt;
	e->timer[SIM_T_TAIL] = SIM_NEVER;
	sim_resend(s, e);
	e->timer[SIM_T_RESEND] = s->now + (wait << e->backoff);
}

static void tail_fires(struct sim *s, struct sim_end *e)
{
	uint32_t end = e->fin_sent ? e->fin : e->nxt;

	if (e->una == e->nxt || e->backoff)
		return;
	if (seq_before(e->una + e->mss, end))
		send_again(s, e, end - e->mss);
	else
		send_again(s, e, e->una);
	e->timer[SIM_T_RESEND] = s->now + e->rto_ns;
}

/* A zero-window probe, of either kind in use. */
static void persist_fires(struct sim *s, struct sim_end *e)
{
	int64_t wait = e->rto_ns << (e->backoff < 6 ? e->backoff : 6);

	sim_push(s, e);
	if (e->una != e->nxt || !can_send(e))
		return;
	if (++e->backoff > SIM_RETRIES) {
		s->truth->gave_up[e->side] = true;
		sim_finish(e);
		return;
	}
	if (e->plan->probes_octet && data_end(e) != e->nxt)
		sim_emit(s, e, FLAG_ACK, e->nxt, 1);
	else
		sim_emit(s, e, FLAG_ACK, e->una - 1, 0);
	e->timer[SIM_T_PERSIST] = s->now + wait * 2;
}

static void keep_fires(struct sim *s, struct sim_end *e)
{
	sim_keep_alive(s, e);
	if (e->una != e->nxt || e->state == TCP_STATE_TIME_WAIT)
		return;
	if (++e->unanswered > SIM_RETRIES) {
		s->truth->gave_up[e->side] = true;
		sim_abort(s, e);
		return;
	}
	sim_emit(s, e, FLAG_ACK, e->una - 1, 0);
}

static void wait_fires(struct sim *s, struct sim_end *e)
{
	(void)s;
	sim_finish(e);
}

void sim_end_timer(struct sim *s, struct sim_end *e, enum sim_timer t)
{
	typedef void timer_fn(struct sim *, struct sim_end *);
	static timer_fn *const fires[SIM_T_COUNT] = {
		[SIM_T_APP] = sim_app,	       [SIM_T_READ] = sim_app_read,
		[SIM_T_RESEND] = resend_fires, [SIM_T_TAIL] = tail_fires,
		[SIM_T_ACK] = sim_ack,	       [SIM_T_PERSIST] = persist_fires,
		[SIM_T_KEEP] = keep_fires,     [SIM_T_WAIT] = wait_fires,
		[SIM_T_BUG] = sim_bug_timer,
	};

	e->timer[t] = SIM_NEVER;
	fires[t](s, e);
}

void sim_end_start(struct sim *s, enum side side)
{
	const struct sim_hop *h = s->plan->hop;
	struct sim_end *e = &s->end[side];
	int t;

	e->plan = &s->plan->side[side];
	e->side = side;
	e->state = side == SIDE_A ? TCP_STATE_SYN_SENT : TCP_STATE_LISTEN;
	e->una = e->plan->iss;
	e->nxt = e->max = e->una + 1;
	e->mss = e->plan->mss;
	e->rto_ns = 200 * NS_PER_MS +
		    2 * (h[0].delay_ns + h[0].jitter_ns + h[1].delay_ns +
			 h[1].jitter_ns) +
		    40 * NS_PER_MS;
	if (e->plan->rto_ns)
		e->rto_ns = e->plan->rto_ns;
	for (t = 0; t < SIM_T_COUNT; t++)
		e->timer[t] = SIM_NEVER;
	if (side == SIDE_B) {
		if (s->plan->refuses)
			e->state = TCP_STATE_CLOSED;
		return;
	}
	sim_resend(s, e);
	e->timer[SIM_T_RESEND] = s->now + NS_PER_S;
}
