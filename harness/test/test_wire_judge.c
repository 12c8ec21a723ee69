/*
 * The wire judge: connections in rows of segments, with the findings, the ending
 * and the states expected of each; and what no input may do to it.
 */
#include "judge/wire_judge.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "test/expect.h"
#include "test/wire_judge_rows.h"

#define START INT64_C(1700000000000000000)

static const uint32_t isn[2] = { UINT32_C(4294966000), 5000 };

/* What was found: "name side severity", one behind the other. */
struct said {
	char text[512];
};

static void hear(void *ctx, const struct judge_finding *f)
{
	struct said *said = ctx;
	size_t n = strlen(said->text);

	EXPECT_TRUE(f->expected[0] && f->actual[0]);
	EXPECT_INT(f->settles != NULL, f->severity == SEVERITY_INCONCLUSIVE);
	snprintf(said->text + n, sizeof(said->text) - n, "%s%s %c %s",
		 n ? ", " : "", f->rule->name, side_letter(f->side),
		 severity_name(f->severity));
}

static struct seg make_seg(const struct wire_row *r)
{
	struct seg seg = { .family = AF_INET };
	int flags = name_flags_parse(r->flags, strlen(r->flags));

	seg.flags = (uint8_t)flags;
	seg.seq = isn[r->from] + (uint32_t)r->seq;
	if (flags & FLAG_ACK)
		seg.ack = isn[!r->from] + (uint32_t)r->ack;
	seg.len = r->len;
	seg.win = r->win == NO_WINDOW ? 0 : r->win ? (uint16_t)r->win : 1000;
	seg.has_ts = r->ts > 0;
	seg.tsval = (uint32_t)r->ts;
	seg.tsecr = (uint32_t)r->ecr;
	seg.has_scale = flags & FLAG_SYN;
	return seg;
}

static void play_row(struct wire_judge *j, const struct wire_row *r,
		     uint64_t frame, const struct judge_sink *sink)
{
	int64_t at_ns = START + r->ms * NS_PER_MS;
	struct seg seg = make_seg(r);
	struct wire_judge fresh = { .any = false };

	if (!wire_judge_is_reopened(j, r->from, &seg)) {
		wire_judge_segment(j, r->from, &seg, frame, at_ns, sink);
		return;
	}
	j->followed = true;
	wire_judge_end(j, at_ns, sink);
	wire_judge_reopen(&fresh, j, r->from, &seg, frame, at_ns, sink);
	*j = fresh;
}

static void expect_summary(const struct wire_judge *j,
			   const struct wire_case *c)
{
	struct wire_summary s;

	wire_judge_summarise(j, &s);
	EXPECT_STR(ending_name(s.ending), c->ending);
	EXPECT_STR(first_name(s.closed_first), c->first);
	EXPECT_STR(name_state(s.state[A]), c->a);
	EXPECT_STR(name_state(s.state[B]), c->b);
}

static void play_case(const struct wire_case *c, int copies)
{
	struct said said = { "" };
	struct judge_sink sink = { hear, &said };
	struct wire_judge j = { .any = false };
	uint64_t frame = 0;

	expect_row(c->name);
	for (const struct wire_row *r = c->rows; r->flags; r++)
		for (int i = 0; i < copies; i++)
			play_row(&j, r, frame++, &sink);
	wire_judge_end(&j, START + c->until_ms * NS_PER_MS, &sink);
	EXPECT_STR(said.text, c->said);
	expect_summary(&j, c);
}

static void test_healthy(void)
{
	for (const struct wire_case *c = wire_judge_healthy; c->name; c++) {
		EXPECT_STR(c->said, "");
		play_case(c, 1);
	}
}

/* A capture of both sides of a bridge sees everything twice. */
static void test_twice(void)
{
	for (const struct wire_case *c = wire_judge_healthy; c->name; c++)
		play_case(c, 2);
}

/*
 * An ACK far beyond the FIN, the first of its end behind it: on a cable it is
 * wrong, and elsewhere perhaps what a box will number anew.
 */
static void test_without_box(void)
{
	static const struct wire_row rows[] = {
		OPEN,
		{ A, 30, "F.", 1, 1 },
		{ B, 40, ".", 1, 5002 },
	};
	static const char *const what[] = { "ack-unsent B inconclusive",
					    "ack-unsent B violation" };

	for (int on_cable = 0; on_cable < 2; on_cable++) {
		struct said said = { "" };
		struct judge_sink sink = { hear, &said };
		struct wire_judge j = { .any = false };

		if (on_cable)
			wire_judge_without_box(&j);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			play_row(&j, &rows[i], i + 1, &sink);
		EXPECT_STR(said.text, what[on_cable]);
	}
}

