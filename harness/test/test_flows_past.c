/*
 * Connections that are packed once they have closed plainly: unpacked they are
 * what they were, and whatever comes late the same is told as of those that
 * never were packed; and of those whose first segments are kept and judged
 * together.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "check/flows_own.h"
#include "judge/spec.h"
#include "judge/wire_own.h"
#include "test/expect.h"
#include "test/judge_walk.h"
#include "test/make.h"
#include "test/told.h"

#define WALKS	 20000
#define SEGMENTS 24

/* So many rows that never close: all that closes besides is packed. */
#define IDLE 128

static void make_head(struct row_head *head, uint32_t *dice)
{
	head->low = (uint64_t)(make_random(dice) & 0xffff) << 32 |
		    make_random(dice);
	head->high = head->low + make_random(dice);
	head->last_frame = (uint64_t)make_random(dice) << 9;
	head->octets[SIDE_A] = make_random(dice);
	head->octets[SIDE_B] = (uint64_t)make_random(dice) << 32;
	head->segments = make_random(dice);
	head->family = AF_INET;
	head->a = make_random(dice) & 1;
	head->waits = true;
	head->told = make_random(dice) & 1;
	head->id = make_random(dice);
	for (size_t i = 0; i < FLOWS_TRAIL; i++)
		head->trail[i] = (uint16_t)make_random(dice);
	head->ttl[SIDE_A] = (uint8_t)make_random(dice);
	head->ttl[SIDE_B] = (uint8_t)make_random(dice);
}

/* Any row of that judge, which is in the list of the closed. */
static void make_row(struct row *row, const struct wire_judge *j,
		     uint32_t *dice)
{
	memset(row, 0, sizeof(*row));
	make_head(&row->head, dice);
	row->first_frame = row->head.last_frame - make_random(dice);
	row->judge = *j;
	rows_end(row->head.low, &row->end[0]);
	rows_end(row->head.high, &row->end[1]);
	row->hash = make_random(dice);
	row->follows = make_random(dice);
}

static bool expect_unpacked(const struct past *past, struct row *row)
{
	struct row other;

	/* The table gives it the rest, its number and its links. */
	other = *row;
	memset(&other.head, 0x5a, sizeof(other.head));
	memset(&other.judge, 0x5a, sizeof(other.judge));
	memset(other.end, 0x5a, sizeof(other.end));
	other.hash = ~row->hash;
	other.first_frame = ~row->first_frame;
	other.notes = (struct note *)&other;
	other.follows = ~row->follows;
	past_unpack(past, &other);
	return EXPECT_MEM(&other, sizeof(other), row, sizeof(*row));
}

static void note_that(void *ctx, const struct judge_finding *found)
{
	(void)found;
	*(bool *)ctx = true;
}

/* What fits has nothing that only time shows, and the same is said of it. */
static bool expect_plain(const struct past *past, const struct wire_judge *j)
{
	bool any = false;
	struct judge_sink sink = { note_that, &any };
	struct wire_judge ended = *j;
	struct wire_summary packed, after;

	memset(&packed, 0, sizeof(packed));
	memset(&after, 0, sizeof(after));
	wire_past_summarise(&past->judge, &packed);
	wire_judge_end_closely(&ended, j->last_ns + 1000 * NS_PER_S, &sink);
	wire_judge_summarise(&ended, &after);
	return EXPECT_TRUE(!any) &&
	       EXPECT_MEM(&packed, sizeof(packed), &after, sizeof(after));
}

