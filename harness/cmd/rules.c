/*
 * The verb "rules": what the judges hold an ending against, the rules and
 * RFC 9293's states and events. Only prints.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/document.h"
#include "cmd/cmd.h"
#include "judge/rfc9293.h"
#include "judge/rule.h"

struct options {
	const char *format;
};

/* A format: each of its functions is called for what is wanted, in order. */
struct form {
	void (*begin)(void *ctx);
	void (*rule)(void *ctx, const struct rule *rule, unsigned int judges);
	void (*rows)(void *ctx); /* the rules are over */
	void (*row)(void *ctx, enum tcp_state from, enum rfc9293_event event,
		    const struct rfc9293_row *row);
	void (*end)(void *ctx);
};

static const char *const answers[] = {
	[ANSWER_NONE] = "none",
	[ANSWER_ACK] = "ACK",
	[ANSWER_RST] = "RST",
	[ANSWER_FIN] = "FIN",
	[ANSWER_MAY_ACK] = "ACK or none",
	[ANSWER_ANY] = "any",
};

static const char *judges_text(unsigned int judges)
{
	static const char *const text[] = { "-", "wire", "tape", "wire, tape" };

	return text[judges];
}

/* "RFC9293 3.10.4" of "RFC9293-3.10.4-CLOSE-EST". */
#define SECTION_MAX 64
static const char *section_of(const char *id, char buf[SECTION_MAX])
{
	size_t source = strcspn(id, "-");
	const char *at = id[source] ? id + source + 1 : "";

	snprintf(buf, SECTION_MAX, "%.*s %.*s", (int)source, id,
		 (int)strcspn(at, "-"), at);
	return buf;
}

/* The names of a set of states. */
static json_t *states_json(uint32_t states)
{
	json_t *j = json_array();

	for (int s = 0; s < TCP_STATE_COUNT; s++)
		if (states & STATE_BIT(s))
			json_array_append_new(
				j, json_string(name_state((enum tcp_state)s)));
	return j;
}

static void put_states(uint32_t states)
{
	const char *between = "";

	for (int s = 0; s < TCP_STATE_COUNT; s++) {
		if (!(states & STATE_BIT(s)))
			continue;
		printf("%s%s", between, name_state((enum tcp_state)s));
		between = " or ";
	}
}

static void text_rule(void *ctx, const struct rule *rule, unsigned int judges)
{
	char section[SECTION_MAX];

	(void)ctx;
	printf("%s: %s\n    %s, %s; %s; judge: %s\n", rule->name, rule->text,
	       severity_name(rule->severity), section_of(rule->id, section),
	       rule->id, judges_text(judges));
}

static void text_row(void *ctx, enum tcp_state from, enum rfc9293_event event,
		     const struct rfc9293_row *row)
{
	(void)ctx;
	printf("%-12s %-22s ", name_state(from), rfc9293_event_name(event));
	if (!row->id) {
		printf("impossible: %s\n", row->impossible);
		return;
	}
	printf("%s, answer %s  ", row->id, answers[row->answer]);
	put_states(row->to);
	putchar('\n');
}

static void md_begin(void *ctx)
{
	(void)ctx;
	puts("| rule | requirement | section | severity | judge | sentence |\n"
	     "|---|---|---|---|---|---|");
}

static void md_rule(void *ctx, const struct rule *rule, unsigned int judges)
{
	char section[SECTION_MAX];

	(void)ctx;
	printf("| %s | %s | %s | %s | %s | %s |\n", rule->name, rule->id,
	       section_of(rule->id, section), severity_name(rule->severity),
	       judges_text(judges), rule->text);
}

static void md_rows(void *ctx)
{
	(void)ctx;
	puts("\n| state | event | then | answer | requirement | section |\n"
	     "|---|---|---|---|---|---|");
}

static void md_row(void *ctx, enum tcp_state from, enum rfc9293_event event,
		   const struct rfc9293_row *row)
{
	char section[SECTION_MAX];

	(void)ctx;
	printf("| %s | %s | ", name_state(from), rfc9293_event_name(event));
	if (!row->id) {
		printf("impossible: %s | | | |\n", row->impossible);
		return;
	}
	put_states(row->to);
	printf(" | %s | %s | %s |\n", answers[row->answer], row->id,
	       section_of(row->id, section));
}

static void blank_line(void *ctx)
{
	(void)ctx;
	putchar('\n');
}

/* The rules wait in an array; the rows are the document's long list. */
struct json {
	json_t *rules;
	struct document document;
};

static void json_begin(void *ctx)
{
	((struct json *)ctx)->rules = json_array();
}

