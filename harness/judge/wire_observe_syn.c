/*
 * What a SYN shows of the end that sent it, and whether it begins another
 * connection on the same addresses and ports. Knows no rule.
 */
#include "judge/spec.h"
#include "judge/wire_observe.h"

/* A SYN sent again may offer less: then less is agreed on. */
static void take_options(struct wire_end *me, const struct seg *seg, bool again)
{
	uint64_t offers = wire_offers(seg);

	if (seg->has_scale)
		me->scale = seg->scale & 15;
	if (again)
		me->seen &= offers | ~(OFFERED_TS | OFFERED_SCALE);
	else
		me->seen |= offers;
}

/* An RST before the SYN was for an older connection, and did not refuse. */
static void forget_reset(struct wire_judge *j, enum side from)
{
	struct wire_end *me = &j->end[from];
	struct wire_end *peer = &j->end[side_other(from)];

	if (!end_has(me, SENT_RST))
		return;
	me->seen &= ~SENT_RST;
	peer->seen &= ~SYN_UNHEEDING;
	peer->unheeded = 0;
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
		me->rtt_ms = WIRE_RTT_NONE;
	else
		begin_end(me, c);
	forget_fin(j, c);
	me->snd_isn = c->seg->seq;
	me->seen &= ~SENT_2GB;
	me->seen |= SENT_SYN | SENT_ANY;
	forget_reset(j, c->from);
	take_options(me, c->seg, again);
	if (!again)
		j->ttl[c->from] = c->seg->ttl;
	wire_observe_shown(j, c);
}

static void take_syn_ack(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from], *peer = wire_peer(j, c->from);

	if (wire_syn_ack_is_stray(c)) {
		me->seen |= ACKED_UNSEEN | SYN_AMID;
		return;
	}
	if (end_has(me, SENT_SYN) && me->snd_isn != c->seg->seq)
		me->seen |= SYN_AMID;
	me->seen |= SENT_SYN_ACK;
	take_syn(j, c);
	peer->seen &= ~ISN_SHOWN; /* this tells it for certain */
	wire_take_isn(peer, c->seg->ack - 1);
}

/* The capture saw the refusal before the SYN. */
static bool is_refused_before(const struct wire_end *me,
			      const struct wire_end *peer, uint32_t seq)
{
	return !end_has(me, SENT_ANY) && !end_has(peer, SENT_ANY) &&
	       end_has(peer, SENT_RST) && peer->rcv_nxt == seq + 1;
}

/* It is the number of the end's SYN, be that captured or not. */
static bool has_isn(const struct wire_end *me, uint32_t seq)
{
	return me->seen & (SENT_SYN | ISN_SHOWN) && me->snd_isn == seq;
}

/*
 * Segments that its sender sent behind it were captured before it: so they
 * say, or it is the more likely the less time there was.
 */
static bool is_overtaken(const struct wire_end *me, const struct seg *seg,
			 uint32_t ms)
{
	if (!end_has(me, SENT_ANY) || end_has(me, SENT_SYN))
		return false;
	return has_isn(me, seg->seq) || (!seg->len && ms < OVERTAKEN_MS &&
					 me->snd_nxt - seg->seq <= UINT16_MAX);
}

static void take_overtaken(struct wire_end *me, const struct seg *seg)
{
	me->snd_isn = seg->seq;
	me->snd_nxt = seq_max(me->snd_nxt, seg->seq + 1);
	me->seen |= SENT_SYN | (end_has(me, SENT_ACK) ? SYN_AMID : 0);
	me->rtt_ms = WIRE_RTT_NONE;
	take_options(me, seg, false);
}

/*
 * The SYN's acknowledgment and the other end's SYN come in two segments, and
 * nothing between them (RFC 9293 section 3.4). The number of the first is not
 * asked for in SYN-SENT: it may be any.
 */
static bool is_split_answer(const struct wire_end *me,
			    const struct wire_end *peer)
{
	return (me->seen & (SENT_ANY | SENT_ACK | SENT_SYN | SENT_FIN |
			    SENT_RST | SENT_LESS | OCTETS_UNSEEN)) ==
		       (SENT_ANY | SENT_ACK) &&
	       (peer->seen & (SENT_SYN | SENT_SYN_ACK | SENT_ACK | SENT_FIN |
			      SENT_RST)) == SENT_SYN &&
	       peer->snd_nxt == peer->snd_isn + 1 &&
	       me->rcv_nxt == peer->snd_nxt && me->snd_nxt == me->snd_isn;
}

