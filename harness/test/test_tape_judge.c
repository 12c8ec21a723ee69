/*
 * The tape judge over tapes made up here: healthy ones, in which it must find
 * nothing, and the same broken in one way each, in which it must find that
 * and nothing else. What the wire alone shows is the judge's, tested there.
 */
#include "test/expect.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "judge/tape_judge.h"
#include "run/judged.h"
#include "test/test_tape_judge.h"
#include "script/parse.h"

struct heard {
	char text[512];
	size_t n;
};

/* Whether it is of those rules that only a tape can show broken. */
static bool is_of_tapes(const struct rule *rule)
{
	int i;

	for (i = RULE_WRONG_TRANSITION; i < RULE_COUNT; i++) {
		if (strcmp(rule->name, rule_of((enum rule_id)i)->name) == 0)
			return true;
	}
	return false;
}

static void hear(void *ctx, const struct judge_finding *found)
{
	struct heard *h = ctx;
	bool of_end = strcmp(found->rule->name, "rst-answers-rst") == 0 &&
		      *found->expected == 'n';
	bool proved = found->severity > found->rule->severity;

	if (found->severity < SEVERITY_SUSPICIOUS ||
	    !(is_of_tapes(found->rule) || of_end || proved) ||
	    h->n >= sizeof(h->text))
		return;
	h->n += (size_t)snprintf(h->text + h->n, sizeof(h->text) - h->n,
				 "%c %s %s: %s | %s; ",
				 side_letter(found->side), found->rule->name,
				 found->rule->id, found->expected,
				 found->actual);
}

static void tape_of(const struct tape_row *row, int family, struct tape *t)
{
	struct make_event events[ROWS_MAX];
	size_t n = 0;
	int at_ms = 0;

	for (; row->event[n].kind != TAPE_KIND_COUNT; n++) {
		events[n] = row->event[n];
		at_ms += events[n].at_ms + 1;
		events[n].at_ms = at_ms;
	}
	make_tape(t, family, events, n);
	t->verdict = VERDICT_OK;
}

void tape_judge_finds(struct tape *t, const char *found)
{
	struct heard h = { .n = 0 };
	struct judge_sink sink = { .found = hear, .ctx = &h };

	tape_judge_hear(t, 200 * NS_PER_MS, &sink, NULL);
	EXPECT_STR(h.text, found);
	tape_clear(t);
}

static void run_row(const struct tape_row *row, int family)
{
	struct tape t;

	expect_row(row->name);
	tape_of(row, family, &t);
	tape_judge_finds(&t, row->found);
	expect_row(NULL);
}

static void run_rows(const struct tape_row *row)
{
	for (; row->name; row++) {
		run_row(row, AF_INET);
		run_row(row, AF_INET6);
	}
}

static void test_healthy(void)
{
	run_rows(tapes_healthy);
}

static void test_broken(void)
{
	run_rows(tapes_broken);
}

static void test_checks(void)
{
	run_rows(tapes_checks);
}

static void test_bugs(void)
{
	run_rows(tapes_bugs);
}

/* What a frame is made into: what rows cannot say. */
#define FRAME_0 SIZE_MAX

struct bent {
	size_t frame;	/* 0: none; FRAME_0: the first */
	int win;	/* -1: as it is */
	uint32_t tsval; /* or 0 */
	bool bad_sum;
	int took_ms; /* from its sending to its delivery */
};

static void delay_frame(struct tape *t, size_t frame, int took_ms)
{
	for (size_t i = 0; i < t->n_event; i++)
		if (t->event[i].kind == TAPE_SEGMENT &&
		    t->event[i].frame == frame)
			t->event[i].number = took_ms * NS_PER_MS;
}

