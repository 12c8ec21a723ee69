/*
 * The verb "coverage": what shows each requirement of the catalogue, and what
 * became of it in a run. Only reads and prints.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/folder.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "run/coverage.h"
#include "run/kept.h"

struct options {
	const char *source;
	const char *level;
	const char *format;
};

/* How many of a source and level there are, and are shown. */
struct tally {
	const char *source, *level;
	size_t all;
	size_t by[COVERAGE_BY_COUNT];
	size_t run[COVERAGE_RUN_COUNT];
};

/* What is printed: the rows that were asked for. */
struct asked {
	struct arena *arena;
	struct coverage_row *row;
	size_t n;
	struct tally *tally; /* the last one is of all */
	size_t n_tally;
	bool picked; /* a source or a level */
	bool has_run;
};

static void add_to(struct tally *t, const struct coverage_row *row)
{
	t->all++;
	t->by[coverage_by(row)]++;
	t->run[row->run]++;
}

static struct tally *tally_of(struct asked *a, const struct requirement *r)
{
	struct tally *t;

	for (size_t i = 0; i < a->n_tally; i++)
		if (strcmp(a->tally[i].source, r->source) == 0 &&
		    strcmp(a->tally[i].level, r->level) == 0)
			return &a->tally[i];
	t = arena_push(a->arena, &a->tally, &a->n_tally, sizeof(*t));
	t->source = r->source;
	t->level = r->level;
	return t;
}

static bool is_asked(const struct options *o, const struct requirement *r)
{
	return (!o->source || strcasecmp(o->source, r->source) == 0) &&
	       (!o->level || strcasecmp(o->level, r->level) == 0);
}

static void pick(struct asked *a, const struct coverage *c,
		 const struct options *o)
{
	struct tally whole = { .source = "all", .level = "" };

	for (size_t i = 0; i < c->n; i++) {
		const struct coverage_row *row = &c->row[i];

		if (!is_asked(o, row->requirement))
			continue;
		*(struct coverage_row *)arena_push(a->arena, &a->row, &a->n,
						   sizeof(*row)) = *row;
		add_to(tally_of(a, row->requirement), row);
		add_to(&whole, row);
	}
	*(struct tally *)arena_push(a->arena, &a->tally, &a->n_tally,
				    sizeof(whole)) = whole;
}

static json_t *tally_json(const struct asked *a, const struct tally *t)
{
	static const char *const member[COVERAGE_RUN_COUNT] = { "not_exercised",
								"held",
								"deviating" };
	json_t *j = json_pack("{s:s, s:s, s:I}", "source", t->source, "level",
			      t->level, "all", (json_int_t)t->all);

	for (int i = 0; i < COVERAGE_BY_COUNT; i++)
		json_object_set_new(j, coverage_by_name((enum coverage_by)i),
				    json_integer((json_int_t)t->by[i]));
	for (int i = 0; a->has_run && i < COVERAGE_RUN_COUNT; i++)
		json_object_set_new(j, member[i],
				    json_integer((json_int_t)t->run[i]));
	return j;
}

static json_t *row_json(const struct asked *a, const struct coverage_row *row)
{
	const struct requirement *r = row->requirement;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:s?}",
			 "id", r->id, "level", r->level, "source", r->source,
			 "section", r->section, "sentence", r->text, "by",
			 coverage_by_name(coverage_by(row)), "cases",
			 text_json_list(row->cases, row->n_case), "rules",
			 text_json_list(row->rules, row->n_rule), "without",
			 *r->without ? r->without : NULL, "run",
			 a->has_run ? coverage_run_name(row->run) : NULL);
}

static void print_json(const struct asked *a)
{
	json_t *counts = json_array(), *list = json_array(), *all;

	for (size_t i = 0; i < a->n_tally; i++)
		json_array_append_new(counts, tally_json(a, &a->tally[i]));
	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(list, row_json(a, &a->row[i]));
	all = json_pack("{s:o, s:o}", "counts", counts, "requirements", list);
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
}

static void print_names(const char *what, const char *const *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("    %s %s\n", what, name[i]);
}

static void print_row(const struct asked *a, const struct coverage_row *row)
{
	const struct requirement *r = row->requirement;

	printf("%s: %s\n    %s, %s %s", r->id, r->text, r->level, r->source,
	       r->section);
	if (a->has_run)
		printf("; %s", coverage_run_name(row->run));
	putchar('\n');
	print_names("case", row->cases, row->n_case);
	print_names("rule", row->rules, row->n_rule);
	if (*r->without)
		printf("    %s\n", r->without);
	else if (coverage_by(row) == COVERAGE_MISSING)
		puts("    missing");
}

/* What nothing shows, and why. */
static void print_gaps(const struct asked *a, enum coverage_by by)
{
	bool first = true;

	for (size_t i = 0; i < a->n; i++) {
		const struct requirement *r = a->row[i].requirement;

		if (coverage_by(&a->row[i]) != by)
			continue;
		if (first)
			printf("\n%s:\n", coverage_by_name(by));
		first = false;
		printf("%s: %s\n", r->id,
		       by == COVERAGE_EXCUSED ? r->without : r->text);
	}
}

static void print_tally(const struct asked *a, const struct tally *t)
{
	printf("%-8s %-19s %7zu", t->source, t->level, t->all);
	for (int i = 0; i < COVERAGE_BY_COUNT; i++)
		printf(" %7zu", t->by[i]);
	for (int i = COVERAGE_RUN_COUNT - 1; a->has_run && i >= 0; i--)
		printf(" %13zu", t->run[i]);
	putchar('\n');
}

