/*
 * From the tape judge's findings to a case's verdict and evidence. Knows no
 * rule: which are broken, and which the case declares, decides.
 */
#include "run/judged.h"

#include <string.h>

#include "base/array.h"
#include "judge/spec.h"
#include "judge/tape_judge.h"
#include "run/fact.h"

struct listener {
	const struct script *script;
	struct tape *tape;
	struct judged *list;
	size_t n;
};

/* The line of the case that the frame's segment was for. */
static int line_of(const struct tape *t, size_t frame)
{
	int line = 0;
	size_t i;

	for (i = 0; i < t->n_event; i++) {
		if (t->event[i].line)
			line = t->event[i].line;
		if (t->event[i].kind == TAPE_SEGMENT &&
		    t->event[i].frame == frame)
			return line;
	}
	return line;
}

static void add_note(struct tape *t, const struct judged *j)
{
	struct frame *f = t->frame[j->frame];
	const char *before = f->note;

	f->note = arena_printf(&t->arena,
			       "%s%sthe judge: %s by %c: %s (%s): expected "
			       "%s, actual %s%s",
			       before ? before : "", before ? "\n" : "",
			       severity_name(j->severity), side_letter(j->side),
			       j->rule, j->id, j->expected, j->actual,
			       j->declared ? "; the case declares it" : "");
}

static bool went_well(const struct tape *t)
{
	return t->verdict == VERDICT_OK || t->verdict == VERDICT_DEVIATES;
}

static void make_not_ok(struct tape *t, const struct judged *j)
{
	struct finding *f = arena_alloc(&t->arena, sizeof(*f));

	f->line = j->line;
	f->what = arena_printf(&t->arena, JUDGED_WHAT "%s by %c, %s", j->rule,
			       side_letter(j->side), j->id);
	f->expected = j->expected;
	f->actual = j->actual;
	f->frame = j->frame;
	t->finding = f;
	t->verdict = VERDICT_NOT_OK;
}

/*
 * Whether the case foresees it: its head names the rule, or a branch that was
 * taken does. Of the head's, what was found is the deviation.
 */
static bool declare(struct listener *l, const struct judged *j)
{
	struct tape *t = l->tape;
	struct deviation d = { .id = j->id, .frame = j->frame };

	if (tape_deviates(t, j->rule, j->id))
		return true;
	if (!script_deviates(l->script, j->rule, j->id))
		return false;
	if (j->severity < SEVERITY_SUSPICIOUS)
		return true;
	d.line = j->line;
	d.text = fact_judged(&t->arena, j);
	tape_deviate(t, &d);
	return true;
}

static void hear(void *ctx, const struct judge_finding *found)
{
	struct listener *l = ctx;
	struct arena *a = &l->tape->arena;
	struct judged *j = arena_push(a, &l->list, &l->n, sizeof(*j));
	bool has_frame = found->frame < l->tape->n_frame;

	j->rule = arena_printf(a, "%s", found->rule->name);
	j->id = arena_printf(a, "%s", found->rule->id);
	j->severity = found->severity;
	j->side = found->side;
	j->frame = has_frame ? (size_t)found->frame : TAPE_NO_FRAME;
	j->line = line_of(l->tape, j->frame);
	j->expected = arena_printf(a, "%s", found->expected);
	j->actual = arena_printf(a, "%s", found->actual);
	j->declared = declare(l, j);
	if (has_frame)
		add_note(l->tape, j);
	if (j->severity == SEVERITY_VIOLATION && !j->declared &&
	    went_well(l->tape))
		make_not_ok(l->tape, j);
}

/* What the segments leave of a state that nobody could read. */
static void hear_wanted(void *ctx, const struct tape_judge_wanted *w)
{
	struct listener *l = ctx;
	struct tape *t = l->tape;
	char wanted[NAME_STATES_MAX], may[NAME_STATES_MAX];
	struct finding *f;

	if (!w->states) {
		t->unseen++;
	} else if (w->wanted & w->states) {
		t->inferred++;
	} else if (went_well(t)) {
		f = arena_alloc(&t->arena, sizeof(*f));
		f->line = w->line;
		f->frame = w->frame;
		f->what = arena_printf(&t->arena, "wrong inferred state of %c",
				       side_letter(w->side));
		f->expected = arena_printf(&t->arena, "%s",
					   name_states(w->wanted, wanted));
		f->actual = arena_printf(&t->arena, "%s",
					 name_states(w->states, may));
		t->finding = f;
		t->verdict = VERDICT_NOT_OK;
	}
}

/* 0 where a case bends the timers otherwise than by the route. */
static int64_t rto_min(const struct script *s)
{
	static const char *const bent[] = { "tcp_rto", "tcp_early_retrans" };
	size_t i, k;

	for (i = 0; i < s->n_sysctl; i++) {
		for (k = 0; k < ARRAY_SIZE(bent); k++) {
			if (strstr(s->sysctl[i].name, bent[k]))
				return 0;
		}
	}
	return s->link.rto_min_ns ? s->link.rto_min_ns : SPEC_LINUX_RTO_MIN_NS;
}

void judged_tape(const struct script *s, struct tape *t,
		 const struct judged **list, size_t *n)
{
	struct listener l = { .script = s, .tape = t };
	struct judge_sink sink = { .found = hear, .ctx = &l };

	if (went_well(t) || t->verdict == VERDICT_NOT_OK)
		tape_judge_hear(t, rto_min(s), &sink, hear_wanted);
	*list = l.list;
	*n = l.n;
}
