/*
 * The verb "run": options, then plan, privilege, folders, runner, reports.
 * Knows the order of these, and no more of them.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "cmd/guests.h"
#include "base/clock.h"
#include "base/folder.h"
#include "run/expectation_record.h"
#include "run/lane.h"
#include "run/runner.h"
#include "stack/ends.h"
#include "vm/vm.h"
#include "base/cpu.h"

struct options {
	struct plan_jobs jobs;
	struct runner_options runner;
	struct option_display display;
	struct ends_plan ends;
	const char *stack[2]; /* by side; NULL: the kernel */
	const char *vm;	      /* the kernels of guests; NULL: none */
	bool fresh;	      /* guests are booted */
	struct arena arena;
	const struct ends_plan *all; /* that the jobs are played on */
	size_t n_all;
	const char *link;
	const char *out;
	bool quick;
	bool require;
	bool force;
	unsigned int port;
	bool list_bugs;
	struct option_expect expect;
	const char *record;
};

static const struct runner_lane lane = {
	.open = lane_open,
	.play = lane_play,
	.close = lane_close,
};

static const struct options usual = {
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
	struct options *o = to;

	(void)row;
	o->list_bugs = strcmp(text, "list") == 0;
	o->jobs.bug = bug_find(text);
	return o->jobs.bug || o->list_bugs ? 0 : -1;
}

/* "--uml 6.12" is "--vm uml:6.12". */
static int take_uml(const struct option_row *row, const char *text, void *to)
{
	struct options *o = to;

	(void)row;
	o->vm = arena_printf(&o->arena, "uml:%s", text);
	return 0;
}

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "a", 0, option_text, TO(stack[SIDE_A]),
	  .help = "what is at end A (kernel)", .argument = "STACK",
	  .expected = "a stack's name" },
	{ "b", 0, option_text, TO(stack[SIDE_B]), .help = "the same at end B",
	  .argument = "STACK", .expected = "a stack's name" },
	{ "stack", 0, option_text, TO(stack[SIDE_B]),
	  .help = "the stack under test: the same as --b", .argument = "STACK",
	  .expected = "a stack's name" },
	{ "vm", 0, option_text, TO(vm),
	  .help = "play in guests with these Linuxes, in virtual\ntime: a version that scripts/kernel has fetched,\nor IMAGE[:MODULES]",
	  .argument = "KERNEL[,KERNEL...]", .expected = "a kernel" },
	{ "no-snapshots", 0, option_flag, TO(fresh),
	  .help = "boot every guest" },
	{ "uml", 0, take_uml, 0,
	  .help = "the same in a Linux that is a program, without\nany privilege: a version that scripts/uml-kernel\nhas built, or BINARY",
	  .argument = "BINARY", .expected = "a binary" },
	{ "real-time", 0, option_flag, TO(ends.real_time),
	  .help = "let time pass where the ends could live in\nvirtual time" },
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
	  .help = "reports and captures go there\n(reports/run/TIME, captures/run/TIME)",
	  .argument = "FOLDER", .expected = "a folder" },
	OPTION_EXPECT(struct options, expect),
	{ "record", 0, option_text, TO(record),
	  .help = "expect nothing, and write what deviates as\n"
		  "expectations of the next run",
	  .argument = "FILE", .expected = "a file" },
	OPTION_DISPLAY(struct options, display),
	{ 0 },
};

/* For cases that mostly wait, where a lane costs seconds of a processor. */
#define COSTLY_LANES 24

static int choose_stacks(struct options *o)
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
static void take_vm(struct options *o)
{
	const char *text = o->stack[SIDE_B];
	const char *kernel = text ? vm_named(text) : NULL;

	if (!kernel)
		return;
	o->vm = kernel;
	o->stack[SIDE_B] = NULL;
}

/* Both ends are the guest's kernel, and so are its expectations. */
static int choose_vm(struct options *o)
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

/* Fills in what was not asked for; refuses options that exclude each other. */
static int complete(struct options *o)
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

/* One row a line, fields separated by tabs, for people and scripts. */
static int list_bugs(void)
{
	size_t i;

	printf("name\tside\tsource\tjudge\tcases\twhat it does\n");
	for (i = 0; i < n_bugs; i++) {
		const struct bug *b = &bugs[i];

		printf("%s\t%c\t%s\t%s\t%s\t%s\n", b->name,
		       side_letter(b->side), b->source, b->rule ? b->rule : "-",
		       b->shows, b->text);
	}
	return 0;
}

