/*
 * The rules of the wire judge as rows: when each is looked at, what breaks it,
 * what excuses an end, and what is said then, once a rule and side. A rule
 * that is certain or inconclusive has a row for each, the certain one first.
 */
#include "judge/wire_rules.h"

#include <stdio.h>

#define ROWS_MAX 6

/* What they answer may be slower than the peer's segments are remembered. */
static bool is_slow(const struct wire_context *c)
{
	uint16_t rtt_ms = c->peer->rtt_ms;

	return rtt_ms > ON_ITS_WAY_MS && rtt_ms < UINT16_MAX;
}

static bool are_causes_unseen(const struct wire_context *c)
{
	return !end_has(c->peer, SENT_ANY) || end_has(c->me, ACKED_UNSEEN);
}

/* A capture that began amid the connection shows no cause for a while. */
static bool is_just_begun(const struct wire_context *c)
{
	return !both_syns(c->j) && c->ms < 3 * ON_ITS_WAY_MS;
}

static bool lacks_a_syn(const struct wire_context *c)
{
	return !both_syns(c->j);
}

static bool is_not_whole(const struct wire_context *c)
{
	return !is_whole(c->j);
}

static bool has_stray_syn(const struct wire_context *c)
{
	return c->j->order & ORDER_STRAY;
}

static bool said_after_rst(const struct wire_context *c)
{
	return had_been_said(c, RULE_AFTER_RST, c->from);
}

static bool are_options_cut(const struct wire_context *c)
{
	return c->seg->opts_cut;
}

/* It acknowledges nothing that this connection's peer has shown to have. */
static bool is_peer_not_open(const struct wire_context *c)
{
	return !end_has(c->peer, SENT_ACK) ||
	       before_syn(c->peer, c->seg->ack - 1);
}

static bool is_of_another(const struct wire_context *c)
{
	return !wire_is_of_now(c);
}

static bool is_outside_peers_ack(const struct wire_context *c)
{
	return seq_after(c->seg->seq, c->me->snd_nxt) ||
	       seq_before(c->seg->seq + 1, c->peer->rcv_nxt);
}

static bool was_fin_misplaced(const struct wire_context *c)
{
	enum side peer = side_other(c->from);

	return had_been_said(c, RULE_FIN_MOVED, peer) ||
	       had_been_said(c, RULE_DATA_AFTER_FIN, peer);
}

static bool are_peers_octets_unseen(const struct wire_context *c)
{
	return end_has(c->peer, OCTETS_UNSEEN);
}

static bool is_peer_silent(const struct wire_context *c)
{
	return !end_has(c->peer, ALIVE_AFTER_FIN);
}

/* Two ACKs that echo the FIN's timestamp show it, or three others. */
static bool is_fin_perhaps_lost(const struct wire_context *c)
{
	return c->peer->rcv_nxt != c->me->fin_seq ||
	       c->peer->low_acks < (both_offered_ts(c->j) ? 2 : 3);
}

static bool is_rst_seen(const struct wire_context *c)
{
	return seen_of_either(c->j) & SENT_RST;
}

static bool is_window_zero(const struct wire_context *c)
{
	return end_has(c->peer, WINDOW_ZERO);
}

static bool is_peer_unseen(const struct wire_context *c)
{
	return !end_has(c->peer, SENT_ANY);
}

static bool sent_data_again(const struct wire_context *c)
{
	return end_has(c->me, DATA_AFTER_FIN);
}

#define EXCUSE(name, test, words) \
	static const struct wire_excuse name = { words, test }

EXCUSE(slow, is_slow, "the round trip is longer than a second");
EXCUSE(causes_unseen, are_causes_unseen, "what they answer was not captured");
EXCUSE(just_begun, is_just_begun, "the capture began just before");
EXCUSE(a_syn_unseen, lacks_a_syn, "a SYN was not captured");
EXCUSE(not_whole, is_not_whole, "a SYN or octets were not captured");
EXCUSE(stray_syn, has_stray_syn, "a SYN came amid the connection");
EXCUSE(stray_syn_ack, wire_syn_ack_is_stray, "it answers another SYN");
EXCUSE(said_already, said_after_rst, "after-rst has been said");
EXCUSE(options_cut, are_options_cut, "the capture cut the options off");
EXCUSE(peer_not_open, is_peer_not_open, "the peer's SYN is not acknowledged");
EXCUSE(of_another, is_of_another, "its ACK fits another connection");
EXCUSE(outside_ack, is_outside_peers_ack, "its SEQ fits another connection");
EXCUSE(fin_misplaced, was_fin_misplaced, "that FIN had no certain place");
EXCUSE(octets_unseen, are_peers_octets_unseen,
       "octets of the peer were not captured");
