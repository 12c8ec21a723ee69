/*
 * The ladder: a tape's events as lines of a case. Knows nothing of verdicts
 * and findings.
 */
#include "tape/ladder.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/name.h"
#include "tape/ladder_rung.h"
#include "script/verb.h"

/*
 * A rung waits for one second by itself. One whose segment took longer than
 * half of that is printed with a bound, so that the ladder passes as a case.
 */
#define WAIT_SHORT (NS_PER_S / 2)

/*
 * The columns before the times are A's state, the segment, and these for the
 * arrows, the gaps, B's state and the "# " of a rung that is a comment.
 */
#define LADDER_BETWEEN 28

struct ladder {
	FILE *out;
	const struct tape *t;
	const char **segment; /* by event; NULL where it has no frame */
	struct arena arena;
	struct ladder_width width;
	unsigned int options;
};

static void print_line(struct ladder *l, const struct tape_event *e,
		       const char *text)
{
	int column =
		LADDER_STATE + ladder_width_text(&l->width) + LADDER_BETWEEN;
	int64_t us = (e->at_ns - l->t->event[0].at_ns) / NS_PER_US;

	if (!(l->options & LADDER_TIMES))
		fprintf(l->out, "%s\n", text);
	else
		fprintf(l->out, "%-*s  # +%" PRId64 ".%06" PRId64 " s\n",
			column, text, us / 1000000, us % 1000000);
}

/* " within 3s" when e took long to come, or "". */
static const char *bound_text(struct ladder *l, const struct tape_event *e)
{
	int64_t gap;

	if (e == l->t->event)
		return "";
	gap = e->at_ns - e[-1].at_ns;
	if (gap <= WAIT_SHORT)
		return "";
	return arena_printf(&l->arena, "  within %" PRId64 "s",
			    2 * gap / NS_PER_S + 1);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* The answer a case need not state; NULL: there is none. */
static const char *usual_answer(const struct verb *verb, const char *args)
{
	if (verb->gives == GIVES_ZERO)
		return verb->how & VERB_WANTS ? NULL : "0";
	return *args ? args : NULL;
}

static const char *answer_text(struct ladder *l, const char *text,
			       const char *answer)
{
	size_t len = strcspn(text, " ");
	const struct verb *verb = verb_find(text, len);
	const char *args = text + len + (text[len] == ' ');
	const char *usual = verb ? usual_answer(verb, args) : NULL;

	if (!answer || (verb && verb->gives == GIVES_NOTHING) ||
	    (usual && strcmp(usual, answer) == 0))
		return "";
	if (strcmp(answer, "blocks") == 0)
		return " blocks";
	if (verb && !(verb->how & VERB_WANTS) && verb->gives == GIVES_COUNT &&
	    !*args && is_number(answer)) /* may differ next time */
		return arena_printf(&l->arena, "  # = %s", answer);
	return arena_printf(&l->arena, " = %s", answer);
}

static const char *say_act(struct ladder *l, const struct tape_event *e)
{
	const char *text = e->text ? e->text : "";

	return arena_printf(&l->arena, "%c %s%s", side_letter(e->side), text,
			    answer_text(l, text, e->answer));
}

static const char *say_return(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(&l->arena, "%c returns %s%s", side_letter(e->side),
			    e->answer ? e->answer : "", bound_text(l, e));
}

static const char *say_is(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(&l->arena, "%c is %s%s", side_letter(e->side),
			    name_state(e->state[e->side]), bound_text(l, e));
}

static const char *say_counted(struct ladder *l, const struct tape_event *e)
{
	return arena_printf(&l->arena, "%c count %s = %" PRId64,
			    side_letter(e->side), e->text ? e->text : "-",
			    e->number);
}

static const char *say_quiet(struct ladder *l, const struct tape_event *e)
{
	static const struct {
		int64_t ns;
		const char *unit;
	} units[] = { { NS_PER_S, "s" },
		      { NS_PER_MS, "ms" },
		      { NS_PER_US, "us" } };
	size_t i = 0;

	while (i < 2 && e->number % units[i].ns)
		i++;
	return arena_printf(&l->arena, "quiet %" PRId64 "%s",
			    e->number / units[i].ns, units[i].unit);
}

static const char *say_open(struct ladder *l, const struct tape_event *e)
{
	if (e->number > 1)
		return arena_printf(&l->arena, "open %" PRId64, e->number);
	return "open";
}

static const char *say_pass(struct ladder *l, const struct tape_event *e)
{
	(void)l;
	(void)e;
	return "pass";
}

static const char *say_segment(struct ladder *l, const struct tape_event *e)
{
	const char *segment = l->segment[e - l->t->event];
	const char *rung =
		ladder_rung_text(&l->arena, l->t, e, segment, &l->width);

	if (e->kind == TAPE_SEGMENT && e->how == TAPE_UNCLAIMED)
		return arena_printf(&l->arena, "%s  # not claimed by any rung",
				    rung);
	if (e->passed || !ladder_rung_can_say(segment))
		return arena_printf(&l->arena, "# %s", rung);
	if (e->kind == TAPE_RELEASE || e->how == TAPE_FORGED)
		return rung;
	return arena_printf(&l->arena, "%s%s", rung, bound_text(l, e));
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
	l->segment =
		arena_alloc(&l->arena, l->t->n_event * sizeof(*l->segment));
	for (size_t i = 0; i < l->t->n_event; i++) {
		const struct tape_event *e = &l->t->event[i];

		tape_note(l->t, e, &flow);
		if (e->frame == TAPE_NO_FRAME)
			continue;
		l->segment[i] = ladder_rung_segment(&l->arena, l->t, &flow, e);
		ladder_rung_measure(l->segment[i], &l->width);
	}
}

static bool is_head(const char *line, size_t len)
{
	static const char *const words[] = { "case",  "spec", "deviates",
					     "needs", "set",  "sysctl",
					     "slow" };
	size_t word = 0;

	while (word < len && line[word] >= 'a' && line[word] <= 'z')
		word++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == word &&
		    memcmp(line, words[i], word) == 0)
			return true;
	return false;
}

/* The head's lines as they stand in the case. */
static void print_head(FILE *out, const struct script *s)
{
	int stop = s->body.n ? s->body.steps[0].line : INT32_MAX;
	const char *at = s->text, *end = s->text + s->text_len;

	for (int line = 1; at < end && line < stop; line++) {
		const char *eol = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((eol ? eol : end) - at);

		if (is_head(at, len))
			fprintf(out, "%.*s\n", (int)len, at);
		at += len + 1;
	}
	fputc('\n', out);
}

void ladder_print(FILE *out, const struct script *s, const struct tape *t,
		  unsigned int options)
{
	struct ladder l = { .out = out, .t = t, .options = options };

	if (options & LADDER_HEAD)
		print_head(out, s);
	write_segments(&l);
	for (size_t i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		print_line(&l, e, say[e->kind](&l, e));
	}
	arena_free(&l.arena);
}
