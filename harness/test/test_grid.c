/*
 * The grid: what its tables may say, which cells there are, and what becomes
 * of each, with the judge's rows and without.
 */
#include "grid/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "test/expect.h"

#define STATES                                                \
	"state  ESTABLISHED  una 1 nxt 1 rcv 1 ack 1\n"       \
	"    open\n"                                          \
	"state  FIN-WAIT-1.orphan  una 1 nxt 2 rcv 1 ack 1\n" \
	"    open\n"                                          \
	"    B close\n"

#define COLUMN "column rst  arrives  RST\nin ESTABLISHED FIN-WAIT-1\n"

#define EVENT                                                   \
	"event rst  an RST\nrow RST in the window, not exact\n" \
	"    ~~>  R  seq {rcv+1}  -->\n"

/* What was told, one below the other. */
struct said {
	char text[4096];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void say(struct said *said,
						      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	said->len += (size_t)vsnprintf(said->text + said->len,
				       sizeof(said->text) - said->len, fmt, ap);
	va_end(ap);
}

static void say_fault(void *ctx, const char *text, size_t n)
{
	(void)n;
	say(ctx, "%s\n", text);
}

static size_t read_text(struct grid *g, const char *text, struct said *said)
{
	memset(g, 0, sizeof(*g));
	return grid_read(g, "t.grid", text, strlen(text), say_fault, said);
}

static void test_faults(void)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ "stat LISTEN\n",
		  "t.grid:1: stat: expected state, column, event, cell, or "
		  "what one of these has\n" },
		{ "state LISTENING una 1 nxt 1 rcv 1 ack 1\n",
		  "t.grid:1: LISTENING: expected a STATE, such as "
		  "FIN-WAIT-1.orphan\n" },
		{ "state LISTEN una 1 nxt x rcv 1 ack 1\n",
		  "t.grid:1: nxt: expected \"una N nxt N rcv N ack N\"\n" },
		{ "column rst arrives\n",
		  "t.grid:1: rst: expected \"column NAME KIND TITLE\"\n" },
		{ "event rst an RST\n",
		  "t.grid:1: rst: expected \"event NAME TITLE\" below a "
		  "column\n" },
		{ COLUMN "event rst an RST\nrow RST exact\n",
		  "t.grid:4: RST exact: no event of judge/rfc9293.c (see "
		  "lastack rules)\n" },
		{ COLUMN "event rst an RST\ntakes one\n",
		  "t.grid:4: one: expected a number of octets\n" },
		{ COLUMN "event rst an RST\nneeds sack\n",
		  "t.grid:4: sack: expected \"timestamps\"\n" },
		{ COLUMN "takes 1\n",
		  "t.grid:3: takes: expected state, column, event, cell, or "
		  "what one of these has\n" },
		{ "cell LISTEN\n",
		  "t.grid:1: LISTEN: expected \"cell STATE[,STATE] "
		  "EVENT[,EVENT]\"\n" },
		{ "cell LISTEN rst\nto CLOSED|GONE\n",
		  "t.grid:2: CLOSED|GONE: expected STATE, STATE|STATE or "
		  "same\n" },
		{ "cell LISTEN rst\nanswer an RST\n",
		  "t.grid:2: an RST: no answer of judge/rfc9293.c (see "
		  "lastack rules)\n" },
		{ COLUMN "    A close\n",
		  "t.grid:3: text of a case, where none belongs\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct said said = { 0 };
		struct grid g;

		expect_row(rows[i].text);
		EXPECT_INT(read_text(&g, rows[i].text, &said), 1);
		EXPECT_STR(said.text, rows[i].fault);
		grid_free(&g);
	}
}

