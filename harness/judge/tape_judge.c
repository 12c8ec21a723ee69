/*
 * The tape judge's trunk: a tape's events in the order they really happened in,
 * handed to who knows of them; the judge beside. Knows no rule itself.
 */
#include "judge/tape_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "judge/tape_judge_own.h"

static bool was_said(struct tape_judge *j, const struct rule *rule,
		     enum severity severity, const char *id, enum side side)
{
	struct said *new;
	size_t i;

	for (i = 0; i < j->n_said; i++) {
		const struct said *s = &j->said[i];

		if (s->rule == rule && s->severity == severity &&
		    s->side == side && strcmp(s->id, id) == 0)
			return true;
	}
	new = arena_push(&j->arena, &j->said, &j->n_said, sizeof(*new));
	*new = (struct said){ rule, id, severity, side };
	return false;
}

/* The receiver of a segment that should not have been sent is not blamed. */
static void blame(struct tape_judge *j, enum severity severity, enum side side,
		  size_t frame)
{
	if (severity >= SEVERITY_SUSPICIOUS && frame < j->tape->n_frame &&
	    j->tape->frame[frame]->from == side)
		j->blamed[frame] = true;
}

/* The finding's id is the row's, where there is one. */
static void tell(struct tape_judge *j, const struct rule *rule,
		 enum severity severity, const char *id, enum side side,
		 size_t frame, const char *expected, const char *actual)
{
	struct rule own = *rule;
	struct judge_finding found = { .rule = &own,
				       .severity = severity,
				       .side = side,
				       .frame = frame,
				       .at_ns = j->now_ns };

	if (id)
		own.id = id;
	blame(j, severity, side, frame);
	/* One that does wrong may be anywhere, where it does not show it. */
	if (severity == SEVERITY_VIOLATION && !j->shows[side])
		j->end[side].states = STATES_ANY;
	if (was_said(j, rule, severity, own.id, side))
		return;
	snprintf(found.expected, sizeof(found.expected), "%.*s",
		 JUDGE_TEXT_MAX - 1, expected);
	snprintf(found.actual, sizeof(found.actual), "%.*s", JUDGE_TEXT_MAX - 1,
		 actual);
	if (j->sink->found)
		j->sink->found(j->sink->ctx, &found);
}

void tape_judge_say(struct tape_judge *j, enum rule_id rule, const char *id,
		    enum side side, size_t frame, const char *expected,
		    const char *actual)
{
	tell(j, rule_of(rule), rule_of(rule)->severity, id, side, frame,
	     expected, actual);
}

void tape_judge_prove(struct tape_judge *j, enum rule_id rule, const char *id,
		      enum side side, size_t frame, const char *expected,
		      const char *actual)
{
	tell(j, rule_of(rule), SEVERITY_VIOLATION, id, side, frame, expected,
	     actual);
}

void tape_judge_note(struct tape_judge *j, enum rule_id rule, const char *id,
		     enum side side, size_t frame, const char *expected,
		     const char *actual)
{
	tell(j, rule_of(rule), SEVERITY_NOTE, id, side, frame, expected,
	     actual);
}

void tape_judge_say_sent(const struct sent *s, tape_judge_say_fn *say,
			 enum rule_id rule, const char *id,
			 const char *expected, const char *actual, ...)
{
	char text[JUDGE_TEXT_MAX];
	va_list args;

	va_start(args, actual);
	vsnprintf(text, sizeof(text), actual, args);
	va_end(args);
	say(s->j, rule, id, s->from, s->frame, expected, text);
}

/* Rules that a sender's segments break by themselves, delivered or not. */
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
	struct tape_judge *j = ctx;
	struct judge_finding soft = *found;

	if ((j->forged || j->lossy) && !is_its_own(found->rule) &&
	    soft.severity > SEVERITY_NOTE)
		soft.severity = SEVERITY_NOTE;
	if (j->sink->found)
		j->sink->found(j->sink->ctx, &soft);
}

static void judge_one(struct tape_judge *j, enum side from,
		      const struct seg *seg, size_t frame, int64_t at_ns)
{
	struct judge_sink sink = { .found = judged, .ctx = j };
	struct wire_judge fresh = { .any = false };

	if (j->judging && wire_judge_is_reopened(&j->judge, from, seg)) {
		wire_judge_end(&j->judge, at_ns, &sink);
		wire_judge_without_box(&fresh);
		wire_judge_reopen(&fresh, &j->judge, from, seg, frame, at_ns,
				  &sink);
		j->judge = fresh;
		return;
	}
	if (!j->judging)
		wire_judge_without_box(&j->judge);
	j->judging = true;
	wire_judge_segment(&j->judge, from, seg, frame, at_ns, &sink);
}

