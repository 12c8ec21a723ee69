/*
 * The referee over tapes made up here: healthy ones, in which it must find
 * nothing, and the same broken in one way each, in which it must find that
 * and nothing else. What the wire alone shows is the judge's, tested there.
 */
#include "test/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "model/referee.h"
#include "play/judged.h"
#include "test/make.h"
#include "words/parse.h"

#define EST TCP_STATE_ESTABLISHED
#define FW1 TCP_STATE_FIN_WAIT_1
#define FW2 TCP_STATE_FIN_WAIT_2
#define CW  TCP_STATE_CLOSE_WAIT
#define CLG TCP_STATE_CLOSING
#define LA  TCP_STATE_LAST_ACK
#define TW  TCP_STATE_TIME_WAIT
#define CLD TCP_STATE_CLOSED
#define SS  TCP_STATE_SYN_SENT
#define SR  TCP_STATE_SYN_RECEIVED

/* at_ms is, in these rows, the time since the event before, less 1 ms. */
#define ACT(s, t, ans) \
	{ .kind = TAPE_ACT, .side = SIDE_##s, .text = t, .answer = ans }
#define DATA(s, f, q, k, n, h, sa, sb) \
	{ .kind = TAPE_SEGMENT, .side = SIDE_##s, .text = f, .number = q, \
	  .ack = k, .len = n, .how = TAPE_##h, .state = { sa, sb } }
#define SEG(s, f, q, k, h, sa, sb) DATA(s, f, q, k, 0, h, sa, sb)
#define LATE(s, f, q, k, h, sa, sb, t) \
	{ .kind = TAPE_SEGMENT, .side = SIDE_##s, .text = f, .number = q, \
	  .ack = k, .how = TAPE_##h, .state = { sa, sb }, .at_ms = t }
#define LATER(t) { .kind = TAPE_QUIET, .at_ms = t }
#define IS(sa, sb, t) { .kind = TAPE_IS, .state = { sa, sb }, .at_ms = t }
#define OPENED \
	{ .kind = TAPE_OPEN }, SEG(A, "S", 0, 0, DELIVERED, SS, SR), \
	SEG(B, "S.", 0, 1, DELIVERED, EST, SR), \
	SEG(A, ".", 1, 1, DELIVERED, EST, EST)
/* Up to FIN-WAIT-2 and CLOSE-WAIT. */
#define A_CLOSED \
	OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, DELIVERED, FW1, CW), \
	SEG(B, ".", 1, 2, DELIVERED, FW2, CW)
/* Up to both closed, A in TIME-WAIT. */
#define BOTH_CLOSED \
	A_CLOSED, ACT(B, "recv", "eof"), ACT(B, "close", "0"), \
	SEG(B, "F.", 1, 2, DELIVERED, TW, LA), \
	SEG(A, ".", 2, 2, DELIVERED, TW, CLD)
/* 100 octets from B that A has acknowledged and not read. */
#define UNREAD \
	OPENED, ACT(B, "send 100", "100"), \
	DATA(B, "P.", 1, 1, 100, DELIVERED, EST, EST), \
	SEG(A, ".", 1, 101, DELIVERED, EST, EST)
#define END { .kind = TAPE_KIND_COUNT }

#define ROWS_MAX 24

struct referee_row {
	const char *name;
	struct make_event event[ROWS_MAX];
	const char *found; /* "B wrong-transition ID: expected | actual; ..." */
};

static const struct referee_row healthy[] = {
	{ "normal close", { BOTH_CLOSED, LATER(1000), END }, "" },
	{ "simultaneous close",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, HELD, FW1, EST),
	    ACT(B, "close", "0"), SEG(B, "F.", 1, 1, DELIVERED, CLG, FW1),
	    SEG(A, ".", 2, 2, HELD, CLG, FW1),
	    { .kind = TAPE_RELEASE, .side = SIDE_A, .len = 3,
	      .state = { CLG, CLG } },
	    SEG(B, ".", 2, 2, DELIVERED, TW, CLG),
	    { .kind = TAPE_RELEASE, .side = SIDE_A, .len = 5,
	      .state = { TW, TW } }, LATER(1000), END }, "" },
	{ "unread data resets",
	  { UNREAD, ACT(A, "close", "0"),
	    SEG(A, "R.", 1, 101, DELIVERED, CLD, CLD),
	    ACT(B, "recv", "ECONNRESET"), LATER(1000), END }, "" },
	{ "linger 0 resets",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"),
	    SEG(A, "R.", 1, 1, DELIVERED, CLD, CLD), END }, "" },
	{ "a forged reset is challenged",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), LATER(1000), END }, "" },
	{ "a forged exact reset aborts",
	  { OPENED, SEG(B, "R", 1, 0, FORGED, CLD, EST),
	    ACT(A, "recv", "ECONNRESET"), ACT(B, "send 1", "1"),
	    DATA(B, "P.", 1, 1, 1, DELIVERED, CLD, EST),
	    SEG(A, "R", 1, 0, DELIVERED, CLD, CLD), LATER(1000), END }, "" },
	{ "data after close resets",
	  { A_CLOSED, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 1, 2, 10, DELIVERED, CLD, CW),
	    SEG(A, "R", 2, 0, DELIVERED, CLD, CLD), LATER(1000), END }, "" },
	{ "the peer's FIN is lost and comes again",
	  { A_CLOSED, ACT(B, "close", "0"), SEG(B, "F.", 1, 2, LOST, FW2, LA),
	    LATE(B, "F.", 1, 2, DELIVERED, TW, LA, 600),
	    SEG(A, ".", 2, 2, DELIVERED, TW, CLD), LATER(1000), END }, "" },
	{ "FIN-WAIT-2 gives up by time",
	  { A_CLOSED, IS(CLD, CW, 3000), END }, "" },
	{ "TIME-WAIT is over after a minute",
	  { BOTH_CLOSED, IS(CLD, CLD, 60000), END }, "" },
	{ "a copied descriptor keeps it open",
	  { OPENED, ACT(A, "dup", "0"), ACT(A, "close", "0"), LATER(2000),
	    IS(EST, EST, 0), END }, "" },
	{ "data that was not read is read to the end",
	  { UNREAD, ACT(B, "close", "0"),
	    SEG(B, "F.", 101, 1, DELIVERED, CW, FW1),
	    SEG(A, ".", 1, 102, DELIVERED, CW, FW2),
	    ACT(A, "recv 100", "100"), ACT(A, "recv", "eof"), END }, "" },
};

