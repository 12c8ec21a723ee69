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
	/* What a FIN is never sent again for. */
	if (event != EVENT_FIN && event != EVENT_FIN_ACK &&
	    event != EVENT_ACK_FIN)
		e->asked = true;
	e->unsettled = true;
	e->acks.left += ACKS_EACH;
}

static void bits(struct tape_judge *j, enum side from, const struct seg *seg,
		 size_t frame)
{
	const struct tape_judge_end *e = &j->end[from];
	char buf[NAME_FLAGS_MAX];

	if (!seg->csum_ok)
		tape_judge_say(j, RULE_BAD_CHECKSUM, NULL, from, frame,
			       "a correct checksum", "a wrong one");
	if (seg->flags & FLAG_URG)
		tape_judge_say(j, RULE_URGENT_UNASKED, NULL, from, frame,
			       "no URG: nothing urgent was sent",
			       name_flags(seg->flags, buf));
	if (seg->flags & ECN && !(seg->flags & FLAG_SYN) && e->shown.known &&
	    !e->ecn && !j->end[side_other(from)].ecn)
		tape_judge_say(j, RULE_ECN_UNASKED, NULL, from, frame,
			       "neither ECE nor CWR: no SYN has asked for it",
			       name_flags(seg->flags, buf));
}

static void timestamp(struct tape_judge *j, enum side from,
		      const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[from];
	char text[48];

	if (!seg->has_ts || seg->flags & FLAG_RST)
		return;
	if (e->tsval_known &&
	    seq_after(e->tsval_newest - CLOCK_TICKS, seg->tsval)) {
		snprintf(text, sizeof(text), "%u before it",
			 (unsigned int)(e->tsval_newest - seg->tsval));
		tape_judge_say(j, RULE_TIMESTAMP_BACK, NULL, from, frame,
			       "TSval not before the last one sent", text);
	}
	if (!e->tsval_known || seq_after(seg->tsval, e->tsval_newest))
		e->tsval_newest = seg->tsval;
	e->tsval_known = true;
}

/*
 * But for what is lost to the window's scale. A buffer that was made smaller,
 * or is full, explains it: Linux drops what comes then, and says 0.
 */
static void window(struct tape_judge *j, enum side from, const struct seg *seg,
		   size_t frame)
{
	const struct tape_judge_end *e = &j->end[from];
	uint32_t edge =
		seg->ack + ((uint32_t)seg->win << e->shown.rcv_wind_shift);
	char text[48];

	if (!e->shown.ack_sent || !(seg->flags & FLAG_ACK) ||
	    seg->flags & (FLAG_RST | FLAG_SYN) ||
	    seq_after(e->shown.rcv_nxt_max, seg->ack) ||
	    !seq_after(e->shown.rcv_edge,
		       edge + (1u << e->shown.rcv_wind_shift)))
		return;
	snprintf(text, sizeof(text), "%u octets less",
		 (unsigned int)(e->shown.rcv_edge - edge));
	(e->rcvbuf || e->unread || e->n_range || e->maybe ? tape_judge_note
							  : tape_judge_say)(
		j, RULE_WINDOW_SHRUNK, NULL, from, frame,
		"the window's right edge no lower than before", text);
}

static void storm(struct tape_judge *j, enum side from, const struct seg *seg,
		  size_t frame)
{
	struct tape_judge_end *e = &j->end[from];
	struct alike *a = &e->acks;

	if (!e->shown.known || !is_pure_ack(seg) ||
	    seg->seq != e->shown.snd_nxt)
		return;
	if (a->any && seg->seq == a->seq && seg->ack == a->ack &&
	    seg->win == a->win && --a->left < 0)
		tape_judge_say(j, RULE_ACK_STORM, NULL, from, frame,
			       "one ACK of what was delivered",
			       "the same again and again");
	a->any = true;
	a->seq = seg->seq;
	a->ack = seg->ack;
	a->win = seg->win;
}

/*
 * The FIN's place again, and no FIN. Where the window may have been too small
 * for the FIN, its end is a number to acknowledge with.
 */
