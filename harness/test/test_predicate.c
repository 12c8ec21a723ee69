/* What both judges ask in plain numbers: each answer just on either side. */
#include "judge/predicate.h"

#include "base/array.h"
#include "test/expect.h"

static void test_fin_is_early(void)
{
	EXPECT_TRUE(fin_is_early(99, 100));
	EXPECT_TRUE(!fin_is_early(100, 100));
}

static void test_fin_is_not_again(void)
{
	EXPECT_TRUE(fin_is_not_again(1, 3000, 3000));
	EXPECT_TRUE(!fin_is_not_again(1, 2999, 3000));
	EXPECT_TRUE(!fin_is_not_again(2, 3000, 3000));
	EXPECT_TRUE(!fin_is_not_again(0, 3000, 3000));
}

static void test_pure_ack(void)
{
	static const struct {
		uint8_t flags;
		size_t len;
		bool pure;
	} rows[] = {
		{ FLAG_ACK, 0, true },
		{ FLAG_ACK | FLAG_PSH, 0, true },
		{ FLAG_ACK, 1, false },
		{ FLAG_ACK | FLAG_FIN, 0, false },
		{ FLAG_ACK | FLAG_SYN, 0, false },
		{ FLAG_ACK | FLAG_RST, 0, false },
		{ 0, 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seg seg = { .flags = rows[i].flags, .len = rows[i].len };

		EXPECT_INT(is_pure_ack(&seg), rows[i].pure);
	}
}

/* Across the wrap too: the FIN has the last number there is. */
static void test_ack_is_below_fin(void)
{
	struct seg seg = { .flags = FLAG_ACK, .seq = UINT32_MAX };

	EXPECT_TRUE(ack_is_below_fin(&seg, UINT32_MAX));
	seg.seq = UINT32_MAX - 1;
	EXPECT_TRUE(ack_is_below_fin(&seg, UINT32_MAX));
	seg.seq = 0;
	EXPECT_TRUE(!ack_is_below_fin(&seg, UINT32_MAX));
	seg.seq = UINT32_MAX;
	seg.len = 1;
	EXPECT_TRUE(!ack_is_below_fin(&seg, UINT32_MAX));
}

static void test_rst_answers_rst(void)
{
	struct seg rst = { .flags = FLAG_RST | FLAG_ACK, .ack = 7 };

	EXPECT_TRUE(rst_answers_bare(&rst, 5));
	EXPECT_TRUE(rst_answers_rst(&rst, 5, 7));
	EXPECT_TRUE(!rst_answers_rst(&rst, 5, 8));
	EXPECT_TRUE(!rst_answers_rst(&rst, 0, 7));
	rst.seq = 1;
	EXPECT_TRUE(!rst_answers_rst(&rst, 5, 7));
	rst.seq = 0;
	rst.flags = FLAG_RST;
	EXPECT_TRUE(!rst_answers_rst(&rst, 5, 7));
}

static const struct test tests[] = {
	{ "a FIN again too early", test_fin_is_early },
	{ "a FIN not again", test_fin_is_not_again },
	{ "nothing but an ACK", test_pure_ack },
	{ "an ACK from below the FIN", test_ack_is_below_fin },
	{ "an RST to an RST", test_rst_answers_rst },
	{ NULL, NULL },
};

const struct suite suite_predicate = { "predicate", tests };
