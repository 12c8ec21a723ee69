/*
 * What may come after what: held before released, called before returned,
 * and what a step says of the machine it needs. Knows whole steps, no words.
 */
#include <string.h>

#include "script/parser.h"

static int no_many(struct parser *p, const char *what)
{
	return parse_misplaced(p,
			       "a case with open %ld has no %s; use pass "
			       "and count",
			       p->many, what);
}

static int order_open(struct parser *p, const struct step *st)
{
	if (p->depth)
		return parse_misplaced(p, "open in a block, expected it "
					  "outside of all");
	if (p->open_line)
		return parse_misplaced(p,
				       "open: said before at line %d, "
				       "expected it once",
				       p->open_line);
	p->open_line = p->ln.number;
	if (st->open == 1)
		return 0;
	if (p->rung_line)
		return parse_misplaced(p,
				       "open %ld after the rung of line "
				       "%d, expected no rungs in such a case",
				       st->open, p->rung_line);
	p->many = st->open;
	return 0;
}

/* Why such a rung needs the cable. */
static const char *const rung_why[] = {
	[RUNG_DELIVER] = NULL,
	[RUNG_KEEP] = "holds a copy of a segment",
	[RUNG_HOLD] = "holds a segment",
	[RUNG_RELEASE] = "releases a segment",
	[RUNG_LOSE] = "loses a segment",
	[RUNG_FORGE] = "forges a segment",
};

static int order_rung(struct parser *p, const struct step *st)
{
	const struct rung *r = &st->rung;

	if (p->many)
		return no_many(p, "rungs");
	if (!p->rung_line)
		p->rung_line = p->ln.number;
	if (r->how == RUNG_HOLD || r->how == RUNG_KEEP)
		p->held[r->from] = true;
	if (r->how == RUNG_RELEASE && !p->held[r->from])
		return parse_misplaced(p,
				       "nothing of %c's is held, expected "
				       "a rung before that holds it",
				       side_letter(r->from));
	if (rung_why[r->how])
		parse_need(p, NEED_WIRE, rung_why[r->how]);
	if (r->pat.scapy)
		parse_need(p, NEED_SCAPY, "forges with scapy");
	return 0;
}

/* "needs no calls of B" leaves B's process to itself. */
static bool is_promised(const struct parser *p, enum side side)
{
	for (size_t i = 0; i < p->s->n_need; i++)
		if (p->s->need[i].kind == NEED_NO_CALLS &&
		    p->s->need[i].side == side)
			return true;
	return false;
}

static int order_act(struct parser *p, const struct step *st)
{
	const struct act *act = &st->act;
	const struct verb *verb = act->verb;
	struct call *call = &p->call[act->side];
	char side = side_letter(act->side);

	if (verb->by == BY_AGENT && is_promised(p, act->side))
		return parse_misplaced(p, "the case needs no calls of %c",
				       side);
	if (p->many && verb->id == VERB_DESTROY)
		return no_many(p, "destroy");
	/* An agent that blocks in a call reads no command, but can be killed. */
	if (call->must && verb->by == BY_AGENT && verb->id != VERB_KILL)
		return parse_misplaced(p,
				       "%c is still in the %s of line %d, "
				       "expected \"%c returns\" before",
				       side, call->act.verb->name, call->line,
				       side);
	if (verb->gives == GIVES_NOTHING)
		memset(call, 0, sizeof(*call));
	if (act->want.kind == WANT_BLOCKS)
		*call = (struct call){ *act, p->ln.number, true, true };
	if (verb->by == BY_CABLE)
		parse_need(p, NEED_WIRE,
			   arena_printf(&p->s->arena, "has %c %s", side,
					verb->name));
	return 0;
}

static int order_returns(struct parser *p, const struct step *st)
{
	memset(&p->call[st->act.side], 0, sizeof(struct call));
	return 0;
}

static int order_pass(struct parser *p, const struct step *st)
{
	struct call *call = &p->call[st->pass.side];

	if (st->pass.until != PASS_RETURNS)
		return 0;
	if (!call->may)
		return parse_misplaced(p,
				       "no call of %c is out, expected "
				       "\"%c VERB blocks\" before",
				       side_letter(st->pass.side),
				       side_letter(st->pass.side));
	call->must = false;
	return 0;
}

/* clang-format off */
static int (*const order[])(struct parser *p, const struct step *st) = {
	[STEP_OPEN] = order_open,
	[STEP_ACT] = order_act,
	[STEP_RETURNS] = order_returns,
	[STEP_RUNG] = order_rung,
	[STEP_PASS] = order_pass,
	[STEP_EITHER] = NULL,
};
/* clang-format on */

int parse_order(struct parser *p, const struct step *st)
{
	return order[st->kind] ? order[st->kind](p, st) : 0;
}

void parse_merge_calls(struct call into[2], const struct call from[2])
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		bool must = into[side].must && from[side].must;

		if (!into[side].may)
			into[side] = from[side];
		into[side].must = must;
	}
}
