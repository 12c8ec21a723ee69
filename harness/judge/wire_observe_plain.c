/*
 * The short way of what nearly all segments are: a SYN, its answer, the ACK of
 * that, octets and ACKs, FINs in their places and the ACKs of those. No rule
 * can find anything in them, and what they show is written down at once. It is
 * what the long way (wire_judge_closely) would write, which is tested with
 * connections that are plain and nearly so. Knows no rule.
 */
#include "base/hidden.h"
#include "judge/wire_observe.h"

#define CONTROL (FLAG_SYN | FLAG_FIN | FLAG_RST | FLAG_ACK)

/* All that the ends of a plain connection have shown. */
#define OPENED (SENT_ANY | SENT_SYN | SENT_ACK)
#define OFFERS (OFFERED_TS | OFFERED_SCALE)
#define CLOSES                                                    \
	(SENT_FIN | HAD_PEERS_FIN | ALIVE_AFTER_FIN | ACKED_FIN | \
	 ACKED_FIN_AGAIN | ACKED_SINCE_FIN | ACK_ROSE)

/* Longer ones are not worth a thought about what wraps around. */
#define LEN_BITS 16

/* A branch for all of it: see both_of. */
static inline bool is_amid(const struct wire_judge *j, const struct seg *seg)
{
	uint64_t odd = seen_of_either(j) & (SENT_FIN | SENT_RST | RST_ALONE |
					    RST_UNDECIDED | ACKED_UNSEEN);

	odd |= (seg->flags & CONTROL) ^ FLAG_ACK;
	odd |= ~seen_of_both(j) & (SENT_ANY | SENT_ACK);
	return !odd;
}

/* The next segment of an end, where it is_amid. */
static inline bool is_calm(const struct wire_end *me,
			   const struct wire_end *peer, const struct seg *seg)
{
	uint64_t odd = me->seen & peer->seen & (seg->has_ts ? 0 : OFFERED_TS);

	odd |= (seg->ack - me->rcv_nxt) >> 30;
	odd |= (peer->snd_nxt - seg->ack) >> 30;
	odd |= (seg->seq ^ me->snd_nxt) | before_syn(peer, seg->ack);
	return !odd;
}

/* The next that is expected, and it acknowledges all. */
static bool is_next(const struct wire_end *me, const struct wire_end *peer,
		    const struct seg *seg)
{
	uint64_t both = me->seen & peer->seen, any = me->seen | peer->seen;
	uint64_t odd = any & ~(OPENED | SENT_SYN_ACK | OFFERS | CLOSES);

	odd |= both & (seg->has_ts ? 0 : OFFERED_TS);
	odd |= (seg->seq ^ me->snd_nxt) | (seg->ack ^ peer->snd_nxt);
	odd |= seg->len >> LEN_BITS;
	return !odd;
}

/* Neither has acknowledged what the other has not sent. */
static bool is_open(const struct wire_end *me, const struct wire_end *peer)
{
	uint64_t odd = ~(me->seen & peer->seen) & OPENED;

	odd |= seq_after(peer->rcv_nxt, me->snd_nxt);
	odd |= seq_after(me->rcv_nxt, peer->snd_nxt);
	return !(odd | me->late);
}

static bool take_syn(const struct wire_judge *j, struct wire_end *me,
		     const struct seg *seg)
{
	if (seen_of_either(j) | seg->len)
		return false;
	wire_observe_opening(me, seg);
	return true;
}

/* That of a SYN which is all there was. */
static bool take_syn_ack(const struct wire_judge *j, struct wire_end *me,
			 struct wire_end *peer, const struct seg *seg,
			 uint32_t ms)
{
	uint64_t odd = (peer->seen & ~OFFERS) ^ (SENT_ANY | SENT_SYN);

	odd |= me->seen | seg->len;
	odd |= seg->ack ^ peer->snd_nxt;
	if (odd)
		return false;
	wire_observe_opening(me, seg);
	me->seen |= SENT_SYN_ACK;
	wire_observe_first_ack(me, peer, seg->ack, ms);
	wire_observe_calm(j, me, seg, FLAG_SYN | FLAG_ACK);
	return true;
}

/* The first ACK of the end that began; octets may come with it. */
static bool take_ack_of_syn(const struct wire_judge *j, struct wire_end *me,
			    struct wire_end *peer, const struct seg *seg,
			    uint32_t ms)
{
	uint64_t odd = (me->seen & OPENED) ^ (SENT_ANY | SENT_SYN);

	odd |= (~peer->seen & OPENED) | (seen_of_either(j) & CLOSES);
	if (odd || !is_next(me, peer, seg) || is_bare(me, seg))
		return false;
	wire_observe_first_ack(me, peer, seg->ack, ms);
	wire_observe_calm(j, me, seg, FLAG_ACK);
	return true;
}

/* Of the peer's FIN, sent once; newer: no ACK of it came before. */
static void note_ack_of_fin(struct wire_end *me, struct wire_end *peer,
			    bool newer)
{
	me->seen |= ALIVE_AFTER_FIN;
	see_again(me, ACKED_FIN, ACKED_FIN_AGAIN);
	if (!newer)
		return;
	peer->seen |= ACKED_SINCE_FIN;
	peer->peer_nxt = me->snd_nxt;
}

