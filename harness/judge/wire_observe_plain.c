/*
 * The short way of what nearly all segments are: a SYN, its answer, the ACK of
 * that, octets and ACKs, FINs in their places and the ACKs of those. No rule
 * can find anything in them, and what they show is written down at once. It is
 * what the long way (wire_judge_closely) would write, which is tested with
 * connections that are plain and nearly so. Knows no rule.
 *
 * Whatever makes a segment none of these is gathered in one number, odd, which
 * is 0 of those that are: see both_of. What is seldom is odd too, wherever that
 * spares the others something. Each kind has a function of its own, which is
 * never in line: it asks first, and what it asked of the segment it reads anew
 * when it writes (HIDDEN), or it would need more registers than there are.
 */
#include "base/clock.h"
#include "base/hidden.h"
#include "judge/wire_observe.h"

/* And what else they may have. */
#define OFFERS (OFFERED_TS | OFFERED_SCALE)
#define CLOSES                                                    \
	(SENT_FIN | HAD_PEERS_FIN | ALIVE_AFTER_FIN | ACKED_FIN | \
	 ACKED_FIN_AGAIN | ACKED_SINCE_FIN | ACK_ROSE)

/* So long ago the first segment may be, 26 days in nanoseconds. */
#define SINCE_BITS 51

/* All bits of what is 1, none of what is 0: no branch, see both_of. */
static inline uint64_t all_bits(uint64_t one)
{
	return 0 - one;
}

/* 1 of an end that has sent its FIN, or 0. */
static inline uint64_t fin_of(const struct wire_end *e)
{
	return e->seen / SENT_FIN & 1;
}

/* Each is how far a number is ahead of another: odd, if one is behind it. */
#define ODD_BEHIND(ahead) ((uint32_t)(ahead) >> 31)

/* The same of a window: odd, if it is 0. */
static inline uint32_t beyond_zero(const struct seg *seg)
{
	return seg->win - 1u;
}

static inline uint64_t odd_without_ts(const struct wire_end *me,
				      const struct wire_end *peer,
				      const struct seg *seg)
{
	return me->seen & peer->seen & (seg->has_ts * OFFERED_TS ^ OFFERED_TS);
}

/* The capture's clock has not gone back since the last segment of any end. */
static inline uint64_t odd_time(const struct wire_judge *j, int64_t at_ns)
{
	uint64_t since_last = (uint64_t)at_ns - (uint64_t)j->last_ns;

	return (since_last | wire_since_start(j, at_ns)) >> SINCE_BITS;
}

/* A branch for all of it: see both_of. */
static inline bool is_amid(const struct wire_judge *j, const struct seg *seg)
{
	uint64_t odd = seen_of_either(j) &
		       (SENT_FIN | SENT_RST | RST_ALONE | RST_UNDECIDED |
			ACKED_UNSEEN | WINDOW_ZERO);

	odd |= (seg->flags & CONTROL) ^ FLAG_ACK;
	odd |= ~seen_of_both(j) & (SENT_ANY | SENT_ACK);
	return !odd;
}

/* The next segment of an end, where it is_amid. */
static inline bool is_calm(const struct wire_judge *j,
			   const struct wire_end *me,
			   const struct wire_end *peer, const struct seg *seg,
			   int64_t at_ns)
{
	uint64_t odd = odd_without_ts(me, peer, seg) | odd_time(j, at_ns);

	odd |= ((seg->ack - me->rcv_nxt) | (peer->snd_nxt - seg->ack) |
		beyond_zero(seg)) >>
	       30;
	odd |= (seg->seq ^ me->snd_nxt) | before_syn(peer, seg->ack) |
	       before_syn(me, seg->seq + (uint32_t)seg->len);
	return !odd;
}

/* What is_bare asks, of a segment whose number is the next one. */
static inline bool is_next_bare(const struct wire_end *me,
				const struct seg *seg)
{
	return !(seg->len | (seg->ack ^ me->rcv_nxt));
}

