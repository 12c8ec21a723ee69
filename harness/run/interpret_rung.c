/*
 * Rungs: a segment is compared with what the case says of it and dealt with,
 * then the states are. Knows nothing of how a stage brings it about.
 */
#include "run/interpret_own.h"

#include <stdio.h>
#include <string.h>

/* The room "after Nx" leaves around N. */
#define RATIO_LEAST 0.75
#define RATIO_MOST  1.5

static const enum tape_how how_of[] = {
	[RUNG_DELIVER] = TAPE_DELIVERED, [RUNG_KEEP] = TAPE_KEPT,
	[RUNG_HOLD] = TAPE_HELD,	 [RUNG_LOSE] = TAPE_LOST,
	[RUNG_RELEASE] = TAPE_DELIVERED, [RUNG_FORGE] = TAPE_FORGED,
};

/*
 * In lockstep the states were read just after the segment was dealt with, if
 * the stack showed them; else the judge says what they must have been.
 */
static int check_states(struct interpreter *in, const struct rung *r,
			struct tape_event *e)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		uint32_t wanted = r->states[side];

		if (!in->st->shows[side] && e->state[side] == TCP_STATE_NONE)
			e->wanted[side] = wanted;
		else if (wanted && !(wanted & STATE_BIT(e->state[side])))
			return interpret_wrong_state(in, e->frame,
						     (enum side)side, wanted,
						     e->state[side]);
	}
	return 0;
}

/* Whether further rungs follow: the connection is not at rest then. */
static bool goes_on(const struct step *next)
{
	return next && (next->kind == STEP_RUNG || next->kind == STEP_REPEAT ||
			next->kind == STEP_EITHER);
}

/*
 * Without lockstep the ends do not wait for the harness: a state can be held
 * against the case only where the rungs end and the connection is at rest.
 */
static int check_at_rest(struct interpreter *in, const struct rung *r,
			 struct tape_event *e)
{
	int64_t until = interpret_now(in) + PATIENCE_NS;
	int side;

	if (goes_on(in->next))
		return 0;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		uint32_t wanted = r->states[side];
		enum stage_said said;
		enum tcp_state got;

		if (!wanted)
			continue;
		said = in->st->ops->state(in->st, (enum side)side, wanted,
					  until, &got);
		if (said == STAGE_BROKEN)
			return interpret_stop(in, said);
		e->state[side] = got;
		if (said == STAGE_NO)
			return interpret_wrong_state(
				in, e->frame, (enum side)side, wanted, got);
	}
	return 0;
}

static int check_rung_states(struct interpreter *in, const struct rung *r,
			     struct tape_event *e)
{
	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (r->states[side])
			in->written[side] = r->states[side];
	return in->st->lockstep ? check_states(in, r, e)
				: check_at_rest(in, r, e);
}

/* The latest a ratio allows, by the interval before it. */
static int64_t ratio_until(const struct interpreter *in, const struct rung *r)
{
	const struct pace *pace = &in->pace[r->from];

	return pace->last_ns +
	       (int64_t)(r->bound.ratio * RATIO_MOST * (double)pace->gap_ns);
}

int64_t interpret_rung_until(const struct interpreter *in, const struct rung *r)
{
	int64_t until = interpret_until(in, &r->bound);

	if (r->bound.ratio > 0 && ratio_until(in, r) > until)
		until = ratio_until(in, r);
	return interpret_cap(in, until);
}

static int check_time(struct interpreter *in, const struct rung *r,
		      const struct waiting *seen, int64_t since_ns)
{
	int64_t took = seen->frame->at_ns - since_ns;
	const struct bound *b = &r->bound;
	double gap;

	if ((b->min_ns && took < b->min_ns) || (b->max_ns && took > b->max_ns))
		return interpret_wrong_time(in, seen->index, "wrong time",
					    b->min_ns, b->max_ns, took);
	if (b->ratio <= 0)
		return 0;
	gap = (double)in->pace[r->from].gap_ns * b->ratio;
	took = seen->frame->at_ns - in->pace[r->from].last_ns;
	if ((double)took >= gap * RATIO_LEAST &&
	    (double)took <= gap * RATIO_MOST)
		return 0;
	return interpret_wrong_time(in, seen->index, "wrong time",
				    (int64_t)(gap * RATIO_LEAST),
				    (int64_t)(gap * RATIO_MOST), took);
}

/* A segment that waits on the other side may say why none came. */
static int no_segment(struct interpreter *in, const struct step *step)
{
	const struct rung *r = &step->rung;
	char text[PATTERN_TEXT_MAX], expected[192], actual[192], took[32];
	struct waiting *other = NULL;
	unsigned int sides = 1u << side_other(r->from);
	int64_t now = interpret_now(in), waited = now - in->last_ns;
	int n;

	if (interpret_in_time(in) < 0)
		return -1;
	snprintf(expected, sizeof(expected), "%s from %c",
		 pattern_text(&r->pat, text), side_letter(r->from));
	n = snprintf(actual, sizeof(actual), "nothing from %c in %s",
		     side_letter(r->from), interpret_time_text(took, waited));
	if (interpret_see(in, sides, now, &other) == STAGE_YES)
		snprintf(actual + n, sizeof(actual) - (size_t)n, "; but %s",
			 interpret_describe(in, other));
	else
		interpret_record(in, TAPE_QUIET, now)->number = waited;
	return interpret_fail(in, other ? other->index : TAPE_NO_FRAME,
			      "no segment", expected, actual);
}

static int wrong_segment(struct interpreter *in, const struct step *step,
			 struct waiting *seen, const struct mismatch *why)
{
	const struct rung *r = &step->rung;
	struct arena *a = &in->tape->arena;
	char text[PATTERN_TEXT_MAX], what[32];
	const char *expected, *actual = interpret_unclaimed(in, seen);

