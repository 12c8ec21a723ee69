/*
 * Expectations: which versions a row is for, what is no row, and what a run
 * makes of a case with and without rows that fit.
 */
#include "test/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "run/expectation.h"
#include "run/expectation_record.h"
#include "run/run.h"

/* A file with these rows behind the head, unlinked by the caller. */
static void make_file(char path[32], const char *head, const char *rows)
{
	static const char template[] = "/tmp/lastack-unit-XXXXXX";
	FILE *out;

	memcpy(path, template, sizeof(template));
	out = fdopen(mkstemp(path), "w");
	if (!EXPECT_TRUE(out != NULL))
		return;
	fprintf(out, "%s%s", head, rows);
	fclose(out);
}

static int read_rows(struct arena *a, const char *head, const char *rows,
		     struct expectations *e, char *fault, size_t cap)
{
	struct fault f = { "" };
	char path[32];
	int rc;

	make_file(path, head, rows);
	rc = expectations_read(e, a, path, &f);
	unlink(path);
	/* Without the name of the file. */
	snprintf(fault, cap, "%s", *f.text ? f.text + strlen(path) : "");
	return rc;
}

static const struct {
	const char *range;
	const char *release;
	bool in;
} versions[] = {
	{ "*", "6.18.44-cloud", true },	   { "6.18", "6.18.44", true },
	{ "6.18", "6.1.8", false },	   { "6.1", "6.18", false },
	{ ">=6.1", "6.0.9", false },	   { ">=6.1", "6.1.0-rc1", true },
	{ ">=6.1", "10.0", true },	   { "<=5.15", "5.15.200", true },
	{ "<=5.15", "5.16", false },	   { "5.10..6.12", "5.9.1", false },
	{ "5.10..6.12", "5.10", true },	   { "5.10..6.12", "6.12.99", true },
	{ "5.10..6.12", "6.13", false },   { "6.1.5..6.1.9", "6.1.4", false },
	{ "6.1.5..6.1.9", "6.1.9", true },
};

static void test_versions(void)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct expectations e = { .n = 0 };
		char row[256], fault[512];

		expect_row(versions[i].range);
		snprintf(row, sizeof(row), "x/y\t*\t%s\tR-1\tquiet\tc\t\n",
			 versions[i].range);
		EXPECT_INT(version_read(versions[i].release, &e.version), 0);
		EXPECT_INT(read_rows(&a, EXPECTATION_HEAD "\n", row, &e, fault,
				     sizeof(fault)),
			   0);
		EXPECT_STR(fault, "");
		if (EXPECT_INT(e.n, 1))
			EXPECT_INT(expectation_is_for(&e.row[0], "x/y",
						      AF_INET),
				   versions[i].in);
	}
	expect_row(NULL);
	arena_free(&a);
}

