/*
 * A rung: state, arrow, segment, arrow, state, bound. The left arrow is drawn
 * at A's plug, the right one at B's: an arrow at a plug says that the segment
 * passes it. Knows nothing of segments.
 */
#include <string.h>

#include "script/parser.h"

static const struct arrows {
	const char *left;
	const char *right;
	enum side from;
	enum rung_how how;
} rows[] = {
	{ "-->", "-->", SIDE_A, RUNG_DELIVER },
	{ "-->", "==>", SIDE_A, RUNG_KEEP },
	{ "-->", "...", SIDE_A, RUNG_HOLD },
	{ "...", "-->", SIDE_A, RUNG_RELEASE },
	{ "-->", "--x", SIDE_A, RUNG_LOSE },
	{ "~~>", "-->", SIDE_A, RUNG_FORGE },
	{ "<--", "<--", SIDE_B, RUNG_DELIVER },
	{ "<==", "<--", SIDE_B, RUNG_KEEP },
	{ "...", "<--", SIDE_B, RUNG_HOLD },
	{ "<--", "...", SIDE_B, RUNG_RELEASE },
	{ "x--", "<--", SIDE_B, RUNG_LOSE },
	{ "<--", "<~~", SIDE_B, RUNG_FORGE },
};

bool parse_is_arrow(struct word w)
{
	size_t strokes = 0, heads = 0;

	for (size_t i = 0; i < w.len; i++) {
		if (strchr("-=~.", w.at[i]))
			strokes++;
		else if (strchr("<>x", w.at[i]))
			heads++;
		else
			return false;
	}
	return w.len > 1 && strokes && (heads || strokes > 2);
}

/* Whether a row before row i has the same left arrow. */
static bool is_repeated(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(rows[k].left, rows[i].left) == 0)
			return true;
	return false;
}

static int check_left(struct parser *p, struct word w)
{
	const char *items[ARRAY_SIZE(rows)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (word_is(w, rows[i].left))
			return 0;
		if (!is_repeated(i))
			items[n++] = rows[i].left;
	}
	return parse_fault(p, "%s: no arrow at A's plug, expected %s",
			   parse_show(p, w), parse_list(p, items, n));
}

static int read_arrows(struct parser *p, struct word left, struct word right,
		       struct rung *r)
{
	const char *items[ARRAY_SIZE(rows)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!word_is(left, rows[i].left))
			continue;
		items[n++] = rows[i].right;
		if (!word_is(right, rows[i].right))
			continue;
		r->from = rows[i].from;
		r->how = rows[i].how;
		return 0;
	}
	return parse_fault(p,
			   "%s: no arrow at B's plug after %s at A's, "
			   "expected %s",
			   parse_show(p, right), parse_show(p, left),
			   parse_list(p, items, n));
}

/*
 * Where the right arrow of a rung is whose left one is at left: the next, or
 * the last behind a scapy expression. n when there is none.
 */
static size_t find_right(const struct parser *p, size_t left)
{
	bool scapy = left + 1 < p->ln.n &&
		     word_begins(p->ln.word[left + 1], "scapy:");
	size_t found = p->ln.n;

	for (size_t i = left + 1; i < p->ln.n; i++) {
		if (!parse_is_arrow(p->ln.word[i]))
			continue;
		found = i;
		if (!scapy) /* an expression may have arrows in it */
			break;
	}
	return found;
}

/* B's state and the bound stand behind the right arrow. */
static int read_rest(struct parser *p, size_t at, struct rung *r)
{
	if (at < p->ln.n && !parse_is_bound(p, at)) {
		if (parse_states(p, p->ln.word[at], &r->states[SIDE_B]))
			return -1;
		at++;
	}
	return parse_bound(p, at, BOUND_RUNG, &r->bound);
}

int parse_rung(struct parser *p, struct step *st)
{
	struct rung *r = &st->rung;
	size_t left = 0, right;
	struct word arrow;

	st->kind = STEP_RUNG;
	if (!parse_is_arrow(p->ln.word[0])) {
		if (parse_states(p, p->ln.word[0], &r->states[SIDE_A]))
			return -1;
		left = 1;
	}
	if (parse_word(p, left, "an arrow at A's plug", &arrow) ||
	    check_left(p, arrow))
		return -1;
	right = find_right(p, left);
	if (right == p->ln.n)
		return parse_fault(p,
				   "no arrow at B's plug behind the "
				   "segment, expected one such as --> or <--");
	if (read_arrows(p, arrow, p->ln.word[right], r) ||
	    parse_segment(p, left + 1, right, r->how == RUNG_FORGE, &r->pat))
		return -1;
	return read_rest(p, right + 1, r);
}
