/* The catalogue's text taken apart into rows. Knows no requirement. */
#include "script/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "script/near.h"

#define COLUMNS 6
#define HEAD	"id\tlevel\tsource\tsection\tsentence\twithout"

const char *const catalogue_levels[] = {
	"MUST",
	"MUST NOT",
	"SHOULD",
	"SHOULD NOT",
	"MAY",
	"normative-lowercase",
	"legacy",
	"informational",
	"implementation",
	"test",
	NULL,
};

static bool is_level(const char *text)
{
	const char *const *level = catalogue_levels;

	while (*level && strcmp(*level, text) != 0)
		level++;
	return *level;
}

/* Takes the text up to that mark, and leaves what is behind it. */
static char *take(char **text, const char *mark)
{
	char *at = *text;

	*text += strcspn(at, mark);
	if (**text)
		*(*text)++ = '\0';
	return at;
}

static int fill(struct requirement *row, char *line, const char *path,
		size_t number, struct fault *f)
{
	const char *column[COLUMNS + 1] = { NULL };
	size_t n = 0, len;

	while (n < COLUMNS + 1 && (*line || n < COLUMNS))
		column[n++] = take(&line, "\t");
	*row = (struct requirement){ column[0], column[1], column[2], column[3],
				     column[4], column[5], number - 2 };
	len = strlen(row->source);
	if (column[COLUMNS] || !*row->section || !*row->text)
		return fault_set(f,
				 "%s:%zu: expected id, level, source, "
				 "section, sentence and, if nothing shows it, "
				 "why, with tabs between them",
				 path, number);
	if (!is_level(row->level))
		return fault_set(f,
				 "%s:%zu: \"%s\": no level, expected one "
				 "such as MUST",
				 path, number, row->level);
	if (!len || strncmp(row->id, row->source, len) != 0 ||
	    row->id[len] != '-' || !row->id[len + 1])
		return fault_set(f,
				 "%s:%zu: %s: expected an id that begins with "
				 "its source, \"%s-\"",
				 path, number, row->id, row->source);
	return 0;
}

/* Of the same id the one that comes first in the file. */
static int by_id(const void *a, const void *b)
{
	const struct requirement *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int sort(struct catalogue *c, struct arena *a, const char *path,
		struct fault *f)
{
	struct requirement *row = arena_alloc(a, (c->n + 1) * sizeof(*row));

	c->by_id = row;
	if (!c->n)
		return 0;
	memcpy(row, c->row, c->n * sizeof(*row));
	qsort(row, c->n, sizeof(*row), by_id);
	for (size_t i = 1; i < c->n; i++)
		if (strcmp(row[i - 1].id, row[i].id) == 0)
			return fault_set(f,
					 "%s:%zu: %s: said before at line %zu, "
					 "expected every id once",
					 path, row[i].at + 2, row[i].id,
					 row[i - 1].at + 2);
	return 0;
}

int catalogue_read(struct catalogue *c, struct arena *a, const char *path,
		   char *text, struct fault *f)
{
	struct requirement *row = NULL, one;
	size_t number = 1;

	*c = (struct catalogue){ 0 };
	if (strcmp(take(&text, "\n"), HEAD) != 0)
		return fault_set(f,
				 "%s:1: expected the columns id, level, "
				 "source, section, sentence, without",
				 path);
	while (*text) {
		if (fill(&one, take(&text, "\n"), path, ++number, f))
			return -1;
		*(struct requirement *)arena_push(a, &row, &c->n,
						  sizeof(*row)) = one;
	}
	c->row = row;
	return sort(c, a, path, f);
}

const struct requirement *catalogue_find(const struct catalogue *c,
					 struct word id)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const char *at = c->by_id[mid].id;
		int order = strncmp(at, id.at, id.len);

		if (order == 0 && !at[id.len])
			return &c->by_id[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const char *catalogue_near(const struct catalogue *c, struct word id)
{
	size_t best = id.len / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < c->n; i++) {
		size_t d = near_distance(id, c->row[i].id);

		if (d >= best)
			continue;
		best = d;
		found = c->row[i].id;
	}
	return found;
}