static void forgotten(struct tape_judge *j, enum side from,
		      const struct seg *seg, size_t frame)
{
	const struct tape_judge_end *e = &j->end[from];

	if (!e->shown.fin_sent || !ack_is_below_fin(seg, e->shown.fin_seq) ||
	    seq_before(seg->seq, e->shown.fin_seq) || !e->fin_alone ||
	    e->keepalive || e->vanished ||
	    (e->snd_edge_known && !seq_after(e->snd_edge, e->shown.fin_seq)))
		return;
	tape_judge_prove(j, RULE_SEQ_BELOW_FIN, NULL, from, frame,
			 "the number behind its FIN, or the FIN again",
			 "an ACK with the FIN's number");
}

/* No timer of it has run out before. */
static int64_t least_rto(const struct tape_judge *j)
{
	int64_t least = j->rto_min_ns;

	if (!least)
		return AT_ONCE_NS;
	if (least > SPEC_FIRST_RTO_NS)
		least = SPEC_FIRST_RTO_NS;
	return least / 10 * 9;
}

static void say_again(struct tape_judge *j, enum side from, size_t frame,
		      int64_t gap)
{
	const struct tape_judge_end *e = &j->end[from];
	const struct stimulus *s = tape_judge_only_stimulus(e);
	char text[48];

	snprintf(text, sizeof(text), "the FIN again, after %.3f s",
		 (double)gap / NS_PER_S);
	if (s && s->answer == ANSWER_ACK && !e->fin_acked)
		tape_judge_say(j, RULE_ANSWER_WRONG, s->id, from, frame,
			       "an ACK with SEQ=SND.NXT", text);
	else if (e->fin_acked)
		tape_judge_say(j, RULE_UNASKED_SEGMENT,
			       "RFC9293-3.10.7.4-S5-LA", from, frame,
			       "no FIN again: it was acknowledged", text);
	else
		tape_judge_prove(j, RULE_RETRANSMITTED_EARLY, NULL, from, frame,
				 "the FIN again only after a timeout", text);
}

/*
 * The timer began when the FIN was sent, if nothing before it was waiting
 * for an ACK; and nothing that came since asks for it.
 */
static void fin(struct tape_judge *j, enum side from, const struct seg *seg,
		size_t frame, int64_t at_ns)
{
	struct tape_judge_end *e = &j->end[from];
	uint32_t number = seg->seq + (uint32_t)seg->len;
	bool first = e->snd_una == e->shown.iss && seg->seq == e->shown.iss + 1;
	int64_t gap = at_ns - e->fin_at_ns;

	if (!(seg->flags & FLAG_FIN))
		return;
	if (!e->shown.fin_sent || number == e->shown.fin_seq)
		e->n_fin++;
	if (e->shown.fin_sent && number == e->shown.fin_seq && e->fin_alone &&
	    !e->asked && !e->vanished && fin_is_early(gap, least_rto(j)))
		say_again(j, from, frame, gap);
	e->fin_at_ns = at_ns;
	e->fin_frame = frame;
	e->asked = false;
	e->fin_alone = !e->unsettled && (seg->seq == e->snd_una || first) &&
		       (!e->snd_edge_known || seq_after(e->snd_edge, number));
}

void tape_judge_shown(struct tape_judge *j, enum side from,
		      const struct seg *seg, size_t frame, int64_t at_ns)
{
	struct tape_judge_end *e = &j->end[from];

	if (!e->begun_ns)
		e->begun_ns = at_ns;
	bits(j, from, seg, frame);
	timestamp(j, from, seg, frame);
	window(j, from, seg, frame);
	storm(j, from, seg, frame);
	forgotten(j, from, seg, frame);
	if (seg_span(seg) && e->shown.known &&
	    !seq_after(seg->seq + seg_span(seg), e->shown.snd_nxt) &&
	    !(seg->flags & FLAG_SYN)) {
		e->resent = true;
		e->asked |= !(seg->flags & FLAG_FIN); /* a recovery */
	}
	fin(j, from, seg, frame, at_ns);
}

/* The timer, or what is to be sent, is another's: of a user, of a probe. */
static bool is_excused(const struct tape_judge_end *e)
{
	return e->vanished || e->forgotten || e->user_timeout || e->resent ||
	       !e->fin_alone ||
	       (e->snd_edge_known && !seq_after(e->snd_edge, e->shown.fin_seq));
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
