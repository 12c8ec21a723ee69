/*
 * Classic pcap files: mapped or not, what is read is the same; and a file that
 * grows, or becomes shorter, while it is read.
 */
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "test/capture_made.h"
#include "test/expect.h"

#define HEAD	24
#define RECORD	16
#define SNAPLEN 512
#define ROOM	(1 << 20)

/* How a file writes its numbers. */
struct form {
	bool swapped;
	bool nano;
};

static uint32_t number(const struct made *m, uint32_t n)
{
	return m->swapped ? __builtin_bswap32(n) : n;
}

static void make(struct made *m, struct form form)
{
	uint32_t head[HEAD / 4];

	make_file(m);
	m->swapped = form.swapped;
	head[0] = number(m, form.nano ? 0xa1b23c4d : 0xa1b2c3d4);
	head[1] = form.swapped ? 0x04000200 : 0x00040002;
	head[2] = head[3] = 0;
	head[4] = number(m, SNAPLEN);
	head[5] = number(m, 1);
	append(m, head, sizeof(head));
}

/* A record that says it has so many octets, of which some are written. */
static void put(struct made *m, uint32_t s, uint32_t said, uint32_t len)
{
	static uint8_t room[RECORD + ROOM];
	uint32_t head[RECORD / 4] = { number(m, s), number(m, 7),
				      number(m, said), number(m, said + 9) };

	memcpy(room, head, sizeof(head));
	memset(room + RECORD, (int)(++m->n), len);
	append(m, room, RECORD + len);
}

static const struct form forms[] = {
	{ false, false }, { false, true }, { true, false }, { true, true }
};

static void test_forms(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct heard heard;
		struct made m;

		make(&m, forms[i]);
		for (uint32_t n = 0; n < 300; n++)
			put(&m, 1000 + n, n % SNAPLEN, n % SNAPLEN);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, 300);
		EXPECT_INT(heard.got, CAPTURE_END);
		EXPECT_INT(heard.last_ns,
			   1299 * NS_PER_S + (forms[i].nano ? 7 : 7000));
		unmake(&m);
	}
}

/* The file ends at every octet of its last two records. */
static void test_cut(void)
{
	struct heard heard;
	struct made m;
	size_t whole;

	make(&m, forms[0]);
	for (uint32_t n = 0; n < 4; n++)
		put(&m, n, 20, 20);
	whole = m.size;
	for (size_t size = whole; size >= whole - 2 * (RECORD + 20); size--) {
		bool clean = (whole - size) % (RECORD + 20) == 0;

		EXPECT_INT(ftruncate(m.fd, (off_t)size), 0);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, (size - HEAD) / (RECORD + 20));
		EXPECT_INT(heard.got, clean ? CAPTURE_END : CAPTURE_DAMAGED);
	}
	unmake(&m);
}

/* Lengths beyond the snap length, beyond all bounds, beyond the file. */
static void test_lengths(void)
{
	static const uint32_t said[] = { SNAPLEN,    SNAPLEN + 1, 70000,
					 262144,     262145,	  300000,
					 0x7fffffff, 0xfffffff0,  0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(said); i++) {
		uint32_t len = said[i] < ROOM ? said[i] : 100;
		struct heard heard;
		struct made m;

		make(&m, forms[i % ARRAY_SIZE(forms)]);
		put(&m, 1, 10, 10);
		put(&m, 2, said[i], len);
		put(&m, 3, 10, 10);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, said[i] <= 262144 ? 3 : 1);
		EXPECT_INT(heard.got,
			   said[i] <= 262144 ? CAPTURE_END : CAPTURE_DAMAGED);
		unmake(&m);
	}
}

/* Seconds and fractions of them that take all 32 bits. */
static void test_times(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct heard heard;
		struct made m;

		make(&m, forms[i]);
		put(&m, 0x7fffffff, 1, 1);
		put(&m, 0x80000000, 1, 1);
		put(&m, 0xffffffff, 1, 1);
		put(&m, 0, 1, 1);
		expect_same(&m, &heard);
		EXPECT_INT(heard.n, 4);
		unmake(&m);
	}
}

static void grow(struct made *m)
{
	for (uint32_t n = 0; n < 1000; n++)
		put(m, 50, 300, 300);
}

static void grow_in_part(struct made *m)
{
	grow(m);
	put(m, 51, 300, 299);
}

/* What is written while it is read is read, too. */
static void test_grows(void)
{
	for (int part = 0; part < 2; part++) {
		struct heard heard = { .at_frame = 5,
				       .meanwhile =
					       part ? grow_in_part : grow };
		struct made m;

		make(&m, forms[0]);
		for (uint32_t n = 0; n < 5; n++)
			put(&m, n, 40, 40);
		read_made(&heard, &m, false);
		EXPECT_INT(heard.n, 1005);
		EXPECT_INT(heard.got, part ? CAPTURE_DAMAGED : CAPTURE_END);
		EXPECT_INT(heard.lost, 0);
		unmake(&m);
	}
}

static void put_one(struct made *m)
{
	put(m, 1, 400, 400);
}

static void test_shrinks(void)
{
	for (size_t i = 0; i < MADE_CUTS; i++) {
		struct made m;

		make(&m, forms[0]);
		expect_shorter(&m, put_one, i);
		unmake(&m);
	}
}

/* Stopped amid the file, and read on: nothing is missed, nothing twice. */
static void stop(void *ctx, const struct capture_frame *frame)
{
	struct heard *h = ctx;

	hear(ctx, frame);
	capture_break(h->capture);
}

static void test_stops(void)
{
	struct heard heard = { .fault = { "" } }, same;
	struct made m;

	make(&m, forms[0]);
	for (uint32_t n = 0; n < 20; n++)
		put(&m, n, 40, 40);
	expect_same(&m, &same);
	heard.capture = capture_open(m.path, &heard.fault);
	for (uint64_t n = 1; n <= 10; n++) {
		EXPECT_INT(capture_read(heard.capture, stop, &heard,
					&heard.fault),
			   CAPTURE_END);
		EXPECT_INT(heard.n, n);
		EXPECT_INT(capture_offset(heard.capture),
			   HEAD + n * (RECORD + 40));
	}
	capture_carefully(heard.capture);
	EXPECT_INT(capture_read(heard.capture, hear, &heard, &heard.fault),
		   CAPTURE_END);
	EXPECT_TRUE(heard.n == same.n && heard.sum == same.sum);
	capture_close(heard.capture);
	unmake(&m);
}

static const struct test tests[] = {
	{ "mapped or not, in every form", test_forms },
	{ "cut at every octet", test_cut },
	{ "lengths beyond the bounds", test_lengths },
	{ "times of 32 bits", test_times },
	{ "a file that grows", test_grows },
	{ "a file that becomes shorter", test_shrinks },
	{ "stopped, and read on", test_stops },
	{ NULL, NULL },
};

extern const struct suite suite_capture;
const struct suite suite_capture = { "capture", tests };
