/*
 * The verb "run": options, then plan, privilege, folders, runner, reports.
 * Knows the order of these, and no more of them.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "base/folder.h"
#include "cmd/run_own.h"
#include "run/expectation_record.h"
#include "stack/ends.h"

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

static int load(struct run_options *o, struct plan *p, int argc, char **argv)
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
static int carry_out(struct run_options *o, struct plan *p, struct run *run,
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
static int expect(struct run_options *o, struct plan *p, struct run *run,
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
	struct run_options *o = options;
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
	rc = run_complete(o);
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
	.rows = run_rows,
	.status =
		"Exit status: 0 all ok or deviating as expected, 1 some not, 2 broken\n"
		"or bad usage, 77 all skipped, 128 and the signal's number when\n"
		"interrupted.",
	.size = sizeof(run_usual),
	.usual = &run_usual,
	.enter = enter,
};
