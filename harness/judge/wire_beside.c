/*
 * A box on the way may number a connection anew and leave its addresses alone.
 * What is captured on both sides of it are two connections of the same ends at
 * the same time: whether a SYN begins the second one, and how far a segment is
 * from what each has shown. Knows no rule.
 */
#include "base/clock.h"
#include "judge/wire_own.h"

/* A box passes a SYN on as soon as it knows where to, and its answer at once. */
#define SYN_PASSES_NS	 NS_PER_S
#define ANSWER_PASSES_NS (NS_PER_S / 5)

/* 400 Gbit/s, the fastest Ethernet that there is in numbers. */
#define LINK_OCTETS_IN_NS 50

/* Further than a window is wide, but for few. */
#define FAR (UINT32_C(1) << 22)

/* The clocks of two interfaces may differ. */
static bool is_soon(const struct wire_judge *j, int64_t at_ns, int64_t within)
{
	uint64_t since = at_ns > j->last_ns
				 ? (uint64_t)at_ns - (uint64_t)j->last_ns
				 : (uint64_t)j->last_ns - (uint64_t)at_ns;

	return since <= (uint64_t)within;
}

static bool has_other_isn(const struct wire_end *e, const struct seg *seg)
{
	return end_has(e, SENT_SYN) && e->snd_isn != seg->seq;
}

/* Another SYN of the same end, before any answer to the first. */
static bool is_passed_syn(const struct wire_end *me,
			  const struct wire_end *peer)
{
	return !end_has(me, SENT_ACK) && !end_has(peer, SENT_ANY);
}

/* Another answer to the same SYN, before the first one was acknowledged. */
static bool is_passed_answer(const struct wire_end *me,
			     const struct wire_end *peer, const struct seg *seg)
{
	return end_has(me, SENT_SYN_ACK) && end_has(peer, SENT_SYN) &&
	       seg->ack == peer->snd_isn + 1 && !end_has(peer, SENT_ACK);
}

/* The SYN that it answers came when the first answer was acknowledged. */
static bool answers_amid(const struct wire_judge *j, enum side from,
			 const struct seg *seg)
{
	const struct wire_end *peer = &j->end[side_other(from)];
	enum side stray = j->order & ORDER_STRAY_B ? SIDE_B : SIDE_A;

	if (end_has(peer, SYN_AMID) && seg->ack == peer->snd_isn + 1)
		return true;
	return j->order & ORDER_STRAY && stray != from &&
	       seg->ack == j->stray_isn + 1;
}

/*
 * A proxy answers for the other end, and opens the connection to that one when
 * its own answer has been acknowledged. It has nothing else to say till then.
 */
static bool is_proxied(const struct wire_judge *j, enum side from,
		       const struct seg *seg)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];

	return end_has(me, SENT_SYN_ACK) && me->snd_nxt == me->snd_isn + 1 &&
	       end_has(peer, SENT_ACK) && !(seen_of_either(j) & SENT_RST) &&
	       answers_amid(j, from, seg);
}

/* Another SYN than the end's, or another answer. */
static bool is_syn_beside(const struct wire_judge *j, enum side from,
			  const struct seg *seg, int64_t at_ns)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];

	if (!has_other_isn(me, seg))
		return false;
	if (seg->flags & FLAG_ACK)
		return (is_passed_answer(me, peer, seg) &&
			is_soon(j, at_ns, ANSWER_PASSES_NS)) ||
		       (is_proxied(j, from, seg) &&
			is_soon(j, at_ns, SYN_PASSES_NS));
	return is_passed_syn(me, peer) && is_soon(j, at_ns, SYN_PASSES_NS);
}

/* The number that is expected of an end, by its own segments or its peer's. */
static bool expected_of(const struct wire_end *e, const struct wire_end *peer,
			uint32_t *number)
{
	*number = end_has(e, SENT_ANY) ? e->snd_nxt : peer->rcv_nxt;
	return end_has(e, SENT_ANY) || end_has(peer, SENT_ACK);
}

static bool is_far(const struct wire_end *e, const struct wire_end *peer,
		   uint32_t number)
{
	uint32_t expected;

	return expected_of(e, peer, &expected) &&
	       number - expected + FAR > 2 * FAR;
}

/* Whether it is far, and no link carries as much since the last segment. */
static bool is_sudden(const struct wire_judge *j, uint32_t number,
		      uint32_t before, int64_t at_ns)
{
	uint32_t ahead = number - before, behind = before - number;
	uint64_t octets = ahead < behind ? ahead : behind;
	uint64_t since =
		at_ns > j->last_ns ? (uint64_t)at_ns - (uint64_t)j->last_ns : 0;

	return octets > FAR && octets / LINK_OCTETS_IN_NS > since;
}

