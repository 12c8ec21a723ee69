/*
 * The table of connections: who is who, reuse of addresses and ports, letting
 * go, making room, and many of them at once.
 */
#include "model/flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ground/clock.h"
#include "ground/name.h"
#include "test/check.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define START (INT64_C(1700000000) * NS_PER_S)
#define S     FLAG_SYN
#define A     FLAG_ACK
#define F     FLAG_FIN
#define R     FLAG_RST

#define KEPT_MAX 64

/* What was told of the connections, in the order in which it was. */
struct told {
	struct flows *flows;
	size_t n;
	size_t evicted;
	size_t n_found;
	struct judge_finding found; /* the last */
	struct flows_over kept[KEPT_MAX];
	struct flows_item item[FLOWS_AT_ONCE];
	size_t n_items; /* given, and not judged yet */
	size_t at_once;
	uint64_t sum;  /* of all that was told, in this order */
	uint32_t seen; /* the id of the last segment */
	enum side from;
	uint64_t frame;
};

static void on_over(void *ctx, const struct flows_over *o)
{
	struct told *told = ctx;

	if (told->n < KEPT_MAX)
		told->kept[told->n] = *o;
	told->n++;
	told->evicted += o->evicted;
	told->sum = told->sum * 31 + o->id * 7 + o->segments * 5 +
		    o->last_frame * 3 + o->end[SIDE_A].port;
	told->n_found += o->n_found;
	if (o->n_found)
		told->found = *o->found[o->n_found - 1];
}

static void on_seen(void *ctx, uint32_t id, enum side from,
		    const struct seg *seg, const struct judge *judge)
{
	struct told *told = ctx;

	(void)seg;
	(void)judge;
	told->seen = id;
	told->from = from;
}

static void begin(struct told *told, size_t max)
{
	struct flows_plan plan = { .seed = { 0x1234567, 0x89abcdef },
				   .max = max,
				   .over = on_over,
				   .seen = on_seen,
				   .ctx = told };

	memset(told, 0, sizeof(*told));
	told->at_once = 1;
	told->flows = flows_new(&plan);
}

static void judge(struct told *told)
{
	flows_judge(told->flows, told->item, told->n_items);
	told->n_items = 0;
}

static void end(struct told *told, int64_t s)
{
	judge(told);
	flows_end(told->flows, START + s * NS_PER_S);
	flows_free(told->flows);
}

/* From client number c (or to it), whose address and port tell of it. */
struct step {
	int family;
	uint32_t client;
	bool back;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t len;
	int64_t s;
};

static void set_client(struct seg_end *end_, int family, uint32_t c)
{
	end_->addr[family == AF_INET ? 1 : 15] = (uint8_t)(c >> 16);
	end_->addr[0] = 10;
	end_->port = (uint16_t)c;
}

static void give(struct told *told, const struct step *step)
{
	struct seg seg = { .family = step->family,
			   .seq = step->seq,
			   .ack = step->ack,
			   .flags = step->flags,
			   .win = 1000,
			   .len = step->len };
	struct seg_end *client = step->back ? &seg.dst : &seg.src;
	struct seg_end *server = step->back ? &seg.src : &seg.dst;

	set_client(client, step->family, step->client);
	server->addr[0] = 192;
	server->port = 80;
	told->item[told->n_items] =
		(struct flows_item){ seg, ++told->frame,
				     START + step->s * NS_PER_S };
	if (++told->n_items >= told->at_once)
		judge(told);
}

static void give_all(struct told *told, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		give(told, &steps[i]);
}

/* Opened, closed by the client, and closed. */
static void give_whole(struct told *told, int family, uint32_t c, int64_t s,
		       uint32_t isn)
{
	const struct step steps[] = {
		{ family, c, false, S, isn, 0, 0, s },
		{ family, c, true, S | A, 500, isn + 1, 0, s },
		{ family, c, false, A, isn + 1, 501, 0, s },
		{ family, c, false, F | A, isn + 1, 501, 0, s },
		{ family, c, true, F | A, 501, isn + 2, 0, s },
		{ family, c, false, A, isn + 2, 502, 0, s },
	};

	give_all(told, steps, N(steps));
}

static void test_one(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct told told;

	for (size_t i = 0; i < N(families); i++) {
		const struct flows_over *o = told.kept;

		begin(&told, 10);
		give_whole(&told, families[i], 40000, 0, 100);
		CHECK_INT(told.seen, 1);
		CHECK_INT(told.n, 0);
		end(&told, 1);
		if (!CHECK_INT(told.n, 1))
			return;
		CHECK_INT(o->family, families[i]);
		CHECK_INT(o->id, 1);
		CHECK_INT(o->end[SIDE_A].port, 40000);
		CHECK_INT(o->end[SIDE_B].port, 80);
		CHECK_INT(o->end[SIDE_A].addr[0], 10);
		CHECK_INT(o->first_frame, 1);
		CHECK_INT(o->last_frame, 6);
		CHECK_INT(o->segments, 6);
		CHECK_TRUE(!o->evicted);
		CHECK_STR(ending_name(o->summary.ending), "normal");
		CHECK_STR(first_name(o->summary.closed_first), "A");
		CHECK_INT(o->n_found, 0);
	}
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

	for (size_t i = 0; i < N(rows); i++) {
		check_row(rows[i].name);
		begin(&told, 10);
		give(&told, &rows[i].step);
		end(&told, 1);
		CHECK_INT(told.n, 1);
		CHECK_INT(told.kept[0].end[SIDE_A].port, rows[i].port);
	}
}

