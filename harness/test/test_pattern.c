/* Patterns against segments, and as text. */
#include "script/pattern.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "test/expect.h"
#include "test/make.h"

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
	  { .set = PAT_FLAGS | PAT_SEQ | PAT_LEN | PAT_ACK | PAT_WIN | PAT_TS,
	    .flags = 0x18, .seq = 1, .len = 1000, .ack = 1, .win = 502 },
	  { SIDE_A, "P.", 1, 1, 1000 }, NULL, 0, 0 },
	{ "flags", { .set = PAT_FLAGS, .flags = 0x11 },
	  { SIDE_A, "R.", 1, 1, 0 }, "flags", "F.", "R." },
	{ "no flags", { .set = PAT_FLAGS, .flags = 0x11 },
	  { SIDE_A, "none", 1, 0, 0 }, "flags", "F.", "none" },
	{ "either flags",
	  { .set = PAT_FLAGS | PAT_FLAGS_OR | PAT_ACK, .flags = 0x14,
	    .flags_or = 0x04, .ack = 1 },
	  { SIDE_A, "R", 1, 0, 0 }, NULL, 0, 0 },
	{ "ack of either flags",
	  { .set = PAT_FLAGS | PAT_FLAGS_OR | PAT_ACK, .flags = 0x14,
	    .flags_or = 0x04, .ack = 1 },
	  { SIDE_A, "R.", 1, 2, 0 }, "ack", "1", "2" },
	{ "neither flags",
	  { .set = PAT_FLAGS | PAT_FLAGS_OR, .flags = 0x14, .flags_or = 0x04 },
	  { SIDE_A, "F.", 1, 1, 0 }, "flags", "R.|R", "F." },
	{ "seq", { .set = PAT_SEQ, .seq = 1 },
	  { SIDE_A, "F.", 2, 1, 0 }, "seq", "1", "2" },
	{ "seq ranges", { .set = PAT_SEQ | PAT_LEN, .seq = 1, .len = 1000 },
	  { SIDE_B, "P.", 1001, 1, 500 }, "seq", "1:1001", "1001:1501" },
	{ "negative seq", { .set = PAT_SEQ | PAT_LEN, .seq = 1 },
	  { SIDE_B, ".", -1, 1, 0 }, "seq", "1", "-1" },
	{ "len", { .set = PAT_SEQ | PAT_LEN, .seq = 1, .len = 1000 },
	  { SIDE_B, "P.", 1, 1, 500 }, "len", "1000", "500" },
	{ "seq alone says no payload",
	  { .set = PAT_SEQ, .seq = 1 },
	  { SIDE_B, "P.", 1, 1, 500 }, "len", "0", "500" },
	{ "ack", { .set = PAT_ACK, .ack = 2 },
	  { SIDE_A, ".", 1, 1, 0 }, "ack", "2", "1" },
	{ "ack without its flag", { .set = PAT_ACK, .ack = 2 },
	  { SIDE_A, "R", 1, 2, 0 }, "ack", "2", "none" },
	{ "win", { .set = PAT_WIN },
	  { SIDE_A, ".", 1, 1, 0 }, "win", "0", "502" },
	{ "ts", { .set = PAT_TS, .ts = true },
	  { SIDE_A, ".", 1, 1, 0 }, "ts", "ts", "no ts" },
	{ "flags before all others",
	  { .set = PAT_FLAGS | PAT_SEQ | PAT_ACK, .flags = 0x11, .seq = 5,
	    .ack = 5 },
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
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
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
	seg = make_segment(&flow, &make_handshake[2]);
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
	seg = make_segment(&flow, &make_handshake[2]);
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
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
		{ { .set = PAT_FLAGS | PAT_TS, .flags = 0x10, .ts = true },
		  ".  ts" },
		{ { .set = PAT_FLAGS | PAT_ACK | PAT_TS | PAT_TSVAL,
		    .flags = 0x10,
		    .ack = -3,
		    .tsval = -5,
		    .tsval_most = -5 },
		  ".  ack -3 no ts tsval -5" },
		{ { .set = PAT_FLAGS | PAT_TSVAL,
		    .flags = 0x04,
		    .tsval = 7,
		    .tsval_most = 7 },
		  "R  tsval +7" },
		{ { .set = PAT_FLAGS | PAT_TSVAL | PAT_TSECR,
		    .flags = 0x10,
		    .tsval_most = 9,
		    .tsecr = -1 },
		  ".  tsval +0..+9 tsecr -1" },
		{ { .set = PAT_FLAGS | PAT_MSS | PAT_WSCALE | PAT_SACKOK |
			   PAT_SACK,
		    .flags = 0x02,
		    .mss = -1,
		    .wscale = 7 },
		  "S  no mss wscale 7 no sackok no sack" },
		{ { .set = PAT_FLAGS | PAT_WIN, .flags = 0x10, .win = 65535 },
		  ".  win 65535" },
		{ { .set = PAT_FLAGS | PAT_SEQ | PAT_EDGE, .flags = 0x04 },
		  "R  seq edge" },
		{ { .set = PAT_FLAGS | PAT_SEQ | PAT_EDGE,
		    .flags = 0x04,
		    .seq = -1 },
		  "R  seq edge-1" },
		{ { .set = PAT_FLAGS | PAT_SEQ | PAT_LEN | PAT_EDGE,
		    .flags = 0x18,
		    .len = 5 },
		  "P.  seq edge+0:edge+5" },
		{ { .set = PAT_ICMP, .icmp = ICMP_TTL_EXCEEDED },
		  "icmp ttl-exceeded" },
		{ { .set = PAT_ICMP | PAT_SEQ | PAT_PORT,
		    .seq = -7,
		    .icmp = ICMP_FRAG_NEEDED,
		    .mtu = 1280,
		    .port = 1 },
		  "icmp frag-needed mtu 1280 seq -7 port +1" },
		{ { .scapy = "IP(dst=b)/ICMP()" }, "scapy: IP(dst=b)/ICMP()" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[PATTERN_TEXT_MAX];

		EXPECT_STR(pattern_text(&rows[i].pat, buf), rows[i].text);
	}
}

