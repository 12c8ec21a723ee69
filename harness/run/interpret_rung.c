/*
 * Rungs: one segment each, compared, dealt with, and the states after it.
 * Knows what was expected, and nothing of how it is brought about.
 */
#include "run/interpret_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const enum tape_how how_of[] = {
	[RUNG_DELIVER] = TAPE_DELIVERED, [RUNG_KEEP] = TAPE_KEPT,
	[RUNG_HOLD] = TAPE_HELD,	 [RUNG_LOSE] = TAPE_LOST,
	[RUNG_RELEASE] = TAPE_DELIVERED, [RUNG_FORGE] = TAPE_FORGED,
};

/* "1.234 ms" */
static const char *time_text(char buf[32], int64_t ns)
{
	if (ns >= NS_PER_S)
		snprintf(buf, 32, "%.3f s", (double)ns / NS_PER_S);
	else
		snprintf(buf, 32, "%.3f ms", (double)ns / NS_PER_MS);
	return buf;
}

static int wrong_state(struct walker *w, int line, size_t frame, enum side side,
		       enum tcp_state want, enum tcp_state got)
{
	char what[32];

	snprintf(what, sizeof(what), "wrong state of %c", side_letter(side));
	return walk_fail(w, line, frame, what, name_state(want),
			 name_state(got));
}

/* In lockstep the states were read just after the segment was dealt with. */
static int check_states(struct walker *w, const struct rung *r, int line,
			const struct tape_event *e)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		enum tcp_state want = r->state[side];

		if (want != TCP_STATE_NONE && e->state[side] != want)
			return wrong_state(w, line, e->frame, (enum side)side,
					   want, e->state[side]);
	}
	return 0;
}

/* Whether further rungs follow, so that the connection is not at rest. */
static bool goes_on(const struct step *next)
{
	return next && (next->kind == STEP_RUNG || next->kind == STEP_REPEAT ||
			next->kind == STEP_EITHER);
}

/*
 * Without lockstep segments run ahead of us: only where the rungs end, and
 * the connection is at rest, can a state be held against the case.
 */
static int check_at_rest(struct walker *w, const struct rung *r, int line,
			 const struct step *next, struct tape_event *e)
{
	int64_t until = w->st->ops->now(w->st) + WALK_PATIENCE_NS;
	int side;

	if (goes_on(next))
		return 0;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		enum tcp_state want = r->state[side], got;
		enum stage_said said;

		if (want == TCP_STATE_NONE)
			continue;
		said = w->st->ops->state(w->st, (enum side)side, want, until,
					 &got);
		if (said == STAGE_BROKEN)
			return walk_stop(w, said);
		e->state[side] = got;
		if (said == STAGE_NO)
			return wrong_state(w, line, e->frame, (enum side)side,
					   want, got);
	}
	return 0;
}

static int check_rung_states(struct walker *w, const struct step *step,
			     const struct step *next, struct tape_event *e)
{
	const struct rung *r = &step->rung;

	if (w->st->lockstep)
		return check_states(w, r, step->line, e);
	return check_at_rest(w, r, step->line, next, e);
}

/* The latest a ratio allows, by the interval before it. */
static int64_t ratio_until(const struct walker *w, const struct rung *r)
{
	const struct walk_pace *pace = &w->pace[r->from];

	return pace->last_ns + (int64_t)(r->bound.ratio * WALK_RATIO_MOST *
					 (double)pace->gap_ns);
}

int64_t walk_rung_until(const struct walker *w, const struct rung *r)
{
	int64_t until = walk_until(w, &r->bound, WALK_PATIENCE_NS);

	if (r->bound.ratio > 0 && ratio_until(w, r) > until)
		until = ratio_until(w, r);
	return walk_cap(w, until);
}

