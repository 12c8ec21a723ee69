/*
 * The parser of the case language: goes from line to line and hands each to
 * the function that reads lines of its kind. Knows the first words of lines.
 */
#include "script/parse.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "script/parser.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct keyword {
	const char *name;
	parse_line_fn *head;
	parse_line_fn *block;
	parse_step_fn *step;
};

static const struct keyword keywords[] = {
	{ "case", .head = parse_case },
	{ "spec", .head = parse_spec },
	{ "deviates", .head = parse_deviates },
	{ "needs", .head = parse_needs },
	{ "set", .head = parse_set },
	{ "sysctl", .head = parse_sysctl },
	{ "slow", .head = parse_slow },
	{ "open", .step = parse_open },
	{ "quiet", .step = parse_quiet },
	{ "pass", .step = parse_pass },
	{ "repeat", .block = parse_repeat },
	{ "either", .block = parse_either },
	{ "}", .block = parse_close },
};

/* The second words of lines that begin with a side; all else is a verb. */
static const struct keyword side_words[] = {
	{ "is", .step = parse_is },
	{ "count", .step = parse_count },
	{ "returns", .step = parse_returns },
};

static const struct keyword *find(const struct keyword *table, size_t n,
				  struct word w)
{
	for (size_t i = 0; i < n; i++)
		if (word_is(w, table[i].name))
			return &table[i];
	return NULL;
}

static const char *nth_keyword(size_t i, char buf[16])
{
	(void)buf;
	return i < ARRAY_SIZE(keywords) ? keywords[i].name : NULL;
}

static int unknown_line(struct parser *p)
{
	const char *w = parse_show(p, p->ln.word[0]);
	char buf[16];
	const char *near = parse_near(p->ln.word[0], nth_keyword, buf);

	if (verb_find(p->ln.word[0].at, p->ln.word[0].len) ||
	    find(side_words, ARRAY_SIZE(side_words), p->ln.word[0]))
		return parse_fault(p,
				   "%s: whose? expected \"A %s\" or "
				   "\"B %s\"",
				   w, w, w);
	if (near)
		return parse_fault(p, "%s: unknown word, did you mean %s?", w,
				   near);
	return parse_fault(p,
			   "%s: unknown word, expected a rung, an act of "
			   "A or B, open, is, count, quiet, pass, repeat or "
			   "either",
			   w);
}

static int read_step(struct parser *p, parse_step_fn *fn)
{
	struct step st = { .line = p->ln.number };

	if (fn(p, &st))
		return -1;
	return parse_add(p, &st);
}

/* Reads a line that begins with A or B. */
static int read_side(struct parser *p)
{
	const struct keyword *k;
	struct word w;

	if (parse_word(p, 1, "a verb, is, count or returns", &w))
		return -1;
	k = find(side_words, ARRAY_SIZE(side_words), w);
	return read_step(p, k ? k->step : parse_act);
}

static int read_head(struct parser *p, const struct keyword *k)
{
	if (p->step_line)
		return parse_fault(p,
				   "%s belongs to the head, expected it "
				   "before the first step at line %d",
				   k->name, p->step_line);
	return k->head(p);
}

static bool has_arrow(const struct parser *p)
{
	for (size_t i = 0; i < p->ln.n; i++)
		if (parse_is_arrow(p->ln.word[i]))
			return true;
	return false;
}

static bool begins_rung(const struct parser *p)
{
	return parse_is_arrow(p->ln.word[0]) ||
	       (p->ln.n > 1 && parse_is_arrow(p->ln.word[1]));
}

static int read_line(struct parser *p)
{
	const struct keyword *k =
		find(keywords, ARRAY_SIZE(keywords), p->ln.word[0]);

	if (k && k->head)
		return read_head(p, k);
	if (begins_rung(p))
		return read_step(p, parse_rung);
	if (word_is(p->ln.word[0], "A") || word_is(p->ln.word[0], "B"))
		return read_side(p);
	if (k)
		return k->block ? k->block(p) : read_step(p, k->step);
	if (has_arrow(p))
		return read_step(p, parse_rung);
	return unknown_line(p);
}

/* A blank line is not read, nor is one in a block that is nested too deep. */
static bool is_read(struct parser *p)
{
	bool owed = p->brace_owed;

	if (p->ln.n == 0)
		return false;
	p->brace_owed = false;
	if (owed && p->ln.n == 1 && word_is(p->ln.word[0], "{"))
		return false;
	if (!p->too_deep)
		return true;
	if (parse_opens_block(p) && !word_is(p->ln.word[0], "}"))
		p->too_deep++;
	else if (p->ln.n == 1 && word_is(p->ln.word[0], "}"))
		p->too_deep--;
	return false;
}

/* Other faults of a line before "case" would only distract from this one. */
static void no_case(struct parser *p)
{
	p->case_line = p->ln.number;
	if (p->spoiled)
		return;
	parse_misplaced(p, "expected \"case TITLE\" as the first line");
	p->told_line = p->ln.number;
}

static void read_text(struct parser *p)
{
	int bad = lex_bad_octet(p->ln.text);

	if (bad >= 0) {
		parse_fault(p,
			    "octet 0x%02x at column %d, expected UTF-8 "
			    "text",
			    (unsigned char)p->ln.text.at[bad], bad + 1);
		return;
	}
	if (p->ln.text.len > LEX_LINE_MAX) {
		parse_fault(p, "a line of %zu octets, expected at most %d",
			    p->ln.text.len, LEX_LINE_MAX);
		return;
	}
	lex_words(&p->ln);
	if (!is_read(p))
		return;
	if (!p->case_line && !word_is(p->ln.word[0], "case"))
		no_case(p);
	read_line(p);
}

static struct script *script_new(const char *path, const char *text, size_t len)
{
	struct script *s = memory_zeroed(1, sizeof(*s));
	size_t mark = strlen(BYTE_ORDER_MARK);

	/* Some editors begin a file with one; it is no part of the text. */
	if (len >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0) {
		text += mark;
		len -= mark;
	}
	s->path = arena_strndup(&s->arena, path, strlen(path));
	s->text = arena_strndup(&s->arena, text, len);
	s->text_len = len;
	s->link.quickack = true;
	s->link.timestamps = true;
	s->link.sack = true;
	s->link.rto_min_ns = 5 * NS_PER_S;
	return s;
}

/* Says in one line how many faults were not told. */
static void tell_silent(struct parser *p)
{
	int n = p->faults - PARSE_FAULTS_MAX;

	if (n > 0)
		p->fault(p->ctx,
			 arena_printf(&p->s->arena,
				      "%s:%d: %d more "
				      "fault%s from here on",
				      p->s->path, p->silent_line, n,
				      n == 1 ? "" : "s"),
			 (size_t)n);
}

struct script *parse_script(const char *path, const char *text, size_t len,
			    parse_fault_fn *fault, void *ctx)
{
	struct script *s = script_new(path, text, len);
	struct parser p = { .s = s, .fault = fault, .ctx = ctx };
	struct lex lx = { s->text, s->text + s->text_len };

	while (lex_line(&lx, &p.ln))
		read_text(&p);
	parse_finish(&p);
	if (!p.faults)
		return s;
	tell_silent(&p);
	script_free(s);
	return NULL;
}
