/*
 * What must come of an event in a state, as lines of a case: from the row of
 * judge/rfc9293.c, or as the tables say instead. B is the end that is looked
 * at: what it answers is lost, so that A stays out of it.
 */
#include "grid/grid_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* How long B is given to say something when it must say nothing. */
#define SILENCE "20ms"

#define FORGED "~~>"

/* The last forged segment of what happens, as far as an RST needs it. */
struct forged {
	bool is_there;
	bool has_ack;
	const char *ack; /* "1000" */
	long seq;
	long end;     /* SEG.SEQ+SEG.LEN */
	bool numbers; /* seq was written in numbers */
};

static long number_of(const struct grid_state *s, const char *name, size_t len)
{
	const struct {
		const char *name;
		long number;
	} rows[] = {
		{ "una", s->snd_una },
		{ "nxt", s->snd_nxt },
		{ "rcv", s->rcv_nxt },
		{ "ack", s->seg_ack },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len &&
		    strncmp(rows[i].name, name, len) == 0)
			return rows[i].number;
	return 0;
}

/* What {NAME} or {NAME+N} stands for: a number of the state's, or its name. */
static const char *value_of_name(struct arena *a, const char *name,
				 const struct grid_state *s)
{
	size_t len = strcspn(name, "+-}");

	if (len == strlen("state") && strncmp(name, "state", len) == 0)
		return name_state(s->state);
	return arena_printf(a, "%ld",
			    number_of(s, name, len) +
				    strtol(name + len, NULL, 10));
}

/* Text with {una}, {rcv+100} and {state} written out. */
static const char *with_numbers(struct arena *a, const char *text,
				const struct grid_state *s)
{
	const char *out = "";

	for (;;) {
		size_t before = strcspn(text, "{");
		const char *name = text + before + 1;

		/* A block of the language opens with a brace at a line's end. */
		if (!text[before])
			return arena_printf(a, "%s%s", out, text);
		if (*name == '\n' || *name == '\0') {
			out = arena_printf(a, "%s%.*s", out, (int)before + 1,
					   text);
			text = name;
			continue;
		}
		out = arena_printf(a, "%s%.*s%s", out, (int)before, text,
				   value_of_name(a, name, s));
		text = name + strcspn(name, "}");
		text += *text == '}';
	}
}

