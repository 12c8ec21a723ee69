/*
 * The table of connections: who is who, reuse of addresses and ports, and what
 * was found of whom.
 */
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/told.h"

static void test_one(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct told told;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct flows_over *o = told.kept;

		told_begin(&told, 10);
		told_give_whole(&told, families[i], 40000, 0, 100);
		EXPECT_INT(told.seen, 1);
		EXPECT_INT(told.n, 0);
		told_end(&told, 1);
		if (!EXPECT_INT(told.n, 1))
			return;
		EXPECT_INT(o->family, families[i]);
		EXPECT_INT(o->id, 1);
		EXPECT_INT(o->end[SIDE_A].port, 40000);
		EXPECT_INT(o->end[SIDE_B].port, 80);
		EXPECT_INT(o->end[SIDE_A].addr[0], 10);
		EXPECT_INT(o->first_frame, 1);
		EXPECT_INT(o->last_frame, 6);
		EXPECT_INT(o->segments, 6);
		EXPECT_TRUE(!o->evicted);
		EXPECT_STR(ending_name(o->summary.ending), "normal");
		EXPECT_STR(first_name(o->summary.closed_first), "A");
		EXPECT_INT(o->n_found, 0);
	}
}

/* Ends of the two families whose addresses have the same octets. */
static void test_families(void)
{
	struct seg seg = { .seq = 100, .flags = S, .win = 1000 };
	struct told told;

	told_begin(&told, 10);
	told_name(&seg, AF_INET, 7, false);
	told_give_seg(&told, &seg, START);
	seg.family = AF_INET6;
	told_give_seg(&told, &seg, START);
	told_end(&told, 1);
	EXPECT_INT(told.n, 2);
	EXPECT_INT(told.kept[0].family, AF_INET);
	EXPECT_INT(told.kept[0].segments, 1);
	EXPECT_INT(told.kept[1].family, AF_INET6);
	EXPECT_INT(told.kept[1].segments, 1);
}

/* Who is A when the first segment seen is this one. */
static void test_opener(void)
{
	static const struct {
		const char *name;
		struct step step;
		int port; /* of A */
	} rows[] = {
		{ "SYN", { AF_INET, 9, false, S, 1, 0, 0, 0 }, 9 },
		{ "SYN to the client",
		  { AF_INET, 9, true, S, 1, 0, 0, 0 },
		  80 },
		{ "the answer", { AF_INET, 9, true, S | A, 1, 2, 0, 0 }, 9 },
		{ "data", { AF_INET, 9, true, A, 1, 2, 3, 0 }, 80 },
	};
	struct told told;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].name);
		told_begin(&told, 10);
		told_give(&told, &rows[i].step);
		told_end(&told, 1);
		EXPECT_INT(told.n, 1);
		EXPECT_INT(told.kept[0].end[SIDE_A].port, rows[i].port);
	}
}

static void test_reopened(void)
{
	static const struct step back = {
		AF_INET, 7, true, S, 90000, 0, 0, 31
	};
	struct told told;

	told_begin(&told, 10);
	told_give_whole(&told, AF_INET, 7, 0, 100);
	told_give_whole(&told, AF_INET, 7, 30, 5000);
	EXPECT_INT(told.n, 1);
	EXPECT_INT(told.seen, 2);
	/* This time the other end connects: it is A now. */
	told_give(&told, &back);
	EXPECT_INT(told.n, 2);
	EXPECT_INT(told.seen, 3);
	EXPECT_INT(told.from, SIDE_A);
	told_end(&told, 32);
	EXPECT_INT(told.n, 3);
	EXPECT_INT(told.kept[0].last_frame, 6);
	EXPECT_INT(told.kept[1].first_frame, 7);
	EXPECT_INT(told.kept[1].end[SIDE_A].port, 7);
	EXPECT_STR(ending_name(told.kept[1].summary.ending), "normal");
	EXPECT_INT(told.kept[2].end[SIDE_A].port, 80);
	EXPECT_INT(told.kept[2].segments, 1);
	EXPECT_STR(ending_name(told.kept[2].summary.ending), "unanswered");
}

