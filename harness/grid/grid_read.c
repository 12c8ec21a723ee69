/*
 * Reading the tables of the grid. A block begins with a word at the first
 * column (state, column, event, cell); its attributes follow likewise, one a
 * line; lines that begin with a blank are text of a case. Knows nothing of
 * what is made of them.
 */
#include "grid/grid_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define BLANKS " \t"

/* One line's words, and where its rest begins. */
struct reader {
	struct grid *g;
	const char *path;
	int line;
	parse_fault_fn *fault;
	void *ctx;
	size_t n_fault;
	/* The block that is being read: one of them, or none. */
	struct grid_state *state;
	struct grid_column *column;
	struct grid_event *event;
	struct grid_cell *cell;
	const char **text; /* where its lines of a case go, or NULL */
};

static void fault(struct reader *r, const char *what, const char *word)
{
	const char *text =
		arena_printf(&r->g->arena, "%s:%d: %s%s%s", r->path, r->line,
			     word ? word : "", word ? ": " : "", what);

	r->n_fault++;
	r->fault(r->ctx, text, 1);
}

/* The next word of *at, which moves behind it and its blanks; NULL: none. */
static const char *next_word(struct reader *r, const char **at)
{
	size_t len = strcspn(*at, BLANKS);
	const char *word;

	if (!len)
		return NULL;
	word = arena_strndup(&r->g->arena, *at, len);
	*at += len;
	*at += strspn(*at, BLANKS);
	return word;
}

static void add_words(struct reader *r, const char *rest,
		      struct grid_words *words)
{
	const char **one;

	for (;;) {
		size_t len;

		rest += strspn(rest, BLANKS ",");
		len = strcspn(rest, BLANKS ",");
		if (!len)
			return;
		one = arena_push(&r->g->arena, &words->word, &words->n,
				 sizeof(*one));
		*one = arena_strndup(&r->g->arena, rest, len);
		rest += len;
	}
}

/* "una 1 nxt 2 rcv 1 ack 1" */
static void read_numbers(struct reader *r, const char *rest,
			 struct grid_state *s)
{
	const struct {
		const char *name;
		long *number;
	} rows[] = {
		{ "una", &s->snd_una },
		{ "nxt", &s->snd_nxt },
		{ "rcv", &s->rcv_nxt },
		{ "ack", &s->seg_ack },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *name = next_word(r, &rest);
		const char *number = next_word(r, &rest);
		char *end = NULL;

		if (number)
			*rows[i].number = strtol(number, &end, 10);
		if (name && strcmp(name, rows[i].name) == 0 && end && !*end)
			continue;
		fault(r, "expected \"una N nxt N rcv N ack N\"", name);
		return;
	}
}

static void begin_state(struct reader *r, const char *rest)
{
	struct grid *g = r->g;
	struct grid_state *s =
		arena_push(&g->arena, &g->state, &g->n_state, sizeof(*s));

	r->state = s;
	r->text = &s->text;
	s->text = "";
	s->name = next_word(r, &rest);
	if (s->name)
		s->state = name_state_parse(s->name, strcspn(s->name, "."));
	if (!s->state)
		fault(r, "expected a STATE, such as FIN-WAIT-1.orphan",
		      s->name);
	read_numbers(r, rest, s);
}

static void begin_column(struct reader *r, const char *rest)
{
	struct grid *g = r->g;
	struct grid_column *c =
		arena_push(&g->arena, &g->column, &g->n_column, sizeof(*c));

	r->column = c;
	r->text = NULL;
	c->path = r->path;
	c->line = r->line;
	c->name = next_word(r, &rest);
	c->kind = next_word(r, &rest);
	c->title = arena_printf(&g->arena, "%s", rest);
	if (!c->kind || !*rest)
		fault(r, "expected \"column NAME KIND TITLE\"", c->name);
}