/* How long it was half-closed, however long it is looked at then. */
static void test_half_closed(void)
{
	static const struct {
		const char *name;
		const char *flags; /* of what comes a second after the FIN */
		int64_t s;
	} ways[] = {
		{ "closed", "F.", 1 },
		{ "reset", "R.", 1 },
		{ "neither", ".", 99 },
	};
	struct judge_sink sink = { NULL, NULL };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		const struct wire_row rows[] = {
			{ A, 0, "S", 0, 0 },
			{ B, 0, "S.", 0, 1 },
			{ A, 0, ".", 1, 1 },
			{ A, 1000, "F.", 1, 1 },
			{ B, 2000, ways[i].flags, 1, 2 },
		};
		struct wire_judge j = { .any = false };
		struct wire_summary s;

		expect_row(ways[i].name);
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
			play_row(&j, &rows[k], k + 1, &sink);
		wire_judge_end(&j, START + 100 * NS_PER_S, &sink);
		wire_judge_summarise(&j, &s);
		EXPECT_INT(s.half_closed_ns, ways[i].s * NS_PER_S);
	}
}

static void test_broken(void)
{
	for (const struct wire_case *c = wire_judge_broken; c->name; c++)
		play_case(c, 1);
}

/* Segments, an answer to each but so much later, and what is said. */
static const struct storm {
	const char *name;
	int segments;
	size_t len;
	int later_ms;
	int rsts;
	const char *said;
} storms[] = {
	{ "an RST for each", 60, 0, 20, 60, "" },
	{ "for what was large, and many on the wire", 7, 60000, 20, 277, "" },
	{ "when it was not so large", 7, 600, 20, 100,
	  "rst-storm B suspicious" },
	{ "late, as all answers", 60, 0, 2100, 60, "" },
	{ "more than can be asked for", 130, 0, 20, 5000,
	  "rst-storm B suspicious" },
};

static void play_storm(const struct storm *s)
{
	struct said said = { "" };
	struct judge_sink sink = { hear, &said };
	struct wire_judge j = { .any = false };
	struct wire_row row = { A, 0, "S" };
	int at_ms = 5000;

	play_row(&j, &row, 0, &sink);
	row = (struct wire_row){ B, s->later_ms, "S.", 0, 1 };
	play_row(&j, &row, 0, &sink);
	row = (struct wire_row){ A, s->later_ms + 1, ".", 1, 1 };
	play_row(&j, &row, 0, &sink);
	row = (struct wire_row){ A, at_ms, ".", 1, 1, s->len };
	for (int i = 0; i < s->segments; i++) {
		play_row(&j, &row, 0, &sink);
		row.seq += (int)s->len;
	}
	row = (struct wire_row){ B, at_ms + s->later_ms, "R", 1 };
	for (int i = 0; i < s->rsts; i++)
		play_row(&j, &row, 0, &sink);
	expect_row(s->name);
	EXPECT_STR(said.text, s->said);
}

static void test_storms(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(storms); i++)
		play_storm(&storms[i]);
}

#define PIECE (1 << 28)

static struct wire_judge play_long(int pieces, const struct wire_row *rest,
				   const struct judge_sink *sink)
{
	static const struct wire_row open[] = { OPEN };
	struct wire_judge j = { .any = false };
	struct wire_row data = { A, 23, ".", 1, 1, PIECE };
	struct wire_row ack = { B, 24, ".", 1, 1 };

	for (int i = 0; i < 3; i++)
		play_row(&j, &open[i], 0, sink);
	for (int i = 0; i < pieces; i++) {
		data.seq = 1 + (int)((unsigned int)i * PIECE);
		ack.ack = 1 + (int)((i + 1u) * PIECE);
		play_row(&j, &data, 0, sink);
		play_row(&j, &ack, 0, sink);
	}
	for (; rest->flags; rest++) {
		struct wire_row row = *rest;
		int *sent = row.from == A ? &row.seq : &row.ack;

		*sent = (int)((unsigned int)*sent +
			      (unsigned int)pieces * PIECE);
		play_row(&j, &row, 0, sink);
	}
	wire_judge_end(&j, START + NS_PER_S, sink);
	return j;
}

/*
 * Of 6 GB, a quarter more each time: where the numbers have gone half way
 * round, that of the SYN lies before none of them and behind none.
 */
