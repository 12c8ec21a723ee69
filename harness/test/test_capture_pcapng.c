/*
 * pcapng files: mapped or not, what is read is the same, whatever blocks there
 * are, wherever the file ends, and whatever is wrong with it.
 */
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "test/capture_made.h"
#include "test/expect.h"
#include "test/make.h"

#define SECTION	   0x0a0d0d0au
#define INTERFACE  1u
#define OLD_PACKET 2u
#define SIMPLE	   3u
#define PACKET	   6u
#define ODD	   0x0badu

#define MICRO 6
#define NANO  9

#define MOST 600 /* octets of a packet */

static uint32_t number(const struct made *m, uint32_t n)
{
	return m->swapped ? __builtin_bswap32(n) : n;
}

/* Words, then octets that make a packet. */
static void put(struct made *m, uint32_t type, const uint32_t *word,
		size_t words, uint32_t octets)
{
	uint32_t block[(MOST + 64) / 4] = { 0 };
	uint32_t len = (uint32_t)(12 + 4 * words + (octets + 3) / 4 * 4);

	block[0] = number(m, type);
	block[1] = number(m, len);
	for (size_t i = 0; i < words; i++)
		block[2 + i] = number(m, word[i]);
	if (octets)
		memset(&block[2 + words], (int)++m->n, octets);
	block[len / 4 - 1] = number(m, len);
	append(m, block, len);
}

static void put_section(struct made *m, bool swapped)
{
	uint32_t one = swapped ? 0x00000100 : 0x00010000;
	uint32_t words[] = { 0x1a2b3c4d, one >> 16 | one << 16, UINT32_MAX,
			     UINT32_MAX };

	m->swapped = swapped;
	words[1] = swapped ? 0x00010000 : 1;
	put(m, SECTION, words, ARRAY_SIZE(words), 0);
}

/* The resolution is an option; 0: there is none. */
static void put_iface(struct made *m, uint16_t link, uint8_t resolution)
{
	uint32_t words[] = { m->swapped ? (uint32_t)link << 16 : link, MOST,
			     m->swapped ? 9u << 16 | 1 : 1u << 16 | 9,
			     m->swapped ? (uint32_t)resolution << 24
					: resolution,
			     0 };

	put(m, INTERFACE, words, resolution ? ARRAY_SIZE(words) : 2, 0);
}

static void put_packet(struct made *m, uint32_t iface, uint64_t units,
		       uint32_t len)
{
	uint32_t words[] = { iface, (uint32_t)(units >> 32), (uint32_t)units,
			     len, len + 9 };

	put(m, PACKET, words, ARRAY_SIZE(words), len);
}

static void begin(struct made *m, bool swapped)
{
	make_file(m);
	put_section(m, swapped);
	put_iface(m, 1, 0);
}

/* One block of any kind; ifaces: how many the section has. */
static void put_any(struct made *m, uint32_t *ifaces, uint32_t *dice)
{
	uint32_t iface = make_random(dice) % *ifaces;
	uint32_t len = 1 + make_random(dice) % 100;
	uint32_t words[] = { m->swapped ? iface << 16 : iface, 0, 5, len, len };

	switch (make_random(dice) % 40) {
	case 0:
		put_section(m, make_random(dice) % 2);
		put_iface(m, 101, NANO);
		*ifaces = 1;
		break;
	case 1:
		put_iface(m, (uint16_t)(1 + make_random(dice) % 120),
			  (uint8_t)(make_random(dice) % 12));
		++*ifaces;
		break;
	case 2:
		put(m, ODD, words, make_random(dice) % 5, 0);
		break;
	case 3:
		put(m, OLD_PACKET, words, ARRAY_SIZE(words), len);
		break;
	case 4:
		put(m, SIMPLE, &len, 1, len);
		break;
	default:
		put_packet(m, iface, (uint64_t)m->n << 30, len);
	}
}

static void test_blocks(void)
{
	uint32_t dice = 1;

	for (int run = 0; run < 50; run++) {
		struct heard heard;
		struct made m;
		uint32_t ifaces = 1;

		begin(&m, run % 5 == 0);
		for (int i = 0; i < 500; i++)
			put_any(&m, &ifaces, &dice);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, m.n);
		EXPECT_INT(heard.wrong, 0);
		EXPECT_INT(heard.got, CAPTURE_END);
		unmake(&m);
	}
}

/* The file ends at every octet of its last blocks. */
static void test_cut(void)
{
	struct heard heard;
	struct made m;
	size_t before;

	begin(&m, false);
	put_packet(&m, 0, 1, 20);
	before = m.size;
	put_packet(&m, 0, 2, 20);
	put_iface(&m, 1, NANO);
	put_packet(&m, 1, 3, 20);
	for (size_t size = m.size; size >= before; size--) {
		EXPECT_INT(ftruncate(m.fd, (off_t)size), 0);
		expect_same(&m, &heard);
		EXPECT_TRUE(heard.n >= 1 && heard.n <= 3);
		EXPECT_TRUE(heard.got == CAPTURE_END ||
			    strstr(heard.fault.text, "truncated"));
	}
	unmake(&m);
}

