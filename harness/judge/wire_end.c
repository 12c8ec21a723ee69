/*
 * How a connection ended, and the states its ends are in: inferred from what
 * they have shown, where an end that acknowledged a FIN has had it.
 */
#include "base/clock.h"
#include "judge/rfc9293.h"
#include "judge/wire_own.h"
#include "judge/wire_past.h"

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
	[ENDING_UNANSWERED] = "unanswered",
	[ENDING_ONE_DIRECTION] = "one-direction",
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
	return states ? (enum tcp_state)__builtin_ctz(states) : TCP_STATE_NONE;
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
	/* The FIN was sent: the call waits in CLOSE-WAIT no longer. */
	if (seen & SENT_FIN)
		states = rfc9293_step(states, EVENT_CLOSE) &
			 ~STATE_BIT(TCP_STATE_CLOSE_WAIT);
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

	if (!(seen_of_either(j) & SENT_ANY) && !(j->order & ORDER_REFUSED))
		return ENDING_UNKNOWN;
	if (end_has(&j->end[by], SENT_AFTER_OWN_RST) &&
	    !end_has(&j->end[side_other(by)], RST_FROM_CLOSED))
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

	if (is_unanswered(j, SIDE_A) || is_unanswered(j, SIDE_B))
		return ENDING_VANISHED;
	return a && b ? ENDING_CLOSING : ENDING_HALF_CLOSED;
}

/* A SYN, and not a segment of the other end. */
static bool is_syn_unanswered(const struct wire_judge *j, enum side side)
{
	uint64_t me = j->end[side].seen, peer = j->end[side_other(side)].seen;

	return me & SENT_SYN && !(me & SENT_ACK) && !(peer & SENT_ANY);
}

/* One FIN, and not a segment besides. */
static bool is_lone_fin(const struct wire_judge *j, enum side side)
{
	const struct wire_end *me = &j->end[side];

	return end_has(me, SENT_FIN | FIN_AT_FIRST) && me->fins == 1 &&
	       me->last_ms == me->fin_ms &&
	       !end_has(&j->end[side_other(side)], SENT_ANY);
}

/* Nothing has ended it, as far as it can be told. */
static enum ending open_ending(const struct wire_judge *j)
{
	uint64_t seen = seen_of_either(j);

	if (is_syn_unanswered(j, SIDE_A) || is_syn_unanswered(j, SIDE_B))
		return ENDING_UNANSWERED;
	if (seen & SENT_SYN || seen_of_both(j) & SENT_ANY)
		return ENDING_OPEN;
	return ENDING_UNKNOWN;
}

/* Of what both have not closed. */
static enum ending find_ending(const struct wire_judge *j)
{
	if (j->order & ORDER_RESET)
		return reset_ending(j);
	if (is_one_direction(j, SIDE_A) || is_one_direction(j, SIDE_B))
		return ENDING_ONE_DIRECTION;
	if (is_lone_fin(j, SIDE_A) || is_lone_fin(j, SIDE_B))
		return ENDING_UNKNOWN;
	return seen_of_either(j) & SENT_FIN ? closed_ending(j) : open_ending(j);
}

static enum first first_of(unsigned int order)
{
	if (order & ORDER_CROSSED)
		return FIRST_BOTH;
	if (order & ORDER_A_FIRST)
		return FIRST_A;
	return order & ORDER_B_FIRST ? FIRST_B : FIRST_NONE;
}

static int64_t between_fins(uint32_t a_ms, uint32_t b_ms)
{
	return (a_ms > b_ms ? a_ms - b_ms : b_ms - a_ms) * NS_PER_MS;
}

