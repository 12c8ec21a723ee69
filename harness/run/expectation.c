/* The rows of expectations, read. Knows no outcome. */
#include "run/expectation.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/folder.h"

enum column {
	COLUMN_CASE,
	COLUMN_FAMILY,
	COLUMN_VERSIONS,
	COLUMN_REQUIREMENTS,
	COLUMN_TEXT,
	COLUMN_CITATION,
	COLUMN_WHY,
	COLUMN_SOMETIMES,
	COLUMN_COUNT,
};

/* The last octet of a version is the one before what is returned, or NULL. */
static const char *take_version(const char *text, struct version *v)
{
	char *end;

	for (v->n = 0; v->n < 3 && isdigit((unsigned char)*text);) {
		long number = strtol(text, &end, 10);

		if (number > 99999999) /* a date is one */
			return NULL;
		v->number[v->n++] = (int)number;
		if (v->n == 3 || *end != '.' || !isdigit((unsigned char)end[1]))
			return end;
		text = end + 1;
	}
	return NULL;
}

int version_read(const char *text, struct version *v)
{
	return take_version(text, v) ? 0 : -1;
}

/* Of the numbers that both say: 6.12.9 is 6.12. */
static int compare(const struct version *a, const struct version *b)
{
	int n = a->n < b->n ? a->n : b->n;

	for (int i = 0; i < n; i++)
		if (a->number[i] != b->number[i])
			return a->number[i] < b->number[i] ? -1 : 1;
	return 0;
}

bool version_is_in(const struct version *v, const struct version_range *range)
{
	return compare(v, &range->from) >= 0 && compare(v, &range->to) <= 0;
}

/* "*", "6.1", ">=6.1", "<=6.1", "5.10..6.12" */
static int read_range(const char *text, struct version_range *r)
{
	struct version *only = NULL;
	const char *at = text;

	*r = (struct version_range){ 0 };
	if (strcmp(text, "*") == 0)
		return 0;
	if (strncmp(text, ">=", 2) == 0)
		only = &r->from;
	else if (strncmp(text, "<=", 2) == 0)
		only = &r->to;
	if (only) {
		at = take_version(text + 2, only);
		return at && !*at ? 0 : -1;
	}
	at = take_version(text, &r->from);
	r->to = r->from;
	if (at && strncmp(at, "..", 2) == 0)
		at = take_version(at + 2, &r->to);
	return at && !*at && compare(&r->from, &r->to) <= 0 ? 0 : -1;
}

static int read_family(const char *text, int *af)
{
	static const struct {
		const char *name;
		int af;
	} families[] = { { "*", AF_UNSPEC },
			 { "ipv4", AF_INET },
			 { "ipv6", AF_INET6 } };

	for (size_t i = 0; i < 3; i++) {
		*af = families[i].af;
		if (strcmp(text, families[i].name) == 0)
			return 0;
	}
	return -1;
}

/* "ID, ID" */
static int read_ids(struct expectation *x, struct arena *a)
{
	const char *at = x->requirements;

	while (*at) {
		size_t len = strcspn(at, ",");
		size_t bare = len;

		while (bare && at[bare - 1] == ' ')
			bare--;
		if (!bare)
			return -1;
		*(const char **)arena_push(a, &x->id, &x->n_id,
					   sizeof(*x->id)) =
			arena_strndup(a, at, bare);
		at += len + (at[len] == ',');
		at += strspn(at, " ");
	}
	return x->n_id ? 0 : -1;
}

static bool says_something(const char *text, const char *end)
{
	for (; text < end; text++)
		if (isalnum((unsigned char)*text))
			return true;
	return false;
}

/* A text that is found in all others would excuse anything. */
static bool tells_something(const char *text)
{
	const char *mark;

	while ((mark = strstr(text, EXPECTATION_OR))) {
		if (!says_something(text, mark))
			return false;
		text = mark + strlen(EXPECTATION_OR);
	}
	return says_something(text, text + strlen(text));
}