/* Where the last line begins that has the word at its head, or NULL. */
static const char *last_line(const char *text, const char *head)
{
	const char *found = NULL;

	for (const char *at = text; at && *at;) {
		if (strncmp(at + strspn(at, " "), head, strlen(head)) == 0)
			found = at;
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return found;
}

static const char *value_of(struct arena *a, const char *line, const char *key)
{
	const char *at = strstr(line, key);

	if (!at || at > line + strcspn(line, "\n"))
		return NULL;
	at += strlen(key);
	return arena_strndup(a, at, strcspn(at, " \n"));
}

static void read_forged(struct arena *a, const char *text, struct forged *f)
{
	const char *line = last_line(text, FORGED);
	const char *flags, *seq;
	char *end;

	memset(f, 0, sizeof(*f));
	if (!line)
		return;
	f->is_there = true;
	flags = strstr(line, FORGED) + strlen(FORGED);
	flags += strspn(flags, " ");
	f->has_ack = memchr(flags, '.', strcspn(flags, " ")) != NULL;
	f->ack = value_of(a, line, " ack ");
	seq = value_of(a, line, " seq ");
	if (!seq)
		return;
	f->seq = f->end = strtol(seq, &end, 10);
	if (*end == ':')
		f->end = strtol(end + 1, &end, 10);
	f->numbers = !*end;
	for (; *flags && *flags != ' '; flags++)
		f->end += *flags == 'S' || *flags == 'F';
}

/* Where text is only permitted to be acknowledged, it was not taken. */
static void write_ack(FILE *out, const struct grid_view *v, long takes)
{
	fprintf(out, "x--  .  seq %ld ack %ld  <--\n", v->state->snd_nxt,
		v->state->rcv_nxt + takes);
}

static void write_fin(FILE *out, const struct grid_view *v)
{
	fprintf(out, "x--  F.  seq %ld ack %ld  <--\n", v->state->snd_nxt,
		v->state->rcv_nxt);
}

/* An abort's RST may acknowledge or not (3.10.5 has it without). */
static void write_abort(FILE *out, const struct grid_view *v)
{
	fprintf(out, "x--  R.  seq %ld  <--\n} or {\nx--  R  seq %ld  <--\n",
		v->state->snd_nxt, v->state->snd_nxt);
}

static const char *write_rst(FILE *out, const struct forged *f)
{
	if (f->has_ack && !f->ack)
		return "an RST takes its number from an ack that is not "
		       "written";
	if (!f->has_ack && !f->numbers)
		return "an RST acknowledges a number that is not written";
	if (f->has_ack)
		fprintf(out, "x--  R  seq %s  <--\n", f->ack);
	else
		fprintf(out, "x--  R.  seq 0 ack %ld  <--\n", f->end);
	return NULL;
}

static void write_syn_ack(FILE *out, const struct forged *f)
{
	if (f->numbers)
		fprintf(out, "x--  S.  seq 0 ack %ld  <--\n", f->seq + 1);
	else
		fputs("x--  S.  seq 0  <--\n", out);
}

/* Each answer that is right is a branch. */
#define BRANCH	 "either {\n"
#define OR	 "} or {\n"
#define OR_QUIET "} or {\nquiet " SILENCE "\n}\n"

static const char *write_answer(FILE *out, const struct grid_view *v,
				enum rfc9293_answer answer,
				const struct forged *f)
{
	const char *missing = NULL;

	switch (answer) {
	case ANSWER_NONE:
		break;
	case ANSWER_ACK:
		write_ack(out, v, v->event->takes);
		break;
	case ANSWER_FIN:
		write_fin(out, v);
		break;
	case ANSWER_SYN_ACK:
		write_syn_ack(out, f);
		break;
	case ANSWER_RST:
		if (f->is_there) {
			missing = write_rst(out, f);
			break;
		}
		fputs(BRANCH, out);
		write_abort(out, v);
		fputs("}\n", out);
		break;
	case ANSWER_SYN_ACK_OR_ACK:
		fputs(BRANCH, out);
		write_syn_ack(out, f);
		fputs(OR, out);
		write_ack(out, v, 0);
		fputs("}\n", out);
		break;
	case ANSWER_MAY_ACK:
	case ANSWER_MAY_RST:
	case ANSWER_MAY_FIN:
		fputs(BRANCH, out);
		if (answer == ANSWER_MAY_ACK)
			write_ack(out, v, 0);
		else if (answer == ANSWER_MAY_FIN)
			write_fin(out, v);
		else
			write_abort(out, v);
		fputs(OR_QUIET, out);
		return NULL;
	case ANSWER_ANY:
	case ANSWER_COUNT:
		return "its row leaves the answer open: expected a cell that "
		       "says what may come";
	}
	fputs("quiet " SILENCE "\n", out);
	return missing;
}

/* What happens, with the state after it on the last forged segment. */
static void write_event(FILE *out, const char *text, const char *to)
{
	const char *line = last_line(text, FORGED);
	size_t len = line ? strcspn(line, "\n") : 0;

	if (line)
		fprintf(out, "%.*s  %s%s", (int)(line + len - text), text, to,
			line + len);
	else
		fprintf(out, "%sB is %s\n", text, to);
}

const char *grid_write_oracle(FILE *out, struct arena *a,
			      const struct grid_view *v)
{
	const struct grid_cell *o = v->oracle;
	const struct rfc9293_row *row = v->row;
	enum rfc9293_answer answer;
	char states[NAME_STATES_MAX];
	const char *text, *to;
	struct forged f;

	if (o && o->text && !o->to) {
		fputs(with_numbers(a, o->text, v->state), out);
		return NULL;
	}
	if (!row && (!o || !o->to || (!o->has_answer && !o->text)))
		return "no row of judge/rfc9293.c says what must come of it: "
		       "expected a cell that does";
	text = with_numbers(a, v->event->text, v->state);
	to = o && o->to ? o->to : name_states(row->to, states);
	if (strcmp(to, GRID_SAME) == 0)
		to = name_state(v->state->state);
	read_forged(a, text, &f);
	write_event(out, text, to);
	if (o && o->text) {
		fputs(with_numbers(a, o->text, v->state), out);
		return NULL;
	}
	answer = o && o->has_answer ? o->answer : row->answer;
	return write_answer(out, v, answer, &f);
}
