/* Questions to a parsed case. Knows nothing of how it was written. */
#include "script/script.h"

#include <stdlib.h>
#include <string.h>

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

bool script_deviates(const struct script *s, const char *name, const char *id)
{
	for (size_t i = 0; i < s->n_deviates; i++) {
		if (strcmp(s->deviates[i], name) == 0 ||
		    strcmp(s->deviates[i], id) == 0)
			return true;
	}
	return false;
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
