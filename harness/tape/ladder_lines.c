/*
 * The ladder: a tape's events as lines of a case, in the order they are drawn
 * in. Knows nothing of verdicts and findings.
 */
#include "tape/ladder_lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/name.h"
#include "script/script.h"
#include "script/verb.h"
#include "tape/ladder_rung.h"

/*
 * A rung waits for one second by itself. One whose segment took longer than
 * half of that is printed with a bound, so that the ladder passes as a case.
 */
#define WAIT_SHORT (NS_PER_S / 2)
/* The same of "pass until", which waits for ten seconds. */
#define PASS_SHORT (5 * NS_PER_S)

/*
 * The columns before the times are A's state, the segment, and these for the
 * arrows, the gaps, B's state and the "# " of a rung that is a comment.
 */
#define LADDER_BETWEEN 28

struct ladder {
	struct arena *arena;
	const struct tape *t;
	const char **segment; /* by event; NULL where it has no frame */
	const struct tape_event **waiting; /* in the order of their sending */
	size_t n_waiting;
	size_t n_drawn;	    /* of these */
	int64_t begun_ns;   /* the earliest of all events */
	int64_t reached_ns; /* of the last line; no time goes back */
	struct ladder_width width;
	struct ladder_line *line;
	size_t n_line;
};

static struct ladder_line *
add_line(struct ladder *l, const struct tape_event *e, const char *text)
{
	struct ladder_line *line =
		arena_push(l->arena, &l->line, &l->n_line, sizeof(*line));

	if (e->at_ns > l->reached_ns)
		l->reached_ns = e->at_ns;
	line->event = e;
	line->text = text;
	line->segment = l->segment[e - l->t->event];
	line->at_ns = l->reached_ns - l->begun_ns;
	return line;
}

/* " within 3s" when that took long, or "". */
static const char *within(struct ladder *l, int64_t took_ns, int64_t short_ns)
{
	if (took_ns <= short_ns)
		return "";
	return arena_printf(l->arena, "  within %" PRId64 "s",
			    2 * took_ns / NS_PER_S + 1);
}

