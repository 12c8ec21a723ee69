/*
 * A tape's events as lines of text, and back. Knows nothing of where the
 * lines are kept.
 */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/array.h"
#include "tape/pairs.h"
#include "tape/tape.h"

static const char *const kind_names[TAPE_KIND_COUNT] = {
	[TAPE_ACT] = "act",	    [TAPE_RETURN] = "return",
	[TAPE_SEGMENT] = "segment", [TAPE_RELEASE] = "release",
	[TAPE_IS] = "is",	    [TAPE_COUNTED] = "counted",
	[TAPE_QUIET] = "quiet",	    [TAPE_OPEN] = "open",
	[TAPE_PASS] = "pass",
};

/* A member of an event. Members that are zero or none are not written. */
struct field {
	const char *key;
	/* The value as text, or NULL when there is nothing to say. */
	const char *(*put)(struct arena *a, const struct tape_event *e);
	/* Returns 0, or -1 when value is no such thing. */
	int (*take)(struct tape_event *e, const char *value);
};

static const char *put_number(struct arena *a, int64_t number)
{
	return number ? arena_printf(a, "%" PRId64, number) : NULL;
}

static const char *put_line(struct arena *a, const struct tape_event *e)
{
	return put_number(a, e->line);
}

static int take_line(struct tape_event *e, const char *value)
{
	int64_t number;

	if (pairs_number(value, &number) || number < 0 || number > INT_MAX)
		return -1;
	e->line = (int)number;
	return 0;
}

static const char *put_at(struct arena *a, const struct tape_event *e)
{
	return put_number(a, e->at_ns);
}

static int take_at(struct tape_event *e, const char *value)
{
	/* Waits are added to it: the sum must not overflow. */
	if (pairs_number(value, &e->at_ns) || e->at_ns < 0 ||
	    e->at_ns > INT64_MAX / 2)
		return -1;
	return 0;
}

static const char *put_side(struct arena *a, const struct tape_event *e)
{
	return arena_printf(a, "%c", side_letter(e->side));
}

static int take_side(struct tape_event *e, const char *value)
{
	e->side = *value == 'B' ? SIDE_B : SIDE_A;
	return (*value == 'A' || *value == 'B') && !value[1] ? 0 : -1;
}

static const char *put_how(struct arena *a, const struct tape_event *e)
{
	(void)a;
	return e->kind == TAPE_SEGMENT ? tape_how_name(e->how) : NULL;
}

static int take_how(struct tape_event *e, const char *value)
{
	for (int how = 0; how < TAPE_HOW_COUNT; how++) {
		if (strcmp(tape_how_name((enum tape_how)how), value) == 0) {
			e->how = (enum tape_how)how;
			return 0;
		}
	}
	return -1;
}

static const char *put_passed(struct arena *a, const struct tape_event *e)
{
	(void)a;
	return e->passed ? "yes" : NULL;
}

static int take_passed(struct tape_event *e, const char *value)
{
	e->passed = true;
	return strcmp(value, "yes") == 0 ? 0 : -1;
}

static const char *put_frame(struct arena *a, const struct tape_event *e)
{
	return e->frame == TAPE_NO_FRAME ? NULL
					 : arena_printf(a, "%zu", e->frame + 1);
}

static int take_frame(struct tape_event *e, const char *value)
{
	int64_t number;

	if (pairs_number(value, &number) || number < 1)
		return -1;
	e->frame = (size_t)number - 1;
	return 0;
}

static const char *put_state(enum tcp_state state)
{
	return state == TCP_STATE_NONE ? NULL : name_state(state);
}

static int take_state(enum tcp_state *state, const char *value)
{
	*state = name_state_parse(value, strlen(value));
	return *state == TCP_STATE_NONE ? -1 : 0;
}

static const char *put_a(struct arena *a, const struct tape_event *e)
{
	(void)a;
	return put_state(e->state[SIDE_A]);
}

