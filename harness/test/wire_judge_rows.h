/*
 * Connections for the wire judge, in rows: who sends at what millisecond,
 * flags, numbers relative to each end's SYN, octets, and where it matters the
 * window and the timestamp with its echo.
 */
#ifndef TEST_WIRE_JUDGE_ROWS_H
#define TEST_WIRE_JUDGE_ROWS_H

#include <stddef.h>

#include "base/side.h"

/* A row leaves out what is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define NO_WINDOW (-1)

/* Rows end with flags NULL. */
struct wire_row {
	enum side from;
	long ms;
	const char *flags;
	int seq;
	int ack;
	size_t len;
	int win; /* 0: 1000 */
	int ts;	 /* 0: none */
	int ecr;
};

#define WIRE_ROWS_MAX 40

#define A SIDE_A
#define B SIDE_B

/* What most cases begin with; CLOSED is figure 12, whole. */
/* clang-format off */
#define OPEN \
	{ A, 0, "S", 0, 0 }, { B, 10, "S.", 0, 1 }, \
	{ A, 20, ".", 1, 1 }
#define OPEN_TS \
	{ A, 0, "S", 0, 0, 0, 0, 100, 0 }, \
	{ B, 10, "S.", 0, 1, 0, 0, 200, 100 }, \
	{ A, 20, ".", 1, 1, 0, 0, 120, 200 }
#define CLOSED \
	OPEN, { A, 30, "F.", 1, 1 }, { B, 40, ".", 1, 2 }, \
		{ B, 50, "F.", 1, 2 }, { A, 60, ".", 2, 2 }
/* clang-format on */

/* Cases end with name NULL. */
struct wire_case {
	const char *name;
	int until_ms;
	const char *said; /* "name side severity, ..." */
	const char *ending;
	const char *first;
	const char *a; /* the states at the end */
	const char *b;
	struct wire_row rows[WIRE_ROWS_MAX];
};

/* The first one is the plainest. */
extern const struct wire_case wire_judge_healthy[];
extern const struct wire_case wire_judge_broken[];

#endif
