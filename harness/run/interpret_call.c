/*
 * Calls and questions: acts and their answers, states, counts, silence.
 * Knows what was expected, and nothing of who makes the calls.
 */
#include "run/interpret_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *act_text(struct interpreter *in, enum side side,
			    const struct verb *verb, const char *args)
{
	return arena_printf(&in->tape->arena, "%c %s%s%s", side_letter(side),
			    verb->name, *args ? " " : "", args);
}

/* What the answer must be, as script_wants has it; NULL: no errno. */
static const char *wanted(struct interpreter *in, enum side side,
			  const struct want *want)
{
	uint64_t all = in->sent[side_other(side)] - in->received[side];

	if (want->kind == WANT_ALL)
		return arena_printf(&in->tape->arena, "%llu",
				    (unsigned long long)all);
	return want->kind == WANT_TEXT ? want->text : NULL;
}

static bool is_errno(const char *text)
{
	return name_errno_parse(text, strlen(text)) != 0 ||
	       strcmp(text, "SIGPIPE") == 0 || strncmp(text, "mixed ", 6) == 0;
}

/*
 * Octets given to the kernel and taken from it: "drain = all" asks for the
 * rest. What "join" answers is of the call that a thread was told to make.
 */
static void count_octets(struct interpreter *in, const struct act *act,
			 const char *answer)
{
	enum verb_id id = act->verb->id;
	const char *args = act->args;
	unsigned long long n;

	if (id == VERB_JOIN)
		id = in->threaded[act->side];
	if (act->verb->id == VERB_THREAD)
		id = verb_find(args, strcspn(args, " "))->id;
	if (strstr(args, "peek")) /* nothing is taken */
		id = VERB_COUNT;
	if (act->verb->id == VERB_THREAD)
		in->threaded[act->side] = id;
	if (act->verb->id == VERB_THREAD || *answer < '0' || *answer > '9')
		return;
	n = strtoull(answer, NULL, 10);
	if (id == VERB_SEND || id == VERB_FILL)
		in->sent[act->side] += n;
	if (id == VERB_RECV || id == VERB_DRAIN)
		in->received[act->side] += n;
}

static int check_answer(struct interpreter *in, const struct step *step,
			const char *call, const struct answer *answer)
{
	const struct act *act = &step->act;
	const char *want = wanted(in, act->side, &act->want);
	const struct bound *b = &act->bound;

	count_octets(in, act, answer->text);
	if (act->verb->gives != GIVES_NOTHING &&
	    (want ? !script_wants(want, answer->text) : is_errno(answer->text)))
		return interpret_fail(in, TAPE_NO_FRAME,
				      arena_printf(&in->tape->arena,
						   "wrong answer to %s", call),
				      want ? want : "no error", answer->text);
	if ((!b->min_ns || answer->took_ns >= b->min_ns) &&
	    (!b->max_ns || answer->took_ns <= b->max_ns))
		return 0;
	return interpret_wrong_time(in, TAPE_NO_FRAME,
				    arena_printf(&in->tape->arena,
						 "wrong time of %s", call),
				    b->min_ns, b->max_ns, answer->took_ns);
}

static void record_act(struct interpreter *in, const struct step *step,
		       const char *call, const char *text,
		       const struct answer *answer)
{
	/* Segments that the call sent precede its return, not its beginning. */
	struct tape_event *e =
		interpret_record(in, TAPE_ACT, answer->at_ns - answer->took_ns);

	e->side = step->act.side;
	e->text = call + 2; /* without its "A " */
	e->answer = arena_printf(&in->tape->arena, "%s", text);
	e->number = answer->took_ns;
}

static int not_returned(struct interpreter *in, const char *call)
{
	return interpret_fail(in, TAPE_NO_FRAME,
			      arena_printf(&in->tape->arena,
					   "%s has not returned", call),
			      "an answer in time", "still blocked");
}

/* The call blocks, which the case may want. */
static int blocks(struct interpreter *in, const struct step *step,
		  const char *call, const struct answer *answer)
{
	struct pending *c = &in->call[step->act.side];

	record_act(in, step, call, "blocks", answer);
	if (step->act.want.kind != WANT_BLOCKS)
		return not_returned(in, call);
	c->blocked = true;
	c->verb = step->act.verb;
	return 0;
}

/* Makes the call, and waits until it answers, or is seen to block. */
static enum stage_said make_call(struct interpreter *in, const struct act *act,
				 const struct bound *b, struct answer *answer)
{
	int64_t start = in->last_ns;
	enum stage_said said;

	in->last_ns = interpret_now(in);
	said = in->st->ops->act(in->st, act, interpret_until(in, b), answer);
	in->last_ns = start;
	return said;
}

int interpret_act(struct interpreter *in, const struct step *step)
{
	const struct act *act = &step->act;
	const char *call = act_text(in, act->side, act->verb, act->args);
	struct answer answer = { .text = "" };
	enum stage_said said = make_call(in, act, &act->bound, &answer);

	if (said == STAGE_NO)
		return blocks(in, step, call, &answer);
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	record_act(in, step, call, answer.text, &answer);
	if (act->verb->gives == GIVES_NOTHING)
		in->call[act->side].blocked = false;
	if (act->want.kind == WANT_BLOCKS)
		return interpret_fail(in, TAPE_NO_FRAME,
				      arena_printf(&in->tape->arena,
						   "%s has returned", call),
				      "blocks", answer.text);
	return check_answer(in, step, call, &answer);
}

static bool is_wanted(struct interpreter *in, const struct act *act,
		      const char *answer)
{
	const char *want = wanted(in, act->side, &act->want);

	return want ? script_wants(want, answer) : !is_errno(answer);
}

