/*
 * The columns, and how values of each kind are written. A row is written by
 * code that has all names in it, as a loop over a table takes twice as long.
 */
#include "check/columns.h"

#include <stdio.h>

#include "base/digits.h"
#include "base/line.h"
#include "check/listing.h"

/* A column's name, how it is written, and the member of struct flows_over. */
#define COLUMNS(X)                                          \
	X(id, number, id)                                   \
	X(a, end, end[SIDE_A])                              \
	X(b, end, end[SIDE_B])                              \
	X(follows, id, follows)                             \
	X(same_as, id, same_as)                             \
	X(ending, ending, summary.ending)                   \
	X(closed_first, first, summary.closed_first)        \
	X(state_a, state, summary.state[SIDE_A])            \
	X(state_b, state, summary.state[SIDE_B])            \
	X(aborted_in, state, summary.aborted_in)            \
	X(reset_by, first, summary.reset_by)                \
	X(opened_outside, truth, summary.opened_outside)    \
	X(half_closed_s, lasted, summary.half_closed_ns)    \
	X(unanswered_fins, number, summary.unanswered_fins) \
	X(start, time, start_ns)                            \
	X(duration_s, duration, last_ns)                    \
	X(octets_a, number, octets[SIDE_A])                 \
	X(octets_b, number, octets[SIDE_B])                 \
	X(first_frame, number, first_frame)                 \
	X(last_frame, number, last_frame)                   \
	X(segments, number, segments)                       \
	X(evicted, truth, evicted)

/* CSV's order: what came with later versions is behind the findings. */
#define CSV_FIRST(X)       \
	X(id)              \
	X(a)               \
	X(b)               \
	X(ending)          \
	X(closed_first)    \
	X(state_a)         \
	X(state_b)         \
	X(first_frame)     \
	X(last_frame)      \
	X(segments)        \
	X(opened_outside)  \
	X(half_closed_s)   \
	X(unanswered_fins) \
	X(aborted_in)      \
	X(evicted)
#define CSV_LATER(X)  \
	X(reset_by)   \
	X(start)      \
	X(duration_s) \
	X(octets_a)   \
	X(octets_b)   \
	X(follows)    \
	X(same_as)

#define CSV_NAME(name) "," #name

const char columns_csv_names[] =
	"file" CSV_FIRST(CSV_NAME) ",findings" CSV_LATER(CSV_NAME) "\r\n";

/* A name with what is around it, a value, and what may be behind that. */
#define COLUMN_ROOM (24 + LISTING_ADDRESS_MAX + 8)
#define COUNT(...)  +1
#define ROW_ROOM    ((0 COLUMNS(COUNT)) * COLUMN_ROOM)

_Static_assert(ROW_ROOM <= LINE_ROOM, "a line has room for a row");

/* What is written of what: values of each kind. They return where it ends. */
struct row {
	struct columns *c;
	const struct flows_over *o;
	bool json; /* known when this is compiled, as all that follows is inline */
};

static __always_inline char *put_word(char *at, const struct columns_word *word)
{
	memcpy(at, word->text, sizeof(word->text));
	return at + word->len;
}

static __always_inline char *put_ending(char *at, const struct row *r,
					enum ending ending)
{
	return put_word(at, &r->c->ending[ending]);
}

static __always_inline char *put_first(char *at, const struct row *r,
				       enum first first)
{
	return put_word(at, &r->c->first[first]);
}

static __always_inline char *put_state(char *at, const struct row *r,
				       enum tcp_state state)
{
	return put_word(at, &r->c->state[state]);
}

static __always_inline char *put_truth(char *at, const struct row *r, bool is)
{
	return put_word(at, &r->c->truth[is]);
}

static __always_inline char *put_number(char *at, const struct row *r,
					uint64_t n)
{
	(void)r;
	return digits_put(at, n);
}

/* Of another connection, if there is one. */
static __always_inline char *put_id(char *at, const struct row *r, uint32_t id)
{
	return id ? digits_put(at, id) : put_word(at, &r->c->nothing);
}

