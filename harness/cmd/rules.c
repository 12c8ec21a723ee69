/*
 * The verb "rules": what the judges hold an ending against, the rules and
 * RFC 9293's states and events. Only prints.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "judge/rfc9293.h"
#include "judge/wire_judge.h"
#include "run/plan.h"

struct options {
	const char *format;
};

/* "RFC9293 3.10.4" of "RFC9293-3.10.4-CLOSE-EST"; null for no id. */
static json_t *section_json(const char *id)
{
	const char *section;
	size_t len;

	if (!id)
		return json_null();
	section = rule_section(id, &len);
	return json_sprintf("%.*s %.*s", (int)strcspn(id, "-"), id, (int)len,
			    section);
}

static json_t *judges_json(unsigned int judges)
{
	json_t *list = json_array();

	if (judges & JUDGE_WIRE)
		json_array_append_new(list, json_string("wire"));
	if (judges & JUDGE_TAPE)
		json_array_append_new(list, json_string("tape"));
	if (judges & JUDGE_PAIR)
		json_array_append_new(list, json_string("pair"));
	return list;
}

/* How the wire judge looks at a rule: one object for each of its rows. */
static json_t *wire_json(enum rule_id id)
{
	struct wire_rule_words w;
	json_t *list = json_array();
	size_t n;

	for (size_t i = 0; wire_rule_words(i, &w); i++) {
		if (w.rule != id)
			continue;
		for (n = 0; n < WIRE_UNLESS_MAX && w.unless[n];)
			n++;
		json_array_append_new(
			list,
			json_pack("{s:s, s:o, s:s, s:s, s:s?}", "when", w.when,
				  "unless", text_json_list(w.unless, n),
				  "expected", w.expected, "actual", w.actual,
				  "settles", w.settles));
	}
	return list;
}

/* Whether name or id is one of the words, or there are none. */
static bool is_wanted(char **wanted, const char *name, const char *id)
{
	char **word = wanted;

	while (*word && strcmp(*word, name ? name : "") != 0 &&
	       strcmp(*word, id ? id : "") != 0)
		word++;
	return *word || !*wanted;
}

static json_t *rules_json(char **wanted)
{
	json_t *list = json_array();

	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_of((enum rule_id)i);

		if (!is_wanted(wanted, rule->name, rule->id))
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:o}", "rule",
				  rule->name, "id", rule->id, "section",
				  section_json(rule->id), "severity",
				  severity_name(rule->severity), "judges",
				  judges_json(rule->judges), "text", rule->text,
				  "wire", wire_json((enum rule_id)i)));
	}
	return list;
}

static json_t *row_json(enum tcp_state from, enum rfc9293_event event,
			const struct rfc9293_row *row)
{
	json_t *then = json_array();

	for (int s = 0; s < TCP_STATE_COUNT; s++)
		if (row->to & STATE_BIT(s))
			json_array_append_new(then, json_string(name_state((
							    enum tcp_state)s)));
	return json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:o, s:s?}", "state",
			 name_state(from), "event", rfc9293_event_name(event),
			 "then", then, "answer",
			 row->id ? rfc9293_answer_name(row->answer) : NULL,
			 "id", row->id, "section", section_json(row->id),
			 "impossible", row->impossible);
}

static json_t *rows_json(char **wanted)
{
	json_t *list = json_array();

	for (int i = 0; i < TCP_STATE_COUNT * EVENT_COUNT; i++) {
		enum tcp_state from = (enum tcp_state)(i / EVENT_COUNT);
		enum rfc9293_event event =
			(enum rfc9293_event)(i % EVENT_COUNT);
		const struct rfc9293_row *row;

		if (STATES_WITHOUT_ROWS & STATE_BIT(from))
			continue;
		row = rfc9293_row(from, event);
		if (is_wanted(wanted, NULL, row->id))
			json_array_append_new(list, row_json(from, event, row));
	}
	return list;
}

/* A member's text; of a list all of them, with between between them. */
static const char *member(const json_t *of, const char *name,
			  const char *between)
{
	static char buf[512];
	json_t *value = json_object_get(of, name), *one;
	size_t i, at = 0;

	if (json_is_string(value))
		return json_string_value(value);
	*buf = '\0';
	for (i = 0; (one = json_array_get(value, i)) && at < sizeof(buf); i++)
		at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%s%s",
				       i ? between : "",
				       json_string_value(one));
	return buf;
}

/* "| rule | id |" of these members, a line for each of the list. */
static void print_table(const json_t *list, const char *const *name)
{
	json_t *entry;
	size_t i, k;

	for (k = 0; name[k]; k++)
		printf("| %s ", name[k]);
	printf("|\n|");
	for (k = 0; name[k]; k++)
		printf("---|");
	putchar('\n');
	for (i = 0; (entry = json_array_get(list, i)); i++) {
		for (k = 0; name[k]; k++)
			printf("| %s ", member(entry, name[k], " or "));
		puts("|");
	}
}

static void print_md(const json_t *whole)
{
	static const char *const of_rule[] = { "rule",	   "id",     "section",
					       "severity", "judges", "text",
					       NULL };
	static const char *const of_row[] = { "state",	    "event", "then",
					      "answer",	    "id",    "section",
					      "impossible", NULL };

	print_table(json_object_get(whole, "rules"), of_rule);
	putchar('\n');
	print_table(json_object_get(whole, "rows"), of_row);
}

