/*
 * What is noted of every segment, plain or not: when and how often its end
 * sends, its numbers, its window. Private to judge/wire_observe*.c and the
 * judge that calls them.
 */
#ifndef JUDGE_WIRE_OBSERVE_H
#define JUDGE_WIRE_OBSERVE_H

#include "judge/spec.h"
#include "judge/wire_own.h"

#define CONTROL (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)

/* What both ends of a plain connection have shown when it is open. */
#define OPENED (SENT_ANY | SENT_SYN | SENT_ACK)

static inline void wire_begin(struct wire_judge *j, int64_t at_ns)
{
	j->any = true;
	j->start_ns = at_ns;
	j->last_ns = at_ns;
}

/* When the capture's clock went back it is very long. */
static inline uint64_t wire_since_start(const struct wire_judge *j,
					int64_t at_ns)
{
	return (uint64_t)at_ns - (uint64_t)j->start_ns;
}

/* wire_end.second is a little more than a second. */
#define WIRE_SECOND_SHIFT 30

static inline void wire_begin_second(struct wire_end *me, uint16_t second)
{
	bool next = (uint16_t)(second - me->second) == 1;

	me->sent_before = next ? me->sent : 0;
	me->second = second;
	me->sent = 0;
	me->rsts = 0;
}

/* So many more, of a count that stays at its most. */
static inline uint16_t wire_count_more(uint16_t n, uint32_t more)
{
	uint32_t sum = n + more;

	return (uint16_t)(sum < UINT16_MAX ? sum : UINT16_MAX);
}

/*
 * wire_end.sent, .sent_before: how many segments but RSTs it has sent in this
 * second and in the one before; .rsts: how many RSTs in this one. A large
 * segment may have been many small ones on the wire, each of which could be
 * answered.
 */
static inline void wire_observe_rate(struct wire_end *me, uint8_t flags,
				     size_t len, uint64_t since_ns)
{
	uint16_t second = (uint16_t)(since_ns >> WIRE_SECOND_SHIFT);

	if (me->second != second)
		wire_begin_second(me, second);
	if (flags & FLAG_RST)
		me->rsts = wire_count_more(me->rsts, 1);
	else
		me->sent = wire_count_more(me->sent,
					   1 + (uint32_t)len / SPEC_LEAST_MSS);
}

/* The end of its window, as far as it has ever been. */
static inline void wire_take_edge(struct wire_end *me, uint32_t ack,
				  uint32_t wnd)
{
	me->right_edge = seq_max(ack + wnd, me->right_edge);
}

/* An end's first FIN. */
static inline void wire_take_first_fin(struct wire_judge *j, enum side from,
				       struct wire_end *me,
				       const struct wire_end *peer,
				       uint32_t fin_seq, uint32_t ms)
{
	if (!(j->order & ORDER_FIRST))
		j->order |= (uint8_t)order_first(from);
	me->seen |= SENT_FIN;
	me->fin_seq = fin_seq;
	me->fins = 1;
	me->peer_nxt = peer->snd_nxt;
	me->fin_ms = ms;
	me->fin_last_ms = ms;
}

/* The number of its SYN, which was not seen, as something else tells it. */
static inline void wire_take_isn(struct wire_end *e, uint32_t isn)
{
	if (e->seen & (SENT_SYN | ISN_SHOWN))
		return;
	e->snd_isn = isn;
	e->seen |= ISN_SHOWN;
}

/* wire_end.rtt_ms of what took so long. */
static inline uint16_t wire_round_trip(uint32_t took_ms)
{
	return took_ms < WIRE_RTT_NONE - 1 ? (uint16_t)(took_ms + 1)
					   : WIRE_RTT_NONE;
}

/* What a SYN offers. */
static inline uint64_t wire_offers(const struct seg *seg)
{
	return (seg->has_ts ? OFFERED_TS : 0) |
	       (seg->has_scale ? OFFERED_SCALE : 0);
}

#endif
