/*
 * How a connection ended, and the states its ends are in: inferred from what
 * they have shown, where an end that acknowledged a FIN has had it.
 */
#include <string.h>

#include "base/clock.h"
#include "judge/judge_own.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

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

/* Has sent no FIN, and had none. */
static enum tcp_state opening_state(const struct judge_half *me,
				    const struct judge_half *peer)
{
	bool acked =
		half_has(peer, HALF_ACKS) &&
		(!half_has(me, HALF_SYN) || !before_syn(me, peer->acked - 1));

	if (!half_has(me, HALF_ANY))
		return TCP_STATE_NONE;
	if (!half_has(me, HALF_SYN) || half_has(me, HALF_ACKS | HALF_FIN))
		return acked || !half_has(me, HALF_ANSWERS)
			       ? TCP_STATE_ESTABLISHED
			       : TCP_STATE_SYN_RECEIVED;
	if (half_has(me, HALF_ANSWERS))
		return acked ? TCP_STATE_ESTABLISHED : TCP_STATE_SYN_RECEIVED;
	return half_has(me, HALF_ACKS) ? TCP_STATE_ESTABLISHED
				       : TCP_STATE_SYN_SENT;
}

enum tcp_state judge_closed_state(uint32_t seen, bool acked, bool had)
{
	if (!had)
		return acked ? TCP_STATE_FIN_WAIT_2 : TCP_STATE_FIN_WAIT_1;
	if (seen & HALF_PASSIVE)
		return acked ? TCP_STATE_CLOSED : TCP_STATE_LAST_ACK;
	return acked ? TCP_STATE_TIME_WAIT : TCP_STATE_CLOSING;
}

enum tcp_state judge_state(const struct judge *j, enum side side)
{
	const struct judge_half *me = &j->half[side];
	const struct judge_half *peer = &j->half[side_other(side)];
	bool had = fin_acked(peer, me);

	if (half_has(me, HALF_FIN))
		return judge_closed_state(me->seen, fin_acked(me, peer), had);
	if (had)
		return TCP_STATE_CLOSE_WAIT;
	return opening_state(me, peer);
}

static void end_side(struct judge *j, enum side side, int64_t at_ns,
		     const struct judge_ear *ear)
{
	struct scene s = { .j = j,
			   .from = side,
			   .me = &j->half[side],
			   .peer = &j->half[side_other(side)],
			   .at_ns = at_ns,
			   .ear = ear };
	uint64_t ms = 0;

	if (at_ns > j->start_ns)
		ms = ((uint64_t)at_ns - (uint64_t)j->start_ns) /
		     (uint64_t)NS_PER_MS;
	s.ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
	if (s.me->seen & HALF_RST_ODD)
		judge_odd_end(&s);
	judge_times_end(&s);
}

void judge_end(struct judge *j, int64_t at_ns, const struct judge_ear *ear)
{
	if (!j->any)
		return;
	j->end_ns = at_ns;
	end_side(j, SIDE_A, at_ns, ear);
	end_side(j, SIDE_B, at_ns, ear);
}

static int64_t end_of(const struct judge *j)
{
	return j->end_ns > j->last_ns ? j->end_ns : j->last_ns;
}

/* What the other one sent after the FIN can have been on its way then. */
#define ON_ITS_WAY_MS 1000

static bool is_silent(const struct judge_half *me,
		      const struct judge_half *peer)
{
	return !half_has(peer, HALF_LIFE) ||
	       (me->fin_last_ms - me->fin_ms >= ON_ITS_WAY_MS &&
		(uint64_t)peer->last_ms < (uint64_t)me->fin_ms + ON_ITS_WAY_MS);
}

/* The other end's answers are captured too, as far as it can be told. */
static bool is_seen(const struct judge_half *me, const struct judge_half *peer)
{
	return half_has(peer, HALF_ANY) && !half_has(me, HALF_AHEAD);
}

/* This end's FINs had no answer, for a while. */
static bool is_unanswered(const struct judge *j, enum side side)
{
	const struct judge_half *me = &j->half[side];
	const struct judge_half *peer = &j->half[side_other(side)];
	uint64_t ns = (uint64_t)end_of(j) - (uint64_t)j->start_ns -
		      (uint64_t)me->fin_ms * (uint64_t)NS_PER_MS;

	return half_has(me, HALF_FIN) && !fin_acked(me, peer) &&
	       is_silent(me, peer) &&
	       (me->fins > 1 ||
		(is_seen(me, peer) && ns >= (uint64_t)VANISHED_NS));
}