/* It has begun a connection; the call that did is not on every tape. */
static void infer_opened(struct tape_judge *j, enum side side,
			 enum tcp_state got, size_t frame)
{
	struct tape_judge_end *e = &j->end[side];

	if (tape_judge_is_only(e, NO_CONNECTION))
		e->states = STATES_ANY;
	tape_judge_read(j, side, got, frame);
}

/*
 * Of an end that shows no states its handshake does: a SYN it was given has
 * begun a connection when it is acknowledged.
 */
static void infer_begin(struct tape_judge *j, enum side from,
			const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[from];
	bool begins = seg->flags & FLAG_ACK && e->syn_pending &&
		      seg->ack == e->syn_next && !(seg->flags & FLAG_RST);

	if (j->shows[from])
		return;
	/* Of a listener nobody tells that its last connection has gone. */
	if (begins && tape_judge_is_only(e, NO_CONNECTION))
		e->states = STATE_BIT(TCP_STATE_SYN_RECEIVED);
	if (seg->flags & FLAG_SYN && begins)
		tape_judge_read(j, from, TCP_STATE_SYN_RECEIVED, frame);
	else if (begins && !e->rcv_known)
		tape_judge_read(j, from, TCP_STATE_ESTABLISHED, frame);
	else if ((seg->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN)
		infer_opened(j, from, TCP_STATE_SYN_SENT, frame);
}

/*
 * The same of its end: it resets the number that was acknowledged, as without a
 * connection. An RST that it was not to obey has ended it.
 */
static void infer_end(struct tape_judge *j, enum side from,
		      const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[from];

	if (j->shows[from] || !e->has_refused ||
	    (seg->flags & (FLAG_RST | FLAG_ACK)) != FLAG_RST ||
	    !e->last.has_ack || seg->seq != e->last.ack ||
	    e->states & NO_CONNECTION)
		return;
	e->last = e->refused;
	e->has_last = true;
	tape_judge_read(j, from, TCP_STATE_CLOSED, frame);
	e->rst_allowed++;
}

/* A frame that an end really sent, once. */
static void note_frame(struct tape_judge *j, size_t i, bool tracked)
{
	const struct frame *f = j->tape->frame[i];

	if (f->forged || f->kind != SEG_TCP)
		return;
	judge_one(j, f->from, &f->seg, i, f->at_ns);
	if (!tracked)
		return;
	infer_begin(j, f->from, &f->seg, i);
	infer_end(j, f->from, &f->seg, i);
	tape_judge_sent(j, f->from, &f->seg, i, f->at_ns);
}

static int by_time(const void *a, const void *b)
{
	const struct sending *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->frame < y->frame ? -1 : 1;
}

/* Each end's frames were captured by themselves: they may be far apart. */
static void sort_frames(struct tape_judge *j)
{
	size_t n = j->tape->n_frame;

	j->sending = arena_alloc(&j->arena, n * sizeof(*j->sending));
	for (size_t i = 0; i < n; i++)
		j->sending[i] = (struct sending){ j->tape->frame[i]->at_ns, i };
	qsort(j->sending, n, sizeof(*j->sending), by_time);
}

/* All that had been sent by now, in the order of its sending. */
static void note_until(struct tape_judge *j, int64_t until_ns, bool tracked)
{
	while (j->n_noted < j->tape->n_frame &&
	       j->sending[j->n_noted].at_ns <= until_ns)
		note_frame(j, j->sending[j->n_noted++].frame, tracked);
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

static void give(struct tape_judge *j, const struct tape_event *e)
{
	const struct frame *f = j->tape->frame[e->frame];
	enum side to = side_other(f->from);

	if (f->kind == SEG_TCP) {
		tape_judge_arrived(j, to, &f->seg, e->frame);
		return;
	}
	/* ICMP, a fragment: it may mean anything, and a fragment be text. */
	tape_judge_shown_given(&j->end[to], EVENT_COUNT);
	j->end[to].states = STATES_ANY;
	j->end[to].rst_allowed++;
	j->end[to].error_told = true;
	if (!is_icmp(f)) {
		j->end[to].rcv_known = false;
		j->end[to].maybe = true;
	}
}

static void on_segment(struct tape_judge *j, const struct tape_event *e)
{
	if (e->how == TAPE_FORGED)
		j->forged = true;
	else if (e->how != TAPE_DELIVERED)
		j->lossy = true;
	j->frame = e->frame;
	j->given_ns = e->at_ns + (e->kind == TAPE_SEGMENT ? e->number : 0);
	if (e->kind == TAPE_RELEASE || e->how == TAPE_DELIVERED ||
	    e->how == TAPE_KEPT || e->how == TAPE_FORGED)
		give(j, e);
}

static void on_open(struct tape_judge *j)
{
	j->opening = true;
	j->end[SIDE_A].fds = j->end[SIDE_B].fds = 1;
	j->end[SIDE_B].listening = true;
	j->end[SIDE_A].accepted = j->end[SIDE_B].accepted = true;
}

/*
 * What follows "open" proves that both ends are established, whether their
 * states could be read or not.
 */
static void on_opened(struct tape_judge *j)
{
	j->opening = false;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (!j->shows[side])
			infer_opened(j, (enum side)side, TCP_STATE_ESTABLISHED,
				     j->frame);
}

/* The same of one whose SYN nothing has answered, and which may give up. */
static uint32_t may_be_by_now(const struct tape_judge *j,
			      const struct tape_judge_end *e)
{
	uint32_t opening = STATE_BIT(TCP_STATE_SYN_SENT);

	if (!tape_judge_is_only(e, opening))
		return tape_judge_may_be_by_now(j, e);
	return tape_judge_may_give_up(j, e) ? opening | NO_CONNECTION : opening;
}

/* What the states not read must have been. */
static void infer(struct tape_judge *j, const struct tape_event *e)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct tape_judge_end *end = &j->end[side];
		uint32_t may = may_be_by_now(j, end);
		struct tape_judge_wanted w = { .side = (enum side)side,
					       .line = e->line,
					       .frame = j->frame,
					       .wanted = e->wanted[side],
					       .states = may };

		if (may && end->syn_pending)
			w.states |= STATE_BIT(TCP_STATE_SYN_RECEIVED);
		if (w.wanted && j->wanted)
			j->wanted(j->sink->ctx, &w);
	}
}

