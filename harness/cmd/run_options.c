/*
 * The options of the verb "run": what each takes, and what becomes of all of
 * them together. Opens and plays nothing.
 */
#include "cmd/run_own.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "cmd/guests.h"
#include "run/lane.h"
#include "stack/ends.h"
#include "vm/vm.h"

static const struct runner_lane lane = {
	.open = lane_open,
	.play = lane_play,
	.close = lane_close,
};

const struct run_options run_usual = {
	.jobs = { .rounds = 1, .timeout_ns = 120 * NS_PER_S },
	.runner = { .lane = &lane,
		    .grace_ns = RUNNER_GRACE_NS,
		    .open_ns = RUNNER_OPEN_NS },
	.display.format = "auto",
	.link = "wire",
};

static int take_seed(const struct option_row *row, const char *text, void *to)
{
	struct plan_jobs *jobs = to;
	int64_t seed = clock_real_ns();

	(void)row;
	jobs->shuffled = true;
	if (text && option_number(text, 0, UINT32_MAX, &seed))
		return -1;
	jobs->seed = (uint32_t)seed;
	if (!text)
		getrandom(&jobs->seed, sizeof(jobs->seed), 0);
	return 0;
}

static int take_shard(const struct option_row *row, const char *text, void *to)
{
	struct plan_jobs *jobs = to;
	const char *slash = strchr(text, '/');
	char part[16] = "";
	int64_t i, n;

	(void)row;
	if (!slash || slash - text >= (long)sizeof(part))
		return -1;
	memcpy(part, text, (size_t)(slash - text));
	if (option_number(slash + 1, 1, 1000000, &n) ||
	    option_number(part, 1, n, &i))
		return -1;
	jobs->part = (unsigned int)i;
	jobs->parts = (unsigned int)n;
	return 0;
}

static int take_bug(const struct option_row *row, const char *text, void *to)
{
	struct run_options *o = to;

	(void)row;
	o->list_bugs = strcmp(text, "list") == 0;
	o->jobs.bug = bug_find(text);
	return o->jobs.bug || o->list_bugs ? 0 : -1;
}

/* "--uml 6.12" is "--vm uml:6.12". */
static int take_uml(const struct option_row *row, const char *text, void *to)
{
	struct run_options *o = to;

	(void)row;
	o->vm = arena_printf(&o->arena, "uml:%s", text);
	return 0;
}

#define TO(member) offsetof(struct run_options, member)

const struct option_row run_rows[] = {
	{ "a", 0, option_text, TO(stack[SIDE_A]),
	  .help = "what is at end A (kernel)", .argument = "STACK",
	  .expected = "a stack's name" },
	{ "b", 0, option_text, TO(stack[SIDE_B]), .help = "the same at end B",
	  .argument = "STACK", .expected = "a stack's name" },
	{ "stack", 0, option_text, TO(stack[SIDE_B]),
	  .help = "the stack under test: the same as --b", .argument = "STACK",
	  .expected = "a stack's name" },
	{ "vm", 0, option_text, TO(vm),
	  .help = "play in guests with these Linuxes, in virtual\n"
		  "time: a version that scripts/kernel has fetched,\n"
		  "or IMAGE[:MODULES]",
	  .argument = "KERNEL[,KERNEL...]", .expected = "a kernel" },
	{ "no-snapshots", 0, option_flag, TO(fresh),
	  .help = "boot every guest" },
	{ "uml", 0, take_uml, 0,
	  .help = "the same in a Linux that is a program, without\n"
		  "any privilege: a version that scripts/uml-kernel\n"
		  "has built, or BINARY",
	  .argument = "BINARY", .expected = "a binary" },
	{ "real-time", 0, option_flag, TO(ends.real_time),
	  .help = "let time pass where the ends could live in\n"
		  "virtual time" },
	{ "port", 0, option_count, TO(port),
	  .help = "where the stack under test listens by itself,\n"
		  "without an agent",
	  .argument = "PORT", .most = 65535 },
	{ "force", 0, option_flag, TO(force),
	  .help = "take an interface though this machine is\n"
		  "reached by no other" },
	{ "link", 0, option_text, TO(link),
	  .help = "what lies between the ends (wire)", .words = link_names },
	{ NULL, '4', option_flag, TO(jobs.ipv4), .help = "IPv4 only" },
	{ NULL, '6', option_flag, TO(jobs.ipv6), .help = "IPv6 only" },
	{ "jobs", 0, option_count, TO(runner.lanes),
	  .help = "lanes for the quick cases (usable cores)", .argument = "N",
	  .most = 1000000 },
	{ "quick", 0, option_flag, TO(quick),
	  .help = "leave out the cases marked slow" },
	{ "repeat", 0, option_count, TO(jobs.rounds),
	  .help = "every case N times", .argument = "N", .most = 1000000 },
	{ "shuffle", 0, take_seed, TO(jobs), .help = "in an order drawn by lot",
	  .argument = "[SEED]", .expected = "a seed from 0 to 4294967295" },
	{ "shard", 0, take_shard, TO(jobs),
	  .help = "part I of N that are the whole run; merge\n"
		  "makes one report of them",
	  .argument = "I/N",
	  .expected = "I/N, such as 1/4, with I from 1 to N" },
	{ "fail-fast", 0, option_flag, TO(runner.fail_fast),
	  .help = "stop at the first that is not ok" },
	{ "timeout", 0, option_time, TO(jobs.timeout_ns),
	  .help = "per case, beyond its own waiting (120s)", .argument = "TIME",
	  .expected = "a time such as 500ms, 30s or 2m" },
	{ "require", 0, option_flag, TO(require),
	  .help = "a skipped case is not ok" },
	{ "bug", 0, take_bug, 0,
	  .help = "make one end look as if it had that bug\n"
		  "(--bug list: which there are)",
	  .argument = "NAME",
	  .expected = "a name of those that --bug list prints" },
	/* The old name of --bug. */
	{ "liar", 0, take_bug, 0, .argument = "NAME",
	  .expected = "a name of those that --bug list prints" },
	{ "out", 0, option_text, TO(out),
	  .help = "reports and captures go there\n"
		  "(reports/run/TIME, captures/run/TIME)",
	  .argument = "FOLDER", .expected = "a folder" },
	OPTION_EXPECT(struct run_options, expect),
	{ "record", 0, option_text, TO(record),
	  .help = "expect nothing, and write what deviates as\n"
		  "expectations of the next run",
	  .argument = "FILE", .expected = "a file" },
	OPTION_DISPLAY(struct run_options, display),
	{ 0 },
};

