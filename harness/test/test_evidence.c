/* Evidence: what is written is read back; what does not fit is a fault. */
#include "tape/evidence.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/make.h"
#include "tape/ladder.h"
#include "packet/pcapng.h"

/* clang-format off */
#define CLOSE \
	{ TAPE_ACT, SIDE_A, "close", "blocks", 0, 0, 0, 0, { 0, 0 }, 0, 5 }

static const struct make_event rows[] = {
	{ TAPE_OPEN, SIDE_A, NULL, NULL, 0, 0, 0, 0, { 0, 0 }, 0, 0 },
	{ TAPE_SEGMENT, SIDE_A, "S", NULL, 0, 0, 0, TAPE_DELIVERED,
	  { 0, 0 }, true, 1 },
	{ TAPE_SEGMENT, SIDE_B, "S.", NULL, 0, 1, 0, TAPE_DELIVERED,
	  { 0, 0 }, true, 2 },
	CLOSE,
	{ TAPE_SEGMENT, SIDE_A, "F.", NULL, 1, 1, 0, TAPE_HELD,
	  { TCP_STATE_FIN_WAIT_1, TCP_STATE_ESTABLISHED }, false, 6 },
	{ TAPE_SEGMENT, SIDE_B, "R", NULL, 101, 0, 0, TAPE_FORGED,
	  { TCP_STATE_CLOSED, TCP_STATE_ESTABLISHED }, false, 7 },
	{ TAPE_RETURN, SIDE_A, NULL, "ECONNRESET", 0, 0, 0, 0, { 0, 0 }, 0,
	  8 },
	{ TAPE_RELEASE, SIDE_A, NULL, NULL, 0, 0, 2, 0,
	  { TCP_STATE_CLOSED, TCP_STATE_CLOSE_WAIT }, 0, 9 },
	{ TAPE_QUIET, SIDE_A, NULL, NULL, 1000000000, 0, 0, 0, { 0, 0 }, 0,
	  1010 },
	{ TAPE_COUNTED, SIDE_B, "TIME-WAIT", NULL, 1, 0, 0, 0, { 0, 0 }, 0,
	  1011 },
};
/* clang-format on */

static const struct evidence_about about = {
	.app = "lastack 0.1.0",
	.os = "Linux 6.18.44",
	.hardware = "x86_64",
	.link = "wire",
	.received = { 2, 1 },
	.dropped = { 0, 0 },
};

static const struct script script = {
	.path = "cases/close/blind \"reset\".fin",
	.title = "blind reset",
};

static struct finding on_frame = { 12, "wrong flags", "F.", "R.", 2, 0 };
static struct finding no_frame = { 13,	 "no segment",	"F. from A",
				   NULL, TAPE_NO_FRAME, 0 };

static const struct verdict_row {
	const char *name;
	enum verdict verdict;
	struct finding *finding;
	const char *reason;
} verdicts[] = {
	{ "ok", VERDICT_OK, NULL, NULL },
	{ "not ok, about a frame", VERDICT_NOT_OK, &on_frame, NULL },
	{ "not ok, about none", VERDICT_NOT_OK, &no_frame, NULL },
	{ "deviates", VERDICT_DEVIATES, NULL, NULL },
	{ "broken", VERDICT_BROKEN, NULL, "2 frames were dropped by A" },
};

/* A file of the test's own, unlinked by the caller. */
static void make_path(char path[32])
{
	static const char template[] = "/tmp/lastack-unit-XXXXXX";
	int fd;

	memcpy(path, template, sizeof(template));
	fd = mkstemp(path);
	EXPECT_TRUE(fd >= 0);
	close(fd);
}

static char *ladder_of(const struct tape *t)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ladder_print(out, &script, t, LADDER_TIMES);
	fclose(out);
	return text;
}

static void expect_same_frames(const struct tape *a, const struct tape *b)
{
	if (!EXPECT_INT(a->n_frame, b->n_frame))
		return;
	for (size_t i = 0; i < a->n_frame; i++) {
		EXPECT_MEM(a->frame[i]->bytes, a->frame[i]->len,
			   b->frame[i]->bytes, b->frame[i]->len);
		EXPECT_INT(a->frame[i]->at_ns, b->frame[i]->at_ns);
		EXPECT_INT(a->frame[i]->from, b->frame[i]->from);
		EXPECT_INT(a->frame[i]->forged, b->frame[i]->forged);
	}
}