static int wrong_time(struct walker *w, int line, size_t frame, int64_t least,
		      int64_t most, int64_t took)
{
	char a[32], b[32], expected[128], actual[128];

	if (most)
		snprintf(expected, sizeof(expected), "after %s to %s",
			 time_text(a, least), time_text(b, most));
	else
		snprintf(expected, sizeof(expected), "after at least %s",
			 time_text(a, least));
	snprintf(actual, sizeof(actual), "after %s", time_text(a, took));
	return walk_fail(w, line, frame, "wrong time", expected, actual);
}

static int check_time(struct walker *w, const struct rung *r, int line,
		      const struct walk_waiting *seen, int64_t since_ns)
{
	int64_t took = seen->frame->at_ns - since_ns;
	const struct bound *b = &r->bound;
	double gap;

	if ((b->min_ns && took < b->min_ns) || (b->max_ns && took > b->max_ns))
		return wrong_time(w, line, seen->index, b->min_ns, b->max_ns,
				  took);
	if (b->ratio <= 0)
		return 0;
	gap = (double)w->pace[r->from].gap_ns * b->ratio;
	took = seen->frame->at_ns - w->pace[r->from].last_ns;
	if ((double)took >= gap * WALK_RATIO_LEAST &&
	    (double)took <= gap * WALK_RATIO_MOST)
		return 0;
	return wrong_time(w, line, seen->index,
			  (int64_t)(gap * WALK_RATIO_LEAST),
			  (int64_t)(gap * WALK_RATIO_MOST), took);
}

/* Nothing came from there; what is waiting on the other side may say why. */
static int no_segment(struct walker *w, const struct step *step)
{
	const struct rung *r = &step->rung;
	char text[PATTERN_TEXT_MAX], expected[192], actual[192], took[32];
	struct walk_waiting *other = NULL;
	unsigned int sides = 1u << side_other(r->from);
	int64_t now = w->st->ops->now(w->st), waited = now - w->last_ns;
	int n;

	if (walk_in_time(w, step->line) < 0)
		return -1;
	snprintf(expected, sizeof(expected), "%s from %c",
		 pattern_text(&r->pat, text), side_letter(r->from));
	n = snprintf(actual, sizeof(actual), "nothing from %c in %s",
		     side_letter(r->from), time_text(took, waited));
	if (walk_see(w, sides, now, &other) == STAGE_YES)
		snprintf(actual + n, sizeof(actual) - (size_t)n, "; but %s",
			 walk_describe(w, other));
	else
		walk_note(w, TAPE_QUIET, step->line, now)->number = waited;
	return walk_fail(w, step->line, other ? other->index : TAPE_NO_FRAME,
			 "no segment", expected, actual);
}

static int wrong_segment(struct walker *w, const struct step *step,
			 struct walk_waiting *seen, const struct mismatch *why)
{
	const struct rung *r = &step->rung;
	struct arena *a = &w->tape->arena;
	char text[PATTERN_TEXT_MAX], what[32];
	const char *expected, *actual = walk_unclaimed(w, seen, step->line);

	expected = arena_printf(a, "%s from %c", pattern_text(&r->pat, text),
				side_letter(r->from));
	snprintf(what, sizeof(what), "wrong %s", why->field);
	return walk_fail(w, step->line, seen->index, what,
			 arena_printf(a, "%s (%s %s)", expected, why->field,
				      why->expected),
			 arena_printf(a, "%s (%s %s)", actual, why->field,
				      why->actual));
}

void walk_hold(struct walker *w, const struct walk_waiting *seen)
{
	struct walk_waiting *h =
		arena_push(&w->tape->arena, &w->held, &w->n_held, sizeof(*h));

	*h = *seen;
}

static int take(struct walker *w, const struct step *step,
		const struct step *next)
{
	const struct rung *r = &step->rung;
	int64_t since = w->last_ns;
	struct tape_event *e;
	struct walk_waiting *seen;
	struct mismatch why;
	enum stage_said said =
		walk_see(w, 1u << r->from, walk_rung_until(w, r), &seen);

	if (said == STAGE_NO)
		return no_segment(w, step);
	if (said != STAGE_YES)
		return walk_stop(w, said);
	if (!pattern_match(&r->pat, &w->flow, r->from, &seen->frame->seg, &why))
		return wrong_segment(w, step, seen, &why);
	if (check_time(w, r, step->line, seen, since) < 0)
		return -1;
	if (r->how == RUNG_HOLD || r->how == RUNG_KEEP)
		walk_hold(w, seen);
	if (walk_deal(w, seen, how_of[r->how], step->line, false, &e) < 0)
		return -1;
	return check_rung_states(w, step, next, e);
}

