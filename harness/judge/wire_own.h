/*
 * What the files of the wire judge share: the facts an end has shown, and one
 * segment with who is who in it. Private to judge/wire_*.c.
 *
 * One segment goes: what it adds to counts is observed, the rules that look
 * at such a segment are held against it, and the rest of it is observed. So a
 * rule sees both ends as they were before the segment, and how often by now.
 */
#ifndef JUDGE_WIRE_OWN_H
#define JUDGE_WIRE_OWN_H

#include "base/name.h"
#include "base/seq.h"
#include "judge/wire_judge.h"

#define BIT(n) (UINT64_C(1) << (n))

/*
 * wire_end.seen: what an end has shown. What every segment is asked for has one
 * of the lower 32 bits, which are tested at once. Its opening and its numbers:
 */
#define SENT_ANY       BIT(0) /* snd_nxt is valid */
#define SENT_SYN       BIT(1) /* snd_isn is valid */
#define SENT_SYN_ACK   BIT(2) /* its SYN carried ACK */
#define SENT_ACK       BIT(3) /* rcv_nxt and right_edge are valid */
#define OFFERED_TS     BIT(4) /* its SYN carried timestamps */
#define OFFERED_SCALE  BIT(5) /* its SYN carried a window scale */
#define OCTETS_UNSEEN  BIT(6) /* octets of it were not seen, or not yet */
#define ACKED_UNSEEN   BIT(7) /* it acknowledged what was not seen, or not yet */
#define SENT_2GB       BIT(8)  /* snd_isn is before no number any more */
#define WINDOW_ZERO    BIT(9)  /* its last window was 0 */
#define SYN_NOT_NEWER  BIT(10) /* its SYN found a TIME-WAIT and must not pass */
#define SYN_WAITED_FOR BIT(11) /* its SYN found a TIME-WAIT */
#define SYN_OLDER      BIT(13) /* and was not newer */
#define SYN_AMID       BIT(49) /* a SYN of it came behind its first one */
#define NUMBERS_MIXED  BIT(51) /* some may be another connection's beside it */
#define SMALL_IS_DATA  BIT(12) /* its few octets are no padding */
#define SYN_UNHEEDING  BIT(52) /* sent its SYN again, which was refused */
#define ISN_SHOWN      BIT(53) /* snd_isn is valid, its SYN was not seen */
#define SYN_SPLIT      BIT(54) /* its SYN came behind its ACK of the other's */
#define NO_BOX	       BIT(55) /* nothing on the way numbers it anew */
#define SENT_LESS      BIT(35) /* it sent from a number before its last */
#define ACKED_LESS     BIT(38) /* it acknowledged less than before */
/* Its FIN: */
#define SENT_FIN	BIT(16) /* fin_seq is valid */
#define HAD_PEERS_FIN	BIT(17) /* had the peer's FIN when it sent its own */
#define FIN_TWIN	BIT(32) /* its FIN was seen twice in a millisecond */
#define FIN_AT_FIRST	BIT(23) /* nothing of it was seen before its FIN */
#define FIN_BARE	BIT(31) /* and no octets with it */
#define FIN_BEYOND	BIT(19) /* its FIN was outside the window */
#define FIN_OTHERWISE	BIT(50) /* its FIN came another way than its SYN */
#define DATA_AFTER_FIN	BIT(20) /* it sent octets again after its FIN */
#define ACKED_SINCE_FIN BIT(21) /* the peer acknowledged more since its FIN */
#define ACK_ROSE	BIT(22) /* it acknowledged more than with its FIN */
/* How it answers the peer's FIN: */
#define ALIVE_AFTER_FIN	      BIT(24) /* has sent something since */
#define ALIVE_AFTER_FIN_AGAIN BIT(25) /* since the second, having had it */
#define FIN_ANSWERED	      BIT(26) /* the last one has had its answer */
#define ACKED_FIN	      BIT(27) /* has acknowledged it, */
#define ACKED_FIN_AGAIN	      BIT(28) /* in two segments or more */
#define ACKED_CLOSED	      BIT(29) /* acknowledged when it should be CLOSED, */
#define ACKED_CLOSED_AGAIN    BIT(30) /* twice or more */
/* Its RST: */
#define SENT_RST	    BIT(14) /* an RST that may count */
#define SENT_AFTER_OWN_RST  BIT(33)
#define RST_INEXACT	    BIT(34) /* in the window, not SEG.SEQ = RCV.NXT */
#define RST_ALONE	    BIT(15) /* nothing else of it was in flight */
#define RST_WITHOUT_ACK	    BIT(36)
#define RST_BEYOND	    BIT(37) /* outside the window */
#define RST_UNDECIDED	    BIT(18) /* too far outside to count yet */
#define RST_AFTER_BOTH_FINS BIT(39) /* it sent one after both had closed */
#define RST_FROM_CLOSED	    BIT(41) /* its RST answers the peer, which reset */
#define RST_AT_UNA	    BIT(42) /* its last: all the peer acknowledged, */
#define RST_AT_NXT	    BIT(43) /* or all that it has sent itself; */
#define MANY_RSTS_SENT	    BIT(40) /* and many within a second */
#define NEW_AFTER_RST	    BIT(47) /* it sent new octets soon after */
#define RST_OUTDATED	    BIT(48) /* its peer had had more, and says so */
#define RST_UNANSWERED	    BIT(46) /* nothing was sent in spite of that */
/* TIME-WAIT: */
#define OLD_DATA_AFTER_CLOSE BIT(44) /* it sent some after both had closed */
#define ACKED_OLD_DATA	     BIT(45) /* it did, being in TIME-WAIT */

