/* Outcomes held against expectations. Knows no file. */
#include "run/expectation.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"
#include "run/fact.h"

struct holding {
	struct arena *arena;
	const struct expectation **row; /* those of the case */
	bool *came;			/* by row */
	size_t n;
	struct outcome *out;
	struct deviation *deviation; /* of the facts that were expected */
	size_t n_deviation;
};

/* The pieces between the stars come in this order. */
static bool is_in(const char *pattern, const char *end, const char *text)
{
	while (pattern < end) {
		const char *star =
			memchr(pattern, '*', (size_t)(end - pattern));
		size_t len = (size_t)((star ? star : end) - pattern);
		const char *at = memmem(text, strlen(text), pattern, len);

		if (!at)
			return false;
		text = at + len;
		pattern += len + (star != NULL);
	}
	return true;
}

/* Any of the ways to tell it. */
static bool tells(const char *pattern, const char *text)
{
	const char *end;

	while ((end = strstr(pattern, EXPECTATION_OR))) {
		if (is_in(pattern, end, text))
			return true;
		pattern = end + strlen(EXPECTATION_OR);
	}
	return is_in(pattern, pattern + strlen(pattern), text);
}

unsigned int expectation_ends(const char *text, size_t len)
{
	static const char *const words[] = { " by ", " of ", " to ", " from " };
	unsigned int ends = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = text, *end = text + len;
		size_t n = strlen(words[i]);

		while ((at = memmem(at, (size_t)(end - at), words[i], n))) {
			at += n;
			if (at == end ||
			    (at + 1 < end && isalnum((unsigned char)at[1])))
				continue;
			if (*at == 'A' || *at == 'B')
				ends |= SIDE_BIT(*at == 'A' ? SIDE_A : SIDE_B);
		}
	}
	return ends;
}

/* Of A's stack a row says nothing about B; what B does may lead A astray. */
static bool is_about(const struct expectation *x, const char *text)
{
	unsigned int ends = expectation_ends(text, strlen(text));

	return x->ends & SIDE_BIT(SIDE_B) || !ends || ends & x->ends;
}

/* Of a version that nobody knows what some versions do may be so. */
static bool is_certain(const struct expectation *x)
{
	return x->version.n || (!x->range.from.n && !x->range.to.n);
}

/* B is the end under test; what A does may be otherwise beside another B. */
static bool has_to_come(const struct expectation *x)
{
	return !*x->sometimes && !x->may && is_certain(x) &&
	       x->ends & SIDE_BIT(SIDE_B);
}

static bool has_id(const struct expectation *x, const char *id)
{
	for (size_t i = 0; i < x->n_id; i++)
		if (!id || strcmp(x->id[i], id) == 0)
			return true;
	return false;
}

/* The requirements of a step that failed are those of its row. */
static void add_deviations(struct holding *h, const struct fact *fact,
			   const struct expectation *x)
{
	for (size_t i = 0; i < x->n_id; i++) {
		if (fact->id && strcmp(fact->id, x->id[i]) != 0)
			continue;
		*(struct deviation *)arena_push(h->arena, &h->deviation,
						&h->n_deviation,
						sizeof(*h->deviation)) =
			(struct deviation){ x->id[i], fact->text, fact->line,
					    fact->frame };
	}
}

static bool is_expected(struct holding *h, const struct fact *fact)
{
	bool expected = false;

	for (size_t i = 0; i < h->n; i++) {
		const struct expectation *x = h->row[i];

		if (!is_about(x, fact->text) || !has_id(x, fact->id) ||
		    !tells(x->text, fact->text))
			continue;
		if (!expected)
			add_deviations(h, fact, x);
		h->came[i] = expected = true;
	}
	return expected;
}

static const char *row_text(struct holding *h, const struct expectation *x)
{
	return arena_printf(h->arena, "%s: %s (%s:%zu)", x->requirements,
			    x->text, x->path, x->line);
}

static void not_ok(struct holding *h, const struct finding *found)
{
	struct finding *f = arena_alloc(h->arena, sizeof(*f));

	*f = *found;
	h->out->finding = f;
	h->out->verdict = VERDICT_NOT_OK;
}

/* A step that failed, or a rule that was broken, is told of as it was. */
static void unexpected(struct holding *h, const struct fact *fact)
{
	struct finding f = { .line = fact->line, .frame = fact->frame };

	if (h->out->verdict == VERDICT_NOT_OK && h->out->finding) {
		f = *h->out->finding;
		if (h->n)
			f.what = arena_printf(h->arena,
					      "deviates otherwise: %s", f.what);
		not_ok(h, &f);
		return;
	}
	f.what =
		h->n ? "deviates otherwise" : "deviates, and no row expects it";
	f.expected = h->n ? row_text(h, h->row[0]) : "no deviation";
	f.actual = arena_printf(h->arena, "%s: %s", fact->id, fact->text);
	not_ok(h, &f);
}

static void gone(struct holding *h, const struct expectation *x)
{
	const struct finding f = {
		.line = 1,
		.what = "deviation gone",
		.expected = row_text(h, x),
		.actual = "as specified",
		.frame = TAPE_NO_FRAME,
	};

	not_ok(h, &f);
}

static void find_rows(struct holding *h, const struct expectations *e,
		      const struct job *job)
{
	for (size_t i = 0; i < e->n; i++) {
		if (!expectation_is_for(&e->row[i], job->name, job->family))
			continue;
		*(const struct expectation **)arena_push(
			h->arena, &h->row, &h->n,
			sizeof(struct expectation *)) = &e->row[i];
	}
	h->came = arena_alloc(h->arena, (h->n + 1) * sizeof(*h->came));
}

static void hold_facts(struct holding *h, bool only_seen)
{
	const struct fact *fact;
	size_t n = facts_of(h->arena, h->out, &fact);

	for (size_t i = 0; i < n; i++) {
		if (!is_expected(h, &fact[i])) {
			unexpected(h, &fact[i]);
			return;
		}
	}
	for (size_t i = 0; i < h->n && !only_seen; i++) {
		if (!h->came[i] && has_to_come(h->row[i])) {
			gone(h, h->row[i]);
			return;
		}
	}
	if (!n)
		return;
	h->out->deviation = h->deviation;
	h->out->n_deviation = h->n_deviation;
	h->out->verdict = VERDICT_DEVIATES;
}

void expectations_hold(const struct expectations *e, struct arena *a,
		       const struct job *job, bool only_seen,
		       struct outcome *out)
{
	struct holding h = { .arena = a, .out = out };

	if (out->verdict == VERDICT_SKIP || out->verdict == VERDICT_BROKEN)
		return;
	find_rows(&h, e, job);
	hold_facts(&h, only_seen);
}
