/* The tape as a list, and its events as text and back. */
#include "tape/tape.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/make.h"

/* One of every kind, with every member that kind may have. */
/* clang-format off */
static const struct {
	struct tape_event event;
	const char *text;
} rows[] = {
	{ { .kind = TAPE_ACT, .line = 9, .at_ns = MAKE_START, .side = SIDE_B,
	    .frame = TAPE_NO_FRAME, .text = "send 1000", .answer = "1000" },
	  "lastack 0 act line=9 at=1700000000000000000 side=B "
	  "text=\"send 1000\" answer=1000" },
	{ { .kind = TAPE_ACT, .frame = TAPE_NO_FRAME, .text = "",
	    .answer = "\"\\\n\x7f\xc3\xa9=" },
	  "lastack 1 act side=A text=\"\" "
	  "answer=\"\\\"\\\\\\x0a\\x7f\\xc3\\xa9=\"" },
	{ { .kind = TAPE_RETURN, .line = 1, .at_ns = 5,
	    .frame = TAPE_NO_FRAME, .answer = "ECONNRESET" },
	  "lastack 2 return line=1 at=5 side=A answer=ECONNRESET" },
	{ { .kind = TAPE_SEGMENT, .line = 3, .at_ns = 7, .side = SIDE_B,
	    .how = TAPE_LOST, .frame = 0,
	    .state = { TCP_STATE_FIN_WAIT_1, TCP_STATE_NONE } },
	  "lastack 3 segment line=3 at=7 side=B how=lost frame=1 "
	  "A=FIN-WAIT-1" },
	{ { .kind = TAPE_SEGMENT, .at_ns = 8, .how = TAPE_DELIVERED,
	    .passed = true, .frame = 12,
	    .state = { TCP_STATE_CLOSED, TCP_STATE_SYN_RECEIVED } },
	  "lastack 4 segment at=8 side=A how=delivered passed=yes frame=13 "
	  "A=CLOSED B=SYN-RECEIVED" },
	{ { .kind = TAPE_RELEASE, .line = 4, .frame = 1 },
	  "lastack 5 release line=4 side=A frame=2" },
	{ { .kind = TAPE_IS, .side = SIDE_B, .frame = TAPE_NO_FRAME,
	    .state = { TCP_STATE_NONE, TCP_STATE_TIME_WAIT } },
	  "lastack 6 is side=B B=TIME-WAIT" },
	{ { .kind = TAPE_COUNTED, .frame = TAPE_NO_FRAME,
	    .text = "TIME-WAIT", .number = 3 },
	  "lastack 7 counted side=A text=TIME-WAIT number=3" },
	{ { .kind = TAPE_QUIET, .frame = TAPE_NO_FRAME,
	    .number = 1000000000 },
	  "lastack 8 quiet side=A number=1000000000" },
	{ { .kind = TAPE_OPEN, .line = 5, .frame = TAPE_NO_FRAME },
	  "lastack 9 open line=5 side=A" },
	{ { .kind = TAPE_PASS, .line = 6, .frame = TAPE_NO_FRAME },
	  "lastack 10 pass line=6 side=A" },
	{ { .kind = TAPE_PASS, .line = 7, .frame = TAPE_NO_FRAME,
	    .text = "A returns" },
	  "lastack 11 pass line=7 side=A text=\"A returns\"" },
};
/* clang-format on */

static void expect_event(const struct tape_event *e,
			 const struct tape_event *want)
{
	EXPECT_INT(e->kind, want->kind);
	EXPECT_INT(e->line, want->line);
	EXPECT_INT(e->at_ns, want->at_ns);
	EXPECT_INT(e->side, want->side);
	EXPECT_INT(e->how, want->how);
	EXPECT_INT(e->passed, want->passed);
	EXPECT_INT(e->frame, want->frame);
	EXPECT_INT(e->state[SIDE_A], want->state[SIDE_A]);
	EXPECT_INT(e->state[SIDE_B], want->state[SIDE_B]);
	EXPECT_STR(e->text, want->text);
	EXPECT_STR(e->answer, want->answer);
	EXPECT_INT(e->number, want->number);
}

static void test_round_trip(void)
{
	struct tape t = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		*tape_add(&t, TAPE_ACT, 0, 0) = rows[i].event;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tape_event back;
		struct fault f = { "" };
		size_t number = 0;

		expect_row(rows[i].text);
		EXPECT_STR(tape_event_text(&t, i), rows[i].text);
		EXPECT_INT(tape_event_parse(&t, rows[i].text,
					    strlen(rows[i].text), &number,
					    &back, &f),
			   0);
		EXPECT_STR(f.text, "");
		EXPECT_INT(number, i);
		expect_event(&back, &rows[i].event);
	}
	tape_clear(&t);
}