/* wire_judge.order */
#define ORDER_A_FIRST 0x01u /* A closed first */
#define ORDER_B_FIRST 0x02u
#define ORDER_CROSSED 0x04u /* both closed, neither had the other's FIN */
#define ORDER_A_RESET 0x08u /* A sent the RST that counts */
#define ORDER_B_RESET 0x10u
#define ORDER_REFUSED 0x20u
#define ORDER_STRAY   0x40u /* stray_isn is valid */
#define ORDER_STRAY_B 0x80u /* that SYN was B's */

/* wire_judge.loop_has */
#define LOOP_FIN      0x01u
#define LOOP_RST      0x02u
#define LOOP_ACK      0x20u /* something else than RSTs */
#define LOOP_DISAGREE 0x04u /* one acknowledges what the other has not sent */
#define LOOP_BY_B     0x08u /* the last segment was B's */
#define LOOP_OVER     0x10u /* it was long, and has ended */
#define LOOP_SYN      0x40u
#define LOOP_AGAIN    0x80u /* what the other one had sent before, or a probe */

/* So many segments, each soon after the other's, are a loop. */
#define LOOP_LEAST   20
#define LOOP_SOON_MS 900 /* sooner than keep-alives come */

/* Data is sent again as fast, a window of it, when it only seemed lost. */
#define LOOP_AGAIN_MS	    100
#define LOOP_AGAIN_LEAST_MS 1000

static inline bool is_long_loop(const struct wire_judge *j)
{
	return j->loops >= LOOP_LEAST &&
	       (!(j->loop_has & LOOP_AGAIN) ||
		j->loop_to_ms - j->loop_ms >= LOOP_AGAIN_LEAST_MS);
}

#define PADDED_LEAST 2u /* segments of an end */

#define ORDER_FIRST (ORDER_A_FIRST | ORDER_B_FIRST)
#define ORDER_RESET (ORDER_A_RESET | ORDER_B_RESET)

static inline unsigned int order_first(enum side side)
{
	return side == SIDE_A ? ORDER_A_FIRST : ORDER_B_FIRST;
}

/* Nothing is on its way for longer; and nothing new is overtaken by this. */
#define ON_ITS_WAY_MS 1000
#define OVERTAKEN_MS  200

/* What a stack that forgot its FIN could have sent behind it by mistake. */
#define BEHIND_FIN (UINT32_C(1) << 20)

