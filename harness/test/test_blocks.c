/*
 * What several tables have told: put in the order in which one would, whatever
 * each of them has, and no memory is kept that was needed once.
 */
#include <string.h>

#include "base/array.h"
#include "check/blocks.h"
#include "test/expect.h"

/* Connections by their ids now, in the order in which they are told of. */
struct heard {
	uint32_t id[16];
	uint32_t follows[16];
	size_t n;
};

static void hear(void *ctx, const struct flows_over *o)
{
	struct heard *h = ctx;

	if (h->n == ARRAY_SIZE(h->id))
		return;
	h->id[h->n] = o->id;
	h->follows[h->n++] = o->follows;
}

/* The n-th of a part is over: a frame made it end, or time has by then. */
static void tell(struct block *b, uint32_t part, uint32_t n, uint64_t when,
		 bool by_time, uint64_t last_frame)
{
	struct flows_over o;

	memset(&o, 0, sizeof(o));
	o.id = OWN_IDS + n;
	o.follows = n > 1 ? OWN_IDS + n - 1 : 0;
	o.told_frame = by_time ? 0 : when;
	o.last_frame = last_frame;
	block_told(b, when, part, &o);
}

/* Two threads with two parts each, and what one frame has in all of them. */
static void test_order(void)
{
	static const uint32_t order[] = { 2, 4, 3, 1, 5, 6 };
	struct block block[2] = { 0 };
	struct heard heard = { .n = 0 };
	uint32_t last_id = 0;
	struct merger m = { .last_id = &last_id, .over = hear, .ctx = &heard };

	block_begun(&block[0], 1, 2);
	block_begun(&block[0], 7, 0);
	block_begun(&block[0], 7, 2);
	block_begun(&block[1], 1, 1);
	block_begun(&block[1], 7, 1);
	block_begun(&block[1], 7, 3);
	/* Ids are 1 of part 1, 2 of part 2, and then 3 to 6 of parts 0 to 3. */
	tell(&block[0], 2, 1, 10, false, 10);
	tell(&block[0], 0, 1, 20, true, 8);
	tell(&block[0], 2, 2, 20, true, 9);
	tell(&block[1], 1, 2, 20, false, 20);
	tell(&block[1], 1, 1, 20, true, 8);
	tell(&block[1], 3, 1, 20, true, 9);
	blocks_merge(&m, block, 2);
	EXPECT_INT(last_id, 6);
	if (!EXPECT_INT(heard.n, ARRAY_SIZE(order)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		EXPECT_INT(heard.id[i], order[i]);
	EXPECT_INT(heard.follows[1], 1);
	EXPECT_INT(heard.follows[4], 2);
	merger_free(&m);
	block_free(&block[0]);
	block_free(&block[1]);
}

/* After a gap in the capture nearly all connections are over at once. */
static void test_room(void)
{
	struct block b = { 0 };

	for (uint32_t n = 1; n <= 10000; n++) {
		block_begun(&b, n, 0);
		tell(&b, 0, n, 20, true, n);
	}
	EXPECT_TRUE(b.told.room > 10000 * sizeof(uint64_t));
	block_clear(&b);
	EXPECT_TRUE(b.told.room <= BLOCK_ROOM_KEPT);
	EXPECT_INT(b.told.n + b.begun.n, 0);
	for (uint32_t n = 1; n <= 2; n++)
		tell(&b, 0, n, 20, true, n);
	EXPECT_TRUE(b.told.n > 0 && b.told.room > 0);
	block_clear(&b);
	EXPECT_TRUE(b.told.room > 0);
	block_free(&b);
}

static const struct test tests[] = {
	{ "order", test_order },
	{ "room", test_room },
	{ NULL, NULL },
};

extern const struct suite suite_blocks;
const struct suite suite_blocks = { "blocks", tests };