/* The next that is expected, and it acknowledges all. */
static inline uint64_t odd_numbers(const struct wire_end *me,
				   const struct wire_end *peer,
				   const struct seg *seg)
{
	return (seg->seq ^ me->snd_nxt) | (seg->ack ^ peer->snd_nxt);
}

/* Of an end that has opened; it may have shown those facts besides. */
static inline uint64_t odd_facts(const struct wire_end *e, uint64_t besides)
{
	return (e->seen & ~(SENT_SYN_ACK | OFFERS | besides)) ^ OPENED;
}

/*
 * Where both have opened and one has closed, or does. Neither has acknowledged
 * what the other has not sent.
 */
static inline uint64_t odd_closing(const struct wire_end *me,
				   const struct wire_end *peer,
				   const struct seg *seg)
{
	uint64_t odd = odd_facts(peer, CLOSES) | me->late;

	odd |= odd_without_ts(me, peer, seg);
	odd |= odd_numbers(me, peer, seg);
	return odd | ODD_BEHIND((seg->seq - peer->rcv_nxt) | beyond_zero(seg));
}

static inline unsigned int shift_of(const struct wire_end *me,
				    const struct wire_end *peer)
{
	return me->seen & peer->seen & OFFERED_SCALE ? me->scale : 0;
}

/* What a segment shows that has an ACK; nxt is the number behind it. */
static inline void take_shown(struct wire_end *me, const struct seg *seg,
			      uint32_t nxt, unsigned int shift)
{
	me->snd_nxt = nxt;
	me->rcv_nxt = seg->ack;
	if (seg->has_ts)
		me->tsval = seg->tsval;
	wire_take_edge(me, seg->ack, (uint32_t)seg->win << shift);
}

/* When it came, which is no odd_time; returns that in milliseconds. */
static inline uint32_t take_time(struct wire_judge *j, struct wire_end *me,
				 size_t len, int64_t at_ns)
{
	uint64_t since_ns = wire_since_start(j, at_ns);
	uint32_t ms = (uint32_t)(since_ns / (uint64_t)NS_PER_MS);

	wire_observe_rate(me, FLAG_ACK, len, since_ns);
	j->last_ns = at_ns;
	me->last_ms = ms;
	return ms;
}

/* The first segment of all: its judge is all 0. */
static bool __attribute__((noinline))
take_syn(struct wire_judge *j, enum side from, const struct seg *seg,
	 int64_t at_ns)
{
	struct wire_end *me = &j->end[from];

	if (j->any | (seen_of_either(j) | seg->len))
		return false;
	wire_begin(j, at_ns);
	me->sent = 1;
	me->snd_isn = seg->seq;
	me->snd_nxt = seg->seq + 1;
	me->tsval = seg->has_ts ? seg->tsval : 0;
	me->scale = seg->has_scale ? seg->scale & 15 : 0;
	me->seen = SENT_ANY | SENT_SYN | wire_offers(seg);
	j->ttl[from] = seg->ttl;
	return true;
}

/* Of a SYN which is all there was. */
static bool __attribute__((noinline))
take_syn_ack(struct wire_judge *j, enum side from, const struct seg *seg,
	     int64_t at_ns)
{
	struct wire_end *me = &j->end[from], *peer = wire_peer(j, from);
	uint64_t odd;
	uint32_t ms;

	HIDDEN(me);
	HIDDEN(peer);
	odd = (peer->seen & ~OFFERS) ^ (SENT_ANY | SENT_SYN);
	odd |= odd_time(j, at_ns) | j->order | !j->any;
	odd |= me->seen | seg->len | peer->rtt_ms;
	odd |= seg->ack ^ peer->snd_nxt;
	odd |= seg->ack ^ (peer->snd_isn + 1);
	odd |= ODD_BEHIND(beyond_zero(seg));
	if (odd)
		return false;
	HIDDEN(seg);
	ms = take_time(j, me, 0, at_ns);
	peer->rtt_ms = wire_round_trip(ms - peer->last_ms);
	me->snd_isn = seg->seq;
	me->right_edge = seg->ack;
	if (seg->has_scale)
		me->scale = seg->scale & 15;
	me->seen = OPENED | SENT_SYN_ACK | wire_offers(seg);
	j->ttl[from] = seg->ttl;
	take_shown(me, seg, seg->seq + 1, 0);
	return true;
}

