/* A run's deviations as rows of expectations. Opens no file. */
#include "run/expectation_record.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "run/fact.h"
#include "script/reference.h"

/* Relative numbers of a case are shorter than those drawn at random. */
#define NUMBER_LONG 7

/* One deviation of a case, in all families and rounds. */
struct seen {
	const char *name;
	const char *id;
	const char *text;
	unsigned int in[2]; /* rounds that showed it: IPv4, IPv6 */
};

struct recording {
	struct arena *arena;
	const struct run *run;
	struct seen *seen;
	size_t n;
};

static int which(int family)
{
	return family == AF_INET6;
}

/* The octets of what differs from run to run at the start of text. */
static size_t volatile_len(const char *text)
{
	size_t sign = *text == '-';
	size_t whole = strspn(text + sign, "0123456789");
	size_t part;

	if (!whole)
		return 0;
	if (whole >= NUMBER_LONG)
		return sign + whole;
	if (sign || text[whole] != '.')
		return 0;
	part = strspn(text + whole + 1, "0123456789");
	return part ? whole + 1 + part : 0;
}

/*
 * Fractions ("1.003 s") and numbers drawn at random become "*". A tab or a new
 * line would end the column.
 */
static const char *stable(struct arena *a, const char *text)
{
	char *copy = arena_strndup(a, text, strlen(text)), *to = copy;

	while (*text) {
		size_t len = volatile_len(text);
		size_t word = len ? len : strspn(text, "0123456789");

		if (len) {
			*to++ = '*';
			text += len;
			continue;
		}
		for (word += !word; word; word--, text++)
			*to++ = (char)(iscntrl((unsigned char)*text) ? ' '
								     : *text);
	}
	*to = '\0';
	return copy;
}

/* Of a step that failed: the first requirement that the case is about. */
static const char *id_of(const struct fact *fact, const struct script *s)
{
	if (fact->id)
		return fact->id;
	for (size_t i = 0; i < s->n_spec; i++) {
		struct word w = { s->spec[i], strlen(s->spec[i]) };

		if (reference_kind(w) == REFERENCE_REQUIREMENT)
			return s->spec[i];
	}
	return s->n_spec ? s->spec[0] : "-";
}

static void add(struct recording *r, const struct job *job,
		const struct fact *fact)
{
	const char *id = id_of(fact, job->script);
	const char *text = stable(r->arena, fact->text);
	struct seen *s;

	for (s = r->seen; s < r->seen + r->n; s++) {
		if (strcmp(s->name, job->name) == 0 && strcmp(s->id, id) == 0 &&
		    strcmp(s->text, text) == 0)
			break;
	}
	if (s == r->seen + r->n) {
		s = arena_push(r->arena, &r->seen, &r->n, sizeof(*s));
		*s = (struct seen){ .name = job->name, .id = id, .text = text };
	}
	s->in[which(job->family)]++;
}

static bool says(const struct record *r)
{
	return r->phase == RECORD_DONE && (r->out.verdict == VERDICT_OK ||
					   r->out.verdict == VERDICT_DEVIATES ||
					   r->out.verdict == VERDICT_NOT_OK);
}

static int by_name(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (!order)
		order = strcmp(x->text, y->text);
	return order ? order : strcmp(x->id, y->id);
}

/* In how many rounds the case was judged, in that family. */
static unsigned int rounds(const struct recording *r, const char *name, int six)
{
	const struct record *rec = r->run->rec;
	unsigned int n = 0;

	for (size_t i = 0; i < r->run->n; i++)
		n += says(&rec[i]) && which(rec[i].job->family) == six &&
		     strcmp(rec[i].job->name, name) == 0;
	return n;
}

static void write_row(FILE *out, const struct recording *r,
		      const struct seen *s, const struct version *v)
{
	unsigned int all = 0, in = s->in[0] + s->in[1];
	const char *family = "*";

	if (!s->in[0] || !s->in[1])
		family = s->in[0] ? "ipv4" : "ipv6";
	for (int six = 0; six < 2; six++)
		all += s->in[six] ? rounds(r, s->name, six) : 0;
	fprintf(out, "%s\t%s\t", s->name, family);
	if (v->n > 1)
		fprintf(out, "%d.%d", v->number[0], v->number[1]);
	else
		putc('*', out);
	fprintf(out, "\t%s\t%s\tfound by this suite\t", s->id, s->text);
	if (in < all)
		fprintf(out, "\tin %u of %u rounds", in, all);
	putc('\n', out);
}

void expectations_record(FILE *out, const struct run *run)
{
	struct arena arena = { 0 };
	struct recording r = { .arena = &arena, .run = run };
	struct version v = { .n = 0 };
	const char *release = run->ends ? run->ends->stack[SIDE_B].version : "";
	const struct fact *fact;

	if (version_read(release, &v))
		v.n = 0;
	for (size_t i = 0; i < run->n; i++) {
		const struct record *rec = &run->rec[i];
		size_t n = says(rec) ? facts_of(&arena, &rec->out, &fact) : 0;

		for (size_t k = 0; k < n; k++)
			add(&r, rec->job, &fact[k]);
	}
	if (r.n)
		qsort(r.seen, r.n, sizeof(*r.seen), by_name);
	fputs(EXPECTATION_HEAD "\n", out);
	for (size_t i = 0; i < r.n; i++)
		write_row(out, &r, &r.seen[i], &v);
	arena_free(&arena);
}
