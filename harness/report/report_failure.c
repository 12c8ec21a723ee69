/*
 * One failure as text for a person: where, what was expected above what came,
 * the ladder so far, both states, and the commands that go on from there.
 */
#include "report/report.h"

#include <string.h>

#include "base/name.h"
#include "base/text.h"

static void field(FILE *out, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(out, "  %-12s ", name);
	text_plain(out, text);
	putc('\n', out);
}

static void requirements(FILE *out, const struct script *s)
{
	size_t i;

	if (!s->n_spec)
		return;
	fprintf(out, "  %-12s ", "requirement");
	for (i = 0; i < s->n_spec; i++) {
		fputs(i ? ", " : "", out);
		text_plain(out, s->spec[i]);
	}
	putc('\n', out);
}

/* Tests of other suites are cited too, and demand nothing. */
static bool is_demand(const struct requirement *r)
{
	return r && strcmp(r->level, "test") != 0;
}

/* "RFC9293 3.6, MUST: the sentence" */
static void clause(FILE *out, const struct run *run, const char *id)
{
	struct word w = { .at = id, .len = id ? strlen(id) : 0 };
	const struct requirement *r =
		run->catalogue && id ? catalogue_find(run->catalogue, w) : NULL;

	if (!is_demand(r))
		return;
	fprintf(out, "  %-12s ", "clause");
	text_plain(out, r->source);
	putc(' ', out);
	text_plain(out, r->section);
	fputs(", ", out);
	text_plain(out, r->level);
	fputs(": ", out);
	text_plain(out, r->text);
	putc('\n', out);
}

static bool is_judgement(const struct judged *j)
{
	return j->severity >= SEVERITY_SUSPICIOUS && !j->declared;
}

static bool is_same(const struct judged *a, const struct judged *b)
{
	return is_judgement(a) && a->id && b->id && strcmp(a->id, b->id) == 0;
}

/* What a judge found is the clause that counts; else what the case is about. */
static void clauses(FILE *out, const struct run *run, const struct record *rec)
{
	const struct outcome *o = &rec->out;
	const struct script *s = rec->job->script;
	bool judged = false;
	size_t i, k;

	for (i = 0; i < o->n_judged; i++) {
		if (!is_judgement(&o->judged[i]))
			continue;
		judged = true;
		for (k = 0; k < i && !is_same(&o->judged[k], &o->judged[i]);
		     k++)
			;
		if (k == i)
			clause(out, run, o->judged[i].id);
	}
	for (i = 0; i < s->n_spec && !judged; i++)
		clause(out, run, s->spec[i]);
}

static void put_frame(FILE *out, size_t frame)
{
	if (frame != TAPE_NO_FRAME)
		fprintf(out, "  %-12s %zu of the capture\n", "frame",
			frame + 1);
}

static void judged(FILE *out, const struct judged *j)
{
	fprintf(out, "  %-12s ", "rule");
	text_plain(out, j->rule);
	fprintf(out, " by %c", side_letter(j->side));
	if (j->frame != TAPE_NO_FRAME)
		fprintf(out, ", frame %zu", j->frame + 1);
	fputs(": expected ", out);
	text_plain(out, j->expected);
	fputs(", actual ", out);
	text_plain(out, j->actual);
	putc('\n', out);
}

static void deviation(FILE *out, const struct deviation *d)
{
	fprintf(out, "  %-12s ", "deviates");
	text_plain(out, d->id);
	fputs(": ", out);
	text_plain(out, d->text);
	putc('\n', out);
}

/* Whether a reason says itself where in the case it came about. */
static bool has_place(const char *reason, const char *path)
{
	size_t len = strlen(path);

	return reason && strncmp(reason, path, len) == 0 && reason[len] == ':';
}

/* "cases/x.fin:9: wrong flags", or what broke. */
static void headline(FILE *out, const struct record *rec)
{
	const char *path = rec->job->script->path;
	const struct finding *f = rec->out.finding;

	fputs("  ", out);
	if (f || !has_place(rec->out.reason, path)) {
		text_plain(out, path);
		if (f)
			fprintf(out, ":%d", f->line);
		fputs(": ", out);
	}
	text_plain(out, f ? f->what : rec->out.reason);
	putc('\n', out);
}

static void commands(FILE *out, const struct run *run, const struct record *rec)
{
	if (rec->out.evidence && rec->job->capture) {
		fprintf(out, "  %-12s wireshark ", "capture");
		text_word(out, rec->job->capture);
		putc('\n', out);
	}
	fprintf(out, "  %-12s ", "again");
	report_again(out, run, rec->job);
	putc('\n', out);
}

void report_failure(FILE *out, const struct run *run, const struct record *rec)
{
	const struct outcome *o = &rec->out;
	size_t i;

	if (o->verdict != VERDICT_DEVIATES)
		headline(out, rec);
	field(out, "title", rec->job->script->title);
	requirements(out, rec->job->script);
	clauses(out, run, rec);
	if (o->finding) {
		field(out, "expected", o->finding->expected);
		field(out, "actual", o->finding->actual);
		put_frame(out, o->finding->frame);
	}
	for (i = 0; i < o->n_judged; i++)
		if (is_judgement(&o->judged[i]))
			judged(out, &o->judged[i]);
	for (i = 0; i < o->n_branch; i++)
		field(out, "branch", o->branch[i]);
	for (i = 0; i < o->n_deviation; i++)
		deviation(out, &o->deviation[i]);
	fprintf(out, "  %-12s A %s, B %s\n", "states",
		name_state(o->state[SIDE_A]), name_state(o->state[SIDE_B]));
	if (o->ladder && *o->ladder) {
		fprintf(out, "  ladder\n");
		text_indent(out, "    ", o->ladder);
	}
	commands(out, run, rec);
}
