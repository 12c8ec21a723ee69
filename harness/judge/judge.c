/*
 * One segment after another: what each adds to what is known of both ends,
 * and which rules look at it. The calm path is that of a healthy open
 * connection: a few comparisons. Knows no rule itself.
 */
#include "base/clock.h"
#include "judge/judge_own.h"
#include "judge/judge_syn.h"

#define CONTROL (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)

/* What every host takes in one segment (RFC 9293 section 3.7.1). */
#define LEAST_MSS 536

/* A little more than a second. */
#define TICK_SHIFT 30

static uint64_t since_start(const struct judge *j, int64_t at_ns)
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
 * How much it sends, by the second, RSTs apart. A large segment may have been
 * many small ones on the wire, each of which could be answered. Products, not
 * branches: nobody could foretell when a second is over.
 */
static void count(struct judge_half *me, const struct seg *seg, uint64_t ns)
{
	uint16_t tick = (uint16_t)(ns >> TICK_SHIFT);
	bool same = tick == me->tick, next = tick == (uint16_t)(me->tick + 1);
	size_t now = (size_t)same * me->now;

	me->before = (uint16_t)(same * me->before + next * me->now);
	me->rsts = (uint16_t)(same * me->rsts);
	me->tick = tick;
	if (seg->flags & FLAG_RST)
		me->rsts += me->rsts < UINT16_MAX;
	else
		now += 1 + seg->len / LEAST_MSS;
	me->now = (uint16_t)(now < UINT16_MAX ? now : UINT16_MAX);
}

static void seen_at(struct judge *j, struct judge_half *me, uint32_t ms,
		    int64_t at_ns)
{
	j->last_ns = at_ns > j->last_ns ? at_ns : j->last_ns;
	me->last_ms = ms > me->last_ms ? ms : me->last_ms;
}

/* Behind all it has sent is now this, or what was already. */
static void advance(struct judge_half *me, uint32_t next)
{
	me->next = seq_max(next, me->next);
	me->seen |= (me->next - me->isn) >> 31 ? HALF_LONG : 0;
}

static void take_window(const struct judge *j, struct judge_half *me,
			const struct seg *seg)
{
	bool syn = seg->flags & FLAG_SYN;
	uint32_t win = (uint32_t)seg->win << (!syn * scale_of(j, me));

	me->edge = seq_max(seg->ack + win, me->edge);
	me->seen = (me->seen & ~HALF_SHUT) | (seg->win ? 0 : HALF_SHUT);
}

/*
 * A segment of data or a mere ACK, of a connection where nothing is wrong: one
 * branch for all of it.
 */
static bool is_calm(const struct judge_half *me, const struct judge_half *peer,
		    const struct seg *seg)
{
	uint32_t both = me->seen & peer->seen, any = me->seen | peer->seen;
	uint32_t wrong = (seg->flags & CONTROL) ^ FLAG_ACK;

	wrong |= any & (HALF_FIN | HALF_RST | HALF_AHEAD | HALF_RST_ODD);
	wrong |= ~both & (HALF_ANY | HALF_ACKS);
	wrong |= both & (seg->has_ts ? 0 : HALF_TS);
	wrong |= seg->ack - me->acked > peer->next - me->acked;
	wrong |= (me->next - seg->seq) >> 30;
	return !wrong;
}

static void take_calm(const struct judge *j, struct judge_half *me,
		      const struct seg *seg)
{
	advance(me, seg->seq + (uint32_t)seg->len);
	me->acked = seg->ack;
	me->tsval = seg->has_ts ? seg->tsval : me->tsval;
	take_window(j, me, seg);
}

/*
 * Only octets, SYN and FIN prove what was sent: an empty segment may have the
 * number behind a FIN that was not seen.
 */
static void take_octets(const struct scene *s)
{
	struct judge_half *me = s->me;
	uint32_t seq = s->seg->seq;
	bool empty = s->end == seq, behind;

	if (!half_has(me, HALF_ANY)) {
		me->next = empty ? s->end - 1 : s->end;
		me->seen |= HALF_ANY;
		return;
	}
	me->seen |= seq_after(seq, me->next) ? HALF_GAP : 0;
	behind =
		both_of(half_has(me, HALF_FIN), seq_after(s->end, me->fin + 1));
	if (!empty && !behind)
		advance(me, s->end);
}

/* Who has had what comes behind knows that its FIN was acknowledged. */
static void note_fin_acked(const struct scene *s, bool newer)
{
	struct judge_half *peer = s->peer;

	if (newer && !half_has(peer, HALF_RST) &&
	    seq_after(s->seg->ack, peer->fin))
		peer->others = s->me->next;
}