/* Of a row that fits: with any of these it does not. */
static void expect_refused(const struct row *row)
{
	static const size_t odd[] = {
		offsetof(struct row, notes),
		offsetof(struct row, judge.end[0].fin_gap_ms),
		offsetof(struct row, judge.end[1].rst_seq),
		offsetof(struct row, judge.end[0].rst_ms),
		offsetof(struct row, judge.end[1].unheeded),
		offsetof(struct row, judge.end[0].storm),
		offsetof(struct row, judge.end[1].early),
		offsetof(struct row, judge.end[0].even_gaps),
		offsetof(struct row, judge.end[1].low_acks),
		offsetof(struct row, judge.end[0].late),
		offsetof(struct row, judge.end[1].below),
		offsetof(struct row, judge.end[0].unheeded_late),
		offsetof(struct row, judge.end[1].icmps),
		offsetof(struct row, judge.end[0].icmp),
		offsetof(struct row, judge.end[1].padded),
		offsetof(struct row, judge.end_ns),
		offsetof(struct row, judge.said[0]),
		offsetof(struct row, judge.said[1]),
		offsetof(struct row, judge.stray_isn),
		offsetof(struct row, judge.exact_ms),
	};
	struct past past;
	struct row other;

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		other = *row;
		((uint8_t *)&other)[odd[i]] = 1;
		if (!EXPECT_TRUE(!past_pack(&past, &other)))
			return;
	}
	other = *row;
	other.head.family = AF_INET6;
	EXPECT_TRUE(!past_pack(&past, &other));
	other.head.family = AF_INET | ROW_BESIDE;
	EXPECT_TRUE(!past_pack(&past, &other));
	other.head.family = AF_INET | ROW_NEW;
	EXPECT_TRUE(!past_pack(&past, &other));
	other = *row;
	other.judge.end[SIDE_B].seen |= SENT_RST;
	EXPECT_TRUE(!past_pack(&past, &other));
	other = *row;
	other.judge.closed = false;
	EXPECT_TRUE(!past_pack(&past, &other));
}

/* The rest of one walk; returns how many judges of it fitted. */
static unsigned int walk_packing(uint32_t dice, uint32_t odd)
{
	struct judge_sink sink = { NULL, NULL };
	struct wire_judge j = { .any = false };
	unsigned int packed = 0;
	struct walk w;

	walk_begin(&w, dice, odd);
	for (int i = 0; i < SEGMENTS; i++) {
		struct walk_seg s = walk_next(&w);
		struct past past;
		struct row row;

		wire_judge_segment(&j, s.from, &s.seg, 1, w.at_ns, &sink);
		make_row(&row, &j, &dice);
		if (!past_pack(&past, &row))
			continue;
		if (!expect_unpacked(&past, &row) || !expect_plain(&past, &j))
			return 0;
		if (!packed++)
			expect_refused(&row);
	}
	return packed;
}

static void test_inverse(void)
{
	unsigned int packed = 0;

	for (uint32_t i = 0; i < WALKS; i++)
		packed += walk_packing(i * UINT32_C(2654435761), i % 20);
	EXPECT_TRUE(packed > WALKS);
}

/* A table, and what it has told of the clients of a walk. */
struct ear {
	struct flows *flows;
	struct batch batch;
	uint32_t last_id;
	uint64_t sum;
	unsigned int n;
	unsigned int found;
	unsigned int evicted;
};

static void add(struct ear *ear, uint64_t n)
{
	ear->sum = (ear->sum ^ n) * UINT64_C(0x9e3779b97f4a7c15);
	ear->sum ^= ear->sum >> 29;
}

static void add_summary(struct ear *ear, const struct wire_summary *s)
{
	add(ear, s->ending * 5u + s->closed_first);
	add(ear, s->state[SIDE_A] * 16u + s->state[SIDE_B]);
	add(ear, s->aborted_in * 8u + s->reset_by);
	add(ear, s->opened_outside);
	add(ear, (uint64_t)s->half_closed_ns);
	add(ear, s->unanswered_fins);
	add(ear, s->signs.syns * 2u + s->signs.taken);
	for (int i = 0; i < 2; i++) {
		add(ear, s->signs.fin[i] * 2u + s->signs.rst[i]);
		add(ear, s->signs.fins[i]);
		add(ear, (uint64_t)s->signs.isn[i] << 32 | s->signs.sent[i]);
		add(ear,
		    (uint64_t)s->signs.fin_ts[i] << 32 | s->signs.fin_ms[i]);
		add(ear, s->signs.rst_ms[i]);
	}
}

static void hear(void *ctx, const struct flows_over *o)
{
	struct ear *ear = ctx;

	if (o->id <= IDLE)
		return;
	ear->n++;
	ear->found += o->n_found > 0;
	ear->evicted += o->evicted;
	add(ear, (uint64_t)o->id << 32 | o->follows);
	add(ear, (uint64_t)o->family << 1 | o->beside);
	for (int i = 0; i < 2; i++) {
		add(ear, flows_number(o->end[i].addr[1], o->end[i].port));
		add(ear, o->octets[i] * 256 + o->ttl[i]);
	}
	add(ear, o->first_frame << 32 | o->last_frame);
	add(ear, (uint64_t)(o->start_ns ^ o->last_ns));
	add(ear, o->segments);
	for (size_t i = 0; i < FLOWS_TRAIL && i < o->segments; i++)
		add(ear, o->trail[i]);
	add(ear, (uint64_t)o->again << 1 | o->evicted);
	add(ear, (uint64_t)o->told_ns ^ o->told_frame);
	add_summary(ear, &o->summary);
	for (size_t i = 0; i < o->n_found; i++) {
		add(ear, (uint64_t)(o->found[i]->rule - rule_of(0)));
		add(ear, o->found[i]->frame * 2 + o->found[i]->side);
	}
}

