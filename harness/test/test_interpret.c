/*
 * The walk, over recordings made up here: every way a case can be right or
 * wrong, with the exact finding. Needs no privilege and no clock.
 */
#include "test/expect.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "run/replay.h"
#include "script/parse.h"

/* One recorded event; times are milliseconds after the one before it. */
struct rec {
	enum tape_kind kind;
	enum side side;
	int ms;
	enum tape_how how; /* SEGMENT */
	uint8_t flags;
	uint32_t seq, ack; /* relative */
	uint32_t len;
	enum tcp_state a, b;
	const char *text; /* ACT, COUNTED */
	const char *answer;
	int64_t number;
	bool passed;
};

#define F_A (FLAG_FIN | FLAG_ACK)
#define P_A (FLAG_PSH | FLAG_ACK)
#define R_A (FLAG_RST | FLAG_ACK)

#define EST TCP_STATE_ESTABLISHED
#define FW1 TCP_STATE_FIN_WAIT_1
#define FW2 TCP_STATE_FIN_WAIT_2
#define CW  TCP_STATE_CLOSE_WAIT
#define LA  TCP_STATE_LAST_ACK
#define TW  TCP_STATE_TIME_WAIT
#define CLD TCP_STATE_CLOSED
#define NO  TCP_STATE_NONE

