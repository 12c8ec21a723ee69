/*
 * Numbers and text into lines. Knows how they are spelt, and nothing of what
 * they say.
 */
#include "base/line.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/array.h"
#include "base/digits.h"
#include "base/text.h"

/* So much is written to a stream's file itself: it need not be copied then. */
#define LARGE 16384

/* Returns where it was broken off, for the stream to find out why. */
static const char *write_all(int fd, const char *at, const char *end)
{
	while (at < end) {
		ssize_t done = write(fd, at, (size_t)(end - at));

		if (done >= 0)
			at += done;
		else if (errno != EINTR)
			break;
	}
	return at;
}

void line_end(struct line *l)
{
	const char *at = l->text, *end = at + l->n;

	if (l->n >= LARGE && fileno(l->out) >= 0 && fflush(l->out) == 0)
		at = write_all(fileno(l->out), at, end);
	fwrite_unlocked(at, 1, (size_t)(end - at), l->out);
	l->n = 0;
}

void line_put_long(struct line *l, const char *text, size_t len)
{
	line_end(l);
	fwrite_unlocked(text, 1, len, l->out);
}

void line_name(struct line *l, const char *name)
{
	line_put(l, name, strlen(name));
}

void line_count(struct line *l, uint64_t n)
{
	line_took(l, digits_put(line_room(l, DIGITS_ROOM), n));
}

/* What stands for a character that a JSON string cannot have; NULL: itself. */
static const char *escape(uint32_t c, char buf[8])
{
	static const char *const short_ones[] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b", ['\f'] = "\\f",
		['\n'] = "\\n", ['\r'] = "\\r",	 ['\t'] = "\\t",
	};

	if (c < ARRAY_SIZE(short_ones) && short_ones[c])
		return short_ones[c];
	if (c >= 0x20)
		return NULL;
	snprintf(buf, 8, "\\u%04X", (unsigned int)c);
	return buf;
}

void line_character(struct line *l, uint32_t c)
{
	unsigned int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

	if (!more) {
		line_char(l, (char)c);
		return;
	}
	line_char(l, (char)(0xFF00u >> (more + 1) | c >> 6 * more));
	while (more--)
		line_char(l, (char)(0x80 | (c >> 6 * more & 0x3F)));
}

/* Octets that no format writes otherwise. */
static const bool is_plain[256] = {
	[' ' ... '"' - 1] = true,
	['"' + 1 ... '\\' - 1] = true,
	['\\' + 1 ... '~'] = true,
};

const char *line_plain(struct line *l, const char *text)
{
	const char *end = text;

	while (is_plain[(unsigned char)*end])
		end++;
	line_put(l, text, (size_t)(end - text));
	return end;
}

void line_json(struct line *l, const char *text)
{
	char buf[8];
	uint32_t c;

	if (!text) {
		LINE_PUT(l, "null");
		return;
	}
	line_char(l, '"');
	text = line_plain(l, text);
	while ((c = text_next(&text))) {
		const char *instead = escape(c, buf);

		if (instead)
			line_name(l, instead);
		else
			line_character(l, c);
		text = line_plain(l, text);
	}
	line_char(l, '"');
}