static void on_event(struct tape_judge *j, const struct tape_event *e)
{
	int side;

	if (j->opening && !e->passed)
		on_opened(j);
	if (e->kind == TAPE_SEGMENT || e->kind == TAPE_RELEASE)
		on_segment(j, e);
	else if (e->kind == TAPE_OPEN)
		on_open(j);
	else if (e->kind == TAPE_ACT)
		tape_judge_act(j, e);
	else if (e->kind == TAPE_RETURN)
		tape_judge_return(j, e);
	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (e->state[side] != TCP_STATE_NONE)
			tape_judge_read(j, (enum side)side, e->state[side],
					j->frame);
	}
}

/* An end without a process or a network sends nothing: no fault. */
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

static void separate(struct tape_judge *j)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		j->end[side].n_stimulus = 0;
		j->end[side].mixed = false;
		j->end[side].unsettled = false;
	}
}

static void walk_tape(struct tape_judge *j)
{
	const struct tape *t = j->tape;
	bool tracked = tape_is_lockstep(t);
	size_t i;

	for (i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		if (began(e) > j->now_ns)
			j->now_ns = began(e);
		if (is_an_end_gone(e))
			j->lossy = true;
		note_until(j, j->now_ns, tracked);
		if (is_timed(e))
			separate(j);
		if (tracked)
			on_event(j, e);
		infer(j, e);
	}
	note_until(j, INT64_MAX, tracked);
	if (t->n_event && t->event[t->n_event - 1].at_ns > j->now_ns)
		j->now_ns = t->event[t->n_event - 1].at_ns;
	if (tracked) {
		tape_judge_settle(j, SIDE_A);
		tape_judge_settle(j, SIDE_B);
	}
}

/* The tape without the probes, and so without what these bring about. */
static struct tape case_part(const struct tape *t)
{
	struct tape part = *t;

	part.n_event = tape_case_events(t);
	if (part.n_event < t->n_event)
		part.n_frame = t->event[part.n_event].frame;
	return part;
}

void tape_judge_hear(const struct tape *t, int64_t rto_min_ns,
		     const struct judge_sink *sink,
		     tape_judge_wanted_fn *wanted)
{
	struct tape own_part = case_part(t);
	struct tape_judge j = { .tape = &own_part,
				.sink = sink,
				.wanted = wanted,
				.frame = TAPE_NO_FRAME,
				.rto_min_ns = rto_min_ns };
	struct judge_sink own = { .found = judged, .ctx = &j };
	int side;

	if (!is_one_connection(t))
		return;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		j.end[side].arena = &j.arena;
		j.end[side].owed.frame = TAPE_NO_FRAME;
		j.shows[side] = tape_shows(t, (enum side)side);
		/* No case begins with a connection. */
		j.end[side].states = j.shows[side] ? STATES_ANY : NO_CONNECTION;
	}
	j.blamed = arena_alloc(&j.arena, t->n_frame * sizeof(*j.blamed));
	sort_frames(&j);
	walk_tape(&j);
	if (j.judging)
		wire_judge_end(&j.judge, j.now_ns, &own);
	arena_free(&j.arena);
}
