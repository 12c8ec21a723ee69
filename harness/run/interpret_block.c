/*
 * Steps that hold others or let segments through: open, pass, repeat,
 * either. Knows nothing of what a single rung compares.
 */
#include "run/interpret_own.h"

/*
 * Lets all segments pass until none is seen for that long, or the time is
 * over.
 */
static int let_through(struct interpreter *in, int64_t quiet_ns,
		       int64_t until_ns)
{
	struct waiting *seen;
	enum stage_said said;
	int64_t now;

	while ((now = interpret_now(in)) <= until_ns) {
		said = interpret_see(in, SIDES_ANY, now + quiet_ns, &seen);
		if (said == STAGE_NO)
			return 0;
		if (said != STAGE_YES)
			return interpret_stop(in, said);
		if (interpret_pass_on(in, seen) < 0)
			return -1;
	}
	return 0;
}

/* Without lockstep the handshake may be over before its segments are seen. */
static int rest_of_open(struct interpreter *in, int64_t until_ns)
{
	if (in->st->lockstep || in->st->recorded)
		return 0;
	return let_through(in, 0, until_ns);
}

/* The stage says when it is done; the segments it takes are let through. */
int interpret_open(struct interpreter *in, const struct step *step)
{
	int64_t until = interpret_now(in) + 10 * PATIENCE_NS;
	enum stage_said said;
	int64_t quiet = 0;

	interpret_record(in, TAPE_OPEN, interpret_now(in))->number = step->open;
	said = in->st->ops->open(in->st, step->open);
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	do {
		if (let_through(in, quiet, until) < 0)
			return -1;
		said = in->st->ops->opened(in->st, step->open);
		quiet = POLL_NS;
	} while (said == STAGE_NO && interpret_now(in) < until);
	if (said == STAGE_YES)
		return rest_of_open(in, until);
	if (said != STAGE_NO)
		return interpret_stop(in, said);
	return interpret_fail(in, TAPE_NO_FRAME, "not open",
			      "both ends ESTABLISHED and accepted",
			      "the handshake did not complete");
}

static const char *pass_text(struct interpreter *in, const struct pass *p)
{
	struct arena *a = &in->tape->arena;
	char states[NAME_STATES_MAX];

	if (p->until == PASS_QUIET)
		return "quiet";
	if (p->until == PASS_RETURNS)
		return arena_printf(a, "%c returns", side_letter(p->side));
	return arena_printf(a, "%c is %s", side_letter(p->side),
			    name_states(p->states, states));
}

/*
 * Nothing has come for a while; nor is anything on its way, or will come of
 * what an end in a call still has to do. A recording has all that came.
 */
static enum stage_said is_quiet(struct interpreter *in)
{
	enum stage_said said;
	struct waiting *seen;

	if (in->st->recorded)
		return STAGE_YES;
	if (in->st->ops->settle(in->st) == STAGE_BROKEN)
		return STAGE_BROKEN;
	said = interpret_see(in, SIDES_ANY, interpret_now(in), &seen);
	if (said == STAGE_YES)
		return STAGE_NO;
	return said == STAGE_NO ? STAGE_YES : said;
}

/* Whether what the pass waits for has come: an event is recorded then. */
static enum stage_said passed(struct interpreter *in, const struct step *step)
{
	const struct pass *p = &step->pass;
	int64_t now = interpret_now(in);
	enum tcp_state got = TCP_STATE_NONE;
	enum stage_said said;
	struct tape_event *e;

	if (p->until == PASS_QUIET)
		return is_quiet(in);
	if (p->until == PASS_RETURNS)
		return interpret_hear(in, p->side, now);
	said = in->st->ops->state(in->st, p->side, p->states, now, &got);
	if (said != STAGE_YES)
		return said;
	e = interpret_record(in, TAPE_IS, now);
	e->side = p->side;
	e->state[p->side] = got;
	return STAGE_YES;
}