static int load(struct options *o, struct plan *p, int argc, char **argv)
{
	int rc = option_load(p, "run", argv + optind, argc - optind);
	size_t n;

	if (rc == 0 && o->quick) {
		plan_drop_slow(p);
		if (!p->n)
			return option_bad("run", "--quick: every case that was "
						 "selected is marked slow");
	}
	if (rc == 0 && argc == optind && !ends_are_virtual(o->all))
		plan_drop_virtual(p);
	/* Both families take every case; one alone may take none. */
	n = rc ? 0 : plan_count_jobs(p, &o->jobs);
	if (rc == 0 && !n)
		return option_bad("run", "no selected case is for %s",
				  o->jobs.ipv6 ? "IPv6" : "IPv4");
	if (rc == 0 && o->jobs.part > n)
		return option_bad("run",
				  "--shard %u/%u: there is nothing for that "
				  "part to run, expected at most %zu parts",
				  o->jobs.part, o->jobs.parts, n);
	return rc;
}

/* Where this run keeps what it leaves; name is NULL with --out. */
struct place {
	const char *name;
	const char *dir;
	const char *captures;
};

/* reports/run/TIME was not there before: no two runs share it. */
static int make_place(struct arena *a, const char *out, struct place *at,
		      struct fault *f)
{
	time_t now = time(NULL);
	char utc[32];
	struct tm tm;

	at->name = NULL;
	at->dir = out;
	at->captures = arena_printf(a, "%s/captures", out ? out : "");
	if (out)
		return folder_take(out, f);
	strftime(utc, sizeof(utc), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	at->name = folder_make_new(a, "reports/run", utc, f);
	if (!at->name)
		return -1;
	at->dir = arena_printf(a, "reports/run/%s", at->name);
	at->captures = arena_printf(a, "captures/run/%s", at->name);
	return 0;
}

/* All that can be written are, and the first fault is told. */
static int write_reports(struct run *run, struct plan *p,
			 const struct place *at, struct fault *f)
{
	struct arena *a = &run->arena;
	struct fault second;
	int rc;

	rc = report_json(run, arena_printf(a, "%s/results.json", at->dir), f);
	rc |= report_junit(run, arena_printf(a, "%s/junit.xml", at->dir),
			   rc ? &second : f);
	rc |= report_page(run, p, arena_printf(a, "%s/index.html", at->dir),
			  rc ? &second : f);
	if (rc)
		return -1;
	if (!at->name)
		return 0;
	return folder_point(a, "reports/latest",
			    arena_printf(a, "run/%s", at->name), f);
}

/* Descriptors: enough for one lane, and for all of them together. */
#define FILES_LEAST  64
#define FILES_PLENTY 256

/* Raises a low limit where that is allowed; without, fewer lanes open. */
static int have_files(struct fault *f)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) || most.rlim_cur >= FILES_PLENTY)
		return 0;
	most.rlim_cur =
		most.rlim_max < FILES_PLENTY ? most.rlim_max : FILES_PLENTY;
	if (most.rlim_cur < FILES_LEAST)
		return fault_set(f,
				 "the limit of open files (ulimit -n) is %ju, "
				 "expected at least %d",
				 (uintmax_t)most.rlim_cur, FILES_LEAST);
	return setrlimit(RLIMIT_NOFILE, &most)
		       ? fault_errno(f, "cannot raise the limit of open files")
		       : 0;
}

/*
 * Nothing could be played: whoever reads the reports only is told so too. The
 * line on standard error is the caller's.
 */
static int refuse(struct run *run, struct plan *p, const struct place *at,
		  const struct report *report, const struct fault *f)
{
	struct fault ignored;

	run->failed = true;
	run->refused = f->text;
	run_end(run);
	report->refuse(run);
	if (at)
		write_reports(run, p, at, &ignored);
	return -1;
}

/*
 * From here on, what fails is the harness: one line and CMD_BAD. A reader who
 * goes away does not end the run: its reports are kept.
 */
