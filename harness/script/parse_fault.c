/*
 * How faults are worded and counted, and the words and lists they are made of;
 * the nearest word to one that is misspelt. Knows no word of the language.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "script/parser.h"

#define SHOW_MAX 40
#define NEAR_MAX 24

/* More than any list of words that a fault says are expected. */
#define ITEMS_MAX (VERB_COUNT + 4)

static void report(struct parser *p, const char *fmt, va_list ap)
{
	char text[1024];

	if (p->told_line && p->told_line == p->ln.number)
		return;
	if (p->faults == PARSE_FAULTS_MAX)
		p->silent_line = p->ln.number;
	if (p->faults++ >= PARSE_FAULTS_MAX)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	p->fault(p->ctx,
		 arena_printf(&p->s->arena, "%s:%d: %s", p->s->path,
			      p->ln.number, text),
		 1);
}

int parse_fault(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(p, fmt, ap);
	va_end(ap);
	p->spoiled = true;
	p->frame[p->depth].spoiled = true;
	return -1;
}

int parse_misplaced(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!p->spoiled)
		report(p, fmt, ap);
	va_end(ap);
	p->frame[p->depth].spoiled = true;
	return -1;
}

const char *parse_show(struct parser *p, struct word w)
{
	size_t len = w.len;

	if (len <= SHOW_MAX)
		return arena_strndup(&p->s->arena, w.at, len);
	len = SHOW_MAX;
	while (len && (w.at[len] & 0xc0) == 0x80)
		len--;
	return arena_printf(&p->s->arena, "%.*s...", (int)len, w.at);
}

const char *parse_list(struct parser *p, const char *const *items, size_t n)
{
	const char *text = n ? items[0] : "";

	for (size_t i = 1; i < n; i++)
		text = arena_printf(&p->s->arena, "%s%s%s", text,
				    i + 1 < n ? ", " : " or ", items[i]);
	return text;
}

const char *parse_join(struct parser *p, size_t from, size_t to)
{
	char text[LEX_LINE_MAX + 1];
	size_t len = 0;

	for (size_t i = from; i < to; i++) {
		if (i > from)
			text[len++] = ' ';
		memcpy(text + len, p->ln.word[i].at, p->ln.word[i].len);
		len += p->ln.word[i].len;
	}
	return arena_strndup(&p->s->arena, text, len);
}

int parse_end(struct parser *p, size_t at)
{
	if (at >= p->ln.n)
		return 0;
	return parse_fault(p, "%s: nothing more expected after \"%s\"",
			   parse_show(p, p->ln.word[at]),
			   parse_join(p, at > 2 ? at - 2 : 0, at));
}

int parse_word(struct parser *p, size_t at, const char *expected,
	       struct word *w)
{
	if (at >= p->ln.n) {
		parse_fault(p, "expected %s after \"%s\"", expected,
			    parse_join(p, at > 2 ? at - 2 : 0, at));
		return -1;
	}
	*w = p->ln.word[at];
	return 0;
}

/* Case does not count, and "-" is as good as "_". */
static int differ(char a, char b)
{
	if ((a == '_' && b == '-') || (a == '-' && b == '_'))
		return 0;
	return toupper((unsigned char)a) != toupper((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters have to be left out, added, changed or swapped with the next
 * one to make b of a.
 */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[NEAR_MAX + 1][NEAR_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t k = 0; k <= m; k++)
		d[0][k] = k;
	for (size_t i = 1; i <= n; i++) {
		for (size_t k = 1; k <= m; k++) {
			d[i][k] = least(d[i - 1][k], d[i][k - 1]) + 1;
			d[i][k] = least(d[i][k],
					d[i - 1][k - 1] +
						(size_t)differ(a[i - 1],
							       b[k - 1]));
			if (i > 1 && k > 1 && !differ(a[i - 1], b[k - 2]) &&
			    !differ(a[i - 2], b[k - 1]))
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	}
	return d[n][m];
}

const char *parse_near(struct word w, parse_nth_fn *nth, char buf[16])
{
	size_t best = 3, found = 0;
	const char *name;

	for (size_t i = 0; (name = nth(i, buf)); i++) {
		size_t len = strlen(name), d;

		if (w.len > NEAR_MAX || len > NEAR_MAX)
			continue;
		d = distance(w.at, w.len, name, len);
		if (d >= best || d * 3 > len)
			continue;
		best = d;
		found = i + 1;
	}
	return found ? nth(found - 1, buf) : NULL;
}

int parse_unknown(struct parser *p, struct word w, const char *what,
		  parse_nth_fn *nth)
{
	const char *items[ITEMS_MAX], *text = parse_show(p, w), *near;
	char buf[16];
	size_t n = 0;

	near = parse_near(w, nth, buf);
	if (near)
		return parse_fault(p, "%s: unknown %s, did you mean %s?", text,
				   what, near);
	while (n < ITEMS_MAX && (items[n] = nth(n, buf)))
		n++;
	return parse_fault(p, "%s: unknown %s, expected %s", text, what,
			   parse_list(p, items, n));
}