/* For cases that mostly wait, where a lane costs seconds of a processor. */
#define COSTLY_LANES 24

static int choose_stacks(struct run_options *o)
{
	struct fault f;

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const char *text = o->stack[side] ? o->stack[side] : "kernel";
		struct stack_choice *c = &o->ends.stack[side];

		if (stack_choose(text, c, &f) ||
		    (!o->force && c->kind->risk && c->kind->risk(c, &f)))
			return option_bad("run", "%s", f.text);
		if (c->kind->is_one)
			o->runner.alike = true;
		if (c->kind->is_costly)
			o->runner.patient = COSTLY_LANES;
		if (!c->kind->is_kernel && !link_has_cable(o->ends.link))
			return option_bad("run",
					  "--link %s: expected --link wire, "
					  "which alone joins the stack %s",
					  o->link, c->kind->name);
	}
	return 0;
}

/* "--stack vm:6.1" is "--vm 6.1", so that lists of stacks can have kernels. */
static void take_vm(struct run_options *o)
{
	const char *text = o->stack[SIDE_B];
	const char *kernel = text ? vm_named(text) : NULL;

	if (!kernel)
		return;
	o->vm = kernel;
	o->stack[SIDE_B] = NULL;
}

/* Both ends are the guest's kernel, and so are its expectations. */
static int choose_vm(struct run_options *o)
{
	struct fault f;

	if (o->stack[SIDE_A] || o->stack[SIDE_B])
		return option_bad("run", "--vm and --stack: expected one of "
					 "them");
	o->n_all = guests_choose(&o->arena, o->vm, &o->ends, !o->fresh, &o->all,
				 &f);
	if (!o->n_all)
		return option_bad("run", "--%s: %s",
				  strncmp(o->vm, "uml:", 4) ? "vm" : "uml",
				  f.text);
	if (o->record && o->n_all > 1)
		return option_bad("run", "--record: expected one kernel");
	o->runner.lane = &vm_lane;
	o->runner.open_ns = VM_OPEN_NS;
	o->runner.alike = true;
	return 0;
}

int run_complete(struct run_options *o)
{
	size_t cores = cpu_allowed(NULL, 0);

	o->jobs.link = o->ends.link = link_parse(o->link);
	o->all = &o->ends;
	o->n_all = 1;
	if (!o->jobs.ipv4 && !o->jobs.ipv6)
		o->jobs.ipv4 = o->jobs.ipv6 = true;
	if (!o->runner.lanes)
		o->runner.lanes = cores ? (unsigned int)cores : 1;
	if (o->jobs.bug && !link_has_cable(o->jobs.link))
		return option_bad("run",
				  "--bug %s: expected --link wire, where the "
				  "harness holds the cable",
				  o->jobs.bug->name);
	o->ends.port = (uint16_t)o->port;
	take_vm(o);
	if (choose_stacks(o))
		return CMD_BAD;
	if (o->runner.alike)
		o->runner.lanes = 1;
	if (o->vm && choose_vm(o))
		return CMD_BAD;
	o->jobs.ends = o->runner.ends = o->all;
	o->jobs.n_ends = o->runner.n_ends = o->n_all;
	return 0;
}
