/*
 * The walk's trunk: what all steps use, and the end of a case. Knows nothing
 * of where segments come from.
 */
#include "run/interpret.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "run/interpret_own.h"

int walk_fail(struct walker *w, int line, size_t frame, const char *what,
	      const char *expected, const char *actual)
{
	struct arena *a = &w->tape->arena;
	struct finding *f = arena_alloc(a, sizeof(*f));

	f->line = line;
	f->frame = frame;
	f->what = arena_printf(a, "%s", what);
	f->expected = arena_printf(a, "%s", expected);
	f->actual = arena_printf(a, "%s", actual);
	w->tape->finding = f;
	w->tape->verdict = VERDICT_NOT_OK;
	return -1;
}

int walk_stop(struct walker *w, enum stage_said said)
{
	struct arena *a = &w->tape->arena;
	const char *why = w->st->fault.text;

	w->tape->verdict = said == STAGE_CANNOT ? VERDICT_SKIP : VERDICT_BROKEN;
	/* Skips are counted by their reasons, wherever they came about. */
	if (said == STAGE_CANNOT || !w->line)
		w->tape->reason = arena_printf(a, "%s", why);
	else
		w->tape->reason = arena_printf(a, "%s:%d: %s", w->script->path,
					       w->line, why);
	return -1;
}

int64_t walk_until(const struct walker *w, const struct bound *bound,
		   int64_t patience_ns)
{
	int64_t until = w->last_ns + patience_ns;

	if (bound->max_ns)
		until = w->last_ns + bound->max_ns;
	else if (bound->min_ns)
		until = w->last_ns + bound->min_ns + patience_ns;
	return walk_cap(w, until);
}

int walk_in_time(struct walker *w, int line)
{
	if (w->st->ops->now(w->st) < w->deadline_ns)
		return 0;
	return walk_fail(w, line, TAPE_NO_FRAME, "timed out",
			 "the case to be over within its timeout",
			 "the timeout passed first");
}

/* The one that came first, of those from these sides. */
static struct walk_waiting *first_seen(struct walker *w, unsigned int sides)
{
	struct walk_waiting *first = NULL;
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct walk_waiting *s = &w->seen[side];

		if (!(sides & (1u << side)) || !s->frame)
			continue;
		if (!first || s->frame->at_ns < first->frame->at_ns)
			first = s;
	}
	return first;
}

static struct walk_waiting *take_frame(struct walker *w, struct frame *frame)
{
	struct walk_waiting *seen = &w->seen[frame->from];

	seen->frame = frame;
	seen->index = tape_add_frame(w->tape, frame);
	if (frame->kind == SEG_TCP)
		flow_note(&w->flow, frame->from, &frame->seg);
	return seen;
}

enum stage_said walk_see(struct walker *w, unsigned int sides, int64_t until_ns,
			 struct walk_waiting **seen)
{
	enum stage_said said;
	struct frame *frame;

	*seen = first_seen(w, sides);
	if (*seen)
		return STAGE_YES;
	said = w->st->ops->see(w->st, sides, until_ns, &frame);
	if (said == STAGE_YES)
		*seen = take_frame(w, frame);
	return said;
}

struct tape_event *walk_note(struct walker *w, enum tape_kind kind, int line,
			     int64_t at_ns)
{
	w->last_ns = at_ns;
	return tape_add(w->tape, kind, line, at_ns);
}

static struct tape_event *note_segment(struct walker *w,
				       struct walk_waiting *seen,
				       enum tape_how how, int line)
{
	struct tape_event *e =
		walk_note(w, TAPE_SEGMENT, line, seen->frame->at_ns);
	struct walk_pace *pace = &w->pace[seen->frame->from];

	if (pace->last_ns)
		pace->gap_ns = seen->frame->at_ns - pace->last_ns;
	pace->last_ns = seen->frame->at_ns;
	e->side = seen->frame->from;
	e->how = how;
	e->frame = seen->index;
	seen->frame = NULL;
	return e;
}

int walk_deal(struct walker *w, struct walk_waiting *seen, enum tape_how how,
	      int line, bool passed, struct tape_event **event)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	enum tape_how done = how;
	enum stage_said said =
		w->st->ops->deal(w->st, seen->frame, &done, state);
	struct tape_event *e;

	if (said != STAGE_YES)
		return walk_stop(w, said);
	e = note_segment(w, seen, done, line);
	e->passed = passed;
	memcpy(e->state, state, sizeof(e->state));
	if (event)
		*event = e;
	if (w->tape->n_frame > WALK_FRAMES_MAX)
		return walk_fail(w, line, e->frame, "a storm of segments",
				 "fewer than 50000", "no end to them");
	if (done == how || passed)
		return 0;
	return walk_fail(w, line, e->frame, "another fate", tape_how_name(how),
			 tape_how_name(done));
}