/* The first ACK of the peer's FIN. */
static bool take_ack_of_fin(struct wire_judge *j, struct wire_end *me,
			    struct wire_end *peer, const struct seg *seg)
{
	bool closes = end_has(me, SENT_FIN);
	uint64_t odd = (peer->fins ^ 1u) | (seg->ack ^ (peer->fin_seq + 1));

	odd |= closes & (seg->len || seg->seq != me->fin_seq + 1);
	odd |= !seq_after(seg->ack, me->rcv_nxt);
	if (odd || !is_next(me, peer, seg) || !is_open(me, peer))
		return false;
	wire_observe_calm(j, me, seg, FLAG_ACK);
	me->seen |= closes ? ACK_ROSE : 0;
	note_ack_of_fin(me, peer, true);
	j->closed = closes & seq_after(peer->rcv_nxt, me->fin_seq);
	return true;
}

/* Behind all octets and inside the window; it acknowledges the peer's, if any. */
static bool take_fin(struct wire_judge *j, enum side from, struct wire_end *me,
		     struct wire_end *peer, const struct seg *seg, uint32_t ms)
{
	bool second = end_has(peer, SENT_FIN);
	bool newer = seq_after(seg->ack, me->rcv_nxt);
	uint32_t fin_seq = seg->seq + (uint32_t)seg->len;
	uint64_t odd = me->seen & SENT_FIN;

	odd |= second & (peer->fins != 1 || seg->ack != peer->fin_seq + 1);
	odd |= seq_after(fin_seq, peer->right_edge);
	if (odd || !is_next(me, peer, seg) || !is_open(me, peer))
		return false;
	wire_observe_first_fin(j, from, fin_seq, ms);
	me->fin_ts = seg->has_ts ? seg->tsval : 0;
	wire_observe_calm(j, me, seg, FLAG_FIN | FLAG_ACK);
	if (!second)
		return true;
	me->seen |= HAD_PEERS_FIN;
	note_ack_of_fin(me, peer, newer);
	return true;
}

static bool take_calm(struct wire_judge *j, enum side from, struct wire_end *me,
		      struct wire_end *peer, const struct seg *seg, uint32_t ms)
{
	if (!is_amid(j, seg) || !is_calm(me, peer, seg))
		return false;
	if (is_bare(me, seg))
		wire_observe_bare(j, from, seg, ms);
	wire_observe_calm(j, me, seg, FLAG_ACK);
	return true;
}

static bool take_ack(struct wire_judge *j, enum side from, struct wire_end *me,
		     struct wire_end *peer, const struct seg *seg, uint32_t ms)
{
	if (end_has(peer, SENT_FIN))
		return take_ack_of_fin(j, me, peer, seg);
	if (end_has(me, SENT_ACK))
		return take_calm(j, from, me, peer, seg, ms);
	return take_ack_of_syn(j, me, peer, seg, ms);
}

bool wire_observe_plain(struct wire_judge *j, enum side from,
			const struct seg *seg, uint32_t ms)
{
	struct wire_end *me = &j->end[from];
	struct wire_end *peer = &j->end[side_other(from)];

	HIDDEN(me);
	HIDDEN(peer);
	switch (seg->flags & CONTROL) {
	case FLAG_SYN:
		return take_syn(j, me, seg);
	case FLAG_SYN | FLAG_ACK:
		return take_syn_ack(j, me, peer, seg, ms);
	case FLAG_ACK:
		return take_ack(j, from, me, peer, seg, ms);
	case FLAG_FIN | FLAG_ACK:
		return take_fin(j, from, me, peer, seg, ms);
	default:
		return false;
	}
}

inline bool wire_judge_is_amid(const struct wire_judge *j,
			       const struct seg *seg)
{
	return is_amid(j, seg);
}

/* What may be padding goes the longer way. */
inline bool wire_judge_calmly(struct wire_judge *j, enum side from,
			      const struct seg *seg, int64_t at_ns)
{
	struct wire_end *me = &j->end[from];
	struct wire_end *peer = &j->end[side_other(from)];
	uint64_t ns;
	uint32_t ms;

	HIDDEN(me);
	if (wire_is_few(seg->len) || !is_calm(me, peer, seg))
		return false;
	ns = wire_since_start(j, at_ns);
	ms = wire_ms(ns);
	wire_observe_rate(me, FLAG_ACK, seg->len, ns);
	if (is_bare(me, seg))
		wire_observe_bare(j, from, seg, ms);
	wire_observe_calm(j, me, seg, FLAG_ACK);
	wire_observe_time(j, me, ms, at_ns);
	return true;
}

bool wire_ends_plainly(const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	uint64_t odd =
		seen_of_either(j) & ~(OPENED | SENT_SYN_ACK | OFFERS | CLOSES);

	odd |= a->icmps | b->icmps | a->padded | b->padded;
	odd |= a->unheeded_late | b->unheeded_late;
	odd |= j->loops >= LOOP_LEAST;
	odd |= seq_after(a->rcv_nxt, b->snd_nxt);
	odd |= seq_after(b->rcv_nxt, a->snd_nxt);
	return !odd && j->closed;
}
