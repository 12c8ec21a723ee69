/*
 * A script played upon a recording. The time is the recording's: that of the
 * last event, or the end of a wait in which none came.
 */
#include "run/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tape/evidence.h"
#include "run/judged.h"
#include "run/outcome.h"
#include "run/stage.h"
#include "run/interpret.h"
#include "tape/ladder.h"

/* Longer than any case: a recording cannot hang. */
#define FOREVER_NS (INT64_C(1) << 50)

struct replay {
	struct stage stage;
	const struct tape *tape;
	size_t at;    /* the next event */
	bool passing; /* an open or a pass lets segments through */
	const struct tape_event *shown[2]; /* seen, not dealt with, by side */
	int64_t now_ns;
};

static struct replay *replay_of(struct stage *st)
{
	return (struct replay *)(void *)st; /* stage is the first member */
}

static bool is_mark(enum tape_kind kind)
{
	return kind == TAPE_OPEN || kind == TAPE_PASS;
}

/* The next event that is an observation, or NULL at the end. */
static const struct tape_event *head(struct replay *r)
{
	while (r->at < r->tape->n_event &&
	       is_mark(r->tape->event[r->at].kind)) {
		r->now_ns = r->tape->event[r->at].at_ns;
		r->passing = true;
		r->at++;
	}
	return r->at < r->tape->n_event ? &r->tape->event[r->at] : NULL;
}

static const struct tape_event *take(struct replay *r)
{
	const struct tape_event *e = head(r);

	r->now_ns = e->at_ns;
	r->at++;
	return e;
}

/* The next event when it is of that kind and side, or NULL. */
static const struct tape_event *head_of(struct replay *r, enum tape_kind kind,
					enum side side)
{
	const struct tape_event *e = head(r);

	return e && e->kind == kind && e->side == side ? e : NULL;
}

static void advance(struct replay *r, int64_t until_ns)
{
	if (until_ns > r->now_ns)
		r->now_ns = until_ns;
}

static enum stage_said not_before(struct replay *r, int64_t until_ns)
{
	advance(r, until_ns);
	return STAGE_NO;
}

static int64_t replay_now(struct stage *st)
{
	return replay_of(st)->now_ns;
}

/* The recording of an open is the segments that it let through. */
static enum stage_said replay_open(struct stage *st, long n)
{
	(void)st;
	(void)n;
	return STAGE_YES;
}

static enum stage_said replay_opened(struct stage *st, long n)
{
	const struct tape_event *e = head(replay_of(st));

	(void)n;
	return e && e->kind == TAPE_SEGMENT && e->passed ? STAGE_NO : STAGE_YES;
}

static enum stage_said replay_see(struct stage *st, unsigned int sides,
				  int64_t until_ns, struct frame **seen)
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head(r);

	if (e && e->kind == TAPE_QUIET) {
		if (!st->deciding)
			take(r);
		return STAGE_NO;
	}
	/* A segment that a rung claimed ends the open or pass before it. */
	if (e && r->passing && !e->passed) {
		r->passing = false;
		return STAGE_NO;
	}
	if (!e || e->kind != TAPE_SEGMENT || e->how == TAPE_FORGED ||
	    !(sides & (1u << e->side)))
		return not_before(r, e && e->at_ns < until_ns ? e->at_ns
							      : until_ns);
	/* A frame that passed may be late: the harness was busy with others. */
	if (e->at_ns > until_ns && !e->passed)
		return not_before(r, until_ns);
	r->shown[e->side] = take(r);
	*seen = r->tape->frame[e->frame];
	return STAGE_YES;
}

static enum stage_said otherwise(struct replay *r, const char *text)
{
	fault_set(&r->stage.fault, "%s", text);
	return STAGE_NO;
}

static enum stage_said replay_deal(struct stage *st, const struct frame *frame,
				   enum tape_how *how, enum tcp_state state[2])
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = r->shown[frame->from];

	advance(r, e->at_ns + e->number);
	memcpy(state, e->state, sizeof(e->state));
	*how = e->how;
	return STAGE_YES;
}

static enum stage_said replay_release(struct stage *st,
				      const struct frame *held, int64_t *at_ns,
				      enum tcp_state state[2])
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head_of(r, TAPE_RELEASE, held->from);

	if (!e)
		return otherwise(r, "not released");
	take(r);
	*at_ns = e->at_ns;
	memcpy(state, e->state, sizeof(e->state));
	return STAGE_YES;
}

/* The frames of one forged rung are successive events of one line. */
static enum stage_said replay_forge(struct stage *st, const struct rung *rung,
				    const struct flow *flow,
				    struct forged *made,
				    enum tcp_state state[2])
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head_of(r, TAPE_SEGMENT, rung->from);
	int line = e ? e->line : 0;

	(void)flow;
	if (!e || e->how != TAPE_FORGED)
		return otherwise(r, "nothing forged");
	while (e && e->how == TAPE_FORGED && e->line == line &&
	       made->n < FORGED_MAX) {
		made->frame[made->n++] = r->tape->frame[e->frame];
		memcpy(state, e->state, sizeof(e->state));
		take(r);
		e = head_of(r, TAPE_SEGMENT, rung->from);
	}
	return STAGE_YES;
}

static void set_answer(struct answer *answer, const struct tape_event *e)
{
	snprintf(answer->text, sizeof(answer->text), "%s",
		 e->answer ? e->answer : "");
	answer->took_ns = e->number;
	/* An act's time is when it was made, a return's when it came. */
	answer->at_ns = e->at_ns + (e->kind == TAPE_ACT ? e->number : 0);
}

