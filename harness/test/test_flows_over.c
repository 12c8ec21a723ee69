/*
 * How connections leave the table: let go, to make room or at the end of all,
 * many of them, and however many are judged at once.
 */
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/told.h"

/* Connections that are over are let go as time passes, others are not. */
static void test_let_go(void)
{
	struct step other = { AF_INET, 60000, false, A, 1, 1, 1, 5 };
	struct told told;

	told_begin(&told, 1000000);
	for (uint32_t c = 1; c <= 100; c++)
		told_give_whole(&told, c % 2 ? AF_INET : AF_INET6, c, 0, 100);
	for (uint32_t c = 200; c < 210; c++) {
		const struct step open = { AF_INET, c, false, S, 1, 0, 0, 0 };

		told_give(&told, &open);
	}
	for (int i = 0; i < 1000; i++)
		told_give(&told, &other);
	EXPECT_INT(told.n, 0);
	for (int i = 0; i < 1000; i++) {
		other.s += 20;
		told_give(&told, &other);
	}
	EXPECT_INT(told.n, 100);
	EXPECT_INT(told.evicted, 0);
	/* Their rows are used again, and their numbers are not. */
	told_give_whole(&told, AF_INET, 5, other.s, 100);
	EXPECT_INT(told.seen, 112);
	told_end(&told, other.s);
	EXPECT_INT(told.n, 112);
}

/*
 * Connections that ended wait in the order of their last segments: one of
 * them in the future, and one that has a segment again, keep none waiting.
 */
static void test_order(void)
{
	struct step other = { AF_INET, 60000, false, A, 1, 1, 1, 250 };
	struct told told;

	told_begin(&told, 1000);
	told_give_whole(&told, AF_INET, 1, 100000, 100);
	told_give_whole(&told, AF_INET6, 2, 0, 100);
	told_give_whole(&told, AF_INET, 3, 1, 100);
	told_give(&told,
		  &(struct step){ AF_INET6, 2, true, A, 502, 102, 0, 20 });
	for (int i = 0; i < 100; i++)
		told_give(&told, &other);
	if (!EXPECT_INT(told.n, 1))
		return;
	EXPECT_INT(told.kept[0].end[SIDE_A].port, 3);
	other.s = 261;
	for (int i = 0; i < 100; i++)
		told_give(&told, &other);
	if (!EXPECT_INT(told.n, 2))
		return;
	EXPECT_INT(told.kept[1].end[SIDE_A].port, 2);
	EXPECT_INT(told.kept[1].segments, 7);
	told_end(&told, 262);
	EXPECT_INT(told.n, 4);
	EXPECT_INT(told.evicted, 0);
}

static void test_evicted(void)
{
	struct told told;

	told_begin(&told, 3);
	for (uint32_t c = 1; c <= 5; c++)
		told_give_whole(&told, AF_INET, c, c, 100);
	EXPECT_INT(told.n, 2);
	EXPECT_INT(told.evicted, 2);
	EXPECT_INT(told.kept[0].end[SIDE_A].port, 1);
	EXPECT_INT(told.kept[1].end[SIDE_A].port, 2);
	/* The oldest is the one that has been idle longest. */
	told_give(&told, &(struct step){ AF_INET, 3, true, A, 502, 102, 0, 9 });
	told_give_whole(&told, AF_INET6, 6, 10, 100);
	EXPECT_INT(told.kept[2].end[SIDE_A].port, 4);
	told_end(&told, 11);
	EXPECT_INT(told.n, 6);
}

/* Every connection is told of once, with all its segments, under any churn. */
static void test_many(void)
{
	enum {
		CLIENTS = 70000 /* several chunks of rows */
	};
	static const struct {
		uint8_t flags;
		bool back;
		uint32_t seq;
	} kinds[] = { { S, false, 100 },
		      { S | A, true, 100 },
		      { A, false, 101 } };
	struct told told;
	int wrong = 0;

	told_begin(&told, CLIENTS);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (uint32_t i = 0; i < CLIENTS; i++) {
			uint32_t c = (i * 7919) % CLIENTS + 1;
			const struct step step = { i % 3 ? AF_INET : AF_INET6,
						   c,
						   kinds[k].back,
						   kinds[k].flags,
						   kinds[k].seq,
						   101,
						   0,
						   (int64_t)k };

			told_give(&told, &step);
			wrong += told.seen != i + 1;
		}
	EXPECT_INT(wrong, 0);
	EXPECT_INT(told.n, 0);
	told_end(&told, 5);
	EXPECT_INT(told.n, CLIENTS);
	EXPECT_INT(told.evicted, 0);
	EXPECT_INT(told.kept[KEPT_MAX - 1].segments, 3);
}

