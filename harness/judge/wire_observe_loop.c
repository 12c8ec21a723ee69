/*
 * What goes on although it should not: an end that an exact RST did not end,
 * one that should be CLOSED, and segments that go round between both ends
 * without end. Knows no rule.
 */
#include "judge/predicate.h"
#include "judge/wire_own.h"

/* Whether an RST is exact its receiver alone knows: see is_unheeded. */
void wire_observe_exact(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	const struct wire_end *peer = c->peer;
	bool una = end_has(peer, SENT_ACK) && c->seg->seq == peer->rcv_nxt;
	bool nxt = end_has(me, SENT_ANY) && c->seg->seq == me->snd_nxt;

	if (!j->exact_ms && (una || nxt))
		j->exact_ms = c->ms ? c->ms : 1;
	me->seen &= ~(RST_AT_UNA | RST_AT_NXT);
	me->seen |= RST_UNANSWERED | (una ? RST_AT_UNA : 0) |
		    (nxt ? RST_AT_NXT : 0);
}

/*
 * Its acknowledgment is the number of the RST that was seen before: the RST
 * was exact, if it has come.
 */
static bool is_unheeded(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;
	uint32_t ack = c->seg->ack;

	return (end_has(peer, RST_AT_UNA) && ack == me->rcv_nxt) ||
	       (end_has(peer, RST_AT_NXT) && ack == peer->snd_nxt);
}

static bool is_made_of_rsts(const struct wire_judge *j)
{
	return (j->loop_has & (LOOP_RST | LOOP_AGAIN)) == LOOP_RST;
}

/*
 * ACKs that were on their way answer what the peer has sent lately, or what
 * is missing of it: there are no more of them than segments of that.
 */
static bool answers_more(const struct wire_context *c)
{
	const struct wire_end *peer = c->peer;
	uint32_t lately = wire_sent_lately(c);
	uint32_t missing = 1 + peer->snd_nxt - c->seg->ack;

	return is_pure_ack(c->seg) && !end_has(peer, RST_OUTDATED) &&
	       is_made_of_rsts(c->j) &&
	       c->j->loops / 2u > (lately < missing ? lately : missing);
}

/* Long after the first such RST, or more than could be on their way. */
static bool is_late(const struct wire_context *c)
{
	return end_has(c->peer, RST_UNANSWERED) &&
	       (passed_ms(c->ms, c->j->exact_ms) >= ON_ITS_WAY_MS ||
		answers_more(c));
}

/* RFC 5961 has it answered with an ACK, which may still be under way. */
static void outdate_rst(struct wire_judge *j, struct wire_end *e)
{
	if (!end_has(e, RST_AT_UNA) || end_has(e, RST_AT_NXT))
		return;
	e->seen &= ~RST_AT_UNA;
	e->seen |= RST_OUTDATED;
	j->exact_ms = 0;
}

void wire_observe_unheeded(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];
	struct wire_end *peer = &j->end[side_other(c->from)];

	if (!end_has(peer, SENT_RST) || !(c->seg->flags & FLAG_ACK))
		return;
	if (end_has(me, SENT_ACK) && seq_after(c->seg->ack, me->rcv_nxt))
		outdate_rst(j, peer);
	if (!is_unheeded(c))
		return;
	me->unheeded += me->unheeded < UINT16_MAX;
	if (!is_late(c))
		return;
	me->unheeded_late = count_up(me->unheeded_late);
	peer->seen &= ~RST_UNANSWERED;
}

/*
 * Both have closed, and this one should be CLOSED: only its FIN and octets, if
 * their ACK was lost, may still come from it.
 */
void wire_observe_undead(struct wire_judge *j, const struct wire_context *c)
{
	struct wire_end *me = &j->end[c->from];

	if (is_pure_ack(c->seg) &&
	    passed_ms(c->ms, me->fin_last_ms) >= ON_ITS_WAY_MS &&
	    wire_state(j, c->from) == TCP_STATE_CLOSED)
		see_again(me, ACKED_CLOSED, ACKED_CLOSED_AGAIN);
}

/* How many segments both have sent in these seconds. */
static uint32_t sent_by_both(const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];

	return (uint32_t)a->sent + a->rsts + b->sent + b->rsts;
}

/* Nothing has come in between, unless a second has just begun. */
static bool is_next_of_loop(const struct wire_judge *j, uint32_t sent,
			    uint32_t ms)
{
	return j->loops && sent <= j->loop_mark + 1 &&
	       passed_ms(ms, j->loop_to_ms) < LOOP_SOON_MS;
}

static unsigned int kind_of(const struct wire_judge *j, const struct seg *seg)
{
	return (seg->flags & FLAG_FIN ? LOOP_FIN : 0) |
	       (seg->flags & FLAG_SYN ? LOOP_SYN : 0) |
	       (seg->flags & FLAG_RST ? LOOP_RST : LOOP_ACK) |
	       (seen_of_either(j) & ACKED_UNSEEN ? LOOP_DISAGREE : 0);
}

/* Changes when an end sends something new. */
static uint16_t sent_up_to(const struct wire_judge *j)
{
	uint32_t nxt = j->end[SIDE_A].snd_nxt + 3 * j->end[SIDE_B].snd_nxt;

	return (uint16_t)(nxt ^ nxt >> 16);
}

/* Soon after its last one, to which it answers nothing new of the other. */
static bool is_answer_again(const struct wire_judge *j, uint32_t sent,
			    uint32_t ms)
{
	return j->loops && sent == j->loop_mark + 2 &&
	       passed_ms(ms, j->loop_to_ms) < LOOP_AGAIN_MS &&
	       sent_up_to(j) == j->loop_nxt;
}

static void begin_loop(struct wire_judge *j, uint32_t ms)
{
	j->loops = 0;
	j->loop_has = 0;
	j->loop_ms = ms;
	j->loop_nxt = sent_up_to(j);
}

static void count_loop(struct wire_judge *j, unsigned int n, uint8_t by,
		       unsigned int kind, uint32_t ms)
{
	j->loops = (uint16_t)(j->loops + n < UINT16_MAX ? j->loops + n
							: UINT16_MAX);
	j->loop_to_ms = ms;
	j->loop_has = (uint8_t)((j->loop_has & ~LOOP_BY_B) | by | kind);
}

/*
 * A copy of the capture's own is no turn of the same end. A window of 0 is
 * asked for in turn as long as it lasts, but not all the time.
 */
void wire_observe_bare(struct wire_judge *j, enum side from,
		       const struct seg *seg, uint32_t ms)
{
	uint32_t sent = sent_by_both(j);
	uint8_t by = from == SIDE_B ? LOOP_BY_B : 0;
	bool same = (j->loop_has & LOOP_BY_B) == by;
	bool next = is_next_of_loop(j, sent, ms);
	bool again = same && is_answer_again(j, sent, ms);

	if (j->loop_has & LOOP_OVER ||
	    (next && !seg->win && !(seg->flags & FLAG_RST)))
		return;
	j->loop_mark = sent;
	if (next && same)
		return;
	if (!next && !again && is_long_loop(j)) {
		j->loop_has |= LOOP_OVER;
		return;
	}
	if (!next && !again)
		begin_loop(j, ms);
	count_loop(j, again ? 2 : 1, by,
		   kind_of(j, seg) | (again ? LOOP_AGAIN : 0), ms);
}
