/*
 * The live stage's cases: fresh ports, settings in and out, frames counted.
 * Knows nothing of what a case expects.
 */
#include "run/live_stage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/live_stage_own.h"

/* A's ports count up from here, and B's one by one when A's have run out. */
#define PORT_A_FIRST 10000u
#define PORT_A_COUNT 50000u
#define PORT_B_FIRST 1024u
#define PORT_B_COUNT 8000u

static const struct stage_ops live_stage_ops = {
	.now = live_stage_now,
	.open = live_stage_open,
	.opened = live_stage_opened,
	.see = live_stage_see,
	.deal = live_stage_deal,
	.release = live_stage_release,
	.forge = live_stage_forge,
	.act = live_stage_act,
	.returns = live_stage_returns,
	.state = live_stage_state,
	.count = live_stage_count,
	.settle = live_stage_settle,
};

struct live_stage *live_stage_new(struct ends *ends, struct scapy *scapy)
{
	struct live_stage *l = memory_zeroed(1, sizeof(*l));

	l->stage.ops = &live_stage_ops;
	l->stage.lockstep = ends->link->has_cable;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		l->stage.shows[side] = ends->stack[side]->can & STACK_CAN_STATE;
	l->ends = ends;
	l->link = ends->link;
	l->scapy = scapy;
	return l;
}

void live_stage_free(struct live_stage *l)
{
	free(l);
}

struct stage *live_stage_base(struct live_stage *l)
{
	return &l->stage;
}

/* Destroys the last case's connection, one without a socket too. */
static int clean_up(struct live_stage *l)
{
	int side;

	for (side = SIDE_A; l->any && side <= SIDE_B; side++) {
		struct stack *s = l->ends->stack[side];

		if (s->can & STACK_CAN_DESTROY &&
		    s->ops->destroy(s, &l->flow, &l->stage.fault) < 0)
			return -1;
	}
	l->any = true;
	return 0;
}

static void next_ports(struct live_stage *l, long connections)
{
	uint32_t room = PORT_A_COUNT - l->serial % PORT_A_COUNT;

	/* Ports of many connections count up from the first: all must fit. */
	if (room < (uint32_t)connections)
		l->serial += room;
	l->flow.end[SIDE_A].port =
		(uint16_t)(PORT_A_FIRST + l->serial % PORT_A_COUNT);
	l->flow.end[SIDE_B].port =
		(uint16_t)(PORT_B_FIRST +
			   l->serial / PORT_A_COUNT % PORT_B_COUNT);
	l->serial += (uint32_t)connections;
}

static void set_flow(struct live_stage *l, int family)
{
	bool other = family != l->flow.family;
	int side;

	flow_reset(&l->flow);
	l->flow.family = family;
	/* The addresses of a family last as long as the link. */
	for (side = SIDE_A; side <= SIDE_B && other; side++) {
		link_address(family, (enum side)side, l->flow.end[side].addr);
		inet_ntop(family, l->flow.end[side].addr, l->address[side],
			  sizeof(l->address[side]));
	}
	next_ports(l, l->connections > 1 ? l->connections : 1);
	for (side = SIDE_A; side <= SIDE_B; side++)
		if (l->ends->stack[side]->listens)
			l->flow.end[side].port = l->ends->stack[side]->listens;
}

static int tell_use(struct live_stage *l, enum side side)
{
	const struct seg_end *me = &l->flow.end[side];
	const struct seg_end *peer = &l->flow.end[side_other(side)];
	char line[STACK_LINE_MAX];
	struct caller *c = live_stage_caller(l, side);

	snprintf(line, sizeof(line), "use %d %s %u %s %u %ld",
		 l->flow.family == AF_INET ? 4 : 6, l->address[side], me->port,
		 l->address[side_other(side)], peer->port,
		 l->connections > 1 ? l->connections : 1);
	return c->ops->tell(c, line, &l->stage.fault);
}

