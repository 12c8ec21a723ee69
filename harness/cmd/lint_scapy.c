/*
 * Expressions for scapy, compiled by Python. Knows where in a case they are,
 * not what they build.
 */
#include "cmd/lint_scapy.h"

#include <stdio.h>

#include "base/clock.h"
#include "run/scapy.h"

#define PATIENCE_NS (10 * NS_PER_S)

struct lint {
	struct scapy scapy;
	const struct script *script;
	size_t *faults;
};

static void lint_rung(struct lint *l, const struct step *step)
{
	const char *expression = step->rung.pat.scapy;
	struct fault f;

	if (!expression || !l->scapy.child.pid ||
	    scapy_compile(&l->scapy, expression, clock_mono_ns() + PATIENCE_NS,
			  &f) == 0)
		return;
	fprintf(stderr, "%s:%d: %s\n", l->script->path, step->line, f.text);
	++*l->faults;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets it be */
static void lint_block(struct lint *l, const struct block *b)
{
	size_t i, k;

	for (i = 0; i < b->n; i++) {
		const struct step *step = &b->steps[i];

		if (step->kind == STEP_RUNG)
			lint_rung(l, step);
		if (step->kind == STEP_REPEAT)
			lint_block(l, &step->repeat.body);
		for (k = 0; step->kind == STEP_EITHER && k < step->either.n;
		     k++)
			lint_block(l, &step->either.branch[k]);
	}
}

void lint_scapy(const struct plan *p, size_t *faults)
{
	struct lint l = { .scapy.child = CHILD_NONE, .faults = faults };
	bool tried = false;
	struct fault f;
	size_t i;

	for (i = 0; i < p->n; i++) {
		l.script = p->item[i].script;
		if (!script_need(l.script, NEED_SCAPY))
			continue;
		if (!tried &&
		    scapy_start_compiler(&l.scapy, scapy_script(), &f) < 0)
			return;
		tried = true;
		lint_block(&l, &l.script->body);
	}
	scapy_stop(&l.scapy);
}