static void bend_frame(struct tape *t, const struct bent *b)
{
	static const uint8_t mac[SEG_MAC_LEN] = { 2 };
	size_t frame = b->frame == FRAME_0 ? 0 : b->frame;
	const struct frame *f = t->frame[frame];
	uint8_t opts[12] = { 1, 1, 8, 10 }, bytes[200];
	struct seg seg = f->seg;
	size_t len;

	if (b->win >= 0)
		seg.win = (uint16_t)b->win;
	if (b->tsval) {
		opts[6] = (uint8_t)(b->tsval >> 8);
		opts[7] = (uint8_t)b->tsval;
		seg.opts = opts;
		seg.opts_len = sizeof(opts);
	}
	len = seg_build(&seg, mac, mac, bytes, sizeof(bytes));
	EXPECT_TRUE(len > 0);
	if (b->bad_sum)
		bytes[len - seg.opts_len - seg.len - 4] ^= 0xff;
	delay_frame(t, frame, b->took_ms);
	t->frame[frame] = frame_copy(&t->arena, f->from, f->at_ns, bytes, len);
	t->frame[frame]->forged = f->forged;
}

/* 10 octets from A that B has acknowledged; frame 4 may close the window. */
#define CLOSED_WINDOW                                         \
	OPENED, ACT(A, "send 10", "10"),                      \
		DATA(A, "P.", 1, 1, 10, DELIVERED, EST, EST), \
		SEG(B, ".", 1, 11, DELIVERED, EST, EST)

