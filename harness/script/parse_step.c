/*
 * The steps that are neither acts nor rungs, and the sides, states, times and
 * bounds that all steps are made of. Knows no order of steps.
 */
#include <ctype.h>
#include <string.h>

#include "script/parser.h"

int parse_side(struct parser *p, struct word w, enum side *side)
{
	if (!word_is(w, "A") && !word_is(w, "B"))
		return parse_fault(p, "%s: no end, expected A or B",
				   parse_show(p, w));
	*side = *w.at == 'A' ? SIDE_A : SIDE_B;
	return 0;
}

static const char *nth_state(size_t i, char buf[16])
{
	(void)buf;
	i += TCP_STATE_NONE + 1;
	return i < TCP_STATE_COUNT ? name_state((enum tcp_state)i) : NULL;
}

int parse_state(struct parser *p, struct word w, enum tcp_state *state)
{
	*state = name_state_parse(w.at, w.len);
	return *state == TCP_STATE_NONE
		       ? parse_unknown(p, w, "state", nth_state)
		       : 0;
}

int parse_states(struct parser *p, struct word w, uint32_t *states)
{
	struct word one, rest = w;
	enum tcp_state state;
	bool more;

	*states = 0;
	do {
		more = word_split(rest, "|", &one, &w);
		if (!more)
			one = rest;
		if (parse_state(p, one, &state))
			return -1;
		if (*states & STATE_BIT(state))
			return parse_fault(p,
					   "%s: said twice, expected it "
					   "once",
					   name_state(state));
		*states |= STATE_BIT(state);
		rest = w;
	} while (more);
	return 0;
}

static int bad_time(struct parser *p, struct word w)
{
	return parse_fault(p,
			   "%s: no time, expected one such as 500us, "
			   "150ms, 2s or 1m, at most a day",
			   parse_show(p, w));
}

static int read_time(struct parser *p, size_t at, int64_t *ns)
{
	struct word w;

	if (parse_word(p, at, "a time such as 150ms", &w))
		return -1;
	return word_time(w, ns) ? bad_time(p, w) : 0;
}

bool parse_is_bound(const struct parser *p, size_t at)
{
	return at < p->ln.n && (word_is(p->ln.word[at], "after") ||
				word_is(p->ln.word[at], "within"));
}

static int read_ratio(struct parser *p, struct word w, double *ratio)
{
	if (word_ratio(w, ratio) == 0)
		return 0;
	return parse_fault(p,
			   "%s: no ratio, expected one such as 2x or 1.5x, "
			   "at most 100x",
			   parse_show(p, w));
}

static int read_range(struct parser *p, struct word low, struct word high,
		      struct bound *b)
{
	if (word_time(low, &b->min_ns))
		return bad_time(p, low);
	if (word_time(high, &b->max_ns))
		return bad_time(p, high);
	if (b->min_ns <= b->max_ns)
		return 0;
	return parse_fault(p, "%s..%s: a range that ends before it begins",
			   parse_show(p, low), parse_show(p, high));
}

/* "after T", "after T1..T2", "after Nx" */
static int read_after(struct parser *p, struct word w, unsigned int allowed,
		      struct bound *b)
{
	struct word low, high;

	if (allowed & BOUND_RATIO && w.at[w.len - 1] == 'x')
		return read_ratio(p, w, &b->ratio);
	if (word_split(w, "..", &low, &high))
		return read_range(p, low, high, b);
	return word_time(w, &b->min_ns) ? bad_time(p, w) : 0;
}

static int read_within(struct parser *p, size_t at, struct bound *b)
{
	if (b->max_ns)
		return parse_fault(p, "within: the latest time is said twice, "
				      "expected it once");
	return read_time(p, at, &b->max_ns);
}

static int unexpected(struct parser *p, size_t at, unsigned int allowed)
{
	const char *may = allowed & BOUND_AFTER ? "after TIME or within TIME"
						: "within TIME";

	return parse_fault(p, "%s: expected %s, or the end of the line",
			   parse_show(p, p->ln.word[at]), may);
}

static int read_bound(struct parser *p, size_t at, unsigned int allowed,
		      struct bound *b)
{
	struct word w;

	if (word_is(p->ln.word[at], "within"))
		return read_within(p, at + 1, b);
	if (!(allowed & BOUND_AFTER) || !word_is(p->ln.word[at], "after"))
		return unexpected(p, at, allowed);
	if (b->min_ns || b->ratio != 0 || b->max_ns)
		return parse_fault(p, "after: expected it once, and before "
				      "within");
	if (parse_word(p, at + 1, "a time such as 150ms", &w))
		return -1;
	return read_after(p, w, allowed, b);
}

