/*
 * The simulator's network: two hops that delay, lose, double and reorder,
 * the vantage point between them and its capture. Knows nothing of states.
 */
#include "test/sim_own.h"

#define SWAP_NS (2 * NS_PER_MS) /* no capture is out of order for longer */

uint64_t sim_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t sim_below(uint64_t *state, uint64_t n)
{
	return n ? sim_random(state) % n : 0;
}

bool sim_chance(uint64_t *state, unsigned int in_thousand)
{
	return sim_below(state, 1000) < in_thousand;
}

/* The ear's pointers are only valid for the call. */
static void hand_over(struct sim *s, struct sim_packet *p, int64_t at_ns)
{
	p->seg.opts = p->opts;
	p->seg.opts_len = p->opts_len;
	p->seg.data = NULL;
	s->truth->segments++;
	s->seen(s->ctx, p->from, &p->seg, at_ns);
}

void sim_capture_end(struct sim *s)
{
	if (s->keeping)
		hand_over(s, &s->kept, s->kept_at);
	s->keeping = false;
}

/* Stamps are right even when the order is not. */
static void capture(struct sim *s, struct sim_packet *p)
{
	const struct sim_plan *plan = s->plan;

	if (s->now < plan->from_ns || (plan->to_ns && s->now > plan->to_ns))
		return;
	if (sim_chance(&s->random, plan->miss))
		return;
	if (s->now - s->kept_at > SWAP_NS)
		sim_capture_end(s);
	if (!s->keeping && sim_chance(&s->random, plan->swap)) {
		s->kept = *p;
		s->kept_at = s->now;
		s->keeping = true;
		return;
	}
	hand_over(s, p, s->now);
	if (sim_chance(&s->random, plan->twice))
		hand_over(s, p, s->now + NS_PER_US);
	sim_capture_end(s);
}

static void put(struct sim *s, const struct sim_packet *p, enum side hop)
{
	const struct sim_hop *h = &s->plan->hop[hop];
	int64_t *last = &s->last_at[p->from][hop];
	int64_t at = s->now + h->delay_ns +
		     (int64_t)sim_below(&s->random, (uint64_t)h->jitter_ns);

	if (sim_chance(&s->random, h->reorder))
		at += (int64_t)sim_below(&s->random, 3 * NS_PER_MS) +
		      h->jitter_ns;
	else
		*last = at = at > *last ? at : *last + 1;
	if (s->n_packets == SIM_PACKETS) {
		s->truth->overrun = true;
		return;
	}
	s->packet[s->n_packets] = *p;
	s->packet[s->n_packets++].at_ns = at;
}

/* Whether the plan takes this one away, by chance or on purpose. */
static bool loses(struct sim *s, const struct sim_packet *p, enum side hop)
{
	const struct sim_plan *plan = s->plan;

	if (hop == SIDE_B && plan->mute_ns && s->now >= plan->mute_ns)
		return true;
	if (hop == SIDE_B && p->from == SIDE_A && (p->seg.flags & FLAG_FIN) &&
	    s->fins_lost < plan->lose_fins) {
		s->fins_lost++;
		return true;
	}
	return sim_chance(&s->random, plan->hop[hop].loss);
}

static void note_loss(struct sim *s, const struct sim_packet *p)
{
	const struct sim_end *peer = &s->end[side_other(p->from)];

	if (p->seg.flags & FLAG_FIN)
		s->lost_fin[p->from] = true;
	if (p->seg.flags & FLAG_RST)
		s->lost_rst[p->from] = true;
	if (peer->fin_sent && seq_before(peer->fin, p->seg.ack))
		s->lost_ack[p->from] = true;
}

static void travel(struct sim *s, const struct sim_packet *p)
{
	enum side hop = p->passed ? side_other(p->from) : p->from;

	if (loses(s, p, hop)) {
		if (p->passed)
			note_loss(s, p);
		return;
	}
	put(s, p, hop);
	if (sim_chance(&s->random, s->plan->hop[hop].dup))
		put(s, p, hop);
}

static void note_passing(struct sim *s, const struct sim_packet *p)
{
	struct sim_truth *t = s->truth;
	const struct sim_end *peer = &s->end[side_other(p->from)];

	if (p->seg.flags & FLAG_FIN) {
		t->fin[p->from] = true;
		if (!peer->fin_sent || !seq_after(p->seg.ack, peer->fin))
			t->fin_early[p->from] = true;
	}
	if (p->seg.flags & FLAG_RST)
		t->rst[p->from] = true;
}

void sim_send(struct sim *s, const struct sim_packet *p)
{
	if (s->send)
		s->send(s, p);
	else
		travel(s, p);
}

void sim_arrive(struct sim *s, int packet)
{
	struct sim_packet p = s->packet[packet];

	s->packet[packet] = s->packet[--s->n_packets];
	if (!p.passed) {
		p.passed = true;
		note_passing(s, &p);
		capture(s, &p);
		travel(s, &p);
		return;
	}
	if (p.seg.flags & FLAG_RST)
		s->rst_came[p.from] = true;
	sim_got(s, &s->end[side_other(p.from)], &p);
}
