/*
 * What excuses an end: a row of judge/wire_rules.c names up to
 * WIRE_UNLESS_MAX, each of which leaves its rule unsaid. That file alone
 * includes this one.
 */
#ifndef JUDGE_WIRE_EXCUSES_H
#define JUDGE_WIRE_EXCUSES_H

#include "judge/wire_rules.h"

/*
 * An excuse: its words, and when it holds, by what both ends have shown before
 * this segment.
 */
#define EXCUSE(name, words, condition)                         \
	static bool name##_holds(const struct wire_context *c) \
	{                                                      \
		return condition;                              \
	}                                                      \
	static const struct wire_excuse name = { words, name##_holds }

/* clang-format off */
EXCUSE(slow, "the round trip is longer than a second",
       c->peer->rtt_ms > ON_ITS_WAY_MS && c->peer->rtt_ms < UINT16_MAX);
EXCUSE(causes_unseen, "what they answer was not captured",
       !end_has(c->peer, SENT_ANY) || end_has(c->me, ACKED_UNSEEN));
EXCUSE(just_begun, "the capture began just before",
       !both_syns(c->j) && c->ms < 3 * ON_ITS_WAY_MS);
EXCUSE(a_syn_unseen, "a SYN was not captured", !both_syns(c->j));
EXCUSE(of_two, "it may be another connection's, or numbered anew by a box",
       may_be_of_two(c));
EXCUSE(of_next, "numbers of both ends have jumped, as of another connection",
       may_be_of_next(c));
EXCUSE(not_whole, "a SYN or octets were not captured", !is_whole(c->j));
EXCUSE(stray_syn, "a SYN came amid the connection", c->j->order & ORDER_STRAY);
EXCUSE(opening, "its sender has not acknowledged the peer's SYN yet",
       !end_has(c->me, SENT_ACK));
EXCUSE(stray_syn_ack, "it answers another SYN", wire_syn_ack_is_stray(c));
EXCUSE(said_already, "after-rst has been said",
       had_been_said(c, RULE_AFTER_RST, c->from));
EXCUSE(options_cut, "the capture cut the options off", c->seg->opts_cut);
EXCUSE(peer_not_open, "the peer's SYN is not acknowledged",
       !end_has(c->peer, SENT_ACK) || before_syn(c->peer, c->seg->ack - 1));
EXCUSE(of_another, "its ACK fits another connection", !wire_is_of_now(c));
EXCUSE(came_otherwise, "its TTL, or its end's FIN's, is not that of the SYN",
       wire_came_otherwise(c->j, c->from, c->seg) ||
	       end_has(c->me, FIN_OTHERWISE));
EXCUSE(outside_ack, "its SEQ fits another connection",
       seq_after(c->seg->seq, c->me->snd_nxt) ||
       seq_before(c->seg->seq + 1, c->peer->rcv_nxt));
EXCUSE(fin_misplaced, "that FIN had no certain place",
       had_been_said(c, RULE_FIN_MOVED, side_other(c->from)) ||
       had_been_said(c, RULE_DATA_AFTER_FIN, side_other(c->from)));
EXCUSE(acks_of_two, "what it acknowledges may be so", may_ack_of_two(c));
EXCUSE(acks_unsent, "it acknowledges what was never sent",
       seq_after(c->seg->ack, c->peer->snd_nxt));
EXCUSE(peer_silent, "the peer has sent nothing since the FIN",
       !end_has(c->peer, ALIVE_AFTER_FIN));
/* Two ACKs that echo the FIN's timestamp show that it came, or three others. */
EXCUSE(fin_lost, "the FIN has perhaps not come",
       c->peer->rcv_nxt != c->me->fin_seq ||
       c->peer->low_acks < (both_offered_ts(c->j) ? 2 : 3));
EXCUSE(followed, "another connection follows", c->j->followed);
EXCUSE(rst_seen, "an RST was seen", seen_of_either(c->j) & SENT_RST);
EXCUSE(window_zero, "the peer's window is 0", end_has(c->peer, WINDOW_ZERO));
EXCUSE(peer_unseen, "nothing of the peer was captured",
       !end_has(c->peer, SENT_ANY));
EXCUSE(keep_alive, "it has the form of a keep-alive",
       is_keep_alive_alike(c));
EXCUSE(acked_before, "fin-after-ack has been said",
       had_been_said(c, RULE_FIN_AFTER_ACK, c->from) || repeats_acked_fin(c));
EXCUSE(data_again, "it sent data again, before the FIN",
       end_has(c->me, DATA_AFTER_FIN));

EXCUSE(icmp_seen, "ICMP errors quoted it, which take the wait back",
       c->me->icmps);
EXCUSE(reset_before, "the other end has reset it",
       end_has(c->peer, RST_AFTER_BOTH_FINS) || end_has(c->peer, SENT_RST));
EXCUSE(reset_in_vain, "the sender of the RST went on, too",
       end_has(c->peer, SENT_AFTER_OWN_RST));
EXCUSE(rst_faulted, "the number of the RSTs has been found wrong",
       had_been_said(c, RULE_RST_WRONG_SEQ, side_other(c->from)));
EXCUSE(unheeded_said, "rst-unheeded says it",
       c->me->unheeded_late || c->peer->unheeded_late);
/* clang-format on */

#endif
