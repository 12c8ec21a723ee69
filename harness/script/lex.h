/*
 * The case language's lines and words, its numbers, sizes and times. Knows no
 * keyword. Pure.
 */
#ifndef SCRIPT_LEX_H
#define SCRIPT_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEX_LINE_MAX  1000
#define LEX_WORDS_MAX (LEX_LINE_MAX / 2 + 1)
#define LEX_SIZE_MAX  INT64_C(16000000) /* what an agent moves in one call */

/* A piece of the text, not NUL-terminated. */
struct word {
	const char *at;
	size_t len;
};

struct line {
	int number;			 /* from 1; 0 before the first */
	struct word text;		 /* without line end */
	struct word word[LEX_WORDS_MAX]; /* without comment */
	size_t n;
};

/* What is left to read. */
struct lex {
	const char *at;
	const char *end;
};

/*
 * Takes the next line: its number goes up, text is set, n is 0. A line ends
 * with LF or CR LF. False when there is none left.
 */
bool lex_line(struct lex *lx, struct line *ln);

/*
 * Where the first octet is that is not text (a control character other than
 * tab, or not UTF-8), or -1.
 */
int lex_bad_octet(struct word text);

/*
 * Splits a line of at most LEX_LINE_MAX octets into words at blanks. "#"
 * begins a comment where a word could begin, but not within quotes behind
 * "scapy:".
 */
void lex_words(struct line *ln);

bool word_is(struct word w, const char *text);
bool word_begins(struct word w, const char *text);

/* Splits "LEFT..RIGHT" at mark; false when mark is not in it. */
bool word_split(struct word w, const char *mark, struct word *left,
		struct word *right);

/* The following return 0, or -1 when w is not such a thing. */

/* A decimal number, "-" allowed when min is negative. */
int word_number(struct word w, int64_t min, int64_t max, int64_t *n);

/* A number with its sign, "+N" or "-N", from min to max; min is not above 0. */
int word_offset(struct word w, int32_t min, int32_t max, int32_t *n);

/* A number of octets, "K" and "M" allowed, from min to LEX_SIZE_MAX. */
int word_size(struct word w, int64_t min, int64_t *n);

/* A time such as "150ms" (us, ms, s, m), from 1 us to a day. */
int word_time(struct word w, int64_t *ns);

/* A ratio such as "2x" or "1.5x", from 0.01 to 100. */
int word_ratio(struct word w, double *ratio);

#endif
