/*
 * The walk's trunk: what all steps use, and the end of a case. Knows nothing
 * of where segments come from.
 */
#include "run/walk.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "run/walker.h"

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
static struct walk_peek *first_peek(struct walker *w, unsigned int sides)
{
	struct walk_peek *first = NULL;
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct walk_peek *p = &w->peek[side];

		if (!(sides & (1u << side)) || !p->have)
			continue;
		if (!first || p->sight.at_ns < first->sight.at_ns)
			first = p;
	}
	return first;
}

static struct walk_peek *take_peek(struct walker *w, const struct sight *s)
{
	struct walk_peek *p = &w->peek[s->from];

	p->have = true;
	p->sight = *s;
	p->frame = tape_add_frame(w->tape, s->from, s->at_ns, s->bytes, s->len,
				  false);
	seg_parse(s->bytes, s->len, &p->seg);
	flow_note(&w->flow, s->from, &p->seg);
	return p;
}

enum stage_said walk_see(struct walker *w, unsigned int sides, int64_t until_ns,
			 struct walk_peek **peek)
{
	enum stage_said said;
	struct sight sight;

	*peek = first_peek(w, sides);
	if (*peek)
		return STAGE_YES;
	said = w->st->ops->see(w->st, sides, until_ns, &sight);
	if (said == STAGE_YES)
		*peek = take_peek(w, &sight);
	return said;
}

struct tape_event *walk_note(struct walker *w, enum tape_kind kind, int line,
			     int64_t at_ns)
{
	w->last_ns = at_ns;
	return tape_add(w->tape, kind, line, at_ns);
}

static struct tape_event *note_segment(struct walker *w, struct walk_peek *peek,
				       enum tape_how how, int line)
{
	struct tape_event *e =
		walk_note(w, TAPE_SEGMENT, line, peek->sight.at_ns);
	struct walk_pace *pace = &w->pace[peek->sight.from];

	if (pace->last_ns)
		pace->gap_ns = peek->sight.at_ns - pace->last_ns;
	pace->last_ns = peek->sight.at_ns;
	e->side = peek->sight.from;
	e->how = how;
	e->frame = peek->frame;
	peek->have = false;
	return e;
}

int walk_deal(struct walker *w, struct walk_peek *peek, enum tape_how how,
	      int line, bool passed, struct tape_event **event)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	enum tape_how done = how;
	enum stage_said said =
		w->st->ops->deal(w->st, &peek->sight, &done, state);
	struct tape_event *e;

	if (said != STAGE_YES)
		return walk_stop(w, said);
	e = note_segment(w, peek, done, line);
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

void walk_unclaimed(struct walker *w, struct walk_peek *peek, int line)
{
	note_segment(w, peek, TAPE_UNCLAIMED, line);
}

const char *walk_describe(struct walker *w, const struct walk_peek *peek)
{
	char text[PATTERN_TEXT_MAX];
	struct pattern pat;

	pattern_of(&peek->seg, &w->flow, peek->sight.from, &pat);
	return arena_printf(&w->tape->arena, "%s from %c",
			    pattern_text(&pat, text),
			    side_letter(peek->sight.from));
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
	struct walk_peek *peek;
	enum stage_said said = w->st->ops->settle(w->st);

	if (said == STAGE_BROKEN)
		return walk_stop(w, said);
	said = walk_see(w, SIDES_ANY, w->st->ops->now(w->st), &peek);
	if (said == STAGE_BROKEN)
		return walk_stop(w, said);
	if (said == STAGE_NO)
		return 0;
	walk_unclaimed(w, peek, 0);
	return walk_fail(w, last_line(w), peek->frame, "one segment too many",
			 "no further segment", walk_describe(w, peek));
}

/* What has arrived behind the first thing that was wrong is evidence too. */
static void record_rest(struct walker *w)
{
	struct walk_peek *peek;

	if (w->st->ops->settle(w->st) == STAGE_BROKEN)
		return;
	while (w->tape->n_frame < WALK_FRAMES_MAX &&
	       walk_see(w, SIDES_ANY, w->st->ops->now(w->st), &peek) ==
		       STAGE_YES)
		walk_unclaimed(w, peek, 0);
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