static const struct {
	const char *rows;
	const char *fault;
} bad[] = {
	{ "x\t*\t*\tR-1\tquiet\n",
	  ":2: 5 columns, expected case, family, versions, requirements, "
	  "text, citation, why and, where it is so, sometimes, with tabs "
	  "between them" },
	{ "x\t*\t*\tR-1\tquiet\tc\tw\ts\tt\n",
	  ":2: more than 8 columns, expected case, family, versions, "
	  "requirements, text, citation, why and, where it is so, sometimes, "
	  "with tabs between them" },
	{ "x\t*\t*\tR-1\tquiet\tc\tw\n\n",
	  ":3: 1 columns, expected case, family, versions, requirements, "
	  "text, citation, why and, where it is so, sometimes, with tabs "
	  "between them" },
	{ "\t*\t*\tR-1\tquiet\tc\tw\n",
	  ":2: no case, expected a case's name or a pattern of names" },
	{ "x\tipv5\t*\tR-1\tquiet\tc\tw\n",
	  ":2: family \"ipv5\": expected *, ipv4 or ipv6" },
	{ "x\t*\t6,1\tR-1\tquiet\tc\tw\n",
	  ":2: versions \"6,1\": expected *, 6.1, >=6.1, <=6.1 or "
	  "5.10..6.12" },
	{ "x\t*\t6.12..5.10\tR-1\tquiet\tc\tw\n",
	  ":2: versions \"6.12..5.10\": expected *, 6.1, >=6.1, <=6.1 or "
	  "5.10..6.12" },
	{ "x\t*\t>6.1\tR-1\tquiet\tc\tw\n",
	  ":2: versions \">6.1\": expected *, 6.1, >=6.1, <=6.1 or "
	  "5.10..6.12" },
	{ "x\t*\t\tR-1\tquiet\tc\tw\n",
	  ":2: versions \"\": expected *, 6.1, >=6.1, <=6.1 or 5.10..6.12" },
	{ "x\t*\t*\tR-1,,R-2\tquiet\tc\tw\n",
	  ":2: requirements \"R-1,,R-2\": expected one such as RFC5961-3.2-1, "
	  "or more with commas between them" },
	{ "x\t*\t*\t\tquiet\tc\tw\n",
	  ":2: requirements \"\": expected one such as RFC5961-3.2-1, or more "
	  "with commas between them" },
	{ "x\t*\t*\tR-1\t*\tc\tw\n",
	  ":2: text \"*\": expected what the stack does, or a part of it" },
	{ "x\t*\t*\tR-1\tquiet | *\tc\tw\n",
	  ":2: text \"quiet | *\": expected what the stack does, or a part of "
	  "it" },
	{ "x\t*\t*\tR-1\tquiet\t \tw\n",
	  ":2: no citation, expected a document, a commit, a thread, or "
	  "\"found by this suite\"" },
};

static void test_bad_rows(void)
{
	struct expectations e = { .n = 0 };
	struct arena a = { 0 };
	char fault[512];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_row(bad[i].rows);
		EXPECT_INT(read_rows(&a, EXPECTATION_HEAD "\n", bad[i].rows, &e,
				     fault, sizeof(fault)),
			   -1);
		EXPECT_STR(fault, bad[i].fault);
	}
	expect_row("head");
	EXPECT_INT(read_rows(&a, "case\tfamily\n", "", &e, fault,
			     sizeof(fault)),
		   -1);
	EXPECT_STR(fault, ":1: expected the columns case, family, versions, "
			  "requirements, text, citation, why, sometimes, with "
			  "tabs between them");
	expect_row(NULL);
	EXPECT_INT(e.n, 0);
	arena_free(&a);
}

static struct deviation quiet = { "R-1", "quiet 50ms", 7, TAPE_NO_FRAME };
static const struct finding step = { 9,		  "wrong flags",
				     "F. from A", "R. from A",
				     3,		  0 };
static const struct finding judge = {
	8, "the judge: rst-ignored by A, R-2", "CLOSED", "ESTABLISHED", 4, 0
};
static const struct judged violation = {
	"rst-ignored", "R-2", SEVERITY_VIOLATION,
	SIDE_A,	       4,     "CLOSED",
	"ESTABLISHED", false, 8
};

#define ROW(id, text)	    "x/y\t*\t*\t" id "\t" text "\tc\tw\n"
#define SOMETIMES(id, text) "x/y\t*\t*\t" id "\t" text "\tc\tw\tby chance\n"