static __always_inline char *put_quote(char *at, const struct row *r)
{
	*at = '"';
	return at + r->json;
}

static __always_inline char *put_end(char *at, const struct row *r,
				     struct seg_end end)
{
	at = put_quote(at, r);
	at = listing_put_address(at, r->o->family, &end);
	return put_quote(at, r);
}

static __always_inline char *put_time(char *at, const struct row *r, int64_t ns)
{
	at = put_quote(at, r);
	at = text_put_time_us(at, ns, &r->c->start);
	return put_quote(at, r);
}

/* JSON has no zeros at a fraction's end. */
static __always_inline char *put_seconds(char *at, const struct row *r,
					 int64_t ns)
{
	return digits_seconds(at, ns, !r->json);
}

/* How long a state lasted, or below 0 when it never began. */
static __always_inline char *put_lasted(char *at, const struct row *r,
					int64_t ns)
{
	return put_seconds(at, r, ns > 0 ? ns : 0);
}

/* From the first segment to the last, or below 0 when time went back. */
static __always_inline char *put_duration(char *at, const struct row *r,
					  int64_t last_ns)
{
	uint64_t ns = (uint64_t)last_ns - (uint64_t)r->o->start_ns;

	return put_seconds(at, r, (int64_t)ns);
}

static __always_inline char *put_key(char *at, const struct row *r,
				     const char *key, size_t len)
{
	if (!r->json)
		len = 1; /* the comma */
	memcpy(at, key, len);
	return at + len;
}

#define PUT_FUNCTION(name, kind, member)                                \
	static __always_inline char *column_##name(char *at,            \
						   const struct row *r) \
	{                                                               \
		at = put_key(at, r, ",\"" #name "\":",                  \
			     sizeof(",\"" #name "\":") - 1);            \
		return put_##kind(at, r, r->o->member);                 \
	}

COLUMNS(PUT_FUNCTION)

#define PUT(name, ...) at = column_##name(at, &r);

void columns_put_json(struct columns *c, struct line *l, char before,
		      const struct flows_over *o)
{
	char *begin = line_room(l, ROW_ROOM), *at = begin;
	const struct row r = { c, o, true };

	COLUMNS(PUT)
	*begin = before;
	line_took(l, at);
}

void columns_put_csv(struct columns *c, struct line *l,
		     const struct flows_over *o)
{
	char *at = line_room(l, ROW_ROOM);
	const struct row r = { c, o, false };

	CSV_FIRST(PUT)
	line_took(l, at);
}

void columns_put_csv_later(struct columns *c, struct line *l,
			   const struct flows_over *o)
{
	char *at = line_room(l, ROW_ROOM);
	const struct row r = { c, o, false };

	CSV_LATER(PUT)
	line_took(l, at);
}

static struct columns_word word(const char *quote, const char *name)
{
	struct columns_word word;

	word.len = (uint32_t)snprintf(word.text, sizeof(word.text), "%s%s%s",
				      quote, name, quote);
	return word;
}

static void begin(struct columns *c, const char *quote)
{
	for (int i = 0; i < ENDING_COUNT; i++)
		c->ending[i] = word(quote, ending_name((enum ending)i));
	for (int i = 0; i < FIRST_COUNT; i++)
		c->first[i] = word(quote, first_name((enum first)i));
	for (int i = 0; i < TCP_STATE_COUNT; i++)
		c->state[i] = word(quote, name_state((enum tcp_state)i));
	c->state[TCP_STATE_NONE] = c->nothing;
	c->start = (struct text_second)TEXT_EPOCH;
}

void columns_begin_json(struct columns *c)
{
	c->nothing = word("", "null");
	c->truth[false] = word("", "false");
	c->truth[true] = word("", "true");
	begin(c, "\"");
}

void columns_begin_csv(struct columns *c)
{
	c->nothing = word("", "");
	c->truth[false] = word("", "0");
	c->truth[true] = word("", "1");
	begin(c, "");
}
