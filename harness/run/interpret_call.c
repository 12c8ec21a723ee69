/*
 * Calls and questions: acts and their answers, states, counts, silence.
 * Knows what was expected, and nothing of who makes the calls.
 */
#include "run/interpret_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static const char *act_text(struct walker *w, enum side side,
			    const struct verb *verb, const char *args)
{
	return arena_printf(&w->tape->arena, "%c %s%s%s", side_letter(side),
			    verb->name, *args ? " " : "", args);
}

/* What the answer has to be, as text; NULL when anything but an errno. */
static const char *wanted(struct walker *w, enum side side,
			  const struct want *want)
{
	uint64_t all = w->sent[side_other(side)] - w->received[side];

	if (want->kind == WANT_ALL)
		return arena_printf(&w->tape->arena, "%llu",
				    (unsigned long long)all);
	return want->kind == WANT_TEXT ? want->text : NULL;
}

static bool is_errno(const char *text)
{
	return name_errno_parse(text, strlen(text)) != 0 ||
	       strncmp(text, "mixed ", 6) == 0;
}

/* Octets handed to the kernel and taken from it, for what is to come. */
static void count_octets(struct walker *w, enum side side,
			 const struct verb *verb, const char *answer)
{
	unsigned long long n;

	if (*answer < '0' || *answer > '9')
		return;
	n = strtoull(answer, NULL, 10);
	if (verb->id == VERB_SEND || verb->id == VERB_FILL)
		w->sent[side] += n;
	if (verb->id == VERB_RECV || verb->id == VERB_DRAIN)
		w->received[side] += n;
}

static int check_answer(struct walker *w, const struct step *step,
			const char *call, const struct answer *answer)
{
	const struct act *act = &step->act;
	const char *want = wanted(w, act->side, &act->want);
	const struct bound *b = &act->bound;
	char actual[128];

	count_octets(w, act->side, act->verb, answer->text);
	if (act->verb->gives != GIVES_NOTHING &&
	    (want ? strcmp(want, answer->text) != 0 : is_errno(answer->text)))
		return walk_fail(w, step->line, TAPE_NO_FRAME,
				 arena_printf(&w->tape->arena,
					      "wrong answer to %s", call),
				 want ? want : "no error", answer->text);
	if ((!b->min_ns || answer->took_ns >= b->min_ns) &&
	    (!b->max_ns || answer->took_ns <= b->max_ns))
		return 0;
	snprintf(actual, sizeof(actual), "after %.3f s",
		 (double)answer->took_ns / NS_PER_S);
	return walk_fail(w, step->line, TAPE_NO_FRAME,
			 arena_printf(&w->tape->arena, "wrong time of %s",
				      call),
			 arena_printf(&w->tape->arena,
				      b->max_ns ? "after %.3f s to %.3f s"
						: "after at least %.3f s",
				      (double)b->min_ns / NS_PER_S,
				      (double)b->max_ns / NS_PER_S),
			 actual);
}

static void note_act(struct walker *w, const struct step *step,
		     const char *call, const char *text,
		     const struct answer *answer)
{
	/* When it was made: what it sent came before it returned. */
	struct tape_event *e = walk_note(w, TAPE_ACT, step->line,
					 answer->at_ns - answer->took_ns);

	e->side = step->act.side;
	e->text = call + 2; /* without its "A " */
	e->answer = arena_printf(&w->tape->arena, "%s", text);
	e->number = answer->took_ns;
}

/* It did not come back: as the case says, or not. */
static int still_out(struct walker *w, const struct step *step,
		     const char *call, const struct answer *answer)
{
	struct walk_call *c = &w->call[step->act.side];

	note_act(w, step, call, "blocks", answer);
	if (step->act.want.kind != WANT_BLOCKS)
		return walk_fail(w, step->line, TAPE_NO_FRAME,
				 arena_printf(&w->tape->arena,
					      "%s has not returned", call),
				 "an answer in time", "still blocked");
	c->blocked = true;
	c->verb = step->act.verb;
	return 0;
}

int walk_act(struct walker *w, const struct step *step, const struct step *next)
{
	const struct act *act = &step->act;
	const char *call = act_text(w, act->side, act->verb, act->args);
	int64_t start = w->last_ns;
	struct answer answer = { .text = "" };
	enum stage_said said;

	(void)next;
	w->last_ns = w->st->ops->now(w->st);
	said = w->st->ops->act(w->st, act,
			       walk_until(w, &act->bound, WALK_PATIENCE_NS),
			       &answer);
	w->last_ns = start;
	if (said == STAGE_NO)
		return still_out(w, step, call, &answer);
	if (said != STAGE_YES)
		return walk_stop(w, said);
	note_act(w, step, call, answer.text, &answer);
	if (act->verb->gives == GIVES_NOTHING)
		w->call[act->side].blocked = false;
	if (act->want.kind == WANT_BLOCKS)
		return walk_fail(w, step->line, TAPE_NO_FRAME,
				 arena_printf(&w->tape->arena,
					      "%s has returned", call),
				 "blocks", answer.text);
	return check_answer(w, step, call, &answer);
}