static void take_ack(const struct scene *s)
{
	struct judge_half *me = s->me;
	const struct judge_half *peer = s->peer;
	uint32_t ack = s->seg->ack;
	bool first = !half_has(me, HALF_ACKS), ahead;

	ahead = both_of(half_has(peer, HALF_ANY), seq_after(ack, peer->next));
	me->seen |= ahead ? HALF_AHEAD : 0;
	if (half_has(peer, HALF_FIN)) {
		if (seq_after(ack, peer->fin + 1))
			return;
		note_fin_acked(s, first || seq_after(ack, me->acked));
	}
	me->acked = first ? ack : seq_max(ack, me->acked);
	if (!first)
		return;
	me->seen |= HALF_ACKS;
	me->edge = ack;
	judge_round_trip(s);
}

void judge_take(const struct scene *s)
{
	const struct seg *seg = s->seg;

	take_octets(s);
	s->me->tsval = seg->has_ts ? seg->tsval : s->me->tsval;
	if (!(seg->flags & FLAG_ACK))
		return;
	take_ack(s);
	take_window(s->j, s->me, seg);
}

/* It lives, whatever the other one has done. */
static void take_life(const struct scene *s)
{
	s->me->seen |= HALF_LIFE;
	if (s->peer->fins > 1 && judge_has_had(s))
		s->me->seen |= HALF_BOTHERED;
}

/* The other one has sent its FIN, which this may answer. */
static void judge_answer(const struct scene *s)
{
	judge_ack(s);
	judge_answer_times(s);
	judge_wait(s);
	take_life(s);
}

/* What both ends have shown so far tells who is to look at it. */
static void judge_other(const struct scene *s)
{
	if (!judge_is_known(s) && !judge_jump(s)) {
		s->me->seen |= HALF_AHEAD;
		return;
	}
	if (s->me->seen & (HALF_RST | HALF_LONE))
		judge_after_rst(s);
	if ((s->me->seen | s->peer->seen) & HALF_RST_ODD)
		judge_after_odd(s);
	if (!(s->seg->flags & FLAG_ACK)) {
		judge_without_ack(s);
		return;
	}
	if (!s->seg->has_ts)
		judge_timestamp(s);
	if (s->me->seen & HALF_FIN)
		judge_numbers(s);
	if (s->seg->flags & FLAG_FIN)
		judge_fin(s);
	if (s->peer->seen & HALF_FIN)
		judge_answer(s);
	judge_take(s);
}

static void judge_any(const struct scene *s)
{
	struct judge *j = s->j;

	if (s->seg->flags & FLAG_RST)
		judge_rst(s);
	else if (s->seg->flags & FLAG_SYN)
		judge_syn(s);
	else
		judge_other(s);
	j->closed = either_of(both_closed(j),
			      (j->half[0].seen | j->half[1].seen) & HALF_RST);
}

static void begin(struct judge *j, int64_t at_ns)
{
	j->any = true;
	j->start_ns = at_ns;
	j->last_ns = at_ns;
}

/* Who takes a SYN need not take the FIN with it, which comes again. */
static uint32_t span(const struct seg *seg)
{
	bool both = (seg->flags & FLAG_SYN) && (seg->flags & FLAG_FIN);

	return seg_span(seg) - both;
}

/* A segment that may prove something. */
static void look(struct judge *j, enum side from, const struct seg *seg,
		 uint32_t ms, uint64_t frame, int64_t at_ns,
		 const struct judge_ear *ear)
{
	struct scene s = { .j = j,
			   .from = from,
			   .me = &j->half[from],
			   .peer = &j->half[side_other(from)],
			   .seg = seg,
			   .end = seg->seq + span(seg),
			   .ms = ms,
			   .frame = frame,
			   .at_ns = at_ns,
			   .ear = ear };

	judge_any(&s);
	seen_at(j, s.me, ms, at_ns);
}

void judge_segment(struct judge *j, enum side from, const struct seg *seg,
		   uint64_t frame, int64_t at_ns, const struct judge_ear *ear)
{
	struct judge_half *me = &j->half[from];
	struct judge_half *peer = &j->half[side_other(from)];
	uint64_t ns;
	uint32_t ms;

	if (!j->any)
		begin(j, at_ns);
	ns = since_start(j, at_ns);
	ms = to_ms(ns);
	count(me, seg, ns);
	/* Flags are known before what the connection was: first they tell. */
	if (seg->flags & (FLAG_SYN | FLAG_FIN) || !is_calm(me, peer, seg)) {
		look(j, from, seg, ms, frame, at_ns, ear);
		return;
	}
	take_calm(j, me, seg);
	seen_at(j, me, ms, at_ns);
}

bool judge_is_over(const struct judge *j, int64_t at_ns)
{
	return j->closed && at_ns > j->last_ns &&
	       (uint64_t)at_ns - (uint64_t)j->last_ns >
		       (uint64_t)(240 * NS_PER_S);
}
