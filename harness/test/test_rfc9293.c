/*
 * The table of states and events: complete, and right where the standard is
 * plain. The rows themselves are held against real stacks by every case.
 */
#include "test/expect.h"

#include <stdio.h>
#include <string.h>

#include "judge/rfc9293.h"
#include "judge/rule.h"

#define FROM TCP_STATE_SYN_RECEIVED
#define TO   TCP_STATE_CLOSED
#define S(x) STATE_BIT(TCP_STATE_##x)

static const struct rfc9293_row *find(int state, int event)
{
	return rfc9293_row((enum tcp_state)state, (enum rfc9293_event)event);
}

/*
 * Every pair of a state and an event is filled: it leads somewhere, or it is
 * impossible for a reason. That none is filled twice the compiler sees.
 */
static void test_complete(void)
{
	for (int s = FROM; s <= TO; s++) {
		expect_row(name_state((enum tcp_state)s));
		for (int e = 0; e < EVENT_COUNT; e++) {
			const struct rfc9293_row *row = find(s, e);

			EXPECT_TRUE((row->to != 0) == (row->id != NULL));
			EXPECT_TRUE((row->to != 0) ==
				    (row->impossible == NULL));
		}
	}
	expect_row(NULL);
}

/* An end that sent no FIN hears of no ACK of it; one that has none, no other. */
static void test_impossible(void)
{
	static const uint32_t no_fin_sent = STATE_BIT(TCP_STATE_SYN_RECEIVED) |
					    STATE_BIT(TCP_STATE_ESTABLISHED) |
					    STATE_BIT(TCP_STATE_CLOSE_WAIT);
	static const uint32_t no_fin_got = STATE_BIT(TCP_STATE_SYN_RECEIVED) |
					   STATE_BIT(TCP_STATE_ESTABLISHED) |
					   STATE_BIT(TCP_STATE_FIN_WAIT_1) |
					   STATE_BIT(TCP_STATE_FIN_WAIT_2);

	for (int s = FROM; s <= TO; s++) {
		for (int e = 0; e < EVENT_COUNT; e++) {
			uint32_t never = 0;

			if (e == EVENT_ACK_FIN || e == EVENT_FIN_ACK)
				never = no_fin_sent;
			if (e == EVENT_FIN_AGAIN)
				never = no_fin_got;
			EXPECT_INT(find(s, e)->to == 0,
				   !!(never & STATE_BIT(s)));
		}
	}
}

/* The line of the list that begins with that requirement, or NULL. */
static const char *line_of(FILE *list, const char *id, char line[4096])
{
	size_t len = strlen(id);

	rewind(list);
	while (fgets(line, 4096, list))
		if (strncmp(line, id, len) == 0 && line[len] == '\t')
			return line;
	return NULL;
}

/* The list's fourth column begins with the row's section. */
static void expect_listed(FILE *list, const struct rfc9293_row *row)
{
	char line[4096];
	const char *at = line_of(list, row->id, line);
	const char *section;
	size_t len;

	expect_row(row->id);
	EXPECT_TRUE(at != NULL);
	if (!at || strncmp(at, "RFC", 3) != 0)
		return;
	for (int tab = 0; at && tab < 3; tab++) {
		at = strchr(at, '\t');
		at += at != NULL;
	}
	section = rule_section(row->id, &len);
	EXPECT_TRUE(at && strncmp(at, section, len) == 0 &&
		    strchr("\t ;", at[len]));
}

static void test_requirements(void)
{
	FILE *list = fopen("cases/requirements.tsv", "r");
	char line[4096];

	EXPECT_TRUE(list != NULL);
	if (!list)
		return;
	for (int s = FROM; s <= TO; s++)
		for (int e = 0; e < EVENT_COUNT; e++)
			if (find(s, e)->id)
				expect_listed(list, find(s, e));
	expect_row(NULL);
	EXPECT_TRUE(line_of(list, "RFC9293-0.0-NONE", line) == NULL);
	fclose(list);
}

