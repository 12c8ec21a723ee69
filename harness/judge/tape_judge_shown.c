/*
 * What an end's own segments show when it is known what was delivered to it
 * in between: bits, checksums, windows and clocks that must not be so, and
 * what is sent again for nothing. Knows no state.
 */
#include "judge/tape_judge_own.h"

#include <stdio.h>

#include "base/clock.h"
#include "judge/predicate.h"
#include "judge/spec.h"

/* Nothing is sent again sooner, whatever the timeout is. */
#define AT_ONCE_NS (1 * NS_PER_MS)
/* So many of the least timeout, and of the time the connection has taken. */
#define GIVEN_UP_RTO 6
#define GIVEN_UP_AGE 3
/* The ACKs that one delivery, or one call, may cause; and some for nothing. */
#define ACKS_EACH 2
#define ACKS_FREE 10
/* Of the clock: what is stamped is not always sent at once. */
#define CLOCK_TICKS 10

#define ECN (FLAG_ECE | FLAG_CWR)

void tape_judge_shown_begin(struct tape_judge_end *e, const struct seg *seg)
{
	e->tsval_known = false;
	e->ecn = seg->flags & ECN;
	e->resent = e->asked = e->snd_edge_known = false;
	e->acks = (struct alike){ .left = ACKS_FREE };
	e->begun_ns = 0;
	e->n_fin = 0;
}

void tape_judge_shown_given(struct tape_judge_end *e, enum rfc9293_event event)
{
	/* Neither a FIN nor its ACK makes an end send its FIN again. */
	if (event != EVENT_FIN && event != EVENT_FIN_ACK &&
	    event != EVENT_ACK_FIN)
		e->asked = true;
	e->unsettled = true;
	e->acks.left += ACKS_EACH;
}

/* Nothing urgent was given to the end, or all of it lies before the segment. */
static bool is_unasked(const struct tape_judge_end *e, const struct seg *seg)
{
	return !e->up || seq_after(seg->seq, e->shown.iss + (uint32_t)e->up);
}

static void see_bits(const struct sent *s)
{
	uint8_t flags = s->seg->flags;
	char buf[NAME_FLAGS_MAX];

	name_flags(flags, buf);
	if (!s->seg->csum_ok)
		tape_judge_say_sent(s, tape_judge_say, RULE_BAD_CHECKSUM, NULL,
				    "a correct checksum", "a wrong one");
	if (flags & FLAG_URG && is_unasked(s->e, s->seg))
		tape_judge_say_sent(s, tape_judge_say, RULE_URGENT_UNASKED,
				    NULL, "no URG: nothing urgent was sent",
				    "%s", buf);
	if (flags & ECN && !(flags & FLAG_SYN) && s->e->shown.known &&
	    !s->e->ecn && !s->j->end[side_other(s->from)].ecn)
		tape_judge_say_sent(
			s, tape_judge_say, RULE_ECN_UNASKED, NULL,
			"neither ECE nor CWR: no SYN has asked for it", "%s",
			buf);
}

static void see_timestamp(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	uint32_t tsval = s->seg->tsval;

	if (!s->seg->has_ts || s->seg->flags & FLAG_RST)
		return;
	if (e->tsval_known && seq_after(e->tsval_newest - CLOCK_TICKS, tsval))
		tape_judge_say_sent(s, tape_judge_say, RULE_TIMESTAMP_BACK,
				    NULL, "TSval not before the last one sent",
				    "%u before it",
				    (unsigned int)(e->tsval_newest - tsval));
	if (!e->tsval_known || seq_after(tsval, e->tsval_newest))
		e->tsval_newest = tsval;
	e->tsval_known = true;
}

/*
 * But for what is lost to the window's scale. A buffer that was made smaller,
 * or is full, explains it: Linux drops what comes then, and says 0.
 */
static void see_window(const struct sent *s)
{
	const struct tape_judge_end *e = s->e;
	const struct seg *seg = s->seg;
	uint32_t unit = 1u << e->shown.rcv_wind_shift;
	uint32_t edge = seg->ack + seg->win * unit;
	bool explained = e->rcvbuf || e->unread || e->n_range || e->maybe;

	if (!e->shown.ack_sent || !(seg->flags & FLAG_ACK) ||
	    seg->flags & (FLAG_RST | FLAG_SYN) ||
	    seq_after(e->shown.rcv_nxt_max, seg->ack) ||
	    !seq_after(e->shown.rcv_edge, edge + unit))
		return;
	tape_judge_say_sent(s, explained ? tape_judge_note : tape_judge_say,
			    RULE_WINDOW_SHRUNK, NULL,
			    "the window's right edge no lower than before",
			    "%u octets less",
			    (unsigned int)(e->shown.rcv_edge - edge));
}

static void see_storm(const struct sent *s)
{
	const struct seg *seg = s->seg;
	struct alike *a = &s->e->acks;

	if (!s->e->shown.known || !is_pure_ack(seg) ||
	    seg->seq != s->e->shown.snd_nxt)
		return;
	if (a->any && seg->seq == a->seq && seg->ack == a->ack &&
	    seg->win == a->win && --a->left < 0)
		tape_judge_say_sent(s, tape_judge_say, RULE_ACK_STORM, NULL,
				    "one ACK of what was delivered",
				    "the same again and again");
	a->any = true;
	a->seq = seg->seq;
	a->ack = seg->ack;
	a->win = seg->win;
}

