/*
 * A lane: its ends, and a job from its needs to its evidence. Knows what a
 * job is, and nothing of the other lanes.
 */
#include "run/lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "run/judged.h"
#include "run/live_stage.h"
#include "run/outcome.h"
#include "run/played.h"
#include "script/verb.h"
#include "run/interpret.h"

struct lane {
	const struct ends_plan *plan;
	int cpu;
	bool open; /* there are ends, fit for a case */
	struct ends ends;
	struct live_stage *live;
	struct scapy scapy;
	struct played played[2]; /* the last job, and the one before */
	int turn;		 /* which of them is the last */
	struct utsname uts;
	char os[2 * sizeof(((struct utsname *)0)->release)];
};

static int open_ends(struct lane *lane, struct fault *f)
{
	if (ends_open(&lane->ends, lane->plan, lane->cpu, f) < 0)
		return -1;
	lane->live = live_stage_new(&lane->ends, &lane->scapy);
	lane->open = true;
	return 0;
}

static void close_ends(struct lane *lane)
{
	if (!lane->open)
		return;
	live_stage_free(lane->live);
	ends_close(&lane->ends);
	lane->open = false;
}

/* A packet whose processing was put off is then processed here, or not yet. */
static int pin(int cpu, struct fault *f)
{
	if (cpu < 0 || cpu_pin(cpu) == 0)
		return 0;
	return fault_errno(f, "cannot pin a lane to processor %d", cpu);
}

struct lane *lane_open(const struct ends_plan *plan, int cpu, struct fault *f)
{
	struct lane *lane = memory_zeroed(1, sizeof(*lane));

	lane->plan = plan;
	lane->cpu = cpu;
	lane->scapy.child = CHILD_NONE;
	uname(&lane->uts);
	snprintf(lane->os, sizeof(lane->os), "%s %s", lane->uts.sysname,
		 lane->uts.release);
	if (pin(cpu, f) < 0 || open_ends(lane, f) < 0) {
		free(lane);
		return NULL;
	}
	return lane;
}

void lane_close(struct lane *lane)
{
	if (!lane)
		return;
	scapy_stop(&lane->scapy);
	close_ends(lane);
	played_end(&lane->played[0]);
	played_end(&lane->played[1]);
	free(lane);
}

/* Each returns whether the need is met; when it is not, f says why. */

static bool has_wire(struct lane *lane, const struct job *job,
		     const struct need *n, struct fault *f)
{
	(void)job;
	if (lane->ends.link->has_cable)
		return true;
	fault_set(f, "needs the wire (%s)", n->why);
	return false;
}

static bool has_virtual_time(struct lane *lane, const struct job *job,
			     const struct need *n, struct fault *f)
{
	(void)job;
	(void)n;
	if (ends_are_virtual(lane->plan))
		return true;
	fault_set(f, "needs virtual time (--vm KERNEL), or %.0f s of waiting",
		  (double)script_least_ns(job->script) / (double)NS_PER_S);
	return false;
}

/* The ends that the case sets it at; both where it sets it nowhere. */
static unsigned int ends_of_sysctl(const struct script *s, const char *name)
{
	unsigned int ends = 0;

	for (size_t i = 0; i < s->n_sysctl; i++)
		if (strcmp(s->sysctl[i].name, name) == 0)
			ends |= SIDE_BIT(s->sysctl[i].side);
	return ends ? ends : SIDE_BITS;
}

static bool has_sysctl(struct lane *lane, const struct job *job,
		       const struct need *n, struct fault *f)
{
	unsigned int ends = ends_of_sysctl(job->script, n->name);
	char value[STACK_OPTION_MAX];
	struct fault ignored;
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = lane->ends.stack[side];

		if (!(ends & SIDE_BIT(side)))
			continue;
		if (s->can & STACK_CAN_OPTIONS &&
		    s->ops->option_read(s, n->name, value, &ignored) == 0)
			continue;
		fault_set(f, "needs sysctl %s, which this %s has not", n->name,
			  s->name);
		return false;
	}
	return true;
}

static bool is_kernel(const struct stack *s)
{
	return strcmp(s->name, "kernel") == 0;
}

static bool is_kernel_since(const struct stack *s, int major, int minor)
{
	char *dot;
	long its = strtol(s->version, &dot, 10);

	if (!is_kernel(s))
		return false;
	if (its == major)
		return (*dot == '.' ? strtol(dot + 1, NULL, 10) : 0) >= minor;
	return its > major;
}

