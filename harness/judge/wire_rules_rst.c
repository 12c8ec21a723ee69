/*
 * What breaks the rules of RSTs. What a reset may have been sent for is often
 * not to be known: then nothing is said. The rows that name these tests, and
 * what excuses them, are in judge/wire_rules.c.
 */
#include "judge/predicate.h"
#include "judge/spec.h"
#include "judge/wire_rules.h"

#define STORM 20

TEST(sends_many_rsts, c->me->rsts > STORM + 2 * wire_sent_lately(c))
TEST(sends_some_rsts, end_has(c->me, MANY_RSTS_SENT))
TEST(sends_rst_with_data, c->seg->len)
TEST(has_more_than_rst, c->seg->flags &(FLAG_SYN | FLAG_FIN))

/* The acknowledgment of a bare RST can answer nothing else. */
static bool answers_bare_rst(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;

	return end_has(peer, RST_WITHOUT_ACK | SENT_SYN) &&
	       rst_answers_rst(c->seg, c->me->snd_nxt, peer->rst_seq) &&
	       c->seg->ack != peer->snd_isn + 1 && !(c->j->order & ORDER_STRAY);
}

/*
 * An end that reset long ago only answers, when the other one has sent
 * nothing but its RST for long.
 */
static bool answers_lone_rst(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return !(c->seg->flags & FLAG_ACK) && end_has(peer, RST_ALONE) &&
	       end_has(me, SENT_RST) && c->seg->seq == peer->rcv_nxt &&
	       passed_ms(c->ms, me->rst_ms) >= ON_ITS_WAY_MS;
}

bool answers_rst(const struct wire_context *c)
{
	if (!end_has(c->peer, SENT_RST))
		return false;
	return wire_rst_is_bare_answer(c) ? answers_bare_rst(c)
					  : answers_lone_rst(c);
}

/*
 * The other end's RST came last, and all that it had sent was acknowledged:
 * this one has its number, as an answer has; but an abort may have it, too.
 */
bool seems_to_answer_rst(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return !(c->seg->flags & FLAG_ACK) && !end_has(me, SENT_RST) &&
	       end_has(peer, SENT_RST | SENT_ACK) && end_has(me, SENT_ACK) &&
	       !end_has(peer, RST_WITHOUT_ACK) &&
	       c->seg->seq == peer->rcv_nxt && me->rcv_nxt == peer->snd_nxt &&
	       peer->last_ms == peer->rst_ms &&
	       passed_ms(c->ms, peer->rst_ms) < ON_ITS_WAY_MS;
}

/* It answers that ACK: it has its number, and no other segment had. */
static bool answers_ack_of_fin(const struct wire_context *c)
{
	return both_closed(c->j) && !(c->seg->flags & FLAG_ACK) &&
	       c->seg->seq == c->me->fin_seq + 1;
}

/* One that has reset before answers from CLOSED. */
TEST(resets_last_ack, answers_ack_of_fin(c) && !end_has(c->me, SENT_RST) &&
			      !end_has(c->peer, ACKED_FIN_AGAIN) &&
			      wire_state(c->j, c->from) == TCP_STATE_CLOSED)

/* The FIN that came again is the last that was seen of its sender. */
bool resets_in_time_wait(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;

	return answers_ack_of_fin(c) && peer->fins > 1 &&
	       peer->last_ms == peer->fin_last_ms &&
	       passed_ms(c->ms, peer->fin_last_ms) < ON_ITS_WAY_MS &&
	       passed_ms(c->ms, peer->fin_ms) <
		       SPEC_TIME_WAIT_FLOOR_NS / NS_PER_MS &&
	       wire_state(c->j, c->from) == TCP_STATE_TIME_WAIT;
}

/* No window can have been open there, not even behind a gap. */
TEST(is_rst_outside, before_syn(c->me, c->seg->seq) || both_closed(c->j))
TEST(follows_another_rst, seen_of_either(c->j) & SENT_RST)
TEST(precedes_another_rst, end_has(c->me, RST_UNDECIDED))

/* Without ACK it answers a segment with one: SEG.SEQ is that SEG.ACK. */
bool is_rst_wrong_seq(const struct wire_context *c)
{
	const struct wire_end *me = c->me;
	bool again = end_has(me, SENT_RST) && c->seg->seq == me->rst_seq;

	return !(c->seg->flags & FLAG_ACK) && end_has(me, SENT_FIN) &&
	       end_has(c->peer, SENT_ACK) &&
	       seq_after(c->seg->seq, me->snd_nxt) && !again;
}

/* With ACK it would answer nothing (RFC 9293 section 3.5.2). */
TEST(obeys_inexact, end_has(c->peer, RST_INEXACT | SENT_AFTER_OWN_RST) &&
			    !end_has(c->me, SENT_RST) &&
			    !(c->seg->flags & FLAG_ACK))

/* RFC 1337: old data came, TIME-WAIT acknowledged it, and this answers. */
TEST(ends_time_wait, both_closed(c->j) &&
			     end_has(c->me, OLD_DATA_AFTER_CLOSE) &&
			     end_has(c->peer, ACKED_OLD_DATA))

TEST(sends_after_rst, wire_goes_on(c) && !wire_acks_after_rst(c))
TEST(sends_soon_after_rst,
     end_has(c->me, NEW_AFTER_RST) && !end_has(c->me, SENT_AFTER_OWN_RST))

/*
 * An abort's number may lie behind octets that were not captured: an abort has
 * the ACK flag, as most stacks send it.
 */
static bool may_be_behind_gap(const struct wire_end *e)
{
	return !end_has(e, RST_WITHOUT_ACK) &&
	       seq_after(e->rst_seq, e->snd_nxt);
}

/* Neither an ACK to the RST nor anything else has come from it since. */
bool seems_to_obey_inexact(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return end_has(peer, RST_INEXACT) &&
	       !(peer->seen &
		 (SENT_AFTER_OWN_RST | RST_BEYOND | RST_AT_UNA | RST_AT_NXT)) &&
	       me->last_ms <= peer->rst_ms && !may_be_behind_gap(peer) &&
	       passed_ms(c->ms, peer->rst_ms) >= ON_ITS_WAY_MS;
}

TEST(goes_on_after_outside, end_has(c->me, RST_BEYOND) && wire_goes_on(c))

TEST(goes_on_after_inexact, end_has(c->me, RST_INEXACT) &&
				    !end_has(c->me, RST_BEYOND) &&
				    wire_goes_on(c))

/* Segments that were under way when the RST passed do not show it. */
TEST(goes_on_after_undecided,
     end_has(c->me, RST_UNDECIDED) &&
	     passed_ms(c->ms, c->me->rst_ms) >= OVERTAKEN_MS)

TEST(lets_go_on_after_undecided,
     end_has(c->peer, RST_UNDECIDED) &&
	     passed_ms(c->ms, c->peer->rst_ms) >= ON_ITS_WAY_MS)

/* Nothing came: as far as it can be told, it was behind a gap, and counts. */
TEST(is_all_that_came, (c->now & NOW_RST_DECIDED))
