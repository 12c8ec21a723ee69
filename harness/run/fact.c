/* Facts from outcomes. Knows no expectation. */
#include "run/fact.h"

#include <string.h>

#include "run/judged.h"

struct list {
	struct arena *arena;
	bool shows; /* no state was to be inferred */
	struct fact *fact;
	size_t n;
};

static void add(struct list *l, const struct fact *f)
{
	struct fact *new = arena_push(l->arena, &l->fact, &l->n, sizeof(*new));

	*new = *f;
	if (!l->shows)
		new->text = arena_printf(l->arena, "%s" FACT_UNSHOWN, f->text);
}

const char *fact_judged(struct arena *a, const struct judged *j)
{
	return arena_printf(a, "%s by %c: %s", j->rule, side_letter(j->side),
			    j->actual);
}

static const char *or_dash(const char *text)
{
	return text ? text : "-";
}

/* A step that failed; what the judge made of the case comes by itself. */
static void add_finding(struct list *l, const struct finding *found)
{
	struct fact f = { .line = found->line, .frame = found->frame };

	if (strncmp(found->what, JUDGED_WHAT, strlen(JUDGED_WHAT)) == 0)
		return;
	f.text = arena_printf(l->arena, "%s: expected %s, actual %s",
			      found->what, or_dash(found->expected),
			      or_dash(found->actual));
	add(l, &f);
}

size_t facts_of(struct arena *a, const struct outcome *out,
		const struct fact **facts)
{
	struct list l = { .arena = a, .shows = !out->inferred && !out->unseen };

	for (size_t i = 0; i < out->n_deviation; i++) {
		const struct deviation *d = &out->deviation[i];

		add(&l,
		    &(struct fact){ d->id, d->text, d->line, d->frame, true });
	}
	if (out->verdict == VERDICT_NOT_OK && out->finding)
		add_finding(&l, out->finding);
	for (size_t i = 0; i < out->n_judged; i++) {
		const struct judged *j = &out->judged[i];

		if (j->severity == SEVERITY_VIOLATION && !j->declared)
			add(&l, &(struct fact){ j->id, fact_judged(a, j),
						j->line, j->frame, false });
	}
	*facts = l.fact;
	return l.n;
}
