/*
 * The verb "list": the cases as a table, or as JSON. Opens no connection.
 */
#include <getopt.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "base/clock.h"
#include "base/text.h"

static const char *need_text(struct arena *a, const struct need *n)
{
	switch (n->kind) {
	case NEED_WIRE:
		return "wire";
	case NEED_SYSCTL:
		return arena_printf(a, "sysctl %s", n->name);
	case NEED_KERNEL:
		return arena_printf(a, "kernel >= %d.%d", n->major, n->minor);
	case NEED_SCAPY:
		return "scapy";
	case NEED_VIRTUAL_TIME:
		return "virtual-time";
	case NEED_FAMILY:
		return plan_family(n->family);
	case NEED_NO_CALLS:
		return arena_printf(a, "no calls of %c", side_letter(n->side));
	}
	return "";
}

/* Names each kind of need once: many lines of a case may need the wire. */
static const char **needs(struct arena *a, const struct script *s, size_t *n)
{
	const char **text = arena_alloc(a, s->n_need * sizeof(*text));
	const char *one;
	size_t i, k;

	*n = 0;
	for (i = 0; i < s->n_need; i++) {
		one = need_text(a, &s->need[i]);
		for (k = 0; k < *n && strcmp(text[k], one) != 0; k++)
			;
		if (k == *n)
			text[(*n)++] = one;
	}
	return text;
}

static const char *join(struct arena *a, const char *const *text, size_t n)
{
	const char *all = n ? text[0] : "-";
	size_t i;

	for (i = 1; i < n; i++)
		all = arena_printf(a, "%s, %s", all, text[i]);
	return all;
}

static json_t *case_json(struct arena *a, const struct plan_case *c)
{
	const struct script *s = c->script;
	const char **need;
	size_t n;

	need = needs(a, s, &n);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:f}", "path",
			 text_json(s->path), "name", text_json(c->name),
			 "title", text_json(s->title), "spec",
			 text_json_list(s->spec, s->n_spec), "needs",
			 text_json_list(need, n), "slow", s->slow, "least_s",
			 (double)script_least_ns(s) / (double)NS_PER_S);
}

static void print_json(struct plan *p)
{
	json_t *all = json_array();
	size_t i;

	for (i = 0; i < p->n; i++)
		json_array_append_new(all, case_json(&p->arena, &p->item[i]));
	json_dumpf(all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
	putchar('\n');
	json_decref(all);
}

enum {
	CASE,
	TITLE,
	SPECIFICATION,
	NEEDS,
	SPEED,
	COLUMNS
};

#define GAP   2	 /* between columns */
#define LEAST 13 /* of a column that is shown: "specification" */
#define MORE  "..."

static void row_of(struct arena *a, const struct plan_case *c,
		   const char *row[COLUMNS])
{
	const struct script *s = c->script;
	const char **need;
	size_t n;

	need = needs(a, s, &n);
	row[CASE] = c->name;
	row[TITLE] = s->title ? s->title : "-";
	row[SPECIFICATION] = join(a, s->spec, s->n_spec);
	row[NEEDS] = join(a, need, n);
	row[SPEED] = s->slow ? "slow" : "quick";
}

/* The width in characters, not in octets. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	while (text_next(&text))
		n++;
	return n;
}

/* Text no wider than that; where it is, "..." ends it. */
static const char *cut(struct arena *a, const char *text, size_t width)
{
	const char *at = text;
	size_t n;

	if (width_of(text) <= width)
		return text;
	for (n = 0; n + strlen(MORE) < width; n++)
		text_next(&at);
	return arena_printf(a, "%.*s" MORE, (int)(at - text), text);
}

/* Of columns without a width nothing is printed. */
static void print_row(struct arena *a, const char *const *row,
		      const size_t *width)
{
	size_t i, pad = 0;

	for (i = 0; i < COLUMNS; i++) {
		const char *text = cut(a, row[i], width[i]);

		if (!width[i])
			continue;
		printf("%*s", (int)pad, "");
		text_plain(stdout, text);
		pad = width[i] + GAP - width_of(text);
	}
	putchar('\n');
}

/* For programs: a tab between columns, and no column left out. */
static void print_fields(const char *const *row)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		fputs(i ? "\t" : "", stdout);
		text_plain(stdout, row[i]);
	}
	putchar('\n');
}

/* How much fits a line of the terminal; 0: it is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}

/*
 * Gives each column of what there is room for: names whole, titles as far as
 * they fit, and then the others, which are left out where they would be cut to
 * nothing.
 */
static void fit(size_t width[COLUMNS], size_t most)
{
	static const size_t order[] = { CASE, TITLE, SPEED, NEEDS,
					SPECIFICATION };
	size_t i, used = 0;

	for (i = 0; i < COLUMNS; i++) {
		size_t *w = &width[order[i]];
		size_t left = used < most ? most - used : 0;

		if (order[i] == TITLE)
			left = left > LEAST ? left : LEAST;
		if (order[i] != CASE && *w > left)
			*w = left < LEAST ? 0 : left;
		used += *w ? *w + GAP : 0;
	}
}

static void print_table(struct plan *p)
{
	static const char *const head[COLUMNS] = {
		[CASE] = "case",   [TITLE] = "title",
		[NEEDS] = "needs", [SPECIFICATION] = "specification",
		[SPEED] = "speed",
	};
	size_t width[COLUMNS] = { 0 }, i, k, w, most;
	const char *(*row)[COLUMNS];

	row = arena_alloc(&p->arena, (p->n + 1) * sizeof(*row));
	memcpy(row[0], head, sizeof(head));
	for (i = 0; i < p->n; i++)
		row_of(&p->arena, &p->item[i], row[i + 1]);
	for (i = 0; i <= p->n; i++)
		for (k = 0; k < COLUMNS; k++) {
			w = width_of(row[i][k]);
			width[k] = w > width[k] ? w : width[k];
		}
	most = terminal_width();
	if (most)
		fit(width, most);
	for (i = 0; i <= p->n; i++)
		if (most)
			print_row(&p->arena, row[i], width);
		else
			print_fields(row[i]);
}

struct options {
	const char *format;
	bool grid;
};

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "format", 0, option_text, TO(format),
	  .help = "a table (the default; not on a terminal, with\n"
		  "tabs between its columns), or for programs",
	  .words = OPTION_WORDS("table", "json") },
	{ "grid", 0, option_flag, TO(grid),
	  .help = "the grid of states and events instead: what\n"
		  "is played in each cell, or why nothing is" },
	{ 0 },
};

static const struct options usual = { .format = "table" };

static int enter(void *options, int argc, char **argv)
{
	const struct options *o = options;
	bool json = strcmp(o->format, "json") == 0;
	struct plan p;
	int rc;

	if (o->grid && argc > optind)
		return option_bad("list", "--grid takes no operand");
	plan_open(&p, option_fault, NULL);
	if (o->grid) {
		rc = list_grid(&p, json);
		plan_close(&p);
		return rc;
	}
	rc = option_load(&p, "list", argv + optind, argc - optind);
	if (rc == 0 && json)
		print_json(&p);
	else if (rc == 0)
		print_table(&p);
	plan_close(&p);
	return rc;
}

const struct cmd cmd_list = {
	.name = "list",
	.line = "list cases: title, specification, needs",
	.usage = "[OPTION...] [FILE|FOLDER|SELECTOR...]",
	.text = "Lists cases (without operands: all of the cases folder): path,\n"
		"title, specification, needs, quick or slow.",
	.rows = rows,
	.status = "Exit status: 0, or 2 for bad usage and cases with faults.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