/* What is quoted: the first octet not acknowledged, or what the case says. */
static void test_quote(void)
{
	const struct pattern plain = { .set = PAT_ICMP };
	const struct pattern wrong = { .set = PAT_ICMP | PAT_SEQ | PAT_PORT,
				       .seq = -1000,
				       .port = -1 };
	const struct make_seg data = { SIDE_A, "P.", 1, 1, 100 };
	const struct make_seg ack = { SIDE_B, ".", 1, 41, 0 };
	struct flow flow;
	struct seg seg;

	make_flow(&flow, AF_INET);
	make_note(&flow, &make_handshake[0]);
	pattern_quote(&plain, &flow, SIDE_A, &seg);
	EXPECT_INT(seg.seq, MAKE_ISN_A);
	make_open(&flow);
	make_note(&flow, &data);
	make_note(&flow, &ack);
	pattern_quote(&plain, &flow, SIDE_A, &seg);
	EXPECT_INT(seg.seq, MAKE_ISN_A + 41);
	EXPECT_INT(seg.ack, flow.tcb[SIDE_A].rcv_nxt);
	EXPECT_INT(seg.src.port, flow.end[SIDE_A].port);
	EXPECT_INT(seg.dst.port, flow.end[SIDE_B].port);
	pattern_quote(&wrong, &flow, SIDE_A, &seg);
	EXPECT_INT(seg.seq, MAKE_ISN_A - 1000);
	EXPECT_INT(seg.src.port, flow.end[SIDE_A].port - 1);
}

static void test_long_text(void)
{
	char scapy[2 * PATTERN_TEXT_MAX], buf[PATTERN_TEXT_MAX];
	struct pattern pat = { .scapy = scapy };

	memset(scapy, 'x', sizeof(scapy) - 1);
	scapy[sizeof(scapy) - 1] = '\0';
	EXPECT_INT(strlen(pattern_text(&pat, buf)), PATTERN_TEXT_MAX - 1);
}

/* A pattern with every option, which each row changes in one. */
static struct pattern all_options(void)
{
	return (struct pattern){
		.set = PAT_FLAGS | PAT_TS | PAT_TSVAL | PAT_TSECR | PAT_MSS |
		       PAT_WSCALE | PAT_SACKOK | PAT_SACK,
		.flags = FLAG_ACK,
		.ts = true,
		.tsval = 5,
		.tsval_most = 5,
		.tsecr = -2,
		.mss = 1460,
		.wscale = 7,
		.sackok = true,
		.sack = { { 101, 201 } },
		.n_sack = 1,
	};
}

static void expect_differs(const struct pattern *pat, const struct flow *flow,
			   const struct seg *seg, const char *field,
			   const char *expected, const char *actual)
{
	struct mismatch why = { 0 };

	expect_row(field);
	EXPECT_TRUE(!pattern_match(pat, flow, SIDE_A, seg, &why));
	expect_mismatch(&why, field, expected, actual);
	expect_row(NULL);
}

