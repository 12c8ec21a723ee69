/* The rules: every row complete, its names found. */
#include "judge/rule.h"

#include <string.h>

#include "test/expect.h"

static void test_rows(void)
{
	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_of((enum rule_id)i);

		if (!EXPECT_TRUE(rule->name && rule->id && rule->text))
			continue;
		expect_row(rule->name);
		EXPECT_INT(strspn(rule->name, "abcdefghijklmnopqrstuvwxyz-"),
			   strlen(rule->name));
		EXPECT_TRUE(rule->severity != SEVERITY_INCONCLUSIVE);
		EXPECT_TRUE(rule->severity < SEVERITY_COUNT);
		EXPECT_TRUE(rule_find(rule->name, strlen(rule->name)) == rule);
	}
}

static void test_find(void)
{
	const struct rule *rule = rule_of(RULE_NO_TIMESTAMP);

	EXPECT_TRUE(rule_find("RFC7323-3.2-NONRST", 18) == rule);
	EXPECT_TRUE(rule_find("no-timestamps", 12) == rule);
	EXPECT_TRUE(rule_find("no-timestamps", 13) == NULL);
	EXPECT_TRUE(rule_find("", 0) == NULL);
}

static void test_severities(void)
{
	static const char *const names[] = { "note", "inconclusive",
					     "suspicious", "violation" };

	for (int s = 0; s < SEVERITY_COUNT; s++) {
		EXPECT_STR(severity_name((enum severity)s), names[s]);
		EXPECT_INT(severity_parse(names[s], strlen(names[s])), s);
	}
	EXPECT_INT(severity_parse("error", 5), SEVERITY_COUNT);
	EXPECT_STR(severity_name(SEVERITY_COUNT), "-");
}

static const struct test tests[] = {
	{ "every row is complete", test_rows },
	{ "found by name and requirement", test_find },
	{ "severities, both ways", test_severities },
	{ NULL, NULL },
};

const struct suite suite_rule = { "rule", tests };
