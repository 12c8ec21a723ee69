/* References of cases that lead nowhere. Opens nothing. */
#include "run/cite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge/rfc9293.h"
#include "judge/rule.h"
#include "script/reference.h"

struct telling {
	const struct script *script;
	parse_fault_fn *fault;
	void *ctx;
	size_t n;
};

__attribute__((format(printf, 3, 4))) static void
tell(struct telling *t, int line, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int len;

	len = snprintf(text, sizeof(text), "%s:%d: ", t->script->path, line);
	if (len < 0 || (size_t)len >= sizeof(text))
		len = 0;
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	t->fault(t->ctx, text, 1);
	t->n++;
}

static void check_spec(struct telling *t, const struct catalogue *c,
		       const char *ref, int line)
{
	struct word id = { ref, strlen(ref) };
	const char *near;

	if (!c->n || reference_kind(id) != REFERENCE_REQUIREMENT ||
	    catalogue_find(c, id))
		return;
	near = catalogue_near(c, id);
	if (near)
		tell(t, line, "unknown requirement %s, did you mean %s?", ref,
		     near);
	else
		tell(t, line,
		     "unknown requirement %s, expected one of "
		     "cases/" CATALOGUE_FILE,
		     ref);
}

/* A deviation that no judge can report would excuse nothing. */
static void check_deviates(struct telling *t, const char *rule, int line)
{
	if (rule_find(rule, strlen(rule)) || rfc9293_cites(rule))
		return;
	tell(t, line,
	     "deviates %s: no rule of the judge, expected one such as "
	     "rst-obeyed, or the requirement of one",
	     rule);
}

/*
 * A branch may break what no judge looks at, so any reference will do, or the
 * name of a rule.
 */
static void check_breach(struct telling *t, const struct catalogue *c,
			 const char *id, int line)
{
	struct word w = { id, strlen(id) };

	if (reference_kind(w) != REFERENCE_NONE)
		check_spec(t, c, id, line);
	else if (!rule_find(id, w.len))
		tell(t, line,
		     "deviates %s: no reference, expected " REFERENCE_EXPECTED
		     ", or a rule such as rst-obeyed",
		     id);
}

static void check_block(struct telling *t, const struct catalogue *c,
			const struct block *b);

static void check_either(struct telling *t, const struct catalogue *c,
			 const struct either *e)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct breach *breach = &e->breach[i];

		for (size_t k = 0; k < breach->n; k++)
			check_breach(t, c, breach->id[k], breach->line[k]);
		check_block(t, c, &e->branch[i]);
	}
}

static void check_block(struct telling *t, const struct catalogue *c,
			const struct block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->steps[i].kind == STEP_EITHER)
			check_either(t, c, &b->steps[i].either);
		else if (b->steps[i].kind == STEP_REPEAT)
			check_block(t, c, &b->steps[i].repeat.body);
	}
}

size_t cite_faults(const struct catalogue *c, const struct script *s,
		   parse_fault_fn *fault, void *ctx)
{
	struct telling t = { .script = s, .fault = fault, .ctx = ctx };

	for (size_t i = 0; i < s->n_spec; i++)
		check_spec(&t, c, s->spec[i], s->spec_line[i]);
	for (size_t i = 0; i < s->n_deviates; i++)
		check_deviates(&t, s->deviates[i], s->deviates_line[i]);
	check_block(&t, c, &s->body);
	return t.n;
}