/* Forgotten by one end, and opened anew by the other or by itself. */
static void test_forgotten(void)
{
	static const struct step open[] = {
		{ AF_INET, 7, false, S, 100, 0, 0, 0 },
		{ AF_INET, 7, true, S | A, 500, 101, 0, 0 },
		{ AF_INET, 7, false, A, 101, 501, 0, 0 },
	};

	for (int back = 0; back < 2; back++) {
		const struct step anew[] = {
			{ AF_INET, 7, back, S, 90000, 0, 0, 60 },
			{ AF_INET, 7, !back, S | A, 70000, 90001, 0, 60 },
			{ AF_INET, 7, back, A, 90001, 70001, 0, 60 },
		};
		struct told told;

		told_begin(&told, 10);
		told_give_all(&told, open, ARRAY_SIZE(open));
		told_give_all(&told, anew, ARRAY_SIZE(anew));
		told_end(&told, 61);
		EXPECT_INT(told.n, 2);
		EXPECT_INT(told.n_found, 0);
		EXPECT_INT(told.kept[0].last_frame, 4);
		EXPECT_INT(told.kept[0].end[SIDE_A].port, 7);
		EXPECT_INT(told.kept[1].first_frame, 5);
		EXPECT_INT(told.kept[1].end[SIDE_A].port, back ? 80 : 7);
		EXPECT_INT(told.kept[1].summary.state[SIDE_A],
			   TCP_STATE_ESTABLISHED);
		EXPECT_INT(told.kept[1].summary.state[SIDE_B],
			   TCP_STATE_ESTABLISHED);
	}
}

/* The end that was passive comes back, and too early. */
static void test_reused(void)
{
	static const struct step steps[] = {
		/* B's next is 502; A, which closed first, must not accept. */
		{ AF_INET, 7, true, S, 300, 0, 0, 5 },
		{ AF_INET, 7, false, S | A, 7000, 301, 0, 5 },
		{ AF_INET, 7, true, A, 301, 7001, 0, 5 },
	};
	const struct flows_over *o;
	struct told told;

	told_begin(&told, 10);
	told_give_whole(&told, AF_INET, 7, 0, 100);
	told_give_all(&told, steps, ARRAY_SIZE(steps));
	told_end(&told, 6);
	if (!EXPECT_INT(told.n, 2))
		return;
	o = &told.kept[1];
	EXPECT_INT(o->end[SIDE_A].port, 80);
	EXPECT_STR(ending_name(o->summary.ending), "open");
	if (!EXPECT_INT(told.n_found, 1))
		return;
	EXPECT_STR(told.found.rule->name, "time-wait-reused");
	EXPECT_INT(told.found.side, SIDE_B);
	EXPECT_INT(told.found.frame, 8);
}

/* What only time shows is said of the last frame. */
static void test_last_frame(void)
{
	static const struct step fin = { AF_INET, 7,   false, F | A,
					 101,	  501, 0,     0 };
	struct told told;

	told_begin(&told, 10);
	told_give_whole(&told, AF_INET, 9, 0, 100);
	told_give(&told, &(struct step){ AF_INET, 7, false, S, 100, 0, 0, 0 });
	told_give(&told,
		  &(struct step){ AF_INET, 7, true, S | A, 500, 101, 0, 0 });
	told_give(&told,
		  &(struct step){ AF_INET, 7, false, A, 101, 501, 0, 0 });
	told_give(&told, &fin);
	told_end(&told, 30);
	if (!EXPECT_INT(told.n_found, 1))
		return;
	EXPECT_STR(told.found.rule->name, "fin-not-retransmitted");
	EXPECT_INT(told.found.frame, 10);
	EXPECT_INT(told.kept[1].last_frame, 10);
}

/* A finding is kept until its connection is told of, and no longer. */
static void test_findings(void)
{
	static const struct step late = {
		AF_INET, 7, false, A, 102, 501, 50, 0
	};
	struct told told;

	told_begin(&told, 10);
	told_give_whole(&told, AF_INET, 7, 0, 100);
	told_give(&told, &late);
	told_give_whole(&told, AF_INET, 8, 0, 100);
	told_end(&told, 1);
	if (!EXPECT_INT(told.n, 2) || !EXPECT_TRUE(told.kept[0].n_found > 0))
		return;
	EXPECT_INT(told.kept[1].n_found, 0);
}

static const struct test tests[] = {
	{ "one", test_one },
	{ "the same octets in both families", test_families },
	{ "who is A", test_opener },
	{ "reopened", test_reopened },
	{ "forgotten, and opened anew", test_forgotten },
	{ "reused", test_reused },
	{ "last frame", test_last_frame },
	{ "findings", test_findings },
	{ NULL, NULL },
};

extern const struct suite suite_flows;
const struct suite suite_flows = { "flows", tests };
