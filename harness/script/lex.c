/*
 * Lines, words, numbers, times. Knows no word of the case language but
 * "scapy:", behind which quotes protect "#".
 */
#include "script/lex.h"

#include <string.h>

#include "base/array.h"
#include "base/clock.h"

#define DAY_NS (86400 * NS_PER_S)

bool lex_line(struct lex *lx, struct line *ln)
{
	size_t left = (size_t)(lx->end - lx->at);
	const char *nl;

	if (!left)
		return false;
	nl = memchr(lx->at, '\n', left);
	ln->number++;
	ln->n = 0;
	ln->text.at = lx->at;
	ln->text.len = nl ? (size_t)(nl - lx->at) : left;
	lx->at += ln->text.len + (nl ? 1 : 0);
	if (ln->text.len && ln->text.at[ln->text.len - 1] == '\r')
		ln->text.len--;
	return true;
}

/* First octets of UTF-8 sequences, and the range of the second (RFC 3629). */
static const struct utf8 {
	unsigned char from, to;
	unsigned char low, high;
	size_t more;
} utf8[] = {
	{ 0xc2, 0xc2, 0xa0, 0xbf, 1 }, /* U+0080..9F are control characters */
	{ 0xc3, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
	{ 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 },
	{ 0xee, 0xef, 0x80, 0xbf, 2 }, { 0xf0, 0xf0, 0x90, 0xbf, 3 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

/* Length of the character at c, or 0 when it is none. */
static size_t utf8_len(const unsigned char *c, size_t left)
{
	if (*c < 0x80)
		return (*c >= 0x20 && *c != 0x7f) || *c == '\t';
	for (size_t i = 0; i < ARRAY_SIZE(utf8); i++) {
		const struct utf8 *u = &utf8[i];

		if (*c < u->from || *c > u->to)
			continue;
		if (left <= u->more || c[1] < u->low || c[1] > u->high)
			return 0;
		for (size_t k = 2; k <= u->more; k++)
			if ((c[k] & 0xc0) != 0x80)
				return 0;
		return u->more + 1;
	}
	return 0;
}

int lex_bad_octet(struct word text)
{
	const unsigned char *c = (const unsigned char *)text.at;
	size_t at = 0;

	while (at < text.len) {
		size_t len = utf8_len(c + at, text.len - at);

		if (!len)
			return (int)at;
		at += len;
	}
	return -1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whether a word "scapy:..." begins at text[i]. */
static bool scapy_at(struct word text, size_t i)
{
	struct word rest = { text.at + i, text.len - i };

	return (i == 0 || is_blank(text.at[i - 1])) &&
	       word_begins(rest, "scapy:");
}

/* Length of the text before its comment. */
static size_t without_comment(struct word text)
{
	bool scapy = false;
	char quote = 0;
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (quote && c == '\\')
			i++;
		else if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '#' && (i == 0 || is_blank(text.at[i - 1])))
			break;
		else if (scapy && (c == '"' || c == '\''))
			quote = c;
		else if (scapy_at(text, i))
			scapy = true;
	}
	return i < text.len ? i : text.len;
}

void lex_words(struct line *ln)
{
	const char *c = ln->text.at, *end = c + without_comment(ln->text);

	ln->n = 0;
	while (ln->n < LEX_WORDS_MAX) {
		struct word *w = &ln->word[ln->n];

		while (c < end && is_blank(*c))
			c++;
		if (c == end)
			break;
		w->at = c;
		while (c < end && !is_blank(*c))
			c++;
		w->len = (size_t)(c - w->at);
		ln->n++;
	}
}

bool word_is(struct word w, const char *text)
{
	return strlen(text) == w.len && memcmp(text, w.at, w.len) == 0;
}

bool word_begins(struct word w, const char *text)
{
	size_t len = strlen(text);

	return w.len >= len && memcmp(text, w.at, len) == 0;
}

bool word_split(struct word w, const char *mark, struct word *left,
		struct word *right)
{
	size_t len = strlen(mark);

	for (size_t i = 0; i + len <= w.len; i++) {
		if (memcmp(w.at + i, mark, len) != 0)
			continue;
		*left = (struct word){ w.at, i };
		*right = (struct word){ w.at + i + len, w.len - i - len };
		return true;
	}
	return false;
}

/* Takes the digits at the front of *w: at least one, at most 12. */
static int take_digits(struct word *w, int64_t *n)
{
	size_t i = 0;

	*n = 0;
	while (i < w->len && w->at[i] >= '0' && w->at[i] <= '9') {
		if (i == 12)
			return -1;
		*n = *n * 10 + (w->at[i++] - '0');
	}
	w->at += i;
	w->len -= i;
	return i ? 0 : -1;
}

int word_number(struct word w, int64_t min, int64_t max, int64_t *n)
{
	bool negative = min < 0 && w.len && w.at[0] == '-';

	if (negative) {
		w.at++;
		w.len--;
	}
	if (take_digits(&w, n) || w.len)
		return -1;
	if (negative)
		*n = -*n;
	return *n >= min && *n <= max ? 0 : -1;
}

int word_offset(struct word w, int32_t min, int32_t max, int32_t *n)
{
	bool plus = word_begins(w, "+");
	int64_t number;

	if (!plus && !word_begins(w, "-"))
		return -1;
	w.at += plus;
	w.len -= plus;
	if (word_number(w, plus ? 0 : min, plus ? max : 0, &number))
		return -1;
	*n = (int32_t)number;
	return 0;
}

struct unit {
	const char *name;
	int64_t factor;
};

/* A number followed by a unit: at most max in all. */
static int take_unit(struct word w, const struct unit *unit, size_t n_unit,
		     int64_t max, int64_t *n)
{
	if (take_digits(&w, n))
		return -1;
	for (size_t i = 0; i < n_unit; i++) {
		if (!word_is(w, unit[i].name))
			continue;
		if (*n > max / unit[i].factor)
			return -1;
		*n *= unit[i].factor;
		return 0;
	}
	return -1;
}

int word_size(struct word w, int64_t min, int64_t *n)
{
	static const struct unit unit[] = {
		{ "", 1 },
		{ "K", 1024 },
		{ "M", 1048576 },
	};

	if (take_unit(w, unit, ARRAY_SIZE(unit), LEX_SIZE_MAX, n))
		return -1;
	return *n >= min ? 0 : -1;
}

int word_time(struct word w, int64_t *ns)
{
	static const struct unit unit[] = {
		{ "us", NS_PER_US },
		{ "ms", NS_PER_MS },
		{ "s", NS_PER_S },
		{ "m", 60 * NS_PER_S },
	};

	if (take_unit(w, unit, ARRAY_SIZE(unit), DAY_NS, ns))
		return -1;
	return *ns > 0 ? 0 : -1;
}

int word_ratio(struct word w, double *ratio)
{
	int64_t whole, part = 0;
	double scale = 1;

	if (take_digits(&w, &whole))
		return -1;
	if (w.len && w.at[0] == '.') {
		size_t before = --w.len;

		w.at++;
		if (take_digits(&w, &part))
			return -1;
		for (size_t i = w.len; i < before; i++)
			scale *= 10;
	}
	*ratio = (double)whole + (double)part / scale;
	return word_is(w, "x") && *ratio >= 0.01 && *ratio <= 100 ? 0 : -1;
}
