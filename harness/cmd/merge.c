/*
 * The verb "merge": the parts of a run made one, with its evidence and reports
 * as if it had been played in one place. Runs nothing, judges nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "cmd/cmd.h"
#include "run/kept.h"

struct options {
	const char *out;
	struct option_display display;
};

/* A part, and where it came from. */
struct part {
	const char *dir;
	struct run run;
};

struct merge {
	struct part *part;
	size_t n;
	struct run run; /* the whole */
	struct plan *plan;
	struct fault *f;
};

static bool differs(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

static const char *link_of(const struct run *run)
{
	return run->done ? link_name(run->rec[0].job->link) : NULL;
}

static bool unlike_ends(const struct run *a, const struct run *b)
{
	char x[STACK_LABEL_MAX], y[STACK_LABEL_MAX];
	bool unlike = a->n_ends != b->n_ends;

	for (size_t i = 0; !unlike && i < a->n_ends; i++)
		for (int side = SIDE_A; side <= SIDE_B; side++)
			unlike |= differs(
				stack_label(&a->ends[i].stack[side], x),
				stack_label(&b->ends[i].stack[side], y));
	return unlike;
}

/* One report says once what it is of. */
static const char *unlike(const struct run *a, const struct run *b)
{
	if (differs(a->kernel, b->kernel) || differs(a->machine, b->machine))
		return "kernel";
	if (unlike_ends(a, b))
		return "stacks";
	if (a->done && b->done && differs(link_of(a), link_of(b)))
		return "link";
	if (differs(a->bug, b->bug))
		return "injected bug";
	return a->parts != b->parts ? "number of parts" : NULL;
}

static int check_alike(struct merge *m)
{
	for (size_t i = 1; i < m->n; i++) {
		const char *what = unlike(&m->part[0].run, &m->part[i].run);

		if (what)
			return fault_set(m->f,
					 "%s and %s are no parts of one run: "
					 "expected the same %s",
					 m->part[0].dir, m->part[i].dir, what);
	}
	return 0;
}

/* What a part would have found must not go unnoticed. */
static int check_parts(struct merge *m)
{
	unsigned int parts = m->part[0].run.parts;

	for (unsigned int part = 1; part <= parts; part++) {
		size_t i = 0;

		while (i < m->n && m->part[i].run.part != part)
			i++;
		if (i == m->n)
			return fault_set(m->f, "part %u/%u is missing", part,
					 parts);
	}
	return 0;
}

static int by_job(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return run_order(x->job, y->job);
}

/* Those that were not run stay behind those that were. */
static int add_records(struct merge *m)
{
	struct run *all = &m->run;
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->part[i].run.n;
	all->rec = arena_alloc(&all->arena, (n + 1) * sizeof(*all->rec));
	all->n = n;
	for (size_t i = 0; i < m->n; i++) {
		const struct run *run = &m->part[i].run;

		memcpy(all->rec + all->done, run->rec,
		       run->done * sizeof(*run->rec));
		all->done += run->done;
		for (int v = 0; v < VERDICT_COUNT; v++)
			all->count[v] += run->count[v];
	}
	if (all->done)
		qsort(all->rec, all->done, sizeof(*all->rec), by_job);
	for (size_t i = all->done; i < n; i++)
		all->rec[i].job =
			all->done ? all->rec[0].job : m->part[0].run.rec[0].job;
	for (size_t i = 1; i < all->done; i++)
		if (by_job(&all->rec[i - 1], &all->rec[i]) == 0)
			return fault_set(m->f, "%s is in more than one part",
					 all->rec[i].job->name);
	return 0;
}

/* The heads of the parts, added up. */
static void add_heads(struct merge *m)
{
	struct run *all = &m->run;

	for (size_t i = 0; i < m->n; i++) {
		const struct run *run = &m->part[i].run;

		if (i == 0 || run->start_ns < all->start_ns)
			all->start_ns = run->start_ns;
		all->duration_ns += run->duration_ns;
		if (run->rounds > all->rounds)
			all->rounds = run->rounds;
		if (run->refused)
			all->refused = run->refused;
		if (i == 0 || !run->expect)
			all->expect = run->expect;
	}
	all->failed = all->refused != NULL;
	all->kernel = m->part[0].run.kernel;
	all->machine = m->part[0].run.machine;
	all->bug = m->part[0].run.bug;
	all->ends = m->part[0].run.ends;
	all->n_ends = m->part[0].run.n_ends;
}

/* Where the whole run would have put what is now at path. */
static const char *bring(struct merge *m, const struct job *job,
			 const char *path, const char *folder,
			 const char *ending)
{
	struct arena *a = &m->run.arena;
	const char *to =
		plan_place(a, arena_printf(a, "%s/%s", m->run.dir, folder), job,
			   m->run.rounds, ending);

	return folder_copy(path, to, m->f) ? NULL : to;
}

static int bring_evidence(struct merge *m, struct record *rec)
{
	struct job *job = arena_alloc(&m->run.arena, sizeof(*job));

	*job = *rec->job;
	rec->job = job;
	if (job->capture) {
		job->capture =
			bring(m, job, job->capture, "captures", ".pcapng");
		if (!job->capture)
			return -1;
	}
	if (job->ladder) {
		job->ladder = bring(m, job, job->ladder, "ladders", ".fin.txt");
		if (!job->ladder)
			return -1;
	}
	if (rec->out.verdict == VERDICT_OK && !m->run.verbose)
		return 0;
	return kept_ladder(&m->run, rec, m->f);
}

/* Where one is missing nothing is begun. */
static int check_evidence(struct merge *m)
{
	for (size_t i = 0; i < m->run.done; i++) {
		const struct job *job = m->run.rec[i].job;
		const char *path[] = { job->capture, job->ladder };

		for (size_t k = 0; k < ARRAY_SIZE(path); k++)
			if (path[k] && access(path[k], R_OK))
				return fault_errno(m->f, "%s", path[k]);
	}
	return 0;
}

static int bring_all(struct merge *m)
{
	for (size_t i = 0; i < m->run.done; i++)
		if (bring_evidence(m, &m->run.rec[i]))
			return -1;
	return 0;
}

static void tell(struct merge *m, const struct report *report)
{
	struct run *all = &m->run;
	size_t done = all->done;

	report->begin(all);
	/* TAP numbers a case by how many are done. */
	for (all->done = 0; all->done < done;)
		report->done(all, &all->rec[all->done++]);
	report->end(all);
}

static int by_name(const void *name, const void *item)
{
	return strcmp(name, ((const struct plan_case *)item)->name);
}

/*
 * The texts of the cases, for the page; those that are not in the cases folder
 * here go without.
 */
static void find_texts(struct merge *m)
{
	struct fault ignored;

	if (plan_load(m->plan, NULL, 0, &ignored))
		return;
	for (size_t i = 0; i < m->run.done; i++) {
		/* It was made by bring_evidence, and is the whole run's own. */
		struct job *job = (struct job *)m->run.rec[i].job;
		const struct plan_case *c =
			bsearch(job->name, m->plan->item, m->plan->n,
				sizeof(*m->plan->item), by_name);

		if (c)
			job->script = c->script;
	}
}

static int write_reports(struct merge *m)
{
	struct run *all = &m->run;
	struct arena *a = &all->arena;

	if (report_json(all, arena_printf(a, "%s/results.json", all->dir),
			m->f) ||
	    report_junit(all, arena_printf(a, "%s/junit.xml", all->dir), m->f))
		return -1;
	find_texts(m);
	return report_page(all, m->plan,
			   arena_printf(a, "%s/index.html", all->dir), m->f);
}

static int read_parts(struct merge *m, const struct options *o, char **dir)
{
	int rc = 0;

	for (size_t i = 0; i < m->n && rc == 0; i++) {
		m->part[i].dir = dir[i];
		if (folder_is_same(dir[i], o->out))
			return fault_set(m->f, "--out %s: is one of the parts",
					 o->out);
		rc = kept_read(&m->part[i].run, dir[i], m->f);
	}
	return rc;
}

static int merge(struct merge *m, const struct options *o,
		 const struct report *report, char **dir)
{
	struct run *all = &m->run;

	if (read_parts(m, o, dir) || check_alike(m) || check_parts(m) ||
	    add_records(m) || check_evidence(m) || folder_take(o->out, m->f))
		return -1;
	add_heads(m);
	if (run_make_folders(all, m->f) || bring_all(m)) {
		run_remove_files(all);
		return -1;
	}
	tell(m, report);
	return write_reports(m) ? -1 : run_exit_status(all);
}

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "out", 0, option_text, TO(out),
	  .help = "where the report and its captures go", .argument = "FOLDER",
	  .expected = "a folder" },
	OPTION_DISPLAY(struct options, display),
	{ 0 },
};

