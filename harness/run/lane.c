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
#include "base/memory.h"
#include "tape/evidence.h"
#include "run/judged.h"
#include "run/live_stage.h"
#include "run/outcome.h"
#include "run/interpret.h"
#include "tape/ladder.h"
#include "base/cpu.h"
#include "stack/ends.h"

/* No load delays a waiting process by more than that. */
#define STALL_MOST_NS NS_PER_S

struct lane {
	enum link_kind link;
	int cpu;
	bool open; /* there are ends, fit for a case */
	struct ends ends;
	struct live_stage *live;
	struct scapy scapy;
	struct tape tape;
	struct utsname uts;
	char os[2 * sizeof(((struct utsname *)0)->release)];
	bool wrote;		     /* the last job's evidence */
	const struct judged *judged; /* of the last job */
	size_t n_judged;
	char *ladder; /* of the last job */
	size_t ladder_len;
};

static int open_ends(struct lane *lane, struct fault *f)
{
	static const char *const stack[2] = { "kernel", "kernel" };

	if (ends_open(&lane->ends, stack, lane->link, lane->cpu, f) < 0)
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

struct lane *lane_open(enum link_kind link, int cpu, struct fault *f)
{
	struct lane *lane = memory_zeroed(1, sizeof(*lane));

	lane->link = link;
	lane->cpu = cpu;
	lane->scapy.fd = -1;
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
	tape_clear(&lane->tape);
	free(lane->ladder);
	free(lane);
}

/* Each returns whether the need is met; when it is not, f says why. */

static bool has_wire(struct lane *lane, const struct need *n, int family,
		     struct fault *f)
{
	(void)family;
	if (lane->ends.link->has_cable)
		return true;
	fault_set(f, "needs the wire (%s)", n->why);
	return false;
}

static bool has_sysctl(struct lane *lane, const struct need *n, int family,
		       struct fault *f)
{
	char value[STACK_OPTION_MAX];
	struct fault ignored;
	int side;

	(void)family;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = lane->ends.stack[side];

		if (s->can & STACK_CAN_OPTIONS &&
		    s->ops->option_read(s, n->name, value, &ignored) == 0)
			continue;
		fault_set(f, "needs sysctl %s, which this %s has not", n->name,
			  s->name);
		return false;
	}
	return true;
}

static bool is_kernel_since(const struct stack *s, int major, int minor)
{
	char *dot;
	long its = strtol(s->version, &dot, 10);

	if (strcmp(s->name, "kernel") != 0)
		return false;
	if (its == major)
		return (*dot == '.' ? strtol(dot + 1, NULL, 10) : 0) >= minor;
	return its > major;
}

static bool has_kernel(struct lane *lane, const struct need *n, int family,
		       struct fault *f)
{
	int side;

	(void)family;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack *s = lane->ends.stack[side];

		if (is_kernel_since(s, n->major, n->minor))
			continue;
		fault_set(f, "needs kernel >= %d.%d, this is %s", n->major,
			  n->minor, s->version);
		return false;
	}
	return true;
}

static bool has_scapy(struct lane *lane, const struct need *n, int family,
		      struct fault *f)
{
	struct fault why;

	(void)n;
	(void)family;
	if (lane->scapy.pid)
		return true;
	if (scapy_start(&lane->scapy, scapy_script(), &why) == 0)
		return true;
	fault_set(f, "needs scapy: %.900s", why.text);
	return false;
}

