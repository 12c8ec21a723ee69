/*
 * The bugs: what each kind makes of a segment, that all frames it makes are
 * well formed, and the table.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "judge/rule.h"
#include "bug/bug.h"
#include "test/expect.h"
#include "test/make.h"

extern const struct suite suite_bug;

#define A	SIDE_A
#define B	SIDE_B
#define GOT_MAX 128

/* What came out of the bug, in order, as "A F. 1:1 2" and so on. */
struct got {
	struct flow flow;
	size_t n;
	bool well_formed;
	int64_t after_ns[GOT_MAX];
	char text[4096];
};

static uint32_t isn(enum side side)
{
	return side == A ? MAKE_ISN_A : MAKE_ISN_B;
}

static void hear(void *ctx, enum side from, const uint8_t *frame, size_t len,
		 int64_t after_ns)
{
	struct got *g = ctx;
	size_t at = strlen(g->text);
	char flags[NAME_FLAGS_MAX];
	struct seg seg;

	if (g->n < GOT_MAX)
		g->after_ns[g->n] = after_ns;
	g->n++;
	if (seg_parse(frame, len, &seg) != SEG_TCP || !seg.csum_ok) {
		g->well_formed = false;
		return;
	}
	snprintf(g->text + at, sizeof(g->text) - at, "%s%c %s %d:%d %d",
		 at ? ", " : "", side_letter(from),
		 name_flags(seg.flags, flags), (int)(seg.seq - isn(from)),
		 (int)(seg.seq + (uint32_t)seg.len - isn(from)),
		 seg.flags & FLAG_ACK ? (int)(seg.ack - isn(side_other(from)))
				      : 0);
}

static void give(const char *bug, struct bug_memory *m, struct got *g,
		 const struct make_seg *s)
{
	static const uint8_t mac[2][SEG_MAC_LEN] = { { 2, 0, 0, 0, 0, 1 },
						     { 2, 0, 0, 0, 0, 2 } };
	struct seg seg = make_segment(&g->flow, s);
	const struct bug_sink sink = { .put = hear, .ctx = g };
	struct arena a = { 0 };
	uint8_t bytes[2048];
	size_t len = seg_build(&seg, mac[s->from], mac[side_other(s->from)],
			       bytes, sizeof(bytes));

	g->n = 0;
	g->text[0] = '\0';
	bug_play(bug_find(bug), m, frame_read(&a, s->from, 0, bytes, len),
		 &sink);
	arena_free(&a);
}

static void begin(struct got *g, int family)
{
	memset(g, 0, sizeof(*g));
	make_flow(&g->flow, family);
	g->well_formed = true;
}

#define OPENING                                    \
	{ A, "S", 0, 0, 0 }, { B, "S.", 0, 1, 0 }, \
	{                                          \
		A, ".", 1, 1, 0                    \
	}
#define SEGS_MAX 12

/* What goes in, and what the last of it becomes. */
struct bending {
	const char *bug;
	struct make_seg seg[SEGS_MAX];
	const char *last;
};

