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
#include "base/clock.h"
#include "base/folder.h"
#include "run/lane.h"
#include "run/runner.h"
#include "stack/ends.h"
#include "base/cpu.h"

struct options {
	struct plan_jobs jobs;
	struct runner_options runner;
	struct option_display display;
	const char *link;
	const char *out;
	bool quick;
	bool require;
	bool list_bugs;
};

static const struct runner_lane lane = {
	.open = lane_open,
	.play = lane_play,
	.close = lane_close,
};

static const struct options usual = {
	.jobs = { .rounds = 1, .timeout_ns = 120 * NS_PER_S },
	.runner = { .lane = &lane, .grace_ns = RUNNER_GRACE_NS },
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

static int take_bug(const struct option_row *row, const char *text, void *to)
{
	struct options *o = to;

	(void)row;
	o->list_bugs = strcmp(text, "list") == 0;
	o->jobs.bug = bug_find(text);
	return o->jobs.bug || o->list_bugs ? 0 : -1;
}

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
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
	OPTION_DISPLAY(struct options, display),
	{ 0 },
};

/* Fills in what was not asked for; refuses options that exclude each other. */
static int complete(struct options *o)
{
	size_t cores = cpu_allowed(NULL, 0);

	o->jobs.link = o->runner.link = link_parse(o->link);
	if (!o->jobs.ipv4 && !o->jobs.ipv6)
		o->jobs.ipv4 = o->jobs.ipv6 = true;
	if (!o->runner.lanes)
		o->runner.lanes = cores ? (unsigned int)cores : 1;
	if (o->jobs.bug && !link_has_cable(o->jobs.link))
		return option_bad("run",
				  "--bug %s: expected --link wire, where the "
				  "harness holds the cable",
				  o->jobs.bug->name);
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

	if (rc == 0 && o->quick) {
		plan_drop_slow(p);
		if (!p->n)
			return option_bad("run", "--quick: every case that was "
						 "selected is marked slow");
	}
	/* Both families take every case; one alone may take none. */
	if (rc == 0 && !plan_has_jobs(p, &o->jobs))
		return option_bad("run", "no selected case is for %s",
				  o->jobs.ipv6 ? "IPv6" : "IPv4");
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

static int write_reports(struct run *run, const struct place *at,
			 struct fault *f)
{
	struct arena *a = &run->arena;
	struct fault second;
	int rc;

	rc = report_json(run, arena_printf(a, "%s/results.json", at->dir), f);
	if (report_junit(run, arena_printf(a, "%s/junit.xml", at->dir),
			 rc ? &second : f) ||
	    rc)
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
 * From here on, what fails is the harness: one line and CMD_BAD. A reader who
 * goes away does not end the run: its reports are kept.
 */
static int carry_out(struct options *o, struct plan *p, struct run *run,
		     const struct report *report, struct fault *f)
{
	struct place at;
	struct job *job;
	size_t n;
	int rc;

	if (have_files(f) || ends_privilege(f) ||
	    make_place(&run->arena, o->out, &at, f))
		return -1;
	signal(SIGPIPE, SIG_IGN);
	run->dir = at.dir;
	run->captures = o->jobs.captures = at.captures;
	o->jobs.ladders = arena_printf(&run->arena, "%s/ladders", at.dir);
	job = plan_jobs(p, &o->jobs, &n);
	run_begin(run, job, n);
	rc = runner_run(run, &o->runner, report, f);
	if (rc && !run->done) {
		if (at.name)
			rmdir(at.dir);
		return rc;
	}
	/* The first fault counts; what was judged is kept in any case. */
	if (rc)
		fprintf(stderr, "lastack run: %s\n", f->text);
	run->failed = rc || fflush(run->out) || ferror(run->out);
	return write_reports(run, &at, f) ? -1 : run_exit_status(run);
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
	if (rc)
		return rc;
	report = option_report(&o->display, &run);
	run.shuffled = o->jobs.shuffled;
	run.seed = o->jobs.seed;
	run.bug = o->jobs.bug ? o->jobs.bug->name : NULL;
	run.require = o->require;
	plan_open(&p, option_fault, NULL);
	rc = load(o, &p, argc, argv);
	if (rc == 0)
		rc = carry_out(o, &p, &run, report, &f);
	if (rc < 0)
		fprintf(stderr, "lastack run: %s\n", f.text);
	plan_close(&p);
	arena_free(&run.arena);
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
		"Exit status: 0 all ok, 1 some not ok, 2 broken or bad usage, 77\n"
		"all skipped, 128 and the signal's number when interrupted.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
