/*
 * The states an end may be in: what events make of them, and what is said
 * when one is read that is none of them. Knows the table, not the segments.
 */
#include "judge/tape_judge_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "judge/spec.h"

/* No timeout is shorter (3.10.8). */
#define GIVE_UP_NS (100 * NS_PER_MS)
/* Half of it: when the state began is known only roughly. */
#define FIN_WAIT_2_NS (SPEC_FIN_WAIT_2_LEAST_NS / 2)

/*
 * The event, or where it is impossible in all of the states, what it is to an
 * end that knows nothing of the FIN: the states read contradict the segments.
 */
static enum rfc9293_event possible(uint32_t states, enum rfc9293_event event)
{
	static const struct {
		enum rfc9293_event event, instead;
	} rows[] = {
		{ EVENT_CLOSE_UNREAD, EVENT_CLOSE },
		{ EVENT_FIN_AGAIN, EVENT_DATA_OLD },
		{ EVENT_ACK_FIN, EVENT_ACK },
		{ EVENT_DATA_LATE, EVENT_DATA },
		{ EVENT_FIN_ACK, EVENT_FIN },
	};
	size_t i;

	if (rfc9293_step(states, event))
		return event;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].event == event)
			return rows[i].instead;
	}
	return event;
}

void tape_judge_step(struct tape_judge_end *e, enum rfc9293_event event)
{
	e->states = rfc9293_step(e->states, possible(e->states, event));
}

const struct rfc9293_row *tape_judge_row(const struct tape_judge_end *e,
					 enum rfc9293_event event)
{
	const struct rfc9293_row *row = NULL;
	int s;

	if (e->states & STATES_WITHOUT_ROWS)
		return NULL;
	event = possible(e->states, event);
	for (s = TCP_STATE_LISTEN; s < TCP_STATE_COUNT; s++) {
		const struct rfc9293_row *other =
			rfc9293_row((enum tcp_state)s, event);

		if (!(e->states & STATE_BIT(s)) || !other->to)
			continue;
		if (row && row->answer != other->answer)
			return NULL;
		row = other;
	}
	return row;
}

bool tape_judge_waits(const struct tape_judge_end *e)
{
	uint64_t sent = e->shown.snd_nxt - e->shown.iss - 1;

	return e->shown.known &&
	       (seq_after(e->shown.snd_nxt, e->snd_una) || sent < e->handed ||
		(e->wr_shut && !e->shown.fin_sent));
}

bool tape_judge_may_give_up(const struct tape_judge *j,
			    const struct tape_judge_end *e)
{
	bool heeds_none = (e->user_timeout || e->closed) && tape_judge_waits(e);
	int64_t since = heeds_none ? e->moved_ns : e->quiet_ns;

	return j->now_ns - since >= GIVE_UP_NS;
}

/* What time alone may have made of them. */
static uint32_t in_time(const struct tape_judge *j,
			const struct tape_judge_end *e)
{
	static const struct {
		uint32_t states;
		int64_t least_ns;
	} rows[] = {
		{ STATE_BIT(TCP_STATE_TIME_WAIT), SPEC_TIME_WAIT_FLOOR_NS },
		{ STATE_BIT(TCP_STATE_FIN_WAIT_2), FIN_WAIT_2_NS },
	};
	static const uint32_t others = ~(STATE_BIT(TCP_STATE_TIME_WAIT) |
					 STATE_BIT(TCP_STATE_FIN_WAIT_2));
	int64_t waited = j->now_ns - e->quiet_ns;
	uint32_t to = e->states;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (e->states & rows[i].states && waited >= rows[i].least_ns)
			to |= rfc9293_step(e->states & rows[i].states,
					   EVENT_TIMEOUT);
	}
	if (tape_judge_may_give_up(j, e))
		to |= rfc9293_step(e->states & others, EVENT_TIMEOUT);
	if (e->close_waits)
		to |= rfc9293_step(e->states, EVENT_CLOSE);
	return to;
}

uint32_t tape_judge_may_be_by_now(const struct tape_judge *j,
				  const struct tape_judge_end *e)
{
	uint32_t states = in_time(j, e);

	if (e->states & STATES_WITHOUT_ROWS)
		return 0;
	return states & NO_CONNECTION ? states | NO_CONNECTION : states;
}

