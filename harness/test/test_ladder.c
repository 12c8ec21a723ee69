/* Tapes as ladders, compared with the whole text; and ladders as cases. */
#include "tape/ladder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/make.h"
#include "script/parse.h"

/* clang-format off */
#define ACT(side, text, answer) \
	{ TAPE_ACT, SIDE_##side, text, answer, 0, 0, 0, 0, { 0, 0 }, 0, 0 }
#define SEG(side, flags, seq, ack, len, how, a, b) \
	{ TAPE_SEGMENT, SIDE_##side, flags, NULL, seq, ack, len, \
	  TAPE_##how, { TCP_STATE_##a, TCP_STATE_##b }, 0, 0 }
#define PASSED(side, flags, seq, ack, ms) \
	{ TAPE_SEGMENT, SIDE_##side, flags, NULL, seq, ack, 0, \
	  TAPE_DELIVERED, { 0, 0 }, true, ms }
#define RELEASE(side, frame, a, b) \
	{ TAPE_RELEASE, SIDE_##side, NULL, NULL, 0, 0, frame, 0, \
	  { TCP_STATE_##a, TCP_STATE_##b }, 0, 0 }
#define EVENT(kind, side, text, answer, number, ms) \
	{ TAPE_##kind, SIDE_##side, text, answer, number, 0, 0, 0, \
	  { 0, 0 }, 0, ms }
#define IS(side, a, b, ms) \
	{ TAPE_IS, SIDE_##side, NULL, NULL, 0, 0, 0, 0, \
	  { TCP_STATE_##a, TCP_STATE_##b }, 0, ms }
#define OPEN \
	EVENT(OPEN, A, NULL, NULL, 0, 0), PASSED(A, "S", 0, 0, 0), \
		PASSED(B, "S.", 0, 1, 0), PASSED(A, ".", 1, 1, 0)
#define OPEN_TEXT \
	"open\n" \
	"#              -->  S   seq 0        -->\n" \
	"#              <--  S.  seq 0 ack 1  <--\n" \
	"#              -->  .   ack 1        -->\n"

/* clang-format on */
static const struct make_event normal[] = {
	OPEN,
	ACT(A, "close", "0"),
	SEG(A, "F.", 1, 1, 0, DELIVERED, FIN_WAIT_1, CLOSE_WAIT),
	SEG(B, ".", 1, 2, 0, DELIVERED, FIN_WAIT_2, CLOSE_WAIT),
	ACT(B, "recv", "eof"),
	ACT(B, "close", "0"),
	SEG(B, "F.", 1, 2, 0, DELIVERED, TIME_WAIT, LAST_ACK),
	SEG(A, ".", 2, 2, 0, DELIVERED, TIME_WAIT, CLOSED),
};

static const char normal_text[] =
	OPEN_TEXT "A close\n"
		  "FIN-WAIT-1   -->  F.  seq 1 ack 1  -->  CLOSE-WAIT\n"
		  "FIN-WAIT-2   <--  .   ack 2        <--  CLOSE-WAIT\n"
		  "B recv = eof\n"
		  "B close\n"
		  "TIME-WAIT    <--  F.  seq 1 ack 2  <--  LAST-ACK\n"
		  "TIME-WAIT    -->  .   ack 2        -->  CLOSED\n";

static const struct make_event simultaneous[] = {
	OPEN,
	ACT(A, "close", "0"),
	SEG(A, "F.", 1, 1, 0, HELD, FIN_WAIT_1, ESTABLISHED),
	ACT(B, "close", "0"),
	SEG(B, "F.", 1, 1, 0, DELIVERED, CLOSING, FIN_WAIT_1),
	SEG(A, ".", 2, 2, 0, HELD, CLOSING, FIN_WAIT_1),
	RELEASE(A, 3, CLOSING, CLOSING),
	SEG(B, ".", 2, 2, 0, DELIVERED, TIME_WAIT, CLOSING),
	RELEASE(A, 5, TIME_WAIT, TIME_WAIT),
};

static const char simultaneous_text[] =
	OPEN_TEXT "A close\n"
		  "FIN-WAIT-1   -->  F.  seq 1 ack 1  ...  ESTABLISHED\n"
		  "B close\n"
		  "CLOSING      <--  F.  seq 1 ack 1  <--  FIN-WAIT-1\n"
		  "CLOSING      -->  .   ack 2        ...  FIN-WAIT-1\n"
		  "CLOSING      ...  F.  seq 1 ack 1  -->  CLOSING\n"
		  "TIME-WAIT    <--  .   ack 2        <--  CLOSING\n"
		  "TIME-WAIT    ...  .   ack 2        -->  TIME-WAIT\n";

/* Every fate, from both sides. */
static const struct make_event fates[] = {
	OPEN,
	SEG(A, "P.", 1, 1, 100, KEPT, ESTABLISHED, ESTABLISHED),
	SEG(A, "P.", 101, 1, 100, LOST, NONE, NONE),
	SEG(A, "R.", 201, 1, 0, UNCLAIMED, CLOSED, NONE),
	SEG(A, ".", 150, 1, 0, FORGED, NONE, ESTABLISHED),
	RELEASE(A, 3, NONE, CLOSED),
	SEG(B, "P.", 1, 1, 100, KEPT, ESTABLISHED, ESTABLISHED),
	SEG(B, "P.", 101, 1, 100, LOST, NONE, NONE),
	SEG(B, "R.", 201, 1, 0, UNCLAIMED, NONE, CLOSED),
	SEG(B, "R", 101, 0, 0, FORGED, ESTABLISHED, NONE),
	SEG(B, "F.", 201, 1, 0, HELD, NONE, FIN_WAIT_1),
	RELEASE(B, 11, CLOSED, NONE),
};

static const char fates_text[] =
	"open\n"
	"#              -->  S   seq 0              -->\n"
	"#              <--  S.  seq 0 ack 1        <--\n"
	"#              -->  .   ack 1              -->\n"
	"ESTABLISHED  -->  P.  seq 1:101 ack 1    ==>  ESTABLISHED\n"
	"             -->  P.  seq 101:201 ack 1  --x\n"
	"CLOSED       -->  R.  seq 201 ack 1      -->"
	"  # not claimed by any rung\n"
	"             ~~>  .   seq 150 ack 1      -->  ESTABLISHED\n"
	"             ...  P.  seq 1:101 ack 1    -->  CLOSED\n"
	"ESTABLISHED  <==  P.  seq 1:101 ack 1    <--  ESTABLISHED\n"
	"             x--  P.  seq 101:201 ack 1  <--\n"
	"             <--  R.  seq 201 ack 1      <--  CLOSED"
	"  # not claimed by any rung\n"
	"ESTABLISHED  <--  R   seq 101 win 0      <~~\n"
	"             ...  F.  seq 201 ack 1      <--  FIN-WAIT-1\n"
	"CLOSED       <--  F.  seq 201 ack 1      ...\n";

static const struct make_event acts[] = {
	ACT(A, "connect", "0"),
	ACT(A, "send 100", "100"),
	ACT(A, "send 100", "50"),
	ACT(A, "send 100", "EPIPE"),
	ACT(A, "fill", "87040"),
	ACT(A, "fill", "EPIPE"),
	ACT(B, "recv 100", "100"),
	ACT(B, "recv", "100"),
	ACT(B, "recv", "eof"),
	ACT(B, "drain", "1000"),
	ACT(B, "outq", "0"),
	ACT(B, "error", "0"),
	ACT(B, "error", "ECONNRESET"),
	ACT(B, "poll", "IN,RDHUP"),
	ACT(B, "kill", "0"),
	ACT(A, "linger 2000ms", "0"),
	ACT(A, "shutdown wr", "ENOTCONN"),
	ACT(A, "close", "blocks"),
	EVENT(RETURN, A, NULL, "0", 0, 0),
	EVENT(COUNTED, B, "TIME-WAIT", NULL, 3, 0),
	EVENT(PASS, A, NULL, NULL, 0, 0),
	EVENT(QUIET, A, NULL, NULL, 1000000000, 0),
	EVENT(QUIET, A, NULL, NULL, 150000000, 0),
	EVENT(QUIET, A, NULL, NULL, 2500000, 0),
	IS(B, NONE, TIME_WAIT, 0),
	IS(A, CLOSED, NONE, 2000),
	EVENT(RETURN, A, NULL, "ETIMEDOUT", 0, 3500),
	EVENT(PASS, A, "B returns", NULL, 0, 3500),
	EVENT(RETURN, B, NULL, "eof", 0, 3600),
	EVENT(PASS, A, "B returns", NULL, 0, 3600),
	EVENT(RETURN, B, NULL, "0", 0, 9600),
};

static const char acts_text[] = "A connect\n"
				"A send 100\n"
				"A send 100 = 50\n"
				"A send 100 = EPIPE\n"
				"A fill  # = 87040\n"
				"A fill = EPIPE\n"
				"B recv 100\n"
				"B recv = 100\n"
				"B recv = eof\n"
				"B drain  # = 1000\n"
				"B outq = 0\n"
				"B error = 0\n"
				"B error = ECONNRESET\n"
				"B poll = IN,RDHUP\n"
				"B kill\n"
				"A linger 2000ms\n"
				"A shutdown wr = ENOTCONN\n"
				"A close blocks\n"
				"A returns 0\n"
				"B count TIME-WAIT = 3\n"
				"pass\n"
				"quiet 1s\n"
				"quiet 150ms\n"
				"quiet 2500us\n"
				"B is TIME-WAIT\n"
				"A is CLOSED  within 5s\n"
				"A returns ETIMEDOUT  within 4s\n"
				"pass until B returns\n"
				"B returns eof\n"
				"pass until B returns  within 13s\n"
				"B returns 0  within 13s\n";

static const struct make_event times[] = {
	EVENT(OPEN, A, NULL, NULL, 2, 0),
	PASSED(A, "S", 0, 0, 1),
	SEG(B, "S.", 0, 1, 0, DELIVERED, ESTABLISHED, SYN_RECEIVED),
	EVENT(QUIET, A, NULL, NULL, 1000000000, 1234),
};

/* Its SYN,ACK was sent before: it waited, and time does not go back. */
static const char times_text[] =
	"open 2                                                  "
	"# +0.000000 s\n"
	"#              ...  S.  seq 0 ack 1  <--                "
	"# +0.000000 s\n"
	"#              -->  S   seq 0        -->                "
	"# +0.001000 s\n"
	"ESTABLISHED  <--  S.  seq 0 ack 1  <--  SYN-RECEIVED    "
	"# +0.001000 s\n"
	"quiet 1s                                                "
	"# +1.234000 s\n";

/* A's FIN was sent first of all, and its rung comes last. */
static const struct make_event waits[] = {
	PASSED(A, "S", 0, 0, 1),	   PASSED(B, "S.", 0, 1, 2),
	EVENT(ACT, B, "close", "0", 0, 5), PASSED(B, "F.", 1, 1, 6),
	PASSED(A, "F.", 1, 1, 0),
};

static const char waits_text[] =
	"#              -->  F.  seq 1 ack 1  ...                # +0.000000 s\n"
	"#              -->  S   seq 0        -->                # +0.001000 s\n"
	"#              <--  S.  seq 0 ack 1  <--                # +0.002000 s\n"
	"B close                                                 # +0.005000 s\n"
	"#              <--  F.  seq 1 ack 1  <--                # +0.006000 s\n"
	"#              -->  F.  seq 1 ack 1  -->                # +0.006000 s\n";

/* Numbers of ACKs: SND.NXT, a keep-alive's, one above. */
static const struct make_event odd[] = {
	OPEN,
	SEG(A, ".", 1, 1, 0, DELIVERED, NONE, NONE),
	SEG(A, ".", 0, 1, 0, DELIVERED, NONE, NONE),
	SEG(B, ".", 9, 1, 0, DELIVERED, NONE, NONE),
};

static const char odd_text[] =
	OPEN_TEXT "             -->  .   ack 1        -->\n"
		  "             -->  .   seq 0 ack 1  -->\n"
		  "             <--  .   seq 9 ack 1  <--\n";

static const struct row {
	const char *name;
	const struct make_event *events;
	size_t n;
	unsigned int options;
	const char *text;
} rows[] = {
	{ "normal close", normal, ARRAY_SIZE(normal), 0, normal_text },
	{ "simultaneous close", simultaneous, ARRAY_SIZE(simultaneous), 0,
	  simultaneous_text },
	{ "every fate", fates, ARRAY_SIZE(fates), 0, fates_text },
	{ "acts", acts, ARRAY_SIZE(acts), 0, acts_text },
	{ "times", times, ARRAY_SIZE(times), LADDER_TIMES, times_text },
	{ "a segment that waits for its rung", waits, ARRAY_SIZE(waits),
	  LADDER_TIMES, waits_text },
	{ "numbers that do not follow", odd, ARRAY_SIZE(odd), 0, odd_text },
	{ "an empty tape", NULL, 0, LADDER_TIMES, "" },
};

static const struct script no_script;

/* The ladder, malloc'ed. */
static char *print(const struct script *s, const struct tape *t,
		   unsigned int options)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ladder_print(out, s, t, options);
	fclose(out);
	return text;
}

static void expect_ladder(const struct row *row, int family)
{
	struct tape t;
	char *text;

	expect_row(row->name);
	make_tape(&t, family, row->events, row->n);
	text = print(&no_script, &t, row->options);
	EXPECT_STR(text, row->text);
	free(text);
	tape_clear(&t);
}

static void test_ladders(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_ladder(&rows[i], AF_INET);
		expect_ladder(&rows[i], AF_INET6);
	}
}

static void test_rung(void)
{
	struct flow flow;
	struct tape t;

	make_tape(&t, AF_INET, normal, ARRAY_SIZE(normal));
	flow = t.flow;
	for (size_t i = 0; i < 5; i++)
		tape_note(&t, &t.event[i], &flow);
	EXPECT_STR(ladder_rung(&t, &flow, &t.event[5]),
		   "FIN-WAIT-1   -->  F.  seq 1 ack 1  -->  CLOSE-WAIT");
	tape_clear(&t);
}

/* Frames no rung can describe are said to be there. */
static void test_not_ours(void)
{
	static const uint8_t arp[42] = { [12] = 0x08, [13] = 0x06 };
	struct make_event row = SEG(A, ".", 1, 1, 0, FORGED, NONE, NONE);
	struct tape_event *e;
	struct tape t;
	char *text;

	expect_row(NULL);
	make_tape(&t, AF_INET, &row, 1);
	t.flow.end[SIDE_A].port++;
	e = tape_add(&t, TAPE_SEGMENT, 2, MAKE_START);
	e->how = TAPE_FORGED;
	e->frame = tape_add_frame(&t, frame_copy(&t.arena, SIDE_B, MAKE_START,
						 arp, sizeof(arp)));
	t.frame[e->frame]->forged = true;
	text = print(&no_script, &t, 0);
	EXPECT_STR(text,
		   "#              ~~>  (TCP of another connection, 54 octets)"
		   "  -->\n"
		   "#              <--  (not TCP, 42 octets)"
		   "                    <~~\n");
	free(text);
	tape_clear(&t);
}

static void note_fault(void *ctx, const char *text, size_t n)
{
	(void)n;
	*(int *)ctx += 1;
	EXPECT_STR(text, "no fault");
}

static const char case_text[] =
	"# what this is about\n"
	"case  simultaneous close   # a comment that stays\n"
	"spec  RFC9293 3.6 figure 13\n"
	"needs wire\n"
	"\n"
	"set rto_min off\n"
	"sysctl A net.ipv4.tcp_fin_timeout 5\n"
	"\n"
	"open\n"
	"\n"
	"set nothing: not the head any more, and not read as one\n";

static const char head_text[] =
	"case  simultaneous close   # a comment that stays\n"
	"spec  RFC9293 3.6 figure 13\n"
	"needs wire\n"
	"set rto_min off\n"
	"sysctl A net.ipv4.tcp_fin_timeout 5\n"
	"\n";

/* Pasted to a file, the ladder is a case of as many steps. */
static void test_paste(void)
{
	size_t len = strstr(case_text, "set nothing") - case_text;
	char *text, want[2048];
	struct script *s, *again;
	struct tape t;
	int faults = 0;

	s = parse_script("a.fin", case_text, len, note_fault, &faults);
	EXPECT_TRUE(s != NULL);
	if (!s)
		return;
	make_tape(&t, AF_INET, simultaneous, ARRAY_SIZE(simultaneous));
	text = print(s, &t, LADDER_HEAD);
	snprintf(want, sizeof(want), "%s%s", head_text, simultaneous_text);
	EXPECT_STR(text, want);
	again = parse_script("b.fin", text, strlen(text), note_fault, &faults);
	EXPECT_TRUE(again != NULL);
	if (again) /* what open let through is comments */
		EXPECT_INT(again->body.n, ARRAY_SIZE(simultaneous) - 3);
	script_free(again);
	script_free(s);
	free(text);
	tape_clear(&t);
}

static const struct test tests[] = {
	{ "whole ladders", test_ladders },
	{ "one rung", test_rung },
	{ "what no rung can describe", test_not_ours },
	{ "a ladder is a case", test_paste },
	{ NULL, NULL },
};

const struct suite suite_ladder = { "ladder", tests };
