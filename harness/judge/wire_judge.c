/*
 * One segment after another: what is observed of it, and which rules look at
 * it. Those of a healthy connection go the short way, past all rules. Knows no
 * rule itself.
 */
#include "base/clock.h"
#include "judge/predicate.h"
#include "judge/spec.h"
#include "judge/wire_observe.h"

static void look_at_syn(struct wire_judge *j, struct wire_context *c)
{
	if (c->seg->flags & FLAG_FIN && !c->seg->len)
		c->when |= WHEN_BIT(WHEN_SYN_FIN);
	if (c->seg->flags & FLAG_ACK)
		c->when |= WHEN_BIT(WHEN_SYN_ACK);
	if (c->when)
		wire_look(j, c);
	if (c->peer->seen & SENT_RST)
		wire_observe_unheeded(j, c);
	if (end_has(c->me, SENT_SYN) && c->seg->seq == c->me->snd_isn)
		wire_observe_bare(j, c->from, c->seg, c->ms);
	wire_observe_syn(j, c);
}

static void look_at_rst(struct wire_judge *j, struct wire_context *c)
{
	c->when = wire_when_rst(c);
	wire_look(j, c);
	wire_observe_rst(j, c);
	if (!c->seg->len)
		wire_observe_bare(j, c->from, c->seg, c->ms);
}

/* A bare ACK, or a bare FIN that was sent before. */
static bool repeats_itself(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	if (c->seg->len || !(c->seg->flags & FLAG_ACK))
		return false;
	if (c->seg->flags & FLAG_FIN)
		return end_has(me, SENT_FIN) && c->seg->seq == me->fin_seq;
	return is_bare(me, c->seg);
}

/* Not of this connection, as it seems: what it acknowledges is worth a word. */
static void look_at_stray(struct wire_judge *j, struct wire_context *c)
{
	if (is_pure_ack(c->seg))
		wire_observe_bare(j, c->from, c->seg, c->ms);
	c->when = WHEN_BIT(c->seg->flags & FLAG_FIN ? WHEN_FIN_OUTSIDE
						    : WHEN_ACK_OUTSIDE);
	wire_look(j, c);
}

static void look_at_others(struct wire_judge *j, struct wire_context *c)
{
	if (repeats_itself(c))
		wire_observe_bare(j, c->from, c->seg, c->ms);
	if (!wire_observe_numbers(j, c)) {
		look_at_stray(j, c);
		return;
	}
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

/* Until they are acknowledged, they are none of the connection's. */
static const struct seg *
without_padding(struct wire_end *me, const struct seg *seg, struct seg *bare)
{
	me->padded += me->padded < UINT8_MAX;
	*bare = *seg;
	bare->len = 0;
	return bare;
}

/* 0 when the capture's clock went back. */
static uint64_t since_start(const struct wire_judge *j, int64_t at_ns)
{
	return at_ns > j->start_ns ? wire_since_start(j, at_ns) : 0;
}

static uint32_t ms_of(uint64_t ns)
{
	uint64_t ms = ns / (uint64_t)NS_PER_MS;

	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* Never in line: what goes the short way should need few registers. */
void __attribute__((noinline))
wire_judge_closely(struct wire_judge *j, enum side from, const struct seg *seg,
		   uint64_t frame, int64_t at_ns, const struct judge_sink *sink)
{
	struct wire_end *me = &j->end[from];
	struct seg bare;
	uint64_t ns;
	uint32_t ms;

	if (!j->any)
		wire_begin(j, at_ns);
	ns = since_start(j, at_ns);
	ms = ms_of(ns);
	if (wire_is_few(seg->len) && wire_may_be_padded(me, seg))
		seg = without_padding(me, seg, &bare);
	wire_observe_rate(me, seg->flags, seg->len, ns);
	look_closely(j, from, seg, ms, frame, at_ns, sink);
	j->last_ns = at_ns > j->last_ns ? at_ns : j->last_ns;
	me->last_ms = ms > me->last_ms ? ms : me->last_ms;
}

void wire_judge_segment(struct wire_judge *j, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			const struct judge_sink *sink)
{
	if (!wire_judge_plainly(j, from, seg, at_ns))
		wire_judge_closely(j, from, seg, frame, at_ns, sink);
}

void wire_judge_without_box(struct wire_judge *j)
{
	j->end[SIDE_A].seen |= NO_BOX;
	j->end[SIDE_B].seen |= NO_BOX;
}

/* Of what was sent long ago, or never, it tells nothing (RFC 5927 4.1). */
void wire_judge_icmp(struct wire_judge *j, enum side side,
		     const struct seg *quoted, enum icmp_error error)
{
	struct wire_end *me = &j->end[side];

	if (!end_has(me, SENT_ANY) || me->snd_nxt - quoted->seq > BEHIND_FIN)
		return;
	me->icmps += me->icmps < UINT8_MAX;
	me->icmp = (uint8_t)error;
}

bool wire_judge_is_padding(const struct wire_judge *j, enum side from,
			   const struct seg *seg)
{
	return wire_may_be_padded(&j->end[from], seg);
}

static void end_side(struct wire_judge *j, enum side side, int64_t at_ns,
		     const struct judge_sink *sink)
{
	struct wire_context c = { .j = j,
				  .from = side,
				  .me = &j->end[side],
				  .peer = &j->end[side_other(side)],
				  .ms = ms_of(since_start(j, at_ns)),
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
	if (wire_ends_plainly(j))
		j->end_ns = at_ns;
	else
		wire_judge_end_closely(j, at_ns, sink);
}

void __attribute__((noinline))
wire_judge_end_closely(struct wire_judge *j, int64_t at_ns,
		       const struct judge_sink *sink)
{
	if (!j->any)
		return;
	j->end_ns = at_ns;
	end_side(j, SIDE_A, at_ns, sink);
	end_side(j, SIDE_B, at_ns, sink);
}

bool wire_is_over(int64_t last_ns, int64_t at_ns)
{
	return at_ns > last_ns && (uint64_t)at_ns - (uint64_t)last_ns >
					  (uint64_t)SPEC_TIME_WAIT_NS;
}