/* The first ACK of the end that began; octets may come with it. */
static bool __attribute__((noinline))
take_ack_of_syn(struct wire_judge *j, enum side from, const struct seg *seg,
		int64_t at_ns)
{
	struct wire_end *me = &j->end[from], *peer = wire_peer(j, from);
	uint64_t odd;
	uint32_t nxt = seg->seq + (uint32_t)seg->len, ms;

	HIDDEN(me);
	HIDDEN(peer);
	odd = (me->seen & ~OFFERS) ^ (SENT_ANY | SENT_SYN);
	odd |= odd_facts(peer, 0);
	odd |= odd_time(j, at_ns);
	odd |= odd_without_ts(me, peer, seg);
	odd |= odd_numbers(me, peer, seg);
	odd |= peer->rtt_ms | (seg->ack ^ (peer->snd_isn + 1));
	odd |= ODD_BEHIND((nxt - me->snd_isn) | beyond_zero(seg));
	if (odd || is_next_bare(me, seg))
		return false;
	HIDDEN(seg);
	ms = take_time(j, me, seg->len, at_ns);
	peer->rtt_ms = wire_round_trip(ms - peer->last_ms);
	me->right_edge = seg->ack;
	me->seen |= SENT_ACK;
	take_shown(me, seg, nxt, shift_of(me, peer));
	return true;
}

/* Facts of an end that acknowledges the peer's FIN, for the first time or not. */
static inline uint64_t acks_fin(const struct wire_end *me)
{
	_Static_assert(ACKED_FIN_AGAIN == 2 * ACKED_FIN, "once and again");
	return ALIVE_AFTER_FIN | (ACKED_FIN + (me->seen & ACKED_FIN));
}

/* The first ACK of the peer's FIN. */
static bool __attribute__((noinline))
take_ack_of_fin(struct wire_judge *j, enum side from, const struct seg *seg,
		int64_t at_ns)
{
	struct wire_end *me = &j->end[from], *peer = wire_peer(j, from);
	uint64_t odd, closes;
	uint32_t nxt = seg->seq + (uint32_t)seg->len;

	HIDDEN(me);
	HIDDEN(peer);
	closes = fin_of(me);
	odd = odd_closing(me, peer, seg) | odd_time(j, at_ns);
	odd |= odd_facts(me, CLOSES);
	odd |= (peer->fins ^ 1u) | (seg->ack ^ (peer->fin_seq + 1));
	odd |= all_bits(closes) & (seg->len | (seg->seq ^ (me->fin_seq + 1)));
	odd |= ODD_BEHIND((seg->ack - 1 - me->rcv_nxt) | (nxt - me->snd_isn));
	if (odd)
		return false;
	HIDDEN(seg);
	take_time(j, me, seg->len, at_ns);
	take_shown(me, seg, nxt, shift_of(me, peer));
	me->seen |= acks_fin(me) | closes * ACK_ROSE;
	peer->seen |= ACKED_SINCE_FIN;
	peer->peer_nxt = nxt;
	j->closed = closes & (peer->rcv_nxt == nxt);
	return true;
}