static void test_every_how(void)
{
	struct tape t = { 0 };

	for (int how = 0; how < TAPE_HOW_COUNT; how++) {
		struct tape_event *e = tape_add(&t, TAPE_SEGMENT, 1, 1), back;
		struct fault f;
		const char *text;
		size_t number;

		e->how = (enum tape_how)how;
		e->frame = 0;
		text = tape_event_text(&t, (size_t)how);
		expect_row(text);
		if (EXPECT_INT(tape_event_parse(&t, text, strlen(text), &number,
						&back, &f),
			       0))
			EXPECT_INT(back.how, how);
	}
	tape_clear(&t);
}

static void test_bad_lines(void)
{
	static const char head[] = "expected an event line \"lastack NUMBER "
				   "KIND KEY=VALUE ...\"";
	static const char pair[] = "expected KEY=VALUE in an event line";
	static const struct {
		const char *line;
		const char *fault;
	} bad[] = {
		{ "", head },
		{ "lastack", head },
		{ "lastack x act", head },
		{ "lastack -1 act", head },
		{ "lastack 1 dance", head },
		{ "lastick 1 act", head },
		{ "lastack 1 act line", pair },
		{ "lastack 1 act line=", pair },
		{ "lastack 1 act =1", pair },
		{ "lastack 1 act text=\"open", pair },
		{ "lastack 1 act text=\"open\\", pair },
		{ "lastack 1 act text=\"\\x4\"", pair },
		{ "lastack 1 act text=\"\\x00\"", pair },
		{ "lastack 1 act text=\"\\q\"", pair },
		{ "lastack 1 act text=\"a\"b", pair },
		{ "lastack 1 act line=1x",
		  "\"1x\" is no value of line in an event line" },
		{ "lastack 1 act line=99999999999",
		  "\"99999999999\" is no value of line in an event line" },
		{ "lastack 1 act side=C",
		  "\"C\" is no value of side in an event line" },
		{ "lastack 1 act how=eaten",
		  "\"eaten\" is no value of how in an event line" },
		{ "lastack 1 act frame=0",
		  "\"0\" is no value of frame in an event line" },
		{ "lastack 1 act A=OPEN",
		  "\"OPEN\" is no value of A in an event line" },
		{ "lastack 1 act passed=no",
		  "\"no\" is no value of passed in an event line" },
		{ "lastack 1 act colour=red",
		  "unknown key \"colour\" in an event line" },
	};
	struct tape t = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct tape_event e;
		struct fault f = { "" };
		size_t number;

		expect_row(bad[i].line);
		EXPECT_INT(tape_event_parse(&t, bad[i].line,
					    strlen(bad[i].line), &number, &e,
					    &f),
			   -1);
		EXPECT_STR(f.text, bad[i].fault);
	}
	tape_clear(&t);
}

static void test_verdicts(void)
{
	static const char *const names[VERDICT_COUNT] = { "ok", "deviates",
							  "not ok", "skip",
							  "broken" };

	for (int v = 0; v < VERDICT_COUNT; v++) {
		EXPECT_STR(verdict_name((enum verdict)v), names[v]);
		EXPECT_INT(verdict_parse(names[v], strlen(names[v])), v);
	}
	EXPECT_INT(verdict_parse("not", 3), VERDICT_COUNT);
	EXPECT_INT(verdict_parse("", 0), VERDICT_COUNT);
}

static void test_list(void)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct tape t = { 0 };

	make_flow(&t.flow, AF_INET);
	t.flow.tcb[SIDE_A].known = true;
	for (int i = 0; i < 100; i++) {
		struct tape_event *e = tape_add(&t, TAPE_QUIET, i, i * 10);

		EXPECT_INT(e->frame, TAPE_NO_FRAME);
		EXPECT_INT(tape_add_frame(&t, frame_copy(&t.arena, SIDE_B, i,
							 bytes, sizeof(bytes))),
			   i);
	}
	for (int i = 0; i < 100; i++) {
		EXPECT_INT(t.event[i].line, i);
		EXPECT_INT(t.event[i].at_ns, i * 10);
		EXPECT_INT(t.frame[i]->at_ns, i);
		EXPECT_MEM(t.frame[i]->bytes, t.frame[i]->len, bytes,
			   sizeof(bytes));
	}
	tape_clear(&t);
	EXPECT_INT(t.n_event, 0);
	EXPECT_INT(t.n_frame, 0);
	EXPECT_TRUE(!t.arena.head);
	EXPECT_TRUE(!t.flow.tcb[SIDE_A].known);
	EXPECT_INT(t.flow.end[SIDE_A].port, 40000);
}

static const struct test tests[] = {
	{ "every kind of event, as text and back", test_round_trip },
	{ "every fate of a segment", test_every_how },
	{ "lines that are no events", test_bad_lines },
	{ "verdicts, both ways", test_verdicts },
	{ "the list", test_list },
	{ NULL, NULL },
};

const struct suite suite_tape = { "tape", tests };