/* What only the whole of the tables shows. */
static void test_check(void)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ STATES COLUMN EVENT, "" },
		{ STATES COLUMN,
		  "t.grid:6: rst in ESTABLISHED: expected an event, a case "
		  "or an excuse\n"
		  "t.grid:6: rst in FIN-WAIT-1.orphan: expected an event, a "
		  "case or an excuse\n" },
		{ STATES COLUMN "cell * rst\ncase a/b\n", "" },
		{ STATES COLUMN "cell * rst\nexcuse it cannot\n", "" },
		{ STATES COLUMN EVENT "cell LISTEN rst\nspec X-1\n",
		  "t.grid:11: no state and event of the grid is so called, "
		  "or has it\n" },
		{ STATES COLUMN EVENT "cell ESTABLISHED syn\nspec X-1\n",
		  "t.grid:11: no state and event of the grid is so called, "
		  "or has it\n" },
		{ STATES COLUMN "event rst an RST\n    ~~>  R  -->\n"
				"cell ESTABLISHED rst\nto CLOSED\n"
				"answer none\n",
		  "t.grid:8: rst in FIN-WAIT-1.orphan: no row of "
		  "judge/rfc9293.c says what must come of it: expected a "
		  "cell that does\n" },
		{ STATES COLUMN EVENT "cell * rst\nanswer any\n",
		  "t.grid:8: rst in ESTABLISHED: its row leaves the answer "
		  "open: expected a cell that says what may come\n"
		  "t.grid:8: rst in FIN-WAIT-1.orphan: its row leaves the "
		  "answer open: expected a cell that says what may come\n" },
		{ STATES COLUMN "event rst a bare FIN\nrow FIN\n"
				"    ~~>  F  seq edge  -->\n"
				"cell * rst\nanswer RST\n",
		  "t.grid:8: rst in ESTABLISHED: an RST acknowledges a "
		  "number that is not written\n"
		  "t.grid:8: rst in FIN-WAIT-1.orphan: an RST acknowledges "
		  "a number that is not written\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct said said = { 0 };
		struct grid g;

		expect_row(rows[i].text);
		EXPECT_INT(read_text(&g, rows[i].text, &said), 0);
		grid_check(&g, say_fault, &said);
		EXPECT_STR(said.text, rows[i].fault);
		grid_free(&g);
	}
}

/* All cases, one text below the other; those of variants by name alone. */
static void add_case(void *ctx, const struct grid_case *c)
{
	struct said *said = ctx;

	say(said, "== %s\n", c->name);
	if (c->variant == GRID_PLAIN)
		say(said, "%s", c->text);
}

static void expect_cases(const char *text, const char *cases)
{
	struct said said = { 0 }, faults = { 0 };
	struct grid g;

	EXPECT_INT(read_text(&g, text, &faults), 0);
	EXPECT_INT(grid_check(&g, say_fault, &faults), 0);
	grid_each(&g, add_case, &said);
	EXPECT_STR(said.text, cases);
	EXPECT_STR(faults.text, "");
	grid_free(&g);
}

#define VARIANTS(name)                                             \
	"== " name "/no-timestamps\n== " name "/no-sack\n== " name \
	"/no-options\n"

static void test_row(void)
{
	expect_cases(
		STATES COLUMN EVENT,
		"== grid/ESTABLISHED/rst\n"
		"case  ESTABLISHED: an RST\n"
		"spec  RFC5961-3.2-3\n\nopen\n\n"
		"~~>  R  seq 2  -->  ESTABLISHED\n"
		"x--  .  seq 1 ack 1  <--\n"
		"quiet 20ms\n" VARIANTS(
			"grid/ESTABLISHED/rst") "== grid/FIN-WAIT-1.orphan/rst\n"
						"case  FIN-WAIT-1.orphan: an RST\n"
						"spec  RFC5961-3.2-3\n\nopen\nB close\n\n"
						"~~>  R  seq 2  -->  FIN-WAIT-1\n"
						"x--  .  seq 2 ack 1  <--\n"
						"quiet 20ms\n" VARIANTS(
							"grid/FIN-WAIT-1.orphan/rst"));
}

/* The last cell that has an oracle decides; others only add requirements. */
static void test_cells(void)
{
	expect_cases(
		STATES COLUMN EVENT
		"cell * rst\nto CLOSED\nanswer none\n"
		"cell *.orphan rst\nbecause it is one\nspec Y-1\nto same\n"
		"first B rcvbuf 4096\n"
		"answer ACK or none\n"
		"cell FIN-WAIT-1 rst\nspec X-1, X-2\n"
		"cell ESTABLISHED rst\nexcuse not today\n",
		"== grid/FIN-WAIT-1.orphan/rst\n"
		"case  FIN-WAIT-1.orphan: an RST\n"
		"spec  Y-1\nspec  X-1\nspec  X-2\n"
		"# it is one\n\nB rcvbuf 4096\n\nopen\nB close\n\n"
		"~~>  R  seq 2  -->  FIN-WAIT-1\n"
		"either {\nx--  .  seq 2 ack 1  <--\n} or {\nquiet 20ms\n}\n" VARIANTS(
			"grid/FIN-WAIT-1.orphan/rst"));
}