/*
 * For how long nothing is to come until what is waited for is looked at again:
 * a little of the time it takes.
 */
static int64_t look_away(int64_t waited_ns)
{
	int64_t away = waited_ns / 256;

	return away > POLL_NS ? away : POLL_NS;
}

int interpret_pass(struct interpreter *in, const struct step *step)
{
	const struct pass *p = &step->pass;
	int64_t now = interpret_now(in), until, quiet;
	enum stage_said said;

	until = interpret_cap(in, now + (p->bound.max_ns ? p->bound.max_ns
							 : 10 * PATIENCE_NS));
	interpret_record(in, TAPE_PASS, now)->text =
		p->until == PASS_QUIET ? NULL : pass_text(in, p);
	in->impairment = in->script->link.weather;
	do {
		int late;

		said = STAGE_NO;
		quiet = p->until == PASS_QUIET
				? SCRIPT_PASS_QUIET_NS
				: look_away(interpret_now(in) - now);
		if (let_through(in, quiet, until) < 0)
			return -1;
		/* Segments that never end are not quiet. */
		if (interpret_now(in) > until)
			break;
		late = interpret_release_all(in);
		if (late < 0)
			return -1;
		if (!late)
			said = passed(in, step);
	} while (said == STAGE_NO && interpret_now(in) < until);
	in->impairment = 0;
	if (said == STAGE_YES)
		return 0;
	if (said != STAGE_NO)
		return interpret_stop(in, said);
	return interpret_fail(in, TAPE_NO_FRAME, "pass went on",
			      pass_text(in, p), "not in time");
}

/* The rung a block begins with, or NULL. */
static const struct rung *first_rung(const struct block *b)
{
	return b->n && b->steps[0].kind == STEP_RUNG ? &b->steps[0].rung : NULL;
}

static bool begins_with(const struct interpreter *in, const struct block *b,
			const struct waiting *seen)
{
	const struct rung *r = first_rung(b);

	return r && r->from == seen->frame->from &&
	       pattern_match(&r->pat, &in->flow, r->from, &seen->frame->seg,
			     NULL);
}

/* Whether a step asks for a state that holds. The tape says nothing of it. */
static bool holds(struct interpreter *in, const struct step *step)
{
	enum tcp_state got;
	enum stage_said said;

	if (!step || step->kind != STEP_IS)
		return false;
	in->st->deciding = true;
	said = in->st->ops->state(in->st, step->is.side, step->is.states,
				  interpret_now(in), &got);
	in->st->deciding = false;
	return said == STAGE_YES;
}

/* YES: one more time; NO: it is over. */
static enum stage_said once_more(struct interpreter *in,
				 const struct block *body,
				 const struct step *next)
{
	unsigned int sides = 1u << first_rung(body)->from;
	int64_t until = interpret_rung_until(in, first_rung(body));
	enum stage_said said;

	for (;;) {
		int64_t now = interpret_now(in);
		/* A recording knows at once whether another repetition follows. */
		int64_t wake_ns = in->st->recorded ? until : now + POLL_NS;
		struct waiting *seen;

		said = interpret_see(in, sides, wake_ns, &seen);
		if (said == STAGE_YES)
			return begins_with(in, body, seen) ? STAGE_YES
							   : STAGE_NO;
		if (said != STAGE_NO || wake_ns >= until || holds(in, next))
			return said;
	}
}

int interpret_repeat(struct interpreter *in, const struct step *step)
{
	const struct repeat *r = &step->repeat;
	const struct step *next = in->next;
	long i;

	for (i = 0; i < r->max; i++) {
		enum stage_said said = STAGE_YES;

		if (i >= r->min)
			said = once_more(in, &r->body, next);
		if (said == STAGE_NO)
			return 0;
		if (said != STAGE_YES)
			return interpret_stop(in, said);
		if (interpret_block(in, &r->body) < 0)
			return -1;
	}
	return 0;
}

/*
 * The branch for when no segment comes: one that begins with quiet, or with a
 * state that holds; when none does, the first of them, which will say so.
 */