/* clang-format off */
static const struct bending bendings[] = {
	{ "fin-once", { OPENING, { A, "F.", 1, 1, 0 } }, "A F. 1:1 1" },
	{ "fin-once",
	  { OPENING, { A, "F.", 1, 1, 0 }, { A, "F.", 1, 1, 0 } }, "" },
	{ "fin-moves", { OPENING, { A, "F.", 1, 1, 0 } }, "A F. 1:1 1" },
	{ "fin-moves",
	  { OPENING, { A, "F.", 1, 1, 0 }, { A, "F.", 1, 1, 0 } },
	  "A F. 2:2 1" },
	{ "fin-twice", { OPENING, { A, "FP.", 1, 1, 9 } },
	  "A FP. 1:10 1, A FP. 1:10 1" },
	{ "fin-then-data", { OPENING, { A, "F.", 1, 1, 0 } },
	  "A F. 1:1 1, A P. 2:102 1" },
	{ "fin-no-ack", { OPENING, { A, "F.", 1, 1, 0 } }, "A F 1:1 0" },
	{ "fin-low", { OPENING, { A, "FP.", 1, 1, 9 } }, "A FP. 1:9 1" },
	{ "fin-low",
	  { OPENING, { A, "P.", 1, 1, 9 }, { A, "F.", 10, 1, 0 } },
	  "A F. 9:9 1" },
	{ "fin-low", { OPENING, { A, "F.", 1, 1, 0 } }, "A F. 1:1 1" },
	/* only of its own side */
	{ "fin-far", { OPENING, { B, "F.", 1, 1, 0 } }, "B F. 1:1 1" },
	/* crossing FINs: the FIN bit goes only then */
	{ "fin-forgotten",
	  { OPENING, { A, "F.", 1, 1, 0 }, { A, "F.", 1, 1, 0 } },
	  "A F. 1:1 1" },
	{ "fin-forgotten",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, "F.", 1, 1, 0 },
	    { A, "F.", 1, 2, 0 } },
	  "A . 1:1 2" },
	{ "fin-unasked", { OPENING, { B, "F.", 1, 1, 0 }, { A, ".", 1, 2, 0 } },
	  "A F. 1:1 2" },
	{ "fin-unasked",
	  { OPENING, { B, "F.", 1, 1, 0 }, { A, ".", 1, 2, 0 },
	    { B, ".", 2, 2, 0 } },
	  "B . 2:2 1" },
	{ "fin-after-its-ack",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, ".", 1, 2, 0 } },
	  "B . 1:1 2, A F. 1:1 1" },
	{ "fin-ack-low", { OPENING, { B, "F.", 1, 1, 0 }, { A, ".", 1, 2, 0 } },
	  "A . 1:1 1" },
	{ "fin-ack-low",
	  { OPENING, { B, "P.", 1, 1, 9 }, { A, ".", 1, 10, 0 } },
	  "A . 1:1 10" },
	{ "fin-ack-never",
	  { OPENING, { B, "F.", 1, 1, 0 }, { A, ".", 1, 2, 0 } }, "" },
	{ "last-ack-never",
	  { OPENING, { B, "F.", 1, 1, 0 }, { A, ".", 1, 2, 0 } },
	  "A . 1:1 2" },
	{ "last-ack-never",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, ".", 1, 2, 0 },
	    { B, "F.", 1, 2, 0 }, { A, ".", 2, 2, 0 } },
	  "" },
	{ "time-wait-silent",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, ".", 1, 2, 0 },
	    { B, "F.", 1, 2, 0 }, { A, ".", 2, 2, 0 } },
	  "A . 2:2 2" },
	{ "time-wait-resets",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, ".", 1, 2, 0 },
	    { B, "F.", 1, 2, 0 }, { A, ".", 2, 2, 0 }, { B, "F.", 1, 2, 0 },
	    { A, ".", 2, 2, 0 } },
	  "A R 2:2 0" },
	{ "data-after-close",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, ".", 1, 2, 0 },
	    { B, "P.", 1, 2, 9 }, { A, "R", 2, 0, 0 } },
	  "A . 2:2 10" },
	{ "half-close-resets",
	  { OPENING, { A, "F.", 1, 1, 0 }, { B, ".", 1, 2, 0 },
	    { B, "P.", 1, 2, 9 }, { A, ".", 2, 10, 0 } },
	  "A R 2:2 0" },
	{ "keep-alive-silent",
	  { OPENING, { A, ".", 0, 1, 0 }, { B, ".", 1, 1, 0 } }, "" },
	{ "keep-alive-silent",
	  { OPENING, { A, "P.", 1, 1, 9 }, { B, ".", 1, 10, 0 } },
	  "B . 1:1 10" },
	{ "fin-on-unread",
	  { OPENING, { B, "P.", 1, 1, 9 }, { A, "R.", 1, 10, 0 } },
	  "A F. 1:1 10" },
	{ "fin-on-unread", { OPENING, { A, "R.", 1, 1, 0 } }, "A R. 1:1 1" },
	{ "fin-on-abort", { OPENING, { A, "R.", 1, 1, 0 } }, "A F. 1:1 1" },
	{ "rst-ack-low",
	  { OPENING, { B, "P.", 1, 1, 9 }, { A, "R.", 1, 10, 0 } },
	  "A R. 1:1 1" },
	{ "rst-with-ack",
	  { { B, "P.", 5, 7, 9 }, { A, "R", 7, 0, 0 } },
	  "A R. -1000:-1000 14" },
	{ "challenge-resets",
	  { OPENING, { B, "R", 9, 0, 0 }, { A, ".", 1, 1, 0 } },
	  "A R. 1:1 1" },
	{ "challenge-resets",
	  { OPENING, { B, "S", 9, 0, 0 }, { A, ".", 1, 1, 0 } },
	  "A . 1:1 1" },
	{ "challenge-never", { OPENING, { B, "R", 9, 0, 0 } }, "" },
	{ "challenge-never", { OPENING, { B, "R", 1, 0, 0 } }, "B R 1:1 0" },
	{ "rst-inexact-obeyed", { OPENING, { B, "R", 9, 0, 0 } },
	  "B R 1:1 0" },
	{ "rst-inexact-obeyed", { OPENING, { B, "R", 90000000, 0, 0 } },
	  "B R 90000000:90000000 0" },
	{ "rst-outside-obeyed", { OPENING, { B, "R", -9, 0, 0 } },
	  "B R 1:1 0" },
	{ "rst-ignored", { OPENING, { B, "R", 1, 0, 0 } }, "" },
	{ "rst-ignored", { OPENING, { B, "R", 2, 0, 0 } }, "B R 2:2 0" },
	{ "rst-answered", { OPENING, { B, "R", 1, 0, 0 } },
	  "B R 1:1 0, A R. 1:1 1" },
	{ "syn-obeyed", { OPENING, { B, "S", 9, 0, 0 } },
	  "B R 1:1 0, A R. 1:1 1" },
	{ "fin-ignored", { OPENING, { B, "F.", 1, 1, 0 } }, "" },
	{ "fin-too-early", { OPENING, { B, "F.", 10, 1, 0 } }, "B F. 1:1 1" },
	{ "no-ack-taken", { OPENING, { B, "F", 1, 0, 0 } }, "B F. 1:1 1" },
	{ "blind-data-taken", { OPENING, { B, "P.", 1, -900000, 9 } },
	  "B P. 1:10 1" },
	{ "unsent-ack-silent", { OPENING, { B, ".", 1, 2, 0 } }, "" },
	{ "unsent-ack-silent", { OPENING, { B, ".", 1, 1, 0 } },
	  "B . 1:1 1" },
};
/* clang-format on */

