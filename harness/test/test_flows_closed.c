/*
 * Connections that have closed stay in the table for 2 MSL. What is said of
 * them is what a judge alone says, whatever comes for them, or for others.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/sim.h"
#include "test/told.h"

#define RUNS 2000

static bool is_summary(const struct wire_summary *a,
		       const struct wire_summary *b)
{
	return a->ending == b->ending && a->closed_first == b->closed_first &&
	       a->state[SIDE_A] == b->state[SIDE_A] &&
	       a->state[SIDE_B] == b->state[SIDE_B] &&
	       a->aborted_in == b->aborted_in &&
	       a->opened_outside == b->opened_outside &&
	       a->half_closed_ns == b->half_closed_ns &&
	       a->unanswered_fins == b->unanswered_fins;
}

static void plan_of(struct sim_plan *plan, uint64_t seed)
{
	enum sim_bug bug = (enum sim_bug)(seed / 2 % SIM_BUG_COUNT);

	if (seed % 2 || bug == SIM_HEALTHY)
		sim_plan_healthy(plan, seed);
	else
		sim_plan_broken(plan, bug, seed);
}

#define CLIENT 7

/* A connection in a table, and the same one judged alone. */
struct pair {
	struct told told;
	int family;
	struct wire_judge alone;
	unsigned int segments;
	unsigned int n_found; /* by the judge alone */
	bool skipped; /* over in between, or begun by B in the capture */
};

static void count_alone(void *ctx, const struct judge_finding *found)
{
	struct pair *p = ctx;

	(void)found;
	p->n_found++;
}

/* Between any two segments the table lets go what is over. */
static void see_pair(void *ctx, enum side from, const struct seg *seg,
		     int64_t at_ns)
{
	struct pair *p = ctx;
	const struct judge_sink ear = { count_alone, p };
	struct told *told = &p->told;
	struct seg mine = *seg;
	int64_t at = START + at_ns;

	p->skipped |= p->alone.closed && wire_is_over(p->alone.last_ns, at);
	wire_judge_segment(&p->alone, from, seg, ++p->segments, at, &ear);
	told_name(&mine, p->family, CLIENT, from == SIDE_B);
	told_give_seg(told, &mine, at);
	told_pass(told, at_ns / NS_PER_S);
}

/* Of all that was told, that of the client; where it is A to both judges. */
static const struct flows_over *of_client(const struct told *told)
{
	for (size_t i = 0; i < told->n && i < KEPT_MAX; i++)
		if (told->kept[i].end[SIDE_A].port == CLIENT)
			return &told->kept[i];
	return NULL;
}

/* NULL: what the table told is what the judge alone says. */
static const char *differs(struct pair *p, int64_t end_s)
{
	const struct judge_sink ear = { count_alone, p };
	const struct flows_over *o;
	struct wire_summary alone;

	told_end(&p->told, end_s);
	wire_judge_end(&p->alone, START + end_s * NS_PER_S, &ear);
	wire_judge_summarise(&p->alone, &alone);
	if (p->told.n != 2)
		return "told of in parts, or not at all";
	o = of_client(&p->told);
	p->skipped |= !o;
	if (!o)
		return NULL;
	if (o->segments != p->segments || o->last_frame < p->segments)
		return "segments lost";
	if (o->n_found != p->n_found)
		return "other findings";
	return is_summary(&o->summary, &alone) ? NULL : "another summary";
}

static void test_same(void)
{
	unsigned int compared = 0;

	for (uint64_t seed = 1; seed <= RUNS / 3; seed++) {
		struct pair p = { .family = seed % 3 ? AF_INET : AF_INET6 };
		struct sim_truth truth;
		struct sim_plan plan;
		const char *what;

		plan_of(&plan, seed);
		told_begin(&p.told, 10);
		sim_run(&plan, see_pair, &p, &truth);
		what = differs(&p, truth.end_ns / NS_PER_S + 1);
		if (p.skipped || !p.segments)
			continue;
		compared++;
		EXPECT_STR(what ? what : "the same", "the same");
	}
	EXPECT_TRUE(compared > RUNS / 4);
}