static int hear_use(struct live_stage *l, enum side side)
{
	char text[STACK_LINE_MAX] = "nothing";
	struct caller *c = live_stage_caller(l, side);
	enum caller_heard heard =
		c->ops->hear(c, clock_mono_ns() + LIVE_TRUST_NS, text);

	if (heard == CALLER_ANSWER && strcmp(text, "0") == 0)
		return 0;
	if (heard == CALLER_NOTHING)
		c->ops->stop(c);
	return fault_set(&l->stage.fault,
			 "%c's agent does not take its addresses: %s%s",
			 side_letter(side),
			 heard == CALLER_DIED ? "" : "it answered ",
			 heard == CALLER_DIED ? c->why : text);
}

/* An agent that is still in a call of the last case is ended. */
static int start_agents(struct live_stage *l)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct caller *c = live_stage_caller(l, (enum side)side);

		if (c->phase == CALLER_IN_CALL)
			c->ops->stop(c);
		if (c->phase == CALLER_GONE &&
		    c->ops->start(c, &l->stage.fault) < 0)
			return -1;
	}
	return 0;
}

static int use_agents(struct live_stage *l)
{
	if (tell_use(l, SIDE_A) < 0 || tell_use(l, SIDE_B) < 0 ||
	    hear_use(l, SIDE_A) < 0)
		return -1;
	return hear_use(l, SIDE_B);
}

static bool is_gone(struct live_stage *l, enum side side)
{
	return live_stage_caller(l, side)->phase == CALLER_GONE;
}

/*
 * The last case's sockets are reset, which gVisor 20221219 does not survive in
 * SYN-RECEIVED (resetConnectionLocked() in its pkg/tcpip/transport/tcp). The
 * next case is not to blame: a fresh agent has none.
 */
static int fresh_agents(struct live_stage *l)
{
	if (start_agents(l) < 0)
		return -1;
	if (use_agents(l) == 0)
		return 0;
	if (!is_gone(l, SIDE_A) && !is_gone(l, SIDE_B))
		return -1;
	return start_agents(l) < 0 ? -1 : use_agents(l);
}

static int save_sysctl(struct live_stage *l, const struct sysctl_set *set)
{
	struct live_stage_saved *s =
		arena_push(l->arena, &l->saved, &l->n_saved, sizeof(*s));
	struct stack *stack = l->ends->stack[set->side];
	char value[STACK_OPTION_MAX];

	if (stack->ops->option_read(stack, set->name, value, &l->stage.fault) <
	    0) {
		l->n_saved--;
		return -1;
	}
	s->side = set->side;
	s->name = set->name;
	s->value = arena_printf(l->arena, "%s", value);
	return 0;
}

/* Whether this machine cannot set it, rather than the case asking wrongly. */
static bool is_out_of_reach(int err)
{
	return err == ENOENT || err == EROFS || err == EPERM || err == EACCES;
}

/* A value that the stack refuses is the case's mistake. */
static enum stage_said not_set(struct live_stage *l,
			       const struct sysctl_set *set, int err)
{
	struct fault why = l->stage.fault;

	if (is_out_of_reach(err))
		return STAGE_CANNOT;
	fault_set(&l->stage.fault, "%s:%d: %s", l->script->path, set->line,
		  why.text);
	return STAGE_BROKEN;
}

static enum stage_said set_sysctl(struct live_stage *l,
				  const struct sysctl_set *set)
{
	struct stack *stack = l->ends->stack[set->side];
	int err;

	if (!(stack->can & STACK_CAN_OPTIONS)) {
		fault_set(&l->stage.fault, "%c's stack (%s) has no sysctls",
			  side_letter(set->side), stack->name);
		return STAGE_CANNOT;
	}
	if (save_sysctl(l, set) < 0)
		return not_set(l, set, errno);
	if (stack->ops->option_write(stack, set->name, set->value,
				     &l->stage.fault) == 0)
		return STAGE_YES;
	err = errno;
	/* Of a refused row some numbers may be in force: it is set back. */
	if (is_out_of_reach(err))
		l->n_saved--;
	return not_set(l, set, err);
}

