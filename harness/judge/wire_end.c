/*
 * How a connection ended, and the states its ends are in: inferred from what
 * they have shown, where an end that acknowledged a FIN has had it.
 */
#include <string.h>

#include "base/clock.h"
#include "judge/rfc9293.h"
#include "judge/wire_own.h"

/* A FIN sent once, unanswered for so long, is one to a dead peer. */
#define VANISHED_NS (3 * NS_PER_S)

static const char *const ending_names[ENDING_COUNT] = {
	[ENDING_OPEN] = "open",
	[ENDING_NORMAL] = "normal",
	[ENDING_SIMULTANEOUS] = "simultaneous",
	[ENDING_HALF_CLOSED] = "half-closed",
	[ENDING_CLOSING] = "closing",
	[ENDING_ABORTED] = "aborted",
	[ENDING_RESET_SUSPECTED] = "reset-suspected",
	[ENDING_VANISHED] = "vanished",
	[ENDING_REFUSED] = "refused",
	[ENDING_UNKNOWN] = "unknown",
};

static const char *const first_names[FIRST_COUNT] = {
	[FIRST_NONE] = "none",
	[FIRST_A] = "A",
	[FIRST_B] = "B",
	[FIRST_BOTH] = "both",
};

const char *ending_name(enum ending e)
{
	return (unsigned int)e < ENDING_COUNT ? ending_names[e] : "-";
}

const char *first_name(enum first f)
{
	return (unsigned int)f < FIRST_COUNT ? first_names[f] : "-";
}

/* The state before any FIN. */
static enum tcp_state opening_state(const struct wire_end *me,
				    const struct wire_end *peer)
{
	bool acked =
		end_has(peer, SENT_ACK) &&
		(!end_has(me, SENT_SYN) || !before_syn(me, peer->rcv_nxt - 1));

	if (!end_has(me, SENT_ANY))
		return TCP_STATE_NONE;
	if (!end_has(me, SENT_SYN) || end_has(me, SENT_ACK | SENT_FIN))
		return acked || !end_has(me, SENT_SYN_ACK)
			       ? TCP_STATE_ESTABLISHED
			       : TCP_STATE_SYN_RECEIVED;
	if (end_has(me, SENT_SYN_ACK))
		return acked ? TCP_STATE_ESTABLISHED : TCP_STATE_SYN_RECEIVED;
	return end_has(me, SENT_ACK) ? TCP_STATE_ESTABLISHED
				     : TCP_STATE_SYN_SENT;
}

/* The one state of the set; of several, the first in RFC 9293's order. */
static enum tcp_state state_of(uint32_t states)
{
	int s = TCP_STATE_NONE;

	while (s < TCP_STATE_COUNT && !(states & STATE_BIT(s)))
		s++;
	return s < TCP_STATE_COUNT ? (enum tcp_state)s : TCP_STATE_NONE;
}

/*
 * What an end has shown of its ending, as RFC 9293's events in their order:
 * whether it had the peer's FIN before it sent its own decides which way it
 * went.
 */
static uint32_t step_ending(uint32_t states, uint64_t seen, bool acked,
			    bool had)
{
	bool passive = had && (seen & HAD_PEERS_FIN || !(seen & SENT_FIN));

	if (passive)
		states = rfc9293_step(states, EVENT_FIN);
	if (seen & SENT_FIN)
		states = rfc9293_step(states, EVENT_CLOSE);
	if (had && !passive)
		states = rfc9293_step(states, EVENT_FIN);
	if (acked)
		states = rfc9293_step(states, EVENT_ACK_FIN);
	return states;
}

/* An end that acknowledged a FIN has had it. */
enum tcp_state wire_state(const struct wire_judge *j, enum side side)
{
	const struct wire_end *me = &j->end[side];
	const struct wire_end *peer = &j->end[side_other(side)];
	bool had = fin_acked(peer, me);

	if (!had && !end_has(me, SENT_FIN))
		return opening_state(me, peer);
	return state_of(step_ending(STATE_BIT(TCP_STATE_ESTABLISHED), me->seen,
				    fin_acked(me, peer), had));
}

static int64_t end_of(const struct wire_judge *j)
{
	return j->end_ns > j->last_ns ? j->end_ns : j->last_ns;
}

/* What the peer sent after the FIN may have been on its way then. */
static bool is_silent(const struct wire_end *me, const struct wire_end *peer)
{
	return !end_has(peer, ALIVE_AFTER_FIN) ||
	       (me->fin_last_ms - me->fin_ms >= ON_ITS_WAY_MS &&
		(uint64_t)peer->last_ms < (uint64_t)me->fin_ms + ON_ITS_WAY_MS);
}