/* Segments that acknowledge draw "R seq SEG.ACK", others "R. seq 0 ack END" */
static void test_answers(void)
{
	expect_cases("state  CLOSED  una 7 nxt 7 rcv 1 ack 7\n"
		     "column c  arrives  c\nin CLOSED\n"
		     "event syn-fin  a\nrow SYN\nneeds timestamps\n"
		     "    ~~>  FS  seq 5:15  -->\n"
		     "event fin  a\nrow FIN\nneeds timestamps\n"
		     "    ~~>  F.  seq 5 ack {ack}  -->\n"
		     "cell CLOSED syn-fin\nspec X-1\nto CLOSED\nanswer RST\n",
		     "== grid/CLOSED/syn-fin\ncase  CLOSED: a\nspec  X-1\n\n\n"
		     "~~>  FS  seq 5:15  -->  CLOSED\n"
		     "x--  R.  seq 0 ack 17  <--\nquiet 20ms\n"
		     "== grid/CLOSED/syn-fin/no-sack\n"
		     "== grid/CLOSED/fin\ncase  CLOSED: a\n"
		     "spec  RFC9293-3.5.2-G1-ACK\n\n\n"
		     "~~>  F.  seq 5 ack 7  -->  CLOSED\n"
		     "x--  R  seq 7  <--\nquiet 20ms\n"
		     "== grid/CLOSED/fin/no-sack\n");
}

/* A call has its states below it; an abort's RST may acknowledge or not. */
static void test_calls(void)
{
	expect_cases("state  ESTABLISHED  una 1 nxt 1 rcv 1 ack 1\n"
		     "    open\n"
		     "column c  call  c\nin ESTABLISHED\n"
		     "event close  a\nrow CLOSE\nneeds timestamps\n"
		     "    B close\n"
		     "event abort  a\nneeds timestamps\n"
		     "cell ESTABLISHED abort\nspec X-1\n"
		     "    B {state} {nxt-2}\n    {\n    }\n",
		     "== grid/ESTABLISHED/close\ncase  ESTABLISHED: a\n"
		     "spec  RFC9293-3.10.4-CLOSE-EST\n\nopen\n\n"
		     "B close\nB is FIN-WAIT-1\n"
		     "x--  F.  seq 1 ack 1  <--\nquiet 20ms\n"
		     "== grid/ESTABLISHED/close/no-sack\n"
		     "== grid/ESTABLISHED/abort\ncase  ESTABLISHED: a\n"
		     "spec  X-1\n\nopen\n\n"
		     "B ESTABLISHED -1\n{\n}\n"
		     "== grid/ESTABLISHED/abort/no-sack\n");
}

static void test_filling(void)
{
	static const char text[] = STATES COLUMN EVENT
		"event rst-2  another\nin FIN-WAIT-1\nrow exact RST\n"
		"    ~~>  R  -->\n"
		"cell FIN-WAIT-1 rst-2\ncase a/b, a/c\n"
		"column none  time  none\nin ESTABLISHED\n"
		"cell ESTABLISHED none\nexcuse nothing happens\n";
	struct said faults = { 0 };
	struct grid_filling f;
	struct arena a = { 0 };
	struct grid g;

	EXPECT_INT(read_text(&g, text, &faults), 0);
	EXPECT_INT(grid_check(&g, say_fault, &faults), 0);
	grid_filling(&g, &g.state[1], &g.column[0], &a, &f);
	EXPECT_INT(f.events.n, 1);
	EXPECT_INT(f.cases.n, 2);
	EXPECT_TRUE(!f.excuse);
	grid_filling(&g, &g.state[0], &g.column[1], &a, &f);
	EXPECT_INT(f.events.n + f.cases.n, 0);
	EXPECT_STR(f.excuse, "nothing happens");
	EXPECT_TRUE(!grid_has(&g.column[1], &g.state[1]));
	grid_free(&g);
	arena_free(&a);
}

static const struct test tests[] = {
	{ "lines that say nothing", test_faults },
	{ "cells that nothing fills", test_check },
	{ "a cell of a row", test_row },
	{ "what the tables say of cells", test_cells },
	{ "answers of closed ends", test_answers },
	{ "calls", test_calls },
	{ "what fills a cell", test_filling },
	{ NULL, NULL },
};

const struct suite suite_grid = { "grid", tests };
