/*
 * The referee's trunk: a tape's events in the order they really happened in,
 * handed to who knows of them; the judge beside. Knows no rule itself.
 */
#include "judge/referee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "judge/referee_own.h"

static bool was_said(struct referee *r, const struct rule *rule,
		     enum severity severity, const char *id, enum side side)
{
	struct said *new;
	size_t i;

	for (i = 0; i < r->n_said; i++) {
		const struct said *s = &r->said[i];

		if (s->rule == rule && s->severity == severity &&
		    s->side == side && strcmp(s->id, id) == 0)
			return true;
	}
	new = arena_push(&r->arena, &r->said, &r->n_said, sizeof(*new));
	*new = (struct said){ rule, id, severity, side };
	return false;
}

/* What comes of a segment that should not have been is nobody's fault. */
static void blame(struct referee *r, enum severity severity, enum side side,
		  size_t frame)
{
	if (severity >= SEVERITY_SUSPICIOUS && frame < r->tape->n_frame &&
	    r->tape->frame[frame]->from == side)
		r->blamed[frame] = true;
}

/* The finding's id is the row's, where there is one. */
static void tell(struct referee *r, const struct rule *rule,
		 enum severity severity, const char *id, enum side side,
		 size_t frame, const char *expected, const char *actual)
{
	struct rule own = *rule;
	struct judge_finding found = { .rule = &own,
				       .severity = severity,
				       .side = side,
				       .frame = frame,
				       .at_ns = r->now_ns };

	if (id)
		own.id = id;
	blame(r, severity, side, frame);
	if (was_said(r, rule, severity, own.id, side))
		return;
	snprintf(found.expected, sizeof(found.expected), "%.*s",
		 JUDGE_TEXT_MAX - 1, expected);
	snprintf(found.actual, sizeof(found.actual), "%.*s", JUDGE_TEXT_MAX - 1,
		 actual);
	if (r->ear->found)
		r->ear->found(r->ear->ctx, &found);
}

void referee_say(struct referee *r, enum rule_id rule, const char *id,
		 enum side side, size_t frame, const char *expected,
		 const char *actual)
{
	tell(r, rule_of(rule), rule_of(rule)->severity, id, side, frame,
	     expected, actual);
}

void referee_prove(struct referee *r, enum rule_id rule, const char *id,
		   enum side side, size_t frame, const char *expected,
		   const char *actual)
{
	tell(r, rule_of(rule), SEVERITY_VIOLATION, id, side, frame, expected,
	     actual);
}

void referee_note(struct referee *r, enum rule_id rule, const char *id,
		  enum side side, size_t frame, const char *expected,
		  const char *actual)
{
	tell(r, rule_of(rule), SEVERITY_NOTE, id, side, frame, expected,
	     actual);
}

/* What a sender's own segments prove, whatever became of them. */
static bool is_its_own(const struct rule *rule)
{
	static const enum rule_id own[] = {
		RULE_DATA_AFTER_FIN, RULE_FIN_MOVED,	RULE_FIN_WITHOUT_ACK,
		RULE_SEQ_BELOW_FIN,  RULE_NO_TIMESTAMP, RULE_RST_WITH_DATA,
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (rule == rule_of(own[i]))
			return true;
	}
	return false;
}

/*
 * The judge does not know what was forged, lost or held: what such a segment
 * may explain is passed on as a note only.
 */
static void judged(void *ctx, const struct judge_finding *found)
{
	struct referee *r = ctx;
	struct judge_finding soft = *found;

	if ((r->forged || r->lossy) && !is_its_own(found->rule) &&
	    soft.severity > SEVERITY_NOTE)
		soft.severity = SEVERITY_NOTE;
	if (r->ear->found)
		r->ear->found(r->ear->ctx, &soft);
}

static void judge_one(struct referee *r, enum side from, const struct seg *seg,
		      size_t frame, int64_t at_ns)
{
	struct judge_sink ear = { .found = judged, .ctx = r };
	struct wire_judge fresh = { .any = false };

	if (r->judging && wire_judge_is_reopened(&r->judge, from, seg)) {
		wire_judge_end(&r->judge, at_ns, &ear);
		wire_judge_reopen(&fresh, &r->judge, from, seg, frame, at_ns,
				  &ear);
		r->judge = fresh;
	}
	r->judging = true;
	wire_judge_segment(&r->judge, from, seg, frame, at_ns, &ear);
}

/* A frame that an end really sent, once. */
static void note_frame(struct referee *r, size_t i, bool tracked)
{
	const struct frame *f = r->tape->frame[i];

	if (f->forged || f->kind != SEG_TCP)
		return;
	judge_one(r, f->from, &f->seg, i, f->at_ns);
	if (tracked)
		referee_sent(r, f->from, &f->seg, i, f->at_ns);
}

static int by_time(const void *a, const void *b)
{
	const struct sending *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->frame < y->frame ? -1 : 1;
}

/* Each end's frames were captured by themselves: they may be far apart. */
static void sort_frames(struct referee *r)
{
	size_t n = r->tape->n_frame;

	r->sending = arena_alloc(&r->arena, n * sizeof(*r->sending));
	for (size_t i = 0; i < n; i++)
		r->sending[i] = (struct sending){ r->tape->frame[i]->at_ns, i };
	qsort(r->sending, n, sizeof(*r->sending), by_time);
}

/* All that had been sent by now, in the order of its sending. */
static void note_until(struct referee *r, int64_t until_ns, bool tracked)
{
	while (r->n_noted < r->tape->n_frame &&
	       r->sending[r->n_noted].at_ns <= until_ns)
		note_frame(r, r->sending[r->n_noted++].frame, tracked);
}