/* It comes behind its sender's last and is like that, but for a number. */
static bool is_twin(const struct wire_judge *j, enum side from,
		    const struct seg *seg, int64_t at_ns)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];

	if (!end_has(me, SENT_ANY | SENT_ACK) || me->last_ms < peer->last_ms ||
	    seg->win != me->right_edge - me->rcv_nxt)
		return false;
	return is_sudden(j, seg->seq, me->snd_nxt, at_ns) ||
	       is_sudden(j, seg->ack, me->rcv_nxt, at_ns);
}

/* Neither number is of the connection, or one is not of its sender's last. */
static bool has_other_number(const struct wire_judge *j, enum side from,
			     const struct seg *seg)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];
	bool far_seq = is_far(me, peer, seg->seq);
	bool far_ack = is_far(peer, me, seg->ack);
	bool again =
		seg->has_ts && end_has(me, SENT_ANY) && seg->tsval == me->tsval;

	return again ? far_seq || far_ack : far_seq && far_ack;
}

/*
 * So it is as well when little of very much was captured, but then in one
 * direction and not within a millisecond.
 */
static bool is_other_beside(const struct wire_judge *j, enum side from,
			    const struct seg *seg, int64_t at_ns)
{
	return !both_syns(j) && seg->flags & FLAG_ACK &&
	       is_soon(j, at_ns, SYN_PASSES_NS) &&
	       (has_other_number(j, from, seg) || is_twin(j, from, seg, at_ns));
}

bool wire_judge_is_beside(const struct wire_judge *j, enum side from,
			  const struct seg *seg, int64_t at_ns)
{
	if (seg->flags & FLAG_RST)
		return false;
	return seg->flags & FLAG_SYN ? is_syn_beside(j, from, seg, at_ns)
				     : is_other_beside(j, from, seg, at_ns);
}

bool wire_judge_has_taken(const struct wire_judge *j, enum side side)
{
	return end_has(&j->end[side], SENT_ACK);
}

/* The proxy's SYN, which seemed to be amid the connection. */
static void begin_proxied(struct wire_end *peer, const struct wire_end *old,
			  const struct seg *seg)
{
	*peer = (struct wire_end){
		.seen = old->seen &
			(SENT_ANY | SENT_SYN | OFFERED_TS | OFFERED_SCALE),
		.snd_isn = seg->ack - 1,
		.snd_nxt = seg->ack,
		.tsval = old->tsval,
		.scale = old->scale,
	};
}

/* The SYN that an answer is to was seen on both sides of the box, and alike. */
void wire_judge_begin_beside(struct wire_judge *fresh,
			     const struct wire_judge *j, enum side from,
			     const struct seg *seg, uint64_t frame,
			     int64_t at_ns, const struct judge_sink *sink)
{
	const struct wire_end *peer = &j->end[side_other(from)];
	bool answer = seg->flags & FLAG_SYN && seg->flags & FLAG_ACK;

	if (answer && end_has(peer, SENT_ACK)) {
		begin_proxied(&fresh->end[side_other(from)], peer, seg);
	} else if (answer) {
		*fresh = *j;
		fresh->end[from] = (struct wire_end){ .seen = 0 };
	}
	wire_judge_segment(fresh, from, seg, frame, at_ns, sink);
}

/* Of an end that is not known: worse than a number that fits, or nearly does. */
#define UNKNOWN_APART 0x10000u

/* How far a number is from those that an end has used. */
static uint32_t outside(const struct wire_end *e, const struct wire_end *peer,
			uint32_t number)
{
	bool from_syn = (e->seen & (SENT_SYN | SENT_2GB)) == SENT_SYN;
	uint32_t most, least, beyond, before;

	if (!expected_of(e, peer, &most))
		return UNKNOWN_APART;
	least = from_syn ? e->snd_isn : most;
	if (number - least <= most - least)
		return 0;
	beyond = number - most;
	before = least - number;
	return beyond < before ? beyond : before;
}

uint64_t wire_judge_distance(const struct wire_judge *j, enum side from,
			     const struct seg *seg)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];
	uint64_t seq = outside(me, peer, seg->seq);
	uint64_t ack = seg->flags & FLAG_ACK ? outside(peer, me, seg->ack) : 0;

	if (seg->flags & FLAG_SYN && (has_other_isn(me, seg) || ack))
		return UINT32_MAX + ack; /* it answers the very SYN */
	return seq + ack;
}

bool wire_judge_is_next(const struct wire_judge *j, enum side from,
			const struct seg *seg)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];
	uint32_t behind = me->snd_nxt - seg->seq;

	return end_has(me, SENT_ANY) && (!behind || behind == seg_span(seg)) &&
	       !outside(peer, me, seg->ack);
}

void wire_judge_mix(struct wire_judge *j)
{
	j->end[SIDE_A].seen |= NUMBERS_MIXED;
}
