/* A rung: state, arrow, segment, arrow, state, bound. Knows their order. */
#include "script/parser.h"

/* The right arrow of a rung whose left one is at left; n when none. */
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

/* What is behind the right arrow. */
static int read_rest(struct parser *p, size_t at, struct rung *r)
{
	if (at < p->ln.n && !parse_is_bound(p, at)) {
		if (parse_state(p, p->ln.word[at], &r->state[SIDE_B]))
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
		if (parse_state(p, p->ln.word[0], &r->state[SIDE_A]))
			return -1;
		left = 1;
	}
	if (parse_word(p, left, "an arrow at A's plug", &arrow) ||
	    parse_left_arrow(p, arrow))
		return -1;
	right = find_right(p, left);
	if (right == p->ln.n)
		return parse_fault(p,
				   "no arrow at B's plug behind the "
				   "segment, expected one such as --> or <--");
	if (parse_arrows(p, arrow, p->ln.word[right], r) ||
	    parse_segment(p, left + 1, right, r->how == RUNG_FORGE, &r->pat))
		return -1;
	return read_rest(p, right + 1, r);
}
