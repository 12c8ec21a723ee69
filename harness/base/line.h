/*
 * Lines put together for a stream, by fewer steps than stdio takes: for output
 * of which there are millions.
 */
#ifndef BASE_LINE_H
#define BASE_LINE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LINE_ROOM 65536

/* Of any length, one or several: what does not fit is written. */
struct line {
	FILE *out;
	size_t n;
	char text[LINE_ROOM];
};

static inline void line_begin(struct line *l, FILE *out)
{
	l->out = out;
	l->n = 0;
}

/* Writes what there is. */
void line_end(struct line *l);

/*
 * Where the line goes on, with room for so many octets, LINE_ROOM at most; and
 * where it has ended when some of them were written there.
 */
static inline char *line_room(struct line *l, size_t most)
{
	if (most > sizeof(l->text) - l->n)
		line_end(l);
	return l->text + l->n;
}

static inline void line_took(struct line *l, const char *end)
{
	l->n = (size_t)(end - l->text);
}

/* For what has more than LINE_ROOM octets. */
void line_put_long(struct line *l, const char *text, size_t len);

static inline void line_put(struct line *l, const char *text, size_t len)
{
	if (len > sizeof(l->text)) {
		line_put_long(l, text, len);
		return;
	}
	memcpy(line_room(l, len), text, len);
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
 * Text as far as it is printable ASCII without quotes and backslashes, which no
 * format writes otherwise. Returns where that ends.
 */
const char *line_plain(struct line *l, const char *text);

/* A character as UTF-8. */
void line_character(struct line *l, uint32_t c);

/* A JSON string in its quotes, or null for NULL; see base/text.h. */
void line_json(struct line *l, const char *text);

#endif