static int take_a(struct tape_event *e, const char *value)
{
	return take_state(&e->state[SIDE_A], value);
}

static const char *put_b(struct arena *a, const struct tape_event *e)
{
	(void)a;
	return put_state(e->state[SIDE_B]);
}

static int take_b(struct tape_event *e, const char *value)
{
	return take_state(&e->state[SIDE_B], value);
}

static const char *put_text(struct arena *a, const struct tape_event *e)
{
	(void)a;
	return e->text;
}

static int take_text(struct tape_event *e, const char *value)
{
	e->text = value;
	return 0;
}

static const char *put_answer(struct arena *a, const struct tape_event *e)
{
	(void)a;
	return e->answer;
}

static int take_answer(struct tape_event *e, const char *value)
{
	e->answer = value;
	return 0;
}

static const char *put_count(struct arena *a, const struct tape_event *e)
{
	return put_number(a, e->number);
}

static int take_count(struct tape_event *e, const char *value)
{
	return pairs_number(value, &e->number);
}

static const struct field fields[] = {
	{ "line", put_line, take_line },
	{ "at", put_at, take_at },
	{ "side", put_side, take_side },
	{ "how", put_how, take_how },
	{ "passed", put_passed, take_passed },
	{ "frame", put_frame, take_frame },
	{ "A", put_a, take_a },
	{ "B", put_b, take_b },
	{ "text", put_text, take_text },
	{ "answer", put_answer, take_answer },
	{ "number", put_count, take_count },
};

const char *tape_event_text(struct tape *t, size_t number)
{
	const struct tape_event *e = &t->event[number];
	const char *line = arena_printf(&t->arena, "lastack %zu %s", number,
					kind_names[e->kind]);

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		line = pairs_add(&t->arena, line, fields[i].key,
				 fields[i].put(&t->arena, e));
	return line;
}

/* Takes the word up to the next space; NULL at the end. */
static const char *take_word(struct arena *a, const char **at, const char *end)
{
	const char *from;

	while (*at < end && **at == ' ')
		++*at;
	from = *at;
	while (*at < end && **at != ' ')
		++*at;
	return *at > from ? arena_strndup(a, from, (size_t)(*at - from)) : NULL;
}

static int take_kind(struct tape_event *e, const char *word)
{
	for (int kind = 0; word && kind < TAPE_KIND_COUNT; kind++) {
		if (strcmp(kind_names[kind], word) == 0) {
			e->kind = (enum tape_kind)kind;
			return 0;
		}
	}
	return -1;
}

static int take_pair(struct tape_event *e, const struct pair *p,
		     struct fault *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].key, p->key) != 0)
			continue;
		if (fields[i].take(e, p->value))
			return fault_set(f,
					 "\"%s\" is no value of %s in an "
					 "event line",
					 p->value, p->key);
		return 0;
	}
	return fault_set(f, "unknown key \"%s\" in an event line", p->key);
}

int tape_event_parse(struct tape *t, const char *line, size_t len,
		     size_t *number, struct tape_event *event, struct fault *f)
{
	const char *at = line, *end = line + len;
	const char *mark = take_word(&t->arena, &at, end);
	const char *index = take_word(&t->arena, &at, end);
	int64_t value;
	struct pair p;
	int more;

	memset(event, 0, sizeof(*event));
	event->frame = TAPE_NO_FRAME;
	if (!mark || strcmp(mark, "lastack") != 0 || !index ||
	    pairs_number(index, &value) || value < 0 ||
	    take_kind(event, take_word(&t->arena, &at, end)))
		return fault_set(f, "expected an event line \"lastack NUMBER "
				    "KIND KEY=VALUE ...\"");
	*number = (size_t)value;
	while ((more = pairs_next(&t->arena, &at, end, &p)) > 0)
		if (take_pair(event, &p, f))
			return -1;
	return more ? fault_set(f, "expected KEY=VALUE in an event line") : 0;
}
