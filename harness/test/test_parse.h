/* What the tests of the parser share (test_parse*.c). */
#ifndef TEST_PARSE_H
#define TEST_PARSE_H

#include <stddef.h>

#include "script/script.h"

/* How a case begins of which only the steps count. */
#define PARSE_HEAD "case t\nspec R-1\n"

/* The faults of one text, each with its newline. */
struct parse_faults {
	char text[8192];
	size_t len;
	int n;
};

/* Parses text as "t.fin". */
struct script *parse_text(const char *text, size_t len,
			  struct parse_faults *faults);

/* The steps of a script, all fields of each, in one line. */
struct terse {
	char text[2048];
	size_t len;
};

/* Parses what must be right, and prints its steps. */
struct script *parse_good(const char *text, struct terse *o);

/* The five cases of the language's description; NULL after the last. */
extern const char *const parse_examples[];

/* A text that is wrong, and the one fault that is told of it. */
struct parse_fault_row {
	const char *text; /* behind PARSE_HEAD; "!" and a whole file */
	int line;
	const char *message;
};

/* test_parse_fault_head.c */
extern const struct parse_fault_row parse_head_faults[];
extern const size_t parse_n_head_faults;

/* test_parse_fault_rung.c */
extern const struct parse_fault_row parse_rung_faults[];
extern const size_t parse_n_rung_faults;

/* test_parse_fault.c */
void parse_test_faults(void);

/* test_parse_bytes.c */
void parse_test_all_faults(void);
void parse_test_fault_limit(void);
void parse_test_octets(void);
void parse_test_depth(void);
void parse_test_prefixes(void);
void parse_test_flips(void);

#endif