/* clang-format off */
#define ACT(s, t, ans) \
	{ .kind = TAPE_ACT, .side = SIDE_##s, .text = t, .answer = ans }
#define SEG(s, f, q, k, h, sa, sb) \
	{ .kind = TAPE_SEGMENT, .side = SIDE_##s, .flags = f, .seq = q, \
	  .ack = k, .how = TAPE_##h, .a = sa, .b = sb }
#define LATE(s, f, q, k, h, sa, sb, t) \
	{ .kind = TAPE_SEGMENT, .side = SIDE_##s, .flags = f, .seq = q, \
	  .ack = k, .how = TAPE_##h, .a = sa, .b = sb, .ms = t }
#define DATA(s, q, k, n) \
	{ .kind = TAPE_SEGMENT, .side = SIDE_##s, .flags = P_A, .seq = q, \
	  .ack = k, .len = n, .how = TAPE_DELIVERED, .a = EST, .b = EST }
#define RELEASE(i, s, sa, sb) \
	{ .kind = TAPE_RELEASE, .side = SIDE_##s, .number = i, .a = sa, \
	  .b = sb }
#define IS_A(s) { .kind = TAPE_IS, .side = SIDE_A, .a = s }
#define QUIET(t) \
	{ .kind = TAPE_QUIET, .ms = t, .number = (t) * NS_PER_MS }
#define RETURNS(s, ans, t) \
	{ .kind = TAPE_RETURN, .side = SIDE_##s, .answer = ans, .ms = t, \
	  .number = (t) * NS_PER_MS }
#define OPENED OPENED_AS(TCP_STATE_SYN_RECEIVED, EST)
#define UNSHOWN OPENED_AS(NO, NO) /* B's states cannot be read */
#define OPENED_AS(handshaking, open) \
	{ .kind = TAPE_OPEN }, \
	{ .kind = TAPE_SEGMENT, .side = SIDE_A, .flags = FLAG_SYN, \
	  .how = TAPE_DELIVERED, .passed = true, \
	  .a = TCP_STATE_SYN_SENT, .b = handshaking }, \
	{ .kind = TAPE_SEGMENT, .side = SIDE_B, \
	  .flags = FLAG_SYN | FLAG_ACK, .ack = 1, \
	  .how = TAPE_DELIVERED, .passed = true, .a = EST, \
	  .b = handshaking }, \
	{ .kind = TAPE_SEGMENT, .side = SIDE_A, .flags = FLAG_ACK, \
	  .seq = 1, .ack = 1, .how = TAPE_DELIVERED, .passed = true, \
	  .a = EST, .b = open }
/* After an abort by A: what B is asked, and what it answers. */
#define ABORTED(b) \
	CASE "open\nA close\nCLOSED --> R. seq 1 ack 1 --> " b "\n"
#define PROBED(f, q, k) \
	UNSHOWN, ACT(A, "close", "0"), \
	SEG(A, R_A, 1, 1, DELIVERED, CLD, NO), \
	{ .kind = TAPE_SEGMENT, .side = SIDE_A, .flags = FLAG_ACK, \
	  .ack = 1, .len = 1, .how = TAPE_FORGED, .a = CLD }, \
	SEG(B, f, q, k, LOST, CLD, NO)
#define END { .kind = TAPE_KIND_COUNT }
/* clang-format on */

#define CASE "case t\nspec RFC9293 3.6\n"

#define RECS_MAX 20

struct row {
	const char *name;
	const char *script;
	struct rec rec[RECS_MAX];
	enum verdict verdict;
	/* NOT_OK: line, what, expected, actual. */
	const char *finding;
};

/* clang-format off */
static const struct row rows[] = {
	{ "a rung that fits",
	  CASE "open\nA close\nFIN-WAIT-1 --> F. seq 1 ack 1 --> CLOSE-WAIT\n",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, F_A, 1, 1, DELIVERED, FW1, CW), END }, VERDICT_OK, NULL },
	{ "wrong flags",
	  CASE "open\nA close\n--> F. -->\n",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, R_A, 1, 1, UNCLAIMED, NO, NO), END }, VERDICT_NOT_OK,
	  "5: wrong flags: F. from A (flags F.) | "
	  "R.  seq 1 ack 1 from A (flags R.)" },
	{ "wrong sequence number",
	  CASE "open\nA close\n--> F. seq 1 -->\n",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, F_A, 2, 1, UNCLAIMED, NO, NO), END }, VERDICT_NOT_OK,
	  "5: wrong seq: F.  seq 1 from A (seq 1) | "
	  "F.  seq 2 ack 1 from A (seq 2)" },
	{ "wrong state",
	  CASE "open\nA close\nFIN-WAIT-1 --> F. --> LAST-ACK\n",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, F_A, 1, 1, DELIVERED, FW1, CW), END }, VERDICT_NOT_OK,
	  "5: wrong state of B: LAST-ACK | CLOSE-WAIT" },
	{ "no segment",
	  CASE "open\nA close\n--> F. -->\n",
	  { OPENED, ACT(A, "close", "0"), END }, VERDICT_NOT_OK,
	  "5: no segment: F. from A | nothing from A in 1.000 s" },
	{ "no segment, but one from the other side",
	  CASE "open\n--> F. -->\n",
	  { OPENED, SEG(B, F_A, 1, 1, UNCLAIMED, NO, NO), END },
	  VERDICT_NOT_OK,
	  "4: no segment: F. from A | nothing from A in 0.000 ms; "
	  "but F.  seq 1 ack 1 from B" },
	{ "one too many at the end",
	  CASE "open\nA close\n--> F. -->\n",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, F_A, 1, 1, DELIVERED, FW1, CW),
	    SEG(B, FLAG_ACK, 1, 2, UNCLAIMED, NO, NO), END }, VERDICT_NOT_OK,
	  "5: one segment too many: no further segment | .  ack 2 from B" },
	{ "lost where the case delivers",
	  CASE "open\nA close\n--> F. -->\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, LOST, FW1, EST),
	    END }, VERDICT_NOT_OK,
	  "5: another fate: delivered | lost" },
	{ "held and released",
	  CASE "open\nA close\n--> F. ...\n... F. --> CLOSE-WAIT\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, HELD, FW1, EST),
	    RELEASE(3, A, FW1, CW), END }, VERDICT_OK, NULL },
	{ "released another than is held",
	  CASE "open\nA close\n--> F. ...\n... R. -->\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, HELD, FW1, EST),
	    END }, VERDICT_NOT_OK,
	  "6: no such segment held: R. | the cable holds none like it" },
	{ "a wrong answer",
	  CASE "open\nA recv = eof\n",
	  { OPENED, ACT(A, "recv", "ECONNRESET"), END }, VERDICT_NOT_OK,
	  "4: wrong answer to A recv: eof | ECONNRESET" },
	{ "an errno where any number would do",
	  CASE "open\nA fill\n",
	  { OPENED, ACT(A, "fill", "EPIPE"), END }, VERDICT_NOT_OK,
	  "4: wrong answer to A fill: no error | EPIPE" },
	{ "all that was sent",
	  CASE "open\nA fill\nB drain\n",
	  { OPENED, ACT(A, "fill", "700"), ACT(B, "drain", "700"), END },
	  VERDICT_OK, NULL },
	{ "less than was sent",
	  CASE "open\nA fill\nB drain\n",
	  { OPENED, ACT(A, "fill", "700"), ACT(B, "drain", "699"), END },
	  VERDICT_NOT_OK, "5: wrong answer to B drain: 700 | 699" },
	{ "returned where it blocks",
	  CASE "open\nA close blocks\nA returns\n",
	  { OPENED, ACT(A, "close", "0"), END }, VERDICT_NOT_OK,
	  "4: A close has returned: blocks | 0" },
	{ "blocks where it returns",
	  CASE "open\nA close\n",
	  { OPENED, ACT(A, "close", "blocks"), END }, VERDICT_NOT_OK,
	  "4: A close has not returned: an answer in time | still blocked" },
	{ "returns in time",
	  CASE "open\nA close blocks\nA returns after 90ms..200ms\n",
	  { OPENED, ACT(A, "close", "blocks"), RETURNS(A, "0", 100), END },
	  VERDICT_OK, NULL },
	{ "returns too early",
	  CASE "open\nA close blocks\nA returns after 200ms..300ms\n",
	  { OPENED, ACT(A, "close", "blocks"), RETURNS(A, "0", 100), END },
	  VERDICT_NOT_OK,
	  "5: wrong time of A close: after 200.000 ms to 300.000 ms | "
	  "after 100.000 ms" },
	{ "never returns",
	  CASE "open\nA close blocks\nA returns\n",
	  { OPENED, ACT(A, "close", "blocks"), END }, VERDICT_NOT_OK,
	  "5: A close has not returned: an answer in time | still blocked" },
	{ "left blocked",
	  CASE "open\nA close blocks\n",
	  { OPENED, ACT(A, "close", "blocks"), END }, VERDICT_NOT_OK,
	  "4: A close left over: a call that blocked to be asked for with "
	  "\"returns\" | still blocked" },
	{ "too early",
	  CASE "open\nA close\n--> F. --> after 50ms\n",
	  { OPENED, ACT(A, "close", "0"),
	    LATE(A, F_A, 1, 1, DELIVERED, FW1, CW, 20), END },
	  VERDICT_NOT_OK,
	  "5: wrong time: after at least 50.000 ms | after 20.000 ms" },
	{ "too late",
	  CASE "open\nA close\n--> F. --> within 10ms\n",
	  { OPENED, ACT(A, "close", "0"),
	    LATE(A, F_A, 1, 1, DELIVERED, FW1, CW, 20), END },
	  VERDICT_NOT_OK,
	  "5: no segment: F. from A | nothing from A in 10.000 ms" },
	{ "twice the interval",
	  CASE "open\nA close\n--> F. --x\n--> F. --x after 50ms\n"
	       "--> F. --x after 2x\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, LOST, FW1, EST),
	    LATE(A, F_A, 1, 1, LOST, FW1, EST, 60),
	    LATE(A, F_A, 1, 1, LOST, FW1, EST, 120), END }, VERDICT_OK,
	  NULL },
	{ "not twice the interval",
	  CASE "open\nA close\n--> F. --x\n--> F. --x after 50ms\n"
	       "--> F. --x after 2x\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, LOST, FW1, EST),
	    LATE(A, F_A, 1, 1, LOST, FW1, EST, 60),
	    LATE(A, F_A, 1, 1, LOST, FW1, EST, 60), END }, VERDICT_NOT_OK,
	  "7: wrong time: after 90.000 ms to 180.000 ms | after 60.000 ms" },
	{ "a state",
	  CASE "open\nA is ESTABLISHED\n", { OPENED, IS_A(EST), END },
	  VERDICT_OK, NULL },
	{ "another state",
	  CASE "open\nA is CLOSED\n", { OPENED, IS_A(EST), END },
	  VERDICT_NOT_OK, "4: wrong state of A: CLOSED | ESTABLISHED" },
	{ "silence",
	  CASE "open\nquiet 100ms\nA is ESTABLISHED\n",
	  { OPENED, QUIET(100), IS_A(EST), END }, VERDICT_OK, NULL },
	{ "no silence",
	  CASE "open\nquiet 100ms\n",
	  { OPENED, LATE(A, F_A, 1, 1, UNCLAIMED, NO, NO, 50), END },
	  VERDICT_NOT_OK,
	  "4: not quiet: no segment | F.  seq 1 ack 1 from A" },
	{ "repeated as often as it comes",
	  CASE "open\nA close\nrepeat 1..5 {\n--> F. --x\n}\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, LOST, FW1, EST),
	    SEG(A, F_A, 1, 1, LOST, FW1, EST), END }, VERDICT_OK, NULL },
	{ "repeated too seldom",
	  CASE "open\nA close\nrepeat 3 {\n--> F. --x\n}\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, LOST, FW1, EST),
	    SEG(A, F_A, 1, 1, LOST, FW1, EST), END }, VERDICT_NOT_OK,
	  "6: no segment: F. from A | nothing from A in 1.000 s" },
	{ "repeated once too often",
	  CASE "open\nA close\nrepeat 1 {\n--> F. --x\n}\n",
	  { OPENED, ACT(A, "close", "0"), SEG(A, F_A, 1, 1, LOST, FW1, EST),
	    SEG(A, F_A, 1, 1, UNCLAIMED, NO, NO), END }, VERDICT_NOT_OK,
	  "5: one segment too many: no further segment | "
	  "F.  seq 1 ack 1 from A" },
	{ "the second branch",
	  CASE "open\neither {\n--> F. -->\n} or {\n--> R. -->\n}\n",
	  { OPENED, SEG(A, R_A, 1, 1, DELIVERED, CLD, CLD), END },
	  VERDICT_OK, NULL },
	{ "the silent branch",
	  CASE "open\neither {\n--> F. -->\n} or {\nquiet 50ms\n}\n",
	  { OPENED, QUIET(100), END }, VERDICT_OK, NULL },
	{ "no branch",
	  CASE "open\neither {\n--> F. -->\n} or {\n--> R. -->\n}\n",
	  { OPENED, DATA(A, 1, 1, 10), END }, VERDICT_NOT_OK,
	  "4: no branch fits: one of the branches of either | "
	  "P.  seq 1:11 ack 1 from A" },
	{ "a count",
	  CASE "open\nB count TIME-WAIT = 2\n",
	  { OPENED,
	    { .kind = TAPE_COUNTED, .side = SIDE_B, .text = "TIME-WAIT",
	      .number = 3 }, END }, VERDICT_NOT_OK,
	  "4: wrong count of TIME-WAIT at B: 2 | 3" },
	{ "not open", CASE "open\n", { END }, VERDICT_OK, NULL },
	{ "an ICMP error about nothing",
	  CASE "~~> icmp host-unreachable -->\n", { END }, VERDICT_NOT_OK,
	  "3: nothing to quote: a SYN that the ICMP error is about | "
	  "none sent yet" },
	{ "an ICMP error that was not recorded",
	  CASE "open\n~~> icmp host-unreachable -->\n", { OPENED, END },
	  VERDICT_NOT_OK,
	  "4: recorded otherwise: forged | nothing forged" },
};
static const struct {
	struct row row;
	const char *deviates; /* the first's line, and all as text */
} deviating[] = {
	{ { "a branch that deviates",
	    CASE "open\neither {\n--> F. -->\n} or deviates R-2, R-3 {\n"
		 "--> R. seq 1 ack 1 -->\n}\n",
	    { OPENED, SEG(A, R_A, 1, 1, DELIVERED, CLD, CLD), END },
	    VERDICT_DEVIATES, NULL },
	  "6 R-2, R-3: R.  seq 1 ack 1 from A" },
	{ { "a silent branch that deviates",
	    CASE "open\neither deviates R-2 {\nquiet 50ms\n} or {\n"
		 "--> F. -->\n}\n",
	    { OPENED, QUIET(100), END }, VERDICT_DEVIATES, NULL },
	  "4 R-2: quiet 50ms" },
	{ { "not the branch that deviates",
	    CASE "open\neither deviates R-2 {\nquiet 50ms\n} or {\n"
		 "--> R. -->\n}\n",
	    { OPENED, SEG(A, R_A, 1, 1, DELIVERED, CLD, CLD), END },
	    VERDICT_OK, NULL },
	  "" },
	{ { "deviates, and then fails",
	    CASE "open\neither {\n--> F. -->\n} or deviates R-2 {\n"
		 "quiet 50ms\n}\nA close\n--> F. -->\n",
	    { OPENED, QUIET(100), ACT(A, "close", "0"),
	      SEG(A, R_A, 1, 1, UNCLAIMED, NO, NO), END },
	    VERDICT_NOT_OK,
	    "10: wrong flags: F. from A (flags F.) | "
	    "R.  seq 1 ack 1 from A (flags R.)" },
	  "6 R-2: quiet 50ms" },
};
/* clang-format on */