EXCUSE(peer_silent, is_peer_silent, "the peer has sent nothing since the FIN");
EXCUSE(fin_lost, is_fin_perhaps_lost, "the FIN has perhaps not come");
EXCUSE(rst_seen, is_rst_seen, "an RST was seen");
EXCUSE(window_zero, is_window_zero, "the peer's window is 0");
EXCUSE(peer_unseen, is_peer_unseen, "nothing of the peer was captured");
EXCUSE(data_again, sent_data_again, "it sent data again, before the FIN");

static const char *const when_words[WHEN_COUNT] = {
	[WHEN_SYN_ACK] = "a SYN,ACK",
	[WHEN_RST] = "an RST",
	[WHEN_RST_FAR] = "an RST far outside the window",
	[WHEN_RST_NEAR] = "an RST not far outside the window",
	[WHEN_RST_TAKEN] = "an RST that counts",
	[WHEN_AFTER_OWN_RST] = "a segment after its sender's RST",
	[WHEN_RST_UNDECIDED] = "a segment after an RST far outside",
	[WHEN_NO_ACK] = "a segment without ACK",
	[WHEN_NO_TIMESTAMP] = "a segment without timestamps, offered by both",
	[WHEN_AFTER_OWN_FIN] = "a segment after its sender's FIN",
	[WHEN_FIN_FIRST] = "the first FIN of an end",
	[WHEN_FIN_AGAIN] = "a FIN again",
	[WHEN_ACK_BEYOND_FIN] = "an ACK of more than the peer's FIN",
	[WHEN_ACK_OF_FIN] = "an ACK of the peer's FIN",
	[WHEN_ACK_BEFORE_FIN] = "an ACK of less than the peer's FIN",
	[WHEN_END_RST] = "the end, an RST far outside being the last",
	[WHEN_END_FIN] = "the end, a FIN not being acknowledged",
	[WHEN_END] = "the end",
};

#define OUTSIDE_EXPECTED "an RST from # up to #"
#define UNDECIDED	 "an RST up to #"
#define UNDECIDED_BY	 "a capture without gaps"

