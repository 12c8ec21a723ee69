/* Tapes for the tape judge's tests, in rows. For test/test_tape_judge*.c only. */
#ifndef TEST_TEST_TAPE_JUDGE_H
#define TEST_TEST_TAPE_JUDGE_H

#include "base/name.h"
#include "test/make.h"

#define EST TCP_STATE_ESTABLISHED
#define FW1 TCP_STATE_FIN_WAIT_1
#define FW2 TCP_STATE_FIN_WAIT_2
#define CW  TCP_STATE_CLOSE_WAIT
#define CLG TCP_STATE_CLOSING
#define LA  TCP_STATE_LAST_ACK
#define TW  TCP_STATE_TIME_WAIT
#define CLD TCP_STATE_CLOSED
#define SS  TCP_STATE_SYN_SENT
#define SR  TCP_STATE_SYN_RECEIVED

/* at_ms is, in these rows, the time since the event before, less 1 ms. */
#define ACT(s, t, ans)                                                       \
	{                                                                    \
		.kind = TAPE_ACT, .side = SIDE_##s, .text = t, .answer = ans \
	}
#define DATA(s, f, q, k, n, h, sa, sb)                                       \
	{                                                                    \
		.kind = TAPE_SEGMENT, .side = SIDE_##s, .text = f,           \
		.number = q, .ack = k, .len = n, .how = TAPE_##h, .state = { \
			sa,                                                  \
			sb                                                   \
		}                                                            \
	}
#define SEG(s, f, q, k, h, sa, sb) DATA(s, f, q, k, 0, h, sa, sb)
#define LATE(s, f, q, k, h, sa, sb, t)                                       \
	{                                                                    \
		.kind = TAPE_SEGMENT, .side = SIDE_##s, .text = f,           \
		.number = q, .ack = k, .how = TAPE_##h, .state = { sa, sb }, \
		.at_ms = t                                                   \
	}
#define LATER(t)                               \
	{                                      \
		.kind = TAPE_QUIET, .at_ms = t \
	}
#define IS(sa, sb, t)                                            \
	{                                                        \
		.kind = TAPE_IS, .state = { sa, sb }, .at_ms = t \
	}
#define OPENED                                                       \
	{ .kind = TAPE_OPEN }, SEG(A, "S", 0, 0, DELIVERED, SS, SR), \
		SEG(B, "S.", 0, 1, DELIVERED, EST, SR),              \
		SEG(A, ".", 1, 1, DELIVERED, EST, EST)
/* Up to FIN-WAIT-2 and CLOSE-WAIT. */
#define A_CLOSED                                                              \
	OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, DELIVERED, FW1, CW), \
		SEG(B, ".", 1, 2, DELIVERED, FW2, CW)
/* Up to both closed, A in TIME-WAIT. */
#define BOTH_CLOSED                                            \
	A_CLOSED, ACT(B, "recv", "eof"), ACT(B, "close", "0"), \
		SEG(B, "F.", 1, 2, DELIVERED, TW, LA),         \
		SEG(A, ".", 2, 2, DELIVERED, TW, CLD)
/* 100 octets from B that A has acknowledged and not read. */
#define UNREAD                                                 \
	OPENED, ACT(B, "send 100", "100"),                     \
		DATA(B, "P.", 1, 1, 100, DELIVERED, EST, EST), \
		SEG(A, ".", 1, 101, DELIVERED, EST, EST)
#define END                             \
	{                               \
		.kind = TAPE_KIND_COUNT \
	}

#define ROWS_MAX 44

struct tape_row {
	const char *name;
	struct make_event event[ROWS_MAX];
	const char *found; /* "B wrong-transition ID: expected | actual; ..." */
};

/* Ended by a row without a name. */
extern const struct tape_row tapes_healthy[], tapes_broken[], tapes_bugs[],
	tapes_checks[];

/* The tape judge finds this on the tape, which is given back. */
void tape_judge_finds(struct tape *t, const char *found);

#endif
