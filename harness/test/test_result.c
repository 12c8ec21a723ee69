/*
 * Results: an outcome through JSON and back with hostile text in it, the
 * text's escapes for each reader, and what a run's verdicts amount to.
 */
#include "test/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "report/report.h"
#include "run/result.h"
#include "run/run.h"
#include "base/array.h"
#include "base/text.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
	const char *row;
	const char *in;
	const char *out;
} through[] = {
	{ "plain", "FIN-WAIT-1", "FIN-WAIT-1" },
	{ "empty", "", "" },
	{ "quotes", "say \"no\" \\ 'x'", "say \"no\" \\ 'x'" },
	{ "controls", "a\x01\n\t\x1b[31m\x7f", "a\x01\n\t\x1b[31m\x7f" },
	{ "UTF-8", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xA7 " FFFD,
	  "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xA7 " FFFD },
	{ "no UTF-8", "a\xFF\x80z", "a" FFFD FFFD "z" },
	{ "cut short", "a\xE2\x82", "a" FFFD FFFD },
	{ "overlong", "\xC0\xAF", FFFD FFFD },
	{ "surrogate", "\xED\xA0\x80", FFFD FFFD FFFD },
	{ "beyond", "\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD },
};

static void expect_judged(const struct outcome *got, const char *out)
{
	const struct judged *j = got->judged;

	if (!EXPECT_INT(got->n_judged, 1))
		return;
	EXPECT_STR(j->rule, out);
	EXPECT_STR(j->id, out);
	EXPECT_INT(j->severity, SEVERITY_SUSPICIOUS);
	EXPECT_INT(j->side, SIDE_B);
	EXPECT_INT(j->frame, 7);
	EXPECT_STR(j->expected, out);
	EXPECT_STR(j->actual, out);
	EXPECT_TRUE(j->declared);
	EXPECT_INT(j->line, 11);
}

static void expect_deviation(const struct outcome *got, const char *out)
{
	if (!EXPECT_INT(got->n_deviation, 1))
		return;
	EXPECT_STR(got->deviation[0].id, out);
	EXPECT_STR(got->deviation[0].text, out);
	EXPECT_INT(got->deviation[0].line, 9);
	EXPECT_INT(got->deviation[0].frame, 7);
}

static void expect_through(struct arena *a, const char *in, const char *out)
{
	const struct finding f = { 9, in, in, in, TAPE_NO_FRAME, 0 };
	const char *const branch[] = { in, "line 12" };
	const struct judged judged = { in,     in,   SEVERITY_SUSPICIOUS,
				       SIDE_B, 7,    in,
				       in,     true, 11 };
	const struct deviation deviation = { in, in, 9, 7 };
	const struct outcome sent = {
		.verdict = VERDICT_NOT_OK,
		.reason = in,
		.finding = &f,
		.ladder = in,
		.branch = branch,
		.n_branch = 2,
		.deviation = &deviation,
		.n_deviation = 1,
		.judged = &judged,
		.n_judged = 1,
	};
	char *text = result_pack(&sent);
	struct outcome got;
	struct fault fault;

	EXPECT_TRUE(text);
	if (text &&
	    EXPECT_INT(result_unpack(text, strlen(text), a, &got, &fault), 0)) {
		EXPECT_STR(got.reason, out);
		EXPECT_STR(got.ladder, out);
		EXPECT_INT(got.n_branch, 2);
		EXPECT_STR(got.branch[0], out);
		expect_judged(&got, out);
		expect_deviation(&got, out);
		EXPECT_STR(got.finding->what, out);
		EXPECT_STR(got.finding->expected, out);
		EXPECT_STR(got.finding->actual, out);
	}
	free(text);
}

static void test_text_through(void)
{
	struct arena a = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(through); i++) {
		expect_row(through[i].row);
		expect_through(&a, through[i].in, through[i].out);
	}
	expect_row(NULL);
	arena_free(&a);
}

static void test_members(void)
{
	const struct finding f = { 31, "no segment", "F.", "nothing", 17, 5 };
	const struct outcome sent = {
		.verdict = VERDICT_NOT_OK,
		.finding = &f,
		.state = { TCP_STATE_FIN_WAIT_2, TCP_STATE_NONE },
		.segments = 12345678901,
		.start_ns = INT64_C(1793593530123456789),
		.duration_ns = 131072,
	};
	char *text = result_pack(&sent);
	struct arena a = { 0 };
	struct outcome got;
	struct fault fault;

	EXPECT_INT(result_unpack(text, strlen(text), &a, &got, &fault), 0);
	EXPECT_INT(got.verdict, VERDICT_NOT_OK);
	EXPECT_INT(got.state[SIDE_A], TCP_STATE_FIN_WAIT_2);
	EXPECT_INT(got.state[SIDE_B], TCP_STATE_NONE);
	EXPECT_INT(got.segments, 12345678901);
	EXPECT_INT(got.start_ns, sent.start_ns);
	EXPECT_INT(got.duration_ns, sent.duration_ns);
	EXPECT_INT(got.finding->line, 31);
	EXPECT_INT(got.finding->frame, 17);
	EXPECT_INT(got.finding->missed_ns, 5);
	EXPECT_INT(got.n_branch, 0);
	EXPECT_STR(got.reason, NULL);
	EXPECT_STR(got.ladder, NULL);
	free(text);
	arena_free(&a);
}

