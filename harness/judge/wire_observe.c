/*
 * What segments show of the end that sent them: its numbers, its window, its
 * SYN; and whether a SYN begins another connection on the same addresses and
 * ports. Knows no rule.
 */
#include "base/clock.h"
#include "judge/spec.h"
#include "judge/wire_own.h"

#define RTT_NONE UINT16_MAX

/* Farther off it belongs to another connection, or is made up. */
#define FAR (UINT32_C(1) << 30)

/* A little more than a second. */
#define TICK_SHIFT 30

/*
 * A large segment may have been many small ones on the wire, each of which
 * could be answered. Masks, not branches: no branch predictor could
 * foretell when a second is over.
 */
void wire_observe_rate(struct wire_end *me, const struct seg *seg,
		       uint64_t since_ns)
{
	uint16_t tick = (uint16_t)(since_ns >> TICK_SHIFT);
	uint16_t age = (uint16_t)(tick - me->tick);
	uint16_t same = (uint16_t) - (age == 0), next = (uint16_t) - (age == 1);
	size_t now = same & me->sent_now;

	me->sent_before = (same & me->sent_before) | (next & me->sent_now);
	me->rsts_now &= same;
	me->tick = tick;
	if (seg->flags & FLAG_RST)
		me->rsts_now += me->rsts_now < UINT16_MAX;
	else
		now += 1 + seg->len / SPEC_LEAST_MSS;
	me->sent_now = (uint16_t)(now < UINT16_MAX ? now : UINT16_MAX);
}

void wire_observe_time(struct wire_judge *j, struct wire_end *me, uint32_t ms,
		       int64_t at_ns)
{
	j->last_ns = at_ns > j->last_ns ? at_ns : j->last_ns;
	me->last_ms = ms > me->last_ms ? ms : me->last_ms;
}

/* SND.NXT never goes back. */
static void advance(struct wire_end *me, uint32_t nxt)
{
	bool far;

	me->snd_nxt = seq_max(nxt, me->snd_nxt);
	far = both_of(end_has(me, SENT_SYN), (me->snd_nxt - me->snd_isn) >> 31);
	me->seen |= far ? SENT_2GB : 0;
}

static void take_window(const struct wire_judge *j, struct wire_end *me,
			const struct seg *seg)
{
	bool syn = seg->flags & FLAG_SYN;
	uint32_t wnd = (uint32_t)seg->win << (!syn * scale_of(j, me));

	me->right_edge = seq_max(seg->ack + wnd, me->right_edge);
	me->seen = (me->seen & ~WINDOW_ZERO) | (seg->win ? 0 : WINDOW_ZERO);
}

void wire_observe_calm(const struct wire_judge *j, struct wire_end *me,
		       const struct seg *seg)
{
	advance(me, seg->seq + (uint32_t)seg->len + !!(seg->flags & FLAG_FIN));
	me->rcv_nxt = seg->ack;
	me->tsval = seg->has_ts ? seg->tsval : me->tsval;
	take_window(j, me, seg);
}

/*
 * Only octets, SYN and FIN prove what was sent: an empty segment may have the
 * number behind a FIN that was not seen.
 */
static void take_octets(struct wire_end *me, const struct wire_context *c)
{
	uint32_t seq = c->seg->seq;
	bool empty = c->end == seq, behind;

	if (!end_has(me, SENT_ANY)) {
		me->snd_nxt = empty ? c->end - 1 : c->end;
		me->seen |= SENT_ANY;
		return;
	}
	me->seen |= seq_after(seq, me->snd_nxt) ? OCTETS_UNSEEN : 0;
	behind = both_of(end_has(me, SENT_FIN),
			 seq_after(c->end, me->fin_seq + 1));
	if (!empty && !behind)
		advance(me, c->end);
}

/* The first acknowledgment of the peer's SYN tells the round trip. */
static void take_round_trip(struct wire_end *peer, uint32_t ack, uint32_t ms)
{
	if (!end_has(peer, SENT_SYN) || peer->rtt_ms ||
	    ack != peer->snd_isn + 1)
		return;
	if (ms - peer->last_ms < RTT_NONE - 1)
		peer->rtt_ms = (uint16_t)(ms - peer->last_ms + 1);
	else
		peer->rtt_ms = RTT_NONE;
}

void wire_observe_first_ack(struct wire_end *me, struct wire_end *peer,
			    uint32_t ack, uint32_t ms)
{
	me->rcv_nxt = ack;
	me->seen |= SENT_ACK;
	me->right_edge = ack;
	take_round_trip(peer, ack, ms);
}

/*
 * What the peer sends once its FIN is acknowledged it may number from behind
 * the FIN: what was sent up to now is remembered, unless for its RST.
 */
