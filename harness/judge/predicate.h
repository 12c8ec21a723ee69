/*
 * What breaks a rule that both judges look at, in plain numbers. Each judge
 * adds only what it knows: thresholds, and what excuses an end. Pure.
 */
#ifndef JUDGE_PREDICATE_H
#define JUDGE_PREDICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"
#include "base/seq.h"
#include "packet/seg.h"

/* An ACK and nothing else: no octets, and no SYN, FIN or RST. */
static inline bool is_pure_ack(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)) ==
		       FLAG_ACK &&
	       !seg->len;
}

/*
 * retransmitted-early (RFC 6298 section 5): the FIN came again after less
 * time than any timeout takes. Both in the same unit.
 */
static inline bool fin_is_early(int64_t gap, int64_t least)
{
	return gap < least;
}

/*
 * fin-not-retransmitted (RFC 9293 section 3.10.8): a FIN sent once, waiting
 * for its ACK for as long as a timeout can take, or longer. Same unit.
 */
static inline bool fin_is_not_again(unsigned int sent, int64_t waited,
				    int64_t bound)
{
	return sent == 1 && waited >= bound;
}

/*
 * seq-below-fin (RFC 9293 figure 12): an ACK that has the FIN's number or one
 * before it, where SND.NXT lies behind the FIN.
 */
static inline bool ack_is_below_fin(const struct seg *seg, uint32_t fin_seq)
{
	return is_pure_ack(seg) && !seq_after(seg->seq, fin_seq);
}

/*
 * <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>, which RFC 9293 section 3.5.2
 * gives in answer to a segment without ACK; not where 0 is SND.NXT itself.
 */
static inline bool rst_answers_bare(const struct seg *rst, uint32_t snd_nxt)
{
	return rst->flags & FLAG_ACK && rst->seq == 0 && snd_nxt != 0;
}

/*
 * rst-answers-rst (RFC 9293 section 3.5.2): that form, acknowledging what the
 * other end's RST, which had no ACK, was numbered.
 */
static inline bool rst_answers_rst(const struct seg *rst, uint32_t snd_nxt,
				   uint32_t other_rst_seq)
{
	return rst_answers_bare(rst, snd_nxt) && rst->ack == other_rst_seq;
}

#endif