static void expect_same_events(struct tape *a, struct tape *b)
{
	char *ladder_a = ladder_of(a), *ladder_b = ladder_of(b);

	EXPECT_STR(ladder_a, ladder_b);
	free(ladder_a);
	free(ladder_b);
	if (!EXPECT_INT(a->n_event, b->n_event))
		return;
	for (size_t i = 0; i < a->n_event; i++)
		EXPECT_STR(tape_event_text(a, i), tape_event_text(b, i));
}

static void expect_same_finding(const struct finding *a,
				const struct finding *b)
{
	EXPECT_INT(a != NULL, b != NULL);
	if (!a || !b)
		return;
	EXPECT_INT(a->line, b->line);
	EXPECT_STR(a->what, b->what);
	EXPECT_STR(a->expected, b->expected);
	EXPECT_STR(a->actual, b->actual);
	EXPECT_INT(a->frame, b->frame);
}

static struct deviation deviations[] = {
	{ "R-1", "quiet 500ms", 9, TAPE_NO_FRAME },
	{ "tcp(7) \"a b\"", "R.  seq 1 from A", 12, 2 },
};

static void expect_same_deviations(const struct tape *t)
{
	if (!EXPECT_INT(t->n_deviation, ARRAY_SIZE(deviations)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(deviations); i++) {
		EXPECT_STR(t->deviation[i].id, deviations[i].id);
		EXPECT_STR(t->deviation[i].text, deviations[i].text);
		EXPECT_INT(t->deviation[i].line, deviations[i].line);
		EXPECT_INT(t->deviation[i].frame, deviations[i].frame);
	}
}

static void make_case(struct tape *t, int family, const struct verdict_row *row)
{
	static const char *branches[] = { "line 12 of either at line 9" };

	make_tape(t, family, rows, ARRAY_SIZE(rows));
	t->verdict = row->verdict;
	t->finding = row->finding;
	t->reason = row->reason;
	t->branch = branches;
	t->n_branch = ARRAY_SIZE(branches);
	t->deviation = deviations;
	t->n_deviation = ARRAY_SIZE(deviations);
	t->frame[1]->note = "a note";
}

static void expect_round_trip(int family, const struct verdict_row *row)
{
	struct tape t, back = { 0 };
	struct fault f = { "" };
	const char *case_path;
	char path[32];

	expect_row(row->name);
	make_path(path);
	make_case(&t, family, row);
	EXPECT_INT(evidence_write(path, &script, &t, &about, &f), 0);
	EXPECT_INT(evidence_read(path, &back, &case_path, &f), 0);
	if (EXPECT_STR(f.text, "")) {
		EXPECT_STR(case_path, script.path);
		EXPECT_MEM(&back.flow, sizeof(back.flow), &t.flow,
			   sizeof(t.flow));
		EXPECT_INT(back.verdict, row->verdict);
		EXPECT_STR(back.reason, row->reason);
		EXPECT_INT(back.n_branch, 1);
		EXPECT_STR(back.branch[0], t.branch[0]);
		expect_same_finding(back.finding, row->finding);
		expect_same_deviations(&back);
		expect_same_frames(&back, &t);
		expect_same_events(&back, &t);
	}
	tape_clear(&back);
	tape_clear(&t);
	unlink(path);
}

static void test_round_trip(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		expect_round_trip(AF_INET, &verdicts[i]);
		expect_round_trip(AF_INET6, &verdicts[i]);
	}
}

/* The whole file, malloc'ed. */
static uint8_t *slurp(const char *path, size_t *len)
{
	FILE *in = fopen(path, "rb");
	uint8_t *bytes = malloc(1 << 20);

	*len = fread(bytes, 1, 1 << 20, in);
	fclose(in);
	return bytes;
}

static void spill(const char *path, const void *bytes, size_t len)
{
	FILE *out = fopen(path, "wb");

	EXPECT_INT(fwrite(bytes, 1, len, out), len);
	fclose(out);
}

static void expect_comments(const struct pcapng_block *b,
			    const char *const *want)
{
	size_t at = 0, len;
	const char *text;

	while ((text = pcapng_option(b, PCAPNG_OPT_COMMENT, &at, &len))) {
		if (!EXPECT_TRUE(*want != NULL))
			return;
		EXPECT_MEM(text, len, *want, strlen(*want));
		want++;
	}
	EXPECT_TRUE(!*want);
}

