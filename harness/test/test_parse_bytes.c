/*
 * The parser, with texts nobody would write: many faults at once, cut short,
 * damaged. What matters here is that it ends, in order, and leaks nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/expect.h"
#include "test/test_parse.h"

void parse_test_all_faults(void)
{
	static const char text[] = "case t\n"
				   "spec R-1\n"
				   "open 0\n"
				   "repeat 5..2\n"
				   "{\n"
				   "  --> FA -->\n"
				   "} # not empty: its line was bad\n"
				   "A recv = eof blocks\n"
				   "A returns 0 # of the bad line, perhaps\n"
				   "B clsoe\n";
	struct parse_faults faults;

	EXPECT_TRUE(!parse_text(text, sizeof(text) - 1, &faults));
	EXPECT_STR(faults.text,
		   "t.fin:3: open 0: expected a number of connections, 1 to "
		   "10000\n"
		   "t.fin:4: repeat 5..2: a range that ends before it begins\n"
		   "t.fin:6: FA: unknown flags, expected tcpdump's letters F S "
		   "R P . U E W (. is ACK), or none\n"
		   "t.fin:8: blocks: expected after TIME or within TIME, or "
		   "the end of the line\n"
		   "t.fin:10: clsoe: unknown verb, did you mean close?\n");
}

void parse_test_fault_limit(void)
{
	static const char last[] = "\nt.fin:23: 80 more faults from here on\n";
	char text[1000] = "case t\nspec R-1\n";
	struct parse_faults faults;
	size_t len;

	for (int i = 0; i < 100; i++)
		strcat(text, "quiet\n");
	EXPECT_TRUE(!parse_text(text, strlen(text), &faults));
	EXPECT_INT(faults.n, 20 + 1);
	len = strlen(faults.text);
	if (EXPECT_TRUE(len > sizeof(last)))
		EXPECT_STR(faults.text + len - (sizeof(last) - 1), last);
}

static void expect_bad(const char *text, size_t len, const char *expected)
{
	struct parse_faults faults;

	EXPECT_TRUE(!parse_text(text, len, &faults));
	EXPECT_STR(faults.text, expected);
}

void parse_test_octets(void)
{
	static const char nul[] = "case t\nspec R-1\nop\0en\n";
	char text[2048];

	expect_bad(nul, sizeof(nul) - 1,
		   "t.fin:3: octet 0x00 at column 3, expected UTF-8 "
		   "text\n");
	snprintf(text, sizeof(text), "case t\nspec R-1\nopen #%01000d\n", 0);
	expect_bad(text, strlen(text),
		   "t.fin:3: a line of 1006 octets, expected at most "
		   "1000\n");
}

void parse_test_depth(void)
{
	char text[1024] = "case t\nspec R-1\n";
	struct parse_faults faults;
	struct script *s;
	size_t eight;

	for (int i = 0; i < 8; i++)
		strcat(text, "repeat 2 {\n--> . -->\n");
	eight = strlen(text);
	strcat(text, "}\n}\n}\n}\n}\n}\n}\n}\n");
	s = parse_text(text, strlen(text), &faults);
	EXPECT_STR(faults.text, "");
	EXPECT_TRUE(s);
	script_free(s);
	text[eight] = '\0';
	strcat(text, "repeat 2 {\nwhat\neither {\n} or {\n}\n}\n"
		     "}\n}\n}\n}\n}\n}\n}\n}\n");
	expect_bad(text, strlen(text),
		   "t.fin:19: a block in 8 others, expected fewer\n");
}

/* Parses a copy that ends where the memory does, for the sanitizer. */
static bool parse_exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct parse_faults faults;
	struct script *s;
	bool ok;

	if (!copy)
		return false;
	memcpy(copy, text, len);
	s = parse_text(copy, len, &faults);
	free(copy);
	ok = s != NULL;
	script_free(s);
	/* Either a script or a fault, never both, never neither. */
	EXPECT_INT(faults.n == 0, ok);
	return ok;
}

void parse_test_prefixes(void)
{
	size_t good = 0;

	for (size_t i = 0; parse_examples[i]; i++) {
		size_t len = strlen(parse_examples[i]);

		for (size_t n = 0; n <= len; n++)
			good += parse_exact(parse_examples[i], n);
		EXPECT_TRUE(parse_exact(parse_examples[i], len - 1));
	}
	EXPECT_TRUE(good > 5);
}

/* xorshift32, so that a failure comes again. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

void parse_test_flips(void)
{
	static const char likely[] = "{}.-=<>~x#\n\r\t \"'\\:0\xff";
	uint32_t random = 793;
	char text[2048];

	for (size_t i = 0; parse_examples[i]; i++) {
		size_t len = strlen(parse_examples[i]);

		for (int round = 0; round < 2000; round++) {
			memcpy(text, parse_examples[i], len);
			for (int k = 0; k <= round % 8; k++) {
				uint32_t r = next_random(&random);
				uint32_t c = next_random(&random);

				text[r % len] =
					c & 0x100 ? likely[c % sizeof(likely)]
						  : (char)c;
			}
			parse_exact(text, len);
		}
	}
}