/* Of what both have not closed. */
static int64_t half_closed(const struct wire_judge *j)
{
	const struct wire_end *a = &j->end[SIDE_A], *b = &j->end[SIDE_B];
	const struct wire_end *first = end_has(a, SENT_FIN) ? a : b;
	uint64_t ns;

	if (end_has(a, SENT_FIN) && end_has(b, SENT_FIN))
		return between_fins(a->fin_ms, b->fin_ms);
	if (!end_has(first, SENT_FIN))
		return 0;
	ns = (uint64_t)(j->order & ORDER_RESET ? j->last_ns : end_of(j)) -
	     (uint64_t)j->start_ns -
	     (uint64_t)first->fin_ms * (uint64_t)NS_PER_MS;
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

static enum first reset_by(const struct wire_judge *j)
{
	bool a = end_has(&j->end[SIDE_A], SENT_RST);
	bool b = end_has(&j->end[SIDE_B], SENT_RST);

	if (!(a | b))
		return FIRST_NONE;
	return a && b ? FIRST_BOTH : a ? FIRST_A : FIRST_B;
}

/*
 * Its FIN was acknowledged, but what it does then shows that the ACK has not
 * come: it acknowledges more than once, or its FIN comes behind everything.
 */
static bool is_undead(const struct wire_judge *j, enum side side)
{
	const struct wire_end *me = &j->end[side];
	const struct wire_end *peer = &j->end[side_other(side)];

	return end_has(me, ACKED_CLOSED_AGAIN) ||
	       (me->fins > 1 &&
		me->fin_last_ms >= (uint64_t)peer->last_ms + OVERTAKEN_MS);
}

/* It goes on after exact RSTs: perhaps the last one of them has come. */
static bool is_unheeding(const struct wire_judge *j, enum side side)
{
	const struct wire_end *me = &j->end[side];
	const struct wire_end *peer = &j->end[side_other(side)];
	bool any = me->unheeded_late || end_has(me, SYN_UNHEEDING);

	return me->unheeded_late >= UNHEEDED_LEAST ||
	       (any && !end_has(me, SENT_RST) && me->last_ms > peer->rst_ms);
}

/* It has sent its FIN, and had the peer's, but not the ACK of its own. */
static enum tcp_state undead_state(const struct wire_judge *j, enum side side)
{
	const struct wire_end *me = &j->end[side];
	const struct wire_end *peer = &j->end[side_other(side)];

	return state_of(step_ending(STATE_BIT(TCP_STATE_ESTABLISHED), me->seen,
				    false, fin_acked(peer, me)));
}

/*
 * Where RFC 9293's figures 12 and 13 leave an end whose FIN was acknowledged,
 * and the peer's as well: what wire_state says of it, at a glance.
 */
static inline enum tcp_state closed_state(const struct wire_judge *j,
					  enum side side)
{
	if (!end_has(&j->end[side], HAD_PEERS_FIN))
		return TCP_STATE_TIME_WAIT;
	return is_undead(j, side) ? undead_state(j, side) : TCP_STATE_CLOSED;
}

/* CLOSED, unless it goes on. */
static enum tcp_state left_state(const struct wire_judge *j, enum side side)
{
	enum tcp_state state = wire_state(j, side);

	return state == TCP_STATE_CLOSED && is_undead(j, side)
		       ? undead_state(j, side)
		       : state;
}

/* What an end has made of what was not captured, nobody knows. */
static enum tcp_state end_state(const struct wire_judge *j, enum side side,
				enum ending ending)
{
	bool over = ending == ENDING_ABORTED || ending == ENDING_REFUSED;

	if (over && !(j->end[side].seen & (SENT_ANY | SENT_RST)))
		return TCP_STATE_NONE;
	if (over && !is_unheeding(j, side))
		return TCP_STATE_CLOSED;
	if (ending == ENDING_ONE_DIRECTION)
		return TCP_STATE_NONE;
	return left_state(j, side);
}

static uint32_t sent_by(const struct wire_end *e)
{
	uint32_t nxt = end_has(e, SENT_FIN) ? e->fin_seq : e->snd_nxt;

	return nxt - e->snd_isn - 1;
}

/* Times and counts as they are: hardly anybody asks for them. */
static inline void note_sign(const struct wire_end *e, enum side side,
			     struct wire_signs *signs)
{
	signs->isn[side] = e->snd_isn;
	signs->sent[side] = sent_by(e);
	signs->fin_ts[side] = e->fin_ts;
	signs->fin[side] = end_has(e, SENT_FIN);
	signs->rst[side] = end_has(e, SENT_RST);
	signs->fins[side] = e->fins;
	signs->fin_ms[side] = e->fin_ms;
	signs->rst_ms[side] = e->rst_ms;
}

/* Of what both have closed; nothing else can be said of that. */
static inline void summarise_closed(const struct wire_judge *j,
				    struct wire_summary *s)
{
	s->ending = both_ending(j->order);
	s->closed_first = first_of(j->order);
	s->half_closed_ns =
		between_fins(j->end[SIDE_A].fin_ms, j->end[SIDE_B].fin_ms);
	s->state[SIDE_A] = closed_state(j, SIDE_A);
	s->state[SIDE_B] = closed_state(j, SIDE_B);
}

static void __attribute__((noinline))
summarise_other(const struct wire_judge *j, struct wire_summary *s)
{
	s->ending = find_ending(j);
	s->closed_first = FIRST_NONE;
	if (s->ending != ENDING_ONE_DIRECTION && s->ending != ENDING_UNKNOWN)
		s->closed_first = first_of(j->order);
	s->half_closed_ns =
		s->ending == ENDING_ONE_DIRECTION ? 0 : half_closed(j);
	s->state[SIDE_A] = end_state(j, SIDE_A, s->ending);
	s->state[SIDE_B] = end_state(j, SIDE_B, s->ending);
	if (s->ending == ENDING_ABORTED)
		s->aborted_in = (enum tcp_state)j->aborted_in;
	if (s->ending == ENDING_VANISHED)
		s->unanswered_fins = unanswered(j);
}

void wire_judge_summarise(const struct wire_judge *j, struct wire_summary *s)
{
	s->aborted_in = TCP_STATE_NONE;
	s->unanswered_fins = 0;
	s->opened_outside = j->any && !(seen_of_either(j) & SENT_SYN);
	s->reset_by = reset_by(j);
	s->signs.syns = both_syns(j);
	s->signs.taken = end_has(&j->end[SIDE_A], SENT_ACK);
	note_sign(&j->end[SIDE_A], SIDE_A, &s->signs);
	note_sign(&j->end[SIDE_B], SIDE_B, &s->signs);
	if (both_closed(j))
		summarise_closed(j, s);
	else
		summarise_other(j, s);
}

static inline void note_past_sign(const struct wire_past_end *e, enum side side,
				  struct wire_signs *signs)
{
	signs->isn[side] = e->snd_isn;
	signs->sent[side] = e->fin_seq - e->snd_isn - 1;
	signs->fin_ts[side] = e->fin_ts;
	signs->fin[side] = true;
	signs->rst[side] = false;
	signs->fins[side] = 1;
	signs->fin_ms[side] = e->fin_ms;
	signs->rst_ms[side] = 0;
}

/* As above, of both ends closed with one FIN each. */
static inline enum tcp_state past_state(const struct wire_past_end *e)
{
	return e->seen & HAD_PEERS_FIN ? TCP_STATE_CLOSED : TCP_STATE_TIME_WAIT;
}

void wire_past_summarise(const struct wire_past *past, struct wire_summary *s)
{
	const struct wire_past_end *a = &past->end[SIDE_A];
	const struct wire_past_end *b = &past->end[SIDE_B];

	s->ending = both_ending(past->order);
	s->closed_first = first_of(past->order);
	s->state[SIDE_A] = past_state(a);
	s->state[SIDE_B] = past_state(b);
	s->aborted_in = TCP_STATE_NONE;
	s->reset_by = FIRST_NONE;
	s->opened_outside = !((a->seen | b->seen) & SENT_SYN);
	s->half_closed_ns = between_fins(a->fin_ms, b->fin_ms);
	s->unanswered_fins = 0;
	s->signs.syns = a->seen & b->seen & SENT_SYN;
	s->signs.taken = true;
	note_past_sign(a, SIDE_A, &s->signs);
	note_past_sign(b, SIDE_B, &s->signs);
}
