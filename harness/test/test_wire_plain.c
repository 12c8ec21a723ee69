/*
 * The short way of plain segments and the long one: whatever comes, both leave
 * the same memory and find the same. And plain connections do go the short way.
 */
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "judge/wire_own.h"
#include "test/expect.h"
#include "test/judge_walk.h"

#define WALKS	 100000
#define SEGMENTS 24

/* A judge and what it has found, one rule after another. */
struct way {
	struct wire_judge j;
	uint64_t found;
};

static void hear(void *ctx, const struct judge_finding *f)
{
	struct way *way = ctx;

	way->found = way->found * 1000003 + (uint64_t)f->rule->id[0] +
		     (uint64_t)(f->rule - rule_of((enum rule_id)0)) * 4 +
		     (uint64_t)f->side * 2;
}

typedef void segment_fn(struct wire_judge *j, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			const struct judge_sink *sink);
typedef void end_fn(struct wire_judge *j, int64_t at_ns,
		    const struct judge_sink *sink);

static const struct functions {
	segment_fn *segment;
	end_fn *end;
} short_way = { wire_judge_segment, wire_judge_end },
  long_way = { wire_judge_closely, wire_judge_end_closely };

static void go(struct way *way, const struct functions *f,
	       const struct walk_seg *s, int64_t at_ns)
{
	struct judge_sink sink = { hear, way };
	struct wire_judge old = way->j;

	if (!wire_judge_is_reopened(&old, s->from, &s->seg)) {
		f->segment(&way->j, s->from, &s->seg, 1, at_ns, &sink);
		return;
	}
	f->end(&old, at_ns, &sink);
	memset(&way->j, 0, sizeof(way->j));
	wire_judge_reopen(&way->j, &old, s->from, &s->seg, 1, at_ns, &sink);
}

static void finish(struct way *way, const struct functions *f, int64_t at_ns)
{
	struct judge_sink sink = { hear, way };

	f->end(&way->j, at_ns, &sink);
}

static bool expect_same(const struct way *a, const struct way *b)
{
	return EXPECT_MEM(&a->j, sizeof(a->j), &b->j, sizeof(b->j)) &&
	       EXPECT_TRUE(a->found == b->found);
}

static bool walk_both(uint32_t dice, uint32_t odd)
{
	struct way shorter, longer;
	struct walk w;

	memset(&shorter, 0, sizeof(shorter));
	memset(&longer, 0, sizeof(longer));
	walk_begin(&w, dice, odd);
	for (int i = 0; i < SEGMENTS; i++) {
		struct walk_seg s = walk_next(&w);

		go(&shorter, &short_way, &s, w.at_ns);
		go(&longer, &long_way, &s, w.at_ns);
		if (!expect_same(&shorter, &longer))
			return false;
	}
	finish(&shorter, &short_way, w.at_ns);
	finish(&longer, &long_way, w.at_ns);
	return expect_same(&shorter, &longer);
}

static void test_same(void)
{
	expect_row(NULL);
	for (uint32_t i = 0; i < WALKS; i++)
		if (!walk_both(i * UINT32_C(2654435761), 3 + i % 20))
			return;
}

/* One row a segment: sender, flags, numbers behind those of the SYNs, octets. */
static const struct {
	enum side from;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t len;
} plain[] = {
	{ SIDE_A, FLAG_SYN, 0, 0, 0 },
	{ SIDE_B, FLAG_SYN | FLAG_ACK, 0, 1, 0 },
	{ SIDE_A, FLAG_ACK, 1, 1, 0 },
	{ SIDE_A, FLAG_ACK | FLAG_PSH, 1, 1, 40 },
	{ SIDE_B, FLAG_ACK, 1, 41, 0 },
	{ SIDE_B, FLAG_ACK | FLAG_PSH, 1, 41, 60 },
	{ SIDE_A, FLAG_ACK, 41, 61, 0 },
	{ SIDE_A, FLAG_FIN | FLAG_ACK, 41, 61, 0 },
	{ SIDE_B, FLAG_ACK, 61, 42, 9 },
	{ SIDE_B, FLAG_FIN | FLAG_ACK, 70, 42, 0 },
	{ SIDE_A, FLAG_ACK, 42, 71, 0 },
};

static void test_short(void)
{
	const uint32_t isn[2] = { UINT32_MAX - 20, 5000 };
	struct judge_sink sink = { NULL, NULL };
	struct wire_judge j = { .any = false };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		enum side from = plain[i].from;
		struct wire_judge copy = j;
		struct seg seg = { .flags = plain[i].flags,
				   .seq = isn[from] + plain[i].seq,
				   .ack = isn[side_other(from)] + plain[i].ack,
				   .win = 9000,
				   .len = plain[i].len };

		EXPECT_TRUE(wire_judge_plainly(&copy, from, &seg, 0));
		wire_judge_segment(&j, from, &seg, i, 0, &sink);
	}
	EXPECT_TRUE(j.closed && wire_ends_plainly(&j));
}

/* A segment: as above, and the time since the one before it. */
struct odd_step {
	enum side from;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t len;
	int64_t ms;
};

#define ODD_STEPS 6

