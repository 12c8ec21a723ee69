/* Rows of a matrix, from what runs have kept. Runs nothing. */
#include "report/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"

/* A case of one column. */
struct entry {
	const char *name;
	const char *family;
	size_t column;
	json_t *cell;
};

static int compare_keys(const char *name, const char *family, const char *name2,
			const char *family2)
{
	int order = strcmp(name, name2);

	return order ? order : strcmp(family, family2);
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare_keys(x->name, x->family, y->name, y->family);
}

static bool has_played(const json_t *cell)
{
	return cell && strcmp(text_member(cell, "verdict"), "skip") != 0;
}

/* All that a stack did otherwise than the case has it. */
static bool did_the_same(const json_t *a, const json_t *b)
{
	return strcmp(text_member(a, "verdict"), text_member(b, "verdict")) ==
		       0 &&
	       json_equal(json_object_get(a, "finding"),
			  json_object_get(b, "finding")) &&
	       json_equal(json_object_get(a, "deviations"),
			  json_object_get(b, "deviations"));
}

static bool differs(const struct matrix *m, const struct matrix_row *row)
{
	const json_t *first = NULL;

	for (size_t i = 0; i < m->n_column; i++) {
		const json_t *cell = row->cell[i];

		if (!has_played(cell))
			continue;
		if (first && !did_the_same(first, cell))
			return true;
		first = cell;
	}
	return false;
}

static struct entry *list_entries(struct matrix *m, size_t *n)
{
	struct entry *list = NULL;

	*n = 0;
	for (size_t i = 0; i < m->n_column; i++) {
		json_t *cases = json_object_get(m->column[i].results, "cases");

		for (size_t k = 0; k < json_array_size(cases); k++) {
			json_t *cell = json_array_get(cases, k);

			*(struct entry *)arena_push(&m->arena, &list, n,
						    sizeof(*list)) =
				(struct entry){ text_member(cell, "name"),
						text_member(cell, "family"), i,
						cell };
		}
	}
	return list;
}

void matrix_fill(struct matrix *m)
{
	struct matrix_row *row = NULL;
	size_t n;
	struct entry *e = list_entries(m, &n);

	if (n)
		qsort(e, n, sizeof(*e), by_key);
	for (size_t i = 0; i < n; i++) {
		if (!i || by_key(&e[i - 1], &e[i]) != 0) {
			row = arena_push(&m->arena, &m->row, &m->n_row,
					 sizeof(*row));
			*row = (struct matrix_row){
				.name = e[i].name,
				.family = e[i].family,
				.cell = arena_alloc(&m->arena,
						    m->n_column *
							    sizeof(json_t *)),
			};
		}
		row->cell[e[i].column] = e[i].cell;
	}
	for (size_t i = 0; i < m->n_row; i++) {
		m->row[i].differs = differs(m, &m->row[i]);
		m->n_differing += m->row[i].differs;
	}
}

void matrix_free(struct matrix *m)
{
	for (size_t i = 0; i < m->n_column; i++)
		json_decref(m->column[i].results);
	arena_free(&m->arena);
}

/*
 * Requirements by the worst that one of their cases showed: what failed, what
 * the stack is known to do otherwise, what holds, and what no case could show.
 */
enum held {
	HELD_UNSEEN,
	HELD_OK,
	HELD_DEVIATES,
	HELD_NOT,
	HELD_COUNT,
};

static const char *const held_names[HELD_COUNT] = {
	[HELD_UNSEEN] = "unseen",
	[HELD_OK] = "held",
	[HELD_DEVIATES] = "deviates",
	[HELD_NOT] = "failed",
};

static enum held held_by(const json_t *cell)
{
	const char *verdict = text_member(cell, "verdict");

	if (strcmp(verdict, "ok") == 0)
		return HELD_OK;
	if (strcmp(verdict, "deviates") == 0)
		return HELD_DEVIATES;
	return strcmp(verdict, "not ok") == 0 ? HELD_NOT : HELD_UNSEEN;
}

static void count_held(const struct matrix_column *c, size_t count[HELD_COUNT])
{
	json_t *worst = json_object(), *cases, *value;
	const char *id;

	cases = json_object_get(c->results, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *cell = json_array_get(cases, i);
		const json_t *spec = json_object_get(cell, "spec");
		json_int_t held = held_by(cell);

		for (size_t k = 0; k < json_array_size(spec); k++) {
			id = json_string_value(json_array_get(spec, k));
			value = json_object_get(worst, id);
			if (!value || json_integer_value(value) < held)
				json_object_set_new(worst, id,
						    json_integer(held));
		}
	}
	memset(count, 0, HELD_COUNT * sizeof(*count));
	json_object_foreach(worst, id, value)
		count[json_integer_value(value)]++;
	json_decref(worst);
}