static void bend(const struct bending *b, int family)
{
	struct bug_memory m;
	struct got g;
	size_t i;

	memset(&m, 0, sizeof(m));
	begin(&g, family);
	for (i = 0; i < SEGS_MAX && b->seg[i].flags; i++)
		give(b->bug, &m, &g, &b->seg[i]);
	EXPECT_STR(g.text, b->last);
	EXPECT_TRUE(g.well_formed);
}

static void test_bendings(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bendings); i++) {
		expect_row(bendings[i].bug);
		bend(&bendings[i], AF_INET);
		bend(&bendings[i], AF_INET6);
	}
}

static const struct make_seg whole[] = {
	OPENING,
	{ B, "P.", 1, 1, 100 },
	{ A, ".", 1, 101, 0 },
	{ A, "F.", 1, 101, 0 },
	{ B, ".", 101, 2, 0 },
	{ B, "F.", 101, 2, 0 },
	{ A, ".", 2, 102, 0 },
	{ B, "R", 102, 0, 0 },
	{ A, "R.", 2, 102, 0 },
	{ B, "S", 9, 0, 0 },
};

/* No bug makes more than it may, or a frame that is none. */
static void test_all_are_well_formed(void)
{
	size_t i, k;

	for (i = 0; i < n_bugs; i++) {
		bool spoils = strcmp(bugs[i].name, "fin-bad-checksum") == 0;
		struct bug_memory m;
		struct got g;

		expect_row(bugs[i].name);
		memset(&m, 0, sizeof(m));
		begin(&g, AF_INET);
		for (k = 0; k < ARRAY_SIZE(whole); k++) {
			give(bugs[i].name, &m, &g, &whole[k]);
			EXPECT_TRUE(g.n <= 61);
		}
		EXPECT_INT(g.well_formed, !spoils);
	}
}

