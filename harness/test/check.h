/*
 * Checks for CUnit that show the values when they fail, which CUnit's own
 * macros hide. Each returns whether it held, so a test can stop early.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdbool.h>
#include <stddef.h>

typedef void check_fn(void);

struct check_test {
	const char *name;
	check_fn *run;
};

/* One per test_*.c, listed in unit.c; tests end with a NULL name. */
struct check_suite {
	const char *name;
	const struct check_test *tests;
};

bool check_int(const char *file, unsigned int line, const char *what,
	       long long actual, long long expected);
bool check_str(const char *file, unsigned int line, const char *what,
	       const char *actual, const char *expected);
bool check_mem(const char *file, unsigned int line, const char *what,
	       const void *actual, size_t actual_len, const void *expected,
	       size_t expected_len);

/* The row of a table a check is in: named in the failure. NULL: none. */
void check_row(const char *row);

#define CHECK_INT(actual, expected)                                 \
	check_int(__FILE__, __LINE__, #actual, (long long)(actual), \
		  (long long)(expected))
#define CHECK_TRUE(cond) check_int(__FILE__, __LINE__, #cond, !!(cond), 1)
#define CHECK_STR(actual, expected) \
	check_str(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_MEM(actual, alen, expected, elen) \
	check_mem(__FILE__, __LINE__, #actual, actual, alen, expected, elen)

#endif
