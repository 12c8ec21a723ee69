/*
 * The live stage's calls and questions: acts by whoever carries them out,
 * states and counts by the kernels' own word. Knows no expectation.
 */
#include "run/live_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static struct end *agent(struct live *l, enum side side)
{
	return &l->world->side[side].agent;
}

int live_agent(struct live *l, enum side side)
{
	struct end *e = agent(l, side);

	return e->pid ? 0 : end_start(e, &l->stage.fault);
}

/* A call that is still out may hold the socket while a segment arrives. */
static int settle_call(struct live *l, enum side side)
{
	const struct flow *f = &l->flow;

	if (!agent(l, side)->waiting)
		return 0;
	return diag_settle(l->world->side[side].diag, f->family, &f->end[side],
			   &f->end[side_other(side)], &l->stage.fault);
}

static int one_state(struct live *l, enum side side, enum tcp_state *state)
{
	const struct flow *f = &l->flow;

	if (settle_call(l, side) < 0)
		return -1;
	if (diag_state(l->world->side[side].diag, f->family, &f->end[side],
		       &f->end[side_other(side)], state, &l->stage.fault) < 0)
		return -1;
	/* A listener on the port says nothing of a connection that was. */
	if (*state == TCP_STATE_LISTEN && l->past[side])
		*state = TCP_STATE_CLOSED;
	else if (*state > TCP_STATE_SYN_RECEIVED && *state != TCP_STATE_CLOSED)
		l->past[side] = true;
	return 0;
}

int live_states(struct live *l, enum tcp_state state[2])
{
	if (l->connections > 1 || !l->stage.lockstep)
		return 0;
	if (one_state(l, SIDE_A, &state[SIDE_A]) < 0)
		return -1;
	return one_state(l, SIDE_B, &state[SIDE_B]);
}

/* Waits a little beside looking at a condition, taking frames meanwhile. */
static int look_again(struct live *l, int64_t until_ns)
{
	int64_t left = until_ns - clock_real_ns();
	int64_t nap = left < 10 * NS_PER_MS ? left : 10 * NS_PER_MS;

	wire_wait(l->world->wire, clock_mono_ns() + nap);
	return live_pump(l);
}

enum stage_said live_state(struct stage *st, enum side side,
			   enum tcp_state want, int64_t until_ns,
			   enum tcp_state *got)
{
	struct live *l = live_of(st);

	for (;;) {
		if (one_state(l, side, got) < 0)
			return STAGE_BROKEN;
		if (*got == want)
			return STAGE_YES;
		if (clock_real_ns() >= until_ns)
			return STAGE_NO;
		if (look_again(l, until_ns) < 0)
			return STAGE_BROKEN;
	}
}

enum stage_said live_count(struct stage *st, const struct count *count,
			   int64_t until_ns, long *got)
{
	struct live *l = live_of(st);
	uint16_t server = l->flow.end[SIDE_B].port;
	bool at_b = count->side == SIDE_B;

	for (;;) {
		*got = diag_count(l->world->side[count->side].diag,
				  l->flow.family, at_b ? server : 0,
				  at_b ? 0 : server, count->state, &st->fault);
		if (*got < 0)
			return STAGE_BROKEN;
		if (*got == count->number)
			return STAGE_YES;
		if (clock_real_ns() >= until_ns)
			return STAGE_NO;
		if (look_again(l, until_ns) < 0)
			return STAGE_BROKEN;
	}
}

static void set_answer(struct live *l, enum side side, struct answer *answer,
		       const char *text)
{
	int64_t now = clock_real_ns();

	if (text)
		snprintf(answer->text, sizeof(answer->text), "%s", text);
	answer->at_ns = now;
	answer->took_ns = now - l->call_ns[side];
}

/* The agent's next answer, its announcements passed over. */
static enum stage_said hear(struct live *l, enum side side, int64_t until_ns,
			    struct answer *answer)
{
	int64_t deadline = live_deadline(until_ns);
	char text[END_LINE_MAX];
	enum end_heard heard;

	do
		heard = end_hear(agent(l, side), deadline, text);
	while (heard == END_ENTERS);
	live_waited(l, deadline);
	if (heard == END_GONE) {
		fault_set(&l->stage.fault, "%c's agent has died",
			  side_letter(side));
		return STAGE_BROKEN;
	}
	set_answer(l, side, answer, heard == END_ANSWER ? text : NULL);
	return heard == END_ANSWER ? STAGE_YES : STAGE_NO;
}

/* Waits until the call is announced, and then until it sleeps in it. */
static enum stage_said see_blocked(struct live *l, enum side side,
				   int64_t until_ns, struct answer *answer)
{
	int64_t deadline = live_deadline(until_ns);
	char text[END_LINE_MAX];
	enum end_heard heard = end_hear(agent(l, side), deadline, text);

	if (heard == END_ENTERS &&
	    end_sleeps(agent(l, side), live_deadline(until_ns))) {
		set_answer(l, side, answer, NULL);
		return STAGE_NO;
	}
	if (heard == END_ENTERS)
		return hear(l, side, until_ns, answer);
	if (heard == END_ANSWER) {
		set_answer(l, side, answer, text);
		return STAGE_YES;
	}
	fault_set(&l->stage.fault, "%c's agent does not make the call",
		  side_letter(side));
	return STAGE_BROKEN;
}

/* exit and kill: the process is gone, its descriptors with it. */
static enum stage_said end_agent(struct live *l, const struct act *act,
				 struct answer *answer)
{
	struct end *e = agent(l, act->side);
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;

