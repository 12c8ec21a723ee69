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
	memset(flow->half, 0, sizeof(flow->half));
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

static void note_seq(struct flow_half *half, const struct seg *seg)
{
	uint32_t next = seg->seq + seg_span(seg);

	if (seg->flags & FLAG_SYN && (!half->known || half->isn != seg->seq)) {
		memset(half, 0, sizeof(*half));
		half->known = true;
		half->isn = seg->seq;
		half->next = next;
	}
	if (!half->known || seq_after(next, half->next))
		half->next = next;
}

void flow_note(struct flow *flow, enum side from, const struct seg *seg)
{
	struct flow_half *half = &flow->half[from];

	if (seg->flags & FLAG_RST) /* its numbers are not the sender's own */
		return;
	note_seq(half, seg);
	if (seg->flags & FLAG_ACK)
		half->acked = seg->ack;
	half->win = seg->win;
	half->has_ts = seg->has_ts;
	if (seg->has_ts)
		half->tsval = seg->tsval;
}

static int64_t relative(const struct flow_half *half, uint32_t number)
{
	return half->known ? (int32_t)(number - half->isn) : (int64_t)number;
}

int64_t flow_rel_seq(const struct flow *flow, enum side from, uint32_t seq)
{
	return relative(&flow->half[from], seq);
}

int64_t flow_rel_ack(const struct flow *flow, enum side from, uint32_t ack)
{
	return relative(&flow->half[side_other(from)], ack);
}
