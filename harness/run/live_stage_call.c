/*
 * The live stage's calls and questions: acts by whoever carries them out,
 * states and counts by the stacks' own word. Knows no expectation.
 */
#include "run/live_stage_own.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* The state is NONE when the stack does not show states. */
static int one_state(struct live_stage *l, enum side side,
		     enum tcp_state *state)
{
	struct stack *s = l->ends->stack[side];

	*state = TCP_STATE_NONE;
	if (!(s->can & (STACK_CAN_STATE | STACK_CAN_STATE_OPEN)))
		return 0;
	if (s->ops->state(s, &l->flow, state, &l->stage.fault) < 0)
		return -1;
	/* Behind a connection that is gone only its listener answers. */
	if (*state == TCP_STATE_LISTEN && l->past[side])
		*state = TCP_STATE_CLOSED;
	else if (*state > TCP_STATE_SYN_RECEIVED && *state != TCP_STATE_CLOSED)
		l->past[side] = true;
	l->state[side] = *state;
	return 0;
}

int live_stage_states(struct live_stage *l, enum tcp_state state[2])
{
	if (l->connections > 1 || !l->stage.lockstep)
		return 0;
	if (one_state(l, SIDE_A, &state[SIDE_A]) < 0)
		return -1;
	return one_state(l, SIDE_B, &state[SIDE_B]);
}

/* Takes frames for 10 ms at most, between two looks at a condition. */
static int look_again(struct live_stage *l, int64_t until_ns)
{
	int64_t left = until_ns - clock_real_ns();
	int64_t nap = left < 10 * NS_PER_MS ? left : 10 * NS_PER_MS;

	l->link->ops->wait(l->link, clock_mono_ns() + nap);
	return live_stage_pump(l);
}

/* False, with a fault that says what it cannot do. */
static bool stack_can(struct live_stage *l, enum side side, unsigned int what,
		      const char *cannot)
{
	const struct stack *s = l->ends->stack[side];

	if (s->can & what)
		return true;
	fault_set(&l->stage.fault, "%c's stack (%s) %s", side_letter(side),
		  s->name, cannot);
	return false;
}

static enum stage_said no_state(struct live_stage *l, enum side side)
{
	fault_set(&l->stage.fault, "%c's stack (%s) does not show states%s",
		  side_letter(side), l->ends->stack[side]->name,
		  l->ends->stack[side]->can & STACK_CAN_STATE_OPEN
			  ? " without a socket"
			  : "");
	return STAGE_CANNOT;
}

enum stage_said live_stage_state(struct stage *st, enum side side,
				 uint32_t wanted, int64_t until_ns,
				 enum tcp_state *got)
{
	struct live_stage *l = live_stage_of(st);

	for (;;) {
		if (one_state(l, side, got) < 0)
			return STAGE_BROKEN;
		if (*got == TCP_STATE_NONE)
			return no_state(l, side);
		if (wanted & STATE_BIT(*got))
			return STAGE_YES;
		if (clock_real_ns() >= until_ns)
			return STAGE_NO;
		if (look_again(l, until_ns) < 0)
			return STAGE_BROKEN;
	}
}

/* Sockets in a state; -1 with the fault. */
static long count_sockets(struct live_stage *l, const struct count *count)
{
	struct stack *s = l->ends->stack[count->side];
	uint16_t server = l->flow.end[SIDE_B].port;
	bool at_b = count->side == SIDE_B;

	return s->ops->count(s, l->flow.family, at_b ? server : 0,
			     at_b ? 0 : server, count->state, &l->stage.fault);
}

/* What a counter has counted since the case began; -1 with the fault. */
static long count_events(struct live_stage *l, const struct count *count)
{
	struct stack *s = l->ends->stack[count->side];
	const struct counter *c = l->script->counter;
	int64_t now = s->ops->counter(s, count->counter, &l->stage.fault);

	while (c->side != count->side || strcmp(c->name, count->counter) != 0)
		c++;
	return now < 0 ? -1 : (long)(now - l->counted[c - l->script->counter]);
}

