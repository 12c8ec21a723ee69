/*
 * The verbs of the language: one list, which the agent's commands and the
 * manual's items must be too.
 */
#include "script/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_own.h"
#include "base/folder.h"
#include "run/plan.h"
#include "test/expect.h"

extern const struct suite suite_verb;

static void test_rows(void)
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++) {
		const struct verb *v = verb_of((enum verb_id)i);

		EXPECT_INT(v->id, i);
		EXPECT_TRUE(v->args != NULL);
		if (!v->name)
			continue;
		expect_row(v->name);
		EXPECT_TRUE(verb_find(v->name, strlen(v->name)) == v);
	}
	expect_row(NULL);
}

static size_t commands_called(const char *name)
{
	const struct agent_command *c;
	size_t i, n = 0;

	for (i = 0; (c = agent_command_nth(i)); i++)
		n += strcmp(c->name, name) == 0;
	return n;
}

/* One each, and three that are no verbs: addresses, a clean slate, a question. */
static void test_agent_commands(void)
{
	const struct agent_command *c;
	size_t i, n = 0;

	for (i = 0; i < VERB_COUNT; i++) {
		const struct verb *v = verb_of((enum verb_id)i);
		bool by_agent = v->by == BY_AGENT;

		expect_row(v->name);
		EXPECT_INT(commands_called(v->name), by_agent);
		n += by_agent;
	}
	expect_row(NULL);
	EXPECT_INT(commands_called("use"), 1);
	EXPECT_INT(commands_called("reset"), 1);
	EXPECT_INT(commands_called("can"), 1);
	for (i = 0; (c = agent_command_nth(i)); i++) {
		expect_row(c->name);
		EXPECT_INT(!!c->whole + !!c->each + !!c->option.read, 1);
	}
	expect_row(NULL);
	EXPECT_INT(i, n + 3);
}

/* The manual's text from the heading of the acts on. malloc'ed. */
static char *read_manual(const char **acts)
{
	struct plan plan;
	struct fault f;
	char path[1024];
	char *text;
	size_t len;

	plan_open(&plan, NULL, NULL);
	snprintf(path, sizeof(path), "%s/../harness/man/lastack-fin.5",
		 plan.root);
	text = folder_read(path, &len, &f);
	plan_close(&plan);
	*acts = text ? strstr(text, "\n.Sh ACTS\n") : NULL;
	return text;
}

/*
 * What follows ".It Cm VERB", as the table writes it: "Op Ar N" and "Oo Ar N
 * Oc" are "[N]", and a result, which every verb that asks has, is none of the
 * arguments.
 */
static void add_word(char *args, const char *word, bool *optional)
{
	bool joins =
		!*args || *word == '|' || strchr("|[", args[strlen(args) - 1]);

	if (strcmp(word, "Op") == 0) {
		*optional = true;
	} else if (strcmp(word, "Oo") == 0 || strcmp(word, "Oc") == 0) {
		strcat(args, word[1] == 'c' ? "]" : *args ? " [" : "[");
	} else if (strcmp(word, "Cm") != 0 && strcmp(word, "Ar") != 0) {
		sprintf(args + strlen(args), *optional ? "%s[%s]" : "%s%s",
			joins ? "" : " ", word);
		*optional = false;
	}
}

/* The next item of the manual: its verb and arguments. False: no more. */
static bool next_item(const char **at, char *name, char *args)
{
	const char *item = strstr(*at, "\n.It Cm ");
	const char *end = strstr(*at + 1, "\n.Sh ");
	char line[200], *save, *word;
	bool optional = false;

	*name = *args = '\0';
	if (!item || (end && item > end))
		return false;
	*at = item + 1;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(*at + 7, "\n"),
		 *at + 7);
	word = strtok_r(line, " ", &save);
	strcpy(name, word);
	while ((word = strtok_r(NULL, " ", &save)) && strcmp(word, "=") != 0)
		add_word(args, word, &optional);
	return true;
}

static void test_manual(void)
{
	char name[200], args[400];
	const char *at;
	char *text = read_manual(&at);
	size_t i;

	EXPECT_TRUE(at != NULL);
	for (i = 0; at && i < VERB_COUNT; i++) {
		const struct verb *v = verb_of((enum verb_id)i);

		expect_row(v->name);
		EXPECT_TRUE(next_item(&at, name, args));
		EXPECT_STR(name, v->name);
		EXPECT_STR(args, v->args);
	}
	expect_row(NULL);
	EXPECT_TRUE(at && !next_item(&at, name, args));
	free(text);
}

static const struct test tests[] = {
	{ "every id has a row", test_rows },
	{ "the agent's commands are those it carries out",
	  test_agent_commands },
	{ "the manual lists all, with their arguments", test_manual },
	{ NULL, NULL },
};

const struct suite suite_verb = { "verb", tests };
