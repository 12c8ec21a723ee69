/* Relative numbers, patterns against segments, and forged segments. */
#include "script/pattern.h"

#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "test/expect.h"
#include "test/make.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct make_seg handshake[] = {
	{ SIDE_A, "S", 0, 0, 0 },
	{ SIDE_B, "S.", 0, 1, 0 },
	{ SIDE_A, ".", 1, 1, 0 },
};

static void note(struct flow *flow, const struct make_seg *m)
{
	struct seg seg = make_segment(flow, m);

	flow_note(flow, m->from, &seg);
}

static void make_open(struct flow *flow)
{
	make_flow(flow, AF_INET);
	for (size_t i = 0; i < N(handshake); i++)
		note(flow, &handshake[i]);
}

static void test_side(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < N(families); i++) {
		enum side from = SIDE_A;
		struct flow flow;
		struct seg seg;

		make_flow(&flow, families[i]);
		seg = make_segment(&flow, &handshake[1]);
		EXPECT_TRUE(flow_side(&flow, &seg, &from));
		EXPECT_INT(from, SIDE_B);
		seg = make_segment(&flow, &handshake[0]);
		EXPECT_TRUE(flow_side(&flow, &seg, &from));
		EXPECT_INT(from, SIDE_A);
		seg.src.port++;
		EXPECT_TRUE(!flow_side(&flow, &seg, &from));
		seg.src.port--;
		seg.dst.addr[families[i] == AF_INET ? 3 : 15]++;
		EXPECT_TRUE(!flow_side(&flow, &seg, &from));
		seg = make_segment(&flow, &handshake[0]);
		seg.family = families[i] == AF_INET ? AF_INET6 : AF_INET;
		EXPECT_TRUE(!flow_side(&flow, &seg, &from));
	}
}

static void test_relative(void)
{
	static const struct {
		const char *name;
		enum side from;
		uint32_t number;
		int64_t seq; /* in the space of from */
		int64_t ack; /* in that of the other side */
	} rows[] = {
		{ "A's SYN", SIDE_A, MAKE_ISN_A, 0, 1006 },
		{ "A's data", SIDE_A, MAKE_ISN_A + 1, 1, 1007 },
		{ "before A's SYN", SIDE_A, MAKE_ISN_A - 1, -1, 1005 },
		{ "B's before the wrap", SIDE_B, UINT32_MAX, 5, -1001 },
		{ "B's at the wrap", SIDE_B, 0, 6, -1000 },
		{ "B's behind the wrap", SIDE_B, 94, 100, -906 },
		{ "half the space on", SIDE_A, MAKE_ISN_A + 0x7fffffff,
		  0x7fffffff, -INT64_C(0x80000000) + 1005 },
		{ "half the space back", SIDE_A, MAKE_ISN_A + 0x80000000,
		  -INT64_C(0x80000000), -INT64_C(0x80000000) + 1006 },
	};
	struct flow flow;

	make_open(&flow);
	for (size_t i = 0; i < N(rows); i++) {
		expect_row(rows[i].name);
		EXPECT_INT(flow_rel_seq(&flow, rows[i].from, rows[i].number),
			   rows[i].seq);
		EXPECT_INT(flow_rel_ack(&flow, rows[i].from, rows[i].number),
			   rows[i].ack);
	}
	flow_reset(&flow);
	EXPECT_INT(flow_rel_seq(&flow, SIDE_A, 4000000000), 4000000000);
	EXPECT_INT(flow_rel_ack(&flow, SIDE_A, 4000000000), 4000000000);
	EXPECT_INT(flow.end[SIDE_A].port, 40000);
}

