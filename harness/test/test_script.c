/* What is asked of a script that was read: needs, times, calls, lines. */
#include "script/script.h"

#include <stdio.h>

#include "base/array.h"
#include "base/clock.h"
#include "script/verb.h"
#include "test/expect.h"
#include "test/test_parse.h"

static void test_derived_needs(void)
{
	static const struct {
		const char *text;
		const char *why[2];
	} rows[] = {
		{ PARSE_HEAD "open\n--> . -->", { NULL, NULL } },
		{ PARSE_HEAD "open\n--> . -->\n--> . ...\n--> . --x",
		  { "line 5 holds a segment", NULL } },
		{ PARSE_HEAD "<== . <--",
		  { "line 3 holds a copy of a segment" } },
		{ PARSE_HEAD "x-- . <--", { "line 3 loses a segment" } },
		{ PARSE_HEAD "<-- . <~~", { "line 3 forges a segment" } },
		{ PARSE_HEAD "B vanish", { "line 3 has B vanish" } },
		{ PARSE_HEAD "needs wire\n--> . ...", { "needs wire" } },
		{ PARSE_HEAD "~~> icmp ttl-exceeded -->",
		  { "line 3 forges a segment", NULL } },
		{ PARSE_HEAD "~~> scapy: IP() -->",
		  { "line 3 forges a segment", "line 3 forges with scapy" } },
	};
	struct terse o;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct script *s = parse_good(rows[i].text, &o);
		const struct need *wire = s ? script_need(s, NEED_WIRE) : NULL;

		expect_row(rows[i].text);
		if (EXPECT_INT(!!wire, !!rows[i].why[0]) && wire)
			EXPECT_STR(wire->why, rows[i].why[0]);
		if (s && rows[i].why[1])
			EXPECT_STR(s->need[1].why, rows[i].why[1]);
		script_free(s);
	}
	expect_row(NULL);
}

static void test_queries(void)
{
	struct terse o;
	struct script *s = parse_good(
		"case t\nspec RFC9293-3.6, RFC6298 5.5\nopen\n"
		"quiet 1s\nA close blocks\nA returns 0 after 2s..9s\n"
		"A is CLOSED within 9s\n"
		"repeat 2..9 {\n--> . --x after 10ms\n}\n"
		"either {\nquiet 7ms\n} or {\nquiet 3ms\n}\n",
		&o);
	if (!s)
		return;
	EXPECT_INT(script_connections(s), 1);
	EXPECT_INT(script_least_ns(s), 3023 * NS_PER_MS);
	EXPECT_TRUE(script_has_spec(s, "RFC9293-3.6"));
	EXPECT_TRUE(script_has_spec(s, "RFC9293"));
	EXPECT_TRUE(script_has_spec(s, "RFC6298"));
	EXPECT_TRUE(!script_has_spec(s, "RFC9293-3"));
	EXPECT_TRUE(!script_has_spec(s, "RFC929"));
	EXPECT_TRUE(!script_has_spec(s, "RFC9293-3.6-2"));
	script_free(s);
	script_free(NULL);
}

/* What a case asks of its stacks, in branches and repeated steps too. */
static void test_asks(void)
{
	static const struct {
		const char *step;
		bool timestamps;
	} rows[] = {
		{ "~~> . -->\n", false },
		{ "~~> . no ts -->\n", true },
		{ "--> . no ts -->\n", false },
		{ "--> . ts -->\n", true },
		{ "repeat 1..2 {\n--> . ts -->\n}\n", true },
		{ "either {\nquiet 1ms\n} or {\n--> . ts -->\n}\n", true },
	};
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct terse o;
		struct script *s;

		snprintf(
			text, sizeof(text),
			"case t\nspec RFC9293-3.6\nopen\nA dup\n%s"
			"either {\nquiet 2ms\nB linger 0\n} or {\nquiet 1ms\n}\n",
			rows[i].step);
		s = parse_good(text, &o);
		expect_row(rows[i].step);
		if (!EXPECT_TRUE(s != NULL))
			continue;
		EXPECT_INT(script_has_timestamps(s), rows[i].timestamps);
		EXPECT_TRUE(script_verbs(s, SIDE_A) ==
			    (VERB_BIT(VERB_CONNECT) | VERB_BIT(VERB_DUP)));
		EXPECT_TRUE(script_verbs(s, SIDE_B) ==
			    (VERB_BIT(VERB_LISTEN) | VERB_BIT(VERB_ACCEPT) |
			     VERB_BIT(VERB_LINGER)));
		script_free(s);
	}
	expect_row(NULL);
}

/* Written, or true of all its steps; not where B's process hears anything. */
static void test_no_calls(void)
{
#define CASE "case x\nspec X-1\n"
#define RST  "~~> R seq 1 --> CLOSED\n"
	static const struct {
		const char *text;
		bool none[2]; /* of A, of B */
	} rows[] = {
		{ CASE "open\n" RST, { false, true } },
		{ CASE "open\nA linger 0\nA close\n" RST, { false, true } },
		{ CASE "open\nA close\npass", { false, false } },
		{ CASE "open\nA send 1\npass", { false, false } },
		{ CASE "needs no calls of B\nopen\nA send 1\npass",
		  { false, true } },
		{ CASE "needs no calls of A\nB listen\nquiet 1s",
		  { true, false } },
		{ CASE "open\nB poll = any", { false, false } },
		{ CASE "open\n~~> F. seq 1 -->", { false, false } },
		{ CASE "open\n~~> . seq 1:2 -->", { false, false } },
		{ CASE "open\n~~> . seq 1 --> CLOSE-WAIT", { false, false } },
		{ CASE "open\nB is LAST-ACK", { false, false } },
		{ CASE "open\nB is CLOSED", { false, true } },
		{ CASE "open\npass until B is CLOSED", { false, false } },
		{ CASE "open 5", { false, false } },
		{ CASE "quiet 1s", { false, false } },
		{ CASE "open\neither {\n" RST "} or {\nquiet 1s\n}",
		  { false, true } },
	};
	struct terse o;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct script *s = parse_good(rows[i].text, &o);

		expect_row(rows[i].text);
		for (int side = SIDE_A; s && side <= SIDE_B; side++)
			EXPECT_INT(script_needs_no_calls(s, (enum side)side),
				   rows[i].none[side]);
		script_free(s);
	}
	expect_row(NULL);
}

static void test_wants(void)
{
	static const struct {
		const char *text;
		const char *answer;
		bool wanted;
	} rows[] = {
		{ "eof", "eof", true },
		{ "eof", "eo", false },
		{ "eof|EPIPE", "EPIPE", true },
		{ "eof|EPIPE|10", "eof", true },
		{ "eof|EPIPE|10", "1", false },
		{ "eof|EPIPE|10", "10", true },
		{ "eof|EPIPE", "eof|EPIPE", false },
		{ "IN,ERR,..", "IN,ERR", true },
		{ "IN,ERR,..", "IN,OUT,ERR,HUP", true },
		{ "IN,ERR,..", "IN,HUP", false },
		{ "IN,ERR,..", "EBADF", false },
		{ "IN,..|none", "none", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].text);
		EXPECT_INT(script_wants(rows[i].text, rows[i].answer),
			   rows[i].wanted);
	}
}

static const struct test tests[] = {
	{ "derived needs", test_derived_needs },
	{ "queries", test_queries },
	{ "what a case asks of its stacks", test_asks },
	{ "cases that need no calls of an end", test_no_calls },
	{ "what a result may be", test_wants },
	{ NULL, NULL },
};

const struct suite suite_script = { "script", tests };
