/* The columns, and how values of each kind are written. */
#include "check/columns.h"

#include <stddef.h>
#include <stdio.h>

#include "base/array.h"
#include "base/digits.h"
#include "base/line.h"
#include "base/text.h"
#include "check/listing.h"

/* A name, what is around it in JSON, and what is copied of it at once. */
#define KEY_ROOM 24

/* A column takes no more, with what is written behind its end. */
#define COLUMN_ROOM (KEY_ROOM + LISTING_ADDRESS_MAX + 8)

_Static_assert(COLUMN_COUNT *COLUMN_ROOM <= LINE_ROOM, "a line has room");

/* Writes the value of a connection to be found there. Returns where it ends. */
typedef char *put_fn(char *at, const struct columns *c,
		     const struct flows_over *o, const void *value);

static char *put_word(char *at, const struct columns_word *word)
{
	memcpy(at, word->text, sizeof(word->text));
	return at + word->len;
}

static char *put_ending(char *at, const struct columns *c,
			const struct flows_over *o, const void *value)
{
	(void)o;
	return put_word(at, &c->ending[*(const enum ending *)value]);
}

static char *put_first(char *at, const struct columns *c,
		       const struct flows_over *o, const void *value)
{
	(void)o;
	return put_word(at, &c->first[*(const enum first *)value]);
}

static char *put_state(char *at, const struct columns *c,
		       const struct flows_over *o, const void *value)
{
	(void)o;
	return put_word(at, &c->state[*(const enum tcp_state *)value]);
}

static char *put_truth(char *at, const struct columns *c,
		       const struct flows_over *o, const void *value)
{
	(void)o;
	return put_word(at, &c->truth[*(const bool *)value]);
}

static char *put_number(char *at, const struct columns *c,
			const struct flows_over *o, const void *value)
{
	(void)c, (void)o;
	return digits_put(at, *(const uint32_t *)value);
}

static char *put_count(char *at, const struct columns *c,
		       const struct flows_over *o, const void *value)
{
	(void)c, (void)o;
	return digits_put(at, *(const uint64_t *)value);
}

/* Of another connection, if there is one. */
static char *put_id(char *at, const struct columns *c,
		    const struct flows_over *o, const void *value)
{
	if (!*(const uint32_t *)value)
		return put_word(at, &c->nothing);
	return put_number(at, c, o, value);
}

static char *put_quote(char *at, const struct columns *c)
{
	*at = *c->spelling->quote;
	return at + (*at != '\0');
}

static char *put_end(char *at, const struct columns *c,
		     const struct flows_over *o, const void *value)
{
	at = put_quote(at, c);
	at = listing_put_address(at, o->family, value);
	return put_quote(at, c);
}

static char *put_time(char *at, const struct columns *c,
		      const struct flows_over *o, const void *value)
{
	(void)o;
	at = put_quote(at, c);
	at = text_put_time_us(at, *(const int64_t *)value);
	return put_quote(at, c);
}

/* How long a state lasted, or below 0 when it never began. */
static char *put_lasted(char *at, const struct columns *c,
			const struct flows_over *o, const void *value)
{
	int64_t ns = *(const int64_t *)value;

	(void)o;
	return digits_seconds(at, ns > 0 ? ns : 0, c->spelling->all_digits);
}

/* From the first segment to the last, or below 0 when time went back. */
static char *put_duration(char *at, const struct columns *c,
			  const struct flows_over *o, const void *value)
{
	uint64_t last_ns = *(const uint64_t *)value;

	return digits_seconds(at, (int64_t)(last_ns - (uint64_t)o->start_ns),
			      c->spelling->all_digits);
}

#define COLUMN(name, put, member)                                     \
	{                                                             \
		name, ",\"" name "\":", sizeof(",\"" name "\":") - 1, \
			offsetof(struct flows_over, member), put      \
	}