static void test_long(void)
{
	static const struct wire_case ways[] = {
		{ "closed",
		  0,
		  "",
		  "normal",
		  "A",
		  "TIME-WAIT",
		  "CLOSED",
		  { { A, 25, "F.", 1, 1 },
		    { B, 26, "F.", 1, 2 },
		    { A, 27, ".", 2, 2 } } },
		{ "reset",
		  0,
		  "",
		  "aborted",
		  "A",
		  "CLOSED",
		  "CLOSED",
		  { { A, 25, "R", 1 } } },
		{ "open",
		  0,
		  "",
		  "open",
		  "none",
		  "ESTABLISHED",
		  "ESTABLISHED",
		  { { A, 25, ".", 1, 1 } } },
	};

	for (int way = 0; way < 3; way++)
		for (int pieces = 0; pieces < 24; pieces++) {
			struct said said = { "" };
			struct judge_sink sink = { hear, &said };
			struct wire_judge j;

			expect_row(ways[way].name);
			j = play_long(pieces, ways[way].rows, &sink);
			EXPECT_STR(said.text, ways[way].said);
			expect_summary(&j, &ways[way]);
		}
}

/*
 * The other end has forgotten the connection, and takes a SYN amid it: all
 * before is told of, and judged, by itself.
 */
static void test_forgotten(void)
{
	static const struct wire_row rows[] = {
		{ A, 0, "S", 0, 0 },	     { B, 1, "S.", 0, 1 },
		{ A, 2, ".", 1, 1 },	     { A, 100, "F.", 1, 1 },
		{ A, 300, "F.", 1, 1 },	     { A, 700, "F.", 1, 1 },
		{ A, 61000, "S", 90000, 0 },
	};
	const struct wire_row answer = { B, 61010, "S.", 70000, 90001 };
	struct seg seg = make_seg(&answer);
	struct said said = { "" };
	struct judge_sink sink = { hear, &said };
	struct wire_judge j = { .any = false }, fresh = { .any = false };
	struct wire_summary s;

	expect_row(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		play_row(&j, &rows[i], 0, &sink);
	EXPECT_TRUE(wire_judge_is_reopened(&j, B, &seg));
	wire_judge_end(&j, START + 61010 * NS_PER_MS, &sink);
	EXPECT_STR(said.text, "fin-never-acked A note");
	wire_judge_summarise(&j, &s);
	EXPECT_STR(ending_name(s.ending), "vanished");
	wire_judge_reopen(&fresh, &j, B, &seg, 0, START, &sink);
	wire_judge_summarise(&fresh, &s);
	EXPECT_STR(ending_name(s.ending), "open");
	EXPECT_TRUE(!wire_judge_is_reopened(&fresh, B, &seg));
	EXPECT_STR(said.text, "fin-never-acked A note");
}

/* Timestamps that may have been cut off the frame are not missing. */
static void test_cut(void)
{
	static const struct wire_row open[] = {
		{ A, 0, "S", 0, 0, 0, 0, 100 },
		{ B, 1, "S.", 0, 1, 0, 0, 200, 100 },
		{ A, 2, ".", 1, 1, 0, 0, 101, 200 },
		{ B, 3, ".", 1, 1, 0, 0, 201, 101 },
	};

	for (int cut = 0; cut < 2; cut++) {
		struct said said = { "" };
		struct judge_sink sink = { hear, &said };
		struct wire_judge j = { .any = false };
		struct wire_row row = { A, 4, ".", 1, 1 };
		struct seg seg = make_seg(&row);

		for (int i = 0; i < 4; i++)
			play_row(&j, &open[i], 0, &sink);
		seg.opts_cut = cut;
		wire_judge_segment(&j, A, &seg, 0, START + 4 * NS_PER_MS,
				   &sink);
		EXPECT_STR(said.text, cut ? "" : "no-timestamp A violation");
	}
}

static void test_endings(void)
{
	for (int e = 0; e < ENDING_COUNT; e++)
		for (int o = 0; o < e; o++)
			EXPECT_TRUE(strcmp(ending_name((enum ending)e),
					   ending_name((enum ending)o)) != 0);
	EXPECT_STR(ending_name(ENDING_COUNT), "-");
	EXPECT_STR(first_name(FIRST_COUNT), "-");
}

/* A connection that has ended is let go after two lifetimes, not before. */
static void test_over(void)
{
	const struct wire_case *c = wire_judge_healthy;
	struct judge_sink sink = { NULL, NULL };
	struct wire_judge j = { .any = false };

	for (const struct wire_row *r = c->rows; r->flags; r++) {
		EXPECT_TRUE(!j.closed);
		play_row(&j, r, 0, &sink);
	}
	EXPECT_TRUE(j.closed);
	EXPECT_TRUE(!wire_is_over(j.last_ns, j.last_ns + 240 * NS_PER_S));
	EXPECT_TRUE(wire_is_over(j.last_ns, j.last_ns + 241 * NS_PER_S));
	EXPECT_TRUE(!wire_is_over(j.last_ns, INT64_MIN));
	EXPECT_TRUE(wire_is_over(INT64_MIN, INT64_MAX));
}

static uint64_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (uint32_t)(dice >> 33) % sides;
}

