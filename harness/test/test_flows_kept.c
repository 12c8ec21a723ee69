/*
 * Connections whose first segments are kept: in the table they are what they
 * were if each of these had been judged when it came, although what is asked of
 * them meanwhile is asked of what is kept.
 */
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/told.h"

/* A table that keeps what it can. */
static void begin(struct told *told, size_t max)
{
	told_begin(told, max);
	told->batch.briefs = true;
}

static void give_syn(struct told *told, uint32_t c, int64_t s)
{
	told_give(told, &(struct step){ AF_INET, c, .flags = S, .s = s });
}

/* Of two FINs the second is captured last, behind the ACK of it. */
static void test_overtaken(void)
{
	static const struct step steps[] = {
		{ AF_INET, 1, false, S, 1000, 0, 0, 0 },
		{ AF_INET, 1, true, S | A, 5000, 1001, 0, 0 },
		{ AF_INET, 1, false, A, 1001, 5001, 0, 0 },
		{ AF_INET, 1, false, F | A, 1001, 5001, 0, 0 },
		{ AF_INET, 1, false, A, 1002, 5002, 0, 0 },
		{ AF_INET, 1, true, F | A, 5001, 1002, 0, 0 },
	};
	struct told told;

	begin(&told, 1000);
	told_give_all(&told, steps, ARRAY_SIZE(steps));
	told_pass(&told, 241);
	EXPECT_INT(told.n, 1);
	told_end(&told, 241);
	EXPECT_INT(told.kept[0].summary.ending, ENDING_NORMAL);
	EXPECT_INT(told.kept[0].segments, ARRAY_SIZE(steps));
}

/* The idlest is not who sent the segment that seems to be the oldest. */
static void test_clock_back(void)
{
	static const struct step steps[] = {
		{ AF_INET, 1, false, S, 1000, 0, 0, 0 },
		{ AF_INET, 1, true, S | A, 5000, 1001, 0, 3 },
		{ AF_INET, 1, false, A, 1001, 5001, 0, 1 },
	};
	struct told told;

	begin(&told, 2);
	told_give_all(&told, steps, ARRAY_SIZE(steps));
	give_syn(&told, 2, 2);
	give_syn(&told, 3, 4);
	EXPECT_INT(told.evicted, 1);
	EXPECT_INT(told.kept[0].end[SIDE_A].port, 2);
	told_end(&told, 5);
}

/* So many rows that never close: all that closes besides is packed. */
#define IDLE 128

/* The time to live that counts is the first one that is not 0. */
static void test_no_ttl(void)
{
	static const uint8_t ttl[] = { 0, 64, 0, 63, 64, 61 };
	struct told told;
	struct batch *batch = &told.batch;

	begin(&told, 1000);
	for (uint32_t c = 1; c <= IDLE; c++)
		give_syn(&told, 1000 + c, 0);
	batch_judge(batch);
	told.at_once = BATCH_MAX;
	told_give_whole(&told, AF_INET, 1, 0, 100);
	EXPECT_INT(batch->n, ARRAY_SIZE(ttl));
	for (size_t i = 0; i < batch->n; i++)
		batch->brief[i].tcp.ttl = ttl[i];
	batch_judge(batch);
	told.at_once = 1;
	told_pass(&told, 241);
	EXPECT_INT(told.n, 1);
	EXPECT_INT(told.kept[0].ttl[SIDE_A], 63);
	EXPECT_INT(told.kept[0].ttl[SIDE_B], 64);
	told_end(&told, 241);
}

static const struct test tests[] = {
	{ "a FIN is captured behind its ACK", test_overtaken },
	{ "the clock goes back", test_clock_back },
	{ "a SYN without time to live", test_no_ttl },
	{ NULL, NULL },
};

extern const struct suite suite_flows_kept;
const struct suite suite_flows_kept = { "flows: kept", tests };
