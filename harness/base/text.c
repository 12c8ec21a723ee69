/*
 * Text made fit for its reader. Knows character sets and escapes; nothing of
 * what the text says.
 */
#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"

/* A sequence's first octet tells its length and the least it may encode. */
static const struct lead {
	unsigned char mask;
	unsigned char bits;
	int more;
	uint32_t least;
} leads[] = {
	{ 0x80, 0x00, 0, 0x00 },
	{ 0xE0, 0xC0, 1, 0x80 },
	{ 0xF0, 0xE0, 2, 0x800 },
	{ 0xF8, 0xF0, 3, 0x10000 },
};

/* The sequence of that kind at s: true, and its character. */
static bool decode(const unsigned char *s, const struct lead *lead,
		   uint32_t *character)
{
	uint32_t c = *s & (unsigned char)~lead->mask;
	int i;

	for (i = 1; i <= lead->more; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return false;
		c = c << 6 | (s[i] & 0x3Fu);
	}
	*character = c;
	return c >= lead->least && c <= 0x10FFFF && (c < 0xD800 || c >= 0xE000);
}

uint32_t text_next(const char **at)
{
	const unsigned char *s = (const unsigned char *)*at;
	uint32_t c;
	size_t i;

	if (!*s)
		return 0;
	*at += 1;
	for (i = 0; i < sizeof(leads) / sizeof(*leads); i++) {
		if ((*s & leads[i].mask) != leads[i].bits)
			continue;
		if (!decode(s, &leads[i], &c))
			break;
		*at += leads[i].more;
		return c;
	}
	return TEXT_REPLACEMENT;
}

void text_put(FILE *out, uint32_t c)
{
	int shift = c < 0x80 ? 0 : c < 0x800 ? 6 : c < 0x10000 ? 12 : 18;

	if (shift == 0) {
		putc((int)c, out);
		return;
	}
	putc((int)((0xFF00u >> (shift / 6 + 1) & 0xFF) | c >> shift), out);
	while (shift) {
		shift -= 6;
		putc((int)(0x80 | (c >> shift & 0x3F)), out);
	}
}

json_t *text_json(const char *text)
{
	char *clean;
	size_t len;
	FILE *out;
	json_t *j;
	uint32_t c;

	if (!text)
		return json_null();
	j = json_string(text);
	if (j)
		return j;
	out = memory_stream(&clean, &len);
	while ((c = text_next(&text)))
		text_put(out, c);
	memory_stream_end(out);
	j = json_stringn(clean, len);
	free(clean);
	return j;
}

json_t *text_json_list(const char *const *text, size_t n)
{
	json_t *j = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(j, text_json(text[i]));
	return j;
}

/* C0, DEL and C1: a terminal would obey them. */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

static void put_xml(FILE *out, uint32_t c)
{
	if (c == '&')
		fputs("&amp;", out);
	else if (c == '<')
		fputs("&lt;", out);
	else if (c == '>')
		fputs("&gt;", out);
	else if (c == '"')
		fputs("&quot;", out);
	else if (is_control(c) || c == 0xFFFE || c == 0xFFFF)
		text_put(out, TEXT_REPLACEMENT);
	else
		text_put(out, c);
}

/* In an attribute a reader makes newlines and tabs blanks: they are escaped. */
static void put_xml_text(FILE *out, const char *text, bool attribute)
{
	uint32_t c;

	while (text && (c = text_next(&text))) {
		if (c != '\n' && c != '\t')
			put_xml(out, c);
		else if (attribute)
			fprintf(out, "&#%u;", c);
		else
			text_put(out, c);
	}
}

void text_xml(FILE *out, const char *text)
{
	put_xml_text(out, text, true);
}

void text_xml_data(FILE *out, const char *text)
{
	put_xml_text(out, text, false);
}

void text_plain(FILE *out, const char *text)
{
	uint32_t c;

	if (!text)
		text = "-";
	while ((c = text_next(&text)))
		text_put(out, is_control(c) && c != '\t' ? '?' : c);
}

/* Characters that no shell gives a meaning. */
#define WORD \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"

void text_word(FILE *out, const char *text)
{
	uint32_t c;

	if (*text && !text[strspn(text, WORD)]) {
		fputs(text, out);
		return;
	}
	putc('\'', out);
	while ((c = text_next(&text)))
		if (c == '\'')
			fputs("'\\''", out);
		else
			text_put(out, is_control(c) ? '?' : c);
	putc('\'', out);
}

void text_tap(FILE *out, const char *text)
{
	uint32_t c;

	while (text && (c = text_next(&text))) {
		if (c == '#' || c == '\\')
			putc('\\', out);
		text_put(out, is_control(c) ? ' ' : c);
	}
}

void text_indent(FILE *out, const char *prefix, const char *text)
{
	bool fresh = true;
	uint32_t c;

	while (text && (c = text_next(&text))) {
		if (fresh)
			fputs(prefix, out);
		fresh = c == '\n';
		text_put(out, is_control(c) && c != '\t' && !fresh ? '?' : c);
	}
	if (!fresh)
		putc('\n', out);
}

const char *text_time(int64_t real_ns, char buf[TEXT_TIME_MAX])
{
	time_t s = (time_t)(real_ns / NS_PER_S);
	size_t len;
	struct tm tm;

	gmtime_r(&s, &tm);
	len = strftime(buf, TEXT_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + len, TEXT_TIME_MAX - len, ".%03dZ",
		 (int)(real_ns % NS_PER_S / NS_PER_MS) % 1000);
	return buf;
}