static const struct {
	struct tape_row row;
	struct bent bent[3];
} bents[] = {
	{ { "a wrong checksum",
	    { OPENED, ACT(A, "close", "0"),
	      SEG(A, "F.", 1, 1, DELIVERED, FW1, EST), LATER(600), END },
	    "A bad-checksum RFC9293-3.1-MUST2: a correct checksum | a wrong "
	    "one; " },
	  { { 3, -1, 0, true, 0 } } },
	{ { "the window goes back",
	    { A_CLOSED, END },
	    "B window-shrunk RFC9293-3.8.6-SHLD14: the window's right edge "
	    "no lower than before | 501 octets less; " },
	  { { 4, 0, 0, false, 0 } } },
	{ { "the window goes back, for the data in it is not read",
	    { UNREAD, END },
	    "" },
	  { { 4, 0, 0, false, 0 } } },
	{ { "the window goes back, for its buffer was made smaller",
	    { OPENED, ACT(B, "rcvbuf 2000", "0"), ACT(A, "close", "0"),
	      SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	      SEG(B, ".", 1, 2, DELIVERED, FW2, CW), END },
	    "" },
	  { { 4, 0, 0, false, 0 } } },
	{ { "the clock goes back",
	    { OPENED, ACT(A, "close", "0"),
	      SEG(A, "F.", 1, 1, DELIVERED, FW1, CW), END },
	    "A timestamp-back RFC7323-5.2-MONOTONE: TSval not before the "
	    "last one sent | 1000 before it; " },
	  { { 2, -1, 2000, false, 0 }, { 3, -1, 1000, false, 0 } } },
	{ { "what is a tick too old may be taken",
	    { OPENED, ACT(A, "send 10", "10"),
	      DATA(A, "P.", 1, 1, 10, DELIVERED, EST, EST),
	      SEG(B, ".", 1, 11, DELIVERED, EST, EST), LATER(1000), END },
	    "" },
	  { { 2, -1, 2000, false, 0 }, { 3, -1, 1999, false, 0 } } },
	{ { "the timestamp of old text may count",
	    { OPENED,
	      ACT(A, "send 10", "10"),
	      DATA(A, "P.", 1, 1, 10, DELIVERED, EST, EST),
	      SEG(B, ".", 1, 11, LOST, EST, EST),
	      ACT(A, "close", "0"),
	      SEG(A, "F.", 11, 1, HELD, FW1, EST),
	      DATA(A, "P.", 1, 1, 10, DELIVERED, FW1, EST),
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST),
	      { .kind = TAPE_RELEASE,
		.side = SIDE_A,
		.len = 5,
		.state = { FW1, EST } },
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST),
	      END },
	    "" },
	  { { 3, -1, 1000, false, 0 },
	    { 5, -1, 1500, false, 0 },
	    { 6, -1, 2000, false, 0 } } },
	{ { "what may have been taken goes up to the highest of it",
	    { OPENED, ACT(A, "send 10", "10"), ACT(A, "close", "0"),
	      DATA(A, "F.", 6, 1, 5, DELIVERED, FW1, EST),
	      DATA(A, ".", 1, 1, 5, DELIVERED, FW1, CW),
	      SEG(B, ".", 1, 12, DELIVERED, FW2, CW), END },
	    "" },
	  { { 1, 10, 0, false, 0 } } },
	{ { "what may have been taken fills the hole before what was",
	    { OPENED,
	      ACT(A, "send 30", "30"),
	      DATA(A, "P.", 1, 1, 10, DELIVERED, EST, EST),
	      SEG(B, ".", 1, 11, LOST, EST, EST),
	      ACT(A, "close", "0"),
	      DATA(A, ".", 11, 1, 10, HELD, FW1, EST),
	      DATA(A, "P.", 1, 1, 10, DELIVERED, FW1, EST),
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST),
	      DATA(A, "F.", 21, 1, 10, DELIVERED, FW1, EST),
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST),
	      { .kind = TAPE_RELEASE,
		.side = SIDE_A,
		.len = 5,
		.state = { FW1, CW } },
	      SEG(B, ".", 1, 32, DELIVERED, FW2, CW),
	      END },
	    "" },
	  { { 3, -1, 1000, false, 0 },
	    { 5, -1, 1500, false, 0 },
	    { 6, -1, 2000, false, 0 } } },
	{ { "an orphan gives up behind a closed window, and its peer reads",
	    { CLOSED_WINDOW, ACT(A, "close", "0"), IS(FW1, EST, 60000),
	      SEG(A, ".", 0, 1, DELIVERED, FW1, EST),
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST), IS(CLD, EST, 1),
	      ACT(B, "recv 10", "10"), SEG(B, ".", 1, 11, DELIVERED, CLD, EST),
	      SEG(A, "R", 11, 0, DELIVERED, CLD, CLD), LATER(2000), END },
	    "" },
	  { { 4, 0, 0, false, 0 }, { 6, 0, 0, false, 0 } } },
	{ { "an orphan has the window, sends no FIN, and is gone",
	    { CLOSED_WINDOW, ACT(A, "close", "0"), IS(FW1, EST, 60000),
	      IS(CLD, EST, 1), END },
	    "A fin-missing RFC9293-3.6-C1-FIN: FIN | none to the end of the "
	    "tape; " },
	  { { 4, 502, 0, false, 0 } } },
	{ { "user timeout behind a closed window, that is probed",
	    { ACT(A, "user-timeout 1s", "0"), CLOSED_WINDOW,
	      ACT(A, "shutdown wr", "0"), IS(FW1, EST, 1000),
	      SEG(A, ".", 0, 1, DELIVERED, FW1, EST),
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST), IS(CLD, EST, 1),
	      SEG(A, "R.", 11, 1, DELIVERED, CLD, CLD), END },
	    "" },
	  { { 4, 0, 0, false, 0 }, { 6, 0, 0, false, 0 } } },
	{ { "nor without user timeout",
	    { CLOSED_WINDOW, ACT(A, "shutdown wr", "0"), IS(FW1, EST, 1000),
	      SEG(A, ".", 0, 1, DELIVERED, FW1, EST),
	      SEG(B, ".", 1, 11, DELIVERED, FW1, EST), IS(CLD, EST, 1), END },
	    "A wrong-transition RFC9293-3.10.8-UTO: FIN-WAIT-1 after time | "
	    "CLOSED; " },
	  { { 4, 0, 0, false, 0 }, { 6, 0, 0, false, 0 } } },
	{ { "a FIN is delivered late, and acknowledged in time",
	    { OPENED, ACT(A, "close", "0"),
	      SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	      LATE(B, ".", 1, 2, DELIVERED, FW2, CW, 699), END },
	    "" },
	  { { 3, -1, 0, false, 300 } } },
	{ { "a FIN is delivered late, and acknowledged too late",
	    { OPENED, ACT(A, "close", "0"),
	      SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	      LATE(B, ".", 1, 2, DELIVERED, FW2, CW, 899), END },
	    "B answer-missing RFC9293-3.8.6.3-MUST40: an ACK within 500 ms | "
	    "after 0.600 s; " },
	  { { 3, -1, 0, false, 300 } } },
	{ { "PAWS: an old timestamp is answered",
	    { OPENED, SEG(B, "F.", 1, 1, FORGED, EST, EST),
	      SEG(A, ".", 1, 1, DELIVERED, EST, EST), LATER(1000), END },
	    "" },
	  { { 1, -1, 2000, false, 0 }, { 3, -1, 1000, false, 0 } } },
	{ { "PAWS: an old timestamp is taken",
	    { OPENED, SEG(B, "F.", 1, 1, FORGED, CW, EST), END },
	    "A wrong-transition RFC7323-5.3-R1: ESTABLISHED after old "
	    "timestamp | CLOSE-WAIT; " },
	  { { 1, -1, 2000, false, 0 }, { 3, -1, 1000, false, 0 } } },
	{ { "PAWS: not for a reset",
	    { OPENED, SEG(B, "R", 1, 0, FORGED, EST, EST), END },
	    "A rst-ignored RFC7323-5.2-NOPAWS: CLOSED after exact RST with "
	    "an old timestamp | ESTABLISHED; " },
	  { { 1, -1, 2000, false, 0 }, { 3, -1, 1000, false, 0 } } },
	{ { "PAWS: not for a reset in TIME-WAIT",
	    { BOTH_CLOSED, SEG(B, "R", 2, 0, FORGED, TW, CLD), END },
	    "A rst-ignored RFC7323-5.2-NOPAWS: CLOSED after exact RST with "
	    "an old timestamp | TIME-WAIT; " },
	  { { 1, -1, 2000, false, 0 },
	    { 5, -1, 2000, false, 0 },
	    { 7, -1, 1000, false, 0 } } },
	{ { "TIME-WAIT: a SYN with a newer timestamp opens",
	    { BOTH_CLOSED, ACT(A, "listen", "0"),
	      SEG(B, "S", -9, 0, FORGED, SR, CLD),
	      SEG(A, "S.", 90000, -8, LOST, SR, CLD), LATER(1000), END },
	    "" },
	  { { 1, -1, 2000, false, 0 },
	    { 5, -1, 2000, false, 0 },
	    { 7, -1, 2001, false, 0 } } },
	{ { "TIME-WAIT: a SYN with an older timestamp opens",
	    { BOTH_CLOSED, ACT(A, "listen", "0"),
	      SEG(B, "S", 90000, 0, FORGED, SR, CLD), END },
	    "A wrong-transition RFC9293-3.10.7.4-S4-TW: TIME-WAIT after SYN "
	    "outside the window | SYN-RECEIVED; " },
	  { { 1, -1, 2000, false, 0 },
	    { 5, -1, 2000, false, 0 },
	    { 7, -1, 1990, false, 0 } } },
	{ { "a FIN without timestamp is taken",
	    { OPENED, SEG(B, "F.", 1, 1, FORGED, CW, EST),
	      SEG(A, ".", 1, 2, DELIVERED, CW, EST), ACT(A, "recv", "eof"),
	      END },
	    "A wrong-transition RFC7323-3.2-MISSING: ESTABLISHED after "
	    "segment without timestamp | CLOSE-WAIT; "
	    "A answer-wrong RFC7323-3.2-MISSING: no acknowledgment of what "
	    "was not delivered | ack 2; " },
	  { { FRAME_0, -1, 1000, false, 0 },
	    { 1, -1, 2000, false, 0 },
	    { 2, -1, 1000, false, 0 } } },
	{ { "the clock stands still",
	    { OPENED, ACT(A, "close", "0"),
	      SEG(A, "F.", 1, 1, DELIVERED, FW1, CW), END },
	    "" },
	  { { 2, -1, 2000, false, 0 }, { 3, -1, 2000, false, 0 } } },
};