static void print_text(const struct asked *a)
{
	for (size_t i = 0; a->picked && i < a->n; i++)
		print_row(a, &a->row[i]);
	printf("%s%-8s %-19s %7s", a->picked ? "\n" : "", "source", "level",
	       "all");
	for (int i = 0; i < COVERAGE_BY_COUNT; i++)
		printf(" %7s", coverage_by_name((enum coverage_by)i));
	for (int i = COVERAGE_RUN_COUNT - 1; a->has_run && i >= 0; i--)
		printf(" %13s", coverage_run_name((enum coverage_run)i));
	putchar('\n');
	for (size_t i = 0; i < a->n_tally; i++)
		print_tally(a, &a->tally[i]);
	if (a->picked)
		return;
	print_gaps(a, COVERAGE_EXCUSED);
	print_gaps(a, COVERAGE_MISSING);
}

static void print_md_row(const struct asked *a, const struct coverage_row *row)
{
	const struct requirement *r = row->requirement;

	printf("| %s | %s | %s | %s | ", r->id, r->level, r->section, r->text);
	for (size_t i = 0; i < row->n_case; i++)
		printf("%s%s", i ? ", " : "", row->cases[i]);
	for (size_t i = 0; i < row->n_rule; i++)
		printf("%s%s", i || row->n_case ? ", " : "", row->rules[i]);
	if (coverage_by(row) > COVERAGE_RULE)
		fputs(*r->without ? r->without : "missing", stdout);
	printf(" | %s |\n", a->has_run ? coverage_run_name(row->run) : "");
}

static void print_md(const struct asked *a)
{
	puts("| source | level | all | case | rule | excused | missing |\n"
	     "|---|---|---|---|---|---|---|");
	for (size_t i = 0; i < a->n_tally; i++) {
		const struct tally *t = &a->tally[i];

		printf("| %s | %s | %zu", t->source, t->level, t->all);
		for (int k = 0; k < COVERAGE_BY_COUNT; k++)
			printf(" | %zu", t->by[k]);
		puts(" |");
	}
	puts("\n| requirement | level | section | sentence | shown by | run |\n"
	     "|---|---|---|---|---|---|");
	for (size_t i = 0; i < a->n; i++)
		print_md_row(a, &a->row[i]);
}

static int add_run(struct coverage *c, struct plan *p, const char *path,
		   struct fault *f)
{
	json_t *results = kept_load(path, f);
	int rc;

	if (!results)
		return -1;
	rc = coverage_add_run(c, p, results, f);
	json_decref(results);
	return rc ? fault_set(f, "%s: %s", path, f->text) : 0;
}

static int print(struct plan *p, const struct options *o, const char *run)
{
	struct asked a = { .arena = &p->arena,
			   .picked = o->source || o->level,
			   .has_run = run };
	struct coverage c;
	struct fault f;

	coverage_count(&c, p);
	if (run && add_run(&c, p, run, &f)) {
		fprintf(stderr, "lastack coverage: %s\n", f.text);
		return CMD_BAD;
	}
	pick(&a, &c, o);
	if (!a.n)
		return option_bad("coverage",
				  "no requirement of source %s "
				  "and level %s in %s",
				  o->source ? o->source : "any",
				  o->level ? o->level : "any",
				  p->catalogue_path ? p->catalogue_path
						    : "the catalogue");
	if (*o->format == 'j')
		print_json(&a);
	else if (*o->format == 'm')
		print_md(&a);
	else
		print_text(&a);
	return 0;
}

static const struct option_row rows[] = {
	{ "source", 0, option_text, offsetof(struct options, source),
	  .argument = "SOURCE", .help = "RFC9293, POSIX, TC8 ...: each row",
	  .expected = "a source of the catalogue" },
	{ "level", 0, option_text, offsetof(struct options, level),
	  .argument = "LEVEL", .help = "MUST, SHOULD ...: each row",
	  .expected = "a level of the catalogue" },
	{ "format", 0, option_text, offsetof(struct options, format),
	  .help = "for people (text), programs, or a page",
	  .words = OPTION_WORDS("text", "json", "md") },
	{ 0 },
};

static const struct options usual = { .format = "text" };

/* All cases, and all cells of the grid where there is one. */
static int load(struct plan *p)
{
	char grid[] = "grid";
	char *all[] = { arena_printf(&p->arena, "%s", p->root ? p->root : ""),
			grid };
	bool has_grid = folder_is(arena_printf(&p->arena, "%s/grid", all[0]));

	return option_load(p, "coverage", all, p->root ? 1 + has_grid : 0);
}

static int enter(void *options, int argc, char **argv)
{
	const char *run = optind < argc ? argv[optind] : NULL;
	struct plan p;
	int rc;

	if (optind + 1 < argc)
		return option_bad("coverage", "%s: expected one run",
				  argv[optind + 1]);
	plan_open(&p, option_fault, NULL);
	rc = load(&p);
	if (rc == 0)
		rc = print(&p, options, run);
	plan_close(&p);
	return rc;
}

const struct cmd cmd_coverage = {
	.name = "coverage",
	.line = "print what shows each requirement",
	.usage = "[OPTION...] [RUN]",
	.text = "Counts, for each source and level of cases/requirements.tsv, how many\n"
		"requirements a case shows, only a rule of the judges, or nothing, and\n"
		"says why. With a run (the folder of its reports, or its results.json)\n"
		"it says what that held, what deviated, and what was not exercised.",
	.rows = rows,
	.status = "Exit status: 0, or 2 for bad usage and cases with faults.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