static bool has_kernel(struct lane *lane, const struct job *job,
		       const struct need *n, struct fault *f)
{
	int side;

	(void)job;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];

		if (is_kernel_since(s, n->major, n->minor))
			continue;
		fault_set(f, "needs kernel >= %d.%d, this is %s%s%s", n->major,
			  n->minor, is_kernel(s) ? "" : s->name,
			  is_kernel(s) ? "" : " ", s->version);
		return false;
	}
	return true;
}

static bool has_scapy(struct lane *lane, const struct job *job,
		      const struct need *n, struct fault *f)
{
	struct fault why;

	(void)n;
	(void)job;
	if (lane->scapy.child.pid)
		return true;
	if (scapy_start(&lane->scapy, scapy_script(), &why) == 0)
		return true;
	fault_set(f, "needs scapy: %.900s", why.text);
	return false;
}

static bool has_family(struct lane *lane, const struct job *job,
		       const struct need *n, struct fault *f)
{
	(void)lane;
	if (n->family == job->family)
		return true;
	fault_set(f, "needs %s", n->family == AF_INET ? "ipv4" : "ipv6");
	return false;
}

/* It needs less than others. */
static bool has_no_calls(struct lane *lane, const struct job *job,
			 const struct need *n, struct fault *f)
{
	(void)lane;
	(void)job;
	(void)n;
	(void)f;
	return true;
}

static bool have_ipv6(const struct lane *lane, struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];

		if (s->can & STACK_CAN_IPV6)
			continue;
		fault_set(f, "this %s has no IPv6", s->name);
		return false;
	}
	return true;
}

static bool have_verbs(const struct lane *lane, const struct script *script,
		       struct fault *f)
{
	int side, id;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];
		uint64_t lacks =
			script_verbs(script, (enum side)side) & s->lacks;

		for (id = 0; id < VERB_COUNT; id++) {
			if (!(lacks & VERB_BIT(id)))
				continue;
			fault_set(f, "needs %s of %c, whose stack (%s) has not",
				  verb_of((enum verb_id)id)->name,
				  side_letter((enum side)side), s->name);
			return false;
		}
	}
	return true;
}

/* Nothing is to be had of a process that nobody tells what to do. */
static bool have_calls(const struct lane *lane, const struct script *script,
		       struct fault *f)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];

		if (!s->listens ||
		    script_needs_no_calls(script, (enum side)side))
			continue;
		fault_set(f, "needs calls of %c, whose stack (%s) has no agent",
			  side_letter((enum side)side), s->name);
		return false;
	}
	return true;
}

static bool have_many(const struct lane *lane, const struct script *script,
		      struct fault *f)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];

		if (!s->single || script_connections(script) <= 1)
			continue;
		fault_set(f,
			  "needs many connections of %c, whose stack (%s) has "
			  "one at a time",
			  side_letter((enum side)side), s->name);
		return false;
	}
	return true;
}

static bool have_counts(const struct lane *lane, const struct script *script,
			struct fault *f)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];

		if (s->can & STACK_CAN_COUNT ||
		    !script_counts_sockets(script, (enum side)side))
			continue;
		fault_set(f,
			  "needs a count of %c's sockets, whose stack (%s) "
			  "has none",
			  side_letter((enum side)side), s->name);
		return false;
	}
	return true;
}

static bool have_timestamps(const struct lane *lane, const struct script *s,
			    struct fault *f)
{
	int side;

	if (!script_has_timestamps(s))
		return true;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *stack = lane->ends.stack[side];

		if (stack->can & STACK_CAN_TIMESTAMPS)
			continue;
		fault_set(f, "needs timestamps of %c, whose stack (%s) has not",
			  side_letter((enum side)side), stack->name);
		return false;
	}
	return true;
}

static bool needs_met(struct lane *lane, const struct job *job, struct fault *f)
{
	static bool (*const has[])(struct lane *, const struct job *,
				   const struct need *, struct fault *) = {
		[NEED_WIRE] = has_wire,
		[NEED_SYSCTL] = has_sysctl,
		[NEED_KERNEL] = has_kernel,
		[NEED_SCAPY] = has_scapy,
		[NEED_FAMILY] = has_family,
		[NEED_NO_CALLS] = has_no_calls,
		[NEED_VIRTUAL_TIME] = has_virtual_time,
	};
	size_t i;

	if (job->family == AF_INET6 && !have_ipv6(lane, f))
		return false;
	for (i = 0; i < job->script->n_need; i++) {
		const struct need *n = &job->script->need[i];

		if (!has[n->kind](lane, job, n, f))
			return false;
	}
	return have_calls(lane, job->script, f) &&
	       have_verbs(lane, job->script, f) &&
	       have_many(lane, job->script, f) &&
	       have_counts(lane, job->script, f) &&
	       have_timestamps(lane, job->script, f);
}