/* Where dice seldom lead. */
static const struct odd {
	const char *name;
	struct odd_step step[ODD_STEPS]; /* without flags: there are no more */
} odd[] = {
	{ "an RST alone, which the SYN behind it makes nothing of",
	  { { SIDE_A, FLAG_SYN, 0, 0, 0, 0 },
	    { SIDE_B, FLAG_RST | FLAG_ACK, 0, 1, 0, 1500 },
	    { SIDE_B, FLAG_SYN | FLAG_ACK, 0, 1, 0, 10 },
	    { SIDE_A, FLAG_ACK, 1, 1, 0, 10 },
	    { SIDE_B, FLAG_ACK, 1, 1, 100, 10 } } },
	{ "the second FIN, of an end whose SYN comes behind ACKs of more",
	  { { SIDE_B, FLAG_ACK, 1, 5000, 0, 0 },
	    { SIDE_B, FLAG_SYN | FLAG_ACK, 0, 5000, 0, 10 },
	    { SIDE_A, FLAG_SYN, 0, 0, 0, 10 },
	    { SIDE_A, FLAG_ACK, 1, 1, 0, 10 },
	    { SIDE_B, FLAG_FIN | FLAG_ACK, 1, 1, 0, 10 },
	    { SIDE_A, FLAG_FIN | FLAG_ACK, 1, 2, 0, 10 } } },
	{ "the first FIN, of the other end",
	  { { SIDE_B, FLAG_ACK, 1, 5000, 0, 0 },
	    { SIDE_B, FLAG_SYN | FLAG_ACK, 0, 5000, 0, 10 },
	    { SIDE_A, FLAG_SYN, 0, 0, 0, 10 },
	    { SIDE_A, FLAG_ACK, 1, 1, 0, 10 },
	    { SIDE_B, FLAG_FIN | FLAG_ACK, 1, 1, 0, 10 } } },
	{ "octets that acknowledge what is before the SYN",
	  { { SIDE_B, FLAG_ACK, 1, 0u - 100, 0, 0 },
	    { SIDE_B, FLAG_SYN | FLAG_ACK, 0, 0u - 100, 0, 10 },
	    { SIDE_A, FLAG_SYN, 0, 0, 0, 10 },
	    { SIDE_A, FLAG_ACK, 1, 1, 0, 10 },
	    { SIDE_B, FLAG_ACK, 1, 0u - 50, 100, 10 } } },
	{ "octets long after an RST that was too far off to count",
	  { { SIDE_A, FLAG_SYN, 0, 0, 0, 0 },
	    { SIDE_B, FLAG_SYN | FLAG_ACK, 0, 1, 0, 10 },
	    { SIDE_A, FLAG_ACK, 1, 1, 0, 10 },
	    { SIDE_B, FLAG_RST | FLAG_ACK, 1000000, 1, 0, 10 },
	    { SIDE_B, FLAG_ACK, 1, 1, 100, 1500 } } },
};

static void test_odd(const struct odd *o)
{
	const uint32_t isn[2] = { 77000, 5000 };
	struct way shorter, longer;
	int64_t at_ns = NS_PER_S;

	memset(&shorter, 0, sizeof(shorter));
	memset(&longer, 0, sizeof(longer));
	expect_row(o->name);
	for (size_t i = 0; i < ODD_STEPS && o->step[i].flags; i++) {
		const struct odd_step *step = &o->step[i];
		bool acks = step->flags & FLAG_ACK;
		struct walk_seg s = {
			.from = step->from,
			.seg = { .flags = step->flags,
				 .seq = isn[step->from] + step->seq,
				 .ack = acks ? isn[side_other(step->from)] +
							step->ack
					     : 0,
				 .win = 9000,
				 .len = step->len },
		};

		at_ns += step->ms * NS_PER_MS;
		go(&shorter, &short_way, &s, at_ns);
		go(&longer, &long_way, &s, at_ns);
	}
	finish(&shorter, &short_way, at_ns);
	finish(&longer, &long_way, at_ns);
	expect_same(&shorter, &longer);
}

static void test_all_odd(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		test_odd(&odd[i]);
}

/* Of a box that answers for the other end: see wire_judge_begin_beside. */
static void test_known_syn(void)
{
	struct walk_seg s = { .from = SIDE_B,
			      .seg = { .flags = FLAG_SYN | FLAG_ACK,
				       .seq = 5000,
				       .ack = 77001,
				       .win = 9000 } };
	struct way shorter, longer;

	memset(&shorter, 0, sizeof(shorter));
	shorter.j.end[SIDE_A].seen = SENT_ANY | SENT_SYN;
	shorter.j.end[SIDE_A].snd_isn = 77000;
	shorter.j.end[SIDE_A].snd_nxt = 77001;
	longer = shorter;
	expect_row(NULL);
	go(&shorter, &short_way, &s, NS_PER_S);
	go(&longer, &long_way, &s, NS_PER_S);
	expect_same(&shorter, &longer);
}

static const struct test tests[] = {
	{ "a plain connection goes the short way", test_short },
	{ "the short way is the long one", test_same },
	{ "where dice seldom lead, too", test_all_odd },
	{ "and where a judge begins with an answer", test_known_syn },
	{ NULL, NULL },
};

const struct suite suite_wire_plain = { "wire plain", tests };