static void give(struct ear *ear, const struct seg *seg, uint64_t frame,
		 int64_t at_ns)
{
	batch_add(&ear->batch, seg, frame, at_ns);
	batch_judge(&ear->batch);
}

static void begin_ear(struct ear *ear, int64_t quiet_ns, uint32_t idle,
		      size_t max, bool briefs)
{
	struct flows_plan plan = { .seed = { told_seed[0], told_seed[1] },
				   .max = max,
				   .quiet_ns = quiet_ns,
				   .over = hear,
				   .ctx = ear,
				   .last_id = &ear->last_id };

	memset(ear, 0, sizeof(*ear));
	ear->flows = flows_new(&plan);
	ear->batch.flows = ear->flows;
	ear->batch.briefs = briefs;
	for (uint32_t i = 1; i <= idle; i++) {
		struct seg seg = { .flags = S, .seq = 1, .win = 1000 };

		told_name(&seg, AF_INET, 1000 + i, false);
		give(ear, &seg, i, START);
	}
	ear->last_id = IDLE;
}

/* Tables that are given the same. */
enum {
	NEVER_PACKS, /* as it has too few rows */
	PACKS,
	KEEPS, /* the first segments of IPv4 too, and packs */
	EARS,
};

struct all {
	struct ear ear[EARS];
	uint64_t frame;
	int64_t at_ns;
	unsigned int packed; /* how often there was something */
	unsigned int kept;   /* and how often the last one was */
	unsigned int wholes; /* or what was judged at once was there */
	unsigned int quoted;
};

static bool is_kept(const struct ear *ear)
{
	struct flows_key key = ear->batch.brief[0].key;
	const struct row *row = rows_guess(&ear->flows->rows, key.hash);

	return row_has_key(row, &key) && row->head.family & ROW_KEPT;
}

static void give_all(struct all *all, const struct seg *seg, int64_t pass_ns)
{
	all->frame++;
	for (int i = 0; i < EARS; i++) {
		give(&all->ear[i], seg, IDLE + all->frame, all->at_ns);
		flows_pass(all->ear[i].flows, all->at_ns + pass_ns);
	}
	all->packed += all->ear[PACKS].flows->rows.past[PAST_JUDGED].held > 0;
	all->kept += is_kept(&all->ear[KEEPS]);
	all->wholes += all->ear[KEEPS].flows->rows.past[PAST_WHOLE].held > 0;
}

static void quote_to_all(struct all *all, const struct seg *seg)
{
	uint64_t unheld[EARS];

	for (int i = 0; i < EARS; i++) {
		struct ear *ear = &all->ear[i];

		unheld[i] = flows_unheld(ear->flows);
		batch_add_quoted(&ear->batch, seg, ICMP_HOST_UNREACHABLE);
		batch_judge(&ear->batch);
		unheld[i] = flows_unheld(ear->flows) - unheld[i];
		EXPECT_INT(unheld[i], unheld[0]);
	}
	all->quoted += !unheld[0];
}

/* Clients that no other walk has. */
#define HASTY 2000

/*
 * One client of a few, so that it finds its port used before; or long after all
 * others, so that one that closes soon is judged at once, and what comes late is
 * not.
 */
static void walk_in_all(struct all *all, uint32_t i)
{
	uint32_t dice = i * UINT32_C(2654435761);
	uint32_t client = 1 + i % 7 + (i % 3 ? 0 : HASTY);
	int family = i % 16 ? AF_INET : AF_INET6;
	int64_t before_ns;
	struct walk w;

	walk_begin(&w, dice, i % 2 ? 2 + i % 20 : 0);
	w.hasty = client > HASTY;
	if (w.hasty)
		all->at_ns += SPEC_TIME_WAIT_NS;
	before_ns = w.at_ns;
	for (int n = 0; n < SEGMENTS; n++) {
		struct walk_seg s = walk_next(&w);

		all->at_ns += w.at_ns - before_ns;
		before_ns = w.at_ns;
		told_name(&s.seg, family, client, s.from == SIDE_B);
		give_all(all, &s.seg, w.at_ns % 3 * NS_PER_S);
		if (make_random(&dice) % 40 == 0)
			quote_to_all(all, &s.seg);
	}
}