static int carry_out(struct options *o, struct plan *p, struct run *run,
		     const struct report *report, struct fault *f)
{
	/* A guest makes its ends inside, where it may do anything. */
	bool able = have_files(f) == 0 && (o->vm || ends_privilege(f) == 0);
	struct fault second;
	struct place at;
	struct job *job;
	size_t n;
	int rc, recorded = 0;

	if (make_place(&run->arena, o->out, &at, able ? f : &second))
		return refuse(run, p, NULL, report, f);
	signal(SIGPIPE, SIG_IGN);
	run->dir = at.dir;
	run->captures = o->jobs.captures = at.captures;
	o->jobs.ladders = arena_printf(&run->arena, "%s/ladders", at.dir);
	o->jobs.verbose = run->verbose;
	job = plan_jobs(p, &o->jobs, &n);
	run_begin(run, job, n);
	if (!able)
		return refuse(run, p, &at, report, f);
	rc = runner_run(run, &o->runner, report, f);
	if (rc && !run->begun)
		return refuse(run, p, &at, report, f);
	/* The first fault counts; what was judged is kept in any case. */
	if (rc)
		fprintf(stderr, "lastack run: %s\n", f->text);
	if (o->record && report_file(run, o->record, expectations_record, f))
		recorded = -1;
	run->failed = rc || recorded || fflush(run->out) || ferror(run->out);
	if (write_reports(run, p, &at, recorded ? &second : f) || recorded)
		return -1;
	return run_exit_status(run);
}

/* What is recorded is the bare truth. */
static int expect(struct options *o, struct plan *p, struct run *run,
		  struct fault *f)
{
	struct expectations *e = arena_alloc(&o->arena, o->n_all * sizeof(*e));
	struct expect_stack stack[2];
	bool has = false;

	if (o->record && o->expect.n)
		return option_bad("run", "--record and --expect: expected one "
					 "of them");
	o->expect.none |= o->record != NULL;
	for (size_t i = 0; i < o->n_all; i++)
		if (expect_load(&o->expect, p, stack,
				expect_stacks(&o->all[i], stack), &e[i], &has,
				f))
			return -1;
	run->expect = has ? e : NULL;
	return 0;
}

static int enter(void *options, int argc, char **argv)
{
	struct options *o = options;
	struct run run = { .program = program_invocation_name,
			   .verb = "run",
			   .argc = argc,
			   .argv = argv };
	const struct report *report;
	struct plan p;
	struct fault f;
	int rc;

	if (o->list_bugs)
		return list_bugs();
	rc = complete(o);
	if (rc) {
		arena_free(&o->arena);
		return rc;
	}
	report = option_report(&o->display, &run);
	run.shuffled = o->jobs.shuffled;
	run.seed = o->jobs.seed;
	run.part = o->jobs.part;
	run.parts = o->jobs.parts;
	run.bug = o->jobs.bug ? o->jobs.bug->name : NULL;
	run.ends = o->all;
	run.n_ends = o->n_all;
	run.require = o->require;
	run.out_given = o->out;
	run.catalogue = &p.catalogue;
	plan_open(&p, option_fault, NULL);
	rc = load(o, &p, argc, argv);
	if (rc == 0)
		rc = expect(o, &p, &run, &f);
	if (rc == 0 && o->record)
		rc = folder_try(&o->arena, o->record, &f);
	if (rc == 0)
		rc = carry_out(o, &p, &run, report, &f);
	if (rc < 0)
		fprintf(stderr, "lastack run: %s\n", f.text);
	plan_close(&p);
	arena_free(&run.arena);
	arena_free(&o->arena);
	return rc < 0 ? CMD_BAD : rc;
}

const struct cmd cmd_run = {
	.name = "run",
	.line = "run cases against this kernel and judge them",
	.usage = "[OPTION...] [FILE|FOLDER|SELECTOR...]",
	.text = "Runs cases and judges them. A selector is a case's path below the\n"
		"cases folder (close/normal-a-first), with or without .fin, or a\n"
		"requirement id. Without any, all of the cases folder is run.",
	.rows = rows,
	.status =
		"Exit status: 0 all ok or deviating as expected, 1 some not, 2 broken\n"
		"or bad usage, 77 all skipped, 128 and the signal's number when\n"
		"interrupted.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
