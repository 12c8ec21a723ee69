/*
 * A stretch of a capture: what is noted is judged as if it had been given to
 * the table at once, in brief or whole, however much it is.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "check/stretch.h"
#include "packet/decap_usual.h"
#include "test/expect.h"
#include "test/told.h"

/* More segments than a list has room for at first. */
#define CLIENTS	      1000u
#define EACH	      6u
#define CLIENT_PASSES 15u

/* The i-th segment of all: clients take turns. */
static struct seg seg_of(uint32_t i)
{
	static const struct {
		bool back;
		uint8_t flags;
		uint32_t seq, ack;
	} steps[EACH] = {
		{ false, S, 0, 0 },    { true, S | A, 0, 1 },
		{ false, A, 1, 1 },    { false, F | A, 1, 1 },
		{ true, F | A, 1, 2 }, { false, A, 2, 2 },
	};
	uint32_t client = i % CLIENTS, step = i / CLIENTS;
	bool odd = client % 7 == 0 && step == 4; /* never acknowledges */
	struct seg seg = { .seq = 1000 * client + steps[step].seq,
			   .ack = steps[step].ack + (odd ? 70000 : 0),
			   .flags = steps[step].flags,
			   .win = 1000,
			   .ttl = 64 };

	if (seg.flags & A)
		seg.ack += 1000 * client;
	told_name(&seg, client % 5 ? AF_INET : AF_INET6, client + 1,
		  steps[step].back);
	return seg;
}

static int64_t at_of(uint32_t i)
{
	return START + i * NS_PER_MS;
}

static void note_whole(struct stretch *s, struct flows_brief *brief,
		       const struct seg *seg)
{
	struct seg *whole = stretch_whole(s);

	*whole = *seg;
	brief->whole =
		(struct flows_whole){ FLOWS_WHOLE, 0, (uint32_t)s->n_whole++ };
	flows_note_seg(told_seed, 0, brief, whole);
}

static void note_brief(struct flows_brief *brief, const struct seg *seg)
{
	struct decap_ends ends = { .src_port = htons(seg->src.port),
				   .dst_port = htons(seg->dst.port) };

	memcpy(&ends.src, seg->src.addr, sizeof(ends.src));
	memcpy(&ends.dst, seg->dst.addr, sizeof(ends.dst));
	brief->tcp = (struct decap_brief){ .flags = seg->flags,
					   .ttl = seg->ttl,
					   .win = seg->win,
					   .ack = seg->ack,
					   .seq = seg->seq };
	flows_note_ip4(told_seed, 0, brief, &ends);
}

/* In brief what can be, and what cannot. */
static void note(struct stretch *s, uint32_t i)
{
	struct flows_brief *brief = stretch_next(&s->list[0]);
	struct seg seg = seg_of(i);

	brief->frame = i + 1;
	brief->at_ns = at_of(i);
	if (seg.family == AF_INET && i % 3)
		note_brief(brief, &seg);
	else
		note_whole(s, brief, &seg);
	stretch_add(&s->list[0]);
}

static void judge_at_once(struct told *told)
{
	told_begin(told, 100000);
	for (uint32_t i = 0; i < CLIENTS * EACH; i++) {
		struct seg seg = seg_of(i);

		told_give_seg(told, &seg, at_of(i));
	}
	told_end(told, 1000);
}

static void judge_noted(struct told *told, uint32_t forgotten)
{
	struct stretch_judge judge = { .n_mine = 1 };
	struct stretch_mark mark;
	struct stretch s;

	told_begin(told, 100000);
	judge.part = &told->flows;
	judge.mine[0] = told->flows;
	stretch_new(&s, 1);
	for (uint32_t i = 0; i < CLIENTS * EACH; i++) {
		note(&s, i);
		if (i % (CLIENTS * EACH / CLIENT_PASSES) == 0)
			stretch_note_pass(&s, i + 1, at_of(i));
	}
	stretch_note_mark(&s, &mark);
	for (uint32_t i = 0; i < forgotten; i++)
		note(&s, i % (CLIENTS * EACH));
	stretch_back(&s, &mark);
	stretch_judge(&s, &judge);
	stretch_free(&s);
	told_end(told, 1000);
}

static void test_same(void)
{
	struct told once, noted;

	judge_at_once(&once);
	judge_noted(&noted, 0);
	EXPECT_INT(once.n, CLIENTS);
	EXPECT_TRUE(once.n_found > 0);
	EXPECT_INT(noted.n, once.n);
	EXPECT_INT(noted.n_found, once.n_found);
	EXPECT_TRUE(noted.sum == once.sum);
}

/* A file that became shorter: what was noted meanwhile never was. */
static void test_back(void)
{
	struct told noted, back;

	judge_noted(&noted, 0);
	judge_noted(&back, 9000);
	EXPECT_INT(back.n, noted.n);
	EXPECT_INT(back.n_found, noted.n_found);
	EXPECT_TRUE(back.sum == noted.sum);
}

/* A connection's errors are told to it; those of nobody are counted. */
static void test_quoted(void)
{
	struct seg known = seg_of(1), unknown = seg_of(2);
	struct flows_brief brief[2] = { 0 };
	struct seg whole[3] = { known, known, unknown };
	struct told told;

	told_begin(&told, 100);
	told_give_seg(&told, &known, START);
	for (uint32_t i = 0; i < 2; i++) {
		brief[i].whole =
			(struct flows_whole){ FLOWS_QUOTED,
					      ICMP_PORT_UNREACHABLE, i + 1 };
		flows_note_seg(told_seed, 0, &brief[i], &whole[i + 1]);
	}
	flows_judge_parts(&told.flows, brief, 2, whole);
	EXPECT_INT(flows_unheld(told.flows), 1);
	told_end(&told, 1);
}

static const struct test tests[] = {
	{ "as if judged at once", test_same },
	{ "what was noted is forgotten", test_back },
	{ "quoted", test_quoted },
	{ NULL, NULL },
};

extern const struct suite suite_stretch;
const struct suite suite_stretch = { "stretch", tests };
