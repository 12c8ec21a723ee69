/*
 * What needs time: how a FIN is sent again, and how it is answered. An end is
 * held to have received a segment only when its own segments show that.
 */
#include "judge/judge_own.h"

#define WATCH_MS  3000 /* no FIN again: hardly a long first timeout */
#define LONG_MS	  6000 /* twice the longest first timeout, 3 s */
#define LATE_MS	  1000
#define NEAR_MS	  300 /* a round trip that explains no such delay */
#define SOON_MS	  100
#define STORM	  10
#define EARLY	  3
#define EVEN	  3
#define EVEN_MIN  20
#define EVEN_MAX  50000 /* the timeout has a limit of a minute or more */
#define MANY_FINS 4
#define LOW	  3

/*
 * s->me has had the other's last FIN: what it echoes is not older; without
 * timestamps, it acknowledges with nothing of its own, and no keep-alive.
 */
bool judge_has_had(const struct scene *s)
{
	if (s->me->seen & s->peer->seen & HALF_TS)
		return s->seg->has_ts &&
		       !seq_before(s->seg->tsecr, s->peer->fin_ts);
	return !(s->seg->flags & FLAG_FIN) && !s->seg->len &&
	       !seq_before(s->seg->seq, s->me->next);
}

static void judge_backoff(const struct scene *s, uint32_t gap)
{
	struct judge_half *me = s->me;
	struct claim c = claim_of(RULE_NO_BACKOFF, s->from);
	uint32_t before = me->fin_gap_ms;
	bool even = gap >= EVEN_MIN && gap <= EVEN_MAX &&
		    gap * 5 >= before * 4 && gap * 5 <= before * 6 &&
		    !half_has(me, HALF_PROGRESS) &&
		    !half_has(s->peer, HALF_SHUT);

	me->even_gaps = even ? count_up(me->even_gaps) : 0;
	me->fin_gap_ms = gap < EVEN_MAX ? gap : EVEN_MAX + 1;
	me->seen &= ~HALF_PROGRESS;
	if (me->even_gaps < EVEN)
		return;
	/* A router that knows no way takes the wait back (RFC 6069). */
	if (!half_has(s->peer, HALF_LIFE))
		c = claim_open(RULE_NO_BACKOFF, s->from,
			       "the ICMP messages that the sender had");
	judge_say(s, c,
		  "the FIN again after twice the time|after %u ms, %u times",
		  (unsigned int)gap, me->even_gaps + 1u);
}

static void judge_early(const struct scene *s, uint32_t gap)
{
	struct judge_half *me = s->me;
	bool known = me->rtt_ms && me->rtt_ms < UINT16_MAX && is_whole(s->j);

	/* The first round trip may be far longer than the others. */
	if (!known || gap >= SOON_MS || gap >= (uint32_t)(me->rtt_ms - 1) / 2)
		me->early = 0;
	else if (me->early < 15)
		me->early++;
	if (me->early < EARLY)
		return;
	judge_say(s, claim_of(RULE_RETRANSMITTED_EARLY, s->from),
		  "the FIN again after a round trip, %u ms, or more|after %u "
		  "ms",
		  me->rtt_ms - 1u, (unsigned int)gap);
}

static void judge_storm(const struct scene *s, uint32_t gap)
{
	struct judge_half *me = s->me;

	if (gap >= SOON_MS)
		me->storm = 0;
	else if (me->storm < 15)
		me->storm++;
	if (me->storm < STORM)
		return;
	judge_say(s, claim_of(RULE_FIN_STORM, s->from),
		  "the FIN again after a timeout|%u times, each after less "
		  "than %u ms",
		  (unsigned int)me->storm, (unsigned int)SOON_MS);
}

static void judge_last_ack(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;
	bool echoed = me->seen & peer->seen & HALF_TS;

	if (me->fins < MANY_FINS || !half_has(peer, HALF_BOTHERED) ||
	    !fin_acked(peer, me) || fin_acked(me, peer))
		return;
	if (peer->acked != me->fin || peer->low_acks < (echoed ? 2 : LOW))
		return; /* perhaps it has not come */
	judge_say(s, claim_of(RULE_LAST_ACK_MISSING, side_other(s->from)),
		  "an ACK of the FIN, %u|none, though alive; the FIN came %u "
		  "times",
		  (unsigned int)relative(me, me->fin + 1),
		  (unsigned int)me->fins);
}

/* The same FIN again. One copy at once may be the capture's. */
void judge_fin_times(const struct scene *s)
{
	struct judge_half *me = s->me;
	uint32_t gap = s->ms > me->fin_last_ms ? s->ms - me->fin_last_ms : 0;

	if (s->ms == UINT32_MAX)
		return; /* after 49 days nobody counts any more */
	if (gap == 0 && !half_has(me, HALF_TWIN)) {
		me->seen |= HALF_TWIN;
		return;
	}
	judge_storm(s, gap);
	if (gap == 0)
		return;
	me->seen &= ~HALF_TWIN;
	me->fins = count_up(me->fins);
	me->fin_last_ms = s->ms;
	judge_backoff(s, gap);
	judge_early(s, gap);
	judge_last_ack(s);
}

/*
 * Its FIN was dropped for what it acknowledges, or for a timestamp older than
 * the last one (RFC 9293 section 3.10.7.4, RFC 7323 section 5.3).
 */
static bool is_refused(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;

	return half_has(peer, HALF_AHEAD) ||
	       (me->seen & peer->seen & HALF_TS &&
		seq_after(s->seg->tsecr, peer->fin_ts));
}

