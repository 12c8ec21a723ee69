/*
 * From cells to cases: head, way into the state, event, oracle. Knows nothing
 * of who plays them.
 */
#include "grid/grid_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
	const char *name; /* behind the case's name */
	const char *title;
	const char *set;
	bool timestamps;
} variants[GRID_VARIANTS] = {
	[GRID_PLAIN] = { "", "", "", true },
	[GRID_NO_TIMESTAMPS] = { "/no-timestamps", ", no timestamps",
				 "set timestamps off\n", false },
	[GRID_NO_SACK] = { "/no-sack", ", no SACK", "set sack off\n", true },
	[GRID_NO_OPTIONS] = { "/no-options", ", no timestamps, no SACK",
			      "set timestamps off\nset sack off\n", false },
};

static void write_spec(FILE *out, const char *id, const char **before)
{
	if (!id)
		return;
	fprintf(out, "%s%s", *before, id);
	*before = "\nspec  ";
}

static void write_words(FILE *out, const struct grid_words *words,
			const char **before)
{
	for (size_t i = 0; i < words->n; i++)
		write_spec(out, words->word[i], before);
}

/* The requirements: the oracle's, the event's, and those of other cells. */
static void write_specs(FILE *out, const struct grid *g,
			const struct grid_view *v)
{
	const char *before = "spec  ";

	if (v->oracle && v->oracle->spec.n)
		write_words(out, &v->oracle->spec, &before);
	else if (v->row)
		write_spec(out, v->row->id, &before);
	write_words(out, &v->event->spec, &before);
	for (size_t i = 0; i < g->n_cell; i++) {
		const struct grid_cell *c = &g->cell[i];

		if (!c->to && !c->has_answer && !c->text &&
		    grid_is_of(g, c, v->state, v->event))
			write_words(out, &c->spec, &before);
	}
	putc('\n', out);
}

static const char *write_case(FILE *out, const struct grid *g, struct arena *a,
			      const struct grid_view *v,
			      enum grid_variant variant)
{
	fprintf(out, "case  %s: %s%s\n", v->state->name, v->event->title,
		variants[variant].title);
	write_specs(out, g, v);
	fputs(variants[variant].set, out);
	if (v->oracle && v->oracle->because)
		fprintf(out, "# %s\n", v->oracle->because);
	if (v->oracle && v->oracle->first)
		fprintf(out, "\n%s\n", v->oracle->first);
	fprintf(out, "\n%s\n", v->state->text);
	return grid_write_oracle(out, a, v);
}

static void each_variant(const struct grid *g, const struct grid_view *v,
			 grid_case_fn *fn, void *ctx)
{
	for (int i = 0; i < GRID_VARIANTS; i++) {
		struct grid_case c = { .variant = (enum grid_variant)i };
		struct arena a = { 0 };
		char *text;
		size_t len;
		FILE *out;

		if (v->event->needs_timestamps && !variants[i].timestamps)
			continue;
		out = memory_stream(&text, &len);
		write_case(out, g, &a, v, c.variant);
		memory_stream_end(out);
		c.name = arena_printf(&a, "grid/%s/%s%s", v->state->name,
				      v->event->name, variants[i].name);
		c.text = text;
		fn(ctx, &c);
		free(text);
		arena_free(&a);
	}
}

typedef void view_fn(const struct grid_view *v, void *ctx);

static void each_view(const struct grid *g, view_fn *fn, void *ctx)
{
	for (size_t s = 0; s < g->n_state; s++)
		for (size_t e = 0; e < g->n_event; e++) {
			struct grid_view v;

			if (!grid_meets(g, &g->event[e], &g->state[s]))
				continue;
			v = grid_look(g, &g->state[s], &g->event[e]);
			if (!v.filled)
				fn(&v, ctx);
		}
}

struct makes {
	const struct grid *g;
	grid_case_fn *fn;
	void *ctx;
};

static void make(const struct grid_view *v, void *ctx)
{
	const struct makes *m = ctx;

	each_variant(m->g, v, m->fn, m->ctx);
}

void grid_each(const struct grid *g, grid_case_fn *fn, void *ctx)
{
	struct makes m = { g, fn, ctx };

	each_view(g, make, &m);
}

struct check {
	struct grid *g;
	parse_fault_fn *fault;
	void *ctx;
	size_t n;
};

static void say(struct check *k, const char *path, int line, const char *what)
{
	k->n++;
	k->fault(k->ctx,
		 arena_printf(&k->g->arena, "%s:%d: %s", path, line, what), 1);
}

static void check_view(const struct grid_view *v, void *ctx)
{
	struct check *k = ctx;
	struct arena a = { 0 };
	const char *missing;
	char *text;
	size_t len;
	FILE *out = memory_stream(&text, &len);

	missing = write_case(out, k->g, &a, v, GRID_PLAIN);
	memory_stream_end(out);
	free(text);
	if (missing)
		say(k, v->event->path, v->event->line,
		    arena_printf(&a, "%s in %s: %s", v->event->name,
				 v->state->name, missing));
	arena_free(&a);
}

/* A table's cell that is of no cell is a slip of the pen. */
static void check_used(struct check *k, const struct grid_cell *c)
{
	const struct grid *g = k->g;

	for (size_t s = 0; s < g->n_state; s++) {
		if (!grid_is_state(&c->states, &g->state[s]))
			continue;
		for (size_t e = 0; e < g->n_event; e++)
			if (grid_meets(g, &g->event[e], &g->state[s]) &&
			    grid_is_of(g, c, &g->state[s], &g->event[e]))
				return;
		for (size_t i = 0; i < g->n_column; i++)
			for (size_t w = 0; w < c->events.n; w++)
				if (grid_has(&g->column[i], &g->state[s]) &&
				    strcmp(g->column[i].name,
					   c->events.word[w]) == 0)
					return;
	}
	say(k, c->path, c->line,
	    "no state and event of the grid is so called, or has it");
}

static void check_filled(struct check *k)
{
	struct grid *g = k->g;

	for (size_t s = 0; s < g->n_state; s++)
		for (size_t c = 0; c < g->n_column; c++) {
			struct grid_filling f;

			if (!grid_has(&g->column[c], &g->state[s]))
				continue;
			grid_filling(g, &g->state[s], &g->column[c], &g->arena,
				     &f);
			if (f.events.n || f.cases.n || f.excuse)
				continue;
			say(k, g->column[c].path, g->column[c].line,
			    arena_printf(&g->arena,
					 "%s in %s: expected an event, a case "
					 "or an excuse",
					 g->column[c].name, g->state[s].name));
		}
}

size_t grid_check(struct grid *g, parse_fault_fn *fault, void *ctx)
{
	struct check k = { .g = g, .fault = fault, .ctx = ctx };

	for (size_t i = 0; i < g->n_cell; i++)
		check_used(&k, &g->cell[i]);
	check_filled(&k);
	each_view(g, check_view, &k);
	return k.n;
}