/* By the protocol number of IPv4, the next header of IPv6. */
static bool is_icmp(const struct frame *f)
{
	if (f->len < SEG_ETH_LEN + 20)
		return false;
	if (f->bytes[SEG_ETH_LEN] >> 4 == 4)
		return f->bytes[SEG_ETH_LEN + 9] == 1;
	return f->bytes[SEG_ETH_LEN + 6] == 58;
}

static void give(struct referee *r, const struct tape_event *e)
{
	const struct frame *f = r->tape->frame[e->frame];
	enum side to = side_other(f->from);

	if (f->kind == SEG_TCP) {
		referee_got(r, to, &f->seg, e->frame);
		return;
	}
	/* ICMP, a fragment: it may mean anything, and a fragment be text. */
	referee_wire_got(&r->end[to], EVENT_COUNT);
	r->end[to].states = STATES_ANY;
	r->end[to].rst_allowed++;
	r->end[to].error_told = true;
	if (!is_icmp(f)) {
		r->end[to].rcv_known = false;
		r->end[to].maybe = true;
	}
}

static void on_segment(struct referee *r, const struct tape_event *e)
{
	if (e->how == TAPE_FORGED)
		r->forged = true;
	else if (e->how != TAPE_DELIVERED)
		r->lossy = true;
	r->frame = e->frame;
	if (e->kind == TAPE_RELEASE || e->how == TAPE_DELIVERED ||
	    e->how == TAPE_KEPT || e->how == TAPE_FORGED)
		give(r, e);
}

static void on_open(struct referee *r)
{
	r->end[SIDE_A].fds = r->end[SIDE_B].fds = 1;
	r->end[SIDE_B].listening = true;
	r->end[SIDE_A].accepted = r->end[SIDE_B].accepted = true;
}

static void on_event(struct referee *r, const struct tape_event *e)
{
	int side;

	if (e->kind == TAPE_SEGMENT || e->kind == TAPE_RELEASE)
		on_segment(r, e);
	else if (e->kind == TAPE_OPEN)
		on_open(r);
	else if (e->kind == TAPE_ACT)
		referee_act(r, e);
	else if (e->kind == TAPE_RETURN)
		referee_return(r, e);
	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (e->state[side] != TCP_STATE_NONE)
			referee_read(r, (enum side)side, e->state[side],
				     r->frame);
	}
}

/* An end that has no process, or no network, explains a silence. */
static bool is_an_end_gone(const struct tape_event *e)
{
	static const char *const gone[] = { "vanish", "forget" };
	size_t i;

	for (i = 0; e->kind == TAPE_ACT && e->text && i < 2; i++) {
		if (strcmp(e->text, gone[i]) == 0)
			return true;
	}
	return false;
}

static bool is_one_connection(const struct tape *t)
{
	size_t i;

	for (i = 0; i < t->n_event; i++) {
		if (t->event[i].kind == TAPE_OPEN && t->event[i].number > 1)
			return false;
	}
	return true;
}

/*
 * A call acts from when it is made; it is recorded when it has answered. Of
 * what no agent does it is not known when.
 */
static int64_t began(const struct tape_event *e)
{
	const struct verb *verb;

	if (e->kind != TAPE_ACT || !e->text)
		return e->at_ns;
	verb = verb_find(e->text, strcspn(e->text, " "));
	return verb && verb->by == BY_AGENT ? e->at_ns - e->number : 0;
}

/*
 * A segment has the time it was sent, not when it was given to the other
 * end. What happens at a time of its own separates: all that was sent before
 * has been noted.
 */
static bool is_timed(const struct tape_event *e)
{
	return e->kind == TAPE_SEGMENT ? e->how == TAPE_FORGED : began(e) > 0;
}

static void separate(struct referee *r)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		r->end[side].n_stimulus = 0;
		r->end[side].mixed = false;
		r->end[side].unsettled = false;
	}
}

static void walk_tape(struct referee *r)
{
	const struct tape *t = r->tape;
	bool tracked = tape_is_lockstep(t);
	size_t i;

	for (i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		if (began(e) > r->now_ns)
			r->now_ns = began(e);
		if (is_an_end_gone(e))
			r->lossy = true;
		note_until(r, r->now_ns, tracked);
		if (is_timed(e))
			separate(r);
		if (tracked)
			on_event(r, e);
	}
	note_until(r, INT64_MAX, tracked);
	if (t->n_event && t->event[t->n_event - 1].at_ns > r->now_ns)
		r->now_ns = t->event[t->n_event - 1].at_ns;
	if (tracked) {
		referee_settle(r, SIDE_A);
		referee_settle(r, SIDE_B);
	}
}

void referee_tape(const struct tape *t, int64_t rto_min_ns,
		  const struct judge_sink *ear)
{
	struct referee r = { .tape = t,
			     .ear = ear,
			     .frame = TAPE_NO_FRAME,
			     .rto_min_ns = rto_min_ns };
	struct judge_sink own = { .found = judged, .ctx = &r };
	int side;

	if (!is_one_connection(t))
		return;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		r.end[side].arena = &r.arena;
		r.end[side].states = STATES_ANY;
		r.end[side].owed.frame = TAPE_NO_FRAME;
	}
	r.blamed = arena_alloc(&r.arena, t->n_frame * sizeof(*r.blamed));
	sort_frames(&r);
	walk_tape(&r);
	if (r.judging)
		wire_judge_end(&r.judge, r.now_ns, &own);
	arena_free(&r.arena);
}