static struct walk_waiting *find_held(struct walker *w, const struct rung *r,
				      struct mismatch *why)
{
	size_t i;

	for (i = 0; i < w->n_held; i++) {
		struct walk_waiting *h = &w->held[i];

		if (h->frame && h->frame->from == r->from &&
		    pattern_match(&r->pat, &w->flow, r->from, &h->frame->seg,
				  why))
			return h;
	}
	return NULL;
}

static struct tape_event *not_released(struct walker *w,
				       const struct walk_waiting *held,
				       int line, enum stage_said said)
{
	if (said == STAGE_NO)
		walk_fail(w, line, held->index, "recorded otherwise",
			  "released", w->st->fault.text);
	else
		walk_stop(w, said);
	return NULL;
}

struct tape_event *walk_release(struct walker *w, struct walk_waiting *held,
				int line, bool passed)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	enum stage_said said;
	struct tape_event *e;
	int64_t at_ns;

	said = w->st->ops->release(w->st, held->frame, &at_ns, state);
	if (said != STAGE_YES)
		return not_released(w, held, line, said);
	e = walk_note(w, TAPE_RELEASE, line, at_ns);
	e->side = held->frame->from;
	e->frame = held->index;
	held->frame = NULL;
	e->passed = passed;
	memcpy(e->state, state, sizeof(e->state));
	return e;
}

static int release(struct walker *w, const struct step *step,
		   const struct step *next)
{
	const struct rung *r = &step->rung;
	char text[PATTERN_TEXT_MAX];
	struct mismatch why;
	struct tape_event *e;
	struct walk_waiting *h = find_held(w, r, &why);

	if (!h)
		return walk_fail(w, step->line, TAPE_NO_FRAME,
				 "no such segment held",
				 pattern_text(&r->pat, text),
				 "the cable holds none like it");
	e = walk_release(w, h, step->line, false);
	return e ? check_rung_states(w, step, next, e) : -1;
}

/* One event per frame put on the link; the states are those after the last. */
static struct tape_event *note_forged(struct walker *w, const struct step *step,
				      const struct forged *made)
{
	struct tape_event *e = NULL;
	size_t i;

	for (i = 0; i < made->n; i++) {
		struct frame *frame = made->frame[i];

		e = walk_note(w, TAPE_SEGMENT, step->line, frame->at_ns);
		e->side = frame->from;
		e->how = TAPE_FORGED;
		e->frame = tape_add_frame(w->tape, frame);
	}
	return e;
}

static int forge(struct walker *w, const struct step *step,
		 const struct step *next)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	struct forged made = { .n = 0 };
	enum stage_said said =
		w->st->ops->forge(w->st, &step->rung, &w->flow, &made, state);
	struct tape_event *e;

	if (said == STAGE_NO)
		return walk_fail(w, step->line, TAPE_NO_FRAME,
				 "recorded otherwise", "forged",
				 w->st->fault.text);
	if (said != STAGE_YES)
		return walk_stop(w, said);
	e = note_forged(w, step, &made);
	if (!e)
		return 0;
	memcpy(e->state, state, sizeof(e->state));
	return check_rung_states(w, step, next, e);
}

int walk_rung(struct walker *w, const struct step *step,
	      const struct step *next)
{
	static walk_step_fn *const by_how[] = {
		[RUNG_DELIVER] = take,	  [RUNG_KEEP] = take,
		[RUNG_HOLD] = take,	  [RUNG_LOSE] = take,
		[RUNG_RELEASE] = release, [RUNG_FORGE] = forge,
	};

	return by_how[step->rung.how](w, step, next);
}
