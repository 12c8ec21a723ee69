/*
 * Resets: which RST counts, what its number proves, who answers it, and who
 * goes on as if it had not been. What a reset may have been sent for is often
 * not to be known: then nothing is said.
 */
#include "judge/judge_own.h"

/* Nothing is on its way for longer; and nothing new is overtaken by this. */
#define ON_ITS_WAY_MS 1000
#define OVERTAKEN_MS  200

#define STORM	  20
#define LOOKED_MS 3000

static uint32_t passed(uint32_t now_ms, uint32_t then_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

/* What the other one sent in this second or so and the one before. */
static uint32_t lately(const struct judge_half *me,
		       const struct judge_half *peer)
{
	uint16_t age = (uint16_t)(me->tick - peer->tick);

	if (age == 0)
		return (uint32_t)peer->now + peer->before;
	return age == 1 ? peer->now : 0;
}

/* What it sent is answered later than it is remembered. */
static bool is_slow(const struct judge_half *half)
{
	return half->rtt_ms > ON_ITS_WAY_MS && half->rtt_ms < UINT16_MAX;
}

static void judge_storm(const struct scene *s)
{
	uint32_t asked = lately(s->me, s->peer);

	if (s->me->rsts <= STORM + 2 * asked || is_slow(s->peer))
		return;
	if (!half_has(s->peer, HALF_ANY) || half_has(s->me, HALF_AHEAD))
		return; /* what they answer was not captured */
	if (!both_syns(s->j) && s->ms < LOOKED_MS)
		return; /* what they answer was before the capture */
	judge_say(s, claim_of(RULE_RST_STORM, s->from),
		  "an RST for each segment, %u|%u in about a second",
		  (unsigned int)asked, (unsigned int)s->me->rsts);
}

/* RST|ACK with number 0 answers a segment without ACK, or is at 0 by chance. */
static bool answers_bare(const struct scene *s)
{
	return s->seg->flags & FLAG_ACK && s->seg->seq == 0 &&
	       s->me->next != 0 && s->peer->acked != 0;
}

static bool is_outside(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;
	uint32_t seq = s->seg->seq;

	if (!is_whole(s->j) || !half_has(peer, HALF_ACKS) ||
	    s->j->order & JUDGE_STRAY || answers_bare(s))
		return false;
	return before_syn(me, seq) || seq_after(seq, peer->edge + 1);
}

/* No window can have been open for this number, not even unseen. */
static bool is_far_outside(const struct scene *s)
{
	uint32_t widest = UINT32_C(65535) << scale_of(s->j, s->peer);

	return is_outside(s) &&
	       (before_syn(s->me, s->seg->seq) ||
		seq_after(s->seg->seq, s->me->next + widest + 1));
}

static void say_outside(const struct scene *s, uint32_t seq)
{
	const struct judge_half *me = s->me, *peer = s->peer;

	judge_say(s, claim_of(RULE_RST_OUTSIDE, s->from),
		  "an RST from %u up to %u|the RST at %u",
		  (unsigned int)relative(me, peer->acked),
		  (unsigned int)relative(me, peer->edge),
		  (unsigned int)relative(me, seq));
}

static void say_odd(const struct scene *s, uint32_t seq, const char *then)
{
	judge_say(s,
		  claim_open(RULE_RST_OUTSIDE, s->from,
			     "a capture without gaps"),
		  "an RST up to %u|the RST at %u, %s",
		  (unsigned int)relative(s->me, s->peer->edge),
		  (unsigned int)relative(s->me, seq), then);
}

/*
 * Where it is may be behind a gap in the capture that nothing else shows. It
 * waits for what comes: nothing, and it counts; or the connection goes on.
 */
static void take_odd(const struct scene *s)
{
	struct judge_half *me = s->me;
	uint32_t seq = s->seg->seq;

	if (before_syn(me, seq) || both_closed(s->j)) {
		say_outside(s, seq);
	} else if ((me->seen | s->peer->seen) & HALF_RST) {
		say_odd(s, seq, "after another one");
	} else {
		me->seen |= HALF_RST_ODD;
		me->rst_seq = seq;
		me->rst_ms = s->ms;
	}
}

/* The next one of this end does not lie there. */
static void drop_odd(const struct scene *s)
{
	if (!half_has(s->me, HALF_RST_ODD))
		return;
	s->me->seen &= ~HALF_RST_ODD;
	say_odd(s, s->me->rst_seq, "and another one elsewhere");
}

/* Neither the other's next, as it acknowledged, nor the sender's own. */
static bool is_between(const struct scene *s)
{
	uint32_t seq = s->seg->seq;

	return seq_after(seq, s->me->next) ||
	       (seq_after(seq, s->peer->acked) && seq_before(seq, s->me->next));
}

static void judge_seq(const struct scene *s)
{
	const struct judge_half *me = s->me;

	if (s->seg->flags & FLAG_ACK || !is_whole(s->j) ||
	    !half_has(s->peer, HALF_ACKS) || !half_has(me, HALF_FIN) ||
	    s->j->order & JUDGE_STRAY)
		return;
	if (!seq_after(s->seg->seq, me->next) ||
	    (half_has(me, HALF_RST) && s->seg->seq == me->rst_seq))
		return;
	judge_say(s, claim_of(RULE_RST_WRONG_SEQ, s->from),
		  "an RST at %u, as acknowledged, or at %u|the RST at %u",
		  (unsigned int)relative(me, s->peer->acked),
		  (unsigned int)relative(me, me->next),
		  (unsigned int)relative(me, s->seg->seq));
}

/*
 * Certain in two cases: number 0 and the acknowledgment of a bare RST can
 * answer nothing else; and an end that reset long ago only answers, when the
 * other one has sent nothing but its RST for long.
 */
static bool is_answer_to_rst(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;
	const struct seg *seg = s->seg;

	if (!half_has(peer, HALF_RST))
		return false;
	if (answers_bare(s))
		return half_has(peer, HALF_BARE) && half_has(peer, HALF_SYN) &&
		       seg->ack == peer->rst_seq && seg->ack != peer->isn + 1 &&
		       !(s->j->order & JUDGE_STRAY);
	return !(seg->flags & FLAG_ACK) && half_has(peer, HALF_LONE) &&
	       half_has(me, HALF_RST) && seg->seq == peer->acked &&
	       passed(s->ms, me->rst_ms) >= ON_ITS_WAY_MS;
}

static void judge_answer(const struct scene *s)
{
	if (!is_answer_to_rst(s))
		return;
	judge_say(s, claim_of(RULE_RST_ANSWERS_RST, s->from),
		  "silence|an RST at %u, answering the RST at %u",
		  (unsigned int)relative(s->me, s->seg->seq),
		  (unsigned int)relative(s->peer, s->peer->rst_seq));
}

/* The other one's RST did not count, it went on, and now this. */
static void judge_obeyed(const struct scene *s)
{
	const struct judge_half *peer = s->peer;

	if (!half_has(peer, HALF_INEXACT | HALF_ON) ||
	    half_has(s->me, HALF_RST) || s->seg->flags & FLAG_ACK)
		return; /* with ACK it answers nothing (RFC 9293 3.5.2) */
	judge_say(s, claim_of(RULE_RST_INEXACT_OBEYED, s->from),
		  "an ACK to the RST at %u, and nothing else|an RST to what "
		  "came later",
		  (unsigned int)relative(peer, peer->rst_seq));
}

static void judge_assassin(const struct scene *s)
{
	if (!both_closed(s->j) || !half_has(s->me, HALF_OLD) ||
	    !half_has(s->peer, HALF_POKED))
		return;
	judge_say(s, claim_of(RULE_TIME_WAIT_ASSASSINATED, s->from),
		  "the other end left in TIME-WAIT|an RST at %u, to its ACK of "
		  "an old segment",
		  (unsigned int)relative(s->me, s->seg->seq));
}

/* Old data after both have closed, and its acknowledgment. */
void judge_wait(const struct scene *s)
{
	struct judge_half *me = s->me;

	if (!both_closed(s->j))
		return;
	if (s->seg->len && !(s->seg->flags & FLAG_FIN) &&
	    !seq_after(s->end, me->fin) &&
	    passed(s->ms, me->fin_last_ms) >= ON_ITS_WAY_MS / 2)
		me->seen |= HALF_OLD;
	else if (half_has(s->peer, HALF_OLD) && !s->seg->len &&
		 judge_state(s->j, s->from) == TCP_STATE_TIME_WAIT)
		me->seen |= HALF_POKED;
}

static bool is_refusal(const struct scene *s)
{
	const struct judge_half *peer = s->peer;

	return half_has(peer, HALF_SYN) && !half_has(peer, HALF_ACKS) &&
	       !half_has(peer, HALF_ANSWERS) && !half_has(s->me, HALF_ANY) &&
	       s->seg->flags & FLAG_ACK &&
	       !seq_after(s->seg->ack, peer->next) &&
	       seq_after(s->seg->ack, peer->isn);
}

static void take_ack(const struct scene *s)
{
	struct judge_half *me = s->me;
	uint32_t ack = s->seg->ack;

	if (!(s->seg->flags & FLAG_ACK) || !half_has(s->peer, HALF_ANY))
		return;
	if (seq_after(ack, s->peer->next))
		me->seen |= HALF_AHEAD;
	else if (half_has(me, HALF_ACKS) && seq_after(ack, me->acked))
		me->acked = ack;
}

/* By this end, in the state it is in. */
static void abort_now(const struct scene *s)
{
	struct judge *j = s->j;
	bool a = s->from == SIDE_A;

	j->aborted = (uint8_t)judge_state(j, s->from);
	j->order |= a ? JUDGE_A_RESET : JUDGE_B_RESET;
	if (!(j->order & (JUDGE_A_FIRST | JUDGE_B_FIRST)))
		j->order |= a ? JUDGE_A_FIRST : JUDGE_B_FIRST;
}

/* The other one has gone on after its RST, which this does not answer. */
static bool resets_anew(const struct scene *s)
{
	return half_has(s->peer, HALF_RST | HALF_ON) &&
	       !judge_said(s->j, RULE_RST_INEXACT_OBEYED, s->from);
}

/* The first of this end. */
static void take_first(const struct scene *s)
{
	struct judge *j = s->j;
	struct judge_half *me = s->me;
	bool anew = resets_anew(s);

	if (anew)
		j->order &= (uint8_t) ~(JUDGE_A_RESET | JUDGE_B_RESET |
					JUDGE_A_FIRST | JUDGE_B_FIRST);
	if (anew || !(s->peer->seen & HALF_RST))
		abort_now(s);
	me->seen |= HALF_RST;
	me->rst_seq = s->seg->seq;
	me->others = s->peer->next;
	if (!half_has(me, HALF_ACKS))
		me->acked = s->seg->ack; /* perhaps of a SYN seen later */
	if (!(s->seg->flags & FLAG_ACK))
		me->seen |= HALF_BARE;
	if (is_whole(j) && half_has(s->peer, HALF_ACKS) && is_between(s))
		me->seen |= HALF_INEXACT;
	if (is_outside(s))
		me->seen |= HALF_RST_FAR;
}

/* It went on after an RST that was not exact, and this one is: it counts. */
static void forget_inexact(const struct scene *s)
{
	struct judge *j = s->j;
	uint32_t seq = s->seg->seq;

	if (!half_has(s->me, HALF_RST | HALF_ON) ||
	    (seq != s->peer->acked && seq != s->me->next))
		return;
	s->me->seen &=
		~(HALF_RST | HALF_ON | HALF_INEXACT | HALF_RST_FAR | HALF_BARE);
	j->order &= (uint8_t) ~(JUDGE_A_RESET | JUDGE_B_RESET);
	s->peer->seen &= ~HALF_RST;
}

static void take_rst(const struct scene *s)
{
	struct judge_half *me = s->me;
	bool lone = passed(s->ms, me->last_ms) >= ON_ITS_WAY_MS &&
		    s->seg->flags & FLAG_ACK;

	take_ack(s);
	if (both_closed(s->j)) {
		me->seen |= HALF_RST_LATE;
		return;
	}
	if (is_refusal(s))
		s->j->order |= JUDGE_REFUSED;
	forget_inexact(s);
	if (!half_has(me, HALF_RST))
		take_first(s);
	me->seen &= ~HALF_LONE;
	if (lone)
		me->seen |= HALF_LONE;
	me->rst_ms = s->ms;
}

/*
 * An end whose SYN was not acknowledged yet resets what acknowledges something
 * else, and stays in its state (RFC 9293 section 3.10.7.4).
 */
static bool answers_other(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;

	if (s->seg->flags & FLAG_ACK || !half_has(me, HALF_SYN))
		return false;
	if (!((me->seen | peer->seen) & HALF_AHEAD))
		return false;
	if (!half_has(me, HALF_ANSWERS))
		return !half_has(peer, HALF_ANY); /* no SYN|ACK was taken */
	return me->next == me->isn + 1 && s->seg->seq != me->next &&
	       !half_has(me, HALF_FIN);
}

void judge_rst(const struct scene *s)
{
	judge_storm(s);
	if (s->seg->len)
		judge_say(s, claim_of(RULE_RST_WITH_DATA, s->from),
			  "an RST without data|%zu octets of it", s->seg->len);
	judge_answer(s);
	s->me->seen &= ~HALF_REUSE; /* it ends the TIME-WAIT it is sent to */
	if (answers_other(s))
		return;
	if (is_far_outside(s)) {
		take_odd(s);
		return;
	}
	drop_odd(s);
	if (answers_bare(s) && half_has(s->me, HALF_ANY) &&
	    half_has(s->peer, HALF_ACKS))
		return; /* counts for nobody in the connection */
	judge_seq(s);
	judge_obeyed(s);
	judge_assassin(s);
	take_rst(s);
}

/*
 * It acknowledges octets that the other one sent after the RST had passed:
 * no reordering explains that. Or it is too late for anything sent before.
 */
static bool goes_on(const struct scene *s, bool *acks)
{
	const struct judge_half *me = s->me, *peer = s->peer;
	uint32_t late = passed(s->ms, me->rst_ms);
	bool fresh =
		seq_after(s->end, me->next) &&
		(half_has(me, HALF_INEXACT) || seq_after(s->end, me->rst_seq));

	*acks = s->seg->flags & FLAG_ACK && half_has(peer, HALF_ANY) &&
		!half_has(peer, HALF_GAP) &&
		seq_after(s->seg->ack, me->others) &&
		!seq_after(s->seg->ack, peer->next);
	return *acks || late >= ON_ITS_WAY_MS ||
	       (fresh && late >= OVERTAKEN_MS);
}

void judge_after_rst(const struct scene *s)
{
	struct judge_half *me = s->me;
	bool acks;

	me->seen &= ~HALF_LONE;
	if (!half_has(me, HALF_RST) || !goes_on(s, &acks))
		return;
	me->seen |= HALF_ON;
	if (judge_said(s->j, RULE_AFTER_RST, s->from))
		return;
	if (acks)
		judge_say(s, claim_of(RULE_ACK_AFTER_RST, s->from),
			  "no ACK beyond %u|ack %u, after the RST",
			  (unsigned int)relative(s->peer, me->others),
			  (unsigned int)relative(s->peer, s->seg->ack));
	else
		judge_say(s, claim_of(RULE_AFTER_RST, s->from),
			  "nothing but RSTs|seq %u, %u ms after the RST",
			  (unsigned int)relative(me, s->seg->seq),
			  (unsigned int)passed(s->ms, me->rst_ms));
	if (half_has(me, HALF_RST_FAR))
		say_outside(s, me->rst_seq);
	else if (half_has(me, HALF_INEXACT))
		judge_say(s, claim_of(RULE_RST_INEXACT, s->from),
			  "an RST at %u or where the other one is|the RST at "
			  "%u",
			  (unsigned int)relative(me, me->next),
			  (unsigned int)relative(me, me->rst_seq));
}

/* What was on its way when the RST passed is no life after it. */
static void go_on_after(const struct scene *s, struct judge_half *half,
			uint32_t least_ms)
{
	struct scene of = *s;

	if (!half_has(half, HALF_RST_ODD) ||
	    passed(s->ms, half->rst_ms) < least_ms)
		return;
	half->seen &= ~HALF_RST_ODD;
	if (half == s->peer) {
		of.from = side_other(s->from);
		of.me = s->peer;
		of.peer = s->me;
	}
	say_outside(&of, half->rst_seq);
}

void judge_after_odd(const struct scene *s)
{
	go_on_after(s, s->me, OVERTAKEN_MS);
	go_on_after(s, s->peer, ON_ITS_WAY_MS);
}

/* Nothing came: as far as it can be told, it was behind a gap, and counts. */
void judge_odd_end(const struct scene *s)
{
	s->me->seen &= ~HALF_RST_ODD;
	if (both_closed(s->j) || (s->me->seen | s->peer->seen) & HALF_RST)
		return;
	abort_now(s);
	s->me->seen |= HALF_RST;
	say_odd(s, s->me->rst_seq, "and nothing after it");
}
