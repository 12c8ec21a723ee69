/*
 * Openings: what a SYN tells of its sender, and whether it begins another
 * connection on the same addresses and ports.
 */
#include "judge/judge_syn.h"

#include "base/clock.h"

#define RTT_NONE UINT16_MAX

/* TIME-WAIT of those that have the shortest one that is customary. */
#define TIME_WAIT_NS (60 * NS_PER_S)

/* A SYN sent again may offer less: then less is agreed on. */
static void take_options(const struct scene *s, bool again)
{
	const struct seg *seg = s->seg;
	uint32_t bits =
		(seg->has_ts ? HALF_TS : 0) | (seg->has_scale ? HALF_SCALE : 0);

	if (seg->has_scale)
		s->me->scale = seg->scale & 15;
	if (again)
		s->me->seen &= bits | ~(HALF_TS | HALF_SCALE);
	else
		s->me->seen |= bits;
}

/* What it reset before it opened was something older. */
static void forget_reset(const struct scene *s)
{
	struct judge *j = s->j;

	if (!half_has(s->me, HALF_RST))
		return;
	s->me->seen &= ~HALF_RST;
	j->order &= (uint8_t)~JUDGE_REFUSED;
	j->order &=
		(uint8_t)(s->from == SIDE_A ? ~(JUDGE_A_RESET | JUDGE_A_FIRST)
					    : ~(JUDGE_B_RESET | JUDGE_B_FIRST));
}

/* What it acknowledged before may have been another connection's. */
static void begin_half(const struct scene *s)
{
	struct judge_half *me = s->me;

	me->next = s->end;
	if (half_has(s->peer, HALF_SYN) &&
	    (before_syn(s->peer, me->acked - 1) ||
	     seq_after(me->acked, s->peer->next)))
		me->seen &= ~HALF_ACKS;
}

static void take_syn(const struct scene *s)
{
	struct judge_half *me = s->me;
	bool again = half_has(me, HALF_SYN) && me->isn == s->seg->seq;

	if (again)
		me->rtt_ms = RTT_NONE;
	else
		begin_half(s);
	me->isn = s->seg->seq;
	me->seen &= ~HALF_LONG;
	me->seen |= HALF_SYN | HALF_ANY;
	forget_reset(s);
	take_options(s, again);
	judge_take(s);
}

void judge_round_trip(const struct scene *s)
{
	struct judge_half *peer = s->peer;

	if (!half_has(peer, HALF_SYN) || peer->rtt_ms ||
	    s->seg->ack != peer->isn + 1)
		return;
	if (s->ms - peer->last_ms < RTT_NONE - 1)
		peer->rtt_ms = (uint16_t)(s->ms - peer->last_ms + 1);
	else
		peer->rtt_ms = RTT_NONE;
}

static void judge_reuse_accepted(const struct scene *s)
{
	if (!half_has(s->peer, HALF_REUSE) || s->seg->ack != s->peer->isn + 1)
		return;
	judge_say(s, claim_of(RULE_TIME_WAIT_REUSED, s->from),
		  "an ACK of the old connection|the SYN accepted, its number "
		  "and timestamp not newer");
}

/* Of an old SYN, not of this one: it will be reset (RFC 9293 figure 9). */
static bool answers_other(const struct scene *s)
{
	const struct judge_half *peer = s->peer;

	return half_has(peer, HALF_SYN) && !half_has(peer, HALF_ACKS) &&
	       (before_syn(peer, s->seg->ack - 1) ||
		seq_after(s->seg->ack, peer->next));
}

static void answer_syn(const struct scene *s)
{
	if (answers_other(s)) {
		s->me->seen |= HALF_AHEAD;
		return;
	}
	if (half_has(s->me, HALF_ANY) && half_has(s->peer, HALF_ACKS) &&
	    !(half_has(s->me, HALF_SYN) && s->me->isn == s->seg->seq)) {
		s->me->seen |= HALF_AHEAD; /* another one's */
		return;
	}
	judge_reuse_accepted(s);
	s->me->seen |= HALF_ANSWERS;
	take_syn(s);
}

/* The capture saw the refusal before the SYN. */
static bool is_refused_before(const struct judge_half *me,
			      const struct judge_half *peer, uint32_t seq)
{
	return !half_has(me, HALF_ANY) && !half_has(peer, HALF_ANY) &&
	       half_has(peer, HALF_RST) && peer->acked == seq + 1;
}

void judge_syn(const struct scene *s)
{
	struct judge *j = s->j;
	bool first = !half_has(s->me, HALF_ANY);
	bool again = half_has(s->me, HALF_SYN) && s->me->isn == s->seg->seq;

	if (s->seg->flags & FLAG_ACK) {
		answer_syn(s);
		return;
	}
	if (is_refused_before(s->me, s->peer, s->seg->seq))
		j->order |= JUDGE_REFUSED;
	if (first || (again && !half_has(s->me, HALF_ACKS)))
		take_syn(s);
	if (first || again)
		return;
	j->stray = s->seg->seq;
	j->order &= (uint8_t)~JUDGE_STRAY_B;
	j->order |= JUDGE_STRAY | (s->from == SIDE_B ? JUDGE_STRAY_B : 0);
}

