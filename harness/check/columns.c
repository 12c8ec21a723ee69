/*
 * The columns, and how values of each kind are written. A row is written by
 * code that has all names in it, as a loop over a table takes twice as long.
 */
#include "check/columns.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/array.h"
#include "base/digits.h"
#include "base/line.h"
#include "check/listing.h"

/*
 * A column's name, how it is written, and the member of struct flows_over, in
 * JSON's order. What most connections have alike is written at once.
 */
#define COLUMNS_FIRST(X)     \
	X(id, number, id)    \
	X(a, a, end[SIDE_A]) \
	X(b, b, end[SIDE_B])
#define COLUMNS_ALIKE(X)                             \
	X(follows, id, follows)                      \
	X(same_as, id, same_as)                      \
	X(ending, ending, summary.ending)            \
	X(closed_first, first, summary.closed_first) \
	X(state_a, state, summary.state[SIDE_A])     \
	X(state_b, state, summary.state[SIDE_B])     \
	X(aborted_in, state, summary.aborted_in)     \
	X(reset_by, first, summary.reset_by)         \
	X(opened_outside, truth, summary.opened_outside)
#define COLUMNS_LATER(X)                                    \
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
#define ROW_ROOM                                                              \
	((0 COLUMNS_FIRST(COUNT) COLUMNS_ALIKE(COUNT) COLUMNS_LATER(COUNT)) * \
	 COLUMN_ROOM)

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

static void set_address(struct columns_address *last, const uint8_t *addr)
{
	char *end = address_ipv4(last->text, addr);

	*end++ = ':';
	last->len = (uint32_t)(end - last->text);
	memcpy(&last->addr, addr, sizeof(last->addr));
}

static __always_inline char *put_ipv4(char *at, const struct seg_end *end,
				      struct columns_address *last)
{
	uint32_t addr;

	memcpy(&addr, end->addr, sizeof(addr));
	if (addr != last->addr)
		set_address(last, end->addr);
	memcpy(at, last->text, sizeof(last->text));
	return digits_put(at + last->len, end->port);
}

static __always_inline char *put_end(char *at, const struct row *r,
				     const struct seg_end *end,
				     struct columns_address *last)
{
	at = put_quote(at, r);
	at = r->o->family == AF_INET
		     ? put_ipv4(at, end, last)
		     : listing_put_address(at, r->o->family, end);
	return put_quote(at, r);
}

static __always_inline char *put_a(char *at, const struct row *r,
				   struct seg_end end)
{
	return put_end(at, r, &end, &r->c->last[SIDE_A]);
}

static __always_inline char *put_b(char *at, const struct row *r,
				   struct seg_end end)
{
	return put_end(at, r, &end, &r->c->last[SIDE_B]);
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

COLUMNS_FIRST(PUT_FUNCTION)
COLUMNS_ALIKE(PUT_FUNCTION)
COLUMNS_LATER(PUT_FUNCTION)

#define PUT(name, ...) at = column_##name(at, r);

/* What is in the columns that are alike, if they are of no other one. */
static inline uint32_t alike_key(const struct wire_summary *s)
{
	return (uint32_t)s->ending | (uint32_t)s->closed_first << 4 |
	       (uint32_t)s->state[SIDE_A] << 8 |
	       (uint32_t)s->state[SIDE_B] << 12 |
	       (uint32_t)s->aborted_in << 16 | (uint32_t)s->reset_by << 20 |
	       (uint32_t)s->opened_outside << 24;
}

_Static_assert(ENDING_COUNT <= 16 && TCP_STATE_COUNT <= 16 && FIRST_COUNT <= 16,
	       "four bits each");

static struct columns_alike *alike_of(struct columns *c, uint32_t key)
{
	return &c->alike[key * UINT32_C(0x9e3779b1) >>
			 (32 - COLUMNS_ALIKE_BITS)];
}

static char *put_alike_alone(char *at, const struct row *r)
{
	COLUMNS_ALIKE(PUT)
	return at;
}

static void __attribute__((noinline))
set_alike(struct columns_alike *alike, const struct row *r, uint32_t key)
{
	alike->key = key;
	alike->len = (uint32_t)(put_alike_alone(alike->text, r) - alike->text);
}

_Static_assert((0 COLUMNS_ALIKE(COUNT)) * (24 + 20) + 20 <=
		       COLUMNS_ALIKE_UNITS * COLUMNS_ALIKE_UNIT,
	       "names, words, and what is written behind the last one");

static inline char *put_alike(char *at, const struct row *r)
{
	uint32_t key = alike_key(&r->o->summary);
	struct columns_alike *alike = alike_of(r->c, key);

	if (r->o->follows | r->o->same_as)
		return put_alike_alone(at, r);
	if (alike->key != key)
		set_alike(alike, r, key);
	for (uint32_t n = 0; n < alike->len; n += COLUMNS_ALIKE_UNIT)
		memcpy(at + n, alike->text + n, COLUMNS_ALIKE_UNIT);
	return at + alike->len;
}

void columns_put_json(struct columns *c, struct line *l, char before,
		      const struct flows_over *o)
{
	char *begin = line_room(l, ROW_ROOM), *at = begin;
	const struct row row = { c, o, true }, *r = &row;

	COLUMNS_FIRST(PUT)
	at = put_alike(at, r);
	COLUMNS_LATER(PUT)
	*begin = before;
	line_took(l, at);
}

void columns_put_csv(struct columns *c, struct line *l,
		     const struct flows_over *o)
{
	char *at = line_room(l, ROW_ROOM);
	const struct row row = { c, o, false }, *r = &row;

	CSV_FIRST(PUT)
	line_took(l, at);
}

void columns_put_csv_later(struct columns *c, struct line *l,
			   const struct flows_over *o)
{
	char *at = line_room(l, ROW_ROOM);
	const struct row row = { c, o, false }, *r = &row;

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
	for (int side = SIDE_A; side <= SIDE_B; side++)
		set_address(&c->last[side], (const uint8_t[4]){ 0 });
	for (size_t i = 0; i < ARRAY_SIZE(c->alike); i++)
		c->alike[i].key = UINT32_MAX;
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