static int check(struct expectation *x, struct arena *a, struct fault *f)
{
	const char *path = x->path;
	size_t line = x->line;

	if (!*x->cases)
		return fault_set(f,
				 "%s:%zu: no case, expected a case's name or "
				 "a pattern of names",
				 path, line);
	if (read_family(x->family, &x->af))
		return fault_set(f,
				 "%s:%zu: family \"%s\": expected *, ipv4 or "
				 "ipv6",
				 path, line, x->family);
	if (read_range(x->versions, &x->range))
		return fault_set(f,
				 "%s:%zu: versions \"%s\": expected *, 6.1, "
				 ">=6.1, <=6.1 or 5.10..6.12",
				 path, line, x->versions);
	if (read_ids(x, a))
		return fault_set(f,
				 "%s:%zu: requirements \"%s\": expected one "
				 "such as RFC5961-3.2-1, or more with commas "
				 "between them",
				 path, line, x->requirements);
	if (!tells_something(x->text))
		return fault_set(f,
				 "%s:%zu: text \"%s\": expected what the stack "
				 "does, or a part of it",
				 path, line, x->text);
	if (!says_something(x->citation, x->citation + strlen(x->citation)))
		return fault_set(f,
				 "%s:%zu: no citation, expected a document, a "
				 "commit, a thread, or \"found by this "
				 "suite\"",
				 path, line);
	return 0;
}

static int fill(struct expectation *x, struct arena *a, char *line,
		struct fault *f)
{
	const char *column[COLUMN_COUNT + 1];
	size_t n = 0;
	char *at;

	while (n <= COLUMN_COUNT && (at = strsep(&line, "\t")))
		column[n++] = at;
	if (n != COLUMN_COUNT && n != COLUMN_COUNT - 1)
		return fault_set(f,
				 "%s:%zu: %s%zu columns, expected case, "
				 "family, versions, requirements, text, "
				 "citation, why and, where it is so, "
				 "sometimes, with tabs between them",
				 x->path, x->line,
				 n > COLUMN_COUNT ? "more than " : "",
				 n > COLUMN_COUNT ? (size_t)COLUMN_COUNT : n);
	x->cases = column[COLUMN_CASE];
	x->family = column[COLUMN_FAMILY];
	x->versions = column[COLUMN_VERSIONS];
	x->requirements = column[COLUMN_REQUIREMENTS];
	x->text = column[COLUMN_TEXT];
	x->citation = column[COLUMN_CITATION];
	x->why = column[COLUMN_WHY];
	x->sometimes = n == COLUMN_COUNT ? column[COLUMN_SOMETIMES] : "";
	return check(x, a, f);
}

static int read_rows(struct expectations *e, struct arena *a, const char *path,
		     char *text, struct fault *f)
{
	struct expectation *row = NULL, one;
	size_t n = 0;
	char *line;

	for (size_t i = 0; i < e->n; i++)
		*(struct expectation *)arena_push(a, &row, &n, sizeof(*row)) =
			e->row[i];
	if (strcmp(strsep(&text, "\n"), EXPECTATION_HEAD) != 0)
		return fault_set(f,
				 "%s:1: expected the columns case, family, "
				 "versions, requirements, text, citation, why, "
				 "sometimes, with tabs between them",
				 path);
	for (size_t number = 2; (line = strsep(&text, "\n")); number++) {
		if (!text && !*line)
			break; /* the end of the last line */
		one = (struct expectation){ .path = path,
					    .line = number,
					    .version = e->version,
					    .may = e->may,
					    .ends = e->ends ? e->ends
							    : SIDE_BITS };
		if (fill(&one, a, line, f))
			return -1;
		*(struct expectation *)arena_push(a, &row, &n, sizeof(*row)) =
			one;
	}
	e->row = row;
	e->n = n;
	return 0;
}

int expectations_read(struct expectations *e, struct arena *a, const char *path,
		      struct fault *f)
{
	size_t len;
	char *text = folder_read(path, &len, f), *copy;

	if (!text)
		return -1;
	copy = arena_strndup(a, text, len);
	free(text);
	return read_rows(e, a, arena_strndup(a, path, strlen(path)), copy, f);
}

bool expectation_is_for(const struct expectation *x, const char *name,
			int family)
{
	return (x->af == AF_UNSPEC || x->af == family) &&
	       version_is_in(&x->version, &x->range) &&
	       fnmatch(x->cases, name, FNM_EXTMATCH) == 0;
}
