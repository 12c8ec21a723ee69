/*
 * The live stage's cases: fresh ports, settings in and out, frames counted.
 * Knows nothing of what a case expects.
 */
#include "run/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/live_own.h"
#include "stack/linux/sysctl.h"

/* A's ports count up from here, and B's one by one when A's have run out. */
#define PORT_A_FIRST 10000u
#define PORT_A_COUNT 50000u
#define PORT_B_FIRST 1024u
#define PORT_B_COUNT 8000u

static const struct stage_ops live_ops = {
	.now = live_now,
	.open = live_open,
	.opened = live_opened,
	.see = live_see,
	.deal = live_deal,
	.release = live_release,
	.forge = live_forge,
	.act = live_act,
	.returns = live_returns,
	.state = live_state,
	.count = live_count,
	.settle = live_settle,
};

struct live *live_new(struct world *w, struct forge *forge)
{
	struct live *l = memory_zeroed(1, sizeof(*l));

	l->stage.ops = &live_ops;
	l->stage.lockstep = w->link == LINK_WIRE;
	l->world = w;
	l->forge = forge;
	return l;
}

void live_free(struct live *l)
{
	free(l);
}

struct stage *live_stage(struct live *l)
{
	return &l->stage;
}

/* The last case's connection, TIME-WAIT and orphans too, is done with. */
static int clean_up(struct live *l)
{
	const struct flow *f = &l->flow;
	int side;

	for (side = SIDE_A; l->any && side <= SIDE_B; side++) {
		if (diag_destroy(l->world->side[side].diag, f->family,
				 &f->end[side], &f->end[1 - side],
				 &l->stage.fault) < 0)
			return -1;
	}
	l->any = true;
	return 0;
}

static void next_ports(struct live *l, long connections)
{
	uint32_t room = PORT_A_COUNT - l->serial % PORT_A_COUNT;

	/* Many connections need their ports in one row. */
	if (room < (uint32_t)connections)
		l->serial += room;
	l->flow.end[SIDE_A].port =
		(uint16_t)(PORT_A_FIRST + l->serial % PORT_A_COUNT);
	l->flow.end[SIDE_B].port =
		(uint16_t)(PORT_B_FIRST +
			   l->serial / PORT_A_COUNT % PORT_B_COUNT);
	l->serial += (uint32_t)connections;
}

static void set_flow(struct live *l, int family)
{
	int side;

	flow_reset(&l->flow);
	l->flow.family = family;
	for (side = SIDE_A; side <= SIDE_B; side++)
		world_address(family, (enum side)side, l->flow.end[side].addr);
	next_ports(l, l->connections > 1 ? l->connections : 1);
}

static int tell_use(struct live *l, enum side side)
{
	const struct seg_end *me = &l->flow.end[side];
	const struct seg_end *peer = &l->flow.end[side_other(side)];
	char line[END_LINE_MAX], a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

	inet_ntop(l->flow.family, me->addr, a, sizeof(a));
	inet_ntop(l->flow.family, peer->addr, b, sizeof(b));
	snprintf(line, sizeof(line), "use %d %s %u %s %u %ld",
		 l->flow.family == AF_INET ? 4 : 6, a, me->port, b, peer->port,
		 l->connections > 1 ? l->connections : 1);
	return end_tell(&l->world->side[side].agent, line, &l->stage.fault);
}

static int hear_use(struct live *l, enum side side)
{
	char text[END_LINE_MAX] = "nothing";
	enum end_heard heard = end_hear(&l->world->side[side].agent,
					clock_mono_ns() + LIVE_TRUST_NS, text);

	if (heard == END_ANSWER && strcmp(text, "0") == 0)
		return 0;
	return fault_set(&l->stage.fault,
			 "%c's agent answered %s to its "
			 "addresses",
			 side_letter(side),
			 heard == END_GONE ? "by dying" : text);
}

/* An agent that is still in a call of the last case is ended. */
static int fresh_agents(struct live *l)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct end *e = &l->world->side[side].agent;

		if (e->waiting)
			end_stop(e);
		if (live_agent(l, (enum side)side) < 0)
			return -1;
	}
	if (tell_use(l, SIDE_A) < 0 || tell_use(l, SIDE_B) < 0 ||
	    hear_use(l, SIDE_A) < 0)
		return -1;
	return hear_use(l, SIDE_B);
}

