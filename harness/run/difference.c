/* Holds records beside each other. Knows no format. */
#include "run/difference.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "run/expectation.h"
#include "run/kept.h"

static const char *const names[DIFFERENCE_COUNT] = {
	[DIFFERENCE_REGRESSION] = "regression",
	[DIFFERENCE_FIXED] = "fixed",
	[DIFFERENCE_VERDICT] = "verdict",
	[DIFFERENCE_OTHERWISE] = "otherwise",
	[DIFFERENCE_LADDER] = "ladder",
	[DIFFERENCE_NEW] = "new",
	[DIFFERENCE_GONE] = "gone",
};

const char *difference_name(enum difference_kind kind)
{
	return names[kind];
}

/*
 * Why, for comparison: how long something took is another number in each run.
 * "nothing from A in 1.002 s" becomes "nothing from A in # s".
 */
static const char *why_without_times(struct arena *a, const struct record *rec)
{
	const char *from = difference_why(a, rec);
	char *text = arena_strndup(a, from, strlen(from)), *to = text;

	while (*from) {
		size_t n = strspn(from, "0123456789.");
		bool is_time = n && (memchr(from, '.', n) ||
				     strncmp(from + n, "us", 2) == 0 ||
				     strncmp(from + n, "ms", 2) == 0);

		n = n ? n : 1;
		if (is_time)
			*to++ = '#';
		else
			to = (char *)memcpy(to, from, n) + n;
		from += n;
	}
	*to = '\0';
	return text;
}

struct finder {
	struct differences *d;
	struct arena *a;
	struct run *before;
	struct run *after;
	struct fault *f;
};

static int by_job(const void *a, const void *b)
{
	const struct record *const *x = a, *const *y = b;

	return run_order((*x)->job, (*y)->job);
}

static struct record **sorted(struct arena *a, struct run *run)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
	struct record **all = arena_alloc(a, (run->done + 1) * sizeof(*all));

	for (size_t i = 0; i < run->done; i++)
		all[i] = &run->rec[i];
	if (run->done)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		qsort(all, run->done, sizeof(*all), by_job);
	return all;
}

static void add(struct finder *s, const struct difference *one)
{
	struct difference *row =
		arena_push(s->a, &s->d->row, &s->d->n, sizeof(*row));

	*row = *one;
	s->d->count[one->kind]++;
}

/* How bad a verdict is; a skip says nothing. */
static int badness(enum verdict v)
{
	static const int bad[VERDICT_COUNT] = {
		[VERDICT_OK] = 1,
		[VERDICT_DEVIATES] = 2,
		[VERDICT_NOT_OK] = 3,
		[VERDICT_BROKEN] = 4,
	};

	return bad[v];
}

static bool is_failure(enum verdict v)
{
	return v == VERDICT_NOT_OK || v == VERDICT_BROKEN;
}

static enum difference_kind kind_of(enum verdict before, enum verdict after)
{
	int b = badness(before), a = badness(after);

	if (is_failure(after) && !is_failure(before))
		return DIFFERENCE_REGRESSION;
	if (!b || !a || (is_failure(before) && is_failure(after)))
		return DIFFERENCE_VERDICT;
	return a > b ? DIFFERENCE_REGRESSION : DIFFERENCE_FIXED;
}

const char *difference_why(struct arena *a, const struct record *rec)
{
	const struct outcome *o = &rec->out;
	const struct finding *f = o->finding;

	if (f)
		return arena_printf(a, "%s:%d: %s: expected %s, actual %s",
				    rec->job->script->path, f->line, f->what,
				    f->expected ? f->expected : "-",
				    f->actual ? f->actual : "-");
	if (o->reason)
		return o->reason;
	if (o->n_deviation)
		return deviation_text(a, o->deviation, o->n_deviation);
	return "";
}

/* The time behind a line: "  # +0.000088 s". */
static size_t without_time(const char *line, size_t len)
{
	size_t at = len;

	while (at > 0 && line[at - 1] != '#')
		at--;
	if (at < 3 || at >= len || strncmp(line + at, " +", 2) != 0)
		return len;
	at--;
	while (at > 0 && line[at - 1] == ' ')
		at--;
	return at;
}

