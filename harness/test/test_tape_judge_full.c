/*
 * Tapes longer than rows can say: more of everything than a memory of fixed
 * size would hold. Nothing is wrong on them, and nothing must be found.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/test_tape_judge.h"

#define EVENTS_MAX 512

/* A tape in the making, an event a millisecond. */
struct reel {
	struct make_event event[EVENTS_MAX];
	size_t n;
};

static void add(struct reel *reel, struct make_event e)
{
	if (!EXPECT_TRUE(reel->n < EVENTS_MAX))
		return;
	if (!e.at_ms)
		e.at_ms = (int)reel->n;
	reel->event[reel->n++] = e;
}

static void open_both(struct reel *reel)
{
	static const struct make_event opened[] = { OPENED };

	for (size_t i = 0; i < ARRAY_SIZE(opened); i++)
		add(reel, opened[i]);
}

static void expect_reel(const struct reel *reel)
{
	struct tape t;

	make_tape(&t, AF_INET, reel->event, reel->n);
	tape_judge_finds(&t, "");
}

/* len octets of A's at seq, which B acknowledges with ack unless it is 0. */
static void text(struct reel *reel, int seq, size_t len, int ack)
{
	add(reel,
	    (struct make_event)DATA(A, ".", seq, 1, len, DELIVERED, EST, EST));
	if (ack)
		add(reel, (struct make_event)SEG(B, ".", 1, ack, DELIVERED, EST,
						 EST));
}

/* One hole before 32 segments. */
static void test_one_hole(void)
{
	struct reel reel = { .n = 0 };

	open_both(&reel);
	add(&reel, (struct make_event)ACT(A, "send 330", "330"));
	add(&reel, (struct make_event)DATA(A, ".", 1, 1, 10, LOST, EST, EST));
	for (int i = 1; i < 33; i++)
		text(&reel, 1 + 10 * i, 10, 1);
	text(&reel, 1, 10, 331);
	expect_reel(&reel);
}

/* Each second segment is lost: fifty holes, filled from the last on. */
static void test_many_holes(void)
{
	struct reel reel = { .n = 0 };

	open_both(&reel);
	add(&reel, (struct make_event)ACT(A, "send 500", "500"));
	for (int i = 0; i < 100; i += 2) {
		add(&reel, (struct make_event)DATA(A, ".", 1 + 5 * i, 1, 5,
						   LOST, EST, EST));
		text(&reel, 6 + 5 * i, 5, 1);
	}
	for (int i = 98; i > 0; i -= 2)
		text(&reel, 1 + 5 * i, 5, 1);
	text(&reel, 1, 5, 501);
	expect_reel(&reel);
}

/* A hundred old ACKs, then the hundred resets they are answered with. */
static void test_many_answers(void)
{
	struct reel reel = { .n = 0 };

	open_both(&reel);
	add(&reel, (struct make_event)ACT(A, "send 100", "100"));
	add(&reel, (struct make_event)DATA(A, "P.", 1, 1, 100, LOST, EST, EST));
	add(&reel, (struct make_event)ACT(A, "linger 0", "0"));
	add(&reel, (struct make_event)ACT(A, "close", "0"));
	add(&reel, (struct make_event)SEG(A, "R.", 101, 1, LOST, CLD, EST));
	for (int i = 1; i <= 100; i++)
		add(&reel,
		    (struct make_event)SEG(B, ".", 1, i, FORGED, CLD, EST));
	for (int i = 1; i <= 100; i++)
		add(&reel,
		    (struct make_event)SEG(A, "R", i, 0, LOST, CLD, EST));
	expect_reel(&reel);
}

/*
 * B's text was sent and given to A before A sent 300 segments, but the
 * capture of B's side was read behind them.
 */
static void test_late_frame(void)
{
	struct reel reel = { .n = 0 };
	struct tape_event last;
	struct tape t;
	size_t opened;

	open_both(&reel);
	opened = reel.n;
	for (int i = 0; i < 300; i++)
		add(&reel, (struct make_event){
				   .kind = TAPE_SEGMENT,
				   .side = SIDE_A,
				   .text = ".",
				   .number = 1 + i,
				   .ack = 11,
				   .len = 1,
				   .how = TAPE_DELIVERED,
				   .state = { EST, EST },
				   .at_ms = 20 + i,
			   });
	add(&reel, (struct make_event){ .kind = TAPE_SEGMENT,
					.side = SIDE_B,
					.text = ".",
					.number = 1,
					.ack = 1,
					.len = 10,
					.how = TAPE_DELIVERED,
					.state = { EST, EST },
					.at_ms = 10 });
	add(&reel, (struct make_event){ .kind = TAPE_SEGMENT,
					.side = SIDE_B,
					.text = ".",
					.number = 11,
					.ack = 301,
					.how = TAPE_DELIVERED,
					.state = { EST, EST },
					.at_ms = 330 });
	make_tape(&t, AF_INET, reel.event, reel.n);
	last = t.event[t.n_event - 2];
	memmove(&t.event[opened + 1], &t.event[opened],
		(t.n_event - 2 - opened) * sizeof(last));
	t.event[opened] = last;
	tape_judge_finds(&t, "");
}

/* A FIN above a hole that was forged, and the true one before it. */
static void test_two_fins(void)
{
	static const struct make_event rows[] = {
		OPENED,
		SEG(A, "F.", 101, 1, FORGED, EST, EST),
		SEG(B, ".", 1, 1, DELIVERED, EST, EST),
		ACT(A, "close", "0"),
		SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
		SEG(B, ".", 1, 2, DELIVERED, FW2, CW),
	};
	struct reel reel = { .n = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add(&reel, rows[i]);
	expect_reel(&reel);
}

static const struct test tests[] = {
	{ "a hole before 32 segments", test_one_hole },
	{ "fifty holes", test_many_holes },
	{ "a hundred segments, answered later", test_many_answers },
	{ "a frame 300 frames behind its time", test_late_frame },
	{ "two FINs above holes", test_two_fins },
	{ NULL, NULL },
};

const struct suite suite_tape_judge_full = { "tape_judge_full", tests };
