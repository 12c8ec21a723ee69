/*
 * The ladder as text: its lines, the times behind them, and the case's head.
 */
#include "tape/ladder.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "tape/ladder_lines.h"

static bool is_head(const char *line, size_t len)
{
	static const char *const words[] = { "case",  "spec", "deviates",
					     "needs", "set",  "sysctl",
					     "slow" };
	size_t word = 0;

	while (word < len && line[word] >= 'a' && line[word] <= 'z')
		word++;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == word &&
		    memcmp(line, words[i], word) == 0)
			return true;
	return false;
}

/* The head's lines as they stand in the case. */
static void print_head(FILE *out, const struct script *s)
{
	int stop = s->body.n ? s->body.steps[0].line : INT32_MAX;
	const char *at = s->text, *end = s->text + s->text_len;

	for (int line = 1; at < end && line < stop; line++) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((eol ? eol : end) - at);

		if (is_head(at, len))
			fprintf(out, "%.*s\n", (int)len, at);
		at += len + 1;
	}
	fputc('\n', out);
}

static void print_line(FILE *out, const struct ladder_line *line, int columns)
{
	int64_t us = line->at_ns / NS_PER_US;

	fprintf(out, "%-*s  # +%" PRId64 ".%06" PRId64 " s\n", columns,
		line->text, us / 1000000, us % 1000000);
}

void ladder_print(FILE *out, const struct script *s, const struct tape *t,
		  unsigned int options)
{
	bool times = options & LADDER_TIMES;
	struct ladder_lines lines;
	struct arena a = { 0 };

	if (options & LADDER_HEAD)
		print_head(out, s);
	ladder_lay_out(&a, t, times, &lines);
	for (size_t i = 0; i < lines.n; i++) {
		if (times)
			print_line(out, &lines.line[i], lines.columns);
		else
			fprintf(out, "%s\n", lines.line[i].text);
	}
	arena_free(&a);
}