/* Any four octets have another value: most often a length, a type. */
static void test_damaged(void)
{
	static const uint32_t values[] = { 0,	       1,	   4,
					   6,	       12,	   32,
					   0x01000000, 0x7fffffff, 0xfffffffc,
					   UINT32_MAX };
	uint64_t damaged = 0;
	struct made m;

	begin(&m, false);
	put_packet(&m, 0, 1, 20);
	put_iface(&m, 1, NANO);
	put_packet(&m, 1, 3, 21);
	put_packet(&m, 0, 4, 20);
	for (size_t at = 0; at < m.size; at += 4) {
		uint32_t was;

		EXPECT_INT(pread(m.fd, &was, 4, (off_t)at), 4);
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			struct heard heard = { .got = CAPTURE_END };

			EXPECT_INT(pwrite(m.fd, &values[i], 4, (off_t)at), 4);
			/* The first block is capture_open's. */
			if (at >= 28)
				expect_same(&m, &heard);
			damaged += heard.got == CAPTURE_DAMAGED;
		}
		EXPECT_INT(pwrite(m.fd, &was, 4, (off_t)at), 4);
	}
	EXPECT_TRUE(damaged > 100);
	unmake(&m);
}

/* Both lengths of a packet's block are the same, and no multiple of four. */
static void test_uneven(void)
{
	uint32_t block[] = { PACKET, 0, 0, 0, 5, 4, 4, 0x02020202, 0, 0 };

	for (uint32_t len = 33; len <= 40; len++) {
		struct heard heard;
		struct made m;

		begin(&m, false);
		put_packet(&m, 0, 1, 20);
		block[1] = len;
		memcpy((uint8_t *)block + len - 4, &len, sizeof(len));
		append(&m, block, len);
		put_packet(&m, 0, 3, 20);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, len % 4 ? 1 : 3);
		EXPECT_INT(heard.got, len % 4 ? CAPTURE_DAMAGED : CAPTURE_END);
		unmake(&m);
	}
}

/* What fits into nanoseconds and what does not; resolutions of every kind. */
static void test_times(void)
{
	static const uint64_t units[] = { 0,
					  7,
					  INT64_MAX / 1000,
					  INT64_MAX / 1000 + 1,
					  INT64_MAX,
					  (uint64_t)INT64_MAX + 1,
					  UINT64_MAX };
	static const uint8_t resolutions[] = { 0,  MICRO,     NANO, 3,
					       12, 0x80 | 20, 0xff };

	for (size_t r = 0; r < ARRAY_SIZE(resolutions); r++) {
		struct heard heard;
		struct made m;

		begin(&m, false);
		put_iface(&m, 1, resolutions[r]);
		for (size_t i = 0; i < ARRAY_SIZE(units); i++)
			put_packet(&m, 1, units[i], 10);
		put_packet(&m, 1, 1700000000, 10);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, ARRAY_SIZE(units) + 1);
		if (r < 3)
			EXPECT_INT(heard.last_ns, resolutions[r] == NANO
							  ? 1700000000
							  : 1700 * NS_PER_S);
		unmake(&m);
	}
}

static void grow(struct made *m)
{
	put_iface(m, 1, NANO);
	for (uint32_t n = 0; n < 1000; n++)
		put_packet(m, n % 2, n, 300);
}

/* What is written while it is read is read, too. */
static void test_grows(void)
{
	struct heard heard = { .at_frame = 5, .meanwhile = grow };
	struct made m;

	begin(&m, false);
	for (uint32_t n = 0; n < 5; n++)
		put_packet(&m, 0, n, 40);
	read_made(&heard, &m, false);
	EXPECT_INT(heard.n, 1005);
	EXPECT_INT(heard.wrong, 0);
	EXPECT_INT(heard.got, CAPTURE_END);
	EXPECT_INT(heard.lost, 0);
	unmake(&m);
}

static void put_one(struct made *m)
{
	put_packet(m, 0, 1, 400);
}

static void test_shrinks(void)
{
	for (size_t i = 0; i < MADE_CUTS; i++) {
		struct made m;

		begin(&m, false);
		expect_shorter(&m, put_one, i);
		unmake(&m);
	}
}

static const struct test tests[] = {
	{ "blocks of every kind", test_blocks },
	{ "cut at every octet", test_cut },
	{ "damaged", test_damaged },
	{ "uneven lengths", test_uneven },
	{ "times of every kind", test_times },
	{ "a file that grows", test_grows },
	{ "a file that becomes shorter", test_shrinks },
	{ NULL, NULL },
};

extern const struct suite suite_capture_pcapng;
const struct suite suite_capture_pcapng = { "capture: pcapng", tests };
