/*
 * The shortest way, of a whole connection: it opens, is used and closes, and
 * each segment is in its place, as of nearly all short ones. What is written is
 * what wire_observe_plain.c writes of one segment after another, which is
 * tested with connections that are plain and nearly so. Knows no rule.
 *
 * Here too, whatever makes it none of these is gathered in one number, odd,
 * which is looked at when all is done.
 */
#include "judge/wire_whole.h"

#include "base/clock.h"
#include "judge/wire_observe.h"

/* SYN, SYN and ACK, ACK, FIN, FIN, ACK */
#define LEAST 6

struct whole {
	struct wire_past_end end[2]; /* last_ms is in nanoseconds until then */
	const struct wire_kept *next;
	const struct wire_kept *behind; /* the last one */
	uint32_t odd;
	uint8_t stamps; /* DECAP_HAS_TS, if both offered timestamps */
	uint8_t shift[2];
	uint8_t ttl[2];
};

static inline uint32_t ms_of(uint32_t ns)
{
	return ns / (uint32_t)NS_PER_MS;
}

/* It is of that kind, and of that end. */
static __always_inline uint32_t odd_kind(const struct wire_kept *k,
					 enum side from, uint8_t flags)
{
	return ((k->tcp.flags & CONTROL) ^ flags) |
	       (uint32_t)(wire_kept_from(k) ^ from);
}

/* What wire_observe_rate does, of an end that has sent but a few segments. */
static __always_inline void take_rate(struct wire_past_end *me,
				      const struct wire_kept *k)
{
	uint16_t second = (uint16_t)(k->since_ns >> WIRE_SECOND_SHIFT);

	if (second != me->second) {
		me->sent_before = second - me->second == 1 ? me->sent : 0;
		me->sent = 0;
		me->second = second;
	}
	me->sent = (uint16_t)(me->sent + 1 + k->tcp.len / SPEC_LEAST_MSS);
}

/* What each segment with ACK has to be, and shows. */
static __always_inline void take(struct whole *w, struct wire_past_end *me,
				 const struct wire_kept *k, unsigned int shift)
{
	uint32_t edge = k->tcp.ack + ((uint32_t)k->tcp.win << shift);

	w->odd |= wire_is_few(k->tcp.len) | !k->tcp.win;
	take_rate(me, k);
	me->last_ms = k->since_ns;
	me->snd_nxt = k->tcp.seq + k->tcp.len;
	me->rcv_nxt = k->tcp.ack;
	me->right_edge = seq_max(edge, me->right_edge);
}

static __always_inline void begin_end(struct whole *w, enum side from,
				      const struct wire_kept *k)
{
	struct wire_past_end *me = &w->end[from];

	w->odd |= k->tcp.len | !k->tcp.ttl;
	me->seen = OPENED;
	me->seen |= k->tcp.kind & DECAP_HAS_TS ? OFFERED_TS : 0;
	me->seen |= k->tcp.kind & DECAP_HAS_SCALE ? OFFERED_SCALE : 0;
	me->snd_isn = k->tcp.seq;
	me->snd_nxt = k->tcp.seq + 1;
	me->right_edge = 0;
	me->tsval = k->tcp.tsval;
	me->scale = k->tcp.scale & 15;
	me->second = 0;
	me->sent = 0;
	me->sent_before = 0;
	me->rsts = 0;
	w->ttl[from] = k->tcp.ttl;
}

/* The SYN and its answer. */
static __always_inline void take_syns(struct whole *w)
{
	struct wire_past_end *a = &w->end[SIDE_A], *b = &w->end[SIDE_B];
	const struct wire_kept *syn = w->next++, *syn_ack = w->next++;
	uint64_t both;

	w->odd |= odd_kind(syn, SIDE_A, FLAG_SYN);
	w->odd |= odd_kind(syn_ack, SIDE_B, FLAG_SYN | FLAG_ACK);
	w->odd |= syn_ack->tcp.ack ^ (syn->tcp.seq + 1);
	begin_end(w, SIDE_A, syn);
	begin_end(w, SIDE_B, syn_ack);
	both = a->seen & b->seen;
	w->stamps = both & OFFERED_TS ? DECAP_HAS_TS : 0;
	w->shift[SIDE_A] = both & OFFERED_SCALE ? a->scale : 0;
	w->shift[SIDE_B] = both & OFFERED_SCALE ? b->scale : 0;
	a->sent = 1;
	a->rtt_ms = wire_round_trip(ms_of(syn_ack->since_ns));
	b->right_edge = syn_ack->tcp.ack;
	b->seen |= SENT_SYN_ACK;
	take(w, b, syn_ack, 0);
	b->snd_nxt++;
}

/* The next one of its end. */
static __always_inline void take_next(struct whole *w, enum side from,
				      const struct wire_kept *k)
{
	struct wire_past_end *me = &w->end[from];

	w->odd |= k->tcp.seq ^ me->snd_nxt;
	w->odd |= (k->tcp.kind & DECAP_HAS_TS) ^ w->stamps;
	if (w->stamps)
		me->tsval = k->tcp.tsval;
	take(w, me, k, w->shift[from]);
}

