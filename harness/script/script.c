/* Questions to a parsed case. Knows nothing of how it was written. */
#include "script/script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "script/verb.h"

const struct need *script_need(const struct script *s, enum need_kind kind)
{
	for (size_t i = 0; i < s->n_need; i++)
		if (s->need[i].kind == kind)
			return &s->need[i];
	return NULL;
}

long script_connections(const struct script *s)
{
	for (size_t i = 0; i < s->body.n; i++)
		if (s->body.steps[i].kind == STEP_OPEN)
			return s->body.steps[i].open;
	return 0;
}

static int64_t add(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t times(int64_t a, int64_t b)
{
	int64_t product;

	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int64_t block_least(const struct block *b);

static int64_t either_least(const struct either *e)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < e->n; i++) {
		int64_t ns = block_least(&e->branch[i]);

		if (ns < least)
			least = ns;
	}
	return least;
}

static int64_t step_least(const struct step *st)
{
	switch (st->kind) {
	case STEP_QUIET:
		return st->quiet_ns;
	case STEP_PASS:
		return st->pass.until == PASS_QUIET ? SCRIPT_PASS_QUIET_NS : 0;
	case STEP_ACT:
	case STEP_RETURNS:
		return st->act.bound.min_ns;
	case STEP_RUNG:
		return st->rung.bound.min_ns;
	case STEP_REPEAT:
		return times(st->repeat.min, block_least(&st->repeat.body));
	case STEP_EITHER:
		return either_least(&st->either);
	default:
		return 0;
	}
}

static int64_t block_least(const struct block *b)
{
	int64_t sum = 0;

	for (size_t i = 0; i < b->n; i++)
		sum = add(sum, step_least(&b->steps[i]));
	return sum;
}

int64_t script_least_ns(const struct script *s)
{
	return block_least(&s->body);
}

static uint64_t block_verbs(const struct block *b, enum side side)
{
	uint64_t verbs = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct step *st = &b->steps[i];

		if (st->kind == STEP_ACT && st->act.side == side)
			verbs |= VERB_BIT(st->act.verb->id);
		if (st->kind == STEP_OPEN)
			verbs |= side == SIDE_A ? VERB_BIT(VERB_CONNECT)
						: VERB_BIT(VERB_LISTEN) |
							  VERB_BIT(VERB_ACCEPT);
		if (st->kind == STEP_REPEAT)
			verbs |= block_verbs(&st->repeat.body, side);
		if (st->kind == STEP_EITHER)
			for (size_t k = 0; k < st->either.n; k++)
				verbs |= block_verbs(&st->either.branch[k],
						     side);
	}
	return verbs;
}

/* Whether a step is so, those of all branches among them. */
static bool any_step(const struct block *b, enum side side,
		     bool (*is_so)(const struct step *st, enum side side))
{
	for (size_t i = 0; i < b->n; i++) {
		const struct step *st = &b->steps[i];

		if (is_so(st, side))
			return true;
		if (st->kind == STEP_REPEAT &&
		    any_step(&st->repeat.body, side, is_so))
			return true;
		if (st->kind != STEP_EITHER)
			continue;
		for (size_t k = 0; k < st->either.n; k++)
			if (any_step(&st->either.branch[k], side, is_so))
				return true;
	}
	return false;
}

/* To leave the option out is to break what was agreed upon. */
static bool has_timestamps(const struct step *st, enum side side)
{
	const struct pattern *pat = &st->rung.pat;

	(void)side;
	return st->kind == STEP_RUNG &&
	       (pat->set & (PAT_TSVAL | PAT_TSECR) ||
		(pat->set & PAT_TS && (pat->ts || st->rung.how == RUNG_FORGE)));
}

bool script_has_timestamps(const struct script *s)
{
	return s->link.timestamps && any_step(&s->body, SIDE_A, has_timestamps);
}

static bool counts_sockets(const struct step *st, enum side side)
{
	return st->kind == STEP_COUNT && st->count.side == side &&
	       !st->count.counter;
}

bool script_counts_sockets(const struct script *s, enum side side)
{
	return any_step(&s->body, side, counts_sockets);
}

uint64_t script_verbs(const struct script *s, enum side side)
{
	return block_verbs(&s->body, side);
}

bool script_deviates(const struct script *s, const char *name, const char *id)
{
	for (size_t i = 0; i < s->n_deviates; i++) {
		if (strcmp(s->deviates[i], name) == 0 ||
		    strcmp(s->deviates[i], id) == 0)
			return true;
	}
	return false;
}

const char *script_time_text(struct arena *a, int64_t ns)
{
	static const struct {
		int64_t ns;
		const char *unit;
	} units[] = { { NS_PER_S, "s" },
		      { NS_PER_MS, "ms" },
		      { NS_PER_US, "us" } };
	size_t i = 0;

	while (i < 2 && ns % units[i].ns)
		i++;
	return arena_printf(a, "%" PRId64 "%s", ns / units[i].ns,
			    units[i].unit);
}

const char *script_step_text(struct arena *a, const struct step *st)
{
	char text[PATTERN_TEXT_MAX], states[NAME_STATES_MAX];

	switch (st->kind) {
	case STEP_ACT:
		if (st->act.want.kind != WANT_TEXT)
			return NULL;
		return arena_printf(a, "%c %s%s%s = %s",
				    side_letter(st->act.side),
				    st->act.verb->name,
				    *st->act.args ? " " : "", st->act.args,
				    st->act.want.text);
	case STEP_RUNG:
		return arena_printf(a, "%s from %c",
				    pattern_text(&st->rung.pat, text),
				    side_letter(st->rung.from));
	case STEP_QUIET:
		return arena_printf(a, "quiet %s",
				    script_time_text(a, st->quiet_ns));
	case STEP_IS:
		return arena_printf(a, "%c is %s", side_letter(st->is.side),
				    name_states(st->is.states, states));
	default:
		return NULL;
	}
}

/* "IN,ERR,..": whether answer has these events among its own */
static bool has_events(const char *events, size_t len, const char *answer)
{
	int want = name_poll_parse(events, len - (sizeof(",..") - 1));
	int got = name_poll_parse(answer, strlen(answer));

	return want >= 0 && got >= 0 && (got & want) == want;
}

static bool wants_one(const char *text, size_t len, const char *answer)
{
	if (len > 3 && memcmp(text + len - 3, ",..", 3) == 0)
		return has_events(text, len, answer);
	return strlen(answer) == len && memcmp(text, answer, len) == 0;
}

bool script_wants(const char *text, const char *answer)
{
	size_t len = strcspn(text, "|");

	while (!wants_one(text, len, answer)) {
		if (!text[len])
			return false;
		text += len + 1;
		len = strcspn(text, "|");
	}
	return true;
}

const char *script_count_text(struct arena *a, const struct count *c)
{
	return c->counter ? arena_printf(a, "snmp %s", c->counter)
			  : name_state(c->state);
}

bool script_has_spec(const struct script *s, const char *id)
{
	size_t len = strlen(id);

	for (size_t i = 0; i < s->n_spec; i++) {
		const char *ref = s->spec[i];

		if (strncmp(ref, id, len) == 0 &&
		    (ref[len] == '\0' || ref[len] == ' ' || ref[len] == '-'))
			return true;
	}
	return false;
}

void script_free(struct script *s)
{
	if (!s)
		return;
	arena_free(&s->arena);
	free(s);
}