static bool has_family(struct lane *lane, const struct need *n, int family,
		       struct fault *f)
{
	(void)lane;
	if (n->family == family)
		return true;
	fault_set(f, "needs %s", n->family == AF_INET ? "ipv4" : "ipv6");
	return false;
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

static bool needs_met(struct lane *lane, const struct job *job, struct fault *f)
{
	static bool (*const has[])(struct lane *, const struct need *, int,
				   struct fault *) = {
		[NEED_WIRE] = has_wire,	    [NEED_SYSCTL] = has_sysctl,
		[NEED_KERNEL] = has_kernel, [NEED_SCAPY] = has_scapy,
		[NEED_FAMILY] = has_family,
	};
	size_t i;

	if (job->family == AF_INET6 && !have_ipv6(lane, f))
		return false;
	for (i = 0; i < job->script->n_need; i++) {
		const struct need *n = &job->script->need[i];

		if (!has[n->kind](lane, n, job->family, f))
			return false;
	}
	return true;
}

static void set_reason(struct tape *t, enum verdict v, const char *reason)
{
	t->verdict = v;
	t->reason = arena_printf(&t->arena, "%s", reason);
}

static void check_drops(struct lane *lane, const uint64_t dropped[2])
{
	uint64_t n = dropped[0] + dropped[1];

	if (n)
		set_reason(&lane->tape, VERDICT_BROKEN,
			   arena_printf(&lane->tape.arena,
					"libpcap dropped %llu frames",
					(unsigned long long)n));
}

/* A failure on a machine that stood still says nothing of the stack. */
static void check_stall(struct lane *lane)
{
	int64_t stall = live_stage_stood_still_ns(lane->live);

	if (lane->tape.verdict == VERDICT_NOT_OK && stall > STALL_MOST_NS)
		set_reason(&lane->tape, VERDICT_BROKEN,
			   arena_printf(&lane->tape.arena,
					"this machine stood still for %.1f s "
					"meanwhile (%s)",
					(double)stall / NS_PER_S,
					lane->tape.finding->what));
}

/* The case itself, between making ready and cleaning up. */
static void play(struct lane *lane, const struct job *job,
		 struct evidence_about *about)
{
	struct stage *st = live_stage_base(lane->live);
	struct tape *t = &lane->tape;
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
			    about->received, about->dropped))
		set_reason(t, VERDICT_BROKEN, st->fault.text);
	check_drops(lane, about->dropped);
}

static bool write_evidence(struct lane *lane, const struct job *job,
			   struct evidence_about *about)
{
	struct fault f;

	about->app = "lastack " VERSION;
	if (job->bug)
		about->app = arena_printf(&lane->tape.arena,
					  "lastack " VERSION " --bug %s",
					  job->bug->name);
	about->os = lane->os;
	about->hardware = lane->uts.machine;
	about->link = link_name(lane->link);
	if (job->capture && evidence_write(job->capture, job->script,
					   &lane->tape, about, &f) < 0) {
		set_reason(&lane->tape, VERDICT_BROKEN, f.text);
		return false;
	}
	return true;
}

static int ladder_file(const struct job *job, const struct tape *t)
{
	FILE *out = fopen(job->ladder, "we");

	if (!out)
		return -1;
	ladder_print(out, job->script, t, LADDER_TIMES | LADDER_HEAD);
	return fclose(out);
}

static void write_ladder(struct lane *lane, const struct job *job)
{
	FILE *out = memory_stream(&lane->ladder, &lane->ladder_len);

	ladder_print(out, job->script, &lane->tape, 0);
	memory_stream_end(out);
	if (job->ladder && ladder_file(job, &lane->tape) < 0) {
		struct fault f;

		fault_errno(&f, "%s", job->ladder);
		set_reason(&lane->tape, VERDICT_BROKEN, f.text);
	}
}

/* After many connections, or a broken case, the ends are built anew. */
static bool is_spent(const struct lane *lane, const struct job *job)
{
	return lane->tape.verdict == VERDICT_BROKEN ||
	       script_connections(job->script) > 1;
}

static void play_job(struct lane *lane, const struct job *job)
{
	struct evidence_about about = { .app = NULL };
	struct fault f;

	if (!lane->open && open_ends(lane, &f) < 0) {
		set_reason(&lane->tape, VERDICT_BROKEN, f.text);
		return;
	}
	if (!needs_met(lane, job, &f)) {
		set_reason(&lane->tape, VERDICT_SKIP, f.text);
		return;
	}
	play(lane, job, &about);
	judged_tape(job->script, &lane->tape, &lane->judged, &lane->n_judged);
	check_stall(lane);
	if (lane->tape.verdict != VERDICT_SKIP) {
		lane->wrote = write_evidence(lane, job, &about);
		write_ladder(lane, job);
	}
	if (is_spent(lane, job))
		close_ends(lane);
}

void lane_play(struct lane *lane, const struct job *job, struct outcome *out)
{
	int64_t start = clock_mono_ns(), real = clock_real_ns();

	tape_clear(&lane->tape);
	free(lane->ladder);
	lane->ladder = NULL;
	lane->wrote = false;
	lane->n_judged = 0;
	play_job(lane, job);
	outcome_of_tape(out, &lane->tape);
	out->ladder = lane->ladder;
	out->judged = lane->judged;
	out->n_judged = lane->n_judged;
	out->evidence = lane->wrote;
	out->start_ns = real;
	out->duration_ns = clock_mono_ns() - start;
}