/* The comments of the frame that was held, let go, and found wanting. */
static void test_comments(void)
{
	static const char *const want[] = {
		"FIN-WAIT-1   -->  F.  seq 1 ack 1  ...  ESTABLISHED",
		"A sent it, the cable held it; then A FIN-WAIT-1, "
		"B ESTABLISHED",
		"CLOSED       ...  F.  seq 1 ack 1  -->  CLOSE-WAIT",
		"the cable let B have it; then A CLOSED, B CLOSE-WAIT",
		"lastack 3 act line=4 at=1700000000005000000 side=A "
		"text=close answer=blocks",
		"lastack 4 segment line=5 at=1700000000006000000 side=A "
		"how=held frame=3 A=FIN-WAIT-1 B=ESTABLISHED",
		"lastack 7 release line=8 at=1700000000009000000 side=A "
		"frame=3 A=CLOSED B=CLOSE-WAIT",
		"deviates, line 12: tcp(7) \"a b\": R.  seq 1 from A",
		"lastack deviation id=\"tcp(7) \\\"a b\\\"\" line=12 frame=3 "
		"text=\"R.  seq 1 from A\"",
		"not ok, line 12: wrong flags: expected F., actual R.",
		"lastack finding line=12 frame=3 what=\"wrong flags\" "
		"expected=F. actual=R.",
		NULL,
	};
	struct pcapng_block b;
	struct fault f = { "" };
	size_t len, at = 0;
	uint8_t *bytes;
	struct tape t;
	char path[32];
	int more, n = 0;

	make_path(path);
	make_case(&t, AF_INET, &verdicts[1]);
	EXPECT_INT(evidence_write(path, &script, &t, &about, &f), 0);
	bytes = slurp(path, &len);
	while ((more = pcapng_next(bytes, len, &at, &b, &f)) > 0)
		if (b.kind == PCAPNG_PACKET && n++ == 2)
			expect_comments(&b, want);
	EXPECT_INT(more, 0);
	EXPECT_INT(n, 4);
	free(bytes);
	tape_clear(&t);
	unlink(path);
}

static void test_file(void)
{
	struct fault f = { "" };
	struct stat st;
	struct tape t;
	char path[32];
	mode_t mask = umask(022);

	make_path(path);
	unlink(path);
	make_case(&t, AF_INET, &verdicts[0]);
	EXPECT_INT(evidence_write(path, &script, &t, &about, &f), 0);
	EXPECT_INT(stat(path, &st), 0);
	EXPECT_INT(st.st_mode & 07777, 0644);
	unlink(path);
	EXPECT_INT(evidence_write("/nonexistent/x.pcapng", &script, &t, &about,
				  &f),
		   -1);
	EXPECT_STR(f.text, "/nonexistent/x.pcapng: cannot be opened for "
			   "writing: No such file or directory");
	tape_clear(&t);
	umask(mask);
}

/* A file that could not be written whole is not left behind. */
static void test_half_a_file(void)
{
	struct fault f = { "" };
	struct rlimit old, small;
	struct tape t;
	char path[32];
	void (*handler)(int);

	make_path(path);
	make_case(&t, AF_INET, &verdicts[0]);
	EXPECT_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	handler = signal(SIGXFSZ, SIG_IGN);
	small = old;
	small.rlim_cur = 100;
	EXPECT_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
	EXPECT_INT(evidence_write(path, &script, &t, &about, &f), -1);
	EXPECT_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, handler);
	EXPECT_TRUE(strstr(f.text, ": cannot be written: File too large"));
	EXPECT_INT(access(path, F_OK), -1);
	tape_clear(&t);
}

/* One thing about a sound file, changed so that its length stays. */
static const struct change {
	const char *from, *to, *fault;
} changes[] = {
	{ "lastack 3 act", "lastack 4 act",
	  "event 3 is missing or there twice" },
	{ "lastack 3 act", "lastack 3 cat",
	  "expected an event line \"lastack NUMBER KIND KEY=VALUE "
	  "...\"" },
	{ "frame=3 A=FIN", "frame=9 A=FIN",
	  "event 4 has no frame, or one that is not in the file" },
	{ "1700000000006000000 side=A", "1700000000006000000 side=B",
	  "event 4 is of B, its frame is not" },
	{ "side=B text=TIME-WAIT", "side=B text=TIME-WEIT",
	  "event 9 counts neither sockets in a state nor events" },
	{ "side=B text=TIME-WAIT", "side=B answer=ME-WAIT",
	  "event 9 counts neither sockets in a state nor events" },
	{ "lastack finding line=12 frame=3", "lastack finding line=12 frame=7",
	  "the finding is about frame 7, which is not in the file" },
	{ "lastack finding line=12", "lastack finding lime=12",
	  "\"lime=12\" does not belong in a \"lastack finding \" "
	  "line" },
	{ "line=12 frame=3 text", "line=12 frame=8 text",
	  "a deviation is about frame 8, which is not in the file" },
	{ "lastack deviation id", "lastack deviation od",
	  "\"od=R-1\" does not belong in a \"lastack deviation \" "
	  "line" },
	{ "lastack case path", "lastick case path",
	  "no \"lastack case\" and \"lastack flow\" lines: not a "
	  "capture of lastack" },
	{ "A-port=40000", "A-port=70000",
	  "\"A-port=70000\" does not belong in a \"lastack flow \" "
	  "line" },
	{ "is=\"not ok\"", "is=\"not up\"",
	  "\"is=not up\" does not belong in a \"lastack verdict \" "
	  "line" },
};