/* clang-format off */
static const struct wire_rule rules[WHEN_COUNT][ROWS_MAX] = {
	[WHEN_SYN_ACK] = {
		{ .rule = RULE_TIME_WAIT_REUSED,
		  .is_broken = takes_older_syn,
		  .unless = { &stray_syn_ack },
		  .expected = "an ACK of the old connection",
		  .actual = "the SYN accepted, its number and timestamp not "
			    "newer" },
	},
	[WHEN_RST] = {
		{ .rule = RULE_RST_STORM,
		  .is_broken = sends_many_rsts,
		  .unless = { &slow, &causes_unseen, &just_begun },
		  .expected = "an RST for each segment, #",
		  .actual = "# in about a second", .numbers = rst_count },
		{ .rule = RULE_RST_WITH_DATA,
		  .is_broken = sends_rst_with_data,
		  .expected = "an RST without data",
		  .actual = "# octets of it", .numbers = rst_octets },
		{ .rule = RULE_RST_ANSWERS_RST,
		  .is_broken = answers_rst,
		  .expected = "silence",
		  .actual = "an RST at #, answering the RST at #",
		  .numbers = rst_and_peers },
	},
	[WHEN_RST_FAR] = {
		{ .rule = RULE_RST_OUTSIDE,
		  .is_broken = is_rst_outside,
		  .expected = OUTSIDE_EXPECTED, .actual = "the RST at #",
		  .numbers = rst_in_window },
		{ .rule = RULE_RST_OUTSIDE,
		  .is_broken = follows_another_rst,
		  .expected = UNDECIDED,
		  .actual = "the RST at #, after another one",
		  .numbers = rst_of_now, .settles = UNDECIDED_BY },
	},
	[WHEN_RST_NEAR] = {
		{ .rule = RULE_RST_OUTSIDE,
		  .is_broken = precedes_another_rst,
		  .expected = UNDECIDED,
		  .actual = "the RST at #, and another one elsewhere",
		  .numbers = rst_undecided, .settles = UNDECIDED_BY },
	},
	[WHEN_RST_TAKEN] = {
		{ .rule = RULE_RST_WRONG_SEQ,
		  .is_broken = is_rst_wrong_seq,
		  .unless = { &not_whole, &stray_syn },
		  .expected = "an RST at #, as acknowledged, or at #",
		  .actual = "the RST at #", .numbers = rst_exact },
		{ .rule = RULE_RST_INEXACT_OBEYED,
		  .is_broken = obeys_inexact,
		  .expected = "an ACK to the RST at #, and nothing else",
		  .actual = "an RST to what came later",
		  .numbers = peers_rst },
		{ .rule = RULE_TIME_WAIT_ASSASSINATED,
		  .is_broken = ends_time_wait,
		  .expected = "the other end left in TIME-WAIT",
		  .actual = "an RST at #, to its ACK of an old segment",
		  .numbers = own_seq },
	},
	[WHEN_AFTER_OWN_RST] = {
		{ .rule = RULE_ACK_AFTER_RST,
		  .is_broken = wire_acks_after_rst,
		  .unless = { &said_already },
		  .expected = "no ACK beyond #",
		  .actual = "ack #, after the RST", .numbers = ack_of_later },
		{ .rule = RULE_AFTER_RST,
		  .is_broken = sends_after_rst,
		  .expected = "nothing but RSTs",
		  .actual = "seq #, # ms after the RST",
		  .numbers = seq_after_rst },
		{ .rule = RULE_RST_OUTSIDE,
		  .is_broken = goes_on_after_outside,
		  .unless = { &said_already },
		  .expected = OUTSIDE_EXPECTED, .actual = "the RST at #",
		  .numbers = rst_outside },
		{ .rule = RULE_RST_INEXACT,
		  .is_broken = goes_on_after_inexact,
		  .unless = { &said_already },
		  .expected = "an RST at # or where the other one is",
		  .actual = "the RST at #", .numbers = rst_and_nxt },
	},
	[WHEN_RST_UNDECIDED] = {
		{ .rule = RULE_RST_OUTSIDE,
		  .is_broken = goes_on_after_undecided,
		  .expected = OUTSIDE_EXPECTED, .actual = "the RST at #",
		  .numbers = rst_outside },
		{ .rule = RULE_RST_OUTSIDE, .by_peer = true,
		  .is_broken = lets_go_on_after_undecided,
		  .expected = OUTSIDE_EXPECTED, .actual = "the RST at #",
		  .numbers = peers_outside },
	},
	[WHEN_NO_ACK] = {
		{ .rule = RULE_FIN_WITHOUT_ACK,
		  .is_broken = sends_without_ack,
		  .expected = "the ACK flag",
		  .actual = "flags @, # octets of data",
		  .numbers = octets_sent },
	},
	[WHEN_NO_TIMESTAMP] = {
		{ .rule = RULE_NO_TIMESTAMP,
		  .is_broken = lacks_timestamp,
		  .unless = { &a_syn_unseen, &options_cut, &peer_not_open },
		  .expected = "the timestamps option, as in both SYNs",
		  .actual = "a segment without, seq #", .numbers = own_seq },
	},
	[WHEN_AFTER_OWN_FIN] = {
		{ .rule = RULE_DATA_AFTER_FIN,
		  .is_broken = sends_behind_fin,
		  .unless = { &of_another },
		  .expected = "no octet behind the FIN, #",
		  .actual = "# octets from #", .numbers = fin_and_octets },
		{ .rule = RULE_SEQ_BELOW_FIN,
		  .is_broken = acks_below_fin,
		  .expected = "an ACK with seq #, behind its FIN",
		  .actual = "seq #, # times", .numbers = fin_and_seq_below },
	},
	[WHEN_FIN_FIRST] = {
		{ .rule = RULE_DATA_AFTER_FIN,
		  .is_broken = sends_fin_amid_data,
		  .unless = { &of_another },
		  .expected = "the FIN behind all octets sent, #",
		  .actual = "the FIN at #", .numbers = nxt_and_fin },
	},
	[WHEN_FIN_AGAIN] = {
		{ .rule = RULE_FIN_MOVED,
		  .is_broken = moves_fin,
		  .unless = { &of_another },
		  .expected = "the FIN at #, as before",
		  .actual = "the FIN at #", .numbers = fin_and_moved },
		{ .rule = RULE_FIN_STORM,
		  .is_broken = repeats_fin_in_storm,
		  .expected = "the FIN again after a timeout",
		  .actual = "# times, each after less than # ms",
		  .numbers = storm_of_fins },
		{ .rule = RULE_NO_BACKOFF,
		  .is_broken = repeats_fin_evenly,
		  .unless = { &peer_silent },
		  .expected = "the FIN again after twice the time",
		  .actual = "after # ms, # times", .numbers = even_gap },
		/* A router that knows no way takes the wait back (RFC 6069). */
		{ .rule = RULE_NO_BACKOFF,
		  .is_broken = repeats_fin_evenly,
		  .expected = "the FIN again after twice the time",
		  .actual = "after # ms, # times", .numbers = even_gap,
		  .settles = "the ICMP messages that the sender had" },
		{ .rule = RULE_RETRANSMITTED_EARLY,
		  .is_broken = repeats_fin_early,
		  .expected = "the FIN again after a round trip, # ms, or more",
		  .actual = "after # ms", .numbers = early_gap },
		{ .rule = RULE_LAST_ACK_MISSING, .by_peer = true,
		  .is_broken = leaves_last_ack,
		  .unless = { &fin_lost },
		  .expected = "an ACK of the FIN, #",
		  .actual = "none, though alive; the FIN came # times",
		  .numbers = fin_and_times },
	},
	[WHEN_ACK_BEYOND_FIN] = {
		{ .rule = RULE_ACK_UNSENT,
		  .is_broken = acks_behind_fin,
		  .unless = { &a_syn_unseen, &fin_misplaced, &outside_ack,
			      &octets_unseen },
		  .expected = "an ACK up to the FIN, #",
		  .actual = "ack #", .numbers = ack_behind_fin },
		{ .rule = RULE_ACK_UNSENT,
		  .is_broken = acks_behind_fin,
		  .unless = { &a_syn_unseen, &fin_misplaced, &outside_ack },
		  .expected = "an ACK up to the FIN, #",
		  .actual = "ack #", .numbers = ack_behind_fin,
		  .settles = "a capture at the sender of the FIN" },
	},
	[WHEN_ACK_OF_FIN] = {
		{ .rule = RULE_FIN_ACK_LATE,
		  .is_broken = acks_fin_late,
		  .unless = { &not_whole },
		  .expected = "an ACK of the FIN within 500 ms",
		  .actual = "after # ms, and # segments before it without",
		  .numbers = late_ack },
	},
	[WHEN_ACK_BEFORE_FIN] = {
		{ .rule = RULE_FIN_ACK_LOW,
		  .is_broken = acks_fin_low,
		  .expected = "ack #, behind the FIN",
		  .actual = "ack #, # times", .numbers = low_ack },
	},
	[WHEN_END_RST] = {
		{ .rule = RULE_RST_OUTSIDE,
		  .is_broken = is_all_that_came,
		  .expected = UNDECIDED,
		  .actual = "the RST at #, and nothing after it",
		  .numbers = rst_undecided, .settles = UNDECIDED_BY },
	},
	[WHEN_END_FIN] = {
		{ .rule = RULE_FIN_OUTSIDE,
		  .is_broken = sent_fin_outside,
		  .unless = { &peer_silent },
		  .expected = "a FIN up to the window's edge, #",
		  .actual = "the FIN at #", .numbers = edge_and_fin },
		{ .rule = RULE_FIN_NOT_RETRANSMITTED,
		  .is_broken = sent_fin_once_to_live,
		  .unless = { &not_whole, &rst_seen, &window_zero,
			      &data_again },
		  .expected = "the FIN again after a timeout",
		  .actual = "once, unanswered for # ms",
		  .numbers = fin_waited },
		/* An ACK may have taken a way past the capture. */
		{ .rule = RULE_FIN_NOT_RETRANSMITTED,
		  .is_broken = sent_fin_once,
		  .unless = { &rst_seen, &window_zero, &peer_unseen,
			      &data_again },
		  .expected = "the FIN again after a timeout",
		  .actual = "once, unanswered for # ms",
		  .numbers = fin_waited,
		  .settles = "a capture at the sender of the FIN" },
		{ .rule = RULE_LAST_ACK_MISSING, .by_peer = true,
		  .is_broken = leaves_last_ack,
		  .unless = { &rst_seen, &window_zero },
		  .expected = "an ACK of the FIN, #",
		  .actual = "none; the FIN came # times",
		  .numbers = fin_and_times,
		  .settles = "a capture at the other end" },
		{ .rule = RULE_FIN_NEVER_ACKED,
		  .is_broken = sent_fin_in_vain,
		  .unless = { &rst_seen, &window_zero },
		  .expected = "an ACK of the FIN, #",
		  .actual = "none; the FIN came # times",
		  .numbers = fin_and_times },
	},
	[WHEN_END] = {
		{ .rule = RULE_ACK_UNSENT,
		  .is_broken = acked_unsent,
		  .unless = { &a_syn_unseen },
		  .expected = "an ACK up to what was sent, #",
		  .actual = "ack #", .numbers = nxt_and_acked,
		  .settles = "a capture at the sender of the octets" },
	},
};
/* clang-format on */

