/*
 * Connections for the judge, in rows: who sends at what millisecond, flags,
 * numbers relative to each end's SYN, octets, and where it matters the
 * window and the timestamp with its echo.
 */
#ifndef TEST_JUDGE_ROWS_H
#define TEST_JUDGE_ROWS_H

#include <stddef.h>

#include "base/side.h"

/* A row leaves out what is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define NO_WINDOW (-1)

/* Rows end with flags NULL. */
struct judge_row {
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

#define JUDGE_ROWS_MAX 40

/* The openings that most cases begin with. */
/* clang-format off */
#define OPEN \
	{ SIDE_A, 0, "S", 0, 0 }, { SIDE_B, 10, "S.", 0, 1 }, \
	{ SIDE_A, 20, ".", 1, 1 }
#define OPEN_TS \
	{ SIDE_A, 0, "S", 0, 0, 0, 0, 100, 0 }, \
	{ SIDE_B, 10, "S.", 0, 1, 0, 0, 200, 100 }, \
	{ SIDE_A, 20, ".", 1, 1, 0, 0, 120, 200 }
/* clang-format on */

/* Cases end with name NULL. */
struct judge_case {
	const char *name;
	int until_ms;
	const char *said; /* "name side severity, ..." */
	const char *ending;
	const char *first;
	const char *a; /* the states at the end */
	const char *b;
	struct judge_row rows[JUDGE_ROWS_MAX];
};

/* The first one is the plainest. */
extern const struct judge_case judge_healthy[];
extern const struct judge_case judge_broken[];

#endif