int parse_bound(struct parser *p, size_t at, unsigned int allowed,
		struct bound *b)
{
	for (; at < p->ln.n; at += 2)
		if (read_bound(p, at, allowed, b))
			return -1;
	if (b->max_ns && b->max_ns < b->min_ns)
		return parse_fault(p, "within a shorter time than after, "
				      "expected a longer one");
	return 0;
}

int parse_open(struct parser *p, struct step *st)
{
	int64_t n = 1;

	st->kind = STEP_OPEN;
	if (p->ln.n > 1 && word_number(p->ln.word[1], 1, PARSE_OPEN_MAX, &n))
		return parse_fault(p,
				   "open %s: expected a number of "
				   "connections, 1 to %d",
				   parse_show(p, p->ln.word[1]),
				   PARSE_OPEN_MAX);
	st->open = (long)n;
	return parse_end(p, 2);
}

int parse_quiet(struct parser *p, struct step *st)
{
	st->kind = STEP_QUIET;
	if (read_time(p, 1, &st->quiet_ns))
		return -1;
	return parse_end(p, 2);
}

/* "pass until A is STATE", "pass until A returns"; *at is behind it */
static int read_until(struct parser *p, struct pass *pass, size_t *at)
{
	struct word side, how, state;

	if (parse_word(p, 2, "A or B", &side) ||
	    parse_side(p, side, &pass->side) ||
	    parse_word(p, 3, "\"is STATE\" or \"returns\"", &how))
		return -1;
	*at = 4;
	pass->until = PASS_RETURNS;
	if (word_is(how, "returns"))
		return 0;
	*at = 5;
	pass->until = PASS_STATE;
	if (!word_is(how, "is"))
		return parse_fault(p,
				   "%s: expected \"is STATE\" or "
				   "\"returns\"",
				   parse_show(p, how));
	if (parse_word(p, 4, "a state", &state))
		return -1;
	return parse_states(p, state, &pass->states);
}

int parse_pass(struct parser *p, struct step *st)
{
	size_t at = 1;

	st->kind = STEP_PASS;
	if (p->ln.n > 1 && word_is(p->ln.word[1], "until") &&
	    read_until(p, &st->pass, &at))
		return -1;
	return parse_bound(p, at, BOUND_WITHIN, &st->pass.bound);
}

int parse_is(struct parser *p, struct step *st)
{
	struct word state;

	st->kind = STEP_IS;
	if (parse_side(p, p->ln.word[0], &st->is.side) ||
	    parse_word(p, 2, "a state", &state) ||
	    parse_states(p, state, &st->is.states))
		return -1;
	return parse_bound(p, 3, BOUND_WITHIN, &st->is.bound);
}

/* "= N" of a count */
static int read_number(struct parser *p, size_t at, long *number)
{
	int64_t n;

	if (p->ln.n < at + 2 || !word_is(p->ln.word[at], "=") ||
	    word_number(p->ln.word[at + 1], 0, 1000000, &n))
		return parse_fault(p,
				   "count without a number, expected "
				   "\"= N\" after %s",
				   at == 3 ? "the state" : "the counter");
	*number = (long)n;
	return 0;
}

/* What it counted before the case is to be known before the case. */
static void note_counter(struct script *s, const struct count *c)
{
	struct counter *new;

	for (size_t i = 0; i < s->n_counter; i++)
		if (s->counter[i].side == c->side &&
		    strcmp(s->counter[i].name, c->counter) == 0)
			return;
	new = arena_push(&s->arena, &s->counter, &s->n_counter, sizeof(*new));
	*new = (struct counter){ c->side, c->counter };
}

/* "snmp NAME = N [within T]" */
static int read_counter(struct parser *p, struct count *c)
{
	static const char expected[] =
		"a counter's name such as TCPAbortOnData";
	struct word name;

	if (parse_word(p, 3, expected, &name))
		return -1;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.at[i]))
			return parse_fault(p, "%s: expected %s",
					   parse_show(p, name), expected);
	c->counter = arena_strndup(&p->s->arena, name.at, name.len);
	if (read_number(p, 4, &c->number) ||
	    parse_bound(p, 6, BOUND_WITHIN, &c->bound))
		return -1;
	note_counter(p->s, c);
	return 0;
}

int parse_count(struct parser *p, struct step *st)
{
	struct count *c = &st->count;
	struct word state;

	st->kind = STEP_COUNT;
	if (parse_side(p, p->ln.word[0], &c->side) ||
	    parse_word(p, 2, "a state, or snmp", &state))
		return -1;
	if (word_is(state, "snmp"))
		return read_counter(p, c);
	if (parse_state(p, state, &c->state))
		return -1;
	if (c->state == TCP_STATE_CLOSED)
		return parse_fault(p, "CLOSED: no socket is counted in it, "
				      "expected another state");
	if (read_number(p, 3, &c->number))
		return -1;
	return parse_bound(p, 5, BOUND_WITHIN, &c->bound);
}