/* What a case shows: d a branch, f a failing step, j the judge; u: no states. */
static const struct {
	const char *name;
	const char *shows;
	const char *rows;
	bool only_seen;
	enum verdict verdict;
	const char *what; /* of the finding; NULL: none is looked at */
	size_t n_deviation;
} holds[] = {
	{ "ok", "", "", false, VERDICT_OK, NULL, 0 },
	{ "ok, a row of another case", "", "x/z\t*\t*\tR-1\tquiet\tc\tw\n",
	  false, VERDICT_OK, NULL, 0 },
	{ "ok, a row of the other family", "",
	  "x/y\tipv6\t*\tR-1\tquiet\tc\tw\n", false, VERDICT_OK, NULL, 0 },
	{ "as expected", "d", ROW("R-1", "quiet"), false, VERDICT_DEVIATES,
	  NULL, 1 },
	{ "no row", "d", "", false, VERDICT_NOT_OK,
	  "deviates, and no row expects it", 1 },
	{ "otherwise", "d", ROW("R-1", "R. from A"), false, VERDICT_NOT_OK,
	  "deviates otherwise", 1 },
	{ "from another requirement", "d", ROW("R-9", "quiet"), false,
	  VERDICT_NOT_OK, "deviates otherwise", 1 },
	{ "one of two ways to tell it", "d", ROW("R-1", "R. | quiet *ms"),
	  false, VERDICT_DEVIATES, NULL, 1 },
	{ "stars in order", "d", ROW("R-1", "ms*quiet"), false, VERDICT_NOT_OK,
	  "deviates otherwise", 1 },
	{ "a pattern of cases", "d", "x/@(y|z)\t*\t*\tR-1\tquiet\tc\tw\n",
	  false, VERDICT_DEVIATES, NULL, 1 },
	{ "gone", "", ROW("R-1", "quiet"), false, VERDICT_NOT_OK,
	  "deviation gone", 0 },
	{ "one of two gone", "d", ROW("R-1", "quiet") ROW("R-2", "R."), false,
	  VERDICT_NOT_OK, "deviation gone", 1 },
	{ "gone, sometimes", "", SOMETIMES("R-1", "quiet"), false, VERDICT_OK,
	  NULL, 0 },
	{ "gone where not all is seen", "", ROW("R-1", "quiet"), true,
	  VERDICT_OK, NULL, 0 },
	{ "no row where not all is seen", "d", "", true, VERDICT_NOT_OK,
	  "deviates, and no row expects it", 1 },
	{ "a failing step without a row", "f", "", false, VERDICT_NOT_OK,
	  "wrong flags", 0 },
	{ "a failing step", "f", ROW("R-1, R-2", "wrong flags: *actual R."),
	  false, VERDICT_DEVIATES, NULL, 2 },
	{ "a failing step, otherwise", "f", ROW("R-1", "quiet"), false,
	  VERDICT_NOT_OK, "deviates otherwise: wrong flags", 0 },
	{ "the judge without a row", "j", "", false, VERDICT_NOT_OK,
	  "the judge: rst-ignored by A, R-2", 0 },
	{ "the judge", "j", ROW("R-2", "rst-ignored by A: ESTABLISHED"), false,
	  VERDICT_DEVIATES, NULL, 1 },
	{ "a row for the step does not hide the judge", "fj",
	  ROW("R-1", "wrong flags"), false, VERDICT_NOT_OK,
	  "deviates otherwise: wrong flags", 0 },
	{ "a row for both", "fj", ROW("R-2", "wrong flags | rst-ignored"),
	  false, VERDICT_DEVIATES, NULL, 2 },
	{ "a failing step, its end's states inferred", "fu",
	  ROW("R-1", "wrong flags:*, without states"), false, VERDICT_DEVIATES,
	  NULL, 1 },
	{ "a row for inferred states, and these were read", "f",
	  ROW("R-1", "wrong flags:*, without states"), false, VERDICT_NOT_OK,
	  "deviates otherwise: wrong flags", 0 },
	{ "the judge, states inferred", "ju",
	  ROW("R-2", "rst-ignored by A: ESTABLISHED, without states"), false,
	  VERDICT_DEVIATES, NULL, 1 },
	{ "gone, of the version that the stack may be", "",
	  "x/y\t*\t>=6.1\tR-1\tquiet\tc\tw\n", false, VERDICT_OK, NULL, 0 },
	{ "a row for the branch does not hide the step", "df",
	  ROW("R-1", "quiet"), false, VERDICT_NOT_OK,
	  "deviates otherwise: wrong flags", 1 },
};

