/*
 * A line put together for a stream, by fewer steps than stdio takes: for
 * output of which there are millions.
 */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LINE_ROOM 2048

/* Begun with out alone set; of any length, what does not fit is written. */
struct line {
	FILE *out;
	size_t n;
	char text[LINE_ROOM];
};

/* Writes what there is. */
void line_end(struct line *l);

/* At most LINE_ROOM octets. */
static inline void line_put(struct line *l, const char *text, size_t len)
{
	if (len > sizeof(l->text) - l->n)
		line_end(l);
	memcpy(l->text + l->n, text, len);
	l->n += len;
}

#define LINE_PUT(l, literal) line_put(l, literal, sizeof(literal) - 1)

static inline void line_char(struct line *l, char c)
{
	line_put(l, &c, 1);
}

/* A name of this program, or an empty text: short, ASCII, not NULL. */
void line_name(struct line *l, const char *name);

void line_count(struct line *l, uint64_t n);

/*
 * Nanoseconds as seconds: "0.25", with all nine digits "0.250000000". At least
 * one digit is behind the point, as JSON readers take "2" for an integer.
 */
void line_seconds(struct line *l, int64_t ns);
void line_seconds_9(struct line *l, int64_t ns);

/*
 * Text as far as it is printable ASCII without quotes and backslashes, which no
 * format writes otherwise. Returns where that ends.
 */
const char *line_plain(struct line *l, const char *text);

/* A character as UTF-8. */
void line_character(struct line *l, uint32_t c);

/* A JSON string in its quotes, or null for NULL; see base/text.h. */
void line_json(struct line *l, const char *text);

#endif
