/*
 * The rows of the wire judge: each names what breaks a rule, what excuses it,
 * and the numbers of its text. Private to judge/wire_rules*.c. All functions
 * are pure.
 */
#ifndef JUDGE_WIRE_RULES_H
#define JUDGE_WIRE_RULES_H

#include "judge/wire_own.h"

#define NUMBERS_MAX 4

typedef bool wire_test_fn(const struct wire_context *c);
typedef void wire_numbers_fn(const struct wire_context *c, uint64_t *n);

struct wire_excuse {
	const char *text;
	wire_test_fn *holds;
};

struct wire_rule {
	enum rule_id rule;
	bool by_peer; /* it is the peer's behaviour, not the sender's */
	wire_test_fn *is_broken;
	const struct wire_excuse *unless[WIRE_UNLESS_MAX]; /* NULL ends */
	const char *expected; /* '#': the next number, '@': the flags */
	const char *actual;
	wire_numbers_fn *numbers; /* NULL: there are none */
	const char *settles;	  /* what would settle it; NULL: certain */
};

/* A number as people read it: from the sender's SYN on, when it was seen. */
static inline uint32_t relative(const struct wire_end *e, uint32_t seq)
{
	return end_has(e, SENT_SYN) ? seq - e->snd_isn : seq;
}

/* wire_rules_fin.c: octets, acknowledgments, FINs, and their times. */
wire_test_fn sends_without_ack, lacks_timestamp, sends_behind_fin,
	sends_fin_amid_data, acks_below_fin, moves_fin, repeats_fin_in_storm,
	repeats_fin_evenly, repeats_fin_early, leaves_last_ack, acks_behind_fin,
	acks_fin_late, acks_fin_low, sent_fin_outside, sent_fin_once,
	sent_fin_once_to_live, sent_fin_in_vain, acked_unsent, takes_older_syn;
wire_numbers_fn octets_sent, own_seq, fin_and_octets, nxt_and_fin,
	fin_and_seq_below, fin_and_moved, storm_of_fins, even_gap, early_gap,
	fin_and_times, ack_behind_fin, late_ack, low_ack, edge_and_fin,
	fin_waited, nxt_and_acked;

/* wire_rules_rst.c */
wire_test_fn sends_many_rsts, sends_rst_with_data, answers_rst, is_rst_outside,
	follows_another_rst, precedes_another_rst, is_rst_wrong_seq,
	obeys_inexact, ends_time_wait, sends_after_rst, goes_on_after_outside,
	goes_on_after_inexact, goes_on_after_undecided,
	lets_go_on_after_undecided, is_all_that_came;
wire_numbers_fn rst_count, rst_octets, rst_and_peers, rst_in_window, rst_of_now,
	rst_undecided, rst_exact, peers_rst, ack_of_later, seq_after_rst,
	rst_outside, rst_and_nxt, peers_outside;

#endif
