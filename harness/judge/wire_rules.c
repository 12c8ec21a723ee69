/*
 * The rules of the wire judge as rows: when each is looked at, what breaks it,
 * what excuses an end, and what is said then, once a rule and side. A rule
 * that is certain or inconclusive has a row for each, the certain one first.
 */
#include "judge/wire_excuses.h"

/* A row leaves out what is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define ROWS_MAX 9

/* clang-format off */
static const char *const when_words[WHEN_COUNT] = {
	[WHEN_SYN_FIN] = "a SYN with a FIN, without octets",
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
	[WHEN_FIN_OUTSIDE] = "a FIN whose numbers are not of the connection",
	[WHEN_ACK_OUTSIDE] = "another segment whose numbers are not",
	[WHEN_ACK_BEYOND_FIN] = "an ACK of more than the peer's FIN",
	[WHEN_ACK_OF_FIN] = "an ACK of the peer's FIN",
	[WHEN_ACK_BEFORE_FIN] = "an ACK of less than the peer's FIN",
	[WHEN_END_RST] = "the end, an RST far outside being the last",
	[WHEN_END_FIN] = "the end, a FIN not being acknowledged",
	[WHEN_END_ICMP] = "the end, ICMP errors having quoted segments",
	[WHEN_END_PADDED] = "the end, a few octets having been no data",
	[WHEN_END_REOPENED] = "the end, the SYN having met a TIME-WAIT",
	[WHEN_END_RESET] = "the end, an RST having been seen",
	[WHEN_END_UNHEEDED] = "the end, one having ignored an exact RST",
	[WHEN_END_LOOP] = "the end, segments having gone round",
	[WHEN_END] = "the end",
};

#define UNDECIDED_BY "a capture without gaps"
#define AT_SENDER    "a capture at its sender"
#define ONE_BY	     "a capture without gaps, at one place"

/*
 * Rule, what breaks it, what excuses an end, expected, actual, and what would
 * settle it where it cannot be told from here.
 */
