/*
 * A whole connection judged at once is what it is when it was judged segment by
 * segment: of short ones that dice make, and of such in which they change one
 * thing. And those that are plain are judged at once.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "judge/wire_past.h"
#include "judge/wire_whole.h"
#include "test/expect.h"
#include "test/make.h"

#define TALKS	   100000
#define CHANGES	   8 /* of each, one at a time */
#define TALK_MOST  24
#define TALK_START INT64_C(1700000000000000000)

struct talk {
	uint32_t dice;
	bool stamps[2]; /* offered by A and by B */
	bool scale[2];
	uint32_t nxt[2];
	uint32_t since_ns;
	size_t n;
	struct talk_seg {
		enum side from;
		struct seg seg;
		uint32_t since_ns;
	} sent[TALK_MOST];
};

static uint32_t roll(struct talk *t, uint32_t sides)
{
	return make_random(&t->dice) % sides;
}

static bool both(const bool offered[2])
{
	return offered[SIDE_A] && offered[SIDE_B];
}

static void add(struct talk *t, enum side from, uint8_t flags, size_t len)
{
	bool syn = flags & FLAG_SYN;
	struct talk_seg *next = &t->sent[t->n++];
	struct seg *seg = &next->seg;

	*next = (struct talk_seg){ .from = from, .since_ns = t->since_ns };
	seg->family = AF_INET;
	seg->flags = flags;
	seg->seq = t->nxt[from];
	seg->ack = flags & FLAG_ACK ? t->nxt[side_other(from)] : 0;
	seg->win = (uint16_t)(9000 + roll(t, 9000));
	seg->len = len;
	seg->has_ts = syn ? t->stamps[from] : both(t->stamps);
	seg->tsval = seg->has_ts ? 1 + t->since_ns / 1000000 : 0;
	seg->has_scale = syn && t->scale[from];
	seg->scale = seg->has_scale ? (uint8_t)(1 + roll(t, 14)) : 0;
	seg->ttl = (uint8_t)(60 + from);
	t->nxt[from] += seg_span(seg);
	t->since_ns += roll(t, 8) ? roll(t, 1 << 20) : roll(t, 1 << 24) * 25;
}

static size_t roll_len(struct talk *t)
{
	return 7 + roll(t, roll(t, 4) ? 1400 : 3000);
}

/* Octets of an end, and an ACK of them. */
static void use(struct talk *t)
{
	enum side from = roll(t, 2) ? SIDE_A : SIDE_B;

	add(t, from, FLAG_PSH | FLAG_ACK, roll_len(t));
	if (roll(t, 2))
		add(t, from, FLAG_ACK, roll_len(t));
	add(t, side_other(from), FLAG_ACK, 0);
}

static void close_both(struct talk *t, enum side first)
{
	add(t, first, FLAG_FIN | FLAG_ACK, roll(t, 3) ? 0 : roll_len(t));
	if (roll(t, 2))
		add(t, side_other(first), FLAG_ACK,
		    roll(t, 3) ? 0 : roll_len(t));
	add(t, side_other(first), FLAG_FIN | FLAG_ACK, 0);
	add(t, first, FLAG_ACK, 0);
}

static void make_talk(struct talk *t, uint32_t dice)
{
	memset(t, 0, sizeof(*t));
	t->dice = dice;
	for (int i = 0; i < 2; i++) {
		t->stamps[i] = roll(t, 3);
		t->scale[i] = roll(t, 3);
		t->nxt[i] = roll(t, 4) ? roll(t, UINT32_C(1) << 24) * 200
				       : 0u - 1 - roll(t, 3000);
	}
	add(t, SIDE_A, FLAG_SYN, 0);
	add(t, SIDE_B, FLAG_SYN | FLAG_ACK, 0);
	add(t, SIDE_A, FLAG_ACK, roll(t, 4) ? 0 : roll_len(t));
	for (uint32_t n = roll(t, 4); n; n--)
		use(t);
	close_both(t, roll(t, 2) ? SIDE_A : SIDE_B);
}

static void change_header(struct talk *t, struct talk_seg *s)
{
	static const uint8_t flags[] = { FLAG_SYN, FLAG_FIN, FLAG_RST,
					 FLAG_ACK, FLAG_PSH, FLAG_URG };
	struct seg *seg = &s->seg;

	switch (roll(t, 8)) {
	case 0:
		seg->flags ^= flags[roll(t, ARRAY_SIZE(flags))];
		break;
	case 1:
		seg->seq += roll(t, 2) ? 1 : 0u - 1 - roll(t, 3000);
		break;
	case 2:
		seg->ack += roll(t, 2) ? 1 : 0u - 1 - roll(t, 3000);
		break;
	case 3:
		seg->win = (uint16_t)roll(t, 2);
		break;
	case 4:
		seg->has_ts = !seg->has_ts;
		seg->tsval = seg->has_ts ? roll(t, 1 << 24) : 0;
		break;
	case 5:
		seg->has_scale = !seg->has_scale;
		seg->scale = seg->has_scale ? 3 : 0;
		break;
	case 6:
		seg->ttl = (uint8_t)roll(t, 2);
		break;
	default:
		seg->len = roll(t, 9);
	}
}