/* A segment of A's with all of them, as if it had been noted. */
static void forge_all_options(struct flow *flow, struct seg *seg,
			      uint8_t opts[PATTERN_OPTS_MAX])
{
	const struct pattern pat = all_options();

	make_open(flow);
	flow->tcb[SIDE_A].tsval = 100;
	flow->tcb[SIDE_B].tsval = 200;
	pattern_forge(&pat, flow, SIDE_A, seg, opts);
	seg->csum_ok = true;
	flow->tcb[SIDE_A].tsval_before = 100;
}

/* What is forged is what is matched and written. */
static void test_options(void)
{
	struct pattern pat = all_options(), said = { .set = PAT_FLAGS };
	uint8_t opts[PATTERN_OPTS_MAX], none[PATTERN_OPTS_MAX];
	struct flow flow;
	struct seg seg, plain;
	char buf[PATTERN_TEXT_MAX];

	forge_all_options(&flow, &seg, opts);
	EXPECT_INT(seg.opts_len, 4 + 2 + 12 + 3 + 10);
	EXPECT_TRUE(pattern_match(&pat, &flow, SIDE_A, &seg, NULL));
	pat.tsval = 0;
	EXPECT_TRUE(pattern_match(&pat, &flow, SIDE_A, &seg, NULL));
	pattern_forge(&said, &flow, SIDE_A, &plain, none);
	pattern_add_forged_options(&seg, &plain, &flow, SIDE_A, &said);
	said.flags = FLAG_ACK;
	EXPECT_STR(pattern_text(&said, buf),
		   ".  ts mss 1460 wscale 7 sackok sack 101:201");
}

/* Each option alone makes the difference. */
static void test_other_options(void)
{
	struct pattern pat[8];
	uint8_t opts[PATTERN_OPTS_MAX];
	struct flow flow;
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(pat); i++)
		pat[i] = all_options();
	pat[0].tsval = pat[0].tsval_most = 6;
	pat[1].tsval = 0;
	pat[1].tsval_most = 4;
	pat[2].tsecr = 0;
	pat[3].mss = -1;
	pat[4].wscale = 8;
	pat[5].sackok = false;
	pat[6].n_sack = 0;
	pat[7].sack[0].to = 202;
	forge_all_options(&flow, &seg, opts);
	expect_differs(&pat[0], &flow, &seg, "tsval", "+6", "+5");
	expect_differs(&pat[1], &flow, &seg, "tsval", "+0..+4", "+5");
	expect_differs(&pat[2], &flow, &seg, "tsecr", "+0", "-2");
	expect_differs(&pat[3], &flow, &seg, "mss", "none", "1460");
	expect_differs(&pat[4], &flow, &seg, "wscale", "8", "7");
	expect_differs(&pat[5], &flow, &seg, "sackok", "no sackok", "sackok");
	expect_differs(&pat[6], &flow, &seg, "sack", "none", "101:201");
	expect_differs(&pat[7], &flow, &seg, "sack", "101:202", "101:201");
	seg.opts_len = 0;
	seg.has_ts = false;
	pat[0] = all_options();
	pat[0].set &= ~(unsigned int)PAT_TS;
	expect_differs(&pat[0], &flow, &seg, "tsval", "+5", "no ts");
}

/* Of a connection that comes after another, and of the first. */
static void test_isn(void)
{
	const struct pattern pat = { .set = PAT_ISN };
	struct flow flow;
	struct seg seg;
	uint32_t next;

	make_open(&flow);
	next = flow.tcb[SIDE_A].snd_nxt;
	seg = make_segment(&flow, &make_handshake[0]);
	expect_differs(&pat, &flow, &seg, "isn", "> old",
		       "no connection before");
	seg.seq = next + 7;
	flow_note(&flow, SIDE_A, &seg);
	EXPECT_TRUE(pattern_match(&pat, &flow, SIDE_A, &seg, NULL));
	make_open(&flow);
	seg.seq = next;
	flow_note(&flow, SIDE_A, &seg);
	EXPECT_TRUE(pattern_match(&pat, &flow, SIDE_A, &seg, NULL));
	make_open(&flow);
	seg.seq = next - 2;
	flow_note(&flow, SIDE_A, &seg);
	expect_differs(&pat, &flow, &seg, "isn", "> old", "SND.NXT-2");
}

static const struct test tests[] = {
	{ "every field, matching and not", test_match },
	{ "a wrong checksum matches nothing", test_match_checksum },
	{ "no ts", test_no_ts },
	{ "segments in the case language", test_text_of_segment },
	{ "patterns in the case language", test_text },
	{ "what an ICMP error quotes", test_quote },
	{ "a text longer than its buffer", test_long_text },
	{ "options", test_options },
	{ "other options", test_other_options },
	{ "isn", test_isn },
	{ NULL, NULL },
};

const struct suite suite_pattern = { "pattern", tests };