	if (e->waiting) {
		/* It cannot hear us: it is in a call. */
		end_stop(e);
	} else if (end_tell(e, act->verb->name, &l->stage.fault) < 0) {
		return STAGE_BROKEN;
	} else if (!end_wait_gone(e, deadline)) {
		fault_set(&l->stage.fault, "%c's agent does not %s",
			  side_letter(act->side), act->verb->name);
		return STAGE_BROKEN;
	}
	set_answer(l, act->side, answer, "");
	return STAGE_YES;
}

static enum stage_said act_by_agent(struct live *l, const struct act *act,
				    int64_t until_ns, struct answer *answer)
{
	bool blocks = act->want.kind == WANT_BLOCKS;
	char line[END_LINE_MAX];

	if (act->verb->gives == GIVES_NOTHING)
		return end_agent(l, act, answer);
	if (!agent(l, act->side)->pid) {
		fault_set(&l->stage.fault, "%c's process is gone: it cannot %s",
			  side_letter(act->side), act->verb->name);
		return STAGE_BROKEN;
	}
	snprintf(line, sizeof(line), "%s%s%s%s", blocks ? "!" : "",
		 act->verb->name, *act->args ? " " : "", act->args);
	if (end_tell(agent(l, act->side), line, &l->stage.fault) < 0)
		return STAGE_BROKEN;
	if (blocks)
		return see_blocked(l, act->side, until_ns, answer);
	return hear(l, act->side, until_ns, answer);
}

/* Older kernels destroy connections, but none in TIME-WAIT. */
static enum stage_said cannot_destroy(struct live *l, enum side side)
{
	enum tcp_state state;

	if (one_state(l, side, &state) < 0)
		return STAGE_BROKEN;
	if (state == TCP_STATE_TIME_WAIT)
		fault_set(&l->stage.fault, "this kernel has no SOCK_DESTROY "
					   "of a connection in TIME-WAIT");
	else
		fault_set(&l->stage.fault, "this kernel has no SOCK_DESTROY "
					   "(CONFIG_INET_DIAG_DESTROY)");
	return STAGE_CANNOT;
}

static enum stage_said act_by_kernel(struct live *l, const struct act *act,
				     int64_t until_ns, struct answer *answer)
{
	const struct flow *f = &l->flow;
	char name[16];
	int err = diag_destroy(l->world->side[act->side].diag, f->family,
			       &f->end[act->side],
			       &f->end[side_other(act->side)], &l->stage.fault);

	(void)until_ns;
	if (err < 0)
		return STAGE_BROKEN;
	if (err == EOPNOTSUPP)
		return cannot_destroy(l, act->side);
	set_answer(l, act->side, answer, err ? name_errno(err, name) : "0");
	return STAGE_YES;
}

static enum stage_said act_by_cable(struct live *l, const struct act *act,
				    int64_t until_ns, struct answer *answer)
{
	(void)until_ns;
	/* What it sent before it went has gone; what it sends later has not. */
	if (live_settle(&l->stage) == STAGE_BROKEN)
		return STAGE_BROKEN;
	l->vanished[act->side] = act->verb->id == VERB_VANISH;
	set_answer(l, act->side, answer, "0");
	return STAGE_YES;
}

enum stage_said live_act(struct stage *st, const struct act *act,
			 int64_t until_ns, struct answer *answer)
{
	static enum stage_said (*const by[])(struct live *, const struct act *,
					     int64_t, struct answer *) = {
		[BY_AGENT] = act_by_agent,
		[BY_KERNEL] = act_by_kernel,
		[BY_CABLE] = act_by_cable,
	};
	struct live *l = live_of(st);
	enum stage_said said;

	/* A call that blocks keeps its start for when it returns. */
	if (act->verb->by == BY_AGENT)
		l->call_ns[act->side] = clock_real_ns();
	said = by[act->verb->by](l, act, until_ns, answer);
	if (act->verb->by != BY_AGENT)
		answer->took_ns = 0;
	return said;
}

enum stage_said live_returns(struct stage *st, enum side side, int64_t until_ns,
			     struct answer *answer)
{
	return hear(live_of(st), side, until_ns, answer);
}

/* A command of open: its answer must be "0". */
static enum stage_said must_do(struct live *l, enum side side,
			       const char *command)
{
	struct answer answer = { .text = "nothing" };
	enum stage_said said;

	if (end_tell(agent(l, side), command, &l->stage.fault) < 0)
		return STAGE_BROKEN;
	said = hear(l, side, clock_real_ns() + LIVE_TRUST_NS, &answer);
	if (said == STAGE_BROKEN ||
	    (said == STAGE_YES && strcmp(answer.text, "0") == 0))
		return said;
	fault_set(&l->stage.fault, "%c %s answered %s", side_letter(side),
		  command, answer.text);
	return STAGE_BROKEN;
}

enum stage_said live_open(struct stage *st, long n)
{
	struct live *l = live_of(st);
	enum stage_said said = must_do(l, SIDE_B, "listen");

	if (said == STAGE_YES)
		said = must_do(l, SIDE_A, "connect");
	if (said == STAGE_YES && n > 1) {
		l->opening = true;
		if (end_tell(agent(l, SIDE_B), "accept", &st->fault) < 0)
			return STAGE_BROKEN;
	}
	return said;
}

static enum stage_said opened_many(struct live *l)
{
	struct answer answer = { .text = "" };
	enum stage_said said = hear(l, SIDE_B, clock_real_ns(), &answer);

	if (said == STAGE_YES)
		l->opening = false;
	return said;
}

enum stage_said live_opened(struct stage *st, long n)
{
	struct live *l = live_of(st);
	enum tcp_state state;
	int side;

	if (n > 1)
		return opened_many(l);
	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (one_state(l, (enum side)side, &state) < 0)
			return STAGE_BROKEN;
		if (state != TCP_STATE_ESTABLISHED)
			return STAGE_NO;
	}
	return must_do(l, SIDE_B, "accept");
}