static enum stage_said set_sysctls(struct live_stage *l)
{
	enum stage_said said = STAGE_YES;
	size_t i;

	for (i = 0; i < l->script->n_sysctl && said == STAGE_YES; i++)
		said = set_sysctl(l, &l->script->sysctl[i]);
	return said;
}

static bool restore_sysctls(struct live_stage *l)
{
	bool good = true;

	/* In reverse order, so an option set twice gets its first value. */
	while (l->n_saved) {
		const struct live_stage_saved *s = &l->saved[--l->n_saved];
		struct stack *stack = l->ends->stack[s->side];

		if (stack->ops->option_write(stack, s->name, s->value,
					     &l->stage.fault) < 0)
			good = false;
	}
	return good;
}

static int read_counters(struct live_stage *l)
{
	int i;

	for (i = 0; i < l->link->plugs; i++) {
		if (l->link->ops->stats(l->link, i, &l->received[i],
					&l->dropped[i], &l->stage.fault) < 0)
			return -1;
	}
	if (!l->up_to_date || !l->link->has_cable) {
		live_stage_count_processed(l, SIDE_A);
		live_stage_count_processed(l, SIDE_B);
	}
	l->up_to_date = true;
	return 0;
}

/* What the counters of the case have counted before it. */
static enum stage_said begin_counters(struct live_stage *l)
{
	const struct script *s = l->script;

	l->counted =
		arena_alloc(l->arena, (s->n_counter + 1) * sizeof(*l->counted));
	for (size_t i = 0; i < s->n_counter; i++) {
		struct stack *stack = l->ends->stack[s->counter[i].side];

		if (!(stack->can & STACK_CAN_COUNTERS)) {
			fault_set(&l->stage.fault,
				  "%c's stack (%s) has no counters",
				  side_letter(s->counter[i].side), stack->name);
			return STAGE_CANNOT;
		}
		l->counted[i] = stack->ops->counter(stack, s->counter[i].name,
						    &l->stage.fault);
		if (l->counted[i] < 0)
			return errno == ENOENT ? STAGE_CANNOT : STAGE_BROKEN;
	}
	return STAGE_YES;
}

static int64_t stacks_late_ns(const struct live_stage *l)
{
	return l->ends->stack[SIDE_A]->late_ns +
	       l->ends->stack[SIDE_B]->late_ns;
}

static void forget_case(struct live_stage *l)
{
	int side;

	l->saved = NULL;
	l->n_saved = 0;
	l->opening = false;
	l->waits_since_ns = INT64_MAX;
	l->late_ns = 0;
	l->stacks_late_ns = stacks_late_ns(l);
	l->late = NULL;
	memset(&l->bug_memory, 0, sizeof(l->bug_memory));
	for (side = SIDE_A; side <= SIDE_B; side++) {
		l->head[side] = NULL;
		l->tail[side] = &l->head[side];
		l->vanished[side] = false;
		l->past[side] = false;
		l->queued_ns[side] = LIVE_NO_WAIT;
	}
}

void live_stage_bug(struct live_stage *l, const struct bug *bug)
{
	l->bug = bug;
}

/*
 * A stack without settings is as a case has it that says nothing of them.
 * Timestamps and SACK are for both ends or none: one that leaves them out is
 * enough.
 */
static enum stage_said set_routes(struct live_stage *l)
{
	const struct link_set *set = &l->script->link;
	int side, able = 0;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = l->ends->stack[side];

		if (!(s->can & STACK_CAN_ROUTES))
			continue;
		able++;
		if (s->ops->set_routes(s, set, &l->stage.fault) < 0)
			return STAGE_BROKEN;
	}
	if (able || (set->timestamps && set->sack))
		return STAGE_YES;
	fault_set(&l->stage.fault, "neither end (%s, %s) can leave out %s",
		  l->ends->stack[SIDE_A]->name, l->ends->stack[SIDE_B]->name,
		  set->sack ? "timestamps" : "SACK");
	return STAGE_CANNOT;
}

