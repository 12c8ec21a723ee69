/* Whose a segment is, relative numbers, and what they show of a TCB. */
#include "packet/flow.h"

#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "test/expect.h"
#include "test/make.h"

static void test_side(void)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		enum side from = SIDE_A;
		struct flow flow;
		struct seg seg;

		make_flow(&flow, families[i]);
		seg = make_segment(&flow, &make_handshake[1]);
		EXPECT_TRUE(flow_side(&flow, &seg, &from));
		EXPECT_INT(from, SIDE_B);
		seg = make_segment(&flow, &make_handshake[0]);
		EXPECT_TRUE(flow_side(&flow, &seg, &from));
		EXPECT_INT(from, SIDE_A);
		seg.src.port++;
		EXPECT_TRUE(!flow_side(&flow, &seg, &from));
		seg.src.port--;
		seg.dst.addr[families[i] == AF_INET ? 3 : 15]++;
		EXPECT_TRUE(!flow_side(&flow, &seg, &from));
		seg = make_segment(&flow, &make_handshake[0]);
		seg.family = families[i] == AF_INET ? AF_INET6 : AF_INET;
		EXPECT_TRUE(!flow_side(&flow, &seg, &from));
	}
}

/* A reset where no connection is has number 0, all others the connection's. */
static void test_shown(const struct flow *flow)
{
	static const struct {
		const char *name;
		uint32_t seq;
		uint8_t flags;
		bool is_zero;
	} rows[] = {
		{ "a reset without a connection", 0, FLAG_RST | FLAG_ACK,
		  true },
		{ "one that takes its number from an ACK", 0, FLAG_RST, false },
		{ "data at the wrap", 0, FLAG_ACK, false },
		{ "a number of the connection's", MAKE_ISN_A + 1,
		  FLAG_RST | FLAG_ACK, false },
	};
	struct flow wrapped = *flow;
	struct seg seg = { .flags = FLAG_RST | FLAG_ACK };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		seg.seq = rows[i].seq;
		seg.flags = rows[i].flags;
		expect_row(rows[i].name);
		EXPECT_INT(flow_shown_seq(flow, SIDE_A, &seg),
			   rows[i].is_zero
				   ? 0
				   : flow_rel_seq(flow, SIDE_A, seg.seq));
	}
	wrapped.tcb[SIDE_A].snd_nxt = 0;
	seg.seq = 0;
	seg.flags = FLAG_RST | FLAG_ACK;
	expect_row("SND.NXT is 0");
	EXPECT_INT(flow_shown_seq(&wrapped, SIDE_A, &seg),
		   flow_rel_seq(&wrapped, SIDE_A, 0));
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].name);
		EXPECT_INT(flow_rel_seq(&flow, rows[i].from, rows[i].number),
			   rows[i].seq);
		EXPECT_INT(flow_rel_ack(&flow, rows[i].from, rows[i].number),
			   rows[i].ack);
	}
	test_shown(&flow);
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].name);
		make_note(&flow, &rows[i].seg);
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
	make_note(&flow, &(struct make_seg){ SIDE_A, "F.", 1, 1, 0 });
	syn = make_segment(&flow, &make_handshake[0]);
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

/* An ISS used again: the peer's, which is acknowledged, tells. */
static void test_same_iss(void)
{
	struct flow flow;
	struct seg syn;

	make_open(&flow);
	make_note(&flow, &(struct make_seg){ SIDE_B, "P.", 1, 1, 100 });
	syn = make_segment(&flow, &make_handshake[1]);
	flow_note(&flow, SIDE_B, &syn);
	EXPECT_INT(flow.tcb[SIDE_B].snd_nxt, MAKE_ISN_B + 101);
	syn.ack += 33679;
	EXPECT_TRUE(flow_tcb_is_another(&flow.tcb[SIDE_B], &syn));
	flow_note(&flow, SIDE_B, &syn);
	EXPECT_INT(flow.tcb[SIDE_B].snd_nxt, MAKE_ISN_B + 1);
	EXPECT_INT(flow.tcb[SIDE_B].old_nxt, MAKE_ISN_B + 101);
	EXPECT_TRUE(!flow_tcb_is_another(&flow.tcb[SIDE_B], &syn));
}

static const struct test tests[] = {
	{ "whose segment it is", test_side },
	{ "relative numbers, across the wrap", test_relative },
	{ "the next sequence number", test_next },
	{ "a new incarnation", test_incarnation },
	{ "a new incarnation with the same ISS", test_same_iss },
	{ "what an end says of its window and FIN", test_tcb },
	{ NULL, NULL },
};

const struct suite suite_flow = { "flow", tests };
