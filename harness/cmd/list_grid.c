/*
 * The grid of the verb "list": what fills each cell. Reads its tables only.
 */
#include <stdio.h>

#include "base/text.h"
#include "cmd/cmd.h"

static json_t *words_json(const struct grid_words *words)
{
	return text_json_list(words->word, words->n);
}

/* One object for each cell that there is: what fills it, or the excuse. */
static json_t *cells_json(const struct grid *g, struct arena *a)
{
	json_t *list = json_array();

	for (size_t s = 0; s < g->n_state; s++)
		for (size_t c = 0; c < g->n_column; c++) {
			const struct grid_state *state = &g->state[s];
			const struct grid_column *column = &g->column[c];
			struct grid_filling f;

			if (!grid_has(column, state))
				continue;
			grid_filling(g, state, column, a, &f);
			json_array_append_new(
				list,
				json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, "
					  "s:s?}",
					  "state", state->name, "kind",
					  column->kind, "event", column->name,
					  "title", column->title, "cells",
					  words_json(&f.events), "cases",
					  words_json(&f.cases), "excuse",
					  f.excuse));
		}
	return list;
}

static void print_json(const struct grid *g, struct arena *a)
{
	json_t *cells = cells_json(g, a);

	json_dumpf(cells, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(cells);
}

/* "cells syn-left-edge, syn-outside-left; cases a/b; excuse" */
static void print_words(const char *before, const struct grid_words *words)
{
	for (size_t i = 0; i < words->n; i++)
		printf("%s%s", i ? ", " : before, words->word[i]);
}

static size_t print_column(const struct grid *g,
			   const struct grid_column *column, struct arena *a)
{
	size_t n = 0;

	printf("\n%s, %s: %s\n", column->name, column->kind, column->title);
	for (size_t s = 0; s < g->n_state; s++) {
		struct grid_filling f;

		if (!grid_has(column, &g->state[s]))
			continue;
		n++;
		grid_filling(g, &g->state[s], column, a, &f);
		printf("  %-20s", g->state[s].name);
		print_words("", &f.events);
		print_words(f.events.n ? "; cases " : "cases ", &f.cases);
		if (f.excuse)
			printf("%snot filled: %s",
			       f.events.n || f.cases.n ? "; " : "", f.excuse);
		putchar('\n');
	}
	return n;
}

static void print_table(const struct grid *g, struct arena *a)
{
	size_t n = 0;

	printf("The grid: what is played in each state for each event.\n");
	for (size_t c = 0; c < g->n_column; c++)
		n += print_column(g, &g->column[c], a);
	printf("\n%zu states, %zu columns, %zu cells\n", g->n_state,
	       g->n_column, n);
}

int list_grid(struct plan *p, bool json)
{
	const struct grid *g = plan_grid(p);

	if (p->n_fault)
		return CMD_BAD;
	if (json)
		print_json(g, &p->arena);
	else
		print_table(g, &p->arena);
	return 0;
}