static const uint8_t mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };

/* clang-format off */
static const struct {
	enum tape_probed probed; /* of B */
	struct row row;
} probing[] = {
	{ PROBED_NOT,
	  { "no probe on the recording", ABORTED("CLOSED"),
	    { UNSHOWN, ACT(A, "close", "0"),
	      SEG(A, R_A, 1, 1, DELIVERED, CLD, NO), END }, VERDICT_OK, NULL } },
	{ PROBED_CLOSED,
	  { "a probe that is reset", ABORTED("CLOSED"),
	    { PROBED(FLAG_RST, 1, 0), END }, VERDICT_OK, NULL } },
	{ PROBED_CLOSED,
	  { "reset with what the listener adds", ABORTED("LISTEN"),
	    { PROBED(R_A, 1, 1), END }, VERDICT_OK, NULL } },
	{ PROBED_UNCLEAR,
	  { "reset with another number", ABORTED("CLOSED"),
	    { PROBED(FLAG_RST, 2, 0), END }, VERDICT_OK, NULL } },
	{ PROBED_OPEN,
	  { "a connection", ABORTED("CLOSED"),
	    { PROBED(FLAG_ACK, 1, 1), END }, VERDICT_NOT_OK,
	    "5: wrong probed state of B: CLOSED | a connection, which answers "
	    ".  ack 1 from B" } },
	{ PROBED_OPEN,
	  { "another opening", ABORTED("CLOSED"),
	    { PROBED(FLAG_SYN, 5, 0), END }, VERDICT_NOT_OK,
	    "5: wrong probed state of B: CLOSED | a connection, which answers "
	    "S  seq 0 from B" } },
	{ PROBED_NOT,
	  { "a state that no reset proves", ABORTED("CLOSED|TIME-WAIT"),
	    { PROBED(FLAG_RST, 1, 0), END }, VERDICT_OK, NULL } },
};
/* clang-format on */