/* In how many cases each requirement was broken. */
static json_t *deviations_json(const struct matrix_column *c)
{
	json_t *all = json_object(), *cases;

	cases = json_object_get(c->results, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *list =
			json_object_get(json_array_get(cases, i), "deviations");

		for (size_t k = 0; k < json_array_size(list); k++) {
			const char *id =
				text_member(json_array_get(list, k), "id");
			json_int_t n =
				json_integer_value(json_object_get(all, id));

			json_object_set_new(all, id, json_integer(n + 1));
		}
	}
	return all;
}

static json_t *column_json(const struct matrix_column *c)
{
	size_t held[HELD_COUNT];
	json_t *j = json_object(), *requirements = json_object();

	json_object_set_new(j, "as", text_json(c->text));
	json_object_set_new(j, "label", text_json(c->label));
	json_object_set_new(j, "left_out", text_json(c->left_out));
	json_object_set_new(j, "out", text_json(c->left_out ? NULL : c->dir));
	json_object_set(j, "summary",
			c->results ? json_object_get(c->results, "summary")
				   : json_null());
	count_held(c, held);
	for (int i = 0; i < HELD_COUNT; i++)
		json_object_set_new(requirements, held_names[i],
				    json_integer((json_int_t)held[i]));
	json_object_set_new(j, "requirements", requirements);
	json_object_set_new(j, "deviations", deviations_json(c));
	return j;
}

static json_t *cell_json(const json_t *cell)
{
	static const char *const kept[] = { "verdict", "reason",     "finding",
					    "states",  "deviations", "capture",
					    "ladder" };
	json_t *j;

	if (!cell)
		return json_null();
	j = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		json_object_set(j, kept[i], json_object_get(cell, kept[i]));
	return j;
}

json_t *matrix_json(const struct matrix *m)
{
	json_t *stacks = json_array(), *rows = json_array();

	for (size_t i = 0; i < m->n_column; i++)
		json_array_append_new(stacks, column_json(&m->column[i]));
	for (size_t i = 0; i < m->n_row; i++) {
		const struct matrix_row *row = &m->row[i];
		json_t *cells = json_array();

		for (size_t k = 0; k < m->n_column; k++)
			json_array_append_new(cells, cell_json(row->cell[k]));
		json_array_append_new(
			rows, json_pack("{s:o, s:o, s:b, s:o}", "name",
					text_json(row->name), "family",
					text_json(row->family), "differs",
					row->differs, "stacks", cells));
	}
	return json_pack("{s:s, s:o, s:I, s:o}", "lastack", VERSION, "stacks",
			 stacks, "differing", (json_int_t)m->n_differing,
			 "cases", rows);
}

static json_int_t counted(const struct matrix_column *c, const char *verdict)
{
	return json_integer_value(json_object_get(
		json_object_get(c->results, "summary"), verdict));
}

static const char *column_name(const struct matrix_column *c)
{
	return c->left_out ? c->text : c->label;
}

static int name_width(const struct matrix *m)
{
	size_t widest = strlen("stack");

	for (size_t i = 0; i < m->n_column; i++) {
		size_t len = strlen(column_name(&m->column[i]));

		if (len > widest)
			widest = len;
	}
	return (int)widest;
}

void matrix_summary(FILE *out, const struct matrix *m)
{
	size_t held[HELD_COUNT];
	int width = name_width(m);

	fprintf(out,
		"%-*s %6s %8s %6s %6s %6s   requirements held, "
		"deviating, failed, unseen\n",
		width, "stack", "ok", "deviates", "not ok", "skip", "broken");
	for (size_t i = 0; i < m->n_column; i++) {
		const struct matrix_column *c = &m->column[i];

		if (c->left_out) {
			fprintf(out, "%-*s left out: %s\n", width,
				column_name(c), c->left_out);
			continue;
		}
		count_held(c, held);
		fprintf(out,
			"%-*s %6lld %8lld %6lld %6lld %6lld   %zu, %zu, %zu, "
			"%zu\n",
			width, column_name(c), counted(c, "ok"),
			counted(c, "deviates"), counted(c, "not_ok"),
			counted(c, "skip"), counted(c, "broken"), held[HELD_OK],
			held[HELD_DEVIATES], held[HELD_NOT], held[HELD_UNSEEN]);
	}
	fprintf(out, "%zu row%s (a case in a family), stacks differ in %zu\n",
		m->n_row, m->n_row == 1 ? "" : "s", m->n_differing);
}