enum stage_said walk_hear(struct walker *w, enum side side, int line,
			  int64_t until_ns)
{
	struct walk_call *c = &w->call[side];
	struct tape_event *e;
	enum stage_said said;

	if (c->back)
		return STAGE_YES;
	said = w->st->ops->returns(w->st, side, until_ns, &c->answer);
	if (said != STAGE_YES)
		return said;
	c->blocked = false;
	c->back = true;
	e = walk_note(w, TAPE_RETURN, line, c->answer.at_ns);
	e->side = side;
	e->answer = arena_printf(&w->tape->arena, "%s", c->answer.text);
	e->number = c->answer.took_ns;
	return STAGE_YES;
}

int walk_returns(struct walker *w, const struct step *step,
		 const struct step *next)
{
	const struct act *act = &step->act;
	const char *call = act_text(w, act->side, act->verb, "");
	struct walk_call *c = &w->call[act->side];
	int64_t until = walk_until(w, &act->bound, WALK_PATIENCE_NS);
	enum stage_said said;

	(void)next;
	said = walk_hear(w, act->side, step->line, until);
	if (said == STAGE_NO)
		return walk_fail(w, step->line, TAPE_NO_FRAME,
				 arena_printf(&w->tape->arena,
					      "%s has not returned", call),
				 "an answer in time", "still blocked");
	if (said != STAGE_YES)
		return walk_stop(w, said);
	c->back = false;
	return check_answer(w, step, call, &c->answer);
}

int walk_is(struct walker *w, const struct step *step, const struct step *next)
{
	const struct is *is = &step->is;
	int64_t patience = w->st->lockstep ? 0 : WALK_PATIENCE_NS;
	int64_t now = w->st->ops->now(w->st);
	enum tcp_state got = TCP_STATE_NONE;
	enum stage_said said;
	struct tape_event *e;
	char what[32];

	(void)next;
	if (is->bound.max_ns)
		patience = is->bound.max_ns;
	said = w->st->ops->state(w->st, is->side, is->state,
				 walk_cap(w, now + patience), &got);
	if (said != STAGE_YES && said != STAGE_NO)
		return walk_stop(w, said);
	e = walk_note(w, TAPE_IS, step->line, w->st->ops->now(w->st));
	e->side = is->side;
	e->state[is->side] = got;
	if (said == STAGE_YES)
		return 0;
	snprintf(what, sizeof(what), "wrong state of %c",
		 side_letter(is->side));
	return walk_fail(w, step->line, TAPE_NO_FRAME, what,
			 name_state(is->state), name_state(got));
}

int walk_count(struct walker *w, const struct step *step,
	       const struct step *next)
{
	const struct count *count = &step->count;
	struct arena *a = &w->tape->arena;
	int64_t now = w->st->ops->now(w->st);
	enum stage_said said;
	struct tape_event *e;
	long got = 0;

	(void)next;
	said = w->st->ops->count(w->st, count,
				 walk_cap(w, now + count->bound.max_ns), &got);
	if (said != STAGE_YES && said != STAGE_NO)
		return walk_stop(w, said);
	e = walk_note(w, TAPE_COUNTED, step->line, w->st->ops->now(w->st));
	e->side = count->side;
	e->text = name_state(count->state);
	e->number = got;
	if (said == STAGE_YES)
		return 0;
	return walk_fail(w, step->line, TAPE_NO_FRAME,
			 arena_printf(a, "wrong count of %s at %c", e->text,
				      side_letter(count->side)),
			 arena_printf(a, "%ld", count->number),
			 arena_printf(a, "%ld", got));
}

int walk_quiet(struct walker *w, const struct step *step,
	       const struct step *next)
{
	int64_t now = w->st->ops->now(w->st);
	int64_t until = walk_cap(w, now + step->quiet_ns);
	struct walk_waiting *seen;
	struct tape_event *e;
	enum stage_said said;
	const char *actual;

	(void)next;
	said = walk_see(w, SIDES_ANY, until, &seen);
	if (said == STAGE_YES) {
		actual = walk_unclaimed(w, seen, step->line);
		return walk_fail(w, step->line, seen->index, "not quiet",
				 "no segment", actual);
	}
	if (said != STAGE_NO)
		return walk_stop(w, said);
	e = walk_note(w, TAPE_QUIET, step->line, w->st->ops->now(w->st));
	e->number = step->quiet_ns;
	return 0;
}