/* The window may have been too small for the FIN. */
static bool is_fin_beyond(const struct tape_judge_end *e, uint32_t fin_seq)
{
	return e->snd_edge_known && !seq_after(e->snd_edge, fin_seq);
}

/*
 * The FIN's place again, and no FIN. Where the window may have been too small
 * for the FIN, its end is a number to acknowledge with.
 */
static void see_fin_forgotten(const struct sent *s)
{
	const struct tape_judge_end *e = s->e;
	uint32_t fin_seq = e->shown.fin_seq;

	if (!e->shown.fin_sent || !ack_is_below_fin(s->seg, fin_seq) ||
	    seq_before(s->seg->seq, fin_seq) || !e->fin_alone || e->keepalive ||
	    e->vanished || is_fin_beyond(e, fin_seq))
		return;
	tape_judge_say_sent(s, tape_judge_prove, RULE_SEQ_BELOW_FIN, NULL,
			    "the number behind its FIN, or the FIN again",
			    "an ACK with the FIN's number");
}

/* The least time after which a retransmission timer expires. */
static int64_t least_rto(const struct tape_judge *j)
{
	int64_t least = j->rto_min_ns;

	if (!least)
		return AT_ONCE_NS;
	if (least > SPEC_FIRST_RTO_NS)
		least = SPEC_FIRST_RTO_NS;
	return least / 10 * 9;
}

static void say_again(const struct sent *s, int64_t gap)
{
	const struct stimulus *given = tape_judge_only_stimulus(s->e);
	double after = (double)gap / NS_PER_S;

	if (given && given->answer == ANSWER_ACK && !s->e->fin_acked)
		tape_judge_say_sent(s, tape_judge_say, RULE_ANSWER_WRONG,
				    given->id, "an ACK with SEQ=SND.NXT",
				    "the FIN again, after %.3f s", after);
	else if (s->e->fin_acked)
		tape_judge_say_sent(s, tape_judge_say, RULE_UNASKED_SEGMENT,
				    "RFC9293-3.10.7.4-S5-LA",
				    "no FIN again: it was acknowledged",
				    "the FIN again, after %.3f s", after);
	else
		tape_judge_say_sent(s, tape_judge_prove,
				    RULE_RETRANSMITTED_EARLY, NULL,
				    "the FIN again only after a timeout",
				    "the FIN again, after %.3f s", after);
}

/*
 * The timer began when the FIN was sent, if nothing before it was waiting
 * for an ACK; and nothing that came since asks for it.
 */
static void see_fin(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	const struct seg *seg = s->seg;
	uint32_t number = seg->seq + (uint32_t)seg->len;
	bool first = e->snd_una == e->shown.iss && seg->seq == e->shown.iss + 1;
	int64_t gap = s->at_ns - e->fin_at_ns;

	if (!(seg->flags & FLAG_FIN))
		return;
	if (!e->shown.fin_sent || number == e->shown.fin_seq)
		e->n_fin++;
	if (e->shown.fin_sent && number == e->shown.fin_seq && e->fin_alone &&
	    !e->asked && !e->vanished && fin_is_early(gap, least_rto(s->j)))
		say_again(s, gap);
	e->fin_at_ns = s->at_ns;
	e->fin_frame = s->frame;
	e->asked = false;
	e->fin_alone = !e->unsettled && (seg->seq == e->snd_una || first) &&
		       !is_fin_beyond(e, number);
}

void tape_judge_shown(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	uint32_t span = seg_span(s->seg);

	if (!e->begun_ns)
		e->begun_ns = s->at_ns;
	see_bits(s);
	see_timestamp(s);
	see_window(s);
	see_storm(s);
	see_fin_forgotten(s);
	if (span && e->shown.known && !(s->seg->flags & FLAG_SYN) &&
	    !seq_after(s->seg->seq + span, e->shown.snd_nxt)) {
		e->resent = true;
		e->asked |= !(s->seg->flags & FLAG_FIN); /* a recovery */
	}
	see_fin(s);
}

/* The timer, or what is to be sent, is another's: of a user, of a probe. */
static bool is_excused(const struct tape_judge_end *e)
{
	return e->vanished || e->forgotten || e->user_timeout || e->resent ||
	       !e->fin_alone || is_fin_beyond(e, e->shown.fin_seq);
}

void tape_judge_shown_settle(struct tape_judge *j, enum side side)
{
	static const uint32_t waiting = STATE_BIT(TCP_STATE_FIN_WAIT_1) |
					STATE_BIT(TCP_STATE_CLOSING) |
					STATE_BIT(TCP_STATE_LAST_ACK);
	const struct tape_judge_end *e = &j->end[side];
	int64_t silent = j->now_ns - e->fin_at_ns;
	int64_t bound = GIVEN_UP_RTO * j->rto_min_ns +
			GIVEN_UP_AGE * (e->fin_at_ns - e->begun_ns);
	char text[48];

	if (!j->rto_min_ns || e->fin_acked || is_excused(e) ||
	    !tape_judge_is_only(e, waiting) ||
	    !fin_is_not_again(e->n_fin, silent, bound))
		return;
	snprintf(text, sizeof(text), "once, and not again in %.3f s",
		 (double)silent / NS_PER_S);
	tape_judge_prove(j, RULE_FIN_NOT_RETRANSMITTED, NULL, side,
			 e->fin_frame, "the FIN again after a timeout", text);
}