/* FINs sent again within this are soon: a timeout is hardly so short. */
#define SOON_MS 100

/* wire_end.rtt_ms: a round trip was too long, or nobody can tell. */
#define WIRE_RTT_NONE UINT16_MAX

/* So many RSTs of an end in a second are worth a word. */
#define MANY_RSTS 12

/* An ACK of the FIN is awaited so long, twice SPEC_ACK_DELAY_NS. */
#define LATE_MS 1000

/*
 * When a rule is looked at. The order is that in which one segment's findings
 * are said.
 */
enum wire_when {
	WHEN_SYN_FIN, /* and no octets */
	WHEN_SYN_ACK,
	WHEN_RST,
	WHEN_RST_FAR,	/* where no window can have been open */
	WHEN_RST_NEAR,	/* elsewhere */
	WHEN_RST_TAKEN, /* and no answer to a segment without ACK */
	WHEN_AFTER_OWN_RST,
	WHEN_RST_UNDECIDED, /* a segment after a far RST of either end */
	WHEN_NO_ACK,
	WHEN_NO_TIMESTAMP,
	WHEN_AFTER_OWN_FIN,
	WHEN_FIN_FIRST,
	WHEN_FIN_AGAIN,
	WHEN_FIN_OUTSIDE,    /* what it acknowledges was never sent */
	WHEN_ACK_OUTSIDE,    /* the same of a segment without FIN */
	WHEN_ACK_BEYOND_FIN, /* of more than the peer's FIN */
	WHEN_ACK_OF_FIN,     /* of the peer's FIN */
	WHEN_ACK_BEFORE_FIN, /* of less than the peer's FIN */
	WHEN_END_RST,	     /* the end, and an undecided RST counts */
	WHEN_END_FIN,	     /* the end, and a FIN is not acknowledged */
	WHEN_END_ICMP,	     /* the end, and ICMP errors were about it */
	WHEN_END_PADDED,     /* the end, and a few octets were no data */
	WHEN_END_REOPENED,   /* the end, and its SYN found a TIME-WAIT */
	WHEN_END_RESET,	     /* the end, and an RST was seen */
	WHEN_END_UNHEEDED,   /* the end, and it went on after an exact RST */
	WHEN_END_LOOP,	     /* the end, and there was a loop */
	WHEN_END,
	WHEN_COUNT,
};

#define WHEN_BIT(w) (1u << (w))

/* wire_context.now: what this segment has added to the counts. */
#define NOW_BELOW_FIN	0x01u /* below */
#define NOW_FIN_COPY	0x02u /* storm */
#define NOW_FIN_AGAIN	0x04u /* fins, even_gaps, early: gap_ms is valid */
#define NOW_LOW_ACK	0x08u /* low_acks */
#define NOW_RST_DECIDED 0x10u /* at the end: the undecided RST counts */

/* A segment, and who is who in it. A rule reads it, and changes nothing. */
struct wire_context {
	const struct wire_judge *j;
	enum side from;
	const struct wire_end *me; /* its sender */
	const struct wire_end *peer;
	const struct seg *seg; /* NULL: the end of all */
	uint32_t end; /* the number behind its octets, FIN and SYN included */
	uint32_t ms;  /* since the judge's start, saturating */
	uint32_t gap_ms;   /* since the FIN that this one repeats */
	unsigned int when; /* WHEN_BIT of each */
	unsigned int now;  /* NOW_* */
	uint64_t said[2];  /* what had been said before it */
	uint64_t frame;
	int64_t at_ns;
	const struct judge_sink *sink;
};

/*
 * Both, or one, without a branch: what is asked here differs from segment to
 * segment, and no branch predictor could foretell it.
 */
static inline bool both_of(bool a, bool b)
{
	return a & b;
}

static inline bool either_of(bool a, bool b)
{
	return a | b;
}

/*
 * It has not come through as many routers as its end's SYN: another box may
 * have sent it, or it went another way.
 */
