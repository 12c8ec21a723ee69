/*
 * Lines put together without stdio or jansson: both say the same of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/line.h"
#include "base/memory.h"
#include "base/text.h"
#include "test/expect.h"

/* What a stream was given. */
struct written {
	struct line line;
	char *text;
	size_t len;
};

static void begin(struct written *w)
{
	line_begin(&w->line, memory_stream(&w->text, &w->len));
}

static void end(struct written *w)
{
	line_end(&w->line);
	memory_stream_end(w->line.out);
}

/* The writer's string is what jansson makes of the same text, to the octet. */
static void expect_json(const char *text)
{
	json_t *theirs = text_json(text), *ours;
	char *dumped = json_dumps(theirs, JSON_ENCODE_ANY);
	struct written w;

	begin(&w);
	line_json(&w.line, text);
	end(&w);
	ours = json_loads(w.text, JSON_DECODE_ANY, NULL);
	EXPECT_TRUE(ours != NULL && json_equal(ours, theirs));
	EXPECT_STR(w.text, dumped);
	json_decref(ours);
	json_decref(theirs);
	free(dumped);
	free(w.text);
}

static void test_json(void)
{
	static const char *const texts[] = {
		NULL,
		"",
		"plain",
		"a \"quoted\" one, \\ and /",
		"\b\f\n\r\t\x01\x1f\x7f",
		"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		"\xff cut \xe2\x82",
		"\xed\xa0\x80 half a pair, \xc0\x80 too long",
	};
	char text[2 * LINE_ROOM + 100];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		expect_json(texts[i]);
	for (int c = 1; c < 256; c++)
		expect_json((const char[]){ (char)c, 'x', (char)c, '\0' });
	for (size_t len = LINE_ROOM - 5; len < sizeof(text); len += 7) {
		memset(text, 'y', len);
		text[len - 1] = '"';
		text[len] = '\0';
		expect_json(text);
	}
}

static void test_counts(void)
{
	struct written w;

	begin(&w);
	line_count(&w.line, 0);
	line_char(&w.line, ' ');
	line_count(&w.line, UINT64_MAX);
	end(&w);
	EXPECT_STR(w.text, "0 18446744073709551615");
	free(w.text);
}

/* What does not fit is written before the rest, in its order. */
static void test_long(void)
{
	struct written w;

	begin(&w);
	for (int i = 0; i < LINE_ROOM; i++) {
		line_char(&w.line, (char)('a' + i % 26));
		LINE_PUT(&w.line, "--");
	}
	end(&w);
	EXPECT_INT(w.len, 3 * LINE_ROOM);
	for (size_t i = 0; i < w.len; i++)
		if (w.text[i] != (i % 3 ? '-' : (char)('a' + i / 3 % 26)))
			EXPECT_INT(i, -1);
	free(w.text);
}

/* So is what is longer than all of its room. */
static void test_longest(void)
{
	static char text[3 * LINE_ROOM];
	struct written w;

	memset(text, 'z', sizeof(text));
	begin(&w);
	LINE_PUT(&w.line, "a");
	line_put(&w.line, text, sizeof(text));
	LINE_PUT(&w.line, "b");
	end(&w);
	EXPECT_INT(w.len, sizeof(text) + 2);
	EXPECT_TRUE(w.text[0] == 'a' && w.text[w.len - 1] == 'b' &&
		    memcmp(w.text + 1, text, sizeof(text)) == 0);
	free(w.text);
}

/* To a file, behind what the stream has, and before what it is given then. */
static void test_file(void)
{
	static char text[2 * LINE_ROOM], back[sizeof(text)];
	FILE *file = tmpfile();
	struct line line;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	line_begin(&line, file);
	putc(text[0], file);
	for (size_t at = 1, n = 1000; at < sizeof(text) - 1; at += n) {
		if (n > sizeof(text) - 1 - at)
			n = sizeof(text) - 1 - at;
		line_put(&line, text + at, n);
	}
	line_end(&line);
	putc(text[sizeof(text) - 1], file);
	rewind(file);
	EXPECT_INT(fread(back, 1, sizeof(back), file), sizeof(back));
	EXPECT_TRUE(memcmp(back, text, sizeof(text)) == 0 && getc(file) == EOF);
	fclose(file);
}

static void test_full_disk(void)
{
	FILE *file = fopen("/dev/full", "w");
	struct line line;

	line_begin(&line, file);
	memset(line_room(&line, LINE_ROOM), 'x', LINE_ROOM);
	line_took(&line, line.text + LINE_ROOM);
	line_end(&line);
	EXPECT_TRUE(fflush(file) != 0 || ferror(file));
	fclose(file);
}

/* Written alone, and after another one. */
static void expect_time(int64_t ns, struct text_second *last)
{
	int64_t part = (ns % NS_PER_S + NS_PER_S) % NS_PER_S;
	time_t s = ns / NS_PER_S - (ns % NS_PER_S < 0);
	char said[64], ours[TEXT_TIME_MAX];
	struct tm tm;
	size_t len;

	gmtime_r(&s, &tm);
	len = strftime(said, sizeof(said), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(said + len, sizeof(said) - len, ".%06dZ", (int)(part / 1000));
	EXPECT_STR(text_time_us(ns, ours), said);
	*text_put_time_us(ours, ns, last) = '\0';
	EXPECT_STR(ours, said);
}

/* The calendar is the library's: every day, and both ends of what is counted. */
static void test_time(void)
{
	struct text_second last = TEXT_EPOCH;
	int64_t day = 86400 * NS_PER_S;

	expect_time(INT64_MIN, &last);
	expect_time(INT64_MAX, &last);
	for (int64_t d = INT64_MIN / day; d <= INT64_MAX / day; d++)
		expect_time(d * day, &last);
	for (int64_t s = -100000; s < 100000; s += 59)
		expect_time(s * NS_PER_S + 999999999, &last);
	for (int64_t ms = -2500; ms < 2500; ms += 250)
		expect_time(ms * NS_PER_MS, &last);
}

static const struct test tests[] = {
	{ "JSON strings", test_json },
	{ "counts", test_counts },
	{ "longer than its room", test_long },
	{ "much longer than its room", test_longest },
	{ "to a file", test_file },
	{ "to a full disk", test_full_disk },
	{ "times", test_time },
	{ NULL, NULL },
};

extern const struct suite suite_line;
const struct suite suite_line = { "line", tests };
