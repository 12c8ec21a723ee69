/*
 * Steps that hold others or let segments through: open, pass, repeat,
 * either. Knows nothing of what a single rung compares.
 */
#include "run/interpret_own.h"

#include <stdio.h>

#include "base/clock.h"

/*
 * Deals with all that can be seen until nothing is for that long, or the time
 * is over. -1 when the walk has ended.
 */
static int let_through(struct walker *w, int line, int64_t quiet_ns,
		       int64_t until_ns)
{
	struct walk_waiting *seen;
	enum stage_said said;
	int64_t now;

	while ((now = w->st->ops->now(w->st)) <= until_ns) {
		said = walk_see(w, SIDES_ANY, now + quiet_ns, &seen);
		if (said == STAGE_NO)
			return 0;
		if (said != STAGE_YES)
			return walk_stop(w, said);
		if (walk_pass_on(w, seen, line) < 0)
			return -1;
	}
	return 0;
}

/* Without lockstep what opened it may not have been seen yet. */
static int rest_of_open(struct walker *w, int line, int64_t until_ns)
{
	if (w->st->lockstep || w->st->recorded)
		return 0;
	return let_through(w, line, 0, until_ns);
}

/*
 * open is done when the stage says so; what it needs for that is let through
 * as it comes.
 */
int walk_open(struct walker *w, const struct step *step,
	      const struct step *next)
{
	int64_t until = w->st->ops->now(w->st) + 10 * WALK_PATIENCE_NS;
	enum stage_said said;
	int64_t quiet = 0;

	(void)next;
	walk_note(w, TAPE_OPEN, step->line, w->st->ops->now(w->st))->number =
		step->open;
	said = w->st->ops->open(w->st, step->open);
	if (said != STAGE_YES)
		return walk_stop(w, said);
	do {
		if (let_through(w, step->line, quiet, until) < 0)
			return -1;
		said = w->st->ops->opened(w->st, step->open);
		quiet = WALK_LOOK_NS;
	} while (said == STAGE_NO && w->st->ops->now(w->st) < until);
	if (said == STAGE_YES)
		return rest_of_open(w, step->line, until);
	if (said != STAGE_NO)
		return walk_stop(w, said);
	return walk_fail(w, step->line, TAPE_NO_FRAME, "not open",
			 "both ends ESTABLISHED and accepted",
			 "the handshake did not complete");
}

/* Whether what "pass until" waits for has come; recorded when it has. */
static enum stage_said passed(struct walker *w, const struct step *step)
{
	const struct pass *p = &step->pass;
	int64_t now = w->st->ops->now(w->st);
	enum tcp_state got = TCP_STATE_NONE;
	enum stage_said said;
	struct tape_event *e;

	if (p->until == PASS_QUIET)
		return STAGE_YES;
	if (p->until == PASS_RETURNS)
		return walk_hear(w, p->side, step->line, now);
	said = w->st->ops->state(w->st, p->side, p->state, now, &got);
	if (said != STAGE_YES)
		return said;
	e = walk_note(w, TAPE_IS, step->line, now);
	e->side = p->side;
	e->state[p->side] = got;
	return STAGE_YES;
}

static const char *pass_text(struct walker *w, const struct pass *p)
{
	struct arena *a = &w->tape->arena;

	if (p->until == PASS_QUIET)
		return "quiet";
	if (p->until == PASS_RETURNS)
		return arena_printf(a, "%c returns", side_letter(p->side));
	return arena_printf(a, "%c is %s", side_letter(p->side),
			    name_state(p->state));
}

int walk_pass(struct walker *w, const struct step *step,
	      const struct step *next)
{
	const struct pass *p = &step->pass;
	int64_t now = w->st->ops->now(w->st), until;
	int64_t quiet =
		p->until == PASS_QUIET ? SCRIPT_PASS_QUIET_NS : WALK_LOOK_NS;
	enum stage_said said;

	(void)next;
	until = walk_cap(w, now + (p->bound.max_ns ? p->bound.max_ns
						   : 10 * WALK_PATIENCE_NS));
	walk_note(w, TAPE_PASS, step->line, now);
	w->weather = w->script->link.weather;
	do {
		int late;

		said = STAGE_NO;
		if (let_through(w, step->line, quiet, until) < 0)
			return -1;
		/* Segments that never end are not quiet. */
		if (w->st->ops->now(w->st) > until)
			break;
		late = walk_clear_up(w, step->line);
		if (late < 0)
			return -1;
		if (!late)
			said = passed(w, step);
	} while (said == STAGE_NO && w->st->ops->now(w->st) < until);
	w->weather = 0;
	if (said == STAGE_YES)
		return 0;
	if (said != STAGE_NO)
		return walk_stop(w, said);
	return walk_fail(w, step->line, TAPE_NO_FRAME, "pass went on",
			 pass_text(w, p), "not in time");
}

/* The rung a block begins with, or NULL. */
static const struct rung *first_rung(const struct block *b)
{
	return b->n && b->steps[0].kind == STEP_RUNG ? &b->steps[0].rung : NULL;
}