const char *walk_describe(struct walker *w, const struct walk_waiting *seen)
{
	char text[PATTERN_TEXT_MAX];
	struct pattern pat;

	pattern_of(&seen->frame->seg, &w->flow, seen->frame->from, &pat);
	return arena_printf(&w->tape->arena, "%s from %c",
			    pattern_text(&pat, text),
			    side_letter(seen->frame->from));
}

const char *walk_unclaimed(struct walker *w, struct walk_waiting *seen,
			   int line)
{
	const char *text = walk_describe(w, seen);

	note_segment(w, seen, TAPE_UNCLAIMED, line);
	return text;
}

int walk_block(struct walker *w, const struct block *b)
{
	static walk_step_fn *const steps[] = {
		[STEP_OPEN] = walk_open,       [STEP_ACT] = walk_act,
		[STEP_RETURNS] = walk_returns, [STEP_RUNG] = walk_rung,
		[STEP_IS] = walk_is,	       [STEP_COUNT] = walk_count,
		[STEP_QUIET] = walk_quiet,     [STEP_PASS] = walk_pass,
		[STEP_REPEAT] = walk_repeat,   [STEP_EITHER] = walk_either,
	};
	size_t i;

	for (i = 0; i < b->n; i++) {
		const struct step *s = &b->steps[i];
		const struct step *next = i + 1 < b->n ? s + 1 : NULL;

		w->line = s->line;
		if (walk_in_time(w, s->line) < 0 ||
		    steps[s->kind](w, s, next) < 0)
			return -1;
	}
	return 0;
}

/* The line of the last step, for what is wrong at the end. */
static int last_line(const struct walker *w)
{
	const struct block *b = &w->script->body;

	return b->n ? b->steps[b->n - 1].line : 0;
}

static int check_calls(struct walker *w)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct walk_call *c = &w->call[side];
		char what[64];

		if (!c->blocked && !c->back)
			continue;
		snprintf(what, sizeof(what), "%c %s left over",
			 side_letter((enum side)side), c->verb->name);
		return walk_fail(w, last_line(w), TAPE_NO_FRAME, what,
				 "a call that blocked to be asked for with "
				 "\"returns\"",
				 c->back ? c->answer.text : "still blocked");
	}
	return 0;
}

/* Every segment must have been claimed. */
static int check_left_over(struct walker *w)
{
	struct walk_waiting *seen;
	enum stage_said said = w->st->ops->settle(w->st);
	const char *actual;

	if (said == STAGE_BROKEN)
		return walk_stop(w, said);
	said = walk_see(w, SIDES_ANY, w->st->ops->now(w->st), &seen);
	if (said == STAGE_BROKEN)
		return walk_stop(w, said);
	if (said == STAGE_NO)
		return 0;
	actual = walk_unclaimed(w, seen, 0);
	return walk_fail(w, last_line(w), seen->index, "one segment too many",
			 "no further segment", actual);
}

/* What has arrived behind the first thing that was wrong is evidence too. */
static void record_rest(struct walker *w)
{
	struct walk_waiting *seen;

	if (w->st->ops->settle(w->st) == STAGE_BROKEN)
		return;
	while (w->tape->n_frame < WALK_FRAMES_MAX &&
	       walk_see(w, SIDES_ANY, w->st->ops->now(w->st), &seen) ==
		       STAGE_YES)
		walk_unclaimed(w, seen, 0);
}

void walk_script(const struct script *s, struct stage *st, struct tape *t,
		 int64_t timeout_ns)
{
	struct walker w = { .script = s, .st = st, .tape = t };

	w.flow = t->flow;
	flow_reset(&w.flow);
	w.last_ns = st->ops->now(st);
	w.deadline_ns = w.last_ns + timeout_ns;
	t->verdict = VERDICT_OK;
	if (walk_block(&w, &s->body) == 0 && check_left_over(&w) == 0)
		check_calls(&w);
	if (t->verdict == VERDICT_NOT_OK)
		record_rest(&w);
}