	expected = arena_printf(a, "%s from %c", pattern_text(&r->pat, text),
				side_letter(r->from));
	snprintf(what, sizeof(what), "wrong %s", why->field);
	return interpret_fail(in, seen->index, what,
			      arena_printf(a, "%s (%s %s)", expected,
					   why->field, why->expected),
			      arena_printf(a, "%s (%s %s)", actual, why->field,
					   why->actual));
}

void interpret_hold(struct interpreter *in, const struct waiting *seen)
{
	struct waiting *h = arena_push(&in->tape->arena, &in->held, &in->n_held,
				       sizeof(*h));

	*h = *seen;
}

static int take(struct interpreter *in, const struct step *step)
{
	const struct rung *r = &step->rung;
	int64_t since = in->last_ns;
	struct tape_event *e;
	struct waiting *seen;
	struct mismatch why;
	enum stage_said said = interpret_see(
		in, 1u << r->from, interpret_rung_until(in, r), &seen);

	if (said == STAGE_NO)
		return no_segment(in, step);
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	if (!pattern_match(&r->pat, &in->flow, r->from, &seen->frame->seg,
			   &why))
		return wrong_segment(in, step, seen, &why);
	if (check_time(in, r, seen, since) < 0)
		return -1;
	if (r->how == RUNG_HOLD || r->how == RUNG_KEEP)
		interpret_hold(in, seen);
	if (interpret_deal(in, seen, how_of[r->how], false, &e) < 0)
		return -1;
	return check_rung_states(in, r, e);
}

static struct waiting *find_held(struct interpreter *in, const struct rung *r,
				 struct mismatch *why)
{
	size_t i;

	for (i = 0; i < in->n_held; i++) {
		struct waiting *h = &in->held[i];

		if (h->frame && h->frame->from == r->from &&
		    pattern_match(&r->pat, &in->flow, r->from, &h->frame->seg,
				  why))
			return h;
	}
	return NULL;
}

static struct tape_event *not_released(struct interpreter *in,
				       const struct waiting *held,
				       enum stage_said said)
{
	if (said == STAGE_NO)
		interpret_fail(in, held->index, "recorded otherwise",
			       "released", in->st->fault.text);
	else
		interpret_stop(in, said);
	return NULL;
}

struct tape_event *interpret_release(struct interpreter *in,
				     struct waiting *held, bool passed)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	enum stage_said said;
	struct tape_event *e;
	int64_t at_ns;

	said = in->st->ops->release(in->st, held->frame, &at_ns, state);
	if (said != STAGE_YES)
		return not_released(in, held, said);
	e = interpret_record(in, TAPE_RELEASE, at_ns);
	e->side = held->frame->from;
	e->frame = held->index;
	held->frame = NULL;
	e->passed = passed;
	memcpy(e->state, state, sizeof(e->state));
	return e;
}

static int release(struct interpreter *in, const struct step *step)
{
	const struct rung *r = &step->rung;
	char text[PATTERN_TEXT_MAX];
	struct mismatch why;
	struct tape_event *e;
	struct waiting *h = find_held(in, r, &why);

	if (!h)
		return interpret_fail(in, TAPE_NO_FRAME, "no such segment held",
				      pattern_text(&r->pat, text),
				      "the cable holds none like it");
	e = interpret_release(in, h, false);
	return e ? check_rung_states(in, r, e) : -1;
}

struct tape_event *interpret_record_forged(struct interpreter *in,
					   const struct forged *made)
{
	struct tape_event *e = NULL;
	size_t i;

	for (i = 0; i < made->n; i++) {
		struct frame *frame = made->frame[i];

		e = interpret_record(in, TAPE_SEGMENT, frame->at_ns);
		e->side = frame->from;
		e->how = TAPE_FORGED;
		e->frame = tape_add_frame(in->tape, frame);
	}
	return e;
}

/* What the pattern needs of the connection must have been seen. */
static int check_forgeable(struct interpreter *in, const struct rung *r)
{
	const struct flow_tcb *other = &in->flow.tcb[side_other(r->from)];

	if (r->pat.set & PAT_EDGE && !other->ack_sent)
		return interpret_fail(in, TAPE_NO_FRAME, "no window",
				      "one that was offered, for its edge",
				      "no ACK sent yet");
	if (r->pat.set & PAT_ICMP && !other->known)
		return interpret_fail(in, TAPE_NO_FRAME, "nothing to quote",
				      "a SYN that the ICMP error is about",
				      "none sent yet");
	return 0;
}

static int forge(struct interpreter *in, const struct step *step)
{
	enum tcp_state state[2] = { TCP_STATE_NONE, TCP_STATE_NONE };
	const struct rung *r = &step->rung;
	struct forged made = { .n = 0 };
	enum stage_said said;
	struct tape_event *e;

	if (check_forgeable(in, r) < 0)
		return -1;
	said = in->st->ops->forge(in->st, r, &in->flow, &made, state);
	if (said == STAGE_NO)
		return interpret_fail(in, TAPE_NO_FRAME, "recorded otherwise",
				      "forged", in->st->fault.text);
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	e = interpret_record_forged(in, &made);
	if (!e)
		return 0;
	/* The states are those after the last. */
	memcpy(e->state, state, sizeof(e->state));
	return check_rung_states(in, r, e);
}

int interpret_rung(struct interpreter *in, const struct step *step)
{
	static interpret_step_fn *const by_how[] = {
		[RUNG_DELIVER] = take,	  [RUNG_KEEP] = take,
		[RUNG_HOLD] = take,	  [RUNG_LOSE] = take,
		[RUNG_RELEASE] = release, [RUNG_FORGE] = forge,
	};

	return by_how[step->rung.how](in, step);
}
