/*
 * The table of states and events: complete, and right where the standard is
 * plain. The rows themselves are held against real stacks by every case.
 */
#include "test/expect.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "judge/rfc9293.h"
#include "judge/rule.h"

#define FROM TCP_STATE_LISTEN
#define TO   TCP_STATE_CLOSED
#define S(x) STATE_BIT(TCP_STATE_##x)

/* SYN-SENT alone has no rows between FROM and TO. */
static bool has_rows(int s)
{
	return !(STATES_WITHOUT_ROWS & STATE_BIT(s));
}

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
		for (int e = 0; e < EVENT_COUNT && has_rows(s); e++) {
			const struct rfc9293_row *row = find(s, e);

			EXPECT_TRUE((row->to != 0) == (row->id != NULL));
			EXPECT_TRUE((row->to != 0) ==
				    (row->impossible == NULL));
		}
	}
	expect_row(NULL);
}

/* What cannot happen in which states: of all other pairs there is a row. */
static const struct {
	enum rfc9293_event event;
	uint32_t states;
} never[] = {
	/* An end that sent no FIN hears of no ACK of it. */
	{ EVENT_ACK_FIN, S(SYN_RECEIVED) | S(ESTABLISHED) | S(CLOSE_WAIT) },
	{ EVENT_FIN_ACK, S(SYN_RECEIVED) | S(ESTABLISHED) | S(CLOSE_WAIT) },
	/* One that has no FIN has no second one. */
	{ EVENT_FIN_AGAIN,
	  S(SYN_RECEIVED) | S(ESTABLISHED) | S(FIN_WAIT_1) | S(FIN_WAIT_2) },
	/* close() leads from three states, a FIN from those it leads to. */
	{ EVENT_DATA_LATE, S(SYN_RECEIVED) | S(ESTABLISHED) | S(CLOSE_WAIT) |
				   S(CLOSING) | S(LAST_ACK) | S(TIME_WAIT) },
	{ EVENT_CLOSE_UNREAD, S(SYN_RECEIVED) },
	{ EVENT_TIMEOUT, S(LISTEN) | S(CLOSED) },
};

static uint32_t states_never(int event)
{
	size_t i = 0, n = ARRAY_SIZE(never);

	while (i < n && (int)never[i].event != event)
		i++;
	return i < n ? never[i].states : 0;
}