/* The frame a recorded segment is, its numbers made absolute. */
static size_t record_frame(struct tape *t, const struct rec *r, int64_t at_ns)
{
	static const uint32_t isn[2] = { 1000, 4000000000u };
	struct seg seg = {
		.family = AF_INET, .flags = r->flags, .len = r->len, .win = 500
	};
	uint8_t frame[2048];
	size_t len;

	seg.src = t->flow.end[r->side];
	seg.dst = t->flow.end[side_other(r->side)];
	seg.seq = isn[r->side] + r->seq;
	seg.ack = r->flags & FLAG_ACK ? isn[side_other(r->side)] + r->ack : 0;
	len = seg_build(&seg, mac, mac, frame, sizeof(frame));
	return tape_add_frame(t, frame_copy(&t->arena, r->side, at_ns, frame,
					    len));
}

static void record(struct tape *t, const struct rec *rec)
{
	int64_t at_ns = NS_PER_S;
	int side;

	t->flow.family = AF_INET;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		t->flow.end[side].addr[0] = (uint8_t)(1 + side);
		t->flow.end[side].port = (uint16_t)(80 + side);
	}
	for (; rec->kind != TAPE_KIND_COUNT; rec++) {
		struct tape_event *e;

		at_ns += rec->ms * NS_PER_MS;
		e = tape_add(t, rec->kind, 4, at_ns);
		e->side = rec->side;
		e->how = rec->how;
		e->passed = rec->passed;
		e->state[SIDE_A] = rec->a;
		e->state[SIDE_B] = rec->b;
		e->text = rec->text;
		e->answer = rec->answer;
		e->number = rec->number;
		if (rec->kind == TAPE_SEGMENT)
			e->frame = record_frame(t, rec, at_ns);
		if (rec->kind == TAPE_RELEASE)
			e->frame = (size_t)rec->number;
	}
}