static void test_next(void)
{
	static const struct {
		const char *name;
		struct make_seg seg;
		int64_t next;
	} rows[] = {
		{ "data", { SIDE_B, "P.", 1, 1, 1000 }, 1001 },
		{ "a retransmission", { SIDE_B, "P.", 1, 1, 500 }, 1001 },
		{ "a keepalive", { SIDE_B, ".", 1000, 1, 0 }, 1001 },
		{ "a FIN", { SIDE_B, "F.", 1001, 1, 0 }, 1002 },
		{ "an acknowledgment", { SIDE_B, ".", 1002, 1, 0 }, 1002 },
		{ "a reset", { SIDE_B, "R", 5000, 0, 0 }, 1002 },
		{ "the same SYN again", { SIDE_B, "S.", 0, 1, 0 }, 1002 },
	};
	struct flow flow;

	make_open(&flow);
	for (size_t i = 0; i < N(rows); i++) {
		expect_row(rows[i].name);
		note(&flow, &rows[i].seg);
		EXPECT_INT(flow_rel_seq(&flow, SIDE_B,
					flow.tcb[SIDE_B].snd_nxt),
			   rows[i].next);
	}
}

/* The highest acknowledgment and window stay; the window is scaled. */
static void test_tcb(void)
{
	struct flow_tcb tcb = { .known = false };
	struct seg seg = { .seq = 100,
			   .flags = FLAG_SYN,
			   .win = 10,
			   .scale = 3,
			   .has_ts = true };

	flow_tcb_note(&tcb, &seg);
	EXPECT_TRUE(tcb.known && tcb.ts_in_syn && !tcb.ack_sent);
	seg = (struct seg){
		.seq = 101, .ack = 500, .flags = FLAG_ACK, .win = 10
	};
	flow_tcb_note(&tcb, &seg);
	EXPECT_INT(tcb.rcv_nxt_max, 500);
	EXPECT_INT(tcb.rcv_edge, 580);
	seg.ack = 400;
	seg.flags |= FLAG_FIN;
	flow_tcb_note(&tcb, &seg);
	EXPECT_INT(tcb.rcv_nxt, 400);
	EXPECT_INT(tcb.rcv_nxt_max, 500);
	EXPECT_INT(tcb.rcv_edge, 580);
	EXPECT_TRUE(tcb.fin_sent && tcb.fin_seq == 101);
	seg.seq = 150;
	flow_tcb_note(&tcb, &seg);
	EXPECT_INT(tcb.fin_seq, 101);
}

/* A SYN with another initial number begins that half anew, and only it. */
static void test_incarnation(void)
{
	struct flow flow;
	struct seg syn;

	make_open(&flow);
	note(&flow, &(struct make_seg){ SIDE_A, "F.", 1, 1, 0 });
	syn = make_segment(&flow, &handshake[0]);
	syn.seq = 77777;
	syn.win = 64240;
	flow_note(&flow, SIDE_A, &syn);
	EXPECT_INT(flow_rel_seq(&flow, SIDE_A, 77777), 0);
	EXPECT_INT(flow.tcb[SIDE_A].snd_nxt, 77778);
	EXPECT_INT(flow.tcb[SIDE_A].rcv_nxt, 0);
	EXPECT_INT(flow.tcb[SIDE_A].rcv_wnd, 64240);
	EXPECT_INT(flow_rel_ack(&flow, SIDE_B, 77778), 1);
	EXPECT_INT(flow_rel_seq(&flow, SIDE_B, MAKE_ISN_B), 0);
}