/* All that the other one has sent so far was another connection's. */
static bool is_left_over(const struct judge_half *me,
			 const struct judge_half *peer, uint32_t seq)
{
	bool answer = half_has(peer, HALF_ACKS) && peer->acked == seq + 1;

	return !half_has(me, HALF_ANY) && half_has(peer, HALF_ANY) &&
	       !half_has(peer, HALF_SYN) && !answer;
}

static bool is_reopened_by_syn(const struct judge *j, enum side from,
			       const struct seg *seg)
{
	const struct judge_half *me = &j->half[from];
	const struct judge_half *peer = &j->half[side_other(from)];
	uint32_t seen = me->seen | peer->seen;

	if ((half_has(me, HALF_SYN) && me->isn == seg->seq) ||
	    is_refused_before(me, peer, seg->seq))
		return false;
	if (both_closed(j) || seen & HALF_RST ||
	    (half_has(me, HALF_FIN) && half_has(peer, HALF_FIN)) ||
	    is_left_over(me, peer, seg->seq))
		return true;
	/* Opened in vain before, and now with another number. */
	return half_has(me, HALF_SYN) && !half_has(me, HALF_ACKS);
}

/* What is over is followed by what only a SYN that was not seen explains. */
static bool is_reopened_unseen(const struct judge *j,
			       const struct judge_half *me,
			       const struct judge_half *peer,
			       const struct seg *seg)
{
	return (both_closed(j) || (me->seen | peer->seen) & HALF_RST) &&
	       half_has(me, HALF_SYN) && half_has(peer, HALF_SYN | HALF_ACKS) &&
	       seq_after(seg->seq, me->next) && seq_after(seg->ack, peer->next);
}

/* It accepts a SYN amid the connection: all before is another one's. */
static bool is_reopened_by_answer(const struct judge *j, enum side from,
				  const struct seg *seg)
{
	const struct judge_half *peer = &j->half[side_other(from)];
	enum side stray = j->order & JUDGE_STRAY_B ? SIDE_B : SIDE_A;

	if (is_reopened_unseen(j, &j->half[from], peer, seg))
		return true;
	return j->order & JUDGE_STRAY && stray != from &&
	       seg->ack == j->stray + 1 &&
	       !(half_has(peer, HALF_SYN) && peer->isn == j->stray);
}

bool judge_is_reopened(const struct judge *j, enum side from,
		       const struct seg *seg)
{
	switch (seg->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) {
	case FLAG_SYN:
		return j->any && is_reopened_by_syn(j, from, seg);
	case FLAG_SYN | FLAG_ACK:
		return j->any && is_reopened_by_answer(j, from, seg);
	default:
		return false;
	}
}

static bool is_reuse_wrong(const struct judge *old, enum side from,
			   const struct seg *seg)
{
	const struct judge_half *me = &old->half[from];
	const struct judge_half *peer = &old->half[side_other(from)];
	bool stamps = me->seen & peer->seen & HALF_TS;

	if (!both_syns(old) || seq_after(seg->seq + 1, me->next))
		return false;
	if (!seg->has_ts)
		return true;
	if (!stamps)
		return false; /* newly enabled: accepted regardless */
	return !seq_after(seg->tsval, me->tsval);
}

/* The SYN it answers was the old connection's to judge. */
static void begin_answered(struct judge_half *peer, const struct seg *seg)
{
	peer->isn = seg->ack - 1;
	peer->next = seg->ack;
	peer->seen = HALF_SYN | HALF_ANY | HALF_GAP;
	peer->rtt_ms = RTT_NONE;
}

void judge_reopen(struct judge *fresh, const struct judge *old, enum side from,
		  const struct seg *seg, uint64_t frame, int64_t at_ns,
		  const struct judge_ear *ear)
{
	bool answer = seg->flags & FLAG_ACK;
	bool waiting =
		judge_state(old, side_other(from)) == TCP_STATE_TIME_WAIT &&
		!((old->half[0].seen | old->half[1].seen) & HALF_RST) &&
		!half_has(&old->half[from], HALF_RST_LATE) &&
		(uint64_t)at_ns - (uint64_t)old->last_ns <
			(uint64_t)TIME_WAIT_NS;

	if (answer)
		begin_answered(&fresh->half[side_other(from)], seg);
	judge_segment(fresh, from, seg, frame, at_ns, ear);
	if (waiting && !answer && is_reuse_wrong(old, from, seg))
		fresh->half[from].seen |= HALF_REUSE;
}