/* Of what came later than the event before it. */
static const char *bound_text(struct ladder *l, const struct tape_event *e)
{
	if (e == l->t->event)
		return "";
	return within(l, e->at_ns - e[-1].at_ns, WAIT_SHORT);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* The answer a case need not state; NULL: there is none. */
static const char *usual_answer(struct ladder *l, const struct verb *verb,
				const char *args)
{
	size_t digits = strspn(args, "0123456789");

	if (verb->gives == GIVES_ZERO)
		return verb->how & VERB_WANTS ? NULL : "0";
	return digits ? arena_strndup(l->arena, args, digits) : NULL;
}

static const char *answer_text(struct ladder *l, const char *text,
			       const char *answer)
{
	size_t len = strcspn(text, " ");
	const struct verb *verb = verb_find(text, len);
	const char *args = text + len + (text[len] == ' ');
	const char *usual = verb ? usual_answer(l, verb, args) : NULL;

	if (!answer || (verb && verb->gives == GIVES_NOTHING) ||
	    (usual && strcmp(usual, answer) == 0))
		return "";
	if (strcmp(answer, "blocks") == 0)
		return " blocks";
	if (verb && !(verb->how & VERB_WANTS) && verb->gives == GIVES_COUNT &&
	    !*args && is_number(answer)) /* may differ next time */
		return arena_printf(l->arena, "  # = %s", answer);
	return arena_printf(l->arena, " = %s", answer);
}

static const char *say_act(struct ladder *l, const struct tape_event *e)
{
	const char *text = e->text ? e->text : "";

	return arena_printf(l->arena, "%c %s%s", side_letter(e->side), text,
			    answer_text(l, text, e->answer));
}

static const char *say_return(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(l->arena, "%c returns %s%s", side_letter(e->side),
			    e->answer ? e->answer : "", bound_text(l, e));
}

static const char *say_is(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(l->arena, "%c is %s%s", side_letter(e->side),
			    name_state(e->state[e->side]), bound_text(l, e));
}

static const char *say_counted(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(l->arena, "%c count %s = %" PRId64,
			    side_letter(e->side), e->text ? e->text : "-",
			    e->number);
}

static const char *say_quiet(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(l->arena, "quiet %s",
			    script_time_text(l->arena, e->number));
}

static const char *say_open(struct ladder *l, const struct tape_event *e)
{
	if (e->number > 1)
		return arena_printf(l->arena, "open %" PRId64, e->number);
	return "open";
}

/* What it waits for comes behind the segments that it let through. */
static const char *say_pass(struct ladder *l, const struct tape_event *e)
{
	const struct tape_event *last = l->t->event + l->t->n_event - 1;
	const struct tape_event *met = e;

	if (!e->text)
		return "pass";
	while (met < last && (met == e || met->passed))
		met++;
	return arena_printf(l->arena, "pass until %s%s", e->text,
			    within(l, met->at_ns - e->at_ns, PASS_SHORT));
}

static const char *say_segment(struct ladder *l, const struct tape_event *e)
{
	const char *segment = l->segment[e - l->t->event];
	const char *rung =
		ladder_rung_text(l->arena, l->t, e, segment, &l->width);

	if (e->text)
		return arena_printf(l->arena, "# %s  # %s", rung, e->text);
	if (e->kind == TAPE_SEGMENT && e->how == TAPE_UNCLAIMED)
		return arena_printf(l->arena, "%s  # not claimed by any rung",
				    rung);
	if (e->passed || !ladder_rung_can_say(segment))
		return arena_printf(l->arena, "# %s", rung);
	if (e->kind == TAPE_RELEASE || e->how == TAPE_FORGED)
		return rung;
	return arena_printf(l->arena, "%s%s", rung, bound_text(l, e));
}

static const char *(*const say[TAPE_KIND_COUNT])(struct ladder *l,
						 const struct tape_event *e) = {
	[TAPE_ACT] = say_act,	      [TAPE_RETURN] = say_return,
	[TAPE_SEGMENT] = say_segment, [TAPE_RELEASE] = say_segment,
	[TAPE_IS] = say_is,	      [TAPE_COUNTED] = say_counted,
	[TAPE_QUIET] = say_quiet,     [TAPE_OPEN] = say_open,
	[TAPE_PASS] = say_pass,
};

/* Makes each segment's text with the numbers known when it was seen. */
static void write_segments(struct ladder *l)
{
	struct flow flow = l->t->flow;

	flow_reset(&flow);
	l->segment = arena_alloc(l->arena, l->t->n_event * sizeof(*l->segment));
	for (size_t i = 0; i < l->t->n_event; i++) {
		const struct tape_event *e = &l->t->event[i];

		if (e->frame == TAPE_NO_FRAME)
			continue;
		l->segment[i] = ladder_rung_segment(l->arena, l->t, &flow, e);
		ladder_rung_measure(l->segment[i], &l->width);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct tape_event *const *x = a, *const *y = b;

	if ((*x)->at_ns != (*y)->at_ns)
		return (*x)->at_ns < (*y)->at_ns ? -1 : 1;
	return *x < *y ? -1 : 1;
}

static void find_begin(struct ladder *l)
{
	l->begun_ns = INT64_MAX;
	l->reached_ns = INT64_MIN;
	for (size_t i = 0; i < l->t->n_event; i++)
		if (l->t->event[i].at_ns < l->begun_ns)
			l->begun_ns = l->t->event[i].at_ns;
}

/*
 * A segment has the time it was sent. One that was sent before what stands
 * above its rung has waited for it.
 */
static void find_waiting(struct ladder *l)
{
	const struct tape *t = l->t;
	int64_t reached = INT64_MIN;

	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	l->waiting = arena_alloc(l->arena, t->n_event * sizeof(*l->waiting));
	for (size_t i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		if (e->kind == TAPE_SEGMENT && e->how != TAPE_FORGED &&
		    e->at_ns < reached)
			l->waiting[l->n_waiting++] = e;
		if (e->at_ns > reached)
			reached = e->at_ns;
	}
	if (l->n_waiting)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		qsort(l->waiting, l->n_waiting, sizeof(*l->waiting), by_time);
}

/* As a comment where it was sent; its rung comes below. */
static void draw_waiting(struct ladder *l, const struct tape_event *e)
{
	struct tape_event held = *e;
	const char *text;

	held.how = TAPE_HELD;
	held.state[SIDE_A] = held.state[SIDE_B] = TCP_STATE_NONE;
	text = arena_printf(l->arena, "# %s",
			    ladder_rung_text(l->arena, l->t, &held,
					     l->segment[e - l->t->event],
					     &l->width));
	add_line(l, e, text)->waits = true;
}

/* What was sent before e and has its rung below. */
static void draw_what_waits(struct ladder *l, const struct tape_event *e)
{
	while (l->n_drawn < l->n_waiting &&
	       l->waiting[l->n_drawn]->at_ns < e->at_ns)
		draw_waiting(l, l->waiting[l->n_drawn++]);
}

void ladder_lay_out(struct arena *a, const struct tape *t, bool times,
		    struct ladder_lines *lines)
{
	struct ladder l = { .arena = a, .t = t };

	write_segments(&l);
	find_begin(&l);
	if (times)
		find_waiting(&l);
	for (size_t i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		draw_what_waits(&l, e);
		add_line(&l, e, say[e->kind](&l, e));
	}
	lines->line = l.line;
	lines->n = l.n_line;
	lines->columns =
		LADDER_STATE + ladder_width_text(&l.width) + LADDER_BETWEEN;
}