static const char *const refused[] = {
	"",
	"{",
	"[]",
	"{}",
	"{\"verdict\": 3}",
	"{\"verdict\": \"fine\"}",
	"{\"verdict\": \"ok\"} x",
	"{\"verdict\": \"ok\", \"reason\": \"\xFF\"}",
};

static void test_refused(void)
{
	struct arena a = { 0 };
	struct outcome got;
	struct fault f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		expect_row(refused[i]);
		f.text[0] = '\0';
		EXPECT_INT(result_unpack(refused[i], strlen(refused[i]), &a,
					 &got, &f),
			   -1);
		EXPECT_TRUE(*f.text);
	}
	expect_row(NULL);
	arena_free(&a);
}

static const struct {
	const char *in;
	const char *xml;
	const char *data;
	const char *tap;
	const char *plain;
} escapes[] = {
	{ "a<b> & \"c\"", "a&lt;b&gt; &amp; &quot;c&quot;",
	  "a&lt;b&gt; &amp; &quot;c&quot;", "a<b> & \"c\"", "a<b> & \"c\"" },
	{ "1\n2\t3", "1&#10;2&#9;3", "1\n2\t3", "1 2 3", "1?2\t3" },
	{ "\x1b[2J\x01", FFFD "[2J" FFFD, FFFD "[2J" FFFD, " [2J ", "?[2J?" },
	{ "# \\ #", "# \\ #", "# \\ #", "\\# \\\\ \\#", "# \\ #" },
	{ "\xFFz\xC2\x9B", FFFD "z" FFFD, FFFD "z" FFFD, FFFD "z ", FFFD "z?" },
	{ "\xEF\xBF\xBE", FFFD, FFFD, "\xEF\xBF\xBE", "\xEF\xBF\xBE" },
};

static void expect_escape(void (*put)(FILE *, const char *), const char *in,
			  const char *expected)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	put(out, in);
	fclose(out);
	EXPECT_STR(text, expected);
	free(text);
}

static void test_escapes(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(escapes); i++) {
		expect_row(escapes[i].plain);
		expect_escape(text_xml, escapes[i].in, escapes[i].xml);
		expect_escape(text_xml_data, escapes[i].in, escapes[i].data);
		expect_escape(text_tap, escapes[i].in, escapes[i].tap);
		expect_escape(text_plain, escapes[i].in, escapes[i].plain);
	}
	expect_row(NULL);
	expect_escape(text_plain, NULL, "-");
	expect_escape(text_word, "cases/a-b_1.fin", "cases/a-b_1.fin");
	expect_escape(text_word, "", "''");
	expect_escape(text_word, "it's $HOME\n", "'it'\\''s $HOME?'");
}

static const struct {
	const char *verdicts; /* o, d, n, s, b; . is not run */
	bool require;
	int signal;
	int status;
	const char *closing;
} runs[] = {
	{ "od", false, 0, 1, "1 passed, 1 deviating, 0 failed" },
	{ "ds", true, 0, 1, "0 passed, 1 deviating, 1 failed" },
	{ "dd", false, 0, 1, "0 passed, 2 deviating, 0 failed" },
	{ "oo", false, 0, 0, "2 passed, 0 failed" },
	{ "os", false, 0, 0, "1 passed, 0 failed, 1 skipped" },
	{ "os", true, 0, 1, "1 passed, 1 failed" },
	{ "on", false, 0, 1, "1 passed, 1 failed" },
	{ "nb", false, 0, 2, "0 passed, 1 failed, 1 broken" },
	{ "ob", false, 0, 2, "1 passed, 0 failed, 1 broken" },
	{ "ss", false, 0, 77, "0 passed, 0 failed, 2 skipped" },
	{ "o.", false, 0, 2, "1 passed, 0 failed" },
	{ "n.", false, 0, 1, "0 passed, 1 failed" },
	{ "o.", false, 2, 130, "1 passed, 0 failed" },
	{ "..", false, 15, 143, "0 passed, 0 failed" },
};

static struct script script = { .path = "cases/x/y.fin", .title = "y" };

static void play(struct run *run, struct job *job, const char *verdicts)
{
	static const char letters[] = "odnsb";
	size_t i, n = strlen(verdicts);

	for (i = 0; i < n; i++)
		job[i] = (struct job){ .script = &script,
				       .name = "x/y",
				       .family = AF_INET,
				       .round = 1 };
	run_begin(run, job, n);
	for (i = 0; i < n; i++) {
		struct outcome out = { .reason = "because" };
		static const struct deviation sample[] = {
			{ "R-1", "quiet 1s", 7, TAPE_NO_FRAME },
			{ "R-2", "quiet 1s", 7, TAPE_NO_FRAME },
			{ "R-3", "R. # from A", 9, 2 },
		};
		const char *at = strchr(letters, verdicts[i]);

		if (!at)
			continue;
		out.verdict = (enum verdict)(at - letters);
		if (out.verdict == VERDICT_DEVIATES) {
			out.deviation = sample;
			out.n_deviation = 3;
		}
		run_give(run, i);
		run_done(run, i, &out);
	}
	run_end(run);
}

