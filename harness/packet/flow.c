/*
 * One connection's numbers. Knows nothing of states or of what is expected:
 * only who sent what.
 */
#include "packet/flow.h"

#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "base/seq.h"

void flow_reset(struct flow *flow)
{
	memset(flow->tcb, 0, sizeof(flow->tcb));
}

static bool same_end(int family, const struct seg_end *a,
		     const struct seg_end *b)
{
	size_t len = family == AF_INET ? 4 : 16;

	return a->port == b->port && memcmp(a->addr, b->addr, len) == 0;
}

bool flow_side(const struct flow *flow, const struct seg *seg, enum side *from)
{
	for (int s = SIDE_A; s <= SIDE_B; s++) {
		const struct seg_end *src = &flow->end[s];
		const struct seg_end *dst = &flow->end[side_other(s)];

		if (seg->family == flow->family &&
		    same_end(seg->family, &seg->src, src) &&
		    same_end(seg->family, &seg->dst, dst)) {
			*from = (enum side)s;
			return true;
		}
	}
	return false;
}

bool flow_tcb_is_another(const struct flow_tcb *tcb, const struct seg *syn)
{
	return !tcb->known || tcb->iss != syn->seq ||
	       (syn->flags & FLAG_ACK && tcb->syn_acked &&
		tcb->syn_ack != syn->ack);
}

void flow_tcb_begin(struct flow_tcb *tcb, const struct seg *syn)
{
	struct flow_tcb old = *tcb;

	memset(tcb, 0, sizeof(*tcb));
	tcb->old_known = old.known;
	tcb->old_nxt = old.snd_nxt;
	tcb->tsval = old.tsval;
	tcb->known = true;
	tcb->iss = syn->seq;
	tcb->snd_nxt = syn->seq + seg_span(syn);
	tcb->rcv_wind_shift = syn->scale;
	tcb->ts_in_syn = syn->has_ts;
}

static void note_seq(struct flow_tcb *tcb, const struct seg *seg)
{
	uint32_t next = seg->seq + seg_span(seg);

	if (seg->flags & FLAG_SYN && flow_tcb_is_another(tcb, seg))
		flow_tcb_begin(tcb, seg);
	if (seg->flags & FLAG_SYN && seg->flags & FLAG_ACK) {
		tcb->syn_acked = true;
		tcb->syn_ack = seg->ack;
	}
	if (!tcb->known || seq_after(next, tcb->snd_nxt))
		tcb->snd_nxt = next;
}

static void note_ack(struct flow_tcb *tcb, const struct seg *seg)
{
	uint32_t shift = seg->flags & FLAG_SYN ? 0 : tcb->rcv_wind_shift;
	uint32_t edge = seg->ack + ((uint32_t)seg->win << shift);

	tcb->rcv_nxt = seg->ack;
	if (!tcb->ack_sent || seq_after(seg->ack, tcb->rcv_nxt_max))
		tcb->rcv_nxt_max = seg->ack;
	if (!tcb->ack_sent || seq_after(edge, tcb->rcv_edge))
		tcb->rcv_edge = edge;
	tcb->ack_sent = true;
}

void flow_tcb_note(struct flow_tcb *tcb, const struct seg *seg)
{
	if (seg->flags & FLAG_RST) {
		tcb->rst_sent = true;
		return;
	}
	note_seq(tcb, seg);
	if (seg->flags & FLAG_FIN && !tcb->fin_sent) {
		tcb->fin_sent = true;
		tcb->fin_seq = seg->seq + (uint32_t)seg->len;
	}
	if (seg->flags & FLAG_ACK)
		note_ack(tcb, seg);
	tcb->rcv_wnd = seg->win;
	tcb->has_ts = seg->has_ts;
	if (!seg->has_ts)
		return;
	tcb->tsval_before = tcb->tsval;
	tcb->tsval = seg->tsval;
}

void flow_note(struct flow *flow, enum side from, const struct seg *seg)
{
	flow_tcb_note(&flow->tcb[from], seg);
}

uint32_t flow_octets(const struct flow_tcb *tcb)
{
	return tcb->known ? tcb->snd_nxt - tcb->iss - 1 - tcb->fin_sent : 0;
}

uint32_t flow_snd_una(const struct flow *flow, enum side side)
{
	const struct flow_tcb *tcb = &flow->tcb[side];
	uint32_t acked = flow->tcb[side_other(side)].rcv_nxt;

	return acked - tcb->iss <= tcb->snd_nxt - tcb->iss ? acked : tcb->iss;
}

static int64_t relative(const struct flow_tcb *tcb, uint32_t number)
{
	return tcb->known ? (int32_t)(number - tcb->iss) : (int64_t)number;
}

int64_t flow_rel_seq(const struct flow *flow, enum side from, uint32_t seq)
{
	return relative(&flow->tcb[from], seq);
}

int64_t flow_shown_seq(const struct flow *flow, enum side from,
		       const struct seg *seg)
{
	const uint8_t both = FLAG_RST | FLAG_ACK;

	if (!seg->seq && (seg->flags & both) == both &&
	    seg->seq != flow->tcb[from].snd_nxt)
		return 0;
	return flow_rel_seq(flow, from, seg->seq);
}

int64_t flow_rel_ack(const struct flow *flow, enum side from, uint32_t ack)
{
	return relative(&flow->tcb[side_other(from)], ack);
}
