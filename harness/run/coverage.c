/* Counting what shows a requirement. Knows no format. */
#include "run/coverage.h"

#include <string.h>

#include "judge/rfc9293.h"
#include "judge/rule.h"

static const char *const by_names[COVERAGE_BY_COUNT] = {
	[COVERAGE_CASE] = "case",
	[COVERAGE_RULE] = "rule",
	[COVERAGE_EXCUSED] = "excused",
	[COVERAGE_MISSING] = "missing",
};

static const char *const run_names[COVERAGE_RUN_COUNT] = {
	[COVERAGE_NOT_EXERCISED] = "not exercised",
	[COVERAGE_HELD] = "held",
	[COVERAGE_DEVIATING] = "deviating",
};

const char *coverage_by_name(enum coverage_by by)
{
	return by_names[by];
}

const char *coverage_run_name(enum coverage_run run)
{
	return run_names[run];
}

/* The row of the requirement with that id, or NULL. */
static struct coverage_row *find(const struct coverage *c, const struct plan *p,
				 const char *id)
{
	const struct word w = { id, strlen(id) };
	const struct requirement *r = catalogue_find(&p->catalogue, w);

	return r ? &c->row[r->at] : NULL;
}

static void add_name(struct arena *a, const char ***list, size_t *n,
		     const char *name)
{
	*(const char **)arena_push(a, list, n, sizeof(name)) = name;
}

static void add_case(struct coverage *c, struct plan *p,
		     const struct plan_case *one)
{
	const struct script *s = one->script;

	for (size_t i = 0; i < s->n_spec; i++) {
		struct coverage_row *row = find(c, p, s->spec[i]);

		if (row)
			add_name(&p->arena, &row->cases, &row->n_case,
				 one->name);
	}
}

static void add_rule(struct coverage *c, struct plan *p, const char *id,
		     const char *name)
{
	struct coverage_row *row = find(c, p, id);

	if (row)
		add_name(&p->arena, &row->rules, &row->n_rule, name);
}

static void add_event(struct coverage *c, struct plan *p, enum tcp_state state,
		      enum rfc9293_event event)
{
	const struct rfc9293_row *row = rfc9293_row(state, event);

	if (STATE_BIT(state) & STATES_WITHOUT_ROWS || !row->id)
		return;
	add_rule(c, p, row->id,
		 arena_printf(&p->arena, "%s, %s", name_state(state),
			      rfc9293_event_name(event)));
}

void coverage_count(struct coverage *c, struct plan *p)
{
	c->n = p->catalogue.n;
	c->row = arena_alloc(&p->arena, c->n * sizeof(*c->row));
	for (size_t i = 0; i < c->n; i++)
		c->row[i].requirement = &p->catalogue.row[i];
	for (size_t i = 0; i < p->n; i++)
		if (!p->item[i].is_variant)
			add_case(c, p, &p->item[i]);
	for (int i = 0; i < RULE_COUNT; i++)
		add_rule(c, p, rule_of((enum rule_id)i)->id,
			 rule_of((enum rule_id)i)->name);
	for (int i = 0; i < TCP_STATE_COUNT * EVENT_COUNT; i++)
		add_event(c, p, (enum tcp_state)(i / EVENT_COUNT),
			  (enum rfc9293_event)(i % EVENT_COUNT));
}

static void mark(const struct coverage *c, const struct plan *p, const char *id,
		 enum coverage_run run)
{
	struct coverage_row *row = id ? find(c, p, id) : NULL;

	if (row && row->run < run)
		row->run = run;
}

static const char *text_of(const json_t *of, const char *member)
{
	return json_string_value(json_object_get(of, member));
}

/* What the judge saw, as far as it proves the requirement broken. */
static void mark_judged(const struct coverage *c, const struct plan *p,
			const json_t *found)
{
	const char *text = text_of(found, "severity");

	if (text && severity_parse(text, strlen(text)) == SEVERITY_VIOLATION)
		mark(c, p, text_of(found, "id"), COVERAGE_DEVIATING);
}

/* What the case foresaw: a requirement, or a rule by its name. */
static void mark_deviation(const struct coverage *c, const struct plan *p,
			   const json_t *deviation)
{
	const char *id = text_of(deviation, "id");
	const struct rule *rule = id ? rule_find(id, strlen(id)) : NULL;

	mark(c, p, rule ? rule->id : id, COVERAGE_DEVIATING);
}

void coverage_add_case(struct coverage *c, const struct plan *p,
		       const json_t *one)
{
	const json_t *spec = json_object_get(one, "spec");
	const json_t *judge = json_object_get(one, "judge");
	const json_t *deviations = json_object_get(one, "deviations");
	const char *verdict = text_of(one, "verdict");
	enum coverage_run run = COVERAGE_NOT_EXERCISED;
	size_t i;

	if (!verdict)
		return;
	if (strcmp(verdict, "not ok") == 0)
		run = COVERAGE_DEVIATING;
	else if (strcmp(verdict, "ok") == 0 || strcmp(verdict, "deviates") == 0)
		run = COVERAGE_HELD;
	for (i = 0; i < json_array_size(spec); i++)
		mark(c, p, json_string_value(json_array_get(spec, i)), run);
	for (i = 0; i < json_array_size(judge); i++)
		mark_judged(c, p, json_array_get(judge, i));
	for (i = 0; i < json_array_size(deviations); i++)
		mark_deviation(c, p, json_array_get(deviations, i));
}

int coverage_add_run(struct coverage *c, const struct plan *p,
		     const json_t *results, struct fault *f)
{
	const json_t *cases = json_object_get(results, "cases");

	if (!json_is_array(cases))
		return fault_set(f, "expected the results.json of a run, with "
				    "a list \"cases\"");
	for (size_t i = 0; i < json_array_size(cases); i++)
		coverage_add_case(c, p, json_array_get(cases, i));
	return 0;
}

enum coverage_by coverage_by(const struct coverage_row *row)
{
	if (row->n_case)
		return COVERAGE_CASE;
	if (row->n_rule)
		return COVERAGE_RULE;
	return *row->requirement->without ? COVERAGE_EXCUSED : COVERAGE_MISSING;
}