static const struct wire_rule rules[WHEN_COUNT][ROWS_MAX] = {
	[WHEN_SYN_FIN] = {
		{ RULE_SYN_WITH_FIN, has_fin_beside_syn, { NULL },
		  "a SYN, and a FIN when there is nothing more to send",
		  "flags {flags} at {seg_seq}, no octets" },
	},
	[WHEN_SYN_ACK] = {
		{ RULE_TIME_WAIT_REUSED, takes_older_syn, { &stray_syn_ack },
		  "an ACK of the old connection",
		  "the SYN accepted, its number and timestamp not newer" },
	},
	[WHEN_RST] = {
		{ RULE_RST_STORM, sends_many_rsts,
		  { &slow, &causes_unseen, &just_begun },
		  "an RST for each segment, {asked}",
		  "{rsts} in about a second" },
		{ RULE_RST_WITH_DATA, sends_rst_with_data, { NULL },
		  "an RST without data", "{seg_len} octets of it" },
		{ RULE_RST_WITH_FIN, has_more_than_rst, { NULL },
		  "an RST by itself", "flags {flags} at {seg_seq}" },
		{ RULE_RST_ANSWERS_RST, answers_rst, { NULL },
		  "silence",
		  "an RST at {seg_seq}, answering the RST at {peer_rst}" },
		{ RULE_RST_ANSWERS_RST, seems_to_answer_rst, { NULL },
		  "silence after the RST at {peer_rst}",
		  "an RST at {seg_seq}, {peer_rst_ms} ms after it",
		  "what the end was asked for: an abort, or nothing" },
	},
	[WHEN_RST_FAR] = {
		{ RULE_RST_OUTSIDE, is_rst_outside, { NULL },
		  "an RST from {snd_una} up to {wnd_edge}",
		  "the RST at {seg_seq}" },
		{ RULE_RST_OUTSIDE, follows_another_rst, { NULL },
		  "an RST up to {wnd_edge}",
		  "the RST at {seg_seq}, after another one", UNDECIDED_BY },
	},
	[WHEN_RST_NEAR] = {
		{ RULE_RST_OUTSIDE, precedes_another_rst, { NULL },
		  "an RST up to {wnd_edge}",
		  "the RST at {rst}, and another one elsewhere", UNDECIDED_BY },
	},
	[WHEN_RST_TAKEN] = {
		{ RULE_RST_WRONG_SEQ, is_rst_wrong_seq,
		  { &not_whole, &stray_syn },
		  "an RST at {snd_una}, as acknowledged, or at {snd_nxt}",
		  "the RST at {seg_seq}" },
		{ RULE_RST_INEXACT_OBEYED, obeys_inexact, { NULL },
		  "an ACK to the RST at {peer_rst}, and nothing else",
		  "an RST to what came later" },
		{ RULE_TIME_WAIT_ASSASSINATED, ends_time_wait, { NULL },
		  "the other end left in TIME-WAIT",
		  "an RST at {seg_seq}, to its ACK of an old segment" },
		{ RULE_RST_TO_LAST_ACK, resets_last_ack, { &not_whole },
		  "silence, the ACK of the FIN at {fin} being the last",
		  "an RST at {seg_seq}" },
		{ RULE_RST_IN_TIME_WAIT, resets_in_time_wait,
		  { &not_whole, &reset_before },
		  "an ACK of the FIN at {peer_fin}, which came again",
		  "an RST at {seg_seq}" },
	},
	[WHEN_AFTER_OWN_RST] = {
		{ RULE_ACK_AFTER_RST, wire_acks_after_rst, { &said_already },
		  "no ACK beyond {peer_nxt_then}",
		  "ack {seg_ack}, after the RST" },
		{ RULE_AFTER_RST, sends_after_rst, { NULL },
		  "nothing but RSTs",
		  "seq {seg_seq}, {rst_ms} ms after the RST" },
		{ RULE_RST_OUTSIDE, goes_on_after_outside, { &said_already },
		  "an RST from {snd_una} up to {wnd_edge}",
		  "the RST at {rst}" },
		{ RULE_RST_INEXACT, goes_on_after_inexact, { &said_already },
		  "an RST at {snd_nxt} or where the other one is",
		  "the RST at {rst}" },
	},
	[WHEN_RST_UNDECIDED] = {
		{ RULE_RST_OUTSIDE, goes_on_after_undecided, { NULL },
		  "an RST from {snd_una} up to {wnd_edge}",
		  "the RST at {rst}" },
		{ RULE_RST_OUTSIDE, lets_go_on_after_undecided, { NULL },
		  "an RST from {peer_una} up to {peer_edge}",
		  "the RST at {peer_rst}",
		  .by_peer = true },
	},
	[WHEN_NO_ACK] = {
		{ RULE_FIN_WITHOUT_ACK, sends_without_ack, { NULL },
		  "the ACK flag", "flags {flags}, {seg_len} octets of data" },
	},
	[WHEN_NO_TIMESTAMP] = {
		{ RULE_NO_TIMESTAMP, lacks_timestamp,
		  { &a_syn_unseen, &options_cut, &peer_not_open, &keep_alive,
		    &of_next, &came_otherwise },
		  "the timestamps option, as in both SYNs",
		  "a segment without, seq {seg_seq}" },
		{ RULE_NO_TIMESTAMP, lacks_timestamp,
		  { &a_syn_unseen, &options_cut, &peer_not_open, &keep_alive,
		    &of_next },
		  "the timestamps option, as in both SYNs",
		  "a segment without, seq {seg_seq}", AT_SENDER },
		{ RULE_NO_TIMESTAMP, lacks_timestamp,
		  { &a_syn_unseen, &options_cut, &peer_not_open, &keep_alive },
		  "the timestamps option, as in both SYNs",
		  "a segment without, seq {seg_seq}", UNDECIDED_BY },
		/* As Apple's systems send them. */
		{ RULE_KEEPALIVE_NO_TIMESTAMP, is_keep_alive_alike,
		  { &a_syn_unseen, &options_cut, &peer_not_open },
		  "the timestamps option, as in both SYNs",
		  "a keep-alive without, seq {seg_seq}" },
	},
	[WHEN_AFTER_OWN_FIN] = {
		{ RULE_DATA_AFTER_FIN, sends_behind_fin,
		  { &of_another, &of_two, &came_otherwise },
		  "no octet behind the FIN, {fin}",
		  "{seg_len} octets from {seg_seq}" },
		{ RULE_DATA_AFTER_FIN, sends_behind_fin,
		  { &of_another, &of_two },
		  "no octet behind the FIN, {fin}",
		  "{seg_len} octets from {seg_seq}", AT_SENDER },
		{ RULE_DATA_AFTER_FIN, sends_behind_fin, { &of_another },
		  "no octet behind the FIN, {fin}",
		  "{seg_len} octets from {seg_seq}", ONE_BY },
		{ RULE_SEQ_BELOW_FIN, acks_below_fin, { NULL },
		  "an ACK with seq {after_fin}, behind its FIN",
		  "seq {seg_seq}, {below} times" },
	},
	[WHEN_FIN_FIRST] = {
		{ RULE_DATA_AFTER_FIN, sends_fin_amid_data,
		  { &of_another, &of_two, &came_otherwise },
		  "the FIN behind all octets sent, {snd_nxt}",
		  "the FIN at {seg_fin}" },
		{ RULE_DATA_AFTER_FIN, sends_fin_amid_data,
		  { &of_another, &of_two },
		  "the FIN behind all octets sent, {snd_nxt}",
		  "the FIN at {seg_fin}", AT_SENDER },
		{ RULE_DATA_AFTER_FIN, sends_fin_amid_data, { &of_another },
		  "the FIN behind all octets sent, {snd_nxt}",
		  "the FIN at {seg_fin}", ONE_BY },
	},
	[WHEN_FIN_AGAIN] = {
		{ RULE_FIN_MOVED, moves_fin,
		  { &of_another, &of_two, &came_otherwise },
		  "the FIN at {fin}, as before", "the FIN at {seg_fin}" },
		{ RULE_FIN_MOVED, moves_fin,
		  { &of_another, &of_two },
		  "the FIN at {fin}, as before", "the FIN at {seg_fin}",
		  AT_SENDER },
		{ RULE_FIN_MOVED, moves_fin, { &of_another },
		  "the FIN at {fin}, as before", "the FIN at {seg_fin}",
		  ONE_BY },
		{ RULE_FIN_AFTER_ACK, repeats_acked_fin,
		  { &not_whole, &acks_unsent },
		  "silence, or an ACK",
		  "the FIN again, with ack {seg_ack}: it had its ACK's octets" },
		{ RULE_FIN_STORM, repeats_fin_in_storm, { NULL },
		  "the FIN again after a timeout",
		  "{storm} times, each after less than {soon_ms} ms" },
		{ RULE_NO_BACKOFF, repeats_fin_evenly,
		  { &peer_silent, &acked_before, &icmp_seen },
		  "the FIN again after twice the time",
		  "after {gap_ms} ms, {gaps} times" },
		/* A router that knows no way takes the wait back (RFC 6069). */
		{ RULE_NO_BACKOFF, repeats_fin_evenly,
		  { &acked_before, &icmp_seen },
		  "the FIN again after twice the time",
		  "after {gap_ms} ms, {gaps} times",
		  "the ICMP messages that the sender had" },
		{ RULE_RETRANSMITTED_EARLY, repeats_fin_early, { NULL },
		  "the FIN again after a round trip, {rtt_ms} ms, or more",
		  "after {gap_ms} ms" },
		{ RULE_LAST_ACK_MISSING, leaves_last_ack, { &fin_lost },
		  "an ACK of the FIN, {after_fin}",
		  "none, though alive; the FIN came {fins} times",
		  .by_peer = true },
	},
	[WHEN_FIN_OUTSIDE] = {
		{ RULE_FIN_BAD_ACK, acks_strange, { &a_syn_unseen },
		  "an ACK up to {peer_nxt}, as sent",
		  "a FIN at {seg_fin} with ack {seg_ack}" },
	},
	[WHEN_ACK_OUTSIDE] = {
		{ RULE_ACK_UNSENT, acks_strange,
		  { &a_syn_unseen, &stray_syn, &opening },
		  "an ACK up to {peer_nxt}, as sent",
		  "ack {seg_ack}", AT_SENDER },
	},
	[WHEN_ACK_BEYOND_FIN] = {
		{ RULE_ACK_UNSENT, acks_behind_fin,
		  { &fin_misplaced, &outside_ack, &acks_of_two },
		  "an ACK up to the FIN, {peer_after_fin}", "ack {seg_ack}" },
		{ RULE_ACK_UNSENT, acks_behind_fin,
		  { &a_syn_unseen, &fin_misplaced, &outside_ack },
		  "an ACK up to the FIN, {peer_after_fin}",
		  "ack {seg_ack}", "a capture at the sender of the FIN" },
		{ RULE_ACK_UNSENT, acks_far_behind_fin,
		  { &a_syn_unseen, &outside_ack },
		  "an ACK up to the FIN, {peer_after_fin}",
		  "ack {seg_ack}", AT_SENDER },
	},
	[WHEN_ACK_OF_FIN] = {
		{ RULE_FIN_ACK_LATE, acks_fin_late, { &not_whole },
		  "an ACK of the FIN within 500 ms",
		  "after {peer_waited_ms} ms, and {late} segments before it "
		  "without" },
	},
	[WHEN_ACK_BEFORE_FIN] = {
		{ RULE_FIN_ACK_LOW, acks_fin_low, { NULL },
		  "ack {peer_after_fin}, behind the FIN",
		  "ack {seg_ack}, {low_acks} times" },
	},
	[WHEN_END_RST] = {
		{ RULE_RST_OUTSIDE, is_all_that_came, { NULL },
		  "an RST up to {wnd_edge}",
		  "the RST at {rst}, and nothing after it", UNDECIDED_BY },
	},
	[WHEN_END_FIN] = {
		{ RULE_FIN_OUTSIDE, sent_fin_outside, { &peer_silent },
		  "a FIN up to the window's edge, {wnd_edge}",
		  "the FIN at {fin}" },
		{ RULE_FIN_NOT_RETRANSMITTED, sent_fin_once_to_live,
		  { &not_whole, &rst_seen, &window_zero, &data_again },
		  "the FIN again after a timeout",
		  "once, unanswered for {waited_ms} ms" },
		/* An ACK may have taken a way past the capture. */
		{ RULE_FIN_NOT_RETRANSMITTED, sent_fin_once,
		  { &rst_seen, &window_zero, &peer_unseen, &data_again },
		  "the FIN again after a timeout",
		  "once, unanswered for {waited_ms} ms",
		  "a capture at the sender of the FIN" },
		{ RULE_LAST_ACK_MISSING, leaves_last_ack,
		  { &rst_seen, &window_zero },
		  "an ACK of the FIN, {after_fin}",
		  "none; the FIN came {fins} times",
		  "a capture at the other end", .by_peer = true },
		{ RULE_FIN_NEVER_ACKED, sent_fin_in_vain,
		  { &rst_seen, &window_zero },
		  "an ACK of the FIN, {after_fin}",
		  "none; the FIN came {fins} times" },
		{ RULE_LONE_FIN, sent_lone_fin, { NULL },
		  "a SYN before the FIN at {fin}",
		  "nothing before it, and no answer but an RST" },
		{ RULE_LONE_FIN, sent_lone_fin_just_now, { &followed },
		  "a SYN before the FIN at {fin}",
		  "nothing before it, and nothing for {waited_ms} ms",
		  "a capture that goes on, or has begun before" },
	},
	[WHEN_END_ICMP] = {
		{ RULE_ICMP_ANSWERED, had_only_icmp, { NULL },
		  "an ACK of what was sent, up to {snd_nxt}",
		  "{icmps} ICMP errors, the last one {icmp}" },
	},
	[WHEN_END_PADDED] = {
		{ RULE_PADDING, sent_padding, { NULL },
		  "lengths that count no padding",
		  "{padded} segments with up to 6 octets that nobody "
		  "acknowledges" },
	},
	[WHEN_END_REOPENED] = {
		{ RULE_SYN_IN_TIME_WAIT, opened_with_older_syn, { NULL },
		  "a number or a timestamp newer than the last connection's",
		  "{iss}, which is not, and not taken for {since_start_ms} ms" },
		{ RULE_SYN_IN_TIME_WAIT, opened_time_wait_in_vain, { NULL },
		  "an answer of the end that was in TIME-WAIT before",
		  "none, {since_start_ms} ms after the first SYN" },
	},
	[WHEN_END_RESET] = {
		{ RULE_AFTER_RST, sends_soon_after_rst, { NULL },
		  "nothing but RSTs after {rst}",
		  "new octets up to {snd_nxt}, less than {overtaken_ms} ms "
		  "later",
		  "a capture at their sender" },
		{ RULE_RST_STORM, sends_some_rsts, { &slow, &causes_unseen },
		  "an RST for each segment",
		  "{many_rsts} in about a second, or more",
		  "a capture at their sender" },
		{ RULE_RST_INEXACT_OBEYED, seems_to_obey_inexact,
		  { &rst_faulted },
		  "an ACK to the RST at {peer_rst}",
		  "nothing more, for {peer_rst_ms} ms",
		  "a capture at the receiver of the RST" },
		{ RULE_REFUSAL_UNHEEDED, ignores_refusals, { NULL },
		  "no SYN again after the RST that acknowledges it",
		  "{unheeded} times the SYN again" },
		{ RULE_REFUSAL_UNHEEDED, ignores_refusal, { NULL },
		  "no SYN again after the RST that acknowledges it",
		  "the SYN again",
		  "a capture at the receiver of the RST" },
	},
	[WHEN_END_UNHEEDED] = {
		{ RULE_RST_UNHEEDED, ignores_rsts, { &slow, &reset_in_vain },
		  "nothing after the RST at {peer_una}",
		  "{unheeded} segments in {unheeded_ms} ms, "
		  "{unheeded_rate} a second" },
		{ RULE_RST_UNHEEDED, ignores_rst, { &slow, &reset_in_vain },
		  "nothing after the RST at {peer_una}",
		  "{unheeded} segments in {unheeded_ms} ms",
		  "a capture at the receiver of the RST" },
	},
	[WHEN_END_LOOP] = {
		{ RULE_ACK_LOOP, goes_round_with_copies, { &unheeded_said },
		  "the same again, or a probe, after a timeout",
		  "data or probe again/ACK: {loops} in {loop_ms} ms, "
		  "{loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round_with_syn, { NULL },
		  "a SYN acknowledged once",
		  "SYN/ACK: {loops} in {loop_ms} ms, {loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round_in_vain, { NULL },
		  "no SYN again after an RST",
		  "SYN/RST: {loops} in {loop_ms} ms, {loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round_with_rst,
		  { &unheeded_said, &causes_unseen, &rst_faulted },
		  "no segment after an RST",
		  "ACK/RST: {loops} in {loop_ms} ms, {loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round_in_rsts, { NULL },
		  "no segment after an RST",
		  "RST/RST: {loops} in {loop_ms} ms, {loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round_with_fin, { &unheeded_said },
		  "a FIN acknowledged once",
		  "FIN/ACK: {loops} in {loop_ms} ms, {loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round_at_odds, { &unheeded_said },
		  "numbers that both ends agree on",
		  "challenge/challenge: {loops} in {loop_ms} ms, "
		  "{loop_rate} a second" },
		{ RULE_ACK_LOOP, goes_round, { &unheeded_said },
		  "no ACK of an ACK that changes nothing",
		  "ACK/ACK: {loops} in {loop_ms} ms, {loop_rate} a second" },
	},
	[WHEN_END] = {
		{ RULE_ACK_UNSENT, acked_unsent, { &a_syn_unseen },
		  "an ACK up to what was sent, {peer_nxt}",
		  "ack {peer_una}", "a capture at the sender of the octets" },
	},
};
/* clang-format on */

_Static_assert(RULE_COUNT <= 64, "wire_judge.said has one bit for each rule");
_Static_assert(WHEN_COUNT <= 32, "wire_context.when has one bit for each");

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

	j->said[side] |= BIT(row->rule);
	if (!c->sink->found)
		return;
	wire_text(c, row->expected, found.expected);
	wire_text(c, row->actual, found.actual);
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