/* Which may have octets. An ACK of 0 alone seems to be a bare segment. */
static __always_inline void take_ack_of_syn(struct whole *w)
{
	struct wire_past_end *a = &w->end[SIDE_A], *b = &w->end[SIDE_B];
	const struct wire_kept *k = w->next++;

	w->odd |= odd_kind(k, SIDE_A, FLAG_ACK) | (k->tcp.ack ^ b->snd_nxt);
	w->odd |= !(k->tcp.len | k->tcp.ack);
	b->rtt_ms = wire_round_trip(ms_of(k->since_ns) - ms_of(b->last_ms));
	a->right_edge = k->tcp.ack;
	take_next(w, SIDE_A, k);
}

/* Up to the first FIN. A bare segment may be of a loop. */
static __always_inline void take_amid(struct whole *w)
{
	for (; w->next < w->behind && !(w->next->tcp.flags & FLAG_FIN);
	     w->next++) {
		const struct wire_kept *k = w->next;
		enum side from = wire_kept_from(k);
		const struct wire_past_end *me = &w->end[from];
		const struct wire_past_end *peer = &w->end[SIDE_B] - from;

		w->odd |= odd_kind(k, from, FLAG_ACK);
		w->odd |= ((k->tcp.ack - me->rcv_nxt) |
			   (peer->snd_nxt - k->tcp.ack)) >>
			  31;
		w->odd |= !(k->tcp.len | (k->tcp.ack ^ me->rcv_nxt));
		take_next(w, from, k);
	}
}

/* Behind all octets and inside the window; it acknowledges all of the peer's. */
static __always_inline void take_fin(struct whole *w, enum side from)
{
	struct wire_past_end *me = &w->end[from];
	const struct wire_past_end *peer = &w->end[SIDE_B] - from;
	const struct wire_kept *k = w->next++;
	uint32_t fin_seq = k->tcp.seq + k->tcp.len;

	w->odd |= odd_kind(k, from, FLAG_FIN | FLAG_ACK);
	w->odd |= k->tcp.ack ^ peer->snd_nxt;
	w->odd |= (peer->right_edge - fin_seq) >> 31;
	w->odd |= k->tcp.ttl && k->tcp.ttl != w->ttl[from];
	take_next(w, from, k);
	me->seen |= SENT_FIN;
	me->snd_nxt = fin_seq + 1;
	me->fins = 1;
	me->fin_seq = fin_seq;
	me->fin_ts = k->tcp.tsval;
	me->fin_ms = ms_of(k->since_ns);
	me->fin_last_ms = me->fin_ms;
	me->peer_nxt = peer->snd_nxt;
}

static __always_inline void take_ack_of_fin(struct whole *w, enum side from)
{
	const struct wire_past_end *peer = &w->end[SIDE_B] - from;
	const struct wire_kept *k = w->next++;

	w->odd |= odd_kind(k, from, FLAG_ACK) | (k->tcp.ack ^ peer->snd_nxt);
	take_next(w, from, k);
}

/* The one that closes second may acknowledge before it does, octets too. */
static __always_inline void take_close(struct whole *w, enum side first)
{
	struct wire_past_end *me = &w->end[first];
	struct wire_past_end *peer = &w->end[SIDE_B] - first;
	uint64_t acks = ACKED_FIN;

	take_fin(w, first);
	if (!(w->next->tcp.flags & FLAG_FIN)) {
		take_ack_of_fin(w, side_other(first));
		me->peer_nxt = peer->snd_nxt;
		acks |= ACKED_FIN_AGAIN;
	}
	if (w->behind - w->next != 2) {
		w->odd = 1;
		return;
	}
	take_fin(w, side_other(first));
	if (!(acks & ACKED_FIN_AGAIN))
		me->peer_nxt = peer->snd_nxt;
	w->odd |= w->next->tcp.len;
	take_ack_of_fin(w, first);
	peer->peer_nxt = me->snd_nxt;
	me->seen |= ACKED_SINCE_FIN | ALIVE_AFTER_FIN | ACKED_FIN | ACK_ROSE;
	peer->seen |= ACKED_SINCE_FIN | ALIVE_AFTER_FIN | HAD_PEERS_FIN | acks;
}

static void write_end(struct wire_past *past, const struct whole *w,
		      enum side side)
{
	past->end[side] = w->end[side];
	past->end[side].last_ms = ms_of(w->end[side].last_ms);
	past->ttl[side] = w->ttl[side];
}

static void write(struct wire_past *past, const struct whole *w,
		  enum side first, int64_t start_ns)
{
	past->start_ns = start_ns;
	past->last_ns = start_ns + w->behind[-1].since_ns;
	past->any = true;
	past->closed = true;
	past->followed = false;
	past->order = (uint8_t)order_first(first);
	past->aborted_in = 0;
	past->loop_has = 0;
	past->loops = 0;
	past->loop_mark = 0;
	past->loop_ms = 0;
	past->loop_to_ms = 0;
	past->loop_nxt = 0;
	write_end(past, w, SIDE_A);
	write_end(past, w, SIDE_B);
}

bool wire_past_whole(struct wire_past *past, const struct wire_kept *kept,
		     size_t n, int64_t start_ns)
{
	struct whole whole, *w = &whole;
	enum side first;

	if (n < LEAST)
		return false;
	w->next = kept;
	w->behind = kept + n;
	w->odd = 0;
	take_syns(w);
	take_ack_of_syn(w);
	take_amid(w);
	if (w->behind - w->next < 3)
		return false;
	first = wire_kept_from(w->next);
	take_close(w, first);
	if (w->odd)
		return false;
	write(past, w, first, start_ns);
	return true;
}