/* Behind all octets and inside the window; it acknowledges the peer's, if any. */
static bool __attribute__((noinline))
take_fin(struct wire_judge *j, enum side from, const struct seg *seg,
	 int64_t at_ns)
{
	struct wire_end *me = &j->end[from], *peer = wire_peer(j, from);
	uint64_t odd, second, newer;
	uint32_t fin_seq = seg->seq + (uint32_t)seg->len;

	HIDDEN(me);
	HIDDEN(peer);
	second = fin_of(peer);
	odd = odd_closing(me, peer, seg) | odd_time(j, at_ns);
	odd |= odd_facts(me, CLOSES & ~SENT_FIN) | (peer->fins ^ second);
	odd |= wire_came_otherwise(j, from, seg);
	odd |= all_bits(second) & (seg->ack ^ (peer->fin_seq + 1));
	odd |= ODD_BEHIND((seg->ack - me->rcv_nxt) |
			  (peer->right_edge - fin_seq) |
			  (fin_seq + 1 - me->snd_isn));
	if (odd)
		return false;
	HIDDEN(seg);
	newer = second & (seg->ack != me->rcv_nxt);
	wire_take_first_fin(j, from, me, peer, fin_seq,
			    take_time(j, me, seg->len, at_ns));
	me->fin_ts = seg->has_ts ? seg->tsval : 0;
	take_shown(me, seg, fin_seq + 1, shift_of(me, peer));
	me->seen |= all_bits(second) & (HAD_PEERS_FIN | acks_fin(me));
	peer->seen |= newer * ACKED_SINCE_FIN;
	peer->peer_nxt ^= (peer->peer_nxt ^ (fin_seq + 1)) & all_bits(newer);
	return true;
}

static bool __attribute__((noinline))
take_amid(struct wire_judge *j, enum side from, const struct seg *seg,
	  int64_t at_ns)
{
	return is_amid(j, seg) && wire_judge_calmly(j, from, seg, at_ns);
}

static bool take_ack(struct wire_judge *j, enum side from,
		     const struct seg *seg, int64_t at_ns)
{
	if (end_has(wire_peer(j, from), SENT_FIN))
		return take_ack_of_fin(j, from, seg, at_ns);
	if (end_has(&j->end[from], SENT_ACK))
		return take_amid(j, from, seg, at_ns);
	return take_ack_of_syn(j, from, seg, at_ns);
}

/* What may be padding goes the long way. */
bool __attribute__((noinline))
wire_judge_plainly(struct wire_judge *j, enum side from, const struct seg *seg,
		   int64_t at_ns)
{
	if (wire_is_few(seg->len) && wire_may_be_padded(&j->end[from], seg))
		return false;
	switch (seg->flags & CONTROL) {
	case FLAG_SYN:
		return take_syn(j, from, seg, at_ns);
	case FLAG_SYN | FLAG_ACK:
		return take_syn_ack(j, from, seg, at_ns);
	case FLAG_FIN | FLAG_ACK:
		return take_fin(j, from, seg, at_ns);
	case FLAG_ACK:
		return take_ack(j, from, seg, at_ns);
	default:
		return false;
	}
}

inline bool wire_judge_is_amid(const struct wire_judge *j,
			       const struct seg *seg)
{
	return is_amid(j, seg);
}

/* Few octets go the longer way: they may be padding. */
inline bool wire_judge_calmly(struct wire_judge *j, enum side from,
			      const struct seg *seg, int64_t at_ns)
{
	struct wire_end *me = &j->end[from], *peer = wire_peer(j, from);
	uint32_t ms;

	HIDDEN(me);
	HIDDEN(peer);
	if (wire_is_few(seg->len) || !is_calm(j, me, peer, seg, at_ns))
		return false;
	HIDDEN(seg);
	ms = take_time(j, me, seg->len, at_ns);
	if (is_next_bare(me, seg))
		wire_observe_bare(j, from, seg, ms);
	take_shown(me, seg, seg->seq + (uint32_t)seg->len, shift_of(me, peer));
	return true;
}

bool wire_ends_plainly(const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	uint64_t odd = seen_of_either(j) &
		       ~(OPENED | SENT_SYN_ACK | OFFERS | CLOSES | ISN_SHOWN);

	odd |= a->icmps | b->icmps | a->padded | b->padded;
	odd |= a->unheeded_late | b->unheeded_late;
	odd |= !j->closed | (j->loops >= LOOP_LEAST);
	odd |= ODD_BEHIND((b->snd_nxt - a->rcv_nxt) |
			  (a->snd_nxt - b->rcv_nxt));
	return !odd;
}