static void test_times(void)
{
	static const struct make_seg open[] = { OPENING };
	const struct make_seg fin = { B, "F.", 1, 1, 0 };
	const struct make_seg ack = { A, ".", 1, 2, 0 };
	const struct make_seg rst = { A, "R.", 1, 1, 0 };
	struct bug_memory m = { .changes = 0 };
	struct got g;
	size_t i;

	begin(&g, AF_INET);
	for (i = 0; i < 3; i++)
		give("fin-ack-late", &m, &g, &open[i]);
	give("fin-ack-late", &m, &g, &fin);
	EXPECT_INT(g.after_ns[0], 0);
	give("fin-ack-late", &m, &g, &ack);
	EXPECT_INT(g.n, 1);
	EXPECT_INT(g.after_ns[0], 700 * NS_PER_MS);
	give("rst-then-data", &m, &g, &rst);
	EXPECT_INT(g.n, 3);
	EXPECT_INT(g.after_ns[0], 0);
	EXPECT_INT(g.after_ns[1], 20 * NS_PER_MS);
	EXPECT_INT(g.after_ns[2], 320 * NS_PER_MS);
}

/* A frame that is no TCP segment goes on as it is. */
static void test_other(void)
{
	static const uint8_t arp[42] = { [12] = 8, [13] = 6 };
	const struct frame frame = {
		.from = A, .bytes = arp, .len = sizeof(arp), .kind = SEG_OTHER
	};
	struct bug_memory m = { .changes = 0 };
	struct got g;
	const struct bug_sink sink = { .put = hear, .ctx = &g };

	begin(&g, AF_INET);
	bug_play(bug_find("fin-far"), &m, &frame, &sink);
	EXPECT_INT(g.n, 1);
	EXPECT_INT(m.changes, 0);
	EXPECT_TRUE(!m.flow.tcb[A].known && !m.flow.tcb[B].known);
}

static void test_table(void)
{
	size_t i;

	for (i = 0; i < n_bugs; i++) {
		const struct bug *l = &bugs[i];

		expect_row(l->name);
		EXPECT_TRUE(bug_find(l->name) == l);
		EXPECT_TRUE(l->sent[0].when || l->got[0].when);
		EXPECT_TRUE(*l->text && *l->source && *l->shows);
		if (EXPECT_TRUE(l->rule != NULL))
			EXPECT_TRUE(rule_find(l->rule, strlen(l->rule)));
	}
	expect_row(NULL);
	EXPECT_TRUE(n_bugs >= 70);
	EXPECT_TRUE(bug_find("nobody") == NULL);
	EXPECT_TRUE(bug_find("") == NULL);
}

static const struct test tests[] = {
	{ "what becomes of a segment", test_bendings },
	{ "every frame is well formed", test_all_are_well_formed },
	{ "what comes later", test_times },
	{ "what is no segment", test_other },
	{ "the table", test_table },
	{ NULL, NULL },
};

const struct suite suite_bug = { "bug", tests };
