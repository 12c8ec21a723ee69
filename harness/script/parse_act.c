/* Acts and their returns. Knows the shape of the line, not its results. */
#include <string.h>

#include "script/parser.h"

/* Where the arguments end. */
static size_t args_end(const struct parser *p)
{
	size_t at = 2;

	while (at < p->ln.n && !parse_is_bound(p, at) &&
	       !word_is(p->ln.word[at], "=") &&
	       !word_is(p->ln.word[at], "blocks"))
		at++;
	return at;
}

static int find_verb(struct parser *p, struct word w, const struct verb **verb)
{
	const char *items[VERB_COUNT + 4], *near, *text = parse_show(p, w);
	size_t n = 0;
	char buf[16];

	*verb = verb_find(w.at, w.len);
	if (*verb)
		return 0;
	near = parse_near(w, parse_nth_verb, buf);
	if (near)
		return parse_fault(p, "%s: unknown verb, did you mean %s?",
				   text, near);
	while ((items[n] = parse_nth_verb(n, buf)))
		n++;
	return parse_fault(p, "%s: unknown verb, expected %s", text,
			   parse_list(p, items, n));
}

/* "blocks" at the end of an act */
static int read_blocks(struct parser *p, struct act *act, size_t at)
{
	if (!(act->verb->how & VERB_BLOCKS))
		return parse_fault(p,
				   "%s cannot block, expected it only of "
				   "accept, send, recv, drain and close",
				   act->verb->name);
	act->want.kind = WANT_BLOCKS;
	return parse_end(p, at + 1);
}

/* "[= RESULT] [BOUND]"; the "=" may be missing when bare */
static int read_result(struct parser *p, struct act *act, size_t at, bool bare)
{
	bool equals = at < p->ln.n && word_is(p->ln.word[at], "=");
	struct word w;
	int rc;

	if (equals || (bare && at < p->ln.n && !parse_is_bound(p, at))) {
		at += equals;
		if (parse_word(p, at, "a result", &w))
			return -1;
		rc = parse_want(p, act->verb, w, &act->want);
		at++;
	} else {
		rc = parse_default_want(p, act->verb, act->args, &act->want);
	}
	return rc ? rc : parse_bound(p, at, BOUND_CALL, &act->bound);
}

int parse_act(struct parser *p, struct step *st)
{
	struct act *act = &st->act;
	size_t end = args_end(p);

	st->kind = STEP_ACT;
	if (parse_side(p, p->ln.word[0], &act->side) ||
	    find_verb(p, p->ln.word[1], &act->verb) ||
	    parse_args(p, act->verb, 2, end, &act->args))
		return -1;
	if (end < p->ln.n && word_is(p->ln.word[end], "blocks"))
		return read_blocks(p, act, end);
	return read_result(p, act, end, false);
}

int parse_returns(struct parser *p, struct step *st)
{
	struct act *act = &st->act;
	enum side side;

	st->kind = STEP_RETURNS;
	if (parse_side(p, p->ln.word[0], &side))
		return -1;
	if (!p->call[side].may)
		return parse_misplaced(p,
				       "no call of %c is out, expected "
				       "\"%c VERB blocks\" before",
				       side_letter(side), side_letter(side));
	act->side = side;
	act->verb = p->call[side].act.verb;
	act->args = p->call[side].act.args;
	return read_result(p, act, 2, true);
}
