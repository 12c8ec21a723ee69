/*
 * How faults are worded and counted, and the words and lists they are made of;
 * the nearest word to one that is misspelt. Knows no word of the language.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "script/near.h"
#include "script/parser.h"

#define SHOW_MAX 40

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

const char *parse_near(struct word w, parse_nth_fn *nth, char buf[16])
{
	size_t best = 3, found = 0;
	const char *name;

	for (size_t i = 0; (name = nth(i, buf)); i++) {
		size_t d = near_distance(w, name);

		if (d >= best || d * 3 > strlen(name))
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