static int save_sysctl(struct live *l, const struct sysctl_set *set)
{
	struct live_saved *s =
		arena_push(l->arena, &l->saved, &l->n_saved, sizeof(*s));
	char value[SYSCTL_VALUE_MAX];

	if (world_sysctl_read(l->world, set->side, set->name, value,
			      &l->stage.fault) < 0) {
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

/* A value the kernel refuses is the case's mistake: it would test nothing. */
static enum stage_said not_set(struct live *l, const struct sysctl_set *set,
			       int err)
{
	struct fault why = l->stage.fault;

	if (is_out_of_reach(err))
		return STAGE_CANNOT;
	fault_set(&l->stage.fault, "%s:%d: %s", l->script->path, set->line,
		  why.text);
	return STAGE_BROKEN;
}

static enum stage_said set_sysctl(struct live *l, const struct sysctl_set *set)
{
	int err;

	if (save_sysctl(l, set) < 0)
		return not_set(l, set, errno);
	if (world_sysctl_write(l->world, set->side, set->name, set->value,
			       &l->stage.fault) == 0)
		return STAGE_YES;
	err = errno;
	/* Of a refused row the first numbers may be in force: that goes back. */
	if (is_out_of_reach(err))
		l->n_saved--;
	return not_set(l, set, err);
}

static enum stage_said set_sysctls(struct live *l)
{
	enum stage_said said = STAGE_YES;
	size_t i;

	for (i = 0; i < l->script->n_sysctl && said == STAGE_YES; i++)
		said = set_sysctl(l, &l->script->sysctl[i]);
	return said;
}

static bool restore_sysctls(struct live *l)
{
	bool good = true;

	/* Backwards: what was set twice gets its first value back. */
	while (l->n_saved) {
		const struct live_saved *s = &l->saved[--l->n_saved];

		if (world_sysctl_write(l->world, s->side, s->name, s->value,
				       &l->stage.fault) < 0)
			good = false;
	}
	return good;
}

static int read_counters(struct live *l)
{
	int i;

	for (i = 0; i < wire_plugs(l->world->wire); i++) {
		if (wire_stats(l->world->wire, i, &l->received[i],
			       &l->dropped[i], &l->stage.fault) < 0)
			return -1;
	}
	for (i = SIDE_A; i <= SIDE_B; i++)
		l->in_segs[i] = mib_in_segs(l->world->side[i].mib);
	return 0;
}

static void forget_case(struct live *l)
{
	int side;

	l->saved = NULL;
	l->n_saved = 0;
	l->opening = false;
	l->stood_still_ns = 0;
	l->late = NULL;
	memset(&l->bug_memory, 0, sizeof(l->bug_memory));
	for (side = SIDE_A; side <= SIDE_B; side++) {
		l->head[side] = NULL;
		l->tail[side] = &l->head[side];
		l->vanished[side] = false;
		l->past[side] = false;
	}
}

void live_bug(struct live *l, const struct bug *bug)
{
	l->bug = bug;
}

enum stage_said live_begin(struct live *l, const struct script *s, int family,
			   struct tape *t)
{
	forget_case(l);
	l->arena = &t->arena;
	l->clocks_ns = clock_real_ns() - clock_mono_ns();
	l->script = s;
	l->connections = script_connections(s);
	if (clean_up(l) < 0)
		return STAGE_BROKEN;
	set_flow(l, family);
	if (fresh_agents(l) < 0 ||
	    world_set_routes(l->world, &s->link, &l->stage.fault) < 0)
		return STAGE_BROKEN;
	/* What is still on the way is of the last case's ports. */
	if (live_pump(l) < 0 || read_counters(l) < 0)
		return STAGE_BROKEN;
	t->flow = l->flow;
	return set_sysctls(l);
}

int64_t live_stood_still_ns(const struct live *l)
{
	return l->stood_still_ns;
}

/* Every bound of the case was held against a clock that has been set. */
static bool clock_was_set(struct live *l)
{
	int64_t by = clock_real_ns() - clock_mono_ns() - l->clocks_ns;

	if (llabs(by) < 50 * NS_PER_MS)
		return false;
	fault_set(&l->stage.fault, "the clock was set by %.3f s meanwhile",
		  (double)by / NS_PER_S);
	return true;
}

/* What the kernel does for a dead process is not what the case asked for. */
static bool agents_live(struct live *l, bool failed)
{
	int64_t deadline = clock_mono_ns() + LIVE_TRUST_NS;

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct end *e = &l->world->side[side].agent;

		if (e->pid <= 0 ||
		    (failed ? end_is_well(e, deadline) : !end_is_dead(e)))
			continue;
		fault_set(&l->stage.fault, "%c's agent has died, or stands",
			  side_letter((enum side)side));
		return false;
	}
	return true;
}

bool live_end(struct live *l, bool failed, uint64_t received[2],
	      uint64_t dropped[2])
{
	bool good = restore_sysctls(l) && !clock_was_set(l) &&
		    agents_live(l, failed);
	uint64_t rx = 0, drop = 0;
	int i;

	memset(received, 0, 2 * sizeof(*received));
	memset(dropped, 0, 2 * sizeof(*dropped));
	for (i = 0; i < wire_plugs(l->world->wire); i++) {
		if (wire_stats(l->world->wire, i, &rx, &drop, &l->stage.fault) <
		    0)
			return false;
		received[i] = rx - l->received[i];
		dropped[i] = drop - l->dropped[i];
	}
	return good;
}