static void take_ack_of_fin(const struct wire_end *me, struct wire_end *peer,
			    uint32_t ack, bool newer)
{
	if (newer && !end_has(peer, SENT_RST) && seq_after(ack, peer->fin_seq))
		peer->peer_nxt = me->snd_nxt;
}

/* It acknowledges what only segments that were not captured can have told. */
static bool acks_unseen_end(const struct wire_end *me,
			    const struct wire_end *peer, uint32_t ack)
{
	if (end_has(peer, SENT_ANY) || end_has(peer, SENT_RST))
		return false;
	return end_has(me, SENT_ACK) ? seq_after(ack, me->rcv_nxt)
				     : end_has(me, SENT_SYN);
}

static void take_ack(struct wire_end *me, struct wire_end *peer,
		     const struct wire_context *c)
{
	uint32_t ack = c->seg->ack;
	bool first = !end_has(me, SENT_ACK), ahead;

	ahead = both_of(end_has(peer, SENT_ANY), seq_after(ack, peer->snd_nxt));
	me->seen |= ahead || acks_unseen_end(me, peer, ack) ? ACKED_UNSEEN : 0;
	if (end_has(peer, SENT_FIN)) {
		if (seq_after(ack, peer->fin_seq + 1))
			return;
		take_ack_of_fin(me, peer, ack,
				first || seq_after(ack, me->rcv_nxt));
	}
	if (first)
		wire_observe_first_ack(me, peer, ack, c->ms);
	else
		me->rcv_nxt = seq_max(ack, me->rcv_nxt);
}

/* Adds the segment's numbers to what is known of its sender. */
static void take_numbers(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	const struct seg *seg = c->seg;

	take_octets(me, c);
	me->tsval = seg->has_ts ? seg->tsval : me->tsval;
	if (!(seg->flags & FLAG_ACK))
		return;
	take_ack(me, &j->end[side_other(c->from)], c);
	take_window(j, me, seg);
}

static bool is_far(uint32_t seq, uint32_t nxt)
{
	return seq - nxt + (FAR - 1) > 2 * (FAR - 1);
}

/* Far from what the end has sent, or before its SYN. */
static bool is_stray(const struct wire_end *e, uint32_t seq)
{
	bool far = both_of(end_has(e, SENT_ANY), is_far(seq, e->snd_nxt));

	return far || before_syn(e, seq);
}

/* No farther off than could have been lost without a trace. */
static bool is_near(const struct wire_end *e, uint32_t seq)
{
	return end_has(e, SENT_ANY) &&
	       seq - e->snd_nxt + BEHIND_FIN <= 2 * BEHIND_FIN;
}

static bool is_known(const struct wire_context *c)
{
	return !is_stray(c->me, c->seg->seq) &&
	       !(c->seg->flags & FLAG_ACK && is_stray(c->peer, c->seg->ack));
}

/*
 * A plausible ACK with an impossible SEQ means that more than 1 GB was not
 * captured: an attacker guesses SEQ, which is what the receiver expects, more
 * easily than ACK.
 */
static bool has_jumped(const struct wire_context *c)
{
	return !end_has(c->me, SENT_FIN) && is_stray(c->me, c->seg->seq) &&
	       c->seg->flags & FLAG_ACK && is_near(c->peer, c->seg->ack);
}

/* They were data after all: the peer has acknowledged them. */
static void take_for_data(struct wire_end *e, uint32_t nxt)
{
	e->seen |= SMALL_IS_DATA;
	e->padded = 0;
	e->snd_nxt = nxt;
	if (end_has(e, SENT_FIN))
		e->fin_seq = nxt - 1;
}

/* Behind all that was sent, but for what was taken for padding. */
static bool is_just_behind(const struct wire_end *e, uint32_t nxt)
{
	return e->padded && end_has(e, SENT_ANY) &&
	       nxt - e->snd_nxt - 1 < WIRE_PADDING_MOST;
}

static void settle_padding(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	struct wire_end *peer = &j->end[side_other(c->from)];

	if (!(me->padded | peer->padded))
		return;
	if (c->seg->flags & FLAG_ACK && is_just_behind(peer, c->seg->ack))
		take_for_data(peer, c->seg->ack);
	if (!end_has(me, SENT_FIN) && is_just_behind(me, c->seg->seq))
		take_for_data(me, c->seg->seq);
}

bool wire_observe_numbers(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	settle_padding(j, c);
	if (is_known(c))
		return true;
	if (!has_jumped(c)) {
		me->seen |= ACKED_UNSEEN;
		return false;
	}
	me->snd_nxt = c->seg->seq;
	me->seen |= OCTETS_UNSEEN | SENT_2GB;
	return true;
}