/* clang-format off */
static const struct match_row {
	const char *name;
	struct pattern pat;
	struct make_seg seg;
	const char *field; /* NULL: it matches */
	const char *expected;
	const char *actual;
} matches[] = {
	{ "nothing said", { 0 }, { SIDE_A, "F.", 1, 1, 0 }, NULL, 0, 0 },
	{ "all said",
	  { PAT_FLAGS | PAT_SEQ | PAT_LEN | PAT_ACK | PAT_WIN | PAT_TS, 0x18,
	    1, 1000, 1, 502, false, 0, NULL },
	  { SIDE_A, "P.", 1, 1, 1000 }, NULL, 0, 0 },
	{ "flags", { PAT_FLAGS, 0x11, 0, 0, 0, 0, 0, 0, NULL },
	  { SIDE_A, "R.", 1, 1, 0 }, "flags", "F.", "R." },
	{ "no flags", { PAT_FLAGS, 0x11, 0, 0, 0, 0, 0, 0, NULL },
	  { SIDE_A, "none", 1, 0, 0 }, "flags", "F.", "none" },
	{ "seq", { PAT_SEQ, 0, 1, 0, 0, 0, 0, 0, NULL },
	  { SIDE_A, "F.", 2, 1, 0 }, "seq", "1", "2" },
	{ "seq ranges", { PAT_SEQ | PAT_LEN, 0, 1, 1000, 0, 0, 0, 0, NULL },
	  { SIDE_B, "P.", 1001, 1, 500 }, "seq", "1:1001", "1001:1501" },
	{ "negative seq", { PAT_SEQ | PAT_LEN, 0, 1, 0, 0, 0, 0, 0, NULL },
	  { SIDE_B, ".", -1, 1, 0 }, "seq", "1", "-1" },
	{ "len", { PAT_SEQ | PAT_LEN, 0, 1, 1000, 0, 0, 0, 0, NULL },
	  { SIDE_B, "P.", 1, 1, 500 }, "len", "1000", "500" },
	{ "seq alone says no payload",
	  { PAT_SEQ, 0, 1, 0, 0, 0, 0, 0, NULL },
	  { SIDE_B, "P.", 1, 1, 500 }, "len", "0", "500" },
	{ "ack", { PAT_ACK, 0, 0, 0, 2, 0, 0, 0, NULL },
	  { SIDE_A, ".", 1, 1, 0 }, "ack", "2", "1" },
	{ "ack without its flag", { PAT_ACK, 0, 0, 0, 2, 0, 0, 0, NULL },
	  { SIDE_A, "R", 1, 2, 0 }, "ack", "2", "none" },
	{ "win", { PAT_WIN, 0, 0, 0, 0, 0, 0, 0, NULL },
	  { SIDE_A, ".", 1, 1, 0 }, "win", "0", "502" },
	{ "ts", { PAT_TS, 0, 0, 0, 0, 0, true, 0, NULL },
	  { SIDE_A, ".", 1, 1, 0 }, "ts", "ts", "no ts" },
	{ "flags before all others",
	  { PAT_FLAGS | PAT_SEQ | PAT_ACK, 0x11, 5, 0, 5, 0, 0, 0, NULL },
	  { SIDE_A, "R.", 1, 1, 0 }, "flags", "F.", "R." },
};
/* clang-format on */

static void expect_mismatch(const struct mismatch *why, const char *field,
			    const char *expected, const char *actual)
{
	EXPECT_STR(why->field, field);
	EXPECT_STR(why->expected, expected);
	EXPECT_STR(why->actual, actual);
}

static void test_match(void)
{
	struct flow flow;

	make_open(&flow);
	for (size_t i = 0; i < N(matches); i++) {
		const struct match_row *row = &matches[i];
		struct seg seg = make_segment(&flow, &row->seg);
		struct mismatch why = { 0 };

		expect_row(row->name);
		EXPECT_INT(pattern_match(&row->pat, &flow, row->seg.from, &seg,
					 &why),
			   !row->field);
		EXPECT_INT(pattern_match(&row->pat, &flow, row->seg.from, &seg,
					 NULL),
			   !row->field);
		if (!row->field)
			continue;
		expect_mismatch(&why, row->field, row->expected, row->actual);
	}
}

static void test_match_checksum(void)
{
	const struct pattern any = { 0 };
	struct mismatch why;
	struct flow flow;
	struct seg seg;

	make_open(&flow);
	seg = make_segment(&flow, &handshake[2]);
	seg.csum_ok = false;
	EXPECT_TRUE(!pattern_match(&any, &flow, SIDE_A, &seg, &why));
	expect_mismatch(&why, "checksum", "correct", "wrong");
}