/* clang-format off */
static const struct {
	const char *name;
	char key[KEY_ROOM]; /* behind a comma, as JSON's members are */
	size_t key_len;
	size_t at; /* in struct flows_over */
	put_fn *put;
} columns[COLUMN_COUNT] = {
	[COLUMN_ID] = COLUMN("id", put_number, id),
	[COLUMN_A] = COLUMN("a", put_end, end[SIDE_A]),
	[COLUMN_B] = COLUMN("b", put_end, end[SIDE_B]),
	[COLUMN_FOLLOWS] = COLUMN("follows", put_id, follows),
	[COLUMN_SAME_AS] = COLUMN("same_as", put_id, same_as),
	[COLUMN_ENDING] = COLUMN("ending", put_ending, summary.ending),
	[COLUMN_CLOSED_FIRST] =
		COLUMN("closed_first", put_first, summary.closed_first),
	[COLUMN_STATE_A] = COLUMN("state_a", put_state, summary.state[SIDE_A]),
	[COLUMN_STATE_B] = COLUMN("state_b", put_state, summary.state[SIDE_B]),
	[COLUMN_ABORTED_IN] =
		COLUMN("aborted_in", put_state, summary.aborted_in),
	[COLUMN_RESET_BY] = COLUMN("reset_by", put_first, summary.reset_by),
	[COLUMN_OPENED_OUTSIDE] =
		COLUMN("opened_outside", put_truth, summary.opened_outside),
	[COLUMN_HALF_CLOSED] =
		COLUMN("half_closed_s", put_lasted, summary.half_closed_ns),
	[COLUMN_UNANSWERED_FINS] =
		COLUMN("unanswered_fins", put_number, summary.unanswered_fins),
	[COLUMN_START] = COLUMN("start", put_time, start_ns),
	[COLUMN_DURATION] = COLUMN("duration_s", put_duration, last_ns),
	[COLUMN_OCTETS_A] = COLUMN("octets_a", put_count, octets[SIDE_A]),
	[COLUMN_OCTETS_B] = COLUMN("octets_b", put_count, octets[SIDE_B]),
	[COLUMN_FIRST_FRAME] = COLUMN("first_frame", put_count, first_frame),
	[COLUMN_LAST_FRAME] = COLUMN("last_frame", put_count, last_frame),
	[COLUMN_SEGMENTS] = COLUMN("segments", put_number, segments),
	[COLUMN_EVICTED] = COLUMN("evicted", put_truth, evicted),
};
/* clang-format on */

const char *column_name(enum column column)
{
	return columns[column].name;
}

static void set_word(const struct columns *c, struct columns_word *word,
		     const char *name)
{
	const char *quote = c->spelling->quote;

	word->len = (uint32_t)snprintf(word->text, sizeof(word->text), "%s%s%s",
				       quote, name, quote);
}

/* Those that are never in quotes. */
static void set_bare(struct columns_word *word, const char *name)
{
	word->len =
		(uint32_t)snprintf(word->text, sizeof(word->text), "%s", name);
}

void columns_begin(struct columns *c, const struct columns_spelling *spelling)
{
	c->spelling = spelling;
	for (int i = 0; i < ENDING_COUNT; i++)
		set_word(c, &c->ending[i], ending_name((enum ending)i));
	for (int i = 0; i < FIRST_COUNT; i++)
		set_word(c, &c->first[i], first_name((enum first)i));
	for (int i = 0; i < TCP_STATE_COUNT; i++)
		set_word(c, &c->state[i], name_state((enum tcp_state)i));
	set_bare(&c->nothing, spelling->nothing);
	set_bare(&c->truth[false], spelling->no);
	set_bare(&c->truth[true], spelling->yes);
	c->state[TCP_STATE_NONE] = c->nothing;
}

void columns_put(const struct columns *c, struct line *l, char before,
		 const enum column *column, size_t n,
		 const struct flows_over *o)
{
	char *begin = line_room(l, n * COLUMN_ROOM), *at = begin;
	bool names = c->spelling->names;

	for (size_t i = 0; i < n; i++) {
		size_t which = column[i];

		/* Where no names are wanted, the comma alone is kept of it. */
		memcpy(at, columns[which].key, KEY_ROOM);
		at += names ? columns[which].key_len : 1;
		at = columns[which].put(at, c, o,
					(const char *)o + columns[which].at);
	}
	*begin = before;
	line_took(l, at);
}
