/* Texts kept once. */
#include "base/intern.h"

#include <stdio.h>

#include "test/expect.h"

static void test_once(void)
{
	struct intern in = { .n = 0 };
	char text[] = "one";

	EXPECT_INT(intern_add(&in, text), 0);
	EXPECT_INT(intern_add(&in, ""), 1);
	EXPECT_INT(intern_add(&in, "two"), 2);
	text[0] = 'O'; /* it has a copy */
	EXPECT_INT(intern_add(&in, "one"), 0);
	EXPECT_INT(intern_add(&in, ""), 1);
	EXPECT_INT(in.n, 3);
	EXPECT_STR(in.text[2], "two");
	intern_free(&in);
	EXPECT_INT(in.n, 0);
	EXPECT_INT(intern_add(&in, "two"), 0);
	intern_free(&in);
}

/* Many: the table grows, and each keeps its number. */
static void test_many(void)
{
	struct intern in = { .n = 0 };
	char text[16];
	int wrong = 0;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "%zu", i * 7);
			wrong += intern_add(&in, text) != i;
		}
	}
	EXPECT_INT(wrong, 0);
	EXPECT_INT(in.n, 5000);
	intern_free(&in);
}

static const struct test tests[] = {
	{ "alike is once", test_once },
	{ "many", test_many },
	{ NULL, NULL },
};

const struct suite suite_intern = { "intern", tests };