static const struct options usual = { .display.format = "auto" };

static int enter(void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct plan p;
	struct fault f;
	struct merge m = { .n = (size_t)(argc - optind), .plan = &p, .f = &f };
	const struct report *report = option_report(&o->display, &m.run);
	int rc;

	if (!m.n || !o->out)
		return option_bad("merge",
				  "expected --out FOLDER and the folders of "
				  "the parts");
	plan_open(&p, option_fault, NULL);
	m.part = arena_alloc(&m.run.arena, m.n * sizeof(*m.part));
	m.run.program = program_invocation_name;
	m.run.verb = "run";
	m.run.argc = argc;
	m.run.argv = argv;
	m.run.catalogue = &p.catalogue;
	m.run.out_given = m.run.dir = o->out;
	m.run.captures = arena_printf(&m.run.arena, "%s/captures", o->out);
	rc = plan_catalogue(&p, &f);
	if (rc == 0)
		rc = merge(&m, o, report, argv + optind);
	if (rc < 0)
		fprintf(stderr, "lastack merge: %s\n", f.text);
	for (size_t i = 0; i < m.n; i++)
		arena_free(&m.part[i].run.arena);
	plan_close(&p);
	arena_free(&m.run.arena);
	return rc < 0 ? CMD_BAD : rc;
}

const struct cmd cmd_merge = {
	.name = "merge",
	.line = "make one report of the parts of a run",
	.usage = "--out FOLDER [OPTION...] FOLDER...",
	.text = "Makes one report of the parts that run --shard has kept in folders:\n"
		"results.json, junit.xml, captures and ladders, and what a run prints.\n"
		"A part that is missing, or of another kernel or link, is refused.",
	.rows = rows,
	.status = "Exit status: that of the whole run; 2 for bad usage too.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
