/* Segments that are forged by a pattern. */
#include "script/pattern.h"

#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "test/expect.h"
#include "test/make.h"

static const struct forge_row {
	const char *name;
	enum side from;
	uint16_t win;
	struct pattern pat;
	struct make_seg want;
} forges[] = {
	{ "all left out",
	  SIDE_A,
	  502,
	  { .set = PAT_FLAGS, .flags = 0x10 },
	  { SIDE_A, ".", 1, 1001, 0 } },
	{ "a blind reset",
	  SIDE_B,
	  502,
	  { .set = PAT_FLAGS | PAT_SEQ, .flags = 0x04, .seq = 1101 },
	  { SIDE_B, "R", 1101, 0, 0 } },
	{ "a reset without seq",
	  SIDE_B,
	  502,
	  { .set = PAT_FLAGS, .flags = 0x04 },
	  { SIDE_B, "R", 1001, 0, 0 } },
	{ "a SYN",
	  SIDE_B,
	  502,
	  { .set = PAT_FLAGS | PAT_SEQ, .flags = 0x02, .seq = -7 },
	  { SIDE_B, "S", -7, 0, 0 } },
	{ "data, ack and window",
	  SIDE_B,
	  0,
	  { .set = PAT_FLAGS | PAT_SEQ | PAT_LEN | PAT_ACK | PAT_WIN,
	    .flags = 0x18,
	    .seq = 1,
	    .len = 50,
	    .ack = 9 },
	  { SIDE_B, "P.", 1, 9, 50 } },
};

static void test_forge(void)
{
	struct flow flow;

	make_open(&flow);
	make_note(&flow, &(struct make_seg){ SIDE_B, "P.", 1, 1, 1000 });
	make_note(&flow, &(struct make_seg){ SIDE_A, ".", 1, 1001, 0 });
	for (size_t i = 0; i < ARRAY_SIZE(forges); i++) {
		struct seg want = make_segment(&flow, &forges[i].want), seg;
		uint8_t opts[PATTERN_OPTS_MAX];

		expect_row(forges[i].name);
		want.win = forges[i].win;
		pattern_forge(&forges[i].pat, &flow, forges[i].from, &seg,
			      opts);
		EXPECT_MEM(&seg.src, sizeof(seg.src), &want.src,
			   sizeof(want.src));
		EXPECT_MEM(&seg.dst, sizeof(seg.dst), &want.dst,
			   sizeof(want.dst));
		EXPECT_INT(seg.flags, want.flags);
		EXPECT_INT(seg.seq, want.seq);
		EXPECT_INT(seg.ack, want.ack);
		EXPECT_INT(seg.len, want.len);
		EXPECT_INT(seg.win, want.win);
		EXPECT_INT(seg.opts_len, 0);
	}
}

static void test_forge_unknown(void)
{
	const struct pattern pat = { .set = PAT_FLAGS, .flags = FLAG_SYN };
	uint8_t opts[PATTERN_OPTS_MAX];
	struct flow flow;
	struct seg seg;

	make_flow(&flow, AF_INET6);
	pattern_forge(&pat, &flow, SIDE_A, &seg, opts);
	EXPECT_INT(seg.family, AF_INET6);
	EXPECT_INT(seg.win, 65535);
	EXPECT_INT(seg.ack, 0);
}

static void test_forge_ts(void)
{
	static const uint8_t want[] = {
		1, 1, 8, 10, 0, 0, 0, 95, 0, 0, 0, 200
	};
	static const struct {
		const char *name;
		struct pattern pat;
		bool has;
	} rows[] = {
		{ "an older one",
		  { .set = PAT_FLAGS | PAT_TSVAL, .flags = 0x10, .tsval = -5 },
		  true },
		{ "no ts",
		  { .set = PAT_FLAGS | PAT_TS, .flags = 0x10 },
		  false },
	};
	struct flow flow;

	make_open(&flow);
	for (int s = SIDE_A; s <= SIDE_B; s++) {
		struct seg seg = make_segment(&flow, &make_handshake[s]);

		seg.has_ts = true;
		seg.tsval = s == SIDE_A ? 100 : 200;
		flow_note(&flow, (enum side)s, &seg);
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t opts[PATTERN_OPTS_MAX];
		struct seg seg;

		expect_row(rows[i].name);
		pattern_forge(&rows[i].pat, &flow, SIDE_A, &seg, opts);
		EXPECT_INT(seg.has_ts, rows[i].has);
		EXPECT_INT(seg.opts_len, rows[i].has ? sizeof(want) : 0);
		if (rows[i].has)
			EXPECT_MEM(seg.opts, seg.opts_len, want, sizeof(want));
	}
}

/* The edge is the greatest that was offered; a window taken back is not. */
static void test_edge(void)
{
	const struct pattern first_beyond = {
		.set = PAT_FLAGS | PAT_SEQ | PAT_EDGE,
		.flags = FLAG_RST,
	};
	struct mismatch why;
	uint8_t opts[PATTERN_OPTS_MAX];
	struct flow flow;
	struct seg seg;

	make_open(&flow);
	flow.tcb[SIDE_B].rcv_edge = flow.tcb[SIDE_A].iss + 1001;
	pattern_forge(&first_beyond, &flow, SIDE_A, &seg, opts);
	EXPECT_INT(flow_rel_seq(&flow, SIDE_A, seg.seq), 1001);
	EXPECT_TRUE(pattern_match(&first_beyond, &flow, SIDE_A, &seg, NULL));
	seg.seq--;
	EXPECT_TRUE(!pattern_match(&first_beyond, &flow, SIDE_A, &seg, &why));
	EXPECT_STR(why.expected, "1001");
	EXPECT_STR(why.actual, "1000");
}

static const struct test tests[] = {
	{ "forged segments", test_forge },
	{ "forged before anything is known", test_forge_unknown },
	{ "forged with timestamps", test_forge_ts },
	{ "the edge of the window", test_edge },
	{ NULL, NULL },
};

const struct suite suite_pattern_forge = { "pattern_forge", tests };