static bool silent_branch(struct interpreter *in, const struct either *e,
			  size_t *i)
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
		if (first->kind != STEP_QUIET && !holds(in, first))
			continue;
		*i = k;
		break;
	}
	return any;
}

/* The time by which the segment that decides must have come. */
static int64_t either_until(const struct interpreter *in,
			    const struct either *e)
{
	int64_t until = 0, silent = 0;
	size_t i;

	for (i = 0; i < e->n; i++) {
		const struct step *first = &e->branch[i].steps[0];
		int64_t u;

		if (first->kind == STEP_RUNG) {
			u = interpret_rung_until(in, &first->rung);
			until = u > until ? u : until;
		} else {
			u = first->kind == STEP_QUIET ? first->quiet_ns
						      : SCRIPT_PASS_QUIET_NS;
			silent = u > silent ? u : silent;
		}
	}
	return silent ? interpret_now(in) + silent : until;
}

/* The branch breaks what it says, and how it begins is what the stack did. */
static void deviate(struct interpreter *in, const struct either *e, size_t i,
		    size_t frame)
{
	struct deviation d = {
		.text = script_step_text(&in->tape->arena,
					 &e->branch[i].steps[0]),
		.line = e->line[i],
		.frame = frame,
	};

	for (size_t k = 0; k < e->breach[i].n; k++) {
		d.id = e->breach[i].id[k];
		tape_deviate(in->tape, &d);
	}
}

/* Whether the branches begin with a call, all with the same. */
static bool is_call(const struct either *e)
{
	return e->branch[0].steps[0].kind == STEP_ACT;
}

static int take_branch(struct interpreter *in, const struct step *step,
		       size_t i, size_t frame, int64_t since_ns)
{
	const struct either *e = &step->either;
	struct block left = e->branch[i];
	const char **b = arena_push(&in->tape->arena, &in->tape->branch,
				    &in->tape->n_branch, sizeof(*b));

	*b = arena_printf(&in->tape->arena, "line %d of either at line %d",
			  e->line[i], step->line);
	deviate(in, e, i, frame);
	/* What has been done to choose it: the call was made, time went by. */
	if (left.steps[0].kind == STEP_QUIET &&
	    interpret_quiet_since(in, left.steps, since_ns) < 0)
		return -1;
	if (is_call(e) || left.steps[0].kind == STEP_QUIET)
		left = (struct block){ left.steps + 1, left.n - 1 };
	return interpret_block(in, &left);
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

/* Waits for the segment that decides. The tape says nothing of the wait. */
static enum stage_said decide(struct interpreter *in, const struct either *e,
			      struct waiting **seen)
{
	enum stage_said said;

	in->st->deciding = true;
	said = interpret_see(in, either_sides(e), either_until(in, e), seen);
	in->st->deciding = false;
	return said;
}

int interpret_either(struct interpreter *in, const struct step *step)
{
	const struct either *e = &step->either;
	int64_t since_ns = interpret_now(in);
	struct waiting *seen;
	enum stage_said said;
	const char *actual;
	size_t i;

	if (is_call(e))
		return interpret_act_either(in, e, &i) < 0
			       ? -1
			       : take_branch(in, step, i, TAPE_NO_FRAME,
					     since_ns);
	said = decide(in, e, &seen);
	if (said == STAGE_NO) {
		if (silent_branch(in, e, &i))
			return take_branch(in, step, i, TAPE_NO_FRAME,
					   since_ns);
		return interpret_fail(in, TAPE_NO_FRAME, "no segment",
				      "one of the branches of either",
				      "nothing");
	}
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	for (i = 0; i < e->n; i++) {
		if (begins_with(in, &e->branch[i], seen))
			return take_branch(in, step, i, seen->index, since_ns);
	}
	actual = interpret_unclaimed(in, seen);
	return interpret_fail(in, seen->index, "no branch fits",
			      "one of the branches of either", actual);
}
