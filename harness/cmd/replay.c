/*
 * The verb "replay": captures judged again, each against the case it records.
 * Needs no privilege: it only reads files.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <sys/socket.h>

#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "tape/evidence.h"
#include "base/folder.h"
#include "run/replay.h"

#define CAPTURES "captures"
#define ENDING	 ".pcapng"

struct item {
	const char *capture;
	const char *path; /* of the case */
	int family;
};

struct replay {
	struct arena arena;
	struct item *item;
	size_t n;
	struct plan plan;
	struct run run;
	struct expectations expect;
};

/* Takes a capture: which case, which family. */
static int add(void *ctx, const char *path, struct fault *f)
{
	struct replay *r = ctx;
	struct tape tape = { 0 };
	const char *case_path = NULL;
	struct item *item;
	int rc = evidence_read(path, &tape, &case_path, f);

	if (rc == 0 && !case_path)
		rc = fault_set(f, "%s: names no case", path);
	if (rc == 0) {
		item = arena_push(&r->arena, &r->item, &r->n, sizeof(*item));
		item->capture = arena_printf(&r->arena, "%s", path);
		item->path = arena_printf(&r->arena, "%s", case_path);
		item->family = tape.flow.family;
	}
	arena_free(&tape.arena);
	return rc;
}

static int add_folder(struct replay *r, const char *path, const char *except,
		      struct fault *f)
{
	return folder_walk_some(path, ENDING, except, "captures", add, r, f);
}

/* A case stands for its reference captures. */
static int add_case(struct replay *r, const char *text, struct fault *f)
{
	static const char *const family[] = { "ipv4", "ipv6" };
	size_t i, len = strlen(text), n = r->n;
	const char *path;

	if (folder_ends_with(text, ".fin"))
		len -= 4;
	if (strncmp(text, "cases/", 6) == 0) {
		text += 6;
		len -= 6;
	}
	for (i = 0; i < 2; i++) {
		path = arena_printf(&r->arena, CAPTURES "/%s/%.*s" ENDING,
				    family[i], (int)len, text);
		if (folder_has_file(path) && add(r, path, f))
			return -1;
	}
	if (r->n == n)
		return fault_set(f,
				 "nothing matches \"%.*s\": expected a "
				 "capture, a folder, or a case with captures "
				 "below " CAPTURES,
				 (int)len, text);
	return 0;
}

static int add_all(struct replay *r, char *const *operand, int n,
		   struct fault *f)
{
	int i, rc = 0;

	if (n == 0)
		return add_folder(r, CAPTURES, CAPTURES "/run", f);
	for (i = 0; i < n && rc == 0; i++) {
		if (folder_is(operand[i]))
			rc = add_folder(r, operand[i], NULL, f);
		else if (folder_ends_with(operand[i], ENDING))
			rc = add(r, operand[i], f);
		else
			rc = add_case(r, operand[i], f);
	}
	return rc;
}

/*
 * Where the case is now: below the cases folder, whatever path led there when
 * it was recorded; else as it was recorded.
 */
static const char *find_case(struct replay *r, const char *path)
{
	const char *at, *try;

	for (at = path; r->plan.root && at; at = strchr(at, '/')) {
		at += *at == '/';
		try = arena_printf(&r->arena, "%s/%s", r->plan.root, at);
		if (folder_has_file(try))
			return try;
	}
	return path;
}

static int load_cases(struct replay *r)
{
	char **selector = arena_alloc(&r->arena, r->n * sizeof(*selector));
	size_t i;

	for (i = 0; i < r->n; i++) {
		r->item[i].path = find_case(r, r->item[i].path);
		selector[i] = arena_printf(&r->arena, "%s", r->item[i].path);
	}
	return option_load(&r->plan, "replay", selector, (int)r->n);
}

static struct job *make_jobs(struct replay *r)
{
	struct job *job = arena_alloc(&r->arena, r->n * sizeof(*job));
	const struct plan_case *c;
	size_t i;

	for (i = 0; i < r->n; i++) {
		c = plan_find(&r->plan, r->item[i].path);
		job[i].script = c->script;
		job[i].name = c->name;
		job[i].family = r->item[i].family;
		job[i].link = LINK_COUNT; /* none: nothing is sent */
		job[i].round = 1;
		job[i].capture = r->item[i].capture;
	}
	return job;
}

static int judge(struct replay *r, const struct report *report)
{
	struct run *run = &r->run;
	struct outcome out;
	const struct job *j;
	size_t i;

	run_begin(run, make_jobs(r), r->n);
	report->begin(run);
	for (i = 0; i < run->n; i++) {
		j = run->rec[i].job;
		run_give(run, i);
		report->tick(run);
		memset(&out, 0, sizeof(out));
		/* One that cannot be read is broken, and out says so. */
		replay_case(j->script, j->capture, &out);
		report->done(run, run_done(run, i, &out));
	}
	run_end(run);
	report->end(run);
	return run_exit_status(run);
}

struct options {
	struct option_display display;
	struct option_expect expect;
};

/* A capture of any version: rows of all versions apply to it. */
static int expect(struct replay *r, const struct options *o)
{
	static const struct expect_stack linux_any = { "linux", NULL,
						       SIDE_BITS };
	struct fault f;
	bool has;

	if (expect_load(&o->expect, &r->plan, &linux_any, 1, &r->expect, &has,
			&f)) {
		fprintf(stderr, "lastack replay: %s\n", f.text);
		return CMD_BAD;
	}
	r->run.expect = has ? &r->expect : NULL;
	return 0;
}

static int replay(struct replay *r, const struct options *o,
		  const struct report *report, char *const *operand, int n)
{
	struct fault f;
	int rc;

	plan_open(&r->plan, option_fault, NULL);
	if (add_all(r, operand, n, &f)) {
		fprintf(stderr, "lastack replay: %s\n", f.text);
		rc = CMD_BAD;
	} else {
		rc = load_cases(r);
		if (rc == 0)
			rc = expect(r, o);
		if (rc == 0)
			rc = judge(r, report);
	}
	plan_close(&r->plan);
	arena_free(&r->run.arena);
	arena_free(&r->arena);
	return rc;
}

static const struct option_row rows[] = {
	OPTION_EXPECT(struct options, expect),
	OPTION_DISPLAY(struct options, display),
	{ 0 },
};

static const struct options usual = { .display.format = "auto" };

static int enter(void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct replay r = { .run.program = program_invocation_name,
			    .run.verb = "replay" };

	return replay(&r, o, option_report(&o->display, &r.run), argv + optind,
		      argc - optind);
}

const struct cmd cmd_replay = {
	.name = "replay",
	.line = "judge captures again, without privilege",
	.usage = "[OPTION...] [CAPTURE.pcapng|FOLDER|CASE...]",
	.text = "Judges captures again, each against the case it records, looked up\n"
		"in the cases folder. A case stands for its reference captures below\n"
		"captures/ipv4 and captures/ipv6. Without operands: all captures\n"
		"below captures, but not those of runs (captures/run).",
	.rows = rows,
	.status =
		"Exit status: 0 all ok, 1 some not ok, 2 broken or bad usage, 77\n"
		"all skipped.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