static void test_impossible(void)
{
	for (int s = FROM; s <= TO; s++)
		for (int e = 0; e < EVENT_COUNT && has_rows(s); e++)
			EXPECT_INT(find(s, e)->to == 0,
				   !!(states_never(e) & STATE_BIT(s)));
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
		{ S(ESTABLISHED) | S(FIN_WAIT_2), EVENT_CLOSE,
		  S(FIN_WAIT_1) | S(FIN_WAIT_2) },
		{ S(ESTABLISHED) | S(FIN_WAIT_1), EVENT_ACK_FIN,
		  S(FIN_WAIT_2) },
		{ S(ESTABLISHED), EVENT_ACK_FIN, 0 },
		{ S(ESTABLISHED) | S(SYN_SENT), EVENT_CLOSE, STATES_ANY },
		{ STATES_ANY, EVENT_CLOSE, STATES_ANY },
		{ 0, EVENT_CLOSE, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
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
	{ TCP_STATE_CLOSING, EVENT_ACK_FIN, TCP_STATE_TIME_WAIT, ANSWER_NONE },
	{ TCP_STATE_LAST_ACK, EVENT_ACK_FIN, TCP_STATE_CLOSED, ANSWER_NONE },
};

static void test_figure(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(figure); i++) {
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

/* Where the specifications are strict, and rows once were wide. */
static const struct {
	enum tcp_state from;
	enum rfc9293_event event;
	uint32_t to;
	enum rfc9293_answer answer;
} strict[] = {
	{ TCP_STATE_CLOSE_WAIT, EVENT_CLOSE, S(CLOSE_WAIT) | S(LAST_ACK),
	  ANSWER_FIN },
	{ TCP_STATE_SYN_RECEIVED, EVENT_CLOSE, S(SYN_RECEIVED) | S(FIN_WAIT_1),
	  ANSWER_MAY_FIN },
	{ TCP_STATE_SYN_RECEIVED, EVENT_ABORT, S(CLOSED) | S(TIME_WAIT),
	  ANSWER_RST },
	{ TCP_STATE_CLOSING, EVENT_ABORT, S(CLOSED), ANSWER_NONE },
	{ TCP_STATE_TIME_WAIT, EVENT_ABORT, S(CLOSED) | S(TIME_WAIT),
	  ANSWER_NONE },
	{ TCP_STATE_TIME_WAIT, EVENT_CLOSE_UNREAD, S(TIME_WAIT), ANSWER_NONE },
	{ TCP_STATE_TIME_WAIT, EVENT_RST_TS_OLD, S(CLOSED), ANSWER_NONE },
	{ TCP_STATE_TIME_WAIT, EVENT_RST_INSIDE, S(TIME_WAIT), ANSWER_ACK },
	{ TCP_STATE_TIME_WAIT, EVENT_SYN, S(TIME_WAIT), ANSWER_MAY_ACK },
	{ TCP_STATE_TIME_WAIT, EVENT_SYN_NEW, S(TIME_WAIT) | S(SYN_RECEIVED),
	  ANSWER_SYN_ACK_OR_ACK },
	{ TCP_STATE_TIME_WAIT, EVENT_NO_ACK, S(TIME_WAIT), ANSWER_NONE },
	{ TCP_STATE_ESTABLISHED, EVENT_ACK_UNSENT, S(ESTABLISHED), ANSWER_ACK },
	{ TCP_STATE_ESTABLISHED, EVENT_ACK_OLD, S(ESTABLISHED), ANSWER_ACK },
	{ TCP_STATE_SYN_RECEIVED, EVENT_ACK_OLD, S(SYN_RECEIVED), ANSWER_RST },
	{ TCP_STATE_FIN_WAIT_2, EVENT_DATA_LATE, S(CLOSED) | S(TIME_WAIT),
	  ANSWER_RST },
	{ TCP_STATE_FIN_WAIT_2, EVENT_FIN_EARLY, S(FIN_WAIT_2), ANSWER_ACK },
	/* What has no connection: LISTEN takes a SYN, CLOSED resets it. */
	{ TCP_STATE_LISTEN, EVENT_SYN, S(LISTEN) | S(SYN_RECEIVED),
	  ANSWER_SYN_ACK },
	{ TCP_STATE_LISTEN, EVENT_NO_ACK, S(LISTEN), ANSWER_NONE },
	{ TCP_STATE_LISTEN, EVENT_ACK, S(LISTEN), ANSWER_RST },
	{ TCP_STATE_CLOSED, EVENT_SYN, S(CLOSED), ANSWER_RST },
	{ TCP_STATE_CLOSED, EVENT_NO_ACK, S(CLOSED), ANSWER_RST },
	{ TCP_STATE_CLOSED, EVENT_ACK, S(CLOSED), ANSWER_RST },
};

static void test_strict(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(strict); i++) {
		const struct rfc9293_row *row =
			rfc9293_row(strict[i].from, strict[i].event);

		expect_row(rfc9293_event_name(strict[i].event));
		EXPECT_INT(row->to, strict[i].to);
		EXPECT_INT(row->answer, strict[i].answer);
	}
	expect_row(NULL);
}

static const struct test tests[] = {
	{ "a row for every state and event", test_complete },
	{ "what is impossible", test_impossible },
	{ "sets are stepped", test_step },
	{ "events have names", test_names },
	{ "figure 5", test_figure },
	{ "what never follows", test_bounds },
	{ "what is strict", test_strict },
	{ NULL, NULL },
};

const struct suite suite_rfc9293 = { "rfc9293", tests };
