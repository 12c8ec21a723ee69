/* key=value lines. Knows nothing of what the keys mean. */
#include "tape/pairs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digits.h"

static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

static bool is_plain_text(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!is_plain(*text))
			return false;
	return true;
}

/* Backslash escapes: \" \\ and \xHH for what is not printable ASCII. */
static const char *quote(struct arena *a, const char *text)
{
	char *quoted = arena_alloc(a, strlen(text) * 4 + 3), *to = quoted;

	*to++ = '"';
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		if (*text >= ' ' && *text < 0x7f)
			*to++ = *text;
		else
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
	}
	*to = '"';
	return quoted;
}

/* "LINE KEY=VALUE": hundreds of these are made for a case. */
static const char *join(struct arena *a, const char *line, const char *key,
			const char *value)
{
	size_t len = strlen(line) + strlen(key) + strlen(value);
	char *text = arena_alloc(a, len + sizeof(" =")), *to;

	to = stpcpy(text, line);
	*to++ = ' ';
	to = stpcpy(to, key);
	*to++ = '=';
	strcpy(to, value);
	return text;
}

const char *pairs_add(struct arena *a, const char *line, const char *key,
		      const char *value)
{
	if (!value)
		return line;
	return join(a, line, key,
		    is_plain_text(value) ? value : quote(a, value));
}

const char *pairs_add_number(struct arena *a, const char *line, const char *key,
			     int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return join(a, line, key, text);
}

/* Reads one escape after its backslash. Returns its octet, or -1. */
static int unescape(const char **at, const char *end)
{
	const char *s = *at;
	int octet;

	if (s < end && (*s == '"' || *s == '\\')) {
		*at = s + 1;
		return *s;
	}
	if (end - s < 3 || *s != 'x')
		return -1;
	octet = digits_octet(s + 1);
	*at = s + 3;
	/* The writer has no \x00: it would end the text */
	return octet ? octet : -1;
}

/* *at is just after the opening quote, and then after the closing one. */
static const char *unquote(struct arena *a, const char **at, const char *end)
{
	char *text = arena_alloc(a, (size_t)(end - *at) + 1), *to = text;

	while (*at < end && **at != '"') {
		int c = (unsigned char)*(*at)++;

		if (c == '\\')
			c = unescape(at, end);
		if (c <= 0)
			return NULL;
		*to++ = (char)c;
	}
	if (*at == end)
		return NULL;
	++*at;
	return text;
}

static const char *take_plain(struct arena *a, const char **at, const char *end)
{
	const char *from = *at;

	while (*at < end && is_plain(**at))
		++*at;
	return *at > from ? arena_strndup(a, from, (size_t)(*at - from)) : NULL;
}

int pairs_next(struct arena *a, const char **at, const char *end,
	       struct pair *p)
{
	while (*at < end && **at == ' ')
		++*at;
	if (*at == end)
		return 0;
	p->key = take_plain(a, at, end);
	if (!p->key || *at == end || **at != '=')
		return -1;
	++*at;
	if (*at < end && **at == '"') {
		++*at;
		p->value = unquote(a, at, end);
	} else {
		p->value = take_plain(a, at, end);
	}
	return p->value && (*at == end || **at == ' ') ? 1 : -1;
}

int pairs_number(const char *value, int64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoll(value, &end, 10);
	return errno || end == value || *end ? -1 : 0;
}
