/*
 * The states an end may be in: what events make of them, and what is said
 * when one is read that is none of them. Knows the table, not the segments.
 */
#include "judge/tape_judge_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "judge/spec.h"

/* An end without any answer for that long may give up. */
#define GIVE_UP_NS (100 * NS_PER_MS)
/* When FIN-WAIT-2 began is known no better. */
#define FIN_WAIT_2_NS (SPEC_FIN_WAIT_2_LEAST_NS / 2)

#define NO_CONNECTION \
	(STATE_BIT(TCP_STATE_CLOSED) | STATE_BIT(TCP_STATE_LISTEN))

void tape_judge_step(struct tape_judge_end *e, enum rfc9293_event event)
{
	uint32_t to = rfc9293_step(e->states, event);

	/* None of them can have this event: the states were not understood. */
	e->states = to ? to : STATES_ANY;
}

const struct rfc9293_row *tape_judge_row(const struct tape_judge_end *e,
					 enum rfc9293_event event)
{
	const struct rfc9293_row *row = NULL;
	int s;

	if (e->states & STATES_WITHOUT_ROWS)
		return NULL;
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
		{ ~(STATE_BIT(TCP_STATE_TIME_WAIT) |
		    STATE_BIT(TCP_STATE_FIN_WAIT_2)),
		  GIVE_UP_NS },
	};
	int64_t waited = j->now_ns - e->quiet_ns;
	uint32_t to = e->states;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (e->states & rows[i].states && waited >= rows[i].least_ns)
			to |= rfc9293_step(e->states & rows[i].states,
					   EVENT_TIMEOUT);
	}
	return to;
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
	if (event == EVENT_RST_EXACT)
		return RULE_RST_IGNORED;
	if ((event == EVENT_RST_INSIDE || event == EVENT_RST_OUTSIDE) &&
	    got == TCP_STATE_CLOSED)
		return RULE_RST_OBEYED;
	if (event == EVENT_DATA && e->closed)
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
	bool tolerated =
		e->has_last && e->last.tolerated && got == TCP_STATE_CLOSED;
	tape_judge_say_fn *say = tolerated ? tape_judge_note : tape_judge_say;
	char states[JUDGE_TEXT_MAX], text[2 * JUDGE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s after %s",
		 states_text(e->states, states),
		 rfc9293_event_name(event_for(e)));
	say(j, rule_for(e, got), id_for(e), side, frame, text, name_state(got));
}

/* A SYN was given to it, and it has begun a connection for it. */
static void begin_anew(struct tape_judge_end *e, enum tcp_state got)
{
	bool begun = got == TCP_STATE_SYN_RECEIVED ||
		     (got == TCP_STATE_ESTABLISHED &&
		      !tape_judge_is_only(e, STATE_BIT(TCP_STATE_ESTABLISHED)));

	if (e->syn_pending && begun) {
		e->rcv_known = true;
		e->rcv_nxt = e->syn_next;
		e->n_range = 0;
		e->fin_rcvd = e->fin_held = false;
		e->shown.ack_sent = e->maybe = false;
		e->unread = 0;
	}
	e->syn_pending = false;
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
	if (e->states != STATE_BIT(got))
		e->quiet_ns = j->now_ns;
	/* What a handshake may be answered with is over with it. */
	if (got == TCP_STATE_ESTABLISHED && e->states != STATE_BIT(got))
		e->rst_allowed = 0;
	e->states = STATE_BIT(got);
	e->has_last = false;
}
