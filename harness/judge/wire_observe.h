/*
 * What is noted of every segment, plain or not: when and how often its end
 * sends, its numbers, its window. Private to judge/wire_observe*.c and the
 * judge that calls them.
 */
#ifndef JUDGE_WIRE_OBSERVE_H
#define JUDGE_WIRE_OBSERVE_H

#include "base/clock.h"
#include "judge/spec.h"
#include "judge/wire_own.h"

static inline uint64_t wire_since_start(const struct wire_judge *j,
					int64_t at_ns)
{
	if (at_ns <= j->start_ns)
		return 0;
	return (uint64_t)at_ns - (uint64_t)j->start_ns;
}

static inline uint32_t wire_ms(uint64_t ns)
{
	uint64_t ms = ns / (uint64_t)NS_PER_MS;

	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* A little more than a second. */
#define WIRE_TICK_SHIFT 30

/* One count of a rate, with so many more, as far as there is room. */
static inline uint64_t wire_count_rate(uint64_t rate, unsigned int shift,
				       uint64_t more)
{
	uint64_t room = ~rate >> shift & UINT16_MAX;

	return rate + ((more < room ? more : room) << shift);
}

/* Another second: its count so far is that of the one before, or 0. */
static inline uint64_t wire_next_rate(uint64_t rate, uint16_t tick)
{
	uint64_t sent = rate >> WIRE_RATE_BITS & UINT16_MAX;
	bool next = (uint16_t)(tick - rate) == 1;

	return (next ? sent << 2 * WIRE_RATE_BITS : 0) | tick;
}

/*
 * A large segment may have been many small ones on the wire, each of which
 * could be answered.
 */
static inline void wire_observe_rate(struct wire_end *me, uint8_t flags,
				     size_t len, uint64_t since_ns)
{
	uint16_t tick = (uint16_t)(since_ns >> WIRE_TICK_SHIFT);
	uint64_t rate = me->rate;

	if ((uint16_t)rate != tick)
		rate = wire_next_rate(rate, tick);
	me->rate = flags & FLAG_RST
			   ? wire_count_rate(rate, 3 * WIRE_RATE_BITS, 1)
			   : wire_count_rate(rate, WIRE_RATE_BITS,
					     1 + len / SPEC_LEAST_MSS);
}

static inline void wire_observe_time(struct wire_judge *j, struct wire_end *me,
				     uint32_t ms, int64_t at_ns)
{
	j->last_ns = at_ns > j->last_ns ? at_ns : j->last_ns;
	me->last_ms = ms > me->last_ms ? ms : me->last_ms;
}

static inline void wire_note_far(struct wire_end *me)
{
	bool far = both_of(end_has(me, SENT_SYN),
			   (me->snd_nxt - me->snd_isn) >> 31);

	me->seen |= far ? SENT_2GB : 0;
}

/* SND.NXT never goes back. */
static inline void wire_advance(struct wire_end *me, uint32_t nxt)
{
	me->snd_nxt = seq_max(nxt, me->snd_nxt);
	wire_note_far(me);
}

static inline void wire_take_window(const struct wire_judge *j,
				    struct wire_end *me, const struct seg *seg,
				    uint8_t flags)
{
	bool syn = flags & FLAG_SYN;
	uint32_t wnd = (uint32_t)seg->win << (!syn * scale_of(j, me));

	me->right_edge = seq_max(seg->ack + wnd, me->right_edge);
	me->seen = (me->seen & ~WINDOW_ZERO) | (seg->win ? 0 : WINDOW_ZERO);
}

/*
 * The next segment of an end, with its ACK. Here and above, flags are those of
 * the segment, or what is known of them without looking.
 */
static inline void wire_observe_calm(const struct wire_judge *j,
				     struct wire_end *me, const struct seg *seg,
				     uint8_t flags)
{
	uint32_t span = (uint32_t)seg->len + !!(flags & FLAG_SYN) +
			!!(flags & FLAG_FIN);

	me->snd_nxt = seg->seq + span;
	wire_note_far(me);
	me->rcv_nxt = seg->ack;
	me->tsval = seg->has_ts ? seg->tsval : me->tsval;
	wire_take_window(j, me, seg, flags);
}

#endif
