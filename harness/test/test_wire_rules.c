/*
 * The rows of the wire judge: each complete, every rule of it has one; and
 * what a count does when it is full.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "judge/wire_rules.h"
#include "test/expect.h"

/* Whether wire_text knows every number that the text names. */
static bool is_known(const char *text)
{
	struct wire_judge j = { .any = true };
	struct seg seg = { .flags = FLAG_ACK };
	struct wire_context c = { .j = &j,
				  .me = &j.end[SIDE_A],
				  .peer = &j.end[SIDE_B],
				  .seg = &seg };
	char said[JUDGE_TEXT_MAX];

	wire_text(&c, text, said);
	return !strchr(said, '{');
}

static void test_rows(void)
{
	struct wire_rule_words row;
	size_t n = 0;

	for (; wire_rule_words(n, &row); n++) {
		expect_row(rule_of(row.rule)->name);
		EXPECT_TRUE(row.when && row.expected && row.actual);
		EXPECT_TRUE(is_known(row.expected) && is_known(row.actual));
		EXPECT_TRUE(rule_of(row.rule)->judges & JUDGE_WIRE);
	}
	expect_row(NULL);
	EXPECT_TRUE(is_known("{fin}") && is_known("{flags}"));
	EXPECT_TRUE(!is_known("{f}") && !is_known("{finn}") && !is_known("{"));
	EXPECT_TRUE(n > WHEN_COUNT);
	EXPECT_TRUE(!wire_rule_words(n + 1, &row));
}

/* Rows of it, but for those that say what would settle them. */
static int count_certain(enum rule_id rule)
{
	struct wire_rule_words row;
	int n = 0;

	for (size_t i = 0; wire_rule_words(i, &row); i++)
		n += row.rule == rule && !row.settles;
	return n;
}

static void test_every_rule(void)
{
	for (int i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_of((enum rule_id)i);
		bool wire = rule->judges & JUDGE_WIRE;

		expect_row(rule->name);
		EXPECT_TRUE(rule->judges != 0);
		EXPECT_INT(count_certain((enum rule_id)i) > 0, wire);
	}
}

#define TIMES 70000

/* How often a count says it was. */
#define COUNT(name, value)                                       \
	static uint32_t count_##name(const struct wire_end *end) \
	{                                                        \
		return value;                                    \
	}
COUNT(fins, end->fins)
COUNT(storm, end->storm)
COUNT(early, end->early)
COUNT(even, end->even_gaps)
COUNT(sent, end->sent)
COUNT(rsts, end->rsts)

#define AGAIN (FLAG_FIN | FLAG_ACK)

/* After so many segments that it is full. */
static const struct full {
	const char *name;
	uint8_t flags; /* of A's segments */
	int gap_ms;
	uint32_t (*count)(const struct wire_end *end);
	unsigned int most;
} fulls[] = {
	{ "FINs", AGAIN, 50, count_fins, UINT8_MAX },
	{ "FINs soon", AGAIN, 50, count_storm, UINT8_MAX },
	{ "FINs early", AGAIN, 10, count_early, UINT8_MAX },
	{ "FINs evenly", AGAIN, 50, count_even, UINT8_MAX },
	{ "segments", FLAG_ACK, 0, count_sent, UINT16_MAX },
	{ "RSTs", FLAG_RST, 0, count_rsts, UINT16_MAX },
};

static const struct judge_sink nobody = { NULL, NULL };

static void give(struct wire_judge *j, enum side from, struct seg seg,
		 int64_t ms)
{
	seg.family = AF_INET;
	wire_judge_segment(j, from, &seg, 0, NS_PER_S + ms * NS_PER_MS,
			   &nobody);
}

/* A round trip of 200 ms; both ISNs are 0. */
static void open_both(struct wire_judge *j)
{
	give(j, SIDE_A, (struct seg){ .flags = FLAG_SYN, .win = 9000 }, 0);
	give(j, SIDE_B,
	     (struct seg){
		     .flags = FLAG_SYN | FLAG_ACK, .ack = 1, .win = 9000 },
	     200);
	give(j, SIDE_A,
	     (struct seg){ .flags = FLAG_ACK, .seq = 1, .ack = 1, .win = 9000 },
	     201);
}

static void test_full(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(fulls); i++) {
		const struct full *f = &fulls[i];
		struct wire_judge j = { .any = false };

		expect_row(f->name);
		open_both(&j);
		for (int k = 0; k < TIMES; k++)
			give(&j, SIDE_A,
			     (struct seg){ .flags = f->flags,
					   .seq = 1,
					   .ack = 1,
					   .win = 9000 },
			     1073 + (int64_t)k * f->gap_ms);
		EXPECT_INT(f->count(&j.end[SIDE_A]), f->most);
	}
}

/* B closed; A answers each copy one too low, and never acknowledges. */
static void test_full_answers(void)
{
	struct wire_judge j = { .any = false };
	struct seg fin = { .flags = FLAG_FIN | FLAG_ACK, .seq = 1, .ack = 1 };
	struct seg low = { .flags = FLAG_ACK, .seq = 1, .ack = 1, .win = 9000 };

	expect_row(NULL);
	open_both(&j);
	for (int k = 0; k < 300; k++) {
		give(&j, SIDE_B, fin, 1000 + k * 1000);
		give(&j, SIDE_A, low, 1010 + k * 1000);
	}
	EXPECT_INT(j.end[SIDE_A].low_acks, UINT8_MAX);
}