static void test_no_ts(void)
{
	const struct pattern pat = { .set = PAT_TS, .ts = false };
	struct mismatch why;
	struct flow flow;
	struct seg seg;

	make_open(&flow);
	seg = make_segment(&flow, &handshake[2]);
	EXPECT_TRUE(pattern_match(&pat, &flow, SIDE_A, &seg, &why));
	seg.has_ts = true;
	EXPECT_TRUE(!pattern_match(&pat, &flow, SIDE_A, &seg, &why));
	expect_mismatch(&why, "ts", "no ts", "ts");
}

static void test_text_of_segment(void)
{
	static const struct {
		struct make_seg seg;
		uint16_t win;
		const char *text;
	} rows[] = {
		{ { SIDE_A, "S", 0, 0, 0 }, 502, "S  seq 0" },
		{ { SIDE_B, "S.", 0, 1, 0 }, 502, "S.  seq 0 ack 1" },
		{ { SIDE_A, ".", 1, 2, 0 }, 502, ".  ack 2" },
		{ { SIDE_B, ".", 1, 2, 0 }, 0, ".  ack 2 win 0" },
		{ { SIDE_B, "P.", 1, 1, 1000 }, 502, "P.  seq 1:1001 ack 1" },
		{ { SIDE_A, "F.", 1, 1, 0 }, 502, "F.  seq 1 ack 1" },
		{ { SIDE_A, "FP.", 1, 1, 10 }, 0, "FP.  seq 1:11 ack 1 win 0" },
		{ { SIDE_A, "R", 101, 0, 0 }, 0, "R  seq 101" },
		{ { SIDE_B, "R.", 1, 2, 0 }, 0, "R.  seq 1 ack 2" },
		{ { SIDE_B, ".", -1, 2, 0 }, 502, ".  ack 2" },
		{ { SIDE_B, "none", 1, 0, 0 }, 502, "none" },
	};
	struct flow flow;

	make_open(&flow);
	for (size_t i = 0; i < N(rows); i++) {
		struct seg seg = make_segment(&flow, &rows[i].seg);
		char buf[PATTERN_TEXT_MAX];
		struct pattern pat;

		seg.win = rows[i].win;
		pattern_of(&seg, &flow, rows[i].seg.from, &pat);
		EXPECT_STR(pattern_text(&pat, buf), rows[i].text);
		EXPECT_TRUE(pattern_match(&pat, &flow, rows[i].seg.from, &seg,
					  NULL));
	}
}