/* One too low, in answer to this very FIN: with room for it. */
static void judge_low(const struct scene *s)
{
	struct judge_half *me = s->me;
	const struct judge_half *peer = s->peer;

	if (s->seg->len || s->seg->flags & FLAG_FIN ||
	    seq_before(s->seg->seq, me->next) || half_has(me, HALF_ANSWERED) ||
	    !judge_has_had(s) || is_refused(s) || s->ms < peer->fin_last_ms ||
	    s->ms - peer->fin_last_ms >= LATE_MS)
		return;
	me->seen |= HALF_ANSWERED;
	if (me->low_acks < 15)
		me->low_acks++;
	if (me->low_acks < LOW || peer->fins < LOW)
		return;
	judge_say(s, claim_of(RULE_FIN_ACK_LOW, s->from),
		  "ack %u, behind the FIN|ack %u, %u times",
		  (unsigned int)relative(peer, peer->fin + 1),
		  (unsigned int)relative(peer, s->seg->ack),
		  (unsigned int)me->low_acks);
}

static void note_late(const struct scene *s)
{
	const struct judge_half *peer = s->peer;

	if (peer->fins == 1 && s->ms >= peer->fin_ms &&
	    s->ms - peer->fin_ms >= LATE_MS && peer->rtt_ms &&
	    peer->rtt_ms <= NEAR_MS && judge_has_had(s))
		s->me->late = count_up(s->me->late);
}

static void judge_late(const struct scene *s)
{
	if (s->me->late < 2 || s->peer->fins != 1 || !is_whole(s->j))
		return;
	judge_say(s, claim_of(RULE_FIN_ACK_LATE, s->from),
		  "an ACK of the FIN within 500 ms|after %u ms, and %u "
		  "segments before it without",
		  (unsigned int)(s->ms - s->peer->fin_ms),
		  (unsigned int)s->me->late);
}

/* It opens the window, or acknowledges octets: it does not answer the FIN. */
static bool is_update(const struct scene *s)
{
	uint32_t win = (uint32_t)s->seg->win << scale_of(s->j, s->me);

	return seq_after(s->seg->ack + win, s->me->edge);
}

void judge_answer_times(const struct scene *s)
{
	struct judge_half *me = s->me, *peer = s->peer;
	uint32_t ack = s->seg->ack;

	if (fin_acked(peer, me))
		return;
	if (!half_has(me, HALF_ACKS) || seq_after(ack, me->acked))
		peer->seen |= HALF_PROGRESS;
	if (seq_after(ack, peer->fin)) {
		judge_late(s);
		return;
	}
	if (ack != peer->fin || !s->seg->win)
		return;
	if (is_update(s)) {
		me->seen |= HALF_ANSWERED; /* its copy is none either */
		return;
	}
	judge_low(s);
	note_late(s);
}

/* Nobody knows whether the acknowledgment took a way past the capture. */
static void end_not_again(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;
	bool alive = is_whole(s->j) && half_has(peer, HALF_LIFE) &&
		     me->last_ms - me->fin_ms >= LONG_MS &&
		     peer->acked == me->fin;
	struct claim c = claim_open(RULE_FIN_NOT_RETRANSMITTED, s->from,
				    "a capture at the sender of the FIN");

	if (!half_has(peer, HALF_ANY) || s->ms < me->fin_ms ||
	    s->ms - me->fin_ms < WATCH_MS || half_has(me, HALF_AGAIN))
		return;
	if (alive)
		c = claim_of(RULE_FIN_NOT_RETRANSMITTED, s->from);
	judge_say(s, c,
		  "the FIN again after a timeout|once, unanswered for %u ms",
		  (unsigned int)(s->ms - me->fin_ms));
}

static void end_fin(const struct scene *s)
{
	const struct judge_half *me = s->me;

	if (!half_has(me, HALF_FIN) || fin_acked(me, s->peer) ||
	    (me->seen | s->peer->seen) & HALF_RST ||
	    half_has(s->peer, HALF_SHUT))
		return;
	if (me->fins == 1)
		end_not_again(s);
	if (me->fins >= MANY_FINS && half_has(s->peer, HALF_BOTHERED) &&
	    fin_acked(s->peer, me))
		judge_say(s,
			  claim_open(RULE_LAST_ACK_MISSING, side_other(s->from),
				     "a capture at the other end"),
			  "an ACK of the FIN, %u|none; the FIN came %u times",
			  (unsigned int)relative(me, me->fin + 1),
			  (unsigned int)me->fins);
	if (me->fins > 2)
		judge_say(s, claim_of(RULE_FIN_NEVER_ACKED, s->from),
			  "an ACK of the FIN, %u|none; the FIN came %u times",
			  (unsigned int)relative(me, me->fin + 1),
			  (unsigned int)me->fins);
}

/* When it was acknowledged, it was inside: an ACK was not captured. */
static void end_far(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;

	if (!half_has(me, HALF_FIN_FAR) || fin_acked(me, peer) ||
	    !seq_after(me->fin, peer->edge) || !half_has(peer, HALF_LIFE))
		return;
	judge_say(s, claim_of(RULE_FIN_OUTSIDE, s->from),
		  "a FIN up to the window's edge, %u|the FIN at %u",
		  (unsigned int)relative(me, peer->edge),
		  (unsigned int)relative(me, me->fin));
}

static void end_ahead(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;

	if (!both_syns(s->j) || !half_has(me, HALF_ACKS) ||
	    !seq_after(me->acked, peer->next))
		return;
	judge_say(s,
		  claim_open(RULE_ACK_UNSENT, s->from,
			     "a capture at the sender of the octets"),
		  "an ACK up to what was sent, %u|ack %u",
		  (unsigned int)relative(peer, peer->next),
		  (unsigned int)relative(peer, me->acked));
}

void judge_times_end(const struct scene *s)
{
	end_far(s);
	end_fin(s);
	end_ahead(s);
}
