/*
 * One segment after another: what each adds to what is known of both ends,
 * and which rules look at it. The calm path is that of a healthy open
 * connection: a few comparisons. Knows no rule itself.
 */
#include "ground/clock.h"
#include "model/judge_own.h"
#include "model/judge_syn.h"

#define CONTROL (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)

/* A little more than a second. */
#define TICK_SHIFT 30

static uint32_t since_start(const struct judge *j, int64_t at_ns)
{
	uint64_t ns = (uint64_t)at_ns - (uint64_t)j->start_ns;
	uint64_t ms = ns / (uint64_t)NS_PER_MS;

	if (at_ns <= j->start_ns)
		return 0;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* How much it sends, by the second, RSTs apart. */
static void count(struct judge_half *me, const struct judge *j,
		  const struct seg *seg, int64_t at_ns)
{
	uint64_t ns = (uint64_t)at_ns - (uint64_t)j->start_ns;
	uint16_t tick = (uint16_t)(ns >> TICK_SHIFT);

	if (tick != me->tick) {
		me->before = tick == (uint16_t)(me->tick + 1) ? me->now : 0;
		me->now = 0;
		me->rsts = 0;
		me->tick = tick;
	}
	if (seg->flags & FLAG_RST)
		me->rsts = count_up(me->rsts);
	else
		me->now += me->now < UINT16_MAX;
}

static void seen_at(struct judge *j, struct judge_half *me, uint32_t ms,
		    int64_t at_ns)
{
	if (at_ns > j->last_ns)
		j->last_ns = at_ns;
	if (ms > me->last_ms)
		me->last_ms = ms;
}

static void take_window(const struct judge *j, struct judge_half *me,
			const struct seg *seg)
{
	bool scaled = j->half[0].seen & j->half[1].seen & HALF_SCALE &&
		      !(seg->flags & FLAG_SYN);
	uint32_t edge =
		seg->ack + ((uint32_t)seg->win << (scaled ? me->scale : 0));

	if (seq_after(edge, me->edge))
		me->edge = edge;
	if (seg->win)
		me->seen &= ~HALF_SHUT;
	else
		me->seen |= HALF_SHUT;
}

/* A segment of data or a mere ACK, of a connection where nothing is wrong. */
static bool is_calm(const struct judge_half *me, const struct judge_half *peer,
		    const struct seg *seg)
{
	uint32_t both = me->seen & peer->seen;

	if ((seg->flags & CONTROL) != FLAG_ACK)
		return false;
	if ((me->seen | peer->seen) & (HALF_FIN | HALF_RST | HALF_AHEAD))
		return false;
	if ((both & (HALF_ANY | HALF_ACKS)) != (HALF_ANY | HALF_ACKS))
		return false;
	if (both & HALF_TS && !seg->has_ts)
		return false;
	return seg->ack - me->acked <= peer->next - me->acked &&
	       me->next - seg->seq < UINT32_C(1) << 30;
}

static void take_calm(struct judge *j, struct judge_half *me,
		      const struct seg *seg, int64_t at_ns)
{
	uint32_t end = seg->seq + (uint32_t)seg->len;

	if (seq_after(end, me->next))
		me->next = end;
	me->acked = seg->ack;
	if (seg->has_ts)
		me->tsval = seg->tsval;
	take_window(j, me, seg);
	seen_at(j, me, since_start(j, at_ns), at_ns);
}

/*
 * Only octets, SYN and FIN prove what was sent: an empty segment may have the
 * number behind a FIN that was not seen.
 */
static void take_octets(const struct scene *s)
{
	struct judge_half *me = s->me;

	if (!half_has(me, HALF_ANY)) {
		me->next = s->end == s->seg->seq ? s->end - 1 : s->end;
		me->seen |= HALF_ANY;
		return;
	}
	if (seq_after(s->seg->seq, me->next))
		me->seen |= HALF_GAP;
	if (s->end == s->seg->seq)
		return;
	if (half_has(me, HALF_FIN) && seq_after(s->end, me->fin + 1))
		return;
	if (seq_after(s->end, me->next))
		me->next = s->end;
}

/* Who has had what comes behind knows that its FIN was acknowledged. */
static void note_fin_acked(const struct scene *s, uint32_t ack)
{
	struct judge_half *peer = s->peer;

	if (half_has(peer, HALF_FIN) && !half_has(peer, HALF_RST) &&
	    seq_after(ack, peer->fin))
		peer->others = s->me->next;
}

static void take_ack(const struct scene *s)
{
	struct judge_half *me = s->me;
	uint32_t ack = s->seg->ack;

	if (!(s->seg->flags & FLAG_ACK))
		return;
	if (half_has(s->peer, HALF_ANY) && seq_after(ack, s->peer->next))
		me->seen |= HALF_AHEAD;
	if (half_has(s->peer, HALF_FIN) && seq_after(ack, s->peer->fin + 1))
		return;
	if (!half_has(me, HALF_ACKS) || seq_after(ack, me->acked)) {
		note_fin_acked(s, ack);
		me->acked = ack;
	}
	if (half_has(me, HALF_ACKS))
		return;
	me->seen |= HALF_ACKS;
	me->edge = ack;
	judge_round_trip(s);
}

void judge_take(const struct scene *s)
{
	take_octets(s);
	take_ack(s);
	if (s->seg->has_ts)
		s->me->tsval = s->seg->tsval;
	if (s->seg->flags & FLAG_ACK)
		take_window(s->j, s->me, s->seg);
}

/* It lives, whatever the other one has done. */
static void take_life(const struct scene *s)
{
	if (!half_has(s->peer, HALF_FIN))
		return;
	s->me->seen |= HALF_LIFE;
	if (s->peer->fins > 1 && judge_has_had(s))
		s->me->seen |= HALF_BOTHERED;
}

static void judge_other(const struct scene *s)
{
	if (!judge_is_known(s)) {
		s->me->seen |= HALF_AHEAD;
		return;
	}
	judge_after_rst(s);
	if (!(s->seg->flags & FLAG_ACK)) {
		judge_without_ack(s);
		return;
	}
	judge_timestamp(s);
	judge_numbers(s);
	if (s->seg->flags & FLAG_FIN)
		judge_fin(s);
	judge_ack(s);
	judge_answer_times(s);
	judge_wait(s);
	take_life(s);
	judge_take(s);
}

static void judge_any(const struct scene *s)
{
	if (s->seg->flags & FLAG_RST)
		judge_rst(s);
	else if (s->seg->flags & FLAG_SYN)
		judge_syn(s);
	else
		judge_other(s);
}

void judge_segment(struct judge *j, enum side from, const struct seg *seg,
		   uint64_t frame, int64_t at_ns, const struct judge_ear *ear)
{
	struct judge_half *me = &j->half[from];
	struct judge_half *peer = &j->half[side_other(from)];
	struct scene s;

	if (!j->any) {
		j->any = true;
		j->start_ns = at_ns;
		j->last_ns = at_ns;
	}
	count(me, j, seg, at_ns);
	if (is_calm(me, peer, seg)) {
		take_calm(j, me, seg, at_ns);
		return;
	}
	s = (struct scene){ .j = j,
			    .from = from,
			    .me = me,
			    .peer = peer,
			    .seg = seg,
			    .end = seg->seq + seg_span(seg),
			    .ms = since_start(j, at_ns),
			    .frame = frame,
			    .at_ns = at_ns,
			    .ear = ear };
	judge_any(&s);
	seen_at(j, me, s.ms, at_ns);
}

bool judge_is_over(const struct judge *j, int64_t at_ns)
{
	bool closed = both_closed(j) ||
		      (j->half[0].seen | j->half[1].seen) & HALF_RST;

	return closed && at_ns > j->last_ns &&
	       (uint64_t)at_ns - (uint64_t)j->last_ns >
		       (uint64_t)(240 * NS_PER_S);
}