/* Near what matters, or anywhere. */
static uint32_t roll_seq(void)
{
	uint32_t from = isn[roll(2)];

	return roll(8) ? from + roll(40) : roll(UINT32_C(1) << 31) * 2;
}

static struct seg roll_seg(void)
{
	static const uint8_t flags[] = { 2, 18, 16, 16, 17, 17, 4, 20, 1, 0 };
	struct seg seg = { .family = AF_INET };

	seg.flags = roll(20) ? flags[roll(sizeof(flags))] : (uint8_t)roll(256);
	seg.seq = roll_seq();
	seg.ack = roll_seq();
	seg.win = (uint16_t)(roll(4) ? roll(65536) : 0);
	seg.len = roll(3) ? 0 : roll(30);
	seg.has_ts = roll(2);
	seg.tsval = roll(100);
	seg.tsecr = roll(100);
	seg.has_scale = roll(2);
	seg.scale = seg.has_scale ? (uint8_t)roll(15) : 0;
	return seg;
}

static void count_found(void *ctx, const struct judge_finding *f)
{
	unsigned long *found = ctx;

	found[f->rule - rule_of(RULE_DATA_AFTER_FIN)]++;
}

static int64_t roll_time(int64_t at_ns)
{
	if (!roll(1000))
		return roll(2) ? INT64_MAX : INT64_MIN;
	if (at_ns == INT64_MAX || at_ns == INT64_MIN)
		return START;
	return at_ns + (int64_t)roll(4) * roll(1500) * NS_PER_MS -
	       (int64_t)roll(20) * NS_PER_MS;
}

static void play_random(int segments, struct judge_sink *sink)
{
	struct wire_judge j = { .any = false }, fresh;
	struct wire_summary s;
	int64_t at_ns = START;

	for (int i = 0; i < segments; i++) {
		enum side from = roll(2) ? A : B;
		struct seg seg = roll_seg();

		at_ns = roll_time(at_ns);
		if (wire_judge_is_reopened(&j, from, &seg)) {
			memset(&fresh, 0, sizeof(fresh));
			wire_judge_reopen(&fresh, &j, from, &seg, 0, at_ns,
					  sink);
			j = fresh;
		} else {
			wire_judge_segment(&j, from, &seg, 0, at_ns, sink);
		}
		wire_judge_summarise(&j, &s);
		EXPECT_TRUE(s.ending < ENDING_COUNT);
	}
	wire_judge_end(&j, at_ns, sink);
	wire_judge_summarise(&j, &s);
}

/* Whatever comes, no crash and nothing undefined. */
static void test_anything(void)
{
	unsigned long found[RULE_COUNT] = { 0 };
	struct judge_sink sink = { count_found, found };
	unsigned int kinds = 0;

	expect_row(NULL);
	dice = 3;
	for (int i = 0; i < 40000; i++)
		play_random(50, &sink);
	for (int i = 0; i < RULE_COUNT; i++)
		kinds += found[i] != 0;
	EXPECT_TRUE(kinds > 10);
}

static const struct test tests[] = {
	{ "healthy connections", test_healthy },
	{ "healthy connections, seen twice", test_twice },
	{ "broken connections", test_broken },
	{ "how long half-closed", test_half_closed },
	{ "an ACK beyond the FIN, on a cable and elsewhere", test_without_box },
	{ "RSTs, one for each segment or more", test_storms },
	{ "connections of gigabytes", test_long },
	{ "options that were cut off", test_cut },
	{ "forgotten, and opened anew", test_forgotten },
	{ "endings, both ways", test_endings },
	{ "when it is over", test_over },
	{ "anything at all", test_anything },
	{ NULL, NULL },
};

const struct suite suite_wire_judge = { "wire judge", tests };