#define W(id) "wrong-transition " id
#define T "RFC9293-3.10.7.4-"

static const struct referee_row broken[] = {
	{ "the FIN changes nothing",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, EST),
	    SEG(B, ".", 1, 2, DELIVERED, FW2, EST), END },
	  "B " W(T "S8-EST") ": CLOSE-WAIT after FIN | ESTABLISHED; " },
	{ "the ACK of the FIN changes nothing",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 2, DELIVERED, FW1, CW), END },
	  "A " W(T "S5-FW1") ": FIN-WAIT-2 after ACK of FIN | FIN-WAIT-1; " },
	{ "close changes nothing",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, EST, CW), END },
	  "A " W("RFC9293-3.10.4-CLOSE-EST")
	  ": FIN-WAIT-1 after CLOSE | ESTABLISHED; " },
	{ "no TIME-WAIT",
	  { A_CLOSED, ACT(B, "close", "0"),
	    SEG(B, "F.", 1, 2, DELIVERED, CLD, LA),
	    SEG(A, ".", 2, 2, DELIVERED, CLD, CLD), END },
	  "A " W(T "S8-FW2") ": TIME-WAIT after FIN | CLOSED; " },
	{ "TIME-WAIT too short", { BOTH_CLOSED, IS(CLD, CLD, 1000), END },
	  "A wrong-transition RFC9293-3.10.8-TW: TIME-WAIT after time | "
	  "CLOSED; " },
	{ "gone without a cause", { OPENED, IS(CLD, EST, 0), END },
	  "A wrong-transition RFC9293-3.10.8-UTO: ESTABLISHED after time | "
	  "CLOSED; " },
	{ "FIN not acknowledged",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW), LATER(600), END },
	  "B answer-missing " T "S8-EST: an ACK within 500 ms | nothing; " },
	{ "FIN acknowledged late",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    LATE(B, ".", 1, 2, DELIVERED, FW2, CW, 699), END },
	  "B answer-missing RFC9293-3.8.6.3-MUST40: an ACK within 500 ms | "
	  "after 0.700 s; " },
	{ "TIME-WAIT does not answer",
	  { BOTH_CLOSED, SEG(B, "F.", 1, 2, FORGED, TW, CLD), LATER(600),
	    END },
	  "A answer-missing " T "S8-TW: an ACK within 500 ms | nothing; " },
	{ "no challenge",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, EST, EST), LATER(600), END },
	  "A answer-missing RFC5961-3.2-3: an ACK within 500 ms | nothing; " },
	{ "no reset at an abort",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"),
	    LATER(600), IS(CLD, EST, 0), END },
	  "A answer-missing RFC9293-3.10.5-ABORT-EST: RST | nothing; " },
	{ "FIN acknowledged one too low",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 1, DELIVERED, FW1, CW), END },
	  "B answer-wrong " T "S8-EST: the acknowledgment of all that was "
	  "delivered | ack 1; " },
	{ "FIN acknowledged with another number of its own",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 9, 2, DELIVERED, FW2, CW), END },
	  "B answer-wrong " T "S8-EST: SEQ=SND.NXT | SEQ 9; " },
	{ "less acknowledged than before",
	  { UNREAD, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 101, 1, 10, DELIVERED, EST, EST),
	    ACT(A, "recv 5", "5"), SEG(A, ".", 1, 51, DELIVERED, EST, EST),
	    END },
	  "A answer-wrong RFC9293-3.5.2-G3: no less than it has acknowledged "
	  "before | ack 51; " },
	{ "FIN at an abort",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, LOST, CLD, EST), END },
	  "A answer-wrong RFC9293-3.10.5-ABORT-EST: RST | FIN; " },
	{ "a reset where a FIN is due",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "R.", 1, 1, LOST, FW1, EST),
	    END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset outside the window is answered",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), END },
	  "A answer-wrong RFC5961-3.2-1: no answer | ACK; " },
	{ "acknowledged though it was lost",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    SEG(B, ".", 1, 2, LOST, FW1, EST), END },
	  "B answer-wrong " T "S5-5961: no acknowledgment of what was not "
	  "delivered | ack 2; " },
	{ "a reset with a number of its own",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"),
	    SEG(A, "R.", 77, 1, DELIVERED, CLD, EST), END },
	  "A answer-wrong RFC9293-3.5.2-G1-ACK: SEQ=SND.NXT, or the SEG.ACK "
	  "it answers | SEQ 77; " },
	{ "a FIN nobody asked for",
	  { OPENED, SEG(A, "F.", 1, 1, LOST, EST, EST), END },
	  "A unasked-segment RFC9293-3.6-C1-NOEARLYFIN: no FIN: neither "
	  "close() nor shutdown() | FIN; " },
	{ "a reset nobody asked for",
	  { OPENED, SEG(A, "R.", 1, 1, LOST, EST, EST), END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset answers a reset",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, "R", 0, 0, LOST, EST, EST), END },
	  "A rst-answers-rst RFC5961-3.2-1: no RST: nothing was aborted | "
	  "RST; " },
	{ "FIN on unread data",
	  { UNREAD, ACT(A, "close", "0"), SEG(A, "F.", 1, 101, LOST, CLD, EST),
	    END },
	  "A fin-on-unread RFC9293-3.6.1-SHLD3a: RST: data was left unread | "
	  "FIN; " },
	{ "FIN-WAIT-1 on unread data",
	  { UNREAD, ACT(A, "close", "0"), IS(FW1, EST, 0), END },
	  "A fin-on-unread RFC9293-3.6.1-SHLD3a: TIME-WAIT or CLOSED after "
	  "CLOSE with unread data | FIN-WAIT-1; " },
	{ "data accepted after close",
	  { A_CLOSED, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 1, 2, 10, DELIVERED, CLD, CW),
	    SEG(A, ".", 2, 11, DELIVERED, CLD, CW), END },
	  "A data-after-close RFC9293-3.6.1-SHLD3b: RST | ACK; " },
	{ "still there after data after close",
	  { A_CLOSED, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 1, 2, 10, DELIVERED, FW2, CW), END },
	  "A data-after-close RFC9293-3.6.1-SHLD3b: CLOSED after data | "
	  "FIN-WAIT-2; " },
	{ "close sends no FIN",
	  { OPENED, ACT(A, "close", "0"), IS(FW1, EST, 1100), END },
	  "A fin-missing RFC9293-3.6-C1-FIN: FIN | none to the end of the "
	  "tape; " },
	{ "an exact reset is ignored",
	  { OPENED, SEG(B, "R", 1, 0, FORGED, EST, EST), END },
	  "A rst-ignored " T "S2-EST: CLOSED after exact RST | "
	  "ESTABLISHED; " },
	{ "an inexact reset is obeyed",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, CLD, EST), END },
	  "A rst-obeyed RFC5961-3.2-3: ESTABLISHED after RST in the window, "
	  "not exact | CLOSED; " },
	{ "a reset outside the window is obeyed",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, CLD, EST), END },
	  "A rst-obeyed RFC5961-3.2-1: ESTABLISHED after RST outside the "
	  "window | CLOSED; " },
	{ "end of file without a FIN", { OPENED, ACT(A, "recv", "eof"), END },
	  "A wrong-result POSIX-RECV-EOF: no end of file: no FIN was "
	  "delivered | recv = eof; " },
	{ "end of file before the data",
	  { UNREAD, ACT(A, "recv", "eof"), END },
	  "A wrong-result POSIX-RECV-DATAFIRST: the data first | "
	  "recv = eof; " },
	{ "more than was delivered",
	  { UNREAD, ACT(A, "recv", "101"), END },
	  "A wrong-result POSIX-RECV-DATAFIRST: only what was delivered in "
	  "order | recv = 101; " },
	{ "a reset without RST", { OPENED, ACT(A, "recv", "ECONNRESET"), END },
	  "A wrong-result POSIX-RECV-ECONNRESET: no reset: no RST was "
	  "delivered | recv = ECONNRESET; " },
	{ "sent after shutdown",
	  { OPENED, ACT(A, "shutdown wr", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 2, DELIVERED, FW2, CW),
	    ACT(A, "send 5", "5"), END },
	  "A wrong-result RFC9293-3.6-C1-NOSEND: an error: it has closed | "
	  "send = 5; " },
};

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

	if (found->severity < SEVERITY_SUSPICIOUS ||
	    !(is_of_tapes(found->rule) || of_end) ||
	    h->n >= sizeof(h->text))
		return;
	h->n += (size_t)snprintf(h->text + h->n, sizeof(h->text) - h->n,
				 "%c %s %s: %s | %s; ",
				 side_letter(found->side), found->rule->name,
				 found->rule->id, found->expected,
				 found->actual);
}