static void test_bent(void)
{
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(bents); i++) {
		struct tape t;

		expect_row(bents[i].row.name);
		tape_of(&bents[i].row, AF_INET, &t);
		for (k = 0; k < 3 && bents[i].bent[k].frame; k++)
			bend_frame(&t, &bents[i].bent[k]);
		tape_judge_finds(&t, bents[i].row.found);
	}
	expect_row(NULL);
}

/* What a case's head makes of an exact reset that is ignored. */
static const struct {
	const char *head;
	enum verdict verdict;
} declared[] = {
	{ "", VERDICT_NOT_OK },
	{ "deviates rst-obeyed\n", VERDICT_NOT_OK },
	{ "deviates rst-ignored\n", VERDICT_DEVIATES },
	{ "deviates RFC5961-3.2-1, RFC9293-3.10.7.4-S2-EST\n",
	  VERDICT_DEVIATES },
};

static const struct tape_row ignored = {
	"ignored", { OPENED, SEG(B, "R", 1, 0, FORGED, EST, EST), END }, ""
};

static void no_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)n;
	EXPECT_STR(text, "no fault in the script");
}

static void expect_deviation(const struct tape *t, bool deviates)
{
	if (!EXPECT_INT(t->n_deviation, deviates) || !deviates)
		return;
	EXPECT_STR(t->deviation[0].id, "RFC9293-3.10.7.4-S2-EST");
	EXPECT_STR(t->deviation[0].text, "rst-ignored by A: ESTABLISHED");
	EXPECT_INT(t->deviation[0].line, 5);
	EXPECT_INT(t->deviation[0].frame, 3);
}