/* "FIN-WAIT-2 or CLOSED" */
static const char *states_text(uint32_t states, char buf[JUDGE_TEXT_MAX])
{
	size_t n = 0;
	int s;

	*buf = '\0';
	for (s = TCP_STATE_LISTEN; s < TCP_STATE_COUNT; s++) {
		if (states & STATE_BIT(s) && n < JUDGE_TEXT_MAX)
			n += (size_t)snprintf(buf + n, JUDGE_TEXT_MAX - n,
					      "%s%s", n ? " or " : "",
					      name_state((enum tcp_state)s));
	}
	return buf;
}

static enum rfc9293_event event_for(const struct tape_judge_end *e)
{
	return e->has_last ? e->last.event : EVENT_TIMEOUT;
}

static enum rule_id rule_for(const struct tape_judge_end *e, enum tcp_state got)
{
	enum rfc9293_event event = event_for(e);

	if (e->owed.unread &&
	    (got == TCP_STATE_FIN_WAIT_1 || got == TCP_STATE_LAST_ACK))
		return RULE_FIN_ON_UNREAD;
	if (event == EVENT_RST_EXACT || event == EVENT_RST_TS_OLD)
		return RULE_RST_IGNORED;
	if ((event == EVENT_RST_INSIDE || event == EVENT_RST_OUTSIDE) &&
	    got == TCP_STATE_CLOSED)
		return RULE_RST_OBEYED;
	if (event == EVENT_DATA_LATE)
		return RULE_DATA_AFTER_CLOSE;
	return RULE_WRONG_TRANSITION;
}

/* Of the event, or of time where nothing has happened. */
static const char *id_for(const struct tape_judge_end *e)
{
	int s;

	if (e->has_last)
		return e->last.id;
	for (s = TCP_STATE_LISTEN; s < TCP_STATE_COUNT; s++) {
		if (e->states & STATE_BIT(s))
			return rfc9293_row((enum tcp_state)s, EVENT_TIMEOUT)
				->id;
	}
	return NULL;
}

static void say_wrong(struct tape_judge *j, enum side side, enum tcp_state got,
		      size_t frame)
{
	const struct tape_judge_end *e = &j->end[side];
	char states[JUDGE_TEXT_MAX], text[2 * JUDGE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s after %s",
		 states_text(e->states, states),
		 rfc9293_event_name(event_for(e)));
	tape_judge_say(j, rule_for(e, got), id_for(e), side, frame, text,
		       name_state(got));
}

void tape_judge_begin(struct tape_judge_end *e, uint32_t rcv_nxt)
{
	e->rcv_known = true;
	e->rcv_nxt = rcv_nxt;
	e->n_range = 0;
	e->fin_rcvd = e->fin_held = false;
	e->shown.ack_sent = e->maybe = false;
	e->unread = e->urgent = 0;
}

/* A SYN was given to it, and it has begun a connection for it. */
static void begin_anew(struct tape_judge_end *e, enum tcp_state got)
{
	bool begun = got == TCP_STATE_SYN_RECEIVED ||
		     (got == TCP_STATE_ESTABLISHED &&
		      !tape_judge_is_only(e, STATE_BIT(TCP_STATE_ESTABLISHED)));

	if (e->syn_pending && begun) {
		e->reopened = tape_judge_may_be(e, TCP_STATE_TIME_WAIT);
		tape_judge_begin(e, e->syn_next);
	}
	e->syn_pending = false;
}

/* A listener's connection that is none is in LISTEN, whatever is read. */
static uint32_t states_of(const struct tape_judge_end *e, enum tcp_state got)
{
	if (got == TCP_STATE_CLOSED && e->listening)
		return STATE_BIT(TCP_STATE_LISTEN);
	return STATE_BIT(got);
}

void tape_judge_read(struct tape_judge *j, enum side side, enum tcp_state got,
		     size_t frame)
{
	struct tape_judge_end *e = &j->end[side];
	uint32_t bit = STATE_BIT(got);

	if (got == TCP_STATE_LISTEN || got == TCP_STATE_CLOSED)
		bit = NO_CONNECTION;
	begin_anew(e, got);
	if (!(e->states & STATES_WITHOUT_ROWS) && !(in_time(j, e) & bit))
		say_wrong(j, side, got, frame);
	if (e->states != states_of(e, got))
		e->quiet_ns = j->now_ns;
	/* No RST answers the handshake once the connection is established. */
	if (got == TCP_STATE_ESTABLISHED && e->states != STATE_BIT(got))
		e->rst_allowed = 0;
	e->states = states_of(e, got);
	if (tape_judge_is_only(e, NO_CONNECTION))
		tape_judge_settle_fin(j, side);
	e->has_last = false;
}
