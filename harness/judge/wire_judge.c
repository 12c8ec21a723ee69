/*
 * One segment after another: what is observed of it, and which rules look at
 * it. The calm path is that of a healthy open connection: a few comparisons.
 * Knows no rule itself.
 */
#include "base/clock.h"
#include "judge/spec.h"
#include "judge/wire_own.h"

#define CONTROL (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)

static uint64_t since_start(const struct wire_judge *j, int64_t at_ns)
{
	if (at_ns <= j->start_ns)
		return 0;
	return (uint64_t)at_ns - (uint64_t)j->start_ns;
}

static uint32_t to_ms(uint64_t ns)
{
	uint64_t ms = ns / (uint64_t)NS_PER_MS;

	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/*
 * A segment of data or a mere ACK, of a connection where nothing is wrong: one
 * branch for all of it.
 */
static bool is_calm(const struct wire_end *me, const struct wire_end *peer,
		    const struct seg *seg)
{
	uint64_t both = me->seen & peer->seen, any = me->seen | peer->seen;
	uint64_t wrong = (seg->flags & CONTROL) ^ FLAG_ACK;

	wrong |= any & (SENT_FIN | SENT_RST | ACKED_UNSEEN | RST_UNDECIDED);
	wrong |= ~both & (SENT_ANY | SENT_ACK);
	wrong |= both & (seg->has_ts ? 0 : OFFERED_TS);
	wrong |= seg->ack - me->rcv_nxt > peer->snd_nxt - me->rcv_nxt;
	wrong |= (me->snd_nxt - seg->seq) >> 30;
	return !wrong;
}

static void look_at_syn(struct wire_judge *j, struct wire_context *c)
{
	if (c->seg->flags & FLAG_ACK) {
		c->when = WHEN_BIT(WHEN_SYN_ACK);
		wire_look(j, c);
	}
	wire_observe_syn(j, c);
}

static void look_at_rst(struct wire_judge *j, struct wire_context *c)
{
	c->when = wire_when_rst(c);
	wire_look(j, c);
	wire_observe_rst(j, c);
}

static void look_at_others(struct wire_judge *j, struct wire_context *c)
{
	if (!wire_observe_numbers(j, c))
		return;
	wire_observe_counts(j, c);
	c->when = wire_when_segment(c);
	wire_look(j, c);
	wire_observe_segment(j, c);
}

/* A receiver may ignore a FIN on a SYN; the sender sends it again. */
static uint32_t span(const struct seg *seg)
{
	bool both = (seg->flags & FLAG_SYN) && (seg->flags & FLAG_FIN);

	return seg_span(seg) - both;
}

/* A segment that may prove something. */
static void look_closely(struct wire_judge *j, enum side from,
			 const struct seg *seg, uint32_t ms, uint64_t frame,
			 int64_t at_ns, const struct judge_sink *sink)
{
	struct wire_context c = { .j = j,
				  .from = from,
				  .me = &j->end[from],
				  .peer = &j->end[side_other(from)],
				  .seg = seg,
				  .end = seg->seq + span(seg),
				  .ms = ms,
				  .said = { j->said[0], j->said[1] },
				  .frame = frame,
				  .at_ns = at_ns,
				  .sink = sink };

	if (seg->flags & FLAG_RST)
		look_at_rst(j, &c);
	else if (seg->flags & FLAG_SYN)
		look_at_syn(j, &c);
	else
		look_at_others(j, &c);
	j->closed = either_of(both_closed(j), seen_of_either(j) & SENT_RST);
}

static void begin(struct wire_judge *j, int64_t at_ns)
{
	j->any = true;
	j->start_ns = at_ns;
	j->last_ns = at_ns;
}

void wire_judge_segment(struct wire_judge *j, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			const struct judge_sink *sink)
{
	struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];
	uint64_t ns;
	uint32_t ms;

	if (!j->any)
		begin(j, at_ns);
	ns = since_start(j, at_ns);
	ms = to_ms(ns);
	wire_observe_rate(me, seg, ns);
	/* Flags are tested first: the rest may not be in the cache yet. */
	if (seg->flags & (FLAG_SYN | FLAG_FIN) || !is_calm(me, peer, seg))
		look_closely(j, from, seg, ms, frame, at_ns, sink);
	else
		wire_observe_calm(j, me, seg);
	wire_observe_time(j, me, ms, at_ns);
}

static void end_side(struct wire_judge *j, enum side side, int64_t at_ns,
		     const struct judge_sink *sink)
{
	struct wire_context c = { .j = j,
				  .from = side,
				  .me = &j->end[side],
				  .peer = &j->end[side_other(side)],
				  .ms = to_ms(since_start(j, at_ns)),
				  .said = { j->said[0], j->said[1] },
				  .at_ns = at_ns,
				  .sink = sink };

	wire_observe_end(j, &c);
	c.when = wire_when_end(&c);
	wire_look(j, &c);
}

void wire_judge_end(struct wire_judge *j, int64_t at_ns,
		    const struct judge_sink *sink)
{
	if (!j->any)
		return;
	j->end_ns = at_ns;
	end_side(j, SIDE_A, at_ns, sink);
	end_side(j, SIDE_B, at_ns, sink);
}

bool wire_judge_is_over(const struct wire_judge *j, int64_t at_ns)
{
	return j->closed && at_ns > j->last_ns &&
	       (uint64_t)at_ns - (uint64_t)j->last_ns >
		       (uint64_t)SPEC_TIME_WAIT_NS;
}