static void print_rule(const json_t *rule)
{
	json_t *row;
	size_t i;

	printf("%s: %s\n    %s, ", member(rule, "rule", ""),
	       member(rule, "text", ""), member(rule, "severity", ""));
	printf("%s; %s; judge: ", member(rule, "section", ""),
	       member(rule, "id", ""));
	puts(member(rule, "judges", ", "));
	if (*member(rule, "sentence", "")) {
		printf("    %s: ", member(rule, "level", ""));
		puts(member(rule, "sentence", ""));
	}
	for (i = 0; (row = json_array_get(json_object_get(rule, "wire"), i));
	     i++) {
		printf("    at %s: expected %s, actual %s\n",
		       member(row, "when", ""), member(row, "expected", ""),
		       member(row, "actual", ""));
		if (*member(row, "unless", "; "))
			printf("        unless %s\n",
			       member(row, "unless", "; "));
		if (*member(row, "settles", ""))
			printf("        inconclusive: %s would settle it\n",
			       member(row, "settles", ""));
	}
}

static void print_text(const json_t *whole)
{
	json_t *entry;
	size_t i;

	for (i = 0;
	     (entry = json_array_get(json_object_get(whole, "rules"), i)); i++)
		print_rule(entry);
	putchar('\n');
	for (i = 0; (entry = json_array_get(json_object_get(whole, "rows"), i));
	     i++) {
		printf("%-12s %-22s ", member(entry, "state", ""),
		       member(entry, "event", ""));
		if (*member(entry, "impossible", ""))
			printf("impossible: %s\n",
			       member(entry, "impossible", ""));
		else
			printf("%s, answer %s  %s\n", member(entry, "id", ""),
			       member(entry, "answer", ""),
			       member(entry, "then", " or "));
	}
}

static json_t *whole_json(char **wanted)
{
	return json_pack("{s:o, s:o}", "rules", rules_json(wanted), "rows",
			 rows_json(wanted));
}

/* What the catalogue says of the requirements; null where it has none. */
static void add_requirements(json_t *list, const struct catalogue *c)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *entry = json_array_get(list, i);
		const char *id =
			json_string_value(json_object_get(entry, "id"));
		const struct word w = { id, id ? strlen(id) : 0 };
		const struct requirement *r = id ? catalogue_find(c, w) : NULL;

		json_object_set_new(entry, "level",
				    text_json(r ? r->level : NULL));
		json_object_set_new(entry, "sentence",
				    text_json(r ? r->text : NULL));
	}
}

static int read_requirements(json_t *whole)
{
	struct plan p;
	struct fault f;
	int rc;

	plan_open(&p, option_fault, NULL);
	rc = plan_catalogue(&p, &f);
	if (rc)
		fprintf(stderr, "lastack rules: %s\n", f.text);
	add_requirements(json_object_get(whole, "rules"), &p.catalogue);
	add_requirements(json_object_get(whole, "rows"), &p.catalogue);
	plan_close(&p);
	return rc ? CMD_BAD : 0;
}

/* Each word is to be the name or the requirement of something. */
static int refuse(char **wanted)
{
	for (; *wanted; wanted++) {
		char *one[] = { *wanted, NULL };
		json_t *found = whole_json(one);
		size_t n = json_array_size(json_object_get(found, "rules")) +
			   json_array_size(json_object_get(found, "rows"));

		json_decref(found);
		if (!n)
			return option_bad("rules",
					  "nothing matches \"%s\": expected a "
					  "rule or a requirement's id",
					  *wanted);
	}
	return 0;
}

static const struct option_row rows[] = {
	{ "format", 0, option_text, offsetof(struct options, format),
	  .help = "for people (text), programs, or a page",
	  .words = OPTION_WORDS("text", "json", "md") },
	{ 0 },
};

static const struct options usual = { .format = "text" };

static void print(const json_t *whole, char format)
{
	if (format == 't')
		print_text(whole);
	else if (format == 'm')
		print_md(whole);
	else if (json_dumpf(whole, stdout, JSON_INDENT(2)) == 0)
		putchar('\n');
}

static int enter(void *options, int argc, char **argv)
{
	const char *format = ((const struct options *)options)->format;
	json_t *whole;
	int rc;

	(void)argc;
	if (refuse(argv + optind))
		return CMD_BAD;
	whole = whole_json(argv + optind);
	rc = read_requirements(whole);
	if (rc == 0)
		print(whole, *format);
	json_decref(whole);
	return rc;
}

const struct cmd cmd_rules = {
	.name = "rules",
	.line = "print what endings are judged by",
	.usage = "[OPTION...] [RULE|REQUIREMENT...]",
	.text = "Prints the rules of the judges, and what RFC 9293 lets follow\n"
		"each event in each state of an ending: all of them, or those of\n"
		"these names and requirement ids. The wire judge sees segments\n"
		"only; the tape judge knows states and calls too.",
	.rows = rows,
	.status = "Exit status: 0, or 2 for a name or an id that is none.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