static void begin_event(struct reader *r, const char *rest)
{
	struct grid *g = r->g;
	struct grid_event *e =
		arena_push(&g->arena, &g->event, &g->n_event, sizeof(*e));

	r->event = e;
	r->text = &e->text;
	e->text = "";
	e->path = r->path;
	e->line = r->line;
	e->name = next_word(r, &rest);
	e->title = arena_printf(&g->arena, "%s", rest);
	e->column = g->n_column - 1;
	if (!*rest || !g->n_column)
		fault(r, "expected \"event NAME TITLE\" below a column",
		      e->name);
}

static void begin_cell(struct reader *r, const char *rest)
{
	struct grid *g = r->g;
	struct grid_cell *c =
		arena_push(&g->arena, &g->cell, &g->n_cell, sizeof(*c));
	const char *states = next_word(r, &rest);

	r->cell = c;
	r->text = &c->text;
	c->path = r->path;
	c->line = r->line;
	add_words(r, states ? states : "", &c->states);
	add_words(r, rest, &c->events);
	if (!c->events.n)
		fault(r, "expected \"cell STATE[,STATE] EVENT[,EVENT]\"",
		      states);
}

static const struct {
	const char *word;
	void (*begin)(struct reader *r, const char *rest);
} blocks[] = {
	{ "state", begin_state },
	{ "column", begin_column },
	{ "event", begin_event },
	{ "cell", begin_cell },
};

/* The attributes: each is of one or two kinds of block. */
static bool read_in(struct reader *r, const char *rest)
{
	if (!r->column && !r->event)
		return false;
	add_words(r, rest, r->column ? &r->column->in : &r->event->in);
	return true;
}

static bool read_row(struct reader *r, const char *rest)
{
	bool is_event;

	if (r->event)
		is_event = r->event->has_row =
			rfc9293_event_find(rest, &r->event->row);
	else if (r->cell)
		is_event = r->cell->has_row =
			rfc9293_event_find(rest, &r->cell->row);
	else
		return false;
	if (!is_event)
		fault(r, "no event of judge/rfc9293.c (see lastack rules)",
		      rest);
	return true;
}

static bool read_takes(struct reader *r, const char *rest)
{
	char *end;

	if (!r->event)
		return false;
	r->event->takes = strtol(rest, &end, 10);
	if (*end || end == rest)
		fault(r, "expected a number of octets", rest);
	return true;
}

static bool read_needs(struct reader *r, const char *rest)
{
	if (!r->event)
		return false;
	if (strcmp(rest, "timestamps") != 0)
		fault(r, "expected \"timestamps\"", rest);
	r->event->needs_timestamps = true;
	return true;
}

static bool read_spec(struct reader *r, const char *rest)
{
	if (!r->cell && !r->event)
		return false;
	add_words(r, rest, r->cell ? &r->cell->spec : &r->event->spec);
	return true;
}

static bool read_because(struct reader *r, const char *rest)
{
	struct grid_cell *c = r->cell;

	if (!c)
		return false;
	c->because = arena_printf(&r->g->arena, "%s%s%s",
				  c->because ? c->because : "",
				  c->because ? " " : "", rest);
	return true;
}

static bool read_to(struct reader *r, const char *rest)
{
	const char *at = rest;

	if (!r->cell)
		return false;
	while (*at && strcmp(rest, GRID_SAME) != 0) {
		size_t len = strcspn(at, "|");

		if (!name_state_parse(at, len))
			fault(r, "expected STATE, STATE|STATE or " GRID_SAME,
			      rest);
		at += len;
		at += *at == '|';
	}
	r->cell->to = arena_printf(&r->g->arena, "%s", rest);
	return true;
}

static bool read_answer(struct reader *r, const char *rest)
{
	if (!r->cell)
		return false;
	r->cell->has_answer = rfc9293_answer_find(rest, &r->cell->answer);
	if (!r->cell->has_answer)
		fault(r, "no answer of judge/rfc9293.c (see lastack rules)",
		      rest);
	return true;
}