/* The next line, the arena's; NULL: there are no more. */
static const char *next_line(struct arena *a, const char **at)
{
	static const char quiet[] = "quiet ";
	size_t len;
	const char *line = *at;

	if (!line || !*line)
		return NULL;
	len = strcspn(line, "\n");
	*at = line[len] ? line + len + 1 : line + len;
	len = without_time(line, len);
	/* How long nothing came is a time too. */
	if (strncmp(line, quiet, strlen(quiet)) == 0)
		len = strlen("quiet");
	return arena_strndup(a, line, len);
}

/*
 * How long the number at text is that no end has counted up to: it lies far
 * from the connection's, as one of another initial number does, which is drawn
 * at random. 0: there is none.
 */
#define DRAWN_FROM 10000000
#define DRAWN_TO   (-1000)

static size_t drawn(const char *text)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)text[0]) &&
	    !(text[0] == '-' && isdigit((unsigned char)text[1])))
		return 0;
	n = strtol(text, &end, 10);
	return n >= DRAWN_FROM || n <= DRAWN_TO ? (size_t)(end - text) : 0;
}

/* What does not tell two lines apart: columns, and such a number. */
static size_t skipped(const char *text)
{
	size_t blanks = strspn(text, " ");

	return blanks ? blanks : drawn(text);
}

static bool is_same(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	for (;;) {
		size_t x = skipped(a), y = skipped(b);

		if (!x != !y || (!x && *a != *b))
			return false;
		if (!x && !*a)
			return true;
		a += x ? x : 1;
		b += y ? y : 1;
	}
}

/* Whether both have a ladder, and these differ: then in which line. */
static int compare_ladders(struct finder *s, struct record *before,
			   struct record *after, struct difference *one,
			   bool *differ)
{
	const char *x, *y;

	*differ = false;
	if (kept_ladder(s->before, before, s->f) ||
	    kept_ladder(s->after, after, s->f))
		return -1;
	x = before->out.ladder;
	y = after->out.ladder;
	if (!x || !y)
		return 0;
	do {
		one->line_before = next_line(s->a, &x);
		one->line_after = next_line(s->a, &y);
		*differ = !is_same(one->line_before, one->line_after);
	} while (!*differ && one->line_before);
	return 0;
}

static int compare(struct finder *s, struct record *before,
		   struct record *after)
{
	struct difference one = { .before = before, .after = after };
	bool differ;

	s->d->compared++;
	if (before->out.verdict != after->out.verdict) {
		one.kind = kind_of(before->out.verdict, after->out.verdict);
		add(s, &one);
		return 0;
	}
	one.kind = DIFFERENCE_OTHERWISE;
	if (!is_same(why_without_times(s->a, before),
		     why_without_times(s->a, after))) {
		add(s, &one);
		return 0;
	}
	one.kind = DIFFERENCE_LADDER;
	if (compare_ladders(s, before, after, &one, &differ))
		return -1;
	if (differ)
		add(s, &one);
	return 0;
}

static int by_kind(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;
	const struct record *r = x->after ? x->after : x->before;
	const struct record *q = y->after ? y->after : y->before;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return run_order(r->job, q->job);
}

int differences_find(struct differences *d, struct arena *a, struct run *before,
		     struct run *after, struct fault *f)
{
	struct finder s = { d, a, before, after, f };
	struct record **x = sorted(a, before), **y = sorted(a, after);
	size_t i = 0, k = 0;

	memset(d, 0, sizeof(*d));
	while (i < before->done || k < after->done) {
		int diff = i == before->done  ? 1
			   : k == after->done ? -1
					      : run_order(x[i]->job, y[k]->job);
		struct difference one = { .kind = diff < 0 ? DIFFERENCE_GONE
							   : DIFFERENCE_NEW,
					  .before = diff < 0 ? x[i] : NULL,
					  .after = diff > 0 ? y[k] : NULL };

		if (diff)
			add(&s, &one);
		else if (compare(&s, x[i], y[k]))
			return -1;
		i += diff <= 0;
		k += diff >= 0;
	}
	if (d->n)
		qsort(d->row, d->n, sizeof(*d->row), by_kind);
	return 0;
}