static void expect_change(const struct change *c, const char *path,
			  uint8_t *bytes, size_t len)
{
	size_t n = strlen(c->from);
	uint8_t *at = memmem(bytes, len, c->from, n);
	struct tape back = { 0 };
	struct fault f = { "" };
	const char *case_path;

	expect_row(c->to);
	if (!EXPECT_TRUE(at && n == strlen(c->to)))
		return;
	memcpy(at, c->to, n);
	spill(path, bytes, len);
	memcpy(at, c->from, n);
	EXPECT_INT(evidence_read(path, &back, &case_path, &f), -1);
	EXPECT_TRUE(strncmp(f.text, path, strlen(path)) == 0);
	if (!strstr(f.text, c->fault))
		EXPECT_STR(f.text, c->fault);
	tape_clear(&back);
}

static void test_faults(void)
{
	struct fault f = { "" };
	uint8_t *bytes;
	struct tape t;
	char path[32];
	size_t len;

	make_path(path);
	make_case(&t, AF_INET, &verdicts[1]);
	EXPECT_INT(evidence_write(path, &script, &t, &about, &f), 0);
	bytes = slurp(path, &len);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		expect_change(&changes[i], path, bytes, len);
	free(bytes);
	tape_clear(&t);
	unlink(path);
}

static void test_no_file(void)
{
	struct tape t = { 0 };
	const char *case_path;
	struct fault f;

	EXPECT_INT(evidence_read("/nonexistent", &t, &case_path, &f), -1);
	EXPECT_STR(f.text, "/nonexistent: No such file or directory");
	EXPECT_INT(evidence_read("/", &t, &case_path, &f), -1);
	EXPECT_STR(f.text, "/: not a regular file");
	EXPECT_INT(evidence_read("/dev/null", &t, &case_path, &f), -1);
	EXPECT_STR(f.text, "/dev/null: not a regular file");
	EXPECT_INT(evidence_read("/proc/self/stat", &t, &case_path, &f), -1);
	EXPECT_STR(f.text, "/proc/self/stat: offset 0: not a pcapng file "
			   "(expected a section header block)");
	tape_clear(&t);
}

static void test_damage(void)
{
	uint32_t seed = 20240301;
	uint8_t *bytes, *copy;
	struct fault f;
	struct tape t;
	char path[32];
	size_t len;
	int bad = 0;

	make_path(path);
	make_case(&t, AF_INET, &verdicts[1]);
	EXPECT_INT(evidence_write(path, &script, &t, &about, &f), 0);
	bytes = slurp(path, &len);
	copy = malloc(len);
	for (int round = 0; round < 1000; round++) {
		struct tape back = { 0 };
		const char *case_path;

		memcpy(copy, bytes, len);
		copy[make_random(&seed) % len] = (uint8_t)make_random(&seed);
		spill(path, copy, len);
		if (evidence_read(path, &back, &case_path, &f))
			bad++;
		else
			free(ladder_of(&back));
		tape_clear(&back);
	}
	EXPECT_TRUE(bad > 50 && bad < 1000);
	free(bytes);
	free(copy);
	tape_clear(&t);
	unlink(path);
}

static const struct test tests[] = {
	{ "what is written is read back", test_round_trip },
	{ "the comments of a frame", test_comments },
	{ "the file, and where none can be", test_file },
	{ "a file that cannot be written whole", test_half_a_file },
	{ "lines that do not fit together", test_faults },
	{ "what is no capture", test_no_file },
	{ "files damaged at random", test_damage },
	{ NULL, NULL },
};

const struct suite suite_evidence = { "evidence", tests };