static void make_outcome(struct outcome *out, const char *shows)
{
	memset(out, 0, sizeof(*out));
	if (strchr(shows, 'd')) {
		out->verdict = VERDICT_DEVIATES;
		out->deviation = &quiet;
		out->n_deviation = 1;
	}
	if (strchr(shows, 'j')) {
		out->verdict = VERDICT_NOT_OK;
		out->finding = &judge;
		out->judged = &violation;
		out->n_judged = 1;
	}
	out->inferred = strchr(shows, 'u') != NULL;
	if (strchr(shows, 'f')) {
		out->verdict = VERDICT_NOT_OK;
		out->finding = &step;
	}
}

static void expect_held(struct arena *a, size_t i)
{
	const struct job job = { .name = "x/y", .family = AF_INET };
	struct expectations e = { .n = 0 };
	struct outcome out;
	char fault[512];

	expect_row(holds[i].name);
	EXPECT_INT(read_rows(a, EXPECTATION_HEAD "\n", holds[i].rows, &e, fault,
			     sizeof(fault)),
		   0);
	make_outcome(&out, holds[i].shows);
	expectations_hold(&e, a, &job, holds[i].only_seen, &out);
	EXPECT_STR(verdict_name(out.verdict), verdict_name(holds[i].verdict));
	EXPECT_INT(out.n_deviation, holds[i].n_deviation);
	if (holds[i].what)
		EXPECT_STR(out.finding ? out.finding->what : "", holds[i].what);
}

static void test_hold(void)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(holds); i++)
		expect_held(&a, i);
	expect_row(NULL);
	arena_free(&a);
}

/* Which ends a text speaks of, and what a row of one end's stack is held to. */
static void test_ends(void)
{
	static const struct {
		const char *text;
		unsigned int ends;
	} rows[] = {
		{ "rst-obeyed by A: CLOSED", SIDE_BIT(SIDE_A) },
		{ "wrong state of B: expected X, actual Y", SIDE_BIT(SIDE_B) },
		{ "wrong answer to B shutdown rd", SIDE_BIT(SIDE_B) },
		{ "no segment: expected R from A", SIDE_BIT(SIDE_A) },
		{ "seen by A, sent from B", SIDE_BITS },
		{ "a breach of ABC by Bob", 0 },
		{ "quiet", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].text);
		EXPECT_INT(expectation_ends(rows[i].text, strlen(rows[i].text)),
			   rows[i].ends);
	}
	expect_row(NULL);
}

/* The row's stack at one end, the outcome "quiet 50ms by B" or nothing. */
static void test_other_end(void)
{
	static const struct {
		const char *name;
		unsigned int ends;
		const char *row;
		bool deviates;
		enum verdict verdict;
	} rows[] = {
		{ "B's own", SIDE_BIT(SIDE_B), "quiet 50ms by B", true,
		  VERDICT_DEVIATES },
		{ "not A's", SIDE_BIT(SIDE_A), "quiet 50ms by B", true,
		  VERDICT_NOT_OK },
		{ "of either", SIDE_BIT(SIDE_A), "quiet 50ms", true,
		  VERDICT_NOT_OK },
		{ "B's has to come", SIDE_BIT(SIDE_B), "quiet 50ms by B", false,
		  VERDICT_NOT_OK },
		{ "A's need not", SIDE_BIT(SIDE_A), "quiet 50ms by A", false,
		  VERDICT_OK },
		{ "nor one that B leads A to", SIDE_BIT(SIDE_B),
		  "quiet 50ms by A", false, VERDICT_NOT_OK },
	};
	static const struct deviation deviation = { "R-1", "quiet 50ms by B", 1,
						    TAPE_NO_FRAME };
	const struct job job = { .name = "x/y", .family = AF_INET };
	struct arena a = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct expectations e = { .ends = rows[i].ends };
		struct outcome out = { .verdict = VERDICT_OK };
		char row[128], fault[512];

		expect_row(rows[i].name);
		snprintf(row, sizeof(row), "x/y\t*\t*\tR-1\t%s\tc\t\n",
			 rows[i].row);
		EXPECT_INT(read_rows(&a, EXPECTATION_HEAD "\n", row, &e, fault,
				     sizeof(fault)),
			   0);
		if (rows[i].deviates) {
			out.deviation = &deviation;
			out.n_deviation = 1;
			out.verdict = VERDICT_DEVIATES;
		}
		expectations_hold(&e, &a, &job, false, &out);
		EXPECT_STR(verdict_name(out.verdict),
			   verdict_name(rows[i].verdict));
	}
	expect_row(NULL);
	arena_free(&a);
}