void wire_observe_segment(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	uint8_t flags = c->seg->flags;

	if (seen_of_either(j) & (SENT_RST | RST_ALONE | RST_UNDECIDED))
		wire_observe_after_rst(j, c);
	if (!(flags & FLAG_ACK))
		return;
	if (me->seen & SENT_FIN && c->seg->len && !(flags & FLAG_FIN))
		me->seen |= DATA_AFTER_FIN;
	if (me->seen & SENT_FIN && seq_after(c->seg->ack, me->rcv_nxt))
		me->seen |= ACK_ROSE;
	if (flags & FLAG_FIN)
		wire_observe_fin(j, c);
	if (c->peer->seen & SENT_FIN)
		wire_observe_after_peers_fin(j, c);
	take_numbers(j, c);
}

/* A SYN sent again may offer less: then less is agreed on. */
static void take_options(struct wire_end *me, const struct seg *seg, bool again)
{
	uint64_t offers = (seg->has_ts ? OFFERED_TS : 0) |
			  (seg->has_scale ? OFFERED_SCALE : 0);

	if (seg->has_scale)
		me->scale = seg->scale & 15;
	if (again)
		me->seen &= offers | ~(OFFERED_TS | OFFERED_SCALE);
	else
		me->seen |= offers;
}

void wire_observe_opening(struct wire_end *me, const struct seg *seg)
{
	me->snd_isn = seg->seq;
	me->snd_nxt = seg->seq + 1;
	me->tsval = seg->has_ts ? seg->tsval : me->tsval;
	me->seen |= SENT_SYN | SENT_ANY;
	take_options(me, seg, false);
}

/* An RST before the SYN was for an older connection. */
static void forget_reset(struct wire_judge *j, enum side from)
{
	struct wire_end *me = &j->end[from];

	if (!end_has(me, SENT_RST))
		return;
	me->seen &= ~SENT_RST;
	j->order &= (uint8_t)~ORDER_REFUSED;
	j->order &=
		(uint8_t)(from == SIDE_A ? ~(ORDER_A_RESET | ORDER_A_FIRST)
					 : ~(ORDER_B_RESET | ORDER_B_FIRST));
}

/* Earlier ACKs may belong to the connection before. */
static void begin_end(struct wire_end *me, const struct wire_context *c)
{
	me->snd_nxt = c->end;
	if (end_has(c->peer, SENT_SYN) &&
	    (before_syn(c->peer, me->rcv_nxt - 1) ||
	     seq_after(me->rcv_nxt, c->peer->snd_nxt)))
		me->seen &= ~SENT_ACK;
}

/*
 * A FIN before its SYN was no FIN of this end, and the peer's answer to it no
 * RST of the connection.
 */
static void forget_fin(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (!end_has(me, SENT_FIN) || end_has(me, SENT_SYN) ||
	    me->fin_seq - c->seg->seq <= BEHIND_FIN)
		return;
	me->seen &= ~(SENT_FIN | HAD_PEERS_FIN);
	j->order = 0;
	j->end[side_other(c->from)].seen &= ~SENT_RST;
}

static void take_syn(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	bool again = end_has(me, SENT_SYN) && me->snd_isn == c->seg->seq;

	if (again)
		me->rtt_ms = RTT_NONE;
	else
		begin_end(me, c);
	forget_fin(j, c);
	me->snd_isn = c->seg->seq;
	me->seen &= ~SENT_2GB;
	me->seen |= SENT_SYN | SENT_ANY;
	forget_reset(j, c->from);
	take_options(me, c->seg, again);
	take_numbers(j, c);
}

static void take_syn_ack(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (wire_syn_ack_is_stray(c)) {
		me->seen |= ACKED_UNSEEN;
		return;
	}
	me->seen |= SENT_SYN_ACK;
	take_syn(j, c);
}

/* The capture saw the refusal before the SYN. */
static bool is_refused_before(const struct wire_end *me,
			      const struct wire_end *peer, uint32_t seq)
{
	return !end_has(me, SENT_ANY) && !end_has(peer, SENT_ANY) &&
	       end_has(peer, SENT_RST) && peer->rcv_nxt == seq + 1;
}

void wire_observe_syn(struct wire_judge *j, const struct wire_context *c)
{
	const struct wire_end *me = c->me;
	uint32_t seq = c->seg->seq;
	bool first = !end_has(me, SENT_ANY);
	bool again = end_has(me, SENT_SYN) && me->snd_isn == seq;

	if (c->seg->flags & FLAG_ACK) {
		take_syn_ack(j, c);
		return;
	}
	if (is_refused_before(me, c->peer, seq))
		j->order |= ORDER_REFUSED;
	if (first || (again && !end_has(me, SENT_ACK)))
		take_syn(j, c);
	if (first || again)
		return;
	j->stray_isn = seq;
	j->order &= (uint8_t)~ORDER_STRAY_B;
	j->order |= ORDER_STRAY | (c->from == SIDE_B ? ORDER_STRAY_B : 0);
}

