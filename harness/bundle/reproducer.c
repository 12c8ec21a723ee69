/* Joins the parts of a program, and puts steps where it has room for them. */
#include "bundle/reproducer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/installed.h"
#include "base/intern.h"
#include "base/memory.h"

/* Its parts, in the order in which they become one file. */
static const char *const parts[] = {
	"reproduce/report.py",	"reproduce/segment.py", "reproduce/calls.py",
	"reproduce/process.py", "reproduce/cable.py",	"reproduce/play.py",
};

#define N_PARTS ARRAY_SIZE(parts)

#define ROOM	"@REPORT@"
#define IMPORT	"import "
#define OF_PART "from ."

/*
 * JSON within three single quotes, raw: these are written as escapes, which
 * JSON reads back.
 */
static void put_json(FILE *out, const json_t *j)
{
	char *text = json_dumps(j, JSON_ENSURE_ASCII | JSON_ENCODE_ANY);

	for (const char *at = text; *at; at++)
		if (*at == '\'')
			fputs("\\u0027", out);
		else
			putc(*at, out);
	free(text);
}

/* A member a line, and a step a line: people read it. */
static void put_steps(FILE *out, json_t *steps)
{
	const char *key;
	json_t *value, *step;
	size_t i;
	const char *between = "{";

	json_object_foreach(steps, key, value)
	{
		fprintf(out, "%s\n\"%s\": ", between, key);
		between = ",";
		if (strcmp(key, "steps") != 0) {
			put_json(out, value);
			continue;
		}
		json_array_foreach(value, i, step)
		{
			fputs(i ? ",\n  " : "[\n  ", out);
			put_json(out, step);
		}
		fputs(i ? "\n]" : "[]", out);
	}
	fputs("\n}", out);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The line behind this one. */
static const char *next(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

static int in_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the parts import of Python's own, each once. */
static void put_imports(FILE *out, char *const *part)
{
	struct intern all = { .n = 0 };

	for (size_t i = 0; i < N_PARTS; i++)
		for (const char *at = part[i]; *at; at = next(at))
			if (begins(at, IMPORT))
				intern_add(&all,
					   arena_strndup(&all.arena, at,
							 strcspn(at, "\n")));
	qsort(all.text, all.n, sizeof(*all.text), in_order);
	for (size_t i = 0; i < all.n; i++)
		fprintf(out, "%s\n", all.text[i]);
	intern_free(&all);
}

static const char *behind_imports(const char *at)
{
	while (*at == '\n' || begins(at, IMPORT) || begins(at, OF_PART))
		at = next(at);
	return at;
}

/*
 * The first part has the program's docstring. The line that the others begin
 * with, theirs, becomes a heading; what they import of each other is defined
 * above them.
 */
static void put_parts(FILE *out, char *const *part)
{
	const char *at = part[0];

	while (*at && !begins(at, IMPORT))
		at = next(at);
	fwrite(part[0], 1, (size_t)(at - part[0]), out);
	put_imports(out, part);
	fprintf(out, "\n%s", behind_imports(at));
	for (size_t i = 1; i < N_PARTS; i++) {
		const char *title = part[i] + strspn(part[i], "\"");

		fprintf(out, "\n\n# ---- %.*s\n\n\n%s",
			(int)strcspn(title, "\""), title,
			behind_imports(next(part[i])));
	}
}

/* All parts as one text, the arena's; NULL with a fault. */
static const char *join(struct arena *a, struct fault *f)
{
	char *part[N_PARTS] = { NULL }, *text;
	const char *all = NULL;
	size_t n, len;
	FILE *out;

	for (n = 0; n < N_PARTS; n++) {
		part[n] = folder_read(installed_script(a, parts[n]), &len, f);
		if (!part[n])
			break;
	}
	if (n == N_PARTS) {
		out = memory_stream(&text, &len);
		put_parts(out, part);
		memory_stream_end(out);
		all = arena_strndup(a, text, len);
		free(text);
	}
	while (n)
		free(part[--n]);
	return all;
}

const char *reproducer_text(struct arena *a, json_t *steps, struct fault *f)
{
	const char *program = join(a, f);
	const char *room = program ? strstr(program, ROOM) : NULL;
	char *text;
	size_t len;
	FILE *out;

	if (!program)
		return NULL;
	if (!room) {
		fault_set(f, "%s: has no room for the steps (" ROOM ")",
			  installed_script(a, parts[0]));
		return NULL;
	}
	out = memory_stream(&text, &len);
	fwrite(program, 1, (size_t)(room - program), out);
	put_steps(out, steps);
	fputs(room + strlen(ROOM), out);
	memory_stream_end(out);
	program = arena_strndup(a, text, len);
	free(text);
	return program;
}
