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

#include <string.h>

#include "base/clock.h"
#include "judge/wire_observe.h"

/* SYN, SYN and ACK, ACK, FIN, FIN, ACK */
#define LEAST 6

/* Of struct end's counts. */
#define LANE 16

struct end {
	uint64_t sent;	   /* in each second: a lane of 16 bits */
	uint32_t since_ns; /* the SYN, when it last sent anything */
	uint32_t fin_ns;
	uint32_t snd_nxt;
	uint32_t rcv_nxt;
	uint32_t right_edge;
	unsigned int shift; /* of its windows */
	const struct decap_brief *syn;
	const struct decap_brief *last; /* with the timestamp that counts */
};

struct judging {
	struct end end[2];
	const struct wire_kept *next;
	const struct wire_kept *behind; /* the last one */
	uint32_t odd;
	uint8_t stamps; /* DECAP_HAS_TS, if both offered timestamps */
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

/*
 * What wire_observe_rate counts, for each of the four seconds that there can
 * be: ten segments of any length stay far below a lane's most.
 */
static __always_inline void take_rate(struct end *me, const struct wire_kept *k)
{
	uint64_t n = 1 + k->tcp.len / SPEC_LEAST_MSS;

	me->sent += n << (k->since_ns >> WIRE_SECOND_SHIFT) * LANE;
}

/* What each segment with ACK has to be, and shows. */
static __always_inline void take(struct judging *j, struct end *me,
				 const struct wire_kept *k, unsigned int shift)
{
	uint32_t edge = k->tcp.ack + ((uint32_t)k->tcp.win << shift);

	j->odd |= wire_is_few(k->tcp.len) | !k->tcp.win;
	take_rate(me, k);
	me->since_ns = k->since_ns;
	me->snd_nxt = k->tcp.seq + k->tcp.len;
	me->rcv_nxt = k->tcp.ack;
	me->right_edge = seq_max(edge, me->right_edge);
}

static __always_inline void begin_end(struct judging *j, enum side from,
				      const struct wire_kept *k)
{
	struct end *me = &j->end[from];

	j->odd |= k->tcp.len | !k->tcp.ttl;
	me->sent = 0;
	me->snd_nxt = k->tcp.seq + 1;
	me->right_edge = 0;
	me->shift = 0;
	me->syn = &k->tcp;
}

/* What both SYNs offer is used. */
static __always_inline void take_offers(struct judging *j)
{
	struct end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	uint8_t both = a->syn->kind & b->syn->kind;

	j->stamps = both & DECAP_HAS_TS;
	if (!(both & DECAP_HAS_SCALE))
		return;
	a->shift = a->syn->scale & 15;
	b->shift = b->syn->scale & 15;
}

/* The SYN and its answer. */
static __always_inline void take_syns(struct judging *j)
{
	struct end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	const struct wire_kept *syn = j->next++, *syn_ack = j->next++;

	j->odd |= odd_kind(syn, SIDE_A, FLAG_SYN);
	j->odd |= odd_kind(syn_ack, SIDE_B, FLAG_SYN | FLAG_ACK);
	j->odd |= syn_ack->tcp.ack ^ (syn->tcp.seq + 1);
	begin_end(j, SIDE_A, syn);
	begin_end(j, SIDE_B, syn_ack);
	take_offers(j);
	a->sent = 1;
	b->right_edge = syn_ack->tcp.ack;
	take(j, b, syn_ack, 0);
	b->snd_nxt++;
}

/* The next one of its end. */
static __always_inline void take_next(struct judging *j, enum side from,
				      const struct wire_kept *k)
{
	struct end *me = &j->end[from];

	j->odd |= k->tcp.seq ^ me->snd_nxt;
	j->odd |= (k->tcp.kind & DECAP_HAS_TS) ^ j->stamps;
	me->last = &k->tcp;
	take(j, me, k, me->shift);
}

/* Which may have octets. An ACK of 0 alone seems to be a bare segment. */
static __always_inline void take_ack_of_syn(struct judging *j)
{
	struct end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	const struct wire_kept *k = j->next++;

	j->odd |= odd_kind(k, SIDE_A, FLAG_ACK) | (k->tcp.ack ^ b->snd_nxt);
	j->odd |= !(k->tcp.len | k->tcp.ack);
	a->right_edge = k->tcp.ack;
	take_next(j, SIDE_A, k);
}

/* Up to the first FIN. A bare segment may be of a loop. */
static __always_inline void take_amid(struct judging *j)
{
	for (; j->next < j->behind && !(j->next->tcp.flags & FLAG_FIN);
	     j->next++) {
		const struct wire_kept *k = j->next;
		enum side from = wire_kept_from(k);
		const struct end *me = &j->end[from];
		const struct end *peer = &j->end[SIDE_B] - from;

		j->odd |= odd_kind(k, from, FLAG_ACK);
		j->odd |= ((k->tcp.ack - me->rcv_nxt) |
			   (peer->snd_nxt - k->tcp.ack)) >>
			  31;
		j->odd |= !(k->tcp.len | (k->tcp.ack ^ me->rcv_nxt));
		take_next(j, from, k);
	}
}

/* Behind all octets and inside the window; it acknowledges all of the peer's. */
static __always_inline void take_fin(struct judging *j, enum side from)
{
	struct end *me = &j->end[from];
	const struct end *peer = &j->end[SIDE_B] - from;
	const struct wire_kept *k = j->next++;
	uint32_t fin_seq = k->tcp.seq + k->tcp.len;

	j->odd |= odd_kind(k, from, FLAG_FIN | FLAG_ACK);
	j->odd |= k->tcp.ack ^ peer->snd_nxt;
	j->odd |= (peer->right_edge - fin_seq) >> 31;
	j->odd |= k->tcp.ttl && k->tcp.ttl != me->syn->ttl;
	take_next(j, from, k);
	me->snd_nxt = fin_seq + 1;
	me->fin_ns = k->since_ns;
}

static __always_inline void take_ack_of_fin(struct judging *j, enum side from)
{
	const struct end *peer = &j->end[SIDE_B] - from;
	const struct wire_kept *k = j->next++;

	j->odd |= odd_kind(k, from, FLAG_ACK) | (k->tcp.ack ^ peer->snd_nxt);
	take_next(j, from, k);
}

/* The one that closes second may acknowledge before it does, octets too. */
static __always_inline void take_close(struct judging *j,
				       struct wire_whole *whole)
{
	enum side first = wire_kept_from(j->next);