_Static_assert(RULE_COUNT <= 64, "wire_judge.said has one bit for each rule");
_Static_assert(WHEN_COUNT <= 32, "wire_context.when has one bit for each");

static int write_word(char *to, size_t room, char mark, const uint64_t **n,
		      const struct wire_context *c)
{
	char flags[NAME_FLAGS_MAX];

	if (mark == '#')
		return snprintf(to, room, "%llu", (unsigned long long)*(*n)++);
	return snprintf(to, room, "%s", name_flags(c->seg->flags, flags));
}

/* Writes the text with the next of the numbers for each '#'. */
static void write_text(char to[JUDGE_TEXT_MAX], const char *text,
		       const uint64_t **n, const struct wire_context *c)
{
	size_t at = 0;

	for (; *text && at < JUDGE_TEXT_MAX - 1; text++) {
		if (*text == '#' || *text == '@')
			at += (size_t)write_word(to + at, JUDGE_TEXT_MAX - at,
						 *text, n, c);
		else
			to[at++] = *text;
	}
	to[at < JUDGE_TEXT_MAX ? at : JUDGE_TEXT_MAX - 1] = '\0';
}

static void say(struct wire_judge *j, const struct wire_context *c,
		const struct wire_rule *row, enum side side)
{
	const struct rule *rule = rule_of(row->rule);
	struct judge_finding found = {
		.rule = rule,
		.severity =
			row->settles ? SEVERITY_INCONCLUSIVE : rule->severity,
		.side = side,
		.frame = c->frame,
		.at_ns = c->at_ns,
		.settles = row->settles,
	};
	uint64_t numbers[NUMBERS_MAX] = { 0 };
	const uint64_t *next = numbers;

	j->said[side] |= BIT(row->rule);
	if (!c->sink->found)
		return;
	if (row->numbers)
		row->numbers(c, numbers);
	write_text(found.expected, row->expected, &next, c);
	write_text(found.actual, row->actual, &next, c);
	c->sink->found(c->sink->ctx, &found);
}