enum stage_said live_stage_count(struct stage *st, const struct count *count,
				 int64_t until_ns, long *got)
{
	struct live_stage *l = live_stage_of(st);

	if (!count->counter &&
	    !stack_can(l, count->side, STACK_CAN_COUNT, "counts no sockets"))
		return STAGE_CANNOT;
	for (;;) {
		*got = count->counter ? count_events(l, count)
				      : count_sockets(l, count);
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

static void set_answer(struct live_stage *l, enum side side,
		       struct answer *answer, const char *text)
{
	int64_t now = clock_real_ns();

	if (text)
		snprintf(answer->text, sizeof(answer->text), "%s", text);
	answer->at_ns = now;
	answer->took_ns = now - l->call_ns[side];
}

/* The agent's next answer, its announcements passed over. */
static enum stage_said hear(struct live_stage *l, enum side side,
			    int64_t until_ns, struct answer *answer)
{
	int64_t deadline = live_stage_deadline(until_ns);
	struct caller *c = live_stage_caller(l, side);
	char text[STACK_LINE_MAX];
	enum caller_heard heard;

	do
		heard = live_stage_hear(l, side, deadline, text);
	while (heard == CALLER_ENTERS);
	if (heard == CALLER_DIED) {
		fault_set(&l->stage.fault, "%c's agent has died%s%s",
			  side_letter(side), *c->why ? ": " : "", c->why);
		return STAGE_BROKEN;
	}
	set_answer(l, side, answer, heard == CALLER_ANSWER ? text : NULL);
	return heard == CALLER_ANSWER ? STAGE_YES : STAGE_NO;
}

/*
 * Waits until the call is announced, which is no stack's doing, and then until
 * it sleeps in it: behind all that was delivered before, which could wake it.
 */
static enum stage_said see_blocked(struct live_stage *l, enum side side,
				   int64_t until_ns, struct answer *answer)
{
	struct caller *c = live_stage_caller(l, side);
	char text[STACK_LINE_MAX];
	enum caller_heard heard =
		live_stage_hear(l, side, clock_mono_ns() + LIVE_TRUST_NS, text);

	if (heard == CALLER_ENTERS &&
	    c->ops->sleeps(c, live_stage_deadline(until_ns))) {
		if (live_stage_settle(&l->stage) == STAGE_BROKEN)
			return STAGE_BROKEN;
		return hear(l, side, clock_real_ns(), answer);
	}
	if (heard == CALLER_ENTERS)
		return hear(l, side, until_ns, answer);
	if (heard == CALLER_ANSWER) {
		set_answer(l, side, answer, text);
		return STAGE_YES;
	}
	fault_set(&l->stage.fault, "%c's agent does not make the call",
		  side_letter(side));
	return STAGE_BROKEN;
}

/*
 * One that sleeps instead is held by its stack, in a close that lingers; one
 * that still had to run ends late, or has been given no processor.
 */
static enum stage_said wait_ended(struct live_stage *l, enum side side,
				  int64_t deadline_ns)
{
	struct caller *c = live_stage_caller(l, side);
	enum caller_health health;

	if (c->ops->wait_gone(c, deadline_ns))
		return STAGE_YES;
	health = c->ops->health(c, clock_mono_ns() + LIVE_TRUST_NS);
	if (health == CALLER_ENDED)
		return STAGE_YES;
	if (health == CALLER_WELL || health == CALLER_STARVED)
		return STAGE_NO;
	live_stage_unwell(l, side, health);
	return STAGE_BROKEN;
}

/* exit and kill end the process, which closes its descriptors. */
static enum stage_said end_agent(struct live_stage *l, const struct act *act,
				 int64_t until_ns, struct answer *answer)
{
	struct caller *c = live_stage_caller(l, act->side);
	struct live_patience p = live_stage_begin_patience(l, act->side);
	int64_t deadline = live_stage_deadline(until_ns);
	enum stage_said said = STAGE_YES;

	/* An agent in a call reads no command. */
	if (c->phase == CALLER_IN_CALL)
		c->ops->stop(c);
	else if (c->ops->tell(c, act->verb->name, &l->stage.fault) < 0)
		return STAGE_BROKEN;
	else
		said = wait_ended(l, act->side, deadline);
	live_stage_end_patience(l, act->side, &p, INT64_MAX);
	if (said == STAGE_YES)
		set_answer(l, act->side, answer, "");
	return said;
}

/* The verb it has, and not with that argument. */
static enum stage_said cannot_act(struct live_stage *l, const struct act *act)
{
	fault_set(&l->stage.fault, "%c's stack (%s) cannot %s%s%s",
		  side_letter(act->side), l->ends->stack[act->side]->name,
		  act->verb->name, *act->args ? " " : "", act->args);
	return STAGE_CANNOT;
}

static enum stage_said act_by_agent(struct live_stage *l, const struct act *act,
				    int64_t until_ns, struct answer *answer)
{
	bool blocks = act->want.kind == WANT_BLOCKS;
	struct caller *c = live_stage_caller(l, act->side);
	char line[STACK_LINE_MAX];
	enum stage_said said;

	if (act->verb->gives == GIVES_NOTHING)
		return end_agent(l, act, until_ns, answer);
	if (c->phase == CALLER_GONE) {
		fault_set(&l->stage.fault, "%c's process is gone: it cannot %s",
			  side_letter(act->side), act->verb->name);
		return STAGE_BROKEN;
	}
	snprintf(line, sizeof(line), "%s%s%s%s", blocks ? "!" : "",
		 act->verb->name, *act->args ? " " : "", act->args);
	if (c->ops->tell(c, line, &l->stage.fault) < 0)
		return STAGE_BROKEN;
	said = blocks ? see_blocked(l, act->side, until_ns, answer)
		      : hear(l, act->side, until_ns, answer);
	if (said == STAGE_YES && strcmp(answer->text, "ENOSYS") == 0)
		return cannot_act(l, act);
	return said;
}

static enum stage_said act_by_stack(struct live_stage *l, const struct act *act,
				    int64_t until_ns, struct answer *answer)
{
	struct stack *s = l->ends->stack[act->side];
	char name[16];
	int err;

	(void)until_ns;
	if (!stack_can(l, act->side, STACK_CAN_DESTROY,
		       "destroys no connections"))
		return STAGE_CANNOT;
	err = s->ops->destroy(s, &l->flow, &l->stage.fault);
	if (err < 0)
		return STAGE_BROKEN;
	if (err == EOPNOTSUPP)
		return STAGE_CANNOT;
	set_answer(l, act->side, answer, err ? name_errno(err, name) : "0");
	return STAGE_YES;
}

static enum stage_said act_by_cable(struct live_stage *l, const struct act *act,
				    int64_t until_ns, struct answer *answer)
{
	(void)until_ns;
	/* What was sent before the end vanished is delivered. */
	if (live_stage_settle(&l->stage) == STAGE_BROKEN)
		return STAGE_BROKEN;
	l->vanished[act->side] = act->verb->id == VERB_VANISH;
	set_answer(l, act->side, answer, "0");
	return STAGE_YES;
}

enum stage_said live_stage_act(struct stage *st, const struct act *act,
			       int64_t until_ns, struct answer *answer)
{
	static enum stage_said (*const by[])(struct live_stage *,
					     const struct act *, int64_t,
					     struct answer *) = {
		[BY_AGENT] = act_by_agent,
		[BY_STACK] = act_by_stack,
		[BY_CABLE] = act_by_cable,
	};
	struct live_stage *l = live_stage_of(st);
	enum stage_said said;

	/* The start of a call that blocks is kept until it returns. */
	if (act->verb->by == BY_AGENT)
		l->call_ns[act->side] = clock_real_ns();
	said = by[act->verb->by](l, act, until_ns, answer);
	if (act->verb->by != BY_AGENT)
		answer->took_ns = 0;
	return said;
}

enum stage_said live_stage_returns(struct stage *st, enum side side,
				   int64_t until_ns, struct answer *answer)
{
	return hear(live_stage_of(st), side, until_ns, answer);
}

/* A command of open: its answer must be "0". */
static enum stage_said must_do(struct live_stage *l, enum side side,
			       const char *command)
{
	struct answer answer = { .text = "nothing" };
	struct caller *c = live_stage_caller(l, side);
	enum stage_said said;

	if (c->ops->tell(c, command, &l->stage.fault) < 0)
		return STAGE_BROKEN;
	said = hear(l, side, clock_real_ns() + LIVE_TRUST_NS, &answer);
	if (said == STAGE_BROKEN ||
	    (said == STAGE_YES && strcmp(answer.text, "0") == 0))
		return said;
	fault_set(&l->stage.fault, "%c %s answered %s", side_letter(side),
		  command, answer.text);
	return STAGE_BROKEN;
}

/*
 * Where no states tell that the handshake is over, or those of many, accept
 * does: when it returns both ends are established.
 */
static bool accepts_early(const struct live_stage *l, long n)
{
	return n > 1 || !l->stage.shows[SIDE_A] || !l->stage.shows[SIDE_B];
}

enum stage_said live_stage_open(struct stage *st, long n)
{
	struct live_stage *l = live_stage_of(st);
	struct caller *b = live_stage_caller(l, SIDE_B);
	enum stage_said said;

	l->state[SIDE_A] = l->state[SIDE_B] = TCP_STATE_NONE;
	said = must_do(l, SIDE_B, "listen");
	if (said == STAGE_YES)
		said = must_do(l, SIDE_A, "connect");
	if (said == STAGE_YES && accepts_early(l, n)) {
		l->opening = true;
		l->queued_ns[SIDE_B] = b->ops->queued(b);
		if (b->ops->tell(b, "accept", &st->fault) < 0)
			return STAGE_BROKEN;
	}
	return said;
}

static enum stage_said accepted(struct live_stage *l)
{
	struct answer answer = { .text = "" };
	enum stage_said said = hear(l, SIDE_B, clock_real_ns(), &answer);

	if (said != STAGE_YES)
		return said;
	l->opening = false;
	if (strcmp(answer.text, "0") == 0)
		return STAGE_YES;
	fault_set(&l->stage.fault, "B accept answered %s", answer.text);
	return STAGE_BROKEN;
}

/* What the ends have sent by now has crossed: nothing of open is left. */
static enum stage_said all_passed(struct live_stage *l)
{
	if (live_stage_settle(&l->stage) == STAGE_BROKEN)
		return STAGE_BROKEN;
	if (l->head[SIDE_A] || l->head[SIDE_B])
		return STAGE_NO;
	l->past[SIDE_A] = l->past[SIDE_B] = true;
	return STAGE_YES;
}

enum stage_said live_stage_opened(struct stage *st, long n)
{
	struct live_stage *l = live_stage_of(st);
	enum stage_said said;
	enum tcp_state state;
	int side;

	if (l->opening) {
		said = accepted(l);
		if (said != STAGE_YES || n > 1)
			return said;
	}
	for (side = SIDE_A; side <= SIDE_B; side++) {
		state = l->state[side];
		if (!l->stage.shows[side])
			continue;
		/* In lockstep both were read after the last segment. */
		if (!l->stage.lockstep &&
		    one_state(l, (enum side)side, &state) < 0)
			return STAGE_BROKEN;
		if (state != TCP_STATE_ESTABLISHED)
			return STAGE_NO;
	}
	if (accepts_early(l, n))
		return all_passed(l);
	return must_do(l, SIDE_B, "accept");
}