static void set_reason(struct tape *t, enum verdict v, const char *reason)
{
	t->verdict = v;
	t->reason = arena_printf(&t->arena, "%s", reason);
}

static void check_drops(struct tape *t, const uint64_t dropped[2])
{
	uint64_t n = dropped[0] + dropped[1];

	if (n)
		set_reason(t, VERDICT_BROKEN,
			   arena_printf(&t->arena,
					"libpcap dropped %llu frames",
					(unsigned long long)n));
}

/* The case itself, between making ready and cleaning up. */
static void play(struct lane *lane, struct played *p)
{
	struct stage *st = live_stage_base(lane->live);
	const struct job *job = p->job;
	struct tape *t = &p->tape;
	enum stage_said said;

	live_stage_bug(lane->live, job->bug);
	said = live_stage_begin(lane->live, job->script, job->family, t);
	if (said == STAGE_YES)
		interpret(job->script, st, t, job->timeout_ns);
	else
		set_reason(t,
			   said == STAGE_CANNOT ? VERDICT_SKIP : VERDICT_BROKEN,
			   st->fault.text);
	if (!live_stage_end(lane->live, t->verdict == VERDICT_NOT_OK,
			    p->about.received, p->about.dropped))
		set_reason(t, VERDICT_BROKEN, st->fault.text);
	check_drops(t, p->about.dropped);
}

/* What a stack was not given it cannot be blamed for. */
static void check_counts(struct lane *lane, struct tape *t)
{
	if ((t->verdict == VERDICT_NOT_OK || t->verdict == VERDICT_DEVIATES) &&
	    !live_stage_has_counted(lane->live))
		set_reason(t, VERDICT_BROKEN,
			   live_stage_base(lane->live)->fault.text);
}

/* An open stack may know its version better than its name told. */
static const char *stack_text(struct arena *a, const struct stack *s)
{
	return arena_printf(a, "%s%s%s", s->name, *s->version ? " " : "",
			    s->version);
}

/* What the evidence says besides the tape. */
static void describe(struct lane *lane, struct played *p)
{
	struct evidence_about *about = &p->about;
	struct arena *a = &p->tape.arena;

	about->app = "lastack " VERSION;
	if (p->job->bug)
		about->app = arena_printf(a, "lastack " VERSION " --bug %s",
					  p->job->bug->name);
	about->os = lane->os;
	about->hardware = lane->uts.machine;
	about->link = link_name(lane->plan->link);
	for (int side = SIDE_A; side <= SIDE_B; side++)
		about->stack[side] = stack_text(a, lane->ends.stack[side]);
}

/* After many connections, or a broken case, the ends are built anew. */
static bool is_spent(const struct played *p)
{
	return p->tape.verdict == VERDICT_BROKEN ||
	       script_connections(p->job->script) > 1;
}

static void play_and_judge(struct lane *lane, struct played *p,
			   struct outcome *out)
{
	const struct judged *judged;
	size_t n;

	play(lane, p);
	judged_tape(p->job->script, &p->tape, &judged, &n);
	check_counts(lane, &p->tape);
	describe(lane, p);
	outcome_of_tape(out, &p->tape);
	out->judged = judged;
	out->n_judged = n;
	out->late_ns = live_stage_late_ns(lane->live);
	out->left = p;
	if (is_spent(p))
		close_ends(lane);
}

static void not_played(struct played *p, enum verdict v, const struct fault *f,
		       struct outcome *out)
{
	set_reason(&p->tape, v, f->text);
	outcome_of_tape(out, &p->tape);
}

void lane_play(struct lane *lane, const struct job *job, struct outcome *out)
{
	int64_t start = clock_machine_ns(), real = clock_real_ns();
	struct played *p = &lane->played[lane->turn ^= 1];
	struct fault f;

	played_begin(p, job);
	if (!lane->open && open_ends(lane, &f) < 0)
		not_played(p, VERDICT_BROKEN, &f, out);
	else if (!needs_met(lane, job, &f))
		not_played(p, VERDICT_SKIP, &f, out);
	else
		play_and_judge(lane, p, out);
	out->start_ns = real;
	out->duration_ns = clock_machine_ns() - start;
}