/* At the end they are in the order of their ids, and be there ever so many. */
static void test_many_ids(void)
{
	enum {
		CLIENTS = 32,
		BEFORE = 0x100fff0
	};
	struct told told;

	told_begin(&told, CLIENTS);
	told.last_id = BEFORE;
	for (uint32_t c = 1; c <= CLIENTS; c++)
		told_give(&told,
			  &(struct step){ AF_INET, c, false, S, 1, 0, 0, 0 });
	told_end(&told, 1);
	EXPECT_INT(told.n, CLIENTS);
	for (uint32_t c = 1; c <= CLIENTS; c++)
		EXPECT_INT(told.kept[c - 1].id, BEFORE + c);
}

/* Any segment, of few connections: they end, begin anew and are let go. */
static struct step roll(uint32_t *state)
{
	uint32_t n = *state = *state * 1664525 + 1013904223;
	struct step step = { n & 64 ? AF_INET : AF_INET6,
			     n >> 8 & 127,
			     n & 1,
			     (uint8_t)(n >> 24),
			     n >> 3,
			     n * 3,
			     n >> 20 & 255,
			     (int32_t)n >> 12 };

	if (n & 2)
		step.seq = step.ack = 1000;
	return step;
}

/* Anything at all, in a table too small: what goes in comes out. */
static void test_anything(void)
{
	uint32_t state = 7;
	struct told told;
	uint64_t counted = 0;

	told_begin(&told, 50);
	for (int i = 0; i < 100000; i++) {
		struct step step = roll(&state);

		told_give(&told, &step);
	}
	EXPECT_TRUE(told.n > 1000);
	EXPECT_TRUE(told.evicted > 100);
	EXPECT_TRUE(told.evicted < told.n);
	counted = told.n;
	told_end(&told, 0);
	EXPECT_TRUE(told.n > counted && told.n <= counted + 50);
}

/* However many are given at once, the same is told, in the same order. */
static void test_at_once(void)
{
	static const size_t at_once[] = { 1, 2, 16, BATCH_MAX };
	static const size_t max[] = { 50, 1000 }; /* too small, and not */
	struct told told, one = { .n = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(max) * ARRAY_SIZE(at_once); i++) {
		uint32_t state = 7;

		told_begin(&told, max[i / ARRAY_SIZE(at_once)]);
		told.at_once = at_once[i % ARRAY_SIZE(at_once)];
		for (int n = 0; n < 32 * 2000; n++) {
			struct step step = roll(&state);

			step.s = n / 50;
			told_give(&told, &step);
		}
		told_end(&told, 1280);
		if (i % ARRAY_SIZE(at_once) == 0)
			one = told;
		EXPECT_TRUE(told.n > 1000);
		EXPECT_INT(told.n, one.n);
		EXPECT_INT(told.n_found, one.n_found);
		EXPECT_TRUE(told.sum == one.sum);
	}
}

static void pass(struct told *told, int64_t s)
{
	flows_pass(told->flows, START + s * NS_PER_S);
}

/* What comes late is told of only when it breaks a rule, and not counted. */
static void test_live(void)
{
	const struct step late[] = {
		{ AF_INET, 1, true, F | A, 501, 102, 0, 3 },
		{ AF_INET, 1, false, A, 102, 502, 0, 3 },
	};
	const struct step bad = { AF_INET, 1, true, A, 502, 102, 9, 6 };
	struct told told;

	told_begin_live(&told, 1000);
	told_give_whole(&told, AF_INET, 1, 0, 100);
	pass(&told, 1);
	EXPECT_INT(told.n, 1);
	told_give_whole(&told, AF_INET6, 2, 2, 100);
	told_give_all(&told, late, ARRAY_SIZE(late));
	pass(&told, 3);
	EXPECT_INT(told.n, 2);
	pass(&told, 5);
	EXPECT_INT(told.n, 2);
	told_give(&told, &bad);
	pass(&told, 8);
	EXPECT_INT(told.n, 3);
	EXPECT_INT(told.kept[2].id, told.kept[0].id);
	EXPECT_TRUE(told.kept[2].again && !told.kept[0].again);
	EXPECT_INT(told.kept[2].n_found, 1);
	told_end(&told, 9);
	EXPECT_INT(told.n, 3);
}

static const struct test tests[] = {
	{ "let go", test_let_go },
	{ "order", test_order },
	{ "evicted", test_evicted },
	{ "many", test_many },
	{ "many ids", test_many_ids },
	{ "anything", test_anything },
	{ "at once", test_at_once },
	{ "told of as soon as it has ended", test_live },
	{ NULL, NULL },
};

extern const struct suite suite_flows_over;
const struct suite suite_flows_over = { "over", tests };