/* The other end's answers are captured too, as far as it can be told. */
static bool is_seen(const struct wire_end *me, const struct wire_end *peer)
{
	return end_has(peer, SENT_ANY) && !end_has(me, ACKED_UNSEEN);
}

/* This end's FINs had no answer, for a while. */
static bool is_unanswered(const struct wire_judge *j, enum side side)
{
	const struct wire_end *me = &j->end[side];
	const struct wire_end *peer = &j->end[side_other(side)];
	uint64_t ns = (uint64_t)end_of(j) - (uint64_t)j->start_ns -
		      (uint64_t)me->fin_ms * (uint64_t)NS_PER_MS;

	return end_has(me, SENT_FIN) && !fin_acked(me, peer) &&
	       is_silent(me, peer) &&
	       (me->fins > 1 ||
		(is_seen(me, peer) && ns >= (uint64_t)VANISHED_NS));
}

static enum ending reset_ending(const struct wire_judge *j)
{
	enum side by = j->order & ORDER_A_RESET ? SIDE_A : SIDE_B;

	if (end_has(&j->end[by], SENT_AFTER_OWN_RST))
		return ENDING_RESET_SUSPECTED;
	return j->order & ORDER_REFUSED ? ENDING_REFUSED : ENDING_ABORTED;
}

static enum ending both_ending(unsigned int order)
{
	return order & ORDER_CROSSED ? ENDING_SIMULTANEOUS : ENDING_NORMAL;
}

static enum ending closed_ending(const struct wire_judge *j)
{
	bool a = end_has(&j->end[SIDE_A], SENT_FIN);
	bool b = end_has(&j->end[SIDE_B], SENT_FIN);

	if (both_closed(j))
		return both_ending(j->order);
	if (is_unanswered(j, SIDE_A) || is_unanswered(j, SIDE_B))
		return ENDING_VANISHED;
	return a && b ? ENDING_CLOSING : ENDING_HALF_CLOSED;
}

static enum ending find_ending(const struct wire_judge *j)
{
	uint64_t seen = seen_of_either(j);

	if (j->order & (ORDER_A_RESET | ORDER_B_RESET) && !both_closed(j))
		return reset_ending(j);
	if (seen & SENT_FIN)
		return closed_ending(j);
	if (seen & SENT_SYN || seen_of_both(j) & SENT_ANY)
		return ENDING_OPEN;
	return ENDING_UNKNOWN;
}

static enum first first_of(unsigned int order)
{
	if (order & ORDER_CROSSED)
		return FIRST_BOTH;
	if (order & ORDER_A_FIRST)
		return FIRST_A;
	return order & ORDER_B_FIRST ? FIRST_B : FIRST_NONE;
}

static int64_t half_closed(const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	uint32_t first, second;
	bool reset = j->order & (ORDER_A_RESET | ORDER_B_RESET);
	int64_t end_ns = reset ? j->last_ns : end_of(j);
	uint64_t ns = (uint64_t)end_ns - (uint64_t)j->start_ns;

	if (!((a->seen | b->seen) & SENT_FIN))
		return 0;
	if (end_has(a, SENT_FIN) && end_has(b, SENT_FIN)) {
		first = a->fin_ms < b->fin_ms ? a->fin_ms : b->fin_ms;
		second = a->fin_ms < b->fin_ms ? b->fin_ms : a->fin_ms;
		return (int64_t)(second - first) * NS_PER_MS;
	}
	first = end_has(a, SENT_FIN) ? a->fin_ms : b->fin_ms;
	ns -= (uint64_t)first * (uint64_t)NS_PER_MS;
	return ns < INT64_MAX ? (int64_t)ns : 0;
}

static unsigned int unanswered(const struct wire_judge *j)
{
	unsigned int n = 0;

	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (is_unanswered(j, (enum side)side))
			n += j->end[side].fins;
	return n;
}

void wire_judge_summarise(const struct wire_judge *j, struct wire_summary *s)
{
	bool closed;

	memset(s, 0, sizeof(*s));
	s->ending = find_ending(j);
	s->closed_first = first_of(j->order);
	s->opened_outside = j->any && !(seen_of_either(j) & SENT_SYN);
	s->half_closed_ns = half_closed(j);
	closed = s->ending == ENDING_ABORTED || s->ending == ENDING_REFUSED;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		s->state[side] = closed ? TCP_STATE_CLOSED
					: wire_state(j, (enum side)side);
	if (s->ending == ENDING_ABORTED)
		s->aborted_in = (enum tcp_state)j->aborted_in;
	if (s->ending == ENDING_VANISHED)
		s->unanswered_fins = unanswered(j);
}
