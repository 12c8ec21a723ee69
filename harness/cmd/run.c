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
#include "cmd/option.h"
#include "base/clock.h"
#include "base/folder.h"
#include "run/lane.h"
#include "run/runner.h"
#include "base/cpu.h"

static const char help[] =
	"usage: lastack run [OPTION...] [FILE|FOLDER|SELECTOR...]\n"
	"\n"
	"Runs cases and judges them. A selector is a case's path below the\n"
	"cases folder (close/normal-a-first), with or without .fin, or a\n"
	"requirement id. Without any, all of the cases folder is run.\n"
	"\n"
	"  --link wire|veth|loopback  what lies between the ends (wire)\n"
	"  -4, -6                     this address family only\n"
	"  --jobs N                   lanes for the quick cases (usable cores)\n"
	"  --quick                    leave out the cases marked slow\n"
	"  --repeat N                 every case N times\n"
	"  --shuffle [SEED]           in an order drawn by lot\n"
	"  --fail-fast                stop at the first that is not ok\n"
	"  --timeout TIME             per case, beyond its own waiting (120s)\n"
	"  --require                  a skipped case is not ok\n"
	"  --bug NAME                 make one end look as if it had that bug\n"
	"                             (--bug list: which there are)\n"
	"  --out FOLDER               reports and captures go there\n"
	"                             (reports/run/TIME, captures/run/TIME)\n"
	"  --format tap|human|auto    auto: human on a terminal, else TAP\n"
	"  --verbose                  ladders of passing cases too\n"
	"  --no-color                 so does NO_COLOR in the environment\n"
	"\n"
	"Exit status: 0 all ok, 1 some not ok, 2 broken or bad usage, 77\n"
	"all skipped, 128 and the signal's number when interrupted.\n";

struct options {
	struct plan_jobs jobs;
	struct runner_options runner;
	struct option_look look;
	const char *out;
	bool quick;
	bool require;
	bool list_bugs;
};

enum {
	OPT_LINK = 256,
	OPT_JOBS,
	OPT_QUICK,
	OPT_REPEAT,
	OPT_SHUFFLE,
	OPT_FAIL_FAST,
	OPT_TIMEOUT,
	OPT_REQUIRE,
	OPT_BUG,
	OPT_OUT,
	OPT_FORMAT,
	OPT_VERBOSE,
	OPT_NO_COLOR,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "link", required_argument, NULL, OPT_LINK },
	{ "jobs", required_argument, NULL, OPT_JOBS },
	{ "quick", no_argument, NULL, OPT_QUICK },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "shuffle", optional_argument, NULL, OPT_SHUFFLE },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "require", no_argument, NULL, OPT_REQUIRE },
	{ "bug", required_argument, NULL, OPT_BUG },
	{ "liar", required_argument, NULL, OPT_BUG }, /* its old name */
	{ "out", required_argument, NULL, OPT_OUT },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "no-color", no_argument, NULL, OPT_NO_COLOR },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const struct runner_lane lane = {
	.open = lane_open,
	.play = lane_play,
	.close = lane_close,
};

static void set_defaults(struct options *o)
{
	size_t cores = cpu_allowed(NULL, 0);

	memset(o, 0, sizeof(*o));
	o->jobs.rounds = 1;
	o->jobs.timeout_ns = 120 * NS_PER_S;
	o->runner.lane = &lane;
	o->runner.lanes = cores ? (unsigned int)cores : 1;
	o->runner.grace_ns = RUNNER_GRACE_NS;
	o->look.format = "auto";
}

/* "--shuffle 7" as well as "--shuffle=7": digits that follow are its own. */
static int take_seed(struct options *o, int argc, char **argv)
{
	const char *text = optarg;
	int64_t seed = 0;

	o->jobs.shuffled = true;
	if (!text && optind < argc && argv[optind][0] &&
	    strspn(argv[optind], "0123456789") == strlen(argv[optind]))
		text = argv[optind++];
	if (!text && getrandom(&o->jobs.seed, sizeof(o->jobs.seed), 0) > 0)
		return 0;
	if (text && option_number(text, 0, UINT32_MAX, &seed))
		return option_bad("run",
				  "--shuffle %s: expected a seed from 0 "
				  "to %u",
				  text, UINT32_MAX);
	o->jobs.seed = (uint32_t)seed;
	return 0;
}

static int take_number(const char *name, unsigned int *to)
{
	int64_t n;

	if (option_number(optarg, 1, 1000000, &n))
		return option_bad("run",
				  "%s %s: expected a number from 1 to "
				  "1000000",
				  name, optarg);
	*to = (unsigned int)n;
	return 0;
}

static int take_link(struct options *o)
{
	o->jobs.link = o->runner.link = link_parse(optarg);
	if (o->jobs.link == LINK_COUNT)
		return option_bad("run",
				  "--link %s: expected wire, veth or "
				  "loopback",
				  optarg);
	return 0;
}