/* All that the peer has sent so far was another connection's. */
static bool is_left_over(const struct wire_end *me, const struct wire_end *peer,
			 uint32_t seq)
{
	bool answer = end_has(peer, SENT_ACK) && peer->rcv_nxt == seq + 1;

	return !end_has(me, SENT_ANY) && end_has(peer, SENT_ANY) &&
	       !end_has(peer, SENT_SYN) && !answer;
}

static bool is_reopened_by_syn(const struct wire_judge *j, enum side from,
			       const struct seg *seg)
{
	const struct wire_end *me = &j->end[from];
	const struct wire_end *peer = &j->end[side_other(from)];

	if ((end_has(me, SENT_SYN) && me->snd_isn == seg->seq) ||
	    is_refused_before(me, peer, seg->seq))
		return false;
	if (both_closed(j) || seen_of_either(j) & SENT_RST ||
	    seen_of_both(j) & SENT_FIN || is_left_over(me, peer, seg->seq))
		return true;
	/* Opened in vain before, and now with another number. */
	return end_has(me, SENT_SYN) && !end_has(me, SENT_ACK);
}

/* What is over is followed by what only a SYN that was not seen explains. */
static bool is_reopened_unseen(const struct wire_judge *j,
			       const struct wire_end *me,
			       const struct wire_end *peer,
			       const struct seg *seg)
{
	return (both_closed(j) || seen_of_either(j) & SENT_RST) &&
	       end_has(me, SENT_SYN) && end_has(peer, SENT_SYN | SENT_ACK) &&
	       seq_after(seg->seq, me->snd_nxt) &&
	       seq_after(seg->ack, peer->snd_nxt);
}

/* It accepts a SYN amid the connection: all before is another one's. */
static bool is_reopened_by_answer(const struct wire_judge *j, enum side from,
				  const struct seg *seg)
{
	const struct wire_end *peer = &j->end[side_other(from)];
	enum side stray = j->order & ORDER_STRAY_B ? SIDE_B : SIDE_A;

	if (is_reopened_unseen(j, &j->end[from], peer, seg))
		return true;
	return j->order & ORDER_STRAY && stray != from &&
	       seg->ack == j->stray_isn + 1 &&
	       !(end_has(peer, SENT_SYN) && peer->snd_isn == j->stray_isn);
}

bool wire_judge_is_reopened(const struct wire_judge *j, enum side from,
			    const struct seg *seg)
{
	switch (seg->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) {
	case FLAG_SYN:
		return j->any && is_reopened_by_syn(j, from, seg);
	case FLAG_SYN | FLAG_ACK:
		return j->any && is_reopened_by_answer(j, from, seg);
	default:
		return false;
	}
}

/* RFC 6191 section 2, RFC 9293 MAY-2: newer by its number or its timestamp. */
static bool is_not_newer(const struct wire_judge *old, enum side from,
			 const struct seg *seg)
{
	const struct wire_end *me = &old->end[from];

	if (!both_syns(old) || seq_after(seg->seq + 1, me->snd_nxt))
		return false;
	if (!seg->has_ts)
		return true;
	if (!both_offered_ts(old))
		return false; /* newly enabled: accepted regardless */
	return !seq_after(seg->tsval, me->tsval);
}

/* The SYN it answers was the old connection's to judge. */
static void begin_answered(struct wire_end *peer, const struct seg *seg)
{
	peer->snd_isn = seg->ack - 1;
	peer->snd_nxt = seg->ack;
	peer->seen = SENT_SYN | SENT_ANY | OCTETS_UNSEEN;
	peer->rtt_ms = RTT_NONE;
}

void wire_judge_reopen(struct wire_judge *fresh, const struct wire_judge *old,
		       enum side from, const struct seg *seg, uint64_t frame,
		       int64_t at_ns, const struct judge_sink *sink)
{
	bool answer = seg->flags & FLAG_ACK;
	bool waiting =
		wire_state(old, side_other(from)) == TCP_STATE_TIME_WAIT &&
		!(seen_of_either(old) & SENT_RST) &&
		!end_has(&old->end[from], RST_AFTER_BOTH_FINS) &&
		(uint64_t)at_ns - (uint64_t)old->last_ns <
			(uint64_t)SPEC_TIME_WAIT_LEAST_NS;

	if (answer)
		begin_answered(&fresh->end[side_other(from)], seg);
	wire_judge_segment(fresh, from, seg, frame, at_ns, sink);
	if (!waiting || answer)
		return;
	fresh->end[from].seen |= SYN_WAITED_FOR;
	if (!is_not_newer(old, from, seg))
		return;
	fresh->end[from].seen |= SYN_NOT_NEWER | SYN_OLDER;
}