/* One of them is not as it was, or missing, or there twice. */
static void change(struct talk *t)
{
	size_t at = roll(t, (uint32_t)t->n);
	struct talk_seg *s = &t->sent[at];

	switch (roll(t, 12)) {
	case 0:
		t->n--;
		memmove(s, s + 1, (t->n - at) * sizeof(*s));
		break;
	case 1:
		memmove(s + 1, s, (t->n - at) * sizeof(*s));
		t->n++;
		break;
	case 2:
		s->from = side_other(s->from);
		break;
	case 3:
		s->since_ns = roll(t, 1 << 24) * 100;
		break;
	default:
		change_header(t, s);
	}
}

static struct wire_kept keep(const struct talk *t, size_t i)
{
	const struct talk_seg *s = &t->sent[i];

	return (struct wire_kept){
		.tcp = make_brief(&s->seg),
		.since_ns = s->since_ns - t->sent[0].since_ns,
		.frames = (uint32_t)(i << 1 | s->from),
	};
}

static void note_that(void *ctx, const struct judge_finding *found)
{
	(void)found;
	*(bool *)ctx = true;
}

/* It unpacks to what was judged, and is told of as that. */
static bool expect_same(const struct wire_whole *whole,
			const struct wire_judge *j)
{
	struct wire_summary by_one, at_once;
	struct wire_judge unpacked;

	memset(&unpacked, 0x5a, sizeof(unpacked));
	memset(&by_one, 0, sizeof(by_one));
	memset(&at_once, 0, sizeof(at_once));
	wire_whole_unpack(whole, &unpacked);
	wire_judge_summarise(j, &by_one);
	wire_whole_summarise(whole, &at_once);
	return EXPECT_MEM(&unpacked, sizeof(unpacked), j, sizeof(*j)) &&
	       EXPECT_MEM(&at_once, sizeof(at_once), &by_one, sizeof(by_one));
}

/*
 * Both ways, after each segment: whether all was judged at once in the end. When
 * the clock goes back there is but one way.
 */
static bool is_whole(const struct talk *t)
{
	struct wire_kept kept[TALK_MOST];
	struct wire_judge j = { .any = false };
	bool any = false, is = false;
	struct judge_sink sink = { note_that, &any };
	struct wire_whole whole;
	struct wire_past past;

	for (size_t i = 0; i < t->n; i++) {
		const struct talk_seg *s = &t->sent[i];

		if (i && s->since_ns < t->sent[i - 1].since_ns)
			return false;
		kept[i] = keep(t, i);
		wire_judge_segment(&j, s->from, &s->seg, i + 1,
				   TALK_START + kept[i].since_ns, &sink);
		memset(&whole, 0x5a, sizeof(whole));
		is = wire_whole_judge(&whole, kept, i + 1, TALK_START);
		if (is && (!EXPECT_TRUE(!any && wire_past_pack(&past, &j)) ||
			   !expect_same(&whole, &j)))
			return false;
	}
	return is;
}

/* An ACK of 0 alone, which is of B's last number, goes the other way. */
static void test_plain(void)
{
	struct talk t;

	expect_row(NULL);
	for (uint32_t i = 0; i < TALKS; i++) {
		make_talk(&t, i * UINT32_C(2654435761));
		if (!EXPECT_TRUE(is_whole(&t) || !t.sent[2].seg.ack))
			return;
	}
}

/* Few changes leave it whole: one more PSH, or another window. */
static void test_changed(void)
{
	uint32_t wholes = 0, all = 0;
	struct talk t, changed;

	expect_row(NULL);
	for (uint32_t i = 0; i < TALKS; i++) {
		make_talk(&t, i * UINT32_C(2654435761));
		for (uint32_t k = 0; k < CHANGES; k++) {
			changed = t;
			changed.dice += k * UINT32_C(0x9e3779b9);
			change(&changed);
			all++;
			wholes += is_whole(&changed);
		}
	}
	EXPECT_TRUE(wholes > all / 20);
	EXPECT_TRUE(wholes < all / 2);
}

static const struct test tests[] = {
	{ "plain connections are judged at once", test_plain },
	{ "with something changed, the same or not at all", test_changed },
	{ NULL, NULL },
};

const struct suite suite_wire_whole = { "wire whole", tests };