static bool read_first(struct reader *r, const char *rest)
{
	if (!r->cell)
		return false;
	r->cell->first = arena_printf(&r->g->arena, "%s", rest);
	return true;
}

static bool read_case(struct reader *r, const char *rest)
{
	if (!r->cell)
		return false;
	add_words(r, rest, &r->cell->cases);
	return true;
}

static bool read_excuse(struct reader *r, const char *rest)
{
	if (!r->cell)
		return false;
	r->cell->excuse = arena_printf(&r->g->arena, "%s", rest);
	return true;
}

/* What a line of a block says; false when such a block has none. */
static const struct {
	const char *word;
	bool (*read)(struct reader *r, const char *rest);
} attributes[] = {
	{ "in", read_in },	   { "row", read_row },
	{ "takes", read_takes },   { "needs", read_needs },
	{ "spec", read_spec },	   { "because", read_because },
	{ "to", read_to },	   { "answer", read_answer },
	{ "first", read_first },   { "case", read_case },
	{ "excuse", read_excuse },
};

static bool read_attribute(struct reader *r, const char *word, const char *rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		if (strcmp(attributes[i].word, word) == 0)
			return attributes[i].read(r, rest);
	return false;
}

static void read_words(struct reader *r, const char *line)
{
	const char *rest = line;
	const char *word = next_word(r, &rest);

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		if (strcmp(blocks[i].word, word) != 0)
			continue;
		r->state = NULL;
		r->column = NULL;
		r->event = NULL;
		r->cell = NULL;
		blocks[i].begin(r, rest);
		return;
	}
	if (!read_attribute(r, word, rest))
		fault(r,
		      "expected state, column, event, cell, or what one of "
		      "these has",
		      word);
}

/* A line of a case, four blanks or a tab before it. */
static void read_text(struct reader *r, const char *line)
{
	if (!r->text) {
		fault(r, "text of a case, where none belongs", NULL);
		return;
	}
	line += *line == '\t' ? 1 : strspn(line, " ") < 4 ? 0 : 4;
	*r->text = arena_printf(&r->g->arena, "%s%s\n",
				*r->text ? *r->text : "", line);
}

static void read_line(struct reader *r, const char *line)
{
	size_t blank = strspn(line, BLANKS);

	/* A blank line is part of a text that goes on behind it. */
	if (!line[blank]) {
		if (r->text && *r->text && **r->text)
			*r->text = arena_printf(&r->g->arena, "%s\n", *r->text);
	} else if (blank) {
		read_text(r, line);
	} else if (*line != '#') {
		read_words(r, line);
	}
}

/* A text ends with its last line that says something. */
static const char *trimmed(struct grid *g, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	while (len > 1 && text[len - 1] == '\n' && text[len - 2] == '\n')
		len--;
	return text ? arena_strndup(&g->arena, text, len) : NULL;
}

size_t grid_read(struct grid *g, const char *path, const char *text, size_t len,
		 parse_fault_fn *told, void *ctx)
{
	struct reader r = { .g = g, .fault = told, .ctx = ctx };
	const char *at = text, *end = text + len;
	size_t i;

	r.path = arena_printf(&g->arena, "%s", path);
	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((nl ? nl : end) - at);

		r.line++;
		read_line(&r, arena_strndup(&g->arena, at, n));
		at += n + 1;
	}
	for (i = 0; i < g->n_state; i++)
		g->state[i].text = trimmed(g, g->state[i].text);
	for (i = 0; i < g->n_event; i++)
		g->event[i].text = trimmed(g, g->event[i].text);
	for (i = 0; i < g->n_cell; i++)
		g->cell[i].text = trimmed(g, g->cell[i].text);
	return r.n_fault;
}

void grid_free(struct grid *g)
{
	arena_free(&g->arena);
	memset(g, 0, sizeof(*g));
}