static void walk_all(struct all *all, int64_t quiet_ns, uint32_t idle,
		     size_t max)
{
	memset(all, 0, sizeof(*all));
	all->at_ns = START;
	begin_ear(&all->ear[NEVER_PACKS], quiet_ns, 0, max, false);
	begin_ear(&all->ear[PACKS], quiet_ns, idle, max, false);
	begin_ear(&all->ear[KEEPS], quiet_ns, idle, max, true);
	for (uint32_t i = 0; i < WALKS; i++)
		walk_in_all(all, i);
	EXPECT_TRUE(all->kept > WALKS);
	EXPECT_TRUE(all->quoted > WALKS / 10);
}

static void end_ear(struct ear *ear, int64_t at_ns)
{
	flows_end_parts(&ear->flows, 1, at_ns + NS_PER_S);
	flows_free(ear->flows);
	EXPECT_TRUE(ear->n > WALKS / 2);
	EXPECT_TRUE(ear->found > WALKS / 10);
}

static void expect_same(const struct ear *a, const struct ear *b)
{
	EXPECT_INT(a->n, b->n);
	EXPECT_TRUE(a->sum == b->sum);
}

static void test_late(int64_t quiet_ns)
{
	struct all all;

	walk_all(&all, quiet_ns, IDLE, 1000000);
	EXPECT_TRUE(all.packed > WALKS);
	EXPECT_TRUE(all.wholes > WALKS / 10);
	EXPECT_INT(all.ear[NEVER_PACKS].flows->rows.past[PAST_JUDGED].held, 0);
	for (int i = 0; i < EARS; i++)
		end_ear(&all.ear[i], all.at_ns);
	expect_same(&all.ear[PACKS], &all.ear[NEVER_PACKS]);
	expect_same(&all.ear[KEEPS], &all.ear[NEVER_PACKS]);
}

static void test_little_room(void)
{
	struct all all;

	walk_all(&all, 0, 0, 3);
	for (int i = 0; i < EARS; i++)
		end_ear(&all.ear[i], all.at_ns);
	EXPECT_TRUE(all.ear[0].evicted > WALKS / 10);
	expect_same(&all.ear[KEEPS], &all.ear[0]);
}

static void test_same(void)
{
	test_late(0);
}

static void test_same_live(void)
{
	test_late(NS_PER_S / 2);
}

/* Ids are given anew to all that is held. */
static uint32_t plus_1000(void *ctx, uint32_t id)
{
	(void)ctx;
	return id ? id + 1000 : 0;
}

static void test_renumbered(void)
{
	struct told told;

	told_begin(&told, 100000);
	for (uint32_t c = 1; c <= 2 * IDLE; c++)
		told_give_whole(&told, AF_INET, c, c / 16, 100);
	EXPECT_TRUE(told.flows->rows.past[PAST_JUDGED].held > 0);
	flows_renumber(told.flows, plus_1000, NULL);
	told_end(&told, 30);
	EXPECT_INT(told.n, 2 * IDLE);
	EXPECT_INT(told.kept[0].id, 1001);
	EXPECT_INT(told.kept[KEPT_MAX - 1].id, 1000 + KEPT_MAX);
}

/* What is past makes room as well, in the order of its last segments. */
static void test_room(void)
{
	enum {
		MAX = 2 * IDLE
	};
	struct told told;

	told_begin(&told, MAX);
	for (uint32_t c = 1; c <= MAX + 40; c++)
		told_give_whole(&told, AF_INET, c, c / 16, 100);
	EXPECT_INT(told.evicted, 40);
	for (uint32_t i = 0; i < 40; i++)
		EXPECT_INT(told.kept[i].id, i + 1);
	for (uint32_t c = 1000; c < 1000 + MAX; c++)
		told_give_whole(&told, AF_INET, c, 60, 100);
	EXPECT_INT(told.evicted, 40 + MAX);
	told_end(&told, 61);
	EXPECT_INT(told.n, 40 + 2 * MAX);
}

static const struct test tests[] = {
	{ "unpacked it is what it was", test_inverse },
	{ "late segments", test_same },
	{ "late segments, told of at once", test_same_live },
	{ "late segments, with little room", test_little_room },
	{ "renumbered", test_renumbered },
	{ "room", test_room },
	{ NULL, NULL },
};

extern const struct suite suite_flows_past;
const struct suite suite_flows_past = { "flows: past", tests };
