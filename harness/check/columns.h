/*
 * What programs are told of a connection: how each column is called and what
 * is in it, once for JSON and CSV. Knows nothing of findings.
 */
#ifndef CHECK_COLUMNS_H
#define CHECK_COLUMNS_H

#include "base/text.h"
#include "check/flows.h"

struct line; /* base/line.h */

struct columns_word {
	char text[20];
	uint32_t len;
};

/* An IPv4 address and the colon behind it, as it was written last. */
struct columns_address {
	uint32_t addr;
	uint32_t len;
	char text[16];
};

/* Columns between others that are alike of many connections. */
#define COLUMNS_ALIKE_BITS  4
#define COLUMNS_ALIKE_UNIT  64
#define COLUMNS_ALIKE_UNITS 7

struct columns_alike {
	uint32_t key; /* what is in them */
	uint32_t len;
	char text[COLUMNS_ALIKE_UNITS * COLUMNS_ALIKE_UNIT];
};

/* Words are ready-made, as lines are written by the million. */
struct columns {
	struct columns_word ending[ENDING_COUNT];
	struct columns_word first[FIRST_COUNT];
	struct columns_word state[TCP_STATE_COUNT];
	struct columns_word truth[2];
	struct columns_word nothing;
	struct text_second start;
	struct columns_address last[2]; /* each end's */
	struct columns_alike alike[1u << COLUMNS_ALIKE_BITS];
};

void columns_begin_json(struct columns *c);
void columns_begin_csv(struct columns *c);

/*
 * Members of an object, each but the first one behind a comma; before that is
 * what is given.
 */
void columns_put_json(struct columns *c, struct line *l, char before,
		      const struct flows_over *o);

/*
 * Fields, each behind a comma: those before the findings, and those behind
 * them. The names are of all fields.
 */
extern const char columns_csv_names[];
void columns_put_csv(struct columns *c, struct line *l,
		     const struct flows_over *o);
void columns_put_csv_later(struct columns *c, struct line *l,
			   const struct flows_over *o);

#endif
