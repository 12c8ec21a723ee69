/*
 * Whether a case can be played with an end whose process nobody tells what to
 * do: one that listens, takes the connection, and goes its own way as soon as
 * it hears of an end of the stream. Knows steps, not what plays them.
 */
#include <string.h>

#include "script/script.h"
#include "script/verb.h"

/* In these no application has had anything to do yet, or any more. */
#define STATES_ALONE                                                       \
	(STATE_BIT(TCP_STATE_LISTEN) | STATE_BIT(TCP_STATE_SYN_RECEIVED) | \
	 STATE_BIT(TCP_STATE_ESTABLISHED) | STATE_BIT(TCP_STATE_CLOSED))

/* Data and FIN reach the application; what an expression makes may be both. */
static bool is_alone_rung(const struct rung *r, enum side side)
{
	if (r->from != side && r->pat.set & PAT_SEQ && r->pat.len)
		return false;
	return !(r->states[side] & ~STATES_ALONE) && !r->pat.scapy &&
	       !(r->pat.flags & FLAG_FIN);
}

static bool is_alone_block(const struct block *b, enum side side);

static bool is_alone_step(const struct step *st, enum side side)
{
	switch (st->kind) {
	case STEP_RUNG:
		return is_alone_rung(&st->rung, side);
	case STEP_IS:
		return st->is.side != side || !(st->is.states & ~STATES_ALONE);
	case STEP_ACT:
		return st->act.side != side || st->act.verb->by != BY_AGENT;
	case STEP_RETURNS:
		return st->act.side != side;
	case STEP_COUNT:
		return st->count.side != side;
	case STEP_PASS:
		return st->pass.until == PASS_QUIET || st->pass.side != side;
	case STEP_REPEAT:
		return is_alone_block(&st->repeat.body, side);
	case STEP_EITHER:
		for (size_t i = 0; i < st->either.n; i++)
			if (!is_alone_block(&st->either.branch[i], side))
				return false;
		return true;
	case STEP_OPEN:
	case STEP_QUIET:
		break;
	}
	return true;
}

static bool is_alone_block(const struct block *b, enum side side)
{
	for (size_t i = 0; i < b->n; i++)
		if (!is_alone_step(&b->steps[i], side))
			return false;
	return true;
}

/* Data, and a FIN that no rung claims, pass too. */
static bool may_reach(const struct script *s, enum side side)
{
	static const uint64_t data = VERB_BIT(VERB_SEND) | VERB_BIT(VERB_FILL);
	static const uint64_t ends = VERB_BIT(VERB_CLOSE) |
				     VERB_BIT(VERB_SHUTDOWN) |
				     VERB_BIT(VERB_EXIT) | VERB_BIT(VERB_KILL);
	uint64_t verbs = script_verbs(s, side);

	return verbs & data ||
	       (verbs & ends && !(verbs & VERB_BIT(VERB_LINGER)));
}

bool script_needs_no_calls(const struct script *s, enum side side)
{
	for (size_t i = 0; i < s->n_need; i++)
		if (s->need[i].kind == NEED_NO_CALLS && s->need[i].side == side)
			return true;
	return script_verbs(s, side) & VERB_BIT(VERB_LISTEN) &&
	       script_connections(s) <= 1 && is_alone_block(&s->body, side) &&
	       !may_reach(s, side_other(side));
}
