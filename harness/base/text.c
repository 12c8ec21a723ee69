/*
 * Text made fit for its reader. Knows character sets and escapes; nothing of
 * what the text says.
 */
#include "base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/digits.h"
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
	for (i = 0; i < ARRAY_SIZE(leads); i++) {
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

const char *text_member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
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

/* The length of 400 years, which are all alike, and of a day. */
#define ERA_DAYS 146097
#define DAY_S	 INT64_C(86400)

/* From 0000-03-01, where leap days end years, to 1970-01-01. */
#define EPOCH_DAYS 719468

/*
 * Two pairs of digits end there: they are set apart from what is before them,
 * and from each other.
 */
static char *set_apart(char *end, char mark)
{
	memcpy(end, end - 2, 2);
	memmove(end - 3, end - 4, 2);
	end[-1] = end[-4] = mark;
	return end + 2;
}

/*
 * The date of a day since 1970, which is not before the year 0: what gmtime_r
 * says, but this is called for millions of connections.
 */
static void set_day(struct text_second *second, int64_t days)
{
	unsigned int day = (unsigned int)((days + EPOCH_DAYS) % ERA_DAYS);
	unsigned int era = (unsigned int)((days + EPOCH_DAYS) / ERA_DAYS);
	/* Leap days are in every 4th year, but the 100th, and in the 400th. */
	unsigned int of_era =
		(day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned int of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
	unsigned int march = (5 * of_year + 2) / 153; /* months since */
	unsigned int month = march < 10 ? march + 3 : march - 9;
	unsigned int year = era * 400 + of_era + (month <= 2);
	unsigned int of_month = of_year - (153 * march + 2) / 5 + 1;

	set_apart(digits_fixed(second->text,
			       year * 10000 + month * 100 + of_month, 8),
		  '-');
	second->day = days;
}

static void set_clock(struct text_second *second, unsigned int s)
{
	unsigned int minutes = s / 60;
	char *at = second->text + TEXT_DATE_LEN;

	*at++ = 'T';
	at = digits_fixed(
		at, minutes / 60 * 10000 + minutes % 60 * 100 + s % 60, 6);
	*set_apart(at, ':') = '.';
}

/* 64 bits of nanoseconds are of the years 1677 to 2262. */
static void set_second(struct text_second *second, int64_t real_ns)
{
	int64_t s = real_ns / NS_PER_S - (real_ns % NS_PER_S < 0);
	int64_t of_day = (s % DAY_S + DAY_S) % DAY_S;
	int64_t day = (s - of_day) / DAY_S;

	if (second->day != day)
		set_day(second, day);
	set_clock(second, (unsigned int)of_day);
	second->ns = (int64_t)((uint64_t)s * (uint64_t)NS_PER_S);
}

static uint64_t since(const struct text_second *second, int64_t real_ns)
{
	return (uint64_t)real_ns - (uint64_t)second->ns;
}

/* The first second of all begins before INT64_MIN, as if it were the last. */
static bool is_in(const struct text_second *second, int64_t real_ns)
{
	return since(second, real_ns) < NS_PER_S &&
	       (second->day < 0) == (real_ns < 0);
}

/* Digits of the second's fraction: 3 or 6. */
static inline char *put_time(char *at, int64_t real_ns, unsigned int digits,
			     struct text_second *second)
{
	uint32_t unit = digits == 3 ? NS_PER_MS : NS_PER_US;

	if (!is_in(second, real_ns))
		set_second(second, real_ns);
	memcpy(at, second->text, TEXT_SECOND_LEN);
	at = digits_fixed(at + TEXT_SECOND_LEN,
			  (uint32_t)since(second, real_ns) / unit, digits);
	*at++ = 'Z';
	return at;
}

char *text_put_time_us(char *at, int64_t real_ns, struct text_second *last)
{
	return put_time(at, real_ns, 6, last);
}

const char *text_time(int64_t real_ns, char buf[TEXT_TIME_MAX])
{
	struct text_second second = TEXT_EPOCH;

	*put_time(buf, real_ns, 3, &second) = '\0';
	return buf;
}

const char *text_time_us(int64_t real_ns, char buf[TEXT_TIME_MAX])
{
	struct text_second second = TEXT_EPOCH;

	*put_time(buf, real_ns, 6, &second) = '\0';
	return buf;
}

/* ".123", in nanoseconds; *at is moved behind it. What is finer is cut off. */
static int64_t take_fraction(const char **at)
{
	int64_t ns = 0, unit = NS_PER_S;

	if (**at != '.')
		return 0;
	for ((*at)++; isdigit((unsigned char)**at); (*at)++) {
		unit /= 10;
		ns += unit * (**at - '0');
	}
	return ns;
}

/* Behind the seconds since the epoch. */
static int end_time(int64_t s, const char *at, int64_t *real_ns)
{
	int64_t ns = take_fraction(&at);

	if (*at == 'Z')
		at++;
	if (*at || __builtin_mul_overflow(s, NS_PER_S, real_ns) ||
	    __builtin_add_overflow(*real_ns, ns, real_ns))
		return -1;
	return 0;
}

int text_parse_time(const char *text, int64_t *real_ns)
{
	static const char *const forms[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M",    "%Y-%m-%d",
	};
	int64_t s;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm tm = { .tm_mday = 1 };
		const char *at = strptime(text, forms[i], &tm);

		if (at && (!*at || *at == '.' || *at == 'Z'))
			return end_time(timegm(&tm), at, real_ns);
	}
	if (!isdigit((unsigned char)*text))
		return -1;
	s = strtoll(text, &end, 10);
	return end_time(s, end, real_ns);
}
