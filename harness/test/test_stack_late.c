/*
 * Agents that are late, stand or run on: what the runner says of them, and of
 * the machine. Simulated ones, which fare as they are told to.
 */
#include "base/array.h"
#include "base/clock.h"
#include "test/expect.h"
#include "test/sim_stack.h"
#include "test/stack_play.h"

#define MS NS_PER_MS

/*
 * An agent whose doing came late, or that cannot be relied on. The kernel's
 * count of its waiting is believed up to what it took.
 */
static void test_agent_fares(void)
{
	static const char killed[] =
		STACK_PLAY_HEAD "open\nA kill within 20ms\n";
	static const char in_call[] =
		STACK_PLAY_HEAD "open\nA recv blocks\nA kill within 20ms\n";
	static const char silent[] = STACK_PLAY_HEAD "open\nA recv = any\n";
	static const char wrong[] = STACK_PLAY_HEAD "open\nA is CLOSED\n";
	static const char wrong_time[] = "wrong time of A kill";
	static const struct {
		const char *row, *text;
		enum caller_health health;
		int ends_in_ms, waits_ms;
		const char *what;   /* of the finding */
		const char *reason; /* NULL: it is not broken */
		int least_ms, most_ms;
	} rows[] = {
		{ "it ends late", killed, CALLER_WELL, 200, 0, wrong_time, NULL,
		  0, 150 },
		{ "for want of a processor", killed, CALLER_WELL, 200, 5000,
		  wrong_time, NULL, 200, 4000 },
		{ "it ends late, in a call", in_call, CALLER_WELL, 200, 0,
		  wrong_time, NULL, 0, 150 },
		{ "for want of a processor, in a call", in_call, CALLER_WELL,
		  200, 5000, wrong_time, NULL, 200, 4000 },
		{ "it does not answer", silent, CALLER_WELL, 0, 0,
		  "A recv has not returned", NULL, 0, 400 },
		{ "for want of a processor, until after that", silent,
		  CALLER_WELL, 0, 500, "A recv has not returned", NULL, 500,
		  900 },
		{ "it has none yet", wrong, CALLER_STARVED, 0, 0,
		  "wrong state of A", NULL, 0, 400 },
		{ "it stands", wrong, CALLER_STANDS, 0, 0, "wrong state of A",
		  "A's agent stands: something has stopped it", 0, 400 },
		{ "it runs on", wrong, CALLER_BUSY, 0, 0, "wrong state of A",
		  "A's agent does not come to rest", 0, 400 },
	};
	int64_t late_ns;
	struct tape t;
	struct ends e;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].row);
		stack_open_simulated(&e, SIM_HEALTHY);
		sim_stack_fare(e.stack[SIDE_A], rows[i].health,
			       rows[i].ends_in_ms * MS, rows[i].waits_ms * MS);
		EXPECT_INT(stack_play_late(&e, rows[i].text, &t, &late_ns),
			   rows[i].reason ? VERDICT_BROKEN : VERDICT_NOT_OK);
		EXPECT_STR(t.finding ? t.finding->what : NULL, rows[i].what);
		EXPECT_STR(t.reason, rows[i].reason);
		EXPECT_TRUE(late_ns >= rows[i].least_ms * MS);
		EXPECT_TRUE(late_ns < rows[i].most_ms * MS);
		tape_clear(&t);
		ends_close(&e);
	}
	expect_row(NULL);
}

extern const struct suite suite_stack_late;

static const struct test tests[] = {
	{ "an agent that is late, stands or runs on", test_agent_fares },
	{ NULL, NULL },
};

const struct suite suite_stack_late = { "stack late", tests };