static inline bool wire_came_otherwise(const struct wire_judge *j,
				       enum side from, const struct seg *seg)
{
	return j->ttl[from] && seg->ttl && seg->ttl != j->ttl[from];
}

/* One more, of a count that stays at its most. */
static inline uint8_t count_up(uint8_t n)
{
	return n < UINT8_MAX ? (uint8_t)(n + 1) : n;
}

static inline bool end_has(const struct wire_end *e, uint64_t facts)
{
	return (e->seen & facts) == facts;
}

static inline uint64_t seen_of_either(const struct wire_judge *j)
{
	return j->end[SIDE_A].seen | j->end[SIDE_B].seen;
}

static inline uint64_t seen_of_both(const struct wire_judge *j)
{
	return j->end[SIDE_A].seen & j->end[SIDE_B].seen;
}

/*
 * Whether a number is before the SYN's. After 2 GB the half of all numbers
 * that seems to be is not.
 */
static inline bool before_syn(const struct wire_end *e, uint32_t seq)
{
	return both_of((e->seen & (SENT_SYN | SENT_2GB)) == SENT_SYN,
		       seq_before(seq, e->snd_isn));
}

/* Notes that the first happened, or the second when it had already. */
static inline void see_again(struct wire_end *e, uint64_t once, uint64_t again)
{
	e->seen |= e->seen & once ? again : once;
}

/* Whether e's FIN was acknowledged by its peer. */
static inline bool fin_acked(const struct wire_end *e,
			     const struct wire_end *peer)
{
	bool known = both_of(end_has(e, SENT_FIN), end_has(peer, SENT_ACK));

	return both_of(known, seq_after(peer->rcv_nxt, e->fin_seq));
}

static inline bool both_closed(const struct wire_judge *j)
{
	return both_of(fin_acked(&j->end[SIDE_A], &j->end[SIDE_B]),
		       fin_acked(&j->end[SIDE_B], &j->end[SIDE_A]));
}

/* Of one end nothing was captured, though the other has had segments of it. */
static inline bool is_one_direction(const struct wire_judge *j, enum side side)
{
	return end_has(&j->end[side], SENT_ANY | ACKED_UNSEEN) &&
	       !end_has(&j->end[side_other(side)], SENT_ANY);
}

/* Both SYNs were seen, so that nothing before is unknown. */
static inline bool both_syns(const struct wire_judge *j)
{
	return seen_of_both(j) & SENT_SYN;
}

/* The other end than the one that sends. */
static inline struct wire_end *wire_peer(struct wire_judge *j, enum side from)
{
	return &j->end[SIDE_B] - from;
}

/* Nothing was missed, as far as it can be told. */
static inline bool is_whole(const struct wire_judge *j)
{
	return both_syns(j) &&
	       !(seen_of_either(j) &
		 (OCTETS_UNSEEN | ACKED_UNSEEN | NUMBERS_MIXED));
}

/* Snd.Wind.Shift of RFC 7323, but in a SYN: 0 unless both offered it. */
static inline unsigned int scale_of(const struct wire_judge *j,
				    const struct wire_end *e)
{
	return seen_of_both(j) & OFFERED_SCALE ? e->scale : 0;
}

static inline bool both_offered_ts(const struct wire_judge *j)
{
	return seen_of_both(j) & OFFERED_TS;
}