/* "send 100": the text an act is recorded with. */
static bool is_call(const struct tape_event *e, const struct act *act)
{
	size_t n = strlen(act->verb->name);

	if (!e->text || strncmp(e->text, act->verb->name, n) != 0)
		return false;
	return *act->args ? e->text[n] == ' ' &&
				    strcmp(e->text + n + 1, act->args) == 0
			  : e->text[n] == '\0';
}

static enum stage_said replay_act(struct stage *st, const struct act *act,
				  int64_t until_ns, struct answer *answer)
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head_of(r, TAPE_ACT, act->side);

	(void)until_ns;
	answer->at_ns = r->now_ns;
	answer->took_ns = 0;
	if (!e || !is_call(e, act)) {
		snprintf(answer->text, sizeof(answer->text),
			 "a call that was not recorded");
		return STAGE_YES;
	}
	take(r);
	set_answer(answer, e);
	r->now_ns = answer->at_ns;
	return strcmp(answer->text, "blocks") == 0 ? STAGE_NO : STAGE_YES;
}

static enum stage_said replay_returns(struct stage *st, enum side side,
				      int64_t until_ns, struct answer *answer)
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head_of(r, TAPE_RETURN, side);

	if (!e || e->at_ns > until_ns)
		return not_before(r, until_ns);
	take(r);
	set_answer(answer, e);
	return STAGE_YES;
}

/* Without lockstep the states at rest are recorded with the last segment. */
static bool at_rest(const struct replay *r, enum side side, enum tcp_state *got)
{
	const struct tape_event *last;

	if (r->stage.lockstep || !r->at)
		return false;
	last = &r->tape->event[r->at - 1];
	*got = last->state[side];
	return *got != TCP_STATE_NONE;
}

static enum stage_said replay_state(struct stage *st, enum side side,
				    uint32_t wanted, int64_t until_ns,
				    enum tcp_state *got)
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head_of(r, TAPE_IS, side);

	*got = TCP_STATE_NONE;
	if (e) {
		if (!st->deciding)
			take(r);
		*got = e->state[side];
	} else if (!at_rest(r, side, got)) {
		return not_before(r, until_ns);
	}
	return wanted & STATE_BIT(*got) ? STAGE_YES : STAGE_NO;
}

static bool is_count_of(const char *text, const struct count *count)
{
	if (!count->counter)
		return strcmp(text, name_state(count->state)) == 0;
	return strncmp(text, "snmp ", 5) == 0 &&
	       strcmp(text + 5, count->counter) == 0;
}

static enum stage_said replay_count(struct stage *st, const struct count *count,
				    int64_t until_ns, long *got)
{
	struct replay *r = replay_of(st);
	const struct tape_event *e = head_of(r, TAPE_COUNTED, count->side);

	*got = -1;
	if (!e || !e->text || !is_count_of(e->text, count))
		return not_before(r, until_ns);
	take(r);
	*got = (long)e->number;
	return *got == count->number ? STAGE_YES : STAGE_NO;
}

static enum stage_said replay_settle(struct stage *st)
{
	struct replay *r = replay_of(st);

	/* Every segment recorded counts, however late it was seen. */
	r->now_ns += FOREVER_NS;
	return STAGE_YES;
}

static const struct stage_ops replay_ops = {
	.now = replay_now,
	.open = replay_open,
	.opened = replay_opened,
	.see = replay_see,
	.deal = replay_deal,
	.release = replay_release,
	.forge = replay_forge,
	.act = replay_act,
	.returns = replay_returns,
	.state = replay_state,
	.count = replay_count,
	.settle = replay_settle,
};

void replay_tape(const struct script *s, const struct tape *recorded,
		 struct tape *played)
{
	struct replay r = {
		.stage = { .ops = &replay_ops, .recorded = true },
		.tape = recorded,
	};

	r.stage.lockstep = tape_is_lockstep(recorded);
	for (int side = SIDE_A; side <= SIDE_B; side++)
		r.stage.shows[side] = tape_shows(recorded, (enum side)side);
	r.now_ns = recorded->n_event ? recorded->event[0].at_ns : 0;
	played->flow = recorded->flow;
	interpret(s, &r.stage, played, FOREVER_NS);
}

int replay_case(const struct script *s, const char *capture,
		struct outcome *out)
{
	static struct fault f;
	static struct tape recorded, played;
	static char *ladder;
	const struct judged *judged;
	const char *path;
	size_t n_judged;
	size_t len;
	FILE *text;

	tape_clear(&recorded);
	tape_clear(&played);
	free(ladder);
	ladder = NULL;
	memset(out, 0, sizeof(*out));
	if (evidence_read(capture, &recorded, &path, &f) < 0) {
		out->verdict = VERDICT_BROKEN;
		out->reason = f.text;
		return -1;
	}
	if (recorded.verdict == VERDICT_BROKEN) {
		out->verdict = VERDICT_BROKEN;
		out->reason = recorded.reason;
		return -1;
	}
	replay_tape(s, &recorded, &played);
	judged_tape(s, &played, &judged, &n_judged);
	text = memory_stream(&ladder, &len);
	ladder_print(text, s, &played, 0);
	memory_stream_end(text);
	outcome_of_tape(out, &played);
	out->judged = judged;
	out->n_judged = n_judged;
	out->ladder = ladder;
	out->evidence = true;
	return 0;
}
