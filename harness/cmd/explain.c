/*
 * The verb "explain": all that is known of a requirement or a rule, in one
 * place: its sentence, what shows it, what Linux does. Runs nothing.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "base/text.h"
#include "judge/rule.h"
#include "run/coverage.h"

struct options {
	const char *format;
};

struct explained {
	struct plan plan;
	struct coverage coverage;
	struct expectations linux_does;
	struct fault *f;
};

static struct word word_of(const char *text)
{
	return (struct word){ .at = text, .len = strlen(text) };
}

static const struct rule *rule_called(const char *name)
{
	const struct rule *rule = rule_find(name, strlen(name));

	return rule && strcmp(rule->name, name) == 0 ? rule : NULL;
}

/* A rule stands for its requirement. NULL with a fault: it is neither. */
static const struct requirement *find(struct explained *x, const char *name)
{
	const struct rule *rule = rule_called(name);
	const char *id = rule ? rule->id : name;
	const struct requirement *r =
		catalogue_find(&x->plan.catalogue, word_of(id));
	const char *near;

	if (r)
		return r;
	near = catalogue_near(&x->plan.catalogue, word_of(id));
	fault_set(x->f,
		  "\"%s\" is neither a requirement nor a rule%s%s; lastack "
		  "rules and cases/requirements.tsv list them",
		  name, near ? ": did you mean " : "", near ? near : "");
	return NULL;
}

static json_t *rules_json(const struct requirement *r)
{
	json_t *list = json_array();

	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_of((enum rule_id)i);

		if (strcmp(rule->id, r->id) == 0)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s}", "name",
						rule->name, "severity",
						severity_name(rule->severity),
						"text", rule->text));
	}
	return list;
}

/* "STATE, EVENT" of the rows of the specification's table. */
static json_t *rows_json(const struct coverage_row *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->n_rule; i++)
		if (!rule_called(row->rules[i]))
			json_array_append_new(list, text_json(row->rules[i]));
	return list;
}

static bool names(const struct expectation *e, const char *id)
{
	for (size_t i = 0; i < e->n_id; i++)
		if (strcmp(e->id[i], id) == 0)
			return true;
	return false;
}

static json_t *deviations_json(const struct expectations *all, const char *id)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->n; i++) {
		const struct expectation *e = &all->row[i];

		if (names(e, id))
			json_array_append_new(
				list,
				json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
					  "cases", text_json(e->cases),
					  "versions", text_json(e->versions),
					  "text", text_json(e->text), "why",
					  text_json(e->why), "citation",
					  text_json(e->citation), "sometimes",
					  text_json(e->sometimes)));
	}
	return list;
}

/* The rows of the coverage are in the catalogue's order. */
static json_t *explain(const struct explained *x, const char *asked,
		       const struct requirement *r)
{
	const struct coverage_row *row = &x->coverage.row[r->at];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, "
			 "s:o}",
			 "asked", asked, "id", r->id, "level", r->level,
			 "source", r->source, "section", r->section, "sentence",
			 r->text, "without",
			 text_json(*r->without ? r->without : NULL), "rules",
			 rules_json(r), "rows", rows_json(row), "cases",
			 text_json_list(row->cases, row->n_case), "linux",
			 deviations_json(&x->linux_does, r->id));
}

static void put(const char *name, const char *text)
{
	printf("%-12s ", name);
	text_plain(stdout, text);
	putchar('\n');
}

/* A grid has hundreds of cells for a rule of RST. */
#define CASES_SHOWN 24

static bool is_cell(const char *name)
{
	return strncmp(name, "grid/", strlen("grid/")) == 0;
}

/* Those that were written for it are told before the grid's cells. */
static void put_cases(const json_t *list, const char *id)
{
	size_t n = json_array_size(list), shown = 0;

	for (int cells = 0; cells < 2; cells++)
		for (size_t i = 0; i < n && shown < CASES_SHOWN; i++) {
			const char *name =
				json_string_value(json_array_get(list, i));

			if (is_cell(name) == cells)
				put(shown++ ? "" : "cases", name);
		}
	if (n > shown)
		printf("%-12s and %zu more: lastack list %s\n", "", n - shown,
		       id);
}

