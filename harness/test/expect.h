/*
 * Expectations for CUnit that show the values when they fail, which CUnit's own
 * macros hide. Each returns whether it held, so a test can stop early.
 */
#ifndef TEST_EXPECT_H
#define TEST_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

typedef void test_fn(void);

struct test {
	const char *name;
	test_fn *run;
};

/* One per test_*.c, listed in unit.c; tests end with a NULL name. */
struct suite {
	const char *name;
	const struct test *tests;
};

bool expect_int(const char *file, unsigned int line, const char *what,
		long long actual, long long expected);
bool expect_str(const char *file, unsigned int line, const char *what,
		const char *actual, const char *expected);
bool expect_mem(const char *file, unsigned int line, const char *what,
		const void *actual, size_t actual_len, const void *expected,
		size_t expected_len);

/* The row that what follows is about: named in the failure. NULL: none. */
void expect_row(const char *row);

#define EXPECT_INT(actual, expected)                                 \
	expect_int(__FILE__, __LINE__, #actual, (long long)(actual), \
		   (long long)(expected))
#define EXPECT_TRUE(cond) expect_int(__FILE__, __LINE__, #cond, !!(cond), 1)
#define EXPECT_STR(actual, expected) \
	expect_str(__FILE__, __LINE__, #actual, actual, expected)
#define EXPECT_MEM(actual, alen, expected, elen) \
	expect_mem(__FILE__, __LINE__, #actual, actual, alen, expected, elen)

#endif
