/* A matrix for people: every row, and ladders side by side. */
#include "report/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

#define LADDER_WIDTH 76 /* columns of one stack's */

static const char *verdict_of(const json_t *cell)
{
	return cell ? text_member(cell, "verdict") : "-";
}

static void put_rows(FILE *out, const struct matrix *m)
{
	for (size_t i = 0; i < m->n_row; i++) {
		const struct matrix_row *row = &m->row[i];

		fprintf(out, "%c %-56s %s", row->differs ? '*' : ' ', row->name,
			row->family);
		for (size_t k = 0; k < m->n_column; k++)
			if (!m->column[k].left_out)
				fprintf(out, "  %-8s",
					verdict_of(row->cell[k]));
		putc('\n', out);
	}
}

/* What a stack did that another did not. */
static void put_said(FILE *out, const char *label, const json_t *cell)
{
	const json_t *found = json_object_get(cell, "finding");
	const json_t *list = json_object_get(cell, "deviations");

	fprintf(out, "  %s: %s", label, verdict_of(cell));
	if (*text_member(cell, "reason"))
		fprintf(out, ": %s", text_member(cell, "reason"));
	putc('\n', out);
	if (json_is_object(found)) {
		fputs("    ", out);
		text_plain(out, text_member(found, "what"));
		fputs(": expected ", out);
		text_plain(out, text_member(found, "expected"));
		fputs(", actual ", out);
		text_plain(out, text_member(found, "actual"));
		putc('\n', out);
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		fprintf(out, "    %s: ", text_member(one, "id"));
		text_plain(out, text_member(one, "text"));
		putc('\n', out);
	}
}

/* The next line of a ladder; *text becomes what follows, NULL: it is over. */
static void put_line(FILE *out, const char **text, bool last)
{
	size_t len = *text ? strcspn(*text, "\n") : 0;
	int width = last ? 0 : LADDER_WIDTH;

	fprintf(out, "%-*.*s", width, (int)len, *text ? *text : "");
	if (!*text)
		return;
	*text += len;
	*text = **text && (*text)[1] ? *text + 1 : NULL;
}

static bool any(const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i])
			return true;
	return false;
}

/* Of those that have one; a ladder that cannot be read is not shown. */
static size_t read_ladders(const struct matrix *m, const struct matrix_row *row,
			   char **whole, size_t *column)
{
	struct fault ignored;
	size_t n = 0, len;

	for (size_t i = 0; i < m->n_column; i++) {
		const char *path = text_member(row->cell[i], "ladder");

		whole[n] = *path ? folder_read(path, &len, &ignored) : NULL;
		if (whole[n])
			column[n++] = i;
	}
	return n;
}

static void put_ladders(FILE *out, const struct matrix *m,
			const struct matrix_row *row)
{
	char **whole = memory_zeroed(m->n_column, sizeof(*whole));
	const char **text = memory_zeroed(m->n_column, sizeof(*text));
	size_t *column = memory_zeroed(m->n_column, sizeof(*column));
	size_t n = read_ladders(m, row, whole, column);

	for (size_t i = 0; i < n; i++) {
		text[i] = *whole[i] ? whole[i] : NULL;
		fprintf(out, "%s%-*s", i ? " | " : "  ",
			i + 1 < n ? LADDER_WIDTH : 0,
			m->column[column[i]].label);
	}
	putc('\n', out);
	while (any(text, n)) {
		for (size_t i = 0; i < n; i++) {
			fputs(i ? " | " : "  ", out);
			put_line(out, &text[i], i + 1 == n);
		}
		putc('\n', out);
	}
	for (size_t i = 0; i < n; i++)
		free(whole[i]);
	free(whole);
	free(text);
	free(column);
}

void matrix_text(FILE *out, const struct matrix *m)
{
	matrix_summary(out, m);
	putc('\n', out);
	put_rows(out, m);
	for (size_t i = 0; i < m->n_row; i++) {
		const struct matrix_row *row = &m->row[i];

		if (!row->differs)
			continue;
		fprintf(out, "\n%s %s\n", row->name, row->family);
		for (size_t k = 0; k < m->n_column; k++)
			if (!m->column[k].left_out)
				put_said(out, m->column[k].label, row->cell[k]);
		put_ladders(out, m, row);
	}
}
