/*
 * The rows of the wire judge: each names what breaks a rule, what excuses it,
 * and what is said. Private to judge/wire_rules*.c. All functions are pure.
 */
#ifndef JUDGE_WIRE_RULES_H
#define JUDGE_WIRE_RULES_H

#include "judge/wire_own.h"

typedef bool wire_test_fn(const struct wire_context *c);

/* A test, or an excuse, that is one condition. */
#define TEST(name, condition)                   \
	bool name(const struct wire_context *c) \
	{                                       \
		return condition;               \
	}

struct wire_excuse {
	const char *text;
	wire_test_fn *holds;
};

struct wire_rule {
	enum rule_id rule;
	wire_test_fn *is_broken;
	const struct wire_excuse *unless[WIRE_UNLESS_MAX]; /* NULL ends */
	const char *expected; /* "{fin}" is a number of judge/wire_text.c */
	const char *actual;
	const char *settles; /* what would settle it; NULL: certain */
	bool by_peer;	     /* it is the peer's behaviour, not the sender's */
};

/*
 * wire_text.c: writes a row's text with the numbers of this segment. A number
 * that it does not know stays as it is written.
 */
void wire_text(const struct wire_context *c, const char *text,
	       char to[JUDGE_TEXT_MAX]);

/* wire_rules_fin.c: octets, acknowledgments, FINs, and their times. */
wire_test_fn sends_without_ack, lacks_timestamp, is_keep_alive_alike,
	repeats_acked_fin, sends_behind_fin, sends_fin_amid_data,
	acks_below_fin, acks_far_behind_fin, moves_fin, repeats_fin_in_storm,
	repeats_fin_evenly, repeats_fin_early, leaves_last_ack, acks_behind_fin,
	acks_fin_late, acks_fin_low, sent_fin_outside, sent_fin_once,
	sent_fin_once_to_live, sent_fin_in_vain, opened_with_older_syn,
	opened_time_wait_in_vain, sent_padding, had_only_icmp,
	has_fin_beside_syn, acks_strange, sent_lone_fin, sent_lone_fin_just_now,
	acked_unsent, takes_older_syn;

/*
 * wire_rules_two.c: the octets or FIN, what is acknowledged beyond a FIN, or a
 * segment with an ACK.
 */
wire_test_fn may_be_of_two, may_ack_of_two, may_be_of_next;

/* wire_rules_loop.c: what goes on or round without end. */
wire_test_fn ignores_rsts, ignores_rst, ignores_refusals, ignores_refusal,
	goes_round_with_fin, goes_round_with_copies, goes_round_with_syn,
	goes_round_in_vain, goes_round_with_rst, goes_round_in_rsts,
	goes_round_at_odds, goes_round;

/* wire_rules_rst.c */
wire_test_fn sends_many_rsts, sends_rst_with_data, answers_rst, is_rst_outside,
	follows_another_rst, precedes_another_rst, is_rst_wrong_seq,
	obeys_inexact, ends_time_wait, sends_some_rsts, has_more_than_rst,
	seems_to_answer_rst, resets_last_ack, resets_in_time_wait,
	sends_soon_after_rst, seems_to_obey_inexact, sends_after_rst,
	goes_on_after_outside, goes_on_after_inexact, goes_on_after_undecided,
	lets_go_on_after_undecided, is_all_that_came;

#endif