static bool is_excused(const struct wire_rule *row,
		       const struct wire_context *c)
{
	for (int i = 0; i < WIRE_UNLESS_MAX && row->unless[i]; i++)
		if (row->unless[i]->holds(c))
			return true;
	return false;
}

static void look_at(struct wire_judge *j, const struct wire_context *c,
		    const struct wire_rule *row)
{
	enum side side = row->by_peer ? side_other(c->from) : c->from;

	if (!row->is_broken(c) || j->said[side] & BIT(row->rule) ||
	    is_excused(row, c))
		return;
	say(j, c, row, side);
}

void wire_look(struct wire_judge *j, const struct wire_context *c)
{
	for (unsigned int when = c->when; when; when &= when - 1) {
		const struct wire_rule *row = rules[__builtin_ctz(when)];

		for (int i = 0; i < ROWS_MAX && row[i].is_broken; i++)
			look_at(j, c, &row[i]);
	}
}

bool wire_rule_words(size_t i, struct wire_rule_words *words)
{
	const struct wire_rule *all = &rules[0][0], *row = NULL;
	size_t at = 0;

	for (; at < sizeof(rules) / sizeof(*all) && !row; at++)
		if (all[at].is_broken && i-- == 0)
			row = &all[at];
	if (!row)
		return false;
	*words = (struct wire_rule_words){
		.rule = row->rule,
		.when = when_words[(at - 1) / ROWS_MAX],
		.expected = row->expected,
		.actual = row->actual,
		.settles = row->settles
	};
	for (int k = 0; k < WIRE_UNLESS_MAX && row->unless[k]; k++)
		words->unless[k] = row->unless[k]->text;
	return true;
}