/* A set goes where its members go; who cannot have the event is dropped. */
static void test_step(void)
{
	static const struct {
		uint32_t from;
		enum rfc9293_event event;
		uint32_t to;
	} steps[] = {
		{ S(FIN_WAIT_1), EVENT_ACK_FIN, S(FIN_WAIT_2) },
		{ S(ESTABLISHED) | S(CLOSE_WAIT), EVENT_CLOSE,
		  S(FIN_WAIT_1) | S(LAST_ACK) },
		{ S(ESTABLISHED) | S(FIN_WAIT_1), EVENT_ACK_FIN,
		  S(FIN_WAIT_2) },
		{ S(ESTABLISHED), EVENT_ACK_FIN, 0 },
		{ S(ESTABLISHED) | S(SYN_SENT), EVENT_CLOSE, STATES_ANY },
		{ STATES_ANY, EVENT_CLOSE, STATES_ANY },
		{ 0, EVENT_CLOSE, 0 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		EXPECT_INT(rfc9293_step(steps[i].from, steps[i].event),
			   steps[i].to);
}

static void test_names(void)
{
	for (int e = 0; e < EVENT_COUNT; e++)
		EXPECT_TRUE(rfc9293_event_name((enum rfc9293_event)e) != NULL);
	EXPECT_STR(rfc9293_event_name(EVENT_ACK_FIN), "ACK of FIN");
	EXPECT_STR(rfc9293_event_name(EVENT_COUNT), "-");
}

/* Figure 5 of RFC 9293, and its notes. */
static const struct {
	enum tcp_state from;
	enum rfc9293_event event;
	enum tcp_state to;
	enum rfc9293_answer answer;
} figure[] = {
	{ TCP_STATE_ESTABLISHED, EVENT_CLOSE, TCP_STATE_FIN_WAIT_1,
	  ANSWER_FIN },
	{ TCP_STATE_ESTABLISHED, EVENT_FIN, TCP_STATE_CLOSE_WAIT, ANSWER_ACK },
	{ TCP_STATE_FIN_WAIT_1, EVENT_ACK_FIN, TCP_STATE_FIN_WAIT_2,
	  ANSWER_NONE },
	{ TCP_STATE_FIN_WAIT_1, EVENT_FIN, TCP_STATE_CLOSING, ANSWER_ACK },
	{ TCP_STATE_FIN_WAIT_1, EVENT_FIN_ACK, TCP_STATE_TIME_WAIT,
	  ANSWER_ACK },
	{ TCP_STATE_FIN_WAIT_2, EVENT_FIN, TCP_STATE_TIME_WAIT, ANSWER_ACK },
	{ TCP_STATE_CLOSE_WAIT, EVENT_CLOSE, TCP_STATE_LAST_ACK, ANSWER_FIN },
	{ TCP_STATE_CLOSING, EVENT_ACK_FIN, TCP_STATE_TIME_WAIT, ANSWER_NONE },
	{ TCP_STATE_LAST_ACK, EVENT_ACK_FIN, TCP_STATE_CLOSED, ANSWER_NONE },
};

static void test_figure(void)
{
	size_t i;

	for (i = 0; i < sizeof(figure) / sizeof(figure[0]); i++) {
		const struct rfc9293_row *row =
			rfc9293_row(figure[i].from, figure[i].event);

		expect_row(name_state(figure[i].from));
		EXPECT_INT(row->to, STATE_BIT(figure[i].to));
		EXPECT_INT(row->answer, figure[i].answer);
	}
	expect_row(NULL);
}

/* No event but an open reopens; no segment is answered where none may be. */
static void test_bounds(void)
{
	static const uint32_t open = STATE_BIT(TCP_STATE_ESTABLISHED) |
				     STATE_BIT(TCP_STATE_CLOSE_WAIT);
	int s, e;

	for (s = TCP_STATE_FIN_WAIT_1; s < TO; s++) {
		for (e = 0; e < EVENT_COUNT; e++) {
			if (s != TCP_STATE_CLOSE_WAIT && e != EVENT_SYN_NEW)
				EXPECT_INT(find(s, e)->to & open, 0);
		}
	}
	for (s = FROM; s <= TO; s++) {
		EXPECT_INT(find(s, EVENT_RST_EXACT)->answer, ANSWER_NONE);
		EXPECT_INT(find(s, EVENT_RST_OUTSIDE)->answer, ANSWER_NONE);
	}
}

/* What has no connection answers as CLOSED does. */
static void test_listen(void)
{
	EXPECT_TRUE(rfc9293_row(TCP_STATE_LISTEN, EVENT_ACK) ==
		    rfc9293_row(TCP_STATE_CLOSED, EVENT_ACK));
	EXPECT_INT(rfc9293_row(TCP_STATE_CLOSED, EVENT_ACK)->answer,
		   ANSWER_RST);
}

static const struct test tests[] = {
	{ "a row for every state and event", test_complete },
	{ "what is impossible", test_impossible },
	{ "every requirement is listed, with its section", test_requirements },
	{ "sets are stepped", test_step },
	{ "events have names", test_names },
	{ "figure 5", test_figure },
	{ "what never follows", test_bounds },
	{ "LISTEN is looked up as CLOSED", test_listen },
	{ NULL, NULL },
};

const struct suite suite_rfc9293 = { "rfc9293", tests };