static void test_reopened(void)
{
	static const struct step back = {
		AF_INET, 7, true, S, 90000, 0, 0, 31
	};
	struct told told;

	begin(&told, 10);
	give_whole(&told, AF_INET, 7, 0, 100);
	give_whole(&told, AF_INET, 7, 30, 5000);
	CHECK_INT(told.n, 1);
	CHECK_INT(told.seen, 2);
	/* This time the other end connects: it is A now. */
	give(&told, &back);
	CHECK_INT(told.n, 2);
	CHECK_INT(told.seen, 3);
	CHECK_INT(told.from, SIDE_A);
	end(&told, 32);
	CHECK_INT(told.n, 3);
	CHECK_INT(told.kept[0].last_frame, 6);
	CHECK_INT(told.kept[1].first_frame, 7);
	CHECK_INT(told.kept[1].end[SIDE_A].port, 7);
	CHECK_STR(ending_name(told.kept[1].summary.ending), "normal");
	CHECK_INT(told.kept[2].end[SIDE_A].port, 80);
	CHECK_INT(told.kept[2].segments, 1);
	CHECK_STR(ending_name(told.kept[2].summary.ending), "open");
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

		begin(&told, 10);
		give_all(&told, open, N(open));
		give_all(&told, anew, N(anew));
		end(&told, 61);
		CHECK_INT(told.n, 2);
		CHECK_INT(told.n_found, 0);
		CHECK_INT(told.kept[0].last_frame, 4);
		CHECK_INT(told.kept[0].end[SIDE_A].port, 7);
		CHECK_INT(told.kept[1].first_frame, 5);
		CHECK_INT(told.kept[1].end[SIDE_A].port, back ? 80 : 7);
		CHECK_INT(told.kept[1].summary.state[SIDE_A],
			  TCP_STATE_ESTABLISHED);
		CHECK_INT(told.kept[1].summary.state[SIDE_B],
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

	begin(&told, 10);
	give_whole(&told, AF_INET, 7, 0, 100);
	give_all(&told, steps, N(steps));
	end(&told, 6);
	if (!CHECK_INT(told.n, 2))
		return;
	o = &told.kept[1];
	CHECK_INT(o->end[SIDE_A].port, 80);
	CHECK_STR(ending_name(o->summary.ending), "open");
	if (!CHECK_INT(told.n_found, 1))
		return;
	CHECK_STR(told.found.rule->name, "time-wait-reused");
	CHECK_INT(told.found.side, SIDE_B);
	CHECK_INT(told.found.frame, 8);
}

/* What only time shows is said of the last frame. */
static void test_last_frame(void)
{
	static const struct step fin = { AF_INET, 7,   false, F | A,
					 101,	  501, 0,     0 };
	struct told told;

	begin(&told, 10);
	give_whole(&told, AF_INET, 9, 0, 100);
	give(&told, &(struct step){ AF_INET, 7, false, S, 100, 0, 0, 0 });
	give(&told, &(struct step){ AF_INET, 7, true, S | A, 500, 101, 0, 0 });
	give(&told, &(struct step){ AF_INET, 7, false, A, 101, 501, 0, 0 });
	give(&told, &fin);
	end(&told, 30);
	if (!CHECK_INT(told.n_found, 1))
		return;
	CHECK_STR(told.found.rule->name, "fin-not-retransmitted");
	CHECK_INT(told.found.frame, 10);
	CHECK_INT(told.kept[1].last_frame, 10);
}

/* A finding is kept until its connection is told of, and no longer. */
static void test_findings(void)
{
	static const struct step late = {
		AF_INET, 7, false, A, 102, 501, 50, 0
	};
	struct told told;

	begin(&told, 10);
	give_whole(&told, AF_INET, 7, 0, 100);
	give(&told, &late);
	give_whole(&told, AF_INET, 8, 0, 100);
	end(&told, 1);
	if (!CHECK_INT(told.n, 2) || !CHECK_TRUE(told.kept[0].n_found > 0))
		return;
	CHECK_INT(told.kept[1].n_found, 0);
}

/* Connections that are over are let go as time passes, others are not. */
static void test_let_go(void)
{
	struct step other = { AF_INET, 60000, false, A, 1, 1, 1, 5 };
	struct told told;

	begin(&told, 1000000);
	for (uint32_t c = 1; c <= 100; c++)
		give_whole(&told, c % 2 ? AF_INET : AF_INET6, c, 0, 100);
	for (uint32_t c = 200; c < 210; c++) {
		const struct step open = { AF_INET, c, false, S, 1, 0, 0, 0 };

		give(&told, &open);
	}
	for (int i = 0; i < 1000; i++)
		give(&told, &other);
	CHECK_INT(told.n, 0);
	for (int i = 0; i < 1000; i++) {
		other.s += 20;
		give(&told, &other);
	}
	CHECK_INT(told.n, 100);
	CHECK_INT(told.evicted, 0);
	/* Their rows are used again, and their numbers are not. */
	give_whole(&told, AF_INET, 5, other.s, 100);
	CHECK_INT(told.seen, 112);
	end(&told, other.s);
	CHECK_INT(told.n, 112);
}

/*
 * Connections that ended wait in the order of their last segments: one of
 * them in the future, and one that has a segment again, keep none waiting.
 */
static void test_order(void)
{
	struct step other = { AF_INET, 60000, false, A, 1, 1, 1, 250 };
	struct told told;

	begin(&told, 1000);
	give_whole(&told, AF_INET, 1, 100000, 100);
	give_whole(&told, AF_INET6, 2, 0, 100);
	give_whole(&told, AF_INET, 3, 1, 100);
	give(&told, &(struct step){ AF_INET6, 2, true, A, 502, 102, 0, 20 });
	for (int i = 0; i < 100; i++)
		give(&told, &other);
	if (!CHECK_INT(told.n, 1))
		return;
	CHECK_INT(told.kept[0].end[SIDE_A].port, 3);
	other.s = 261;
	for (int i = 0; i < 100; i++)
		give(&told, &other);
	if (!CHECK_INT(told.n, 2))
		return;
	CHECK_INT(told.kept[1].end[SIDE_A].port, 2);
	CHECK_INT(told.kept[1].segments, 7);
	end(&told, 262);
	CHECK_INT(told.n, 4);
	CHECK_INT(told.evicted, 0);
}

static void test_evicted(void)
{
	struct told told;

	begin(&told, 3);
	for (uint32_t c = 1; c <= 5; c++)
		give_whole(&told, AF_INET, c, c, 100);
	CHECK_INT(told.n, 2);
	CHECK_INT(told.evicted, 2);
	CHECK_INT(flows_evicted(told.flows), 2);
	CHECK_INT(told.kept[0].end[SIDE_A].port, 1);
	CHECK_INT(told.kept[1].end[SIDE_A].port, 2);
	/* The oldest is the one that has been idle longest. */
	give(&told, &(struct step){ AF_INET, 3, true, A, 502, 102, 0, 9 });
	give_whole(&told, AF_INET6, 6, 10, 100);
	CHECK_INT(told.kept[2].end[SIDE_A].port, 4);
	end(&told, 11);
	CHECK_INT(told.n, 6);
}

/* Every connection is told of once, with all its segments, under any churn. */
static void test_many(void)
{
	enum {
		CLIENTS = 20000
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

	begin(&told, CLIENTS);
	for (size_t k = 0; k < N(kinds); k++)
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

			give(&told, &step);
			wrong += told.seen != i + 1;
		}
	CHECK_INT(wrong, 0);
	CHECK_INT(told.n, 0);
	end(&told, 5);
	CHECK_INT(told.n, CLIENTS);
	CHECK_INT(told.evicted, 0);
	CHECK_INT(told.kept[KEPT_MAX - 1].segments, 3);
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

	begin(&told, 50);
	for (int i = 0; i < 100000; i++) {
		struct step step = roll(&state);

		give(&told, &step);
	}
	CHECK_TRUE(told.n > 1000);
	CHECK_TRUE(told.evicted > 100);
	CHECK_TRUE(told.evicted < told.n);
	counted = told.n;
	end(&told, 0);
	CHECK_TRUE(told.n > counted && told.n <= counted + 50);
}

/* However many are given at once, the same is told, in the same order. */
static void test_at_once(void)
{
	static const size_t at_once[] = { 1, 2, 16, FLOWS_AT_ONCE };
	static const size_t max[] = { 50, 1000 }; /* too small, and not */
	struct told told, one = { .n = 0 };

	for (size_t i = 0; i < N(max) * N(at_once); i++) {
		uint32_t state = 7;

		begin(&told, max[i / N(at_once)]);
		told.at_once = at_once[i % N(at_once)];
		for (int n = 0; n < 32 * 2000; n++) {
			struct step step = roll(&state);

			step.s = n / 50;
			give(&told, &step);
		}
		end(&told, 1280);
		if (i % N(at_once) == 0)
			one = told;
		CHECK_TRUE(told.n > 1000);
		CHECK_INT(told.n, one.n);
		CHECK_INT(told.n_found, one.n_found);
		CHECK_TRUE(told.sum == one.sum);
	}
}

static const struct check_test tests[] = {
	{ "one", test_one },
	{ "who is A", test_opener },
	{ "reopened", test_reopened },
	{ "forgotten, and opened anew", test_forgotten },
	{ "reused", test_reused },
	{ "last frame", test_last_frame },
	{ "findings", test_findings },
	{ "let go", test_let_go },
	{ "order", test_order },
	{ "evicted", test_evicted },
	{ "many", test_many },
	{ "anything", test_anything },
	{ "at once", test_at_once },
	{ NULL, NULL },
};

extern const struct check_suite suite_flows;
const struct check_suite suite_flows = { "flows", tests };