static void test_status(void)
{
	struct job job[8];
	char *text;
	size_t i, len;
	FILE *out;

	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		struct run run = { .require = runs[i].require };

		expect_row(runs[i].verdicts);
		play(&run, job, runs[i].verdicts);
		run.signal = runs[i].signal;
		EXPECT_INT(run_exit_status(&run), runs[i].status);
		EXPECT_INT(run.running, 0);
		out = open_memstream(&text, &len);
		report_closing(out, &run);
		fclose(out);
		EXPECT_STR(text, runs[i].closing);
		free(text);
		arena_free(&run.arena);
	}
	expect_row(NULL);
}

#define MS 1000000

/*
 * A failure and how late the machine was, in milliseconds: a bound that was
 * missed by more is the stack's.
 */
static const struct {
	const char *row;
	int64_t missed_ms, late_ms;
	enum verdict verdict;
} late[] = {
	{ "no bound, in time", 0, 0, VERDICT_NOT_OK },
	{ "no bound, a little late", 0, 100, VERDICT_NOT_OK },
	{ "no bound, late", 0, 300, VERDICT_BROKEN },
	{ "a bound, in time", 16, 0, VERDICT_NOT_OK },
	{ "a bound, missed by more", 101, 100, VERDICT_NOT_OK },
	{ "a bound, missed by less", 99, 100, VERDICT_BROKEN },
	{ "a bound missed by far, late", 900, 300, VERDICT_BROKEN },
};

static void test_late(void)
{
	struct job job = {
		.script = &script, .name = "x/y", .family = AF_INET, .round = 1
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(late); i++) {
		const struct finding f = {
			9,	     "wrong time",  "after 1 s",
			"after 2 s", TAPE_NO_FRAME, late[i].missed_ms * MS
		};
		const struct outcome out = { .verdict = VERDICT_NOT_OK,
					     .finding = &f,
					     .late_ns = late[i].late_ms * MS };
		struct run run = { 0 };

		expect_row(late[i].row);
		run_begin(&run, &job, 1);
		run_give(&run, 0);
		EXPECT_INT(run_done(&run, 0, &out)->out.verdict,
			   late[i].verdict);
		run_end(&run);
		arena_free(&run.arena);
	}
	expect_row(NULL);
}

static const char tap_expected[] =
	"ok 1 - x/y ipv4 wire\n"
	"ok 2 - x/y ipv4 wire # SKIP because\n"
	"not ok 3 - x/y ipv4 wire\n"
	"  ---\n"
	"  severity: broken\n"
	"  file: \"cases/x/y.fin\"\n"
	"  title: \"y\"\n"
	"  spec: []\n"
	"  reason: \"because\"\n"
	"  states: {A: \"-\", B: \"-\"}\n"
	"  again: \"lastack run cases/x/y.fin -4 --link wire\"\n"
	"  ...\n"
	"not ok 4 - x/y ipv4 wire # TODO deviates R-1, R-2: quiet 1s; "
	"R-3: R. \\# from A\n"
	"  ---\n"
	"  severity: deviates\n"
	"  file: \"cases/x/y.fin\"\n"
	"  title: \"y\"\n"
	"  spec: []\n"
	"  reason: \"because\"\n"
	"  deviates:\n"
	"  - {line: 7, id: \"R-1\", text: \"quiet 1s\"}\n"
	"  - {line: 7, id: \"R-2\", text: \"quiet 1s\"}\n"
	"  - {line: 9, id: \"R-3\", text: \"R. # from A\"}\n"
	"  states: {A: \"-\", B: \"-\"}\n"
	"  again: \"lastack run cases/x/y.fin -4 --link wire\"\n"
	"  ...\n"
	"# took 0.0 s\n"
	"# 1 passed, 1 deviating, 0 failed, 1 broken, 1 skipped\n"
	"Bail out! ended early, 1 not run\n";

static void test_tap(void)
{
	struct run run = { .verb = "run" };
	struct job job[8];
	char *text;
	size_t i, len;

	run.out = open_memstream(&text, &len);
	play(&run, job, "osbd.");
	run.duration_ns = 0;
	run.done = 0;
	for (i = 0; i < 4; i++) {
		run.done++;
		report_tap.done(&run, &run.rec[i]);
	}
	report_tap.end(&run);
	fclose(run.out);
	EXPECT_STR(text, tap_expected);
	free(text);
	arena_free(&run.arena);
}

static const struct test tests[] = {
	{ "hostile text through JSON", test_text_through },
	{ "every member through JSON", test_members },
	{ "what is no result is refused", test_refused },
	{ "escapes for XML, TAP, terminal", test_escapes },
	{ "exit status and closing line", test_status },
	{ "a machine that is late", test_late },
	{ "TAP", test_tap },
	{ NULL, NULL },
};

const struct suite suite_result = { "result", tests };
