/*
 * Cells of the grid: which there are, and what the tables say of each. Knows
 * nothing of how they are read, nor of the cases made of them.
 */
#include "grid/grid_own.h"

#include <fnmatch.h>
#include <string.h>

/* "FIN-WAIT-1" is both FIN-WAIT-1.attached and FIN-WAIT-1.orphan. */
static bool is_pattern_of(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	return fnmatch(pattern, name, 0) == 0 ||
	       (strncmp(pattern, name, len) == 0 && name[len] == '.');
}

static bool has_pattern_of(const struct grid_words *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (is_pattern_of(patterns->word[i], name))
			return true;
	return false;
}

static bool has_word(const struct grid_words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->word[i], word) == 0)
			return true;
	return false;
}

bool grid_is_state(const struct grid_words *patterns,
		   const struct grid_state *s)
{
	return has_pattern_of(patterns, s->name);
}

bool grid_has(const struct grid_column *column, const struct grid_state *s)
{
	return grid_is_state(&column->in, s);
}

bool grid_meets(const struct grid *g, const struct grid_event *e,
		const struct grid_state *s)
{
	return grid_has(&g->column[e->column], s) &&
	       (!e->in.n || grid_is_state(&e->in, s));
}

bool grid_is_of(const struct grid *g, const struct grid_cell *c,
		const struct grid_state *s, const struct grid_event *e)
{
	return grid_is_state(&c->states, s) &&
	       (has_word(&c->events, e->name) ||
		has_word(&c->events, g->column[e->column].name));
}

/* SYN-SENT is not among the rows: it is given those of CLOSED. */
static const struct rfc9293_row *row_of(const struct grid_state *s,
					enum rfc9293_event event)
{
	const struct rfc9293_row *row = rfc9293_row(s->state, event);

	return s->state == TCP_STATE_SYN_SENT || row->impossible ? NULL : row;
}

struct grid_view grid_look(const struct grid *g, const struct grid_state *s,
			   const struct grid_event *e)
{
	struct grid_view v = { .state = s, .event = e };

	if (e->has_row)
		v.row = row_of(s, e->row);

	for (size_t i = 0; i < g->n_cell; i++) {
		const struct grid_cell *c = &g->cell[i];

		if (!grid_is_of(g, c, s, e))
			continue;
		if (c->cases.n || c->excuse)
			v.filled = c;
		else if (c->has_row)
			v.row = row_of(s, c->row);
		else if (c->to || c->has_answer || c->text)
			v.oracle = c;
	}
	return v;
}

static void push_word(struct arena *a, struct grid_words *words,
		      const char *word)
{
	const char **one;

	if (has_word(words, word))
		return;
	one = arena_push(a, &words->word, &words->n, sizeof(*one));
	*one = word;
}

/* A column without events is filled by what the tables say of its name. */
static void fill_by_hand(const struct grid *g, const struct grid_state *s,
			 const struct grid_column *column, struct arena *a,
			 struct grid_filling *f)
{
	for (size_t i = 0; i < g->n_cell; i++) {
		const struct grid_cell *c = &g->cell[i];

		if (!grid_is_state(&c->states, s) ||
		    !has_word(&c->events, column->name))
			continue;
		for (size_t k = 0; k < c->cases.n; k++)
			push_word(a, &f->cases, c->cases.word[k]);
		f->excuse = c->excuse ? c->excuse : f->excuse;
	}
}

void grid_filling(const struct grid *g, const struct grid_state *s,
		  const struct grid_column *column, struct arena *a,
		  struct grid_filling *filling)
{
	memset(filling, 0, sizeof(*filling));
	fill_by_hand(g, s, column, a, filling);
	for (size_t i = 0; i < g->n_event; i++) {
		const struct grid_event *e = &g->event[i];
		struct grid_view v;

		if (&g->column[e->column] != column || !grid_meets(g, e, s))
			continue;
		v = grid_look(g, s, e);
		if (!v.filled) {
			push_word(a, &filling->events, e->name);
			continue;
		}
		for (size_t k = 0; k < v.filled->cases.n; k++)
			push_word(a, &filling->cases, v.filled->cases.word[k]);
		filling->excuse =
			v.filled->excuse ? v.filled->excuse : filling->excuse;
	}
}