static void json_rule(void *ctx, const struct rule *rule, unsigned int judges)
{
	struct json *j = ctx;
	char section[SECTION_MAX];
	json_t *list = json_array();

	if (judges & JUDGE_WIRE)
		json_array_append_new(list, json_string("wire"));
	if (judges & JUDGE_TAPE)
		json_array_append_new(list, json_string("tape"));
	json_array_append_new(
		j->rules, json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "rule",
				    rule->name, "id", rule->id, "section",
				    section_of(rule->id, section), "severity",
				    severity_name(rule->severity), "judges",
				    list, "text", rule->text));
}

static void json_rows(void *ctx)
{
	struct json *j = ctx;

	document_open(&j->document, stdout,
		      json_pack("{s:o}", "rules", j->rules), "rows");
}

static void json_row(void *ctx, enum tcp_state from, enum rfc9293_event event,
		     const struct rfc9293_row *row)
{
	struct json *j = ctx;
	char section[SECTION_MAX];

	document_add(&j->document,
		     json_pack("{s:s, s:s, s:o, s:s?, s:s?, s:s?, s:s?}",
			       "state", name_state(from), "event",
			       rfc9293_event_name(event), "then",
			       states_json(row->to), "answer",
			       row->id ? answers[row->answer] : NULL, "id",
			       row->id, "section",
			       row->id ? section_of(row->id, section) : NULL,
			       "impossible", row->impossible));
}

static void json_end(void *ctx)
{
	document_close(&((struct json *)ctx)->document, NULL);
	putchar('\n');
}

static const struct form text_form = { NULL, text_rule, blank_line, text_row,
				       NULL };
static const struct form md_form = { md_begin, md_rule, md_rows, md_row, NULL };
static const struct form json_form = { json_begin, json_rule, json_rows,
				       json_row, json_end };

/* Whether one of the words, or there are none. */
static bool is_wanted(char **wanted, const char *name, const char *id)
{
	char **word = wanted;

	while (*word && strcmp(*word, name ? name : "") != 0 &&
	       strcmp(*word, id ? id : "") != 0)
		word++;
	return *word || !*wanted;
}

static size_t print_rules(const struct form *form, void *ctx, char **wanted)
{
	size_t n = 0;

	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_of((enum rule_id)i);

		if (!is_wanted(wanted, rule->name, rule->id))
			continue;
		n++;
		if (form)
			form->rule(ctx, rule, rule->judges);
	}
	return n;
}

static size_t print_rows(const struct form *form, void *ctx, char **wanted)
{
	const uint32_t without =
		STATES_WITHOUT_ROWS | STATE_BIT(TCP_STATE_LISTEN);
	size_t n = 0;

	for (int s = 0; s < TCP_STATE_COUNT; s++) {
		for (int e = 0; !(without & STATE_BIT(s)) && e < EVENT_COUNT;
		     e++) {
			const struct rfc9293_row *row = rfc9293_row(
				(enum tcp_state)s, (enum rfc9293_event)e);

			if (!is_wanted(wanted, NULL, row->id))
				continue;
			n++;
			if (form)
				form->row(ctx, (enum tcp_state)s,
					  (enum rfc9293_event)e, row);
		}
	}
	return n;
}

/* Each word is to be the name or the requirement of something. */
static int refuse(char **wanted)
{
	for (; *wanted; wanted++) {
		char *one[] = { *wanted, NULL };

		if (!print_rules(NULL, NULL, one) &&
		    !print_rows(NULL, NULL, one))
			return option_bad("rules",
					  "nothing matches \"%s\": expected a "
					  "rule or a requirement's id",
					  *wanted);
	}
	return 0;
}

static void print_all(const struct form *form, char **wanted)
{
	struct json json;

	if (form->begin)
		form->begin(&json);
	print_rules(form, &json, wanted);
	form->rows(&json);
	print_rows(form, &json, wanted);
	if (form->end)
		form->end(&json);
}

static const struct option_row rows[] = {
	{ "format", 0, option_text, offsetof(struct options, format),
	  .help = "for people (text), programs, or a page",
	  .words = OPTION_WORDS("text", "json", "md") },
	{ 0 },
};

static const struct options usual = { .format = "text" };

static int enter(void *options, int argc, char **argv)
{
	const char *format = ((const struct options *)options)->format;

	(void)argc;
	if (refuse(argv + optind))
		return CMD_BAD;
	print_all(*format == 't'   ? &text_form
		  : *format == 'm' ? &md_form
				   : &json_form,
		  argv + optind);
	return 0;
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