int interpret_act_either(struct interpreter *in, const struct either *e,
			 size_t *branch)
{
	const struct step *step = &e->branch[0].steps[0];
	const struct act *act = &step->act;
	const char *call = act_text(in, act->side, act->verb, act->args);
	struct bound longest = act->bound;
	struct answer answer = { .text = "" };
	enum stage_said said;

	in->line = step->line;
	for (size_t i = 1; i < e->n; i++) {
		const struct bound *b = &e->branch[i].steps[0].act.bound;

		if (b->max_ns > longest.max_ns)
			longest.max_ns = b->max_ns;
	}
	said = make_call(in, act, &longest, &answer);
	if (said == STAGE_NO)
		return blocks(in, step, call, &answer);
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	record_act(in, step, call, answer.text, &answer);
	for (*branch = 0; *branch < e->n; ++*branch) {
		const struct step *first = &e->branch[*branch].steps[0];

		if (is_wanted(in, &first->act, answer.text))
			return check_answer(in, first, call, &answer);
	}
	return check_answer(in, step, call, &answer);
}

enum stage_said interpret_hear(struct interpreter *in, enum side side,
			       int64_t until_ns)
{
	struct pending *c = &in->call[side];
	struct tape_event *e;
	enum stage_said said;

	if (c->back)
		return STAGE_YES;
	said = in->st->ops->returns(in->st, side, until_ns, &c->answer);
	if (said != STAGE_YES)
		return said;
	c->blocked = false;
	c->back = true;
	e = interpret_record(in, TAPE_RETURN, c->answer.at_ns);
	e->side = side;
	e->answer = arena_printf(&in->tape->arena, "%s", c->answer.text);
	e->number = c->answer.took_ns;
	return STAGE_YES;
}

int interpret_returns(struct interpreter *in, const struct step *step)
{
	const struct act *act = &step->act;
	const char *call = act_text(in, act->side, act->verb, "");
	struct pending *c = &in->call[act->side];
	int64_t until = interpret_until(in, &act->bound);
	enum stage_said said;

	said = interpret_hear(in, act->side, until);
	if (said == STAGE_NO)
		return not_returned(in, call);
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	c->back = false;
	return check_answer(in, step, call, &c->answer);
}

/* What nobody can read the judge says, but not when it comes about. */
static int is_unread(struct interpreter *in, const struct is *is)
{
	struct tape_event *e;

	if (is->bound.max_ns) {
		fault_set(&in->st->fault,
			  "waits for a state of %c, whose stack shows none",
			  side_letter(is->side));
		return interpret_stop(in, STAGE_CANNOT);
	}
	e = interpret_record(in, TAPE_IS, interpret_now(in));
	e->side = is->side;
	e->wanted[is->side] = is->states;
	return 0;
}

int interpret_is(struct interpreter *in, const struct step *step)
{
	const struct is *is = &step->is;
	int64_t patience = in->st->lockstep ? 0 : PATIENCE_NS;
	int64_t now = interpret_now(in);
	enum tcp_state got = TCP_STATE_NONE;
	enum stage_said said;
	struct tape_event *e;

	if (is->bound.max_ns)
		patience = is->bound.max_ns;
	said = in->st->ops->state(in->st, is->side, is->states,
				  interpret_cap(in, now + patience), &got);
	if (said != STAGE_BROKEN && got == TCP_STATE_NONE &&
	    !in->st->shows[is->side])
		return is_unread(in, is);
	if (said != STAGE_YES && said != STAGE_NO)
		return interpret_stop(in, said);
	e = interpret_record(in, TAPE_IS, interpret_now(in));
	e->side = is->side;
	e->state[is->side] = got;
	if (said == STAGE_YES)
		return 0;
	return interpret_wrong_state(in, TAPE_NO_FRAME, is->side, is->states,
				     got);
}

int interpret_count(struct interpreter *in, const struct step *step)
{
	const struct count *count = &step->count;
	struct arena *a = &in->tape->arena;
	int64_t now = interpret_now(in);
	/* What a segment that was seen adds to a counter is added behind it. */
	int64_t patience =
		count->counter && !in->st->lockstep ? PATIENCE_NS : 0;
	enum stage_said said;
	struct tape_event *e;
	long got = 0;

	if (count->bound.max_ns)
		patience = count->bound.max_ns;
	said = in->st->ops->count(in->st, count,
				  interpret_cap(in, now + patience), &got);
	if (said != STAGE_YES && said != STAGE_NO)
		return interpret_stop(in, said);
	e = interpret_record(in, TAPE_COUNTED, interpret_now(in));
	e->side = count->side;
	e->text = script_count_text(a, count);
	e->number = got;
	if (said == STAGE_YES)
		return 0;
	return interpret_fail(in, TAPE_NO_FRAME,
			      arena_printf(a, "wrong count of %s at %c",
					   e->text, side_letter(count->side)),
			      arena_printf(a, "%ld", count->number),
			      arena_printf(a, "%ld", got));
}

int interpret_quiet_since(struct interpreter *in, const struct step *step,
			  int64_t since_ns)
{
	int64_t until = interpret_cap(in, since_ns + step->quiet_ns);
	struct waiting *seen;
	struct tape_event *e;
	enum stage_said said;
	const char *actual;

	said = interpret_see(in, SIDES_ANY, until, &seen);
	if (said == STAGE_YES) {
		actual = interpret_unclaimed(in, seen);
		return interpret_fail(in, seen->index, "not quiet",
				      "no segment", actual);
	}
	if (said != STAGE_NO)
		return interpret_stop(in, said);
	e = interpret_record(in, TAPE_QUIET, interpret_now(in));
	e->number = step->quiet_ns;
	return 0;
}

int interpret_quiet(struct interpreter *in, const struct step *step)
{
	return interpret_quiet_since(in, step, interpret_now(in));
}
