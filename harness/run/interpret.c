/*
 * The interpreter's trunk: what all steps use, and the end of a case. Knows
 * nothing of where segments come from.
 */
#include "run/interpret.h"

#include <stdio.h>
#include <string.h>

#include "run/interpret_own.h"

/* More than that are a loop of answers to answers (RFC 1337 section 2). */
#define FRAMES_MAX 50000

/* Where the case is; after its last step that step's line. */
static int line_of(const struct interpreter *in)
{
	const struct block *b = &in->script->body;

	return in->line || !b->n ? in->line : b->steps[b->n - 1].line;
}

int interpret_fail(struct interpreter *in, size_t frame, const char *what,
		   const char *expected, const char *actual)
{
	struct arena *a = &in->tape->arena;
	struct finding *f = arena_alloc(a, sizeof(*f));

	f->line = line_of(in);
	f->frame = frame;
	f->what = arena_printf(a, "%s", what);
	f->expected = arena_printf(a, "%s", expected);
	f->actual = arena_printf(a, "%s", actual);
	in->tape->finding = f;
	in->tape->verdict = VERDICT_NOT_OK;
	return -1;
}

const char *interpret_time_text(char buf[32], int64_t ns)
{
	if (ns >= NS_PER_S)
		snprintf(buf, 32, "%.3f s", (double)ns / NS_PER_S);
	else
		snprintf(buf, 32, "%.3f ms", (double)ns / NS_PER_MS);
	return buf;
}

int interpret_wrong_time(struct interpreter *in, size_t frame, const char *what,
			 int64_t least_ns, int64_t most_ns, int64_t took_ns)
{
	char a[32], b[32], expected[128], actual[128];

	if (most_ns)
		snprintf(expected, sizeof(expected), "after %s to %s",
			 interpret_time_text(a, least_ns),
			 interpret_time_text(b, most_ns));
	else
		snprintf(expected, sizeof(expected), "after at least %s",
			 interpret_time_text(a, least_ns));
	snprintf(actual, sizeof(actual), "after %s",
		 interpret_time_text(a, took_ns));
	interpret_fail(in, frame, what, expected, actual);
	in->tape->finding->missed_ns =
		took_ns < least_ns ? least_ns - took_ns : took_ns - most_ns;
	return -1;
}

int interpret_wrong_state(struct interpreter *in, size_t frame, enum side side,
			  uint32_t wanted, enum tcp_state got)
{
	char what[32], states[NAME_STATES_MAX];

	snprintf(what, sizeof(what), "wrong state of %c", side_letter(side));
	return interpret_fail(in, frame, what, name_states(wanted, states),
			      name_state(got));
}

int interpret_stop(struct interpreter *in, enum stage_said said)
{
	struct arena *a = &in->tape->arena;
	const char *why = in->st->fault.text;
	int line = line_of(in);

	in->tape->verdict =
		said == STAGE_CANNOT ? VERDICT_SKIP : VERDICT_BROKEN;
	/* Skips are counted by their reasons: these must not differ in lines. */
	if (said == STAGE_CANNOT || !line)
		in->tape->reason = arena_printf(a, "%s", why);
	else
		in->tape->reason = arena_printf(a, "%s:%d: %s",
						in->script->path, line, why);
	return -1;
}

int64_t interpret_until(const struct interpreter *in, const struct bound *bound)
{
	int64_t wait =
		bound->max_ns ? bound->max_ns : bound->min_ns + PATIENCE_NS;

	return interpret_cap(in, in->last_ns + wait);
}

int interpret_in_time(struct interpreter *in)
{
	if (interpret_now(in) < in->deadline_ns)
		return 0;
	return interpret_fail(in, TAPE_NO_FRAME, "timed out",
			      "the case to be over within its timeout",
			      "the timeout passed first");
}

/* The earliest of those seen from these sides. */
static struct waiting *first_seen(struct interpreter *in, unsigned int sides)
{
	struct waiting *first = NULL;
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct waiting *s = &in->seen[side];

		if (!(sides & (1u << side)) || !s->frame)
			continue;
		if (!first || s->frame->at_ns < first->frame->at_ns)
			first = s;
	}
	return first;
}

static struct waiting *take_frame(struct interpreter *in, struct frame *frame)
{
	struct waiting *seen = &in->seen[frame->from];

	seen->frame = frame;
	seen->index = tape_add_frame(in->tape, frame);
	if (frame->kind == SEG_TCP)
		flow_note(&in->flow, frame->from, &frame->seg);
	return seen;
}

enum stage_said interpret_see(struct interpreter *in, unsigned int sides,
			      int64_t until_ns, struct waiting **seen)
{
	enum stage_said said;
	struct frame *frame;

	*seen = first_seen(in, sides);
	if (*seen)
		return STAGE_YES;
	said = in->st->ops->see(in->st, sides, until_ns, &frame);
	if (said == STAGE_YES)
		*seen = take_frame(in, frame);
	return said;
}

struct tape_event *interpret_record(struct interpreter *in, enum tape_kind kind,
				    int64_t at_ns)
{
	in->last_ns = at_ns;
	return tape_add(in->tape, kind, in->line, at_ns);
}