static int take_timeout(struct options *o)
{
	if (option_time(optarg, &o->jobs.timeout_ns))
		return option_bad("run",
				  "--timeout %s: expected a time such "
				  "as 500ms, 30s or 2m",
				  optarg);
	return 0;
}

static int take_bug(struct options *o)
{
	o->list_bugs = strcmp(optarg, "list") == 0;
	o->jobs.bug = bug_find(optarg);
	if (!o->jobs.bug && !o->list_bugs)
		return option_bad("run",
				  "--bug %s: expected a name of "
				  "those that --bug list prints",
				  optarg);
	return 0;
}

/* The options that take an argument. */
static int take_value(struct options *o, int c, int argc, char **argv)
{
	switch (c) {
	case OPT_LINK:
		return take_link(o);
	case OPT_JOBS:
		return take_number("--jobs", &o->runner.lanes);
	case OPT_REPEAT:
		return take_number("--repeat", &o->jobs.rounds);
	case OPT_SHUFFLE:
		return take_seed(o, argc, argv);
	case OPT_TIMEOUT:
		return take_timeout(o);
	case OPT_BUG:
		return take_bug(o);
	case OPT_OUT:
		o->out = optarg;
		return *optarg ? 0
			       : option_bad("run", "--out: expected a "
						   "folder");
	case OPT_FORMAT:
		o->look.format = optarg;
		return 0;
	default:
		return option_unknown("run", argv, c);
	}
}

static bool *flag_of(struct options *o, int c)
{
	switch (c) {
	case '4':
		return &o->jobs.ipv4;
	case '6':
		return &o->jobs.ipv6;
	case OPT_QUICK:
		return &o->quick;
	case OPT_FAIL_FAST:
		return &o->runner.fail_fast;
	case OPT_REQUIRE:
		return &o->require;
	case OPT_VERBOSE:
		return &o->look.verbose;
	case OPT_NO_COLOR:
		return &o->look.no_color;
	default:
		return NULL;
	}
}

/* -1: help was asked for. */
static int take_options(struct options *o, int argc, char **argv)
{
	const char *letters = ":46h";
	int c, rc = 0;
	bool *flag;

	set_defaults(o);
	opterr = 0;
	while (rc == 0 &&
	       (c = getopt_long(argc, argv, letters, long_options, 0)) != -1) {
		if (c == OPT_HELP || c == 'h')
			return -1;
		flag = flag_of(o, c);
		if (flag)
			*flag = true;
		else
			rc = take_value(o, c, argc, argv);
	}
	if (!o->jobs.ipv4 && !o->jobs.ipv6)
		o->jobs.ipv4 = o->jobs.ipv6 = true;
	if (rc == 0 && o->jobs.bug && o->jobs.link != LINK_WIRE)
		return option_bad("run",
				  "--bug %s: expected --link wire, "
				  "where the harness holds the cable",
				  o->jobs.bug->name);
	return rc;
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

/* Descriptors: what a lane needs, and what all of them together do. */
#define FILES_LEAST  64
#define FILES_PLENTY 256

/* A low limit is raised if it may be; too few for all lanes: fewer lanes. */
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
 * From here on, what fails is the harness: one line and DOOR_BAD. A reader who
 * goes away does not end the run: its reports are kept.
 */
static int carry_out(struct options *o, struct plan *p, struct run *run,
		     const struct report *report, struct fault *f)
{
	struct place at;
	struct job *job;
	size_t n;
	int rc;

	if (have_files(f) || lane_privilege(f) ||
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

int door_run(int argc, char **argv)
{
	struct run run = { .program = program_invocation_name,
			   .verb = "run",
			   .argc = argc,
			   .argv = argv };
	const struct report *report;
	struct options o;
	struct plan p;
	struct fault f;
	int rc = take_options(&o, argc, argv);

	if (rc < 0) {
		fputs(help, stdout);
		return 0;
	}
	if (rc)
		return rc;
	if (o.list_bugs)
		return list_bugs();
	report = option_report(&o.look, &run);
	if (!report)
		return option_bad("run",
				  "--format %s: expected tap, human or "
				  "auto",
				  o.look.format);
	run.shuffled = o.jobs.shuffled;
	run.seed = o.jobs.seed;
	run.bug = o.jobs.bug ? o.jobs.bug->name : NULL;
	run.require = o.require;
	plan_open(&p, option_fault, NULL);
	rc = load(&o, &p, argc, argv);
	if (rc == 0)
		rc = carry_out(&o, &p, &run, report, &f);
	if (rc < 0)
		fprintf(stderr, "lastack run: %s\n", f.text);
	plan_close(&p);
	arena_free(&run.arena);
	return rc < 0 ? DOOR_BAD : rc;
}