static void tape_of(const struct referee_row *row, int family,
		    struct tape *t)
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

static void run_row(const struct referee_row *row, int family)
{
	struct heard h = { .n = 0 };
	struct judge_ear ear = { .found = hear, .ctx = &h };
	struct tape t;

	check_row(row->name);
	tape_of(row, family, &t);
	referee_tape(&t, &ear);
	CHECK_STR(h.text, row->found);
	check_row(NULL);
	tape_clear(&t);
}

static void run_rows(const struct referee_row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		run_row(&rows[i], AF_INET);
		run_row(&rows[i], AF_INET6);
	}
}

static void test_healthy(void)
{
	run_rows(healthy, sizeof(healthy) / sizeof(healthy[0]));
}

static void test_broken(void)
{
	run_rows(broken, sizeof(broken) / sizeof(broken[0]));
}

/* What a case's head makes of an exact reset that is ignored. */
static const struct {
	const char *head;
	enum verdict verdict;
} declared[] = {
	{ "", VERDICT_NOT_OK },
	{ "deviates rst-obeyed\n", VERDICT_NOT_OK },
	{ "deviates rst-ignored\n", VERDICT_OK },
	{ "deviates RFC5961-3.2-1, RFC9293-3.10.7.4-S2-EST\n", VERDICT_OK },
};