/* From then to now; 0 when the capture's clock went back. */
static inline uint32_t passed_ms(uint32_t now_ms, uint32_t then_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

/* Whether the rule had been said of that side before this segment. */
static inline bool had_been_said(const struct wire_context *c,
				 enum rule_id rule, enum side side)
{
	return c->said[side] & BIT(rule);
}

/* wire_context.c: what both the observer and the rules ask of a segment. */

/*
 * Its acknowledgment fits what this connection's other end sent: it is not
 * of a later connection whose SYN was not captured, nor of an earlier one.
 */
bool wire_is_of_now(const struct wire_context *c);

/*
 * The sender has had the peer's last FIN: what it echoes is not older; without
 * timestamps, it acknowledges with nothing of its own, and no keep-alive.
 */
bool wire_has_had_fin(const struct wire_context *c);

/* How many segments the peer sent in this second or so, and the one before. */
uint32_t wire_sent_lately(const struct wire_context *c);

/* It goes on after its RST, or acknowledges what was sent after that. */
bool wire_acks_after_rst(const struct wire_context *c);
bool wire_goes_on(const struct wire_context *c);

/* The RST is outside the window; and has the form for segments without ACK. */
bool wire_rst_is_outside(const struct wire_context *c);
bool wire_rst_is_bare_answer(const struct wire_context *c);

/* The SYN,ACK answers another SYN than the last one that was seen. */
bool wire_syn_ack_is_stray(const struct wire_context *c);

/* The WHEN_BITs of an RST, of a segment neither RST nor SYN, of the end. */
unsigned int wire_when_rst(const struct wire_context *c);
unsigned int wire_when_segment(const struct wire_context *c);
unsigned int wire_when_end(const struct wire_context *c);

/*
 * The files wire_observe*.c are the only writers of an end's memory. They know
 * no rule.
 */

/* wire_observe_syn.c: a SYN, of any kind. */
void wire_observe_syn(struct wire_judge *j, const struct wire_context *c);

/* Adds the segment's numbers to what is known of its sender. */
void wire_observe_shown(struct wire_judge *j, const struct wire_context *c);

/*
 * wire_observe_plain.c: whether all has been of a plain connection, which has
 * closed.
 */
bool wire_ends_plainly(const struct wire_judge *j);

/* Whether the segment is of this connection, much of it unseen perhaps. */
bool wire_observe_numbers(struct wire_judge *j, const struct wire_context *c);

/* Its few octets, without PSH, may be padding: called of few only. */
static inline bool wire_may_be_padded(const struct wire_end *me,
				      const struct seg *seg)
{
	return !(seg->flags & (FLAG_SYN | FLAG_RST | FLAG_PSH | FLAG_URG)) &&
	       !seg->has_ts && !(me->seen & SMALL_IS_DATA);
}

/* Before the rules: how often by now. Sets c->now and c->gap_ms. */
void wire_observe_counts(struct wire_judge *j, struct wire_context *c);

/* After them: the rest of it. */
void wire_observe_segment(struct wire_judge *j, const struct wire_context *c);
void wire_observe_fin(struct wire_judge *j, const struct wire_context *c);
void wire_observe_rst(struct wire_judge *j, const struct wire_context *c);
void wire_observe_after_rst(struct wire_judge *j, const struct wire_context *c);
void wire_observe_after_peers_fin(struct wire_judge *j,
				  const struct wire_context *c);

/*
 * wire_observe_loop.c: what an exact RST did not end, and what goes round
 * between both ends.
 */
void wire_observe_exact(struct wire_judge *j, const struct wire_context *c);
void wire_observe_unheeded(struct wire_judge *j, const struct wire_context *c);
void wire_observe_undead(struct wire_judge *j, const struct wire_context *c);

/* So many late ones of an end show that it does not heed an exact RST. */
#define UNHEEDED_LEAST 3
#define UNHEEDED_SYNS  2

/* A bare segment or a SYN, which repeats what its sender has shown before. */
void wire_observe_bare(struct wire_judge *j, enum side from,
		       const struct seg *seg, uint32_t ms);

/*
 * Whether it is one, and no keep-alive; of a FIN and of an RST it is told
 * otherwise.
 */
static inline bool is_bare(const struct wire_end *me, const struct seg *seg)
{
	return !(seg->len | (seg->ack ^ me->rcv_nxt) |
		 (seg->seq ^ me->snd_nxt));
}

/* An RST that nothing followed counts, before the rules of the end. */
void wire_observe_end(struct wire_judge *j, struct wire_context *c);

/* wire_rules.c: says what is broken of all that is looked at now, once. */
void wire_look(struct wire_judge *j, const struct wire_context *c);

/* wire_end.c: the state an end is in, by what both have shown. */
enum tcp_state wire_state(const struct wire_judge *j, enum side side);

#endif