	whole->first = (uint8_t)first;
	whole->fin_ts = j->next->tcp.tsval;
	take_fin(j, first);
	whole->acked_between = !(j->next->tcp.flags & FLAG_FIN);
	if (whole->acked_between)
		take_ack_of_fin(j, side_other(first));
	if (j->behind - j->next != 2) {
		j->odd = 1;
		return;
	}
	whole->fin_len = j->next->tcp.len;
	take_fin(j, side_other(first));
	j->odd |= j->next->tcp.len;
	take_ack_of_fin(j, first);
}

/* A timestamp is that of the SYN, if later ones have none. */
static __always_inline void write_end(struct wire_whole_end *e,
				      const struct end *of, uint8_t stamps)
{
	const struct decap_brief *syn = of->syn;
	uint32_t second = of->since_ns >> WIRE_SECOND_SHIFT;
	uint64_t before = second ? of->sent >> (second - 1) * LANE : 0;

	e->snd_isn = syn->seq;
	e->fin_seq = of->snd_nxt - 1;
	e->right_edge = of->right_edge;
	e->tsval = (stamps ? of->last : syn)->tsval;
	e->last_ms = (uint16_t)ms_of(of->since_ns);
	e->fin_ms = (uint16_t)ms_of(of->fin_ns);
	e->sent = (uint16_t)(of->sent >> second * LANE);
	e->sent_before = (uint16_t)before;
	e->second = second & 3;
	e->scale = syn->scale & 15;
	e->offered_ts = syn->kind & DECAP_HAS_TS;
	e->offered_scale = syn->kind & DECAP_HAS_SCALE;
	e->ttl = syn->ttl;
}

static __always_inline void write(struct wire_whole *whole,
				  const struct judging *j,
				  const struct wire_kept *kept,
				  int64_t start_ns)
{
	uint32_t there_ms = ms_of(kept[1].since_ns);
	uint32_t back_ms = ms_of(kept[2].since_ns) - there_ms;

	whole->start_ns = start_ns;
	whole->since_ns = j->behind[-1].since_ns;
	write_end(&whole->end[SIDE_A], &j->end[SIDE_A], j->stamps);
	write_end(&whole->end[SIDE_B], &j->end[SIDE_B], j->stamps);
	whole->end[SIDE_A].rtt_ms = wire_round_trip(there_ms);
	whole->end[SIDE_B].rtt_ms = wire_round_trip(back_ms);
}

bool wire_whole_judge(struct wire_whole *whole, const struct wire_kept *kept,
		      size_t n, int64_t start_ns)
{
	struct judging judging, *j = &judging;

	if (n < LEAST)
		return false;
	j->next = kept;
	j->behind = kept + n;
	j->odd = 0;
	take_syns(j);
	take_ack_of_syn(j);
	take_amid(j);
	if (j->behind - j->next < 3)
		return false;
	take_close(j, whole);
	if (j->odd)
		return false;
	write(whole, j, kept, start_ns);
	return true;
}

static inline void note_sign(const struct wire_whole *whole, enum side side,
			     uint32_t fin_ts, struct wire_signs *signs)
{
	const struct wire_whole_end *e = &whole->end[side];

	signs->isn[side] = e->snd_isn;
	signs->sent[side] = wire_whole_octets(whole, side);
	signs->fin_ts[side] = fin_ts;
	signs->fin[side] = true;
	signs->rst[side] = false;
	signs->fins[side] = 1;
	signs->fin_ms[side] = e->fin_ms;
	signs->rst_ms[side] = 0;
}

/* The second FIN is the last segment of its end. */
static inline uint32_t second_fin_ts(const struct wire_whole *whole)
{
	const struct wire_whole_end *a = &whole->end[SIDE_A];
	const struct wire_whole_end *b = &whole->end[SIDE_B];

	if (!(a->offered_ts & b->offered_ts))
		return 0;
	return whole->first == SIDE_A ? b->tsval : a->tsval;
}

void wire_whole_summarise(const struct wire_whole *whole,
			  struct wire_summary *s)
{
	enum side first = (enum side)whole->first, second = side_other(first);
	uint32_t half_closed_ms =
		whole->end[second].fin_ms - whole->end[first].fin_ms;