static const struct referee_row ignored = {
	"ignored", { OPENED, SEG(B, "R", 1, 0, FORGED, EST, EST), END }, ""
};

static void no_fault(void *ctx, const char *text)
{
	(void)ctx;
	CHECK_STR(text, "no fault in the script");
}

static void check_declared(const char *head, enum verdict verdict)
{
	const struct judged *list;
	struct script *s;
	char text[256];
	struct tape t;
	size_t n;

	snprintf(text, sizeof(text), "case t\nspec x\n%sopen\n", head);
	s = parse_script("t.fin", text, strlen(text), no_fault, NULL);
	if (!CHECK_TRUE(s != NULL))
		return;
	tape_of(&ignored, AF_INET, &t);
	judged_tape(s, &t, &list, &n);
	CHECK_STR(verdict_name(t.verdict), verdict_name(verdict));
	if (CHECK_TRUE(n > 0)) {
		CHECK_STR(list[0].rule, "rst-ignored");
		CHECK_INT(list[0].declared, verdict == VERDICT_OK);
		CHECK_INT(list[0].frame, 3);
		CHECK_TRUE(t.frame[3].note &&
			   strstr(t.frame[3].note, "rst-ignored"));
	}
	CHECK_INT(t.finding != NULL, verdict == VERDICT_NOT_OK);
	if (t.finding) {
		CHECK_STR(t.finding->what, "the judge: rst-ignored by A, "
					   "RFC9293-3.10.7.4-S2-EST");
		CHECK_INT(t.finding->line, 5);
	}
	script_free(s);
	tape_clear(&t);
}

static void test_declared(void)
{
	size_t i;

	for (i = 0; i < sizeof(declared) / sizeof(declared[0]); i++) {
		check_row(declared[i].head);
		check_declared(declared[i].head, declared[i].verdict);
	}
	check_row(NULL);
}

static const struct check_test tests[] = {
	{ "nothing is found where all is well", test_healthy },
	{ "every rule can be found broken", test_broken },
	{ "a case declares what it shows", test_declared },
	{ NULL, NULL },
};

const struct check_suite suite_referee = { "referee", tests };