/*
 * Since it was sent last an RST has refused it, and has come. Some stacks try
 * a few times more, half a second apart.
 */
static void note_unheeding(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (!(j->order & ORDER_REFUSED) || !end_has(c->peer, SENT_RST) ||
	    me->last_ms > c->peer->rst_ms ||
	    passed_ms(c->ms, c->peer->rst_ms) < OVERTAKEN_MS)
		return;
	me->seen |= SYN_UNHEEDING;
	me->unheeded += me->unheeded < UINT16_MAX;
}

void wire_observe_syn(struct wire_judge *j, const struct wire_context *c)
{
	const struct wire_end *me = c->me;
	uint32_t seq = c->seg->seq;
	bool split = is_split_answer(me, c->peer);
	bool first = !end_has(me, SENT_ANY) || split;
	bool again = end_has(me, SENT_SYN) && me->snd_isn == seq;
	bool in_vain = again && !end_has(me, SENT_ACK);

	if (c->seg->flags & FLAG_ACK) {
		take_syn_ack(j, c);
		return;
	}
	if (is_refused_before(me, c->peer, seq))
		j->order |= ORDER_REFUSED;
	if (!first && is_overtaken(me, c->seg, c->ms)) {
		j->ttl[c->from] = c->seg->ttl;
		take_overtaken(&j->end[c->from], c->seg);
		return;
	}
	if (in_vain)
		note_unheeding(j, c);
	j->end[c->from].seen |= split ? SYN_SPLIT : 0;
	if (first || in_vain)
		take_syn(j, c);
	else if (again)
		j->end[c->from].seen |= SYN_AMID;
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

	if (has_isn(me, seg->seq) || is_refused_before(me, peer, seg->seq))
		return false;
	if (both_closed(j) || seen_of_either(j) & SENT_RST ||
	    seen_of_both(j) & SENT_FIN || is_left_over(me, peer, seg->seq))
		return true;
	/* Opened in vain before, and now with another number. */
	return end_has(me, SENT_SYN) && !end_has(me, SENT_ACK);
}

/*
 * What is over is followed by what only a SYN that was not seen explains. Of
 * what both have closed, no number but the last one's is an old answer's.
 */
static bool is_reopened_unseen(const struct wire_judge *j,
			       const struct wire_end *me,
			       const struct wire_end *peer,
			       const struct seg *seg)
{
	bool other = end_has(me, SENT_SYN) && me->snd_isn != seg->seq &&
		     end_has(peer, SENT_SYN) && peer->snd_isn + 1 != seg->ack;

	if (both_closed(j) && other)
		return true;
	return (both_closed(j) || seen_of_either(j) & SENT_RST) &&
	       end_has(me, SENT_SYN) && end_has(peer, SENT_SYN | SENT_ACK) &&
	       seq_after(seg->seq, me->snd_nxt) &&
	       seq_after(seg->ack, peer->snd_nxt);
}

/*
 * The SYN that seemed to be the rest of a split answer is answered itself, by a
 * SYN that has not the number of the one before.
 */
static bool is_no_split(const struct wire_end *me, const struct wire_end *peer,
			const struct seg *seg)
{
	return end_has(peer, SYN_SPLIT) && seg->ack == peer->snd_isn + 1 &&
	       end_has(me, SENT_SYN) && !end_has(me, SENT_ACK) &&
	       me->snd_isn != seg->seq;
}

/* It accepts a SYN amid the connection: all before is another one's. */
static bool is_reopened_by_answer(const struct wire_judge *j, enum side from,
				  const struct seg *seg)
{
	const struct wire_end *peer = &j->end[side_other(from)];
	enum side stray = j->order & ORDER_STRAY_B ? SIDE_B : SIDE_A;

	if (is_no_split(&j->end[from], peer, seg))
		return true;
	if (!j->closed && !(j->order & ORDER_STRAY))
		return false;
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
	peer->seen |= SENT_SYN | SENT_ANY | OCTETS_UNSEEN;
	peer->rtt_ms = WIRE_RTT_NONE;
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