	s->ending = ENDING_NORMAL;
	s->closed_first = first == SIDE_A ? FIRST_A : FIRST_B;
	s->state[first] = TCP_STATE_TIME_WAIT;
	s->state[second] = TCP_STATE_CLOSED;
	s->aborted_in = TCP_STATE_NONE;
	s->reset_by = FIRST_NONE;
	s->opened_outside = false;
	s->half_closed_ns = half_closed_ms * NS_PER_MS;
	s->unanswered_fins = 0;
	s->signs.syns = true;
	s->signs.taken = true;
	note_sign(whole, first, whole->fin_ts, &s->signs);
	note_sign(whole, second, second_fin_ts(whole), &s->signs);
}

/* What each end has shown, and none but the one that closed that way. */
#define SEEN_OF_ALL \
	(OPENED | SENT_FIN | ACKED_SINCE_FIN | ALIVE_AFTER_FIN | ACKED_FIN)
#define SEEN_OF_FIRST  ACK_ROSE
#define SEEN_OF_SECOND HAD_PEERS_FIN

static void unpack_end(const struct wire_whole_end *e, struct wire_end *me)
{
	me->seen = SEEN_OF_ALL;
	me->seen |= e->offered_ts ? OFFERED_TS : 0;
	me->seen |= e->offered_scale ? OFFERED_SCALE : 0;
	me->second = e->second;
	me->sent = e->sent;
	me->sent_before = e->sent_before;
	me->snd_nxt = e->fin_seq + 1;
	me->right_edge = e->right_edge;
	me->tsval = e->tsval;
	me->last_ms = e->last_ms;
	me->rtt_ms = e->rtt_ms;
	me->scale = e->scale;
	me->fins = 1;
	me->snd_isn = e->snd_isn;
	me->fin_seq = e->fin_seq;
	me->fin_ms = e->fin_ms;
	me->fin_last_ms = e->fin_ms;
}

/* Each has acknowledged the other's FIN, the second one with its own. */
static void unpack_close(const struct wire_whole *whole, struct wire_end *first,
			 struct wire_end *second)
{
	first->seen |= SEEN_OF_FIRST;
	first->fin_ts = whole->fin_ts;
	first->rcv_nxt = second->snd_nxt;
	first->peer_nxt = second->snd_nxt;
	second->seen |= SEEN_OF_SECOND;
	second->fin_ts = second_fin_ts(whole);
	second->rcv_nxt = first->snd_nxt;
	second->peer_nxt = first->snd_nxt;
	if (!whole->acked_between)
		return;
	first->peer_nxt = second->fin_seq - whole->fin_len;
	second->seen |= ACKED_FIN_AGAIN;
}

void wire_whole_unpack(const struct wire_whole *whole, struct wire_judge *j)
{
	enum side first = (enum side)whole->first;

	memset(j, 0, sizeof(*j));
	j->start_ns = whole->start_ns;
	j->last_ns = wire_whole_last_ns(whole);
	j->any = true;
	j->closed = true;
	j->order = (uint8_t)order_first(first);
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		unpack_end(&whole->end[side], &j->end[side]);
		j->ttl[side] = whole->end[side].ttl;
	}
	j->end[SIDE_B].seen |= SENT_SYN_ACK;
	unpack_close(whole, &j->end[first], &j->end[side_other(first)]);
}