static struct tape_event *
record_segment(struct interpreter *in, struct waiting *seen, enum tape_how how)
{
	struct tape_event *e =
		interpret_record(in, TAPE_SEGMENT, seen->frame->at_ns);
	struct pace *pace = &in->pace[seen->frame->from];

	if (pace->last_ns)
		pace->gap_ns = seen->frame->at_ns - pace->last_ns;
	pace->last_ns = seen->frame->at_ns;
	e->side = seen->frame->from;
	e->how = how;
	e->frame = seen->index;
	if (how == TAPE_DELIVERED || how == TAPE_KEPT)
		e->number = in->st->ops->now(in->st) - e->at_ns;
	if (e->number < 0)
		e->number = 0;
	if (!(seen->frame->seg.flags & FLAG_RST))
		in->written[e->side] = 0;
	seen->frame = NULL;
	return e;
}

int interpret_deal(struct interpreter *in, struct waiting *seen,
		   enum tape_how how, bool passed, struct tape_event **event)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	enum tape_how done = how;
	enum stage_said said =
		in->st->ops->deal(in->st, seen->frame, &done, state);
	struct tape_event *e;

	if (said != STAGE_YES)
		return interpret_stop(in, said);
	e = record_segment(in, seen, done);
	e->passed = passed;
	memcpy(e->state, state, sizeof(e->state));
	if (event)
		*event = e;
	if (in->tape->n_frame > FRAMES_MAX)
		return interpret_fail(in, e->frame, "a storm of segments",
				      "fewer than 50000", "no end to them");
	if (done == how || passed)
		return 0;
	return interpret_fail(in, e->frame, "another fate", tape_how_name(how),
			      tape_how_name(done));
}

const char *interpret_describe(struct interpreter *in,
			       const struct waiting *seen)
{
	char text[PATTERN_TEXT_MAX];
	struct pattern pat;

	pattern_of(&seen->frame->seg, &in->flow, seen->frame->from, &pat);
	return arena_printf(&in->tape->arena, "%s from %c",
			    pattern_text(&pat, text),
			    side_letter(seen->frame->from));
}

const char *interpret_unclaimed(struct interpreter *in, struct waiting *seen)
{
	const char *text = interpret_describe(in, seen);

	record_segment(in, seen, TAPE_UNCLAIMED);
	return text;
}

int interpret_block(struct interpreter *in, const struct block *b)
{
	static interpret_step_fn *const steps[] = {
		[STEP_OPEN] = interpret_open,
		[STEP_ACT] = interpret_act,
		[STEP_RETURNS] = interpret_returns,
		[STEP_RUNG] = interpret_rung,
		[STEP_IS] = interpret_is,
		[STEP_COUNT] = interpret_count,
		[STEP_QUIET] = interpret_quiet,
		[STEP_PASS] = interpret_pass,
		[STEP_REPEAT] = interpret_repeat,
		[STEP_EITHER] = interpret_either,
	};
	size_t i;

	for (i = 0; i < b->n; i++) {
		const struct step *s = &b->steps[i];

		in->line = s->line;
		in->next = i + 1 < b->n ? s + 1 : NULL;
		if (interpret_in_time(in) < 0 || steps[s->kind](in, s) < 0)
			return -1;
	}
	return 0;
}

static int check_calls(struct interpreter *in)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct pending *c = &in->call[side];
		char what[64];

		if (!c->blocked && !c->back)
			continue;
		snprintf(what, sizeof(what), "%c %s left over",
			 side_letter((enum side)side), c->verb->name);
		return interpret_fail(
			in, TAPE_NO_FRAME, what,
			"a call that blocked to be asked for with "
			"\"returns\"",
			c->back ? c->answer.text : "still blocked");
	}
	return 0;
}

/* A rung must have claimed every segment. */
static int check_left_over(struct interpreter *in)
{
	struct waiting *seen;
	enum stage_said said = in->st->ops->settle(in->st);
	const char *actual;

	if (said == STAGE_BROKEN)
		return interpret_stop(in, said);
	said = interpret_see(in, SIDES_ANY, interpret_now(in), &seen);
	if (said == STAGE_BROKEN)
		return interpret_stop(in, said);
	if (said == STAGE_NO)
		return 0;
	actual = interpret_unclaimed(in, seen);
	return interpret_fail(in, seen->index, "one segment too many",
			      "no further segment", actual);
}

/* What arrived after the first thing that was wrong is evidence too. */
static void record_rest(struct interpreter *in)
{
	struct waiting *seen;

	if (in->st->ops->settle(in->st) == STAGE_BROKEN)
		return;
	while (in->tape->n_frame < FRAMES_MAX &&
	       interpret_see(in, SIDES_ANY, interpret_now(in), &seen) ==
		       STAGE_YES)
		interpret_unclaimed(in, seen);
}

void interpret(const struct script *s, struct stage *st, struct tape *t,
	       int64_t timeout_ns)
{
	struct interpreter in = { .script = s, .st = st, .tape = t };

	in.flow = t->flow;
	flow_reset(&in.flow);
	in.last_ns = st->ops->now(st);
	in.deadline_ns = in.last_ns + timeout_ns;
	t->verdict = VERDICT_OK;
	t->lockstep = st->lockstep;
	if (interpret_block(&in, &s->body) == 0) {
		in.line = 0;
		if (check_left_over(&in) == 0)
			check_calls(&in);
	}
	in.line = 0;
	if (t->verdict == VERDICT_NOT_OK)
		record_rest(&in);
	else if (t->verdict == VERDICT_OK || t->verdict == VERDICT_DEVIATES)
		interpret_probe(&in);
}