static void no_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)n;
	EXPECT_STR(text, "no fault in the script");
}

static void expect_finding(const struct tape *t, const char *want)
{
	char got[512];

	EXPECT_TRUE(t->finding != NULL);
	if (!t->finding)
		return;
	snprintf(got, sizeof(got), "%d: %s: %s | %s", t->finding->line,
		 t->finding->what, t->finding->expected, t->finding->actual);
	EXPECT_STR(got, want);
}

static void expect_deviates(struct tape *t, const char *want)
{
	char got[256] = "";

	if (t->n_deviation)
		snprintf(got, sizeof(got), "%d %s", t->deviation[0].line,
			 deviation_text(&t->arena, t->deviation,
					t->n_deviation));
	EXPECT_STR(got, want);
}

static void run_row(const struct row *row, const char *deviates,
		    enum tape_probed probed)
{
	struct tape recorded = { .n_event = 0 }, played = { .n_event = 0 };
	struct script *s = parse_script("t.fin", row->script,
					strlen(row->script), no_fault, NULL);

	expect_row(row->name);
	if (EXPECT_TRUE(s != NULL)) {
		record(&recorded, row->rec);
		replay_tape(s, &recorded, &played);
		EXPECT_STR(verdict_name(played.verdict),
			   verdict_name(row->verdict));
		if (row->finding)
			expect_finding(&played, row->finding);
		else
			EXPECT_TRUE(played.finding == NULL);
		EXPECT_INT(played.probed[SIDE_B], probed);
		expect_deviates(&played, deviates);
	}
	expect_row(NULL);
	script_free(s);
	tape_clear(&recorded);
	tape_clear(&played);
}

static void test_rows(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(&rows[i], "", PROBED_NOT);
}

static void test_deviating(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(deviating); i++)
		run_row(&deviating[i].row, deviating[i].deviates, PROBED_NOT);
}

static void test_probing(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probing); i++)
		run_row(&probing[i].row, "", probing[i].probed);
}

static const struct test tests[] = {
	{ "every way to be right or wrong", test_rows },
	{ "branches that deviate", test_deviating },
	{ "probes after the case", test_probing },
	{ NULL, NULL },
};

const struct suite suite_interpret = { "interpret", tests };