static void test_text(void)
{
	static const struct {
		struct pattern pat;
		const char *text;
	} rows[] = {
		{ { PAT_FLAGS | PAT_TS, 0x10, 0, 0, 0, 0, true, 0, NULL },
		  ".  ts" },
		{ { PAT_FLAGS | PAT_ACK | PAT_TS | PAT_TSVAL, 0x10, 0, 0, -3, 0,
		    false, -5, NULL },
		  ".  ack -3 no ts tsval -5" },
		{ { PAT_FLAGS | PAT_TSVAL, 0x04, 0, 0, 0, 0, false, 7, NULL },
		  "R  tsval +7" },
		{ { PAT_FLAGS | PAT_WIN, 0x10, 0, 0, 0, 65535, false, 0, NULL },
		  ".  win 65535" },
		{ { .scapy = "IP(dst=b)/ICMP()" }, "scapy: IP(dst=b)/ICMP()" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		char buf[PATTERN_TEXT_MAX];

		EXPECT_STR(pattern_text(&rows[i].pat, buf), rows[i].text);
	}
}

static void test_long_text(void)
{
	char scapy[2 * PATTERN_TEXT_MAX], buf[PATTERN_TEXT_MAX];
	struct pattern pat = { .scapy = scapy };

	memset(scapy, 'x', sizeof(scapy) - 1);
	scapy[sizeof(scapy) - 1] = '\0';
	EXPECT_INT(strlen(pattern_text(&pat, buf)), PATTERN_TEXT_MAX - 1);
}

static void test_forge(void)
{
	static const struct {
		const char *name;
		enum side from;
		uint16_t win;
		struct pattern pat;
		struct make_seg want;
	} rows[] = {
		{ "all left out",
		  SIDE_A,
		  502,
		  { PAT_FLAGS, 0x10, 0, 0, 0, 0, 0, 0, NULL },
		  { SIDE_A, ".", 1, 1001, 0 } },
		{ "a blind reset",
		  SIDE_B,
		  502,
		  { PAT_FLAGS | PAT_SEQ, 0x04, 1101, 0, 0, 0, 0, 0, NULL },
		  { SIDE_B, "R", 1101, 0, 0 } },
		{ "a reset without seq",
		  SIDE_B,
		  502,
		  { PAT_FLAGS, 0x04, 0, 0, 0, 0, 0, 0, NULL },
		  { SIDE_B, "R", 1001, 0, 0 } },
		{ "a SYN",
		  SIDE_B,
		  502,
		  { PAT_FLAGS | PAT_SEQ, 0x02, -7, 0, 0, 0, 0, 0, NULL },
		  { SIDE_B, "S", -7, 0, 0 } },
		{ "data, ack and window",
		  SIDE_B,
		  0,
		  { PAT_FLAGS | PAT_SEQ | PAT_LEN | PAT_ACK | PAT_WIN, 0x18, 1,
		    50, 9, 0, 0, 0, NULL },
		  { SIDE_B, "P.", 1, 9, 50 } },
	};
	struct flow flow;

	make_open(&flow);
	note(&flow, &(struct make_seg){ SIDE_B, "P.", 1, 1, 1000 });
	note(&flow, &(struct make_seg){ SIDE_A, ".", 1, 1001, 0 });
	for (size_t i = 0; i < N(rows); i++) {
		struct seg want = make_segment(&flow, &rows[i].want), seg;
		uint8_t opts[12];

		expect_row(rows[i].name);
		want.win = rows[i].win;
		pattern_forge(&rows[i].pat, &flow, rows[i].from, &seg, opts);
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
	uint8_t opts[12];
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
		  { PAT_FLAGS | PAT_TSVAL, 0x10, 0, 0, 0, 0, 0, -5, NULL },
		  true },
		{ "no ts",
		  { PAT_FLAGS | PAT_TS, 0x10, 0, 0, 0, 0, false, 0, NULL },
		  false },
	};
	struct flow flow;

	make_open(&flow);
	for (int s = SIDE_A; s <= SIDE_B; s++) {
		struct seg seg = make_segment(&flow, &handshake[s]);

		seg.has_ts = true;
		seg.tsval = s == SIDE_A ? 100 : 200;
		flow_note(&flow, (enum side)s, &seg);
	}
	for (size_t i = 0; i < N(rows); i++) {
		uint8_t opts[12];
		struct seg seg;

		expect_row(rows[i].name);
		pattern_forge(&rows[i].pat, &flow, SIDE_A, &seg, opts);
		EXPECT_INT(seg.has_ts, rows[i].has);
		EXPECT_INT(seg.opts_len, rows[i].has ? sizeof(want) : 0);
		if (rows[i].has)
			EXPECT_MEM(seg.opts, seg.opts_len, want, sizeof(want));
	}
}

static const struct test tests[] = {
	{ "whose segment it is", test_side },
	{ "relative numbers, across the wrap", test_relative },
	{ "the next sequence number", test_next },
	{ "a new incarnation", test_incarnation },
	{ "what an end says of its window and FIN", test_tcb },
	{ "every field, matching and not", test_match },
	{ "a wrong checksum matches nothing", test_match_checksum },
	{ "no ts", test_no_ts },
	{ "segments in the case language", test_text_of_segment },
	{ "patterns in the case language", test_text },
	{ "a text longer than its buffer", test_long_text },
	{ "forged segments", test_forge },
	{ "forged before anything is known", test_forge_unknown },
	{ "forged with timestamps", test_forge_ts },
	{ NULL, NULL },
};

const struct suite suite_pattern = { "pattern", tests };