static enum ending reset_ending(const struct judge *j)
{
	enum side by = j->order & JUDGE_A_RESET ? SIDE_A : SIDE_B;

	if (half_has(&j->half[by], HALF_ON))
		return ENDING_RESET_SUSPECTED;
	return j->order & JUDGE_REFUSED ? ENDING_REFUSED : ENDING_ABORTED;
}

enum ending judge_both_ending(uint8_t order)
{
	return order & JUDGE_CROSSED ? ENDING_SIMULTANEOUS : ENDING_NORMAL;
}

static enum ending closed_ending(const struct judge *j)
{
	bool a = half_has(&j->half[SIDE_A], HALF_FIN);
	bool b = half_has(&j->half[SIDE_B], HALF_FIN);

	if (both_closed(j))
		return judge_both_ending(j->order);
	if (is_unanswered(j, SIDE_A) || is_unanswered(j, SIDE_B))
		return ENDING_VANISHED;
	return a && b ? ENDING_CLOSING : ENDING_HALF_CLOSED;
}

static enum ending find_ending(const struct judge *j)
{
	uint32_t seen = j->half[0].seen | j->half[1].seen;

	if (j->order & (JUDGE_A_RESET | JUDGE_B_RESET) && !both_closed(j))
		return reset_ending(j);
	if (seen & HALF_FIN)
		return closed_ending(j);
	if (seen & HALF_SYN || j->half[0].seen & j->half[1].seen & HALF_ANY)
		return ENDING_OPEN;
	return ENDING_UNKNOWN;
}

enum first judge_first(uint8_t order)
{
	if (order & JUDGE_CROSSED)
		return FIRST_BOTH;
	if (order & JUDGE_A_FIRST)
		return FIRST_A;
	return order & JUDGE_B_FIRST ? FIRST_B : FIRST_NONE;
}

static int64_t half_closed(const struct judge *j)
{
	const struct judge_half *a = &j->half[SIDE_A], *b = &j->half[SIDE_B];
	uint32_t first, second;
	bool reset = j->order & (JUDGE_A_RESET | JUDGE_B_RESET);
	int64_t end_ns = reset ? j->last_ns : end_of(j);
	uint64_t ns = (uint64_t)end_ns - (uint64_t)j->start_ns;

	if (!((a->seen | b->seen) & HALF_FIN))
		return 0;
	if (half_has(a, HALF_FIN) && half_has(b, HALF_FIN)) {
		first = a->fin_ms < b->fin_ms ? a->fin_ms : b->fin_ms;
		second = a->fin_ms < b->fin_ms ? b->fin_ms : a->fin_ms;
		return (int64_t)(second - first) * NS_PER_MS;
	}
	first = half_has(a, HALF_FIN) ? a->fin_ms : b->fin_ms;
	ns -= (uint64_t)first * (uint64_t)NS_PER_MS;
	return ns < INT64_MAX ? (int64_t)ns : 0;
}

static unsigned int unanswered(const struct judge *j)
{
	unsigned int n = 0;

	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (is_unanswered(j, (enum side)side))
			n += j->half[side].fins;
	return n;
}

void judge_summarise(const struct judge *j, struct judge_summary *s)
{
	bool closed;

	memset(s, 0, sizeof(*s));
	s->ending = find_ending(j);
	s->closed_first = judge_first(j->order);
	s->opened_outside =
		j->any && !((j->half[0].seen | j->half[1].seen) & HALF_SYN);
	s->half_closed_ns = half_closed(j);
	closed = s->ending == ENDING_ABORTED || s->ending == ENDING_REFUSED;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		s->state[side] = closed ? TCP_STATE_CLOSED
					: judge_state(j, (enum side)side);
	if (s->ending == ENDING_ABORTED)
		s->aborted_in = (enum tcp_state)j->aborted;
	if (s->ending == ENDING_VANISHED)
		s->unanswered_fins = unanswered(j);
}
