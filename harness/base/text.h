/*
 * Text of unknown origin (a case's title, an agent's answer) made fit for
 * its reader: a terminal, JSON, XML, TAP. Whatever comes in, what goes out is
 * valid UTF-8 without control characters that the reader does not take.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* What stands for an octet that is not UTF-8. */
#define TEXT_REPLACEMENT 0xFFFDu

/*
 * The character at *at, which moves behind it; 0 at the end. An octet that
 * does not begin a valid UTF-8 sequence is one TEXT_REPLACEMENT.
 */
uint32_t text_next(const char **at);

/* Writes a character as UTF-8. */
void text_put(FILE *out, uint32_t c);

/* A JSON string, or JSON null for NULL. */
json_t *text_json(const char *text);
json_t *text_json_list(const char *const *text, size_t n);

/* The text that an object has under that key; "" when it has none. */
const char *text_member(const json_t *object, const char *key);

/* XML: an attribute's value without the quotes; character data. */
void text_xml(FILE *out, const char *text);
void text_xml_data(FILE *out, const char *text);

/* One line for a terminal: control characters become '?', NULL "-". */
void text_plain(FILE *out, const char *text);

/* The same, as one word for a shell: in quotes where it needs them. */
void text_word(FILE *out, const char *text);

/* The same with TAP's escapes for '#' and '\', control characters a space. */
void text_tap(FILE *out, const char *text);

/* Every line of text, plain, with prefix before it and a newline behind. */
void text_indent(FILE *out, const char *prefix, const char *text);

/* 2026-11-23T04:15:30.123Z; and with microseconds */
#define TEXT_TIME_MAX 48
const char *text_time(int64_t real_ns, char buf[TEXT_TIME_MAX]);
const char *text_time_us(int64_t real_ns, char buf[TEXT_TIME_MAX]);

/* A second since 1970, of which day, and as it is written, with a point. */
#define TEXT_DATE_LEN	10
#define TEXT_SECOND_LEN 20

struct text_second {
	int64_t ns;
	int64_t day;
	char text[TEXT_SECOND_LEN + 4];
};

#define TEXT_EPOCH                           \
	{                                    \
		0, 0, "1970-01-01T00:00:00." \
	}

/*
 * text_time_us, not terminated, in as much room: where it ends. The second that
 * was written last, or at least the day, is most often this one's, too, and
 * need not be found out.
 */
char *text_put_time_us(char *at, int64_t real_ns, struct text_second *last);

/*
 * Such a time, whose end may be left out from the hour on ("2026-11-23T04:15"),
 * or seconds since the epoch; either with a fraction. Returns 0, or -1.
 */
int text_parse_time(const char *text, int64_t *real_ns);

#endif