/* Of four that closed, one has a segment again, and one connects anew. */
static void test_closed_again(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		int family = families[i];
		const struct step ack = { family, 2, true, A, 502, 102, 0, 3 };
		const struct step syn = { family, 3, false, S, 9000, 0, 0, 4 };
		struct told told;

		told_begin(&told, 100);
		for (uint32_t c = 1; c <= 4; c++)
			told_give_whole(&told, family, c, c % 2, 100);
		told_pass(&told, 2);
		told_give(&told, &ack);
		EXPECT_INT(told.seen, 2);
		told_pass(&told, 3);
		told_give(&told, &ack);
		EXPECT_INT(told.seen, 2);
		told_give(&told, &syn);
		EXPECT_INT(told.seen, 6);
		EXPECT_INT(told.n, 1);
		EXPECT_INT(told.kept[0].end[SIDE_A].port, 3);
		EXPECT_INT(told.kept[0].segments, 6);
		told_end(&told, 5);
		if (!EXPECT_INT(told.n, 6))
			return;
		/* Then in the order in which they began. */
		EXPECT_INT(told.kept[1].id, 1);
		EXPECT_INT(told.kept[2].id, 2);
		EXPECT_INT(told.kept[2].segments, 8);
		EXPECT_INT(told.kept[3].id, 4);
		EXPECT_STR(ending_name(told.kept[3].summary.ending), "normal");
		EXPECT_INT(told.kept[5].id, 6);
	}
}

/* Of the closed and the open the one that has been idle longest goes. */
static void test_room(void)
{
	struct told told;

	told_begin(&told, 4);
	told_give(&told, &(struct step){ AF_INET, 9, false, S, 1, 0, 0, 1 });
	told_give_whole(&told, AF_INET, 1, 0, 100);
	told_give_whole(&told, AF_INET6, 2, 2, 100);
	told_pass(&told, 3);
	for (uint32_t c = 11; c <= 13; c++)
		told_give_whole(&told, AF_INET, c, 4, 100);
	EXPECT_INT(told.evicted, 3);
	EXPECT_INT(told.kept[0].end[SIDE_A].port, 1);
	EXPECT_INT(told.kept[1].end[SIDE_A].port, 9);
	EXPECT_INT(told.kept[2].end[SIDE_A].port, 2);
	EXPECT_INT(told.kept[2].family, AF_INET6);
	told_end(&told, 5);
	EXPECT_INT(told.n, 7);
}

/* Reset, and open after all: it is closed no more, and keeps none waiting. */
static void test_lives_on(void)
{
	static const struct step steps[] = {
		{ AF_INET, 1, false, S, 100, 0, 0, 0 },
		{ AF_INET, 1, true, R | A, 0, 101, 0, 0 },
		{ AF_INET, 2, false, S, 100, 0, 0, 0 },
		{ AF_INET, 2, true, R | A, 0, 101, 0, 0 },
		{ AF_INET, 1, true, S | A, 500, 101, 0, 1 },
	};
	struct told told;

	told_begin(&told, 10);
	told_give_all(&told, steps, ARRAY_SIZE(steps) - 1);
	told_pass(&told, 1);
	told_give(&told, &steps[ARRAY_SIZE(steps) - 1]);
	told_pass(&told, 2);
	told_pass(&told, 300);
	if (EXPECT_INT(told.n, 1))
		EXPECT_INT(told.kept[0].end[SIDE_A].port, 2);
	told_end(&told, 301);
	EXPECT_INT(told.n, 3);
}

/* Far more come and go than are held: none is mixed up with another one. */
static void test_churn(void)
{
	enum {
		CLIENTS = 60000,
		AT_ONCE = 300
	};
	struct told told;

	told_begin(&told, 100000);
	for (uint32_t i = 0; i < CLIENTS; i++) {
		uint32_t c = i * 7919 % CLIENTS + 1;

		told_give_whole(&told, i % 5 ? AF_INET : AF_INET6, c,
				i * INT64_C(241) / AT_ONCE, i);
		if (!EXPECT_INT(told.seen, i + 1))
			return;
	}
	EXPECT_TRUE(told.n > CLIENTS - 2 * AT_ONCE);
	told_end(&told, CLIENTS * INT64_C(241) / AT_ONCE);
	EXPECT_INT(told.n, CLIENTS);
	EXPECT_INT(told.evicted, 0);
	EXPECT_INT(told.n_found, 0);
}

static const struct test tests[] = {
	{ "the same as alone", test_same },
	{ "closed, and heard of again", test_closed_again },
	{ "room", test_room },
	{ "lives on", test_lives_on },
	{ "churn", test_churn },
	{ NULL, NULL },
};

extern const struct suite suite_flows_closed;
const struct suite suite_flows_closed = { "flows: closed", tests };
