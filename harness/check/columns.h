/*
 * What programs are told of a connection: how each column is called and what
 * is in it, once for all forms. Knows nothing of findings.
 */
#ifndef CHECK_COLUMNS_H
#define CHECK_COLUMNS_H

#include "check/flows.h"

struct line; /* base/line.h */

enum column {
	COLUMN_ID,
	COLUMN_A,
	COLUMN_B,
	COLUMN_FOLLOWS,
	COLUMN_SAME_AS,
	COLUMN_ENDING,
	COLUMN_CLOSED_FIRST,
	COLUMN_STATE_A,
	COLUMN_STATE_B,
	COLUMN_ABORTED_IN,
	COLUMN_RESET_BY,
	COLUMN_OPENED_OUTSIDE,
	COLUMN_HALF_CLOSED,
	COLUMN_UNANSWERED_FINS,
	COLUMN_START,
	COLUMN_DURATION,
	COLUMN_OCTETS_A,
	COLUMN_OCTETS_B,
	COLUMN_FIRST_FRAME,
	COLUMN_LAST_FRAME,
	COLUMN_SEGMENTS,
	COLUMN_EVICTED,
	COLUMN_COUNT,
};

const char *column_name(enum column column);

/* How a form spells what is in them. */
struct columns_spelling {
	bool names;	   /* each column's is before it, as JSON has it */
	const char *quote; /* on both sides of what is no number */
	const char *nothing, *no, *yes;
	bool all_digits; /* of seconds, nine behind the point */
};

struct columns_word {
	char text[20];
	uint32_t len;
};

/* A spelling, its words ready-made: lines are written by the million. */
struct columns {
	const struct columns_spelling *spelling;
	struct columns_word ending[ENDING_COUNT];
	struct columns_word first[FIRST_COUNT];
	struct columns_word state[TCP_STATE_COUNT];
	struct columns_word truth[2];
	struct columns_word nothing;
};

void columns_begin(struct columns *c, const struct columns_spelling *spelling);

/*
 * Writes n columns of a connection. Before the first one is that character,
 * before each other one a comma.
 */
void columns_put(const struct columns *c, struct line *l, char before,
		 const enum column *column, size_t n,
		 const struct flows_over *o);

#endif