static bool begins_with(const struct walker *w, const struct block *b,
			const struct walk_waiting *seen)
{
	const struct rung *r = first_rung(b);

	return r && r->from == seen->frame->from &&
	       pattern_match(&r->pat, &w->flow, r->from, &seen->frame->seg,
			     NULL);
}

/* Whether a step that asks for a state holds already; not on the tape. */
static bool holds(struct walker *w, const struct step *step)
{
	enum tcp_state got;
	enum stage_said said;

	if (!step || step->kind != STEP_IS)
		return false;
	w->st->deciding = true;
	said = w->st->ops->state(w->st, step->is.side, step->is.state,
				 w->st->ops->now(w->st), &got);
	w->st->deciding = false;
	return said == STAGE_YES;
}

/* YES: one more time; NO: it is over. */
static enum stage_said once_more(struct walker *w, const struct block *body,
				 const struct step *next)
{
	unsigned int sides = 1u << first_rung(body)->from;
	int64_t until = walk_rung_until(w, first_rung(body));
	enum stage_said said;

	for (;;) {
		int64_t now = w->st->ops->now(w->st);
		/* A recording knows at once whether there is a further one. */
		int64_t look = w->st->recorded ? until : now + WALK_LOOK_NS;
		struct walk_waiting *seen;

		said = walk_see(w, sides, look, &seen);
		if (said == STAGE_YES)
			return begins_with(w, body, seen) ? STAGE_YES
							  : STAGE_NO;
		if (said != STAGE_NO || look >= until || holds(w, next))
			return said;
	}
}

int walk_repeat(struct walker *w, const struct step *step,
		const struct step *next)
{
	const struct repeat *r = &step->repeat;
	long i;

	for (i = 0; i < r->max; i++) {
		enum stage_said said = STAGE_YES;

		if (i >= r->min)
			said = once_more(w, &r->body, next);
		if (said == STAGE_NO)
			return 0;
		if (said != STAGE_YES)
			return walk_stop(w, said);
		if (walk_block(w, &r->body) < 0)
			return -1;
	}
	return 0;
}

/*
 * The branch for when no segment comes: one that begins with quiet, or with a
 * state that holds; when none does, the first of them, which will say so.
 */
static bool silent_branch(struct walker *w, const struct either *e, size_t *i)
{
	bool any = false;
	size_t k;

	for (k = 0; k < e->n; k++) {
		const struct step *first = &e->branch[k].steps[0];

		if (first->kind == STEP_RUNG)
			continue;
		if (!any)
			*i = k;
		any = true;
		if (first->kind != STEP_QUIET && !holds(w, first))
			continue;
		*i = k;
		break;
	}
	return any;
}

/* How long either waits for the segment that decides. */
static int64_t either_until(const struct walker *w, const struct either *e)
{
	int64_t until = 0, silent = 0;
	size_t i;

	for (i = 0; i < e->n; i++) {
		const struct step *first = &e->branch[i].steps[0];
		int64_t u;

		if (first->kind == STEP_RUNG) {
			u = walk_rung_until(w, &first->rung);
			until = u > until ? u : until;
		} else {
			u = first->kind == STEP_QUIET ? first->quiet_ns
						      : SCRIPT_PASS_QUIET_NS;
			silent = u > silent ? u : silent;
		}
	}
	return silent ? w->st->ops->now(w->st) + silent : until;
}

static int take_branch(struct walker *w, const struct step *step, size_t i)
{
	const struct either *e = &step->either;
	const char **b = arena_push(&w->tape->arena, &w->tape->branch,
				    &w->tape->n_branch, sizeof(*b));

	*b = arena_printf(&w->tape->arena, "line %d of either at line %d",
			  e->line[i], step->line);
	return walk_block(w, &e->branch[i]);
}

static unsigned int either_sides(const struct either *e)
{
	unsigned int sides = 0;
	size_t i;

	for (i = 0; i < e->n; i++) {
		const struct rung *r = first_rung(&e->branch[i]);

		sides |= r ? 1u << r->from : 0;
	}
	return sides;
}

/* The segment that decides, if one comes; the wait is not on the tape. */
static enum stage_said decide(struct walker *w, const struct either *e,
			      struct walk_waiting **seen)
{
	enum stage_said said;

	w->st->deciding = true;
	said = walk_see(w, either_sides(e), either_until(w, e), seen);
	w->st->deciding = false;
	return said;
}

int walk_either(struct walker *w, const struct step *step,
		const struct step *next)
{
	const struct either *e = &step->either;
	struct walk_waiting *seen;
	enum stage_said said;
	const char *actual;
	size_t i;

	(void)next;
	said = decide(w, e, &seen);
	if (said == STAGE_NO) {
		if (silent_branch(w, e, &i))
			return take_branch(w, step, i);
		return walk_fail(w, step->line, TAPE_NO_FRAME, "no segment",
				 "one of the branches of either", "nothing");
	}
	if (said != STAGE_YES)
		return walk_stop(w, said);
	for (i = 0; i < e->n; i++) {
		if (begins_with(w, &e->branch[i], seen))
			return take_branch(w, step, i);
	}
	actual = walk_unclaimed(w, seen, step->line);
	return walk_fail(w, step->line, seen->index, "no branch fits",
			 "one of the branches of either", actual);
}
