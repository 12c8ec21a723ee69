/* CUnit assertions with their values. Knows nothing of what is tested. */
#include "test/expect.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

static const char *current_row;

void expect_row(const char *row)
{
	current_row = row;
}

static bool report(bool ok, const char *file, unsigned int line,
		   const char *text)
{
	char full[2048];

	snprintf(full, sizeof(full), "%s%s%s", current_row ? current_row : "",
		 current_row ? ": " : "", text);
	CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, line, full, file, "",
				CU_FALSE);
	return ok;
}

bool expect_int(const char *file, unsigned int line, const char *what,
		long long actual, long long expected)
{
	char text[512];

	snprintf(text, sizeof(text), "%s: expected %lld, got %lld", what,
		 expected, actual);
	return report(actual == expected, file, line, text);
}

bool expect_str(const char *file, unsigned int line, const char *what,
		const char *actual, const char *expected)
{
	bool same = actual && expected && strcmp(actual, expected) == 0;
	char text[1536];

	snprintf(text, sizeof(text),
		 "%s:\n\texpected \"%s\"\n\tgot      \"%s\"", what,
		 expected ? expected : "(no string)",
		 actual ? actual : "(no string)");
	return report(same || (!actual && !expected), file, line, text);
}

bool expect_mem(const char *file, unsigned int line, const char *what,
		const void *actual, size_t actual_len, const void *expected,
		size_t expected_len)
{
	const unsigned char *a = actual, *e = expected;
	size_t i = 0, n = actual_len < expected_len ? actual_len : expected_len;
	char text[512];

	while (i < n && a[i] == e[i])
		i++;
	if (i == n && actual_len == expected_len)
		return report(true, file, line, what);
	snprintf(text, sizeof(text),
		 "%s: expected %zu bytes, got %zu; first difference at %zu",
		 what, expected_len, actual_len, i);
	return report(false, file, line, text);
}