/* One FIN of B, long not acknowledged by what A sends. */
static void test_full_late(void)
{
	struct wire_judge j = { .any = false };
	struct seg fin = { .flags = FLAG_FIN | FLAG_ACK, .seq = 1, .ack = 1 };
	struct seg low = { .flags = FLAG_ACK, .seq = 1, .ack = 1, .win = 9000 };

	expect_row(NULL);
	open_both(&j);
	give(&j, SIDE_B, fin, 1000);
	for (int k = 0; k < 300; k++)
		give(&j, SIDE_A, low, 3000 + k);
	EXPECT_INT(j.end[SIDE_A].late, UINT8_MAX);
}

/* A closed, and acknowledges what B sends then with its FIN's number. */
static void test_full_below(void)
{
	struct wire_judge j = { .any = false };
	struct seg fin = { .flags = FLAG_FIN | FLAG_ACK, .seq = 1, .ack = 1 };
	struct seg data = {
		.flags = FLAG_ACK, .seq = 1, .ack = 2, .win = 9000, .len = 10
	};
	struct seg ack = { .flags = FLAG_ACK, .seq = 1, .ack = 1, .win = 9000 };

	expect_row(NULL);
	open_both(&j);
	give(&j, SIDE_A, fin, 1000);
	give(&j, SIDE_B,
	     (struct seg){ .flags = FLAG_ACK, .seq = 1, .ack = 2, .win = 9000 },
	     1010);
	for (int k = 0; k < 300; k++) {
		give(&j, SIDE_B, data, 2000 + k);
		data.seq += 10;
		ack.ack = data.seq;
		give(&j, SIDE_A, ack, 2000 + k);
	}
	EXPECT_INT(j.end[SIDE_A].below, UINT8_MAX);
}

/* A acknowledges, and B resets it, as often as can be counted and more. */
static void test_full_unheeded(void)
{
	struct wire_judge j = { .any = false };
	struct seg ack = { .flags = FLAG_ACK, .seq = 1, .ack = 1, .win = 9000 };
	struct seg rst = { .flags = FLAG_RST, .seq = 1 };

	expect_row(NULL);
	open_both(&j);
	for (int k = 0; k < TIMES; k++) {
		give(&j, SIDE_B, rst, 1000 + 2 * k);
		give(&j, SIDE_A, ack, 1001 + 2 * k);
	}
	EXPECT_INT(j.end[SIDE_A].unheeded, UINT16_MAX);
	EXPECT_INT(j.end[SIDE_A].unheeded_late, UINT8_MAX);
	EXPECT_INT(j.loops, UINT16_MAX);
}

/* A few octets that nobody acknowledges, each quoted by an ICMP error. */
static void test_full_padded(void)
{
	struct wire_judge j = { .any = false };
	struct seg few = {
		.flags = FLAG_ACK, .seq = 1, .ack = 1, .win = 9000, .len = 6
	};

	expect_row(NULL);
	open_both(&j);
	for (int k = 0; k < 300; k++) {
		give(&j, SIDE_A, few, 1000 + k);
		wire_judge_icmp(&j, SIDE_A, &few, ICMP_PORT_UNREACHABLE);
	}
	EXPECT_INT(j.end[SIDE_A].padded, UINT8_MAX);
	EXPECT_INT(j.end[SIDE_A].icmps, UINT8_MAX);
	EXPECT_TRUE(wire_judge_is_padding(&j, SIDE_A, &few));
	give(&j, SIDE_B,
	     (struct seg){ .flags = FLAG_ACK, .seq = 1, .ack = 7, .win = 9000 },
	     2000);
	EXPECT_TRUE(!wire_judge_is_padding(&j, SIDE_A, &few));
	EXPECT_TRUE(j.end[SIDE_A].snd_nxt == 7);
}

/* Times stay at the last one there is: nothing is counted from then on. */
static void test_full_time(void)
{
	struct wire_judge j = { .any = false };
	struct seg fin = { .flags = FLAG_FIN | FLAG_ACK, .seq = 1, .ack = 1 };
	int64_t days = INT64_C(50) * 24 * 3600 * 1000;

	expect_row(NULL);
	open_both(&j);
	give(&j, SIDE_A, fin, 1000);
	for (int k = 0; k < 20; k++)
		give(&j, SIDE_A, fin, days + k);
	EXPECT_INT(j.end[SIDE_A].fins, 1);
	EXPECT_TRUE(j.end[SIDE_A].last_ms == UINT32_MAX);
	EXPECT_TRUE(!(j.said[SIDE_A] | j.said[SIDE_B]));
}

static const struct test tests[] = {
	{ "every row is complete", test_rows },
	{ "every rule of the judge has a row", test_every_rule },
	{ "counts that are full", test_full },
	{ "answers too low, more than are counted", test_full_answers },
	{ "late answers, more than are counted", test_full_late },
	{ "numbers below the FIN, more than are counted", test_full_below },
	{ "resets in vain, more than are counted", test_full_unheeded },
	{ "padding and ICMP errors, more than are counted", test_full_padded },
	{ "times behind the last one", test_full_time },
	{ NULL, NULL },
};

const struct suite suite_wire_rules = { "wire rules", tests };
