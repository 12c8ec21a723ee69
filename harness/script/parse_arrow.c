/*
 * The two arrows of a rung. The left one is drawn at A's plug, the right one
 * at B's: an arrow at a plug says that the segment passes it. Knows nothing
 * of segments.
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

int parse_left_arrow(struct parser *p, struct word w)
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

int parse_arrows(struct parser *p, struct word left, struct word right,
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