/* What was skipped or broken says nothing of the stack. */
static void test_not_held(void)
{
	static const enum verdict verdicts[] = { VERDICT_SKIP, VERDICT_BROKEN };
	const struct job job = { .name = "x/y", .family = AF_INET };
	struct expectations e = { .n = 0 };
	struct arena a = { 0 };
	char fault[512];

	EXPECT_INT(read_rows(&a, EXPECTATION_HEAD "\n", ROW("R-1", "quiet"), &e,
			     fault, sizeof(fault)),
		   0);
	for (size_t i = 0; i < 2; i++) {
		struct outcome out = { .verdict = verdicts[i] };

		expectations_hold(&e, &a, &job, false, &out);
		EXPECT_INT(out.verdict, verdicts[i]);
	}
	arena_free(&a);
}

static const char recorded[] = EXPECTATION_HEAD
	"\n"
	"x/y\tipv4\t6.18\tR-7\tno segment: expected R, actual seq * in * s and "
	"* ms, 1 * x\tfound by this suite\t\tin 1 of 2 rounds\n"
	"x/y\t*\t6.18\tR-1\tquiet 50ms\tfound by this suite\t\n";

/* Two rounds in both families, of which one fails once. */
static void test_record(void)
{
	static const struct finding late = {
		9,
		"no segment",
		"R",
		"seq -1234567 in 1.003 s and 5.25 ms,"
		"\t1 2.5 x",
		TAPE_NO_FRAME,
		0
	};
	static const char *spec[] = { "RFC9293 3.6", "R-7" };
	static struct script script = { .spec = spec, .n_spec = 2 };
	struct run run = { .verb = "run" };
	struct job job[4];
	struct outcome out;
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	static const struct stack_kind board = { .name = "board" };
	const struct ends_plan ends = {
		.stack = { { .kind = &board, .version = "1" },
			   { .kind = &board, .version = "6.18.44-cloud" } },
	};

	for (int i = 0; i < 4; i++)
		job[i] = (struct job){ .script = &script,
				       .name = "x/y",
				       .family = i % 2 ? AF_INET6 : AF_INET };
	run.ends = &ends;
	run.n_ends = 1;
	run_begin(&run, job, 4);
	for (size_t i = 0; i < 4; i++) {
		make_outcome(&out, "d");
		if (i == 2) {
			out.verdict = VERDICT_NOT_OK;
			out.finding = &late;
		}
		run_give(&run, i);
		run_done(&run, i, &out);
	}
	expectations_record(to, &run);
	fclose(to);
	EXPECT_STR(text, recorded);
	free(text);
	arena_free(&run.arena);
}

static const struct test tests[] = {
	{ "versions", test_versions },
	{ "rows that are none", test_bad_rows },
	{ "outcomes with and without rows", test_hold },
	{ "which end is spoken of", test_ends },
	{ "a row of the other end's stack", test_other_end },
	{ "what says nothing of the stack", test_not_held },
	{ "a run recorded", test_record },
	{ NULL, NULL },
};

const struct suite suite_expectation = { "expectation", tests };