static void put_rule(const json_t *rule)
{
	printf("%-12s %s, %s: ", "rule", text_member(rule, "name"),
	       text_member(rule, "severity"));
	text_plain(stdout, text_member(rule, "text"));
	putchar('\n');
}

static void put_deviation(const json_t *one)
{
	put("linux", text_member(one, "text"));
	put("", text_member(one, "cases"));
	if (strcmp(text_member(one, "versions"), "*") != 0)
		put("  versions", text_member(one, "versions"));
	if (*text_member(one, "why"))
		put("  why", text_member(one, "why"));
	if (*text_member(one, "sometimes"))
		put("  sometimes", text_member(one, "sometimes"));
	put("  source", text_member(one, "citation"));
}

static void print_text(const json_t *j)
{
	const json_t *rows = json_object_get(j, "rows");
	const json_t *rules = json_object_get(j, "rules");
	const json_t *linux_does = json_object_get(j, "linux");
	size_t i;

	put("requirement", text_member(j, "id"));
	printf("%-12s %s section %s, %s\n", "from", text_member(j, "source"),
	       text_member(j, "section"), text_member(j, "level"));
	put("sentence", text_member(j, "sentence"));
	for (i = 0; i < json_array_size(rules); i++)
		put_rule(json_array_get(rules, i));
	for (i = 0; i < json_array_size(rows); i++)
		put(i ? "" : "table",
		    json_string_value(json_array_get(rows, i)));
	put_cases(json_object_get(j, "cases"), text_member(j, "id"));
	if (*text_member(j, "without"))
		put("not shown", text_member(j, "without"));
	for (i = 0; i < json_array_size(linux_does); i++)
		put_deviation(json_array_get(linux_does, i));
	if (!i)
		put("linux", "nothing is known that deviates from it");
	printf("%-12s lastack run %s\n", "try", text_member(j, "id"));
}

static int load(struct explained *x)
{
	const struct option_expect usual_ones = { .n = 0 };
	const struct expect_stack any = { .name = "linux" };
	bool has;

	if (plan_load(&x->plan, NULL, 0, x->f))
		return -1;
	if (x->plan.n_fault)
		return fault_set(x->f, "%zu files with faults",
				 x->plan.n_fault);
	coverage_count(&x->coverage, &x->plan);
	return expect_load(&usual_ones, &x->plan, &any, 1, &x->linux_does, &has,
			   x->f);
}

static int explain_all(struct explained *x, const struct options *o,
		       char *const *operand)
{
	bool json = strcmp(o->format, "json") == 0;
	json_t *list = json_array();
	int rc = load(x);

	for (size_t i = 0; operand[i] && rc == 0; i++) {
		const struct requirement *r = find(x, operand[i]);

		if (r)
			json_array_append_new(list, explain(x, operand[i], r));
		else
			rc = -1;
	}
	for (size_t i = 0; i < json_array_size(list) && rc == 0 && !json; i++) {
		if (i)
			putchar('\n');
		print_text(json_array_get(list, i));
	}
	if (rc == 0 && json && json_dumpf(list, stdout, JSON_INDENT(1)) == 0)
		putchar('\n');
	json_decref(list);
	return rc;
}

static const struct option_row rows[] = {
	{ "format", 0, option_text, offsetof(struct options, format),
	  .help = "for people (text), or programs",
	  .words = OPTION_WORDS("text", "json") },
	{ 0 },
};

static const struct options usual = { .format = "text" };

static int enter(void *options, int argc, char **argv)
{
	struct fault f;
	struct explained x = { .f = &f };
	int rc;

	if (optind == argc)
		return option_bad("explain", "expected requirements or rules");
	plan_open(&x.plan, option_fault, NULL);
	rc = explain_all(&x, options, argv + optind);
	if (rc)
		fprintf(stderr, "lastack explain: %s\n", f.text);
	plan_close(&x.plan);
	return rc ? CMD_BAD : 0;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.line = "say what is known of a requirement or rule",
	.usage = "[OPTION...] REQUIREMENT|RULE...",
	.text = "Says of a requirement, or of the one that a rule of the judges stands\n"
		"for: its sentence and section, the rules and the cases that hold an\n"
		"ending against it, and what Linux is known to do otherwise.",
	.rows = rows,
	.status = "Exit status: 0, or 2 for what is neither.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
