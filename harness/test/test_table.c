/*
 * The table of states and events: complete, and right where the standard is
 * plain. The rows themselves are held against real stacks by every case.
 */
#include "test/check.h"

#include <string.h>

#include "judge/table.h"

#define FROM TCP_STATE_SYN_RECEIVED
#define TO   TCP_STATE_CLOSED

static const struct table_row *find(int state, int event)
{
	return table_find((enum tcp_state)state, (enum table_event)event);
}

/* Every state has one row for every event, with an id and somewhere to go. */
static void test_complete(void)
{
	int s, e;

	for (s = FROM; s <= TO; s++) {
		check_row(name_state((enum tcp_state)s));
		for (e = 0; e < EVENT_COUNT; e++) {
			const struct table_row *row = find(s, e);

			CHECK_TRUE(row != NULL);
			if (!row)
				continue;
			CHECK_INT(row->from, s);
			CHECK_INT(row->event, e);
			CHECK_TRUE(row->to != 0);
			CHECK_TRUE(row->id && strlen(row->id) > 4);
		}
	}
	check_row(NULL);
}

static void test_names(void)
{
	int e;

	for (e = 0; e < EVENT_COUNT; e++)
		CHECK_TRUE(table_event_name((enum table_event)e) != NULL);
	CHECK_STR(table_event_name(EVENT_ACK_FIN), "ACK of FIN");
	CHECK_STR(table_event_name(EVENT_COUNT), "-");
}

/* Figure 5 of RFC 9293, and its notes. */
static const struct {
	enum tcp_state from;
	enum table_event event;
	enum tcp_state to;
	enum table_answer answer;
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
		const struct table_row *row =
			table_find(figure[i].from, figure[i].event);

		check_row(name_state(figure[i].from));
		CHECK_INT(row->to, STATE_BIT(figure[i].to));
		CHECK_INT(row->answer, figure[i].answer);
	}
	check_row(NULL);
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
				CHECK_INT(find(s, e)->to & open, 0);
		}
	}
	for (s = FROM; s <= TO; s++) {
		CHECK_INT(find(s, EVENT_RST_EXACT)->answer, ANSWER_NONE);
		CHECK_INT(find(s, EVENT_RST_OUTSIDE)->answer, ANSWER_NONE);
	}
}

/* What has no connection answers as CLOSED does. */
static void test_listen(void)
{
	CHECK_TRUE(table_find(TCP_STATE_LISTEN, EVENT_ACK) ==
		   table_find(TCP_STATE_CLOSED, EVENT_ACK));
	CHECK_INT(table_find(TCP_STATE_CLOSED, EVENT_ACK)->answer, ANSWER_RST);
}

static const struct check_test tests[] = {
	{ "a row for every state and event", test_complete },
	{ "events have names", test_names },
	{ "figure 5", test_figure },
	{ "what never follows", test_bounds },
	{ "LISTEN is looked up as CLOSED", test_listen },
	{ NULL, NULL },
};

const struct check_suite suite_table = { "table", tests };
