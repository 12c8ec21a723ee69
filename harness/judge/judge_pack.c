/*
 * A judge packed small, for connections that ended as most do: each end sent
 * one FIN, which the other one acknowledged, and no rule was broken. What
 * must be told of these is the same however long they rest. Knows nothing of
 * any rule.
 */
#include <string.h>

#include "base/clock.h"
#include "judge/judge_own.h"

#define ORDER (JUDGE_A_FIRST | JUDGE_B_FIRST | JUDGE_CROSSED)

/* From the first segment to the last; too long is longer than a half tells. */
static uint64_t whole_ms(int64_t start_ns, int64_t last_ns)
{
	return ((uint64_t)last_ns - (uint64_t)start_ns) / (uint64_t)NS_PER_MS;
}

static enum side silent_side(const struct judge *j)
{
	return j->half[SIDE_A].last_ms < j->half[SIDE_B].last_ms ? SIDE_A
								 : SIDE_B;
}

/* Whether it has sent one FIN, and what unpack_half supposes is so. */
static bool is_plain_half(const struct judge_half *h,
			  const struct judge_half *o)
{
	uint32_t odd = h->seen & (HALF_RST | HALF_RST_ODD);

	odd |= ~h->seen & (HALF_FIN | HALF_ACKS);
	odd |= h->next ^ (h->fin + 1);
	odd |= h->acked ^ (o->fin + 1);
	odd |= h->fin_last_ms ^ h->fin_ms;
	odd |= h->fin_gap_ms | h->rst_seq | h->rst_ms | h->said;
	odd |= (uint32_t)h->rsts | h->low_acks | h->storm | h->early;
	odd |= (h->fins ^ 1u) | h->even_gaps | h->below | h->late;
	return !odd;
}

/* Whether what is packed as a difference is a small one. */
static bool is_near_half(const struct judge_half *h, const struct judge_half *o,
			 uint32_t ms)
{
	uint32_t far = (ms - h->last_ms) | (ms - h->fin_ms);

	far |= (h->tsval - h->fin_ts) | (o->next - h->others);
	return !(far >> 16);
}

static bool is_plain(const struct judge *j, uint64_t ms)
{
	const struct judge_half *a = &j->half[SIDE_A], *b = &j->half[SIDE_B];
	uint32_t last = j->half[side_other(silent_side(j))].last_ms;
	bool plain = j->end_ns == 0 && j->stray == 0 && j->aborted == 0 &&
		     j->any && j->closed && !(j->order & ~ORDER);

	return plain && ms == last && is_plain_half(a, b) &&
	       is_plain_half(b, a) && is_near_half(a, b, last) &&
	       is_near_half(b, a, last);
}

static void pack_half(const struct judge *j, size_t i, uint32_t ms,
		      struct judge_packed *p)
{
	const struct judge_half *h = &j->half[i];

	p->seen[i] = h->seen;
	p->isn[i] = h->isn;
	p->fin[i] = h->fin;
	p->edge[i] = h->edge;
	p->tsval[i] = h->tsval;
	p->tick[i] = h->tick;
	p->now[i] = h->now;
	p->before[i] = h->before;
	p->rtt_ms[i] = h->rtt_ms;
	p->fin_ms[i] = (uint16_t)(ms - h->fin_ms);
	p->fin_ts[i] = (uint16_t)(h->tsval - h->fin_ts);
	p->others[i] = (uint16_t)(j->half[!i].next - h->others);
}

bool judge_pack(const struct judge *j, struct judge_packed *p)
{
	uint64_t ms = whole_ms(j->start_ns, j->last_ns);
	enum side silent = silent_side(j);

	if (!is_plain(j, ms))
		return false;
	p->start_ns = j->start_ns;
	p->last_ns = j->last_ns;
	pack_half(j, SIDE_A, (uint32_t)ms, p);
	pack_half(j, SIDE_B, (uint32_t)ms, p);
	p->silent_ms = (uint16_t)(ms - j->half[silent].last_ms);
	p->silent = silent & 1;
	p->order = j->order & ORDER;
	p->scale_a = j->half[SIDE_A].scale & 0xf;
	p->scale_b = j->half[SIDE_B].scale & 0xf;
	return true;
}

static void unpack_half(const struct judge_packed *p, size_t i, uint32_t ms,
			struct judge_half *h)
{
	h->seen = p->seen[i];
	h->next = p->fin[i] + 1;
	h->acked = p->fin[!i] + 1;
	h->edge = p->edge[i];
	h->tsval = p->tsval[i];
	h->last_ms = ms;
	h->tick = p->tick[i];
	h->now = p->now[i];
	h->before = p->before[i];
	h->rtt_ms = p->rtt_ms[i];
	h->isn = p->isn[i];
	h->fin = p->fin[i];
	h->fin_ts = h->tsval - p->fin_ts[i];
	h->fin_ms = ms - p->fin_ms[i];
	h->fin_last_ms = h->fin_ms;
	h->others = p->fin[!i] + 1 - p->others[i];
	h->fins = 1;
}

void judge_unpack(const struct judge_packed *p, struct judge *j)
{
	uint32_t ms = (uint32_t)whole_ms(p->start_ns, p->last_ns);

	memset(j, 0, sizeof(*j));
	unpack_half(p, SIDE_A, ms, &j->half[SIDE_A]);
	unpack_half(p, SIDE_B, ms, &j->half[SIDE_B]);
	j->half[p->silent].last_ms -= p->silent_ms;
	j->half[SIDE_A].scale = p->scale_a & 0xf;
	j->half[SIDE_B].scale = p->scale_b & 0xf;
	j->start_ns = p->start_ns;
	j->last_ns = p->last_ns;
	j->order = p->order;
	j->any = true;
	j->closed = true;
}

void judge_packed_summarise(const struct judge_packed *p,
			    struct judge_summary *s)
{
	uint16_t a = p->fin_ms[SIDE_A], b = p->fin_ms[SIDE_B];

	*s = (struct judge_summary){
		.ending = judge_both_ending(p->order),
		.closed_first = judge_first(p->order),
		.opened_outside =
			!((p->seen[SIDE_A] | p->seen[SIDE_B]) & HALF_SYN),
		.half_closed_ns = (a < b ? b - a : a - b) * NS_PER_MS,
	};
	for (int side = SIDE_A; side <= SIDE_B; side++)
		s->state[side] = judge_closed_state(p->seen[side], true, true);
}