static void expect_declared(const char *head, enum verdict verdict)
{
	const struct judged *list;
	struct script *s;
	char text[256];
	struct tape t;
	size_t n;

	snprintf(text, sizeof(text), "case t\nspec R-1\n%sopen\n", head);
	s = parse_script("t.fin", text, strlen(text), no_fault, NULL);
	if (!EXPECT_TRUE(s != NULL))
		return;
	tape_of(&ignored, AF_INET, &t);
	judged_tape(s, &t, &list, &n);
	EXPECT_STR(verdict_name(t.verdict), verdict_name(verdict));
	if (EXPECT_TRUE(n > 0)) {
		EXPECT_STR(list[0].rule, "rst-ignored");
		EXPECT_INT(list[0].declared, verdict == VERDICT_DEVIATES);
		EXPECT_INT(list[0].frame, 3);
		EXPECT_TRUE(t.frame[3]->note &&
			    strstr(t.frame[3]->note, "rst-ignored"));
	}
	expect_deviation(&t, verdict == VERDICT_DEVIATES);
	EXPECT_INT(t.finding != NULL, verdict == VERDICT_NOT_OK);
	if (t.finding) {
		EXPECT_STR(t.finding->what, "the judge: rst-ignored by A, "
					    "RFC9293-3.10.7.4-S2-EST");
		EXPECT_INT(t.finding->line, 5);
	}
	script_free(s);
	tape_clear(&t);
}

static void test_declared(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(declared); i++) {
		expect_row(declared[i].head);
		expect_declared(declared[i].head, declared[i].verdict);
	}
	expect_row(NULL);
}

static const struct test tests[] = {
	{ "nothing is found where all is well", test_healthy },
	{ "every rule can be found broken", test_broken },
	{ "an end with a bug is named, and it alone", test_bugs },
	{ "the checks come in their order", test_checks },
	{ "what rows cannot say", test_bent },
	{ "a case declares what it shows", test_declared },
	{ NULL, NULL },
};

const struct suite suite_tape_judge = { "tape_judge", tests };