enum stage_said live_stage_begin(struct live_stage *l, const struct script *s,
				 int family, struct tape *t)
{
	enum stage_said said;

	forget_case(l);
	l->arena = &t->arena;
	l->clocks_ns = clock_real_ns() - clock_mono_ns();
	l->script = s;
	l->connections = script_connections(s);
	if (clean_up(l) < 0)
		return STAGE_BROKEN;
	set_flow(l, family);
	if (fresh_agents(l) < 0)
		return STAGE_BROKEN;
	/* Frames still under way have the last case's ports: drop them. */
	if (live_stage_pump(l) < 0 || read_counters(l) < 0)
		return STAGE_BROKEN;
	t->flow = l->flow;
	said = set_routes(l);
	if (said == STAGE_YES)
		said = set_sysctls(l);
	return said == STAGE_YES ? begin_counters(l) : said;
}

int64_t live_stage_late_ns(const struct live_stage *l)
{
	return l->late_ns + stacks_late_ns(l) - l->stacks_late_ns;
}

/* A clock that was set meanwhile makes the case's bounds meaningless. */
static bool clock_was_set(struct live_stage *l)
{
	int64_t by = clock_real_ns() - clock_mono_ns() - l->clocks_ns;

	if (llabs(by) < 50 * NS_PER_MS)
		return false;
	fault_set(&l->stage.fault, "the clock was set by %.3f s meanwhile",
		  (double)by / NS_PER_S);
	return true;
}

void live_stage_unwell(struct live_stage *l, enum side side,
		       enum caller_health health)
{
	struct caller *c = live_stage_caller(l, side);
	char who = side_letter(side);

	if (health == CALLER_ENDED)
		fault_set(&l->stage.fault, "%c's agent has died: %s", who,
			  c->why);
	else if (health == CALLER_STANDS)
		fault_set(&l->stage.fault,
			  "%c's agent stands: something has stopped it", who);
	else
		fault_set(&l->stage.fault, "%c's agent does not come to rest",
			  who);
}

/* How long it waited for a processor since its answer was missed. */
static int64_t queued_since(struct live_stage *l, enum side side)
{
	struct caller *c = live_stage_caller(l, side);

	return l->queued_ns[side] == LIVE_NO_WAIT
		       ? 0
		       : c->ops->queued(c) - l->queued_ns[side];
}

/*
 * An agent that died unasked closed its sockets, which no case asked for. One
 * that still had to run would have been done by the time that it is.
 */
static bool agent_lives(struct live_stage *l, enum side side, bool failed)
{
	struct caller *c = live_stage_caller(l, side);
	int64_t begun = clock_mono_ns(), took, queued;
	enum caller_health health;

	if (c->phase == CALLER_GONE)
		return true;
	health = c->ops->health(c, failed ? begun + LIVE_TRUST_NS : 0);
	if (health != CALLER_WELL && health != CALLER_STARVED) {
		live_stage_unwell(l, side, health);
		return false;
	}
	took = clock_mono_ns() - begun;
	queued = failed ? queued_since(l, side) : 0;
	live_stage_was_late(l, queued > took ? queued : took);
	return true;
}

bool live_stage_end(struct live_stage *l, bool failed, uint64_t received[2],
		    uint64_t dropped[2])
{
	bool good = restore_sysctls(l) && !clock_was_set(l) &&
		    agent_lives(l, SIDE_A, failed) &&
		    agent_lives(l, SIDE_B, failed);
	uint64_t rx = 0, drop = 0;
	int i;

	memset(received, 0, 2 * sizeof(*received));
	memset(dropped, 0, 2 * sizeof(*dropped));
	for (i = 0; i < l->link->plugs; i++) {
		if (l->link->ops->stats(l->link, i, &rx, &drop,
					&l->stage.fault) < 0)
			return false;
		received[i] = rx - l->received[i];
		dropped[i] = drop - l->dropped[i];
	}
	return good;
}
