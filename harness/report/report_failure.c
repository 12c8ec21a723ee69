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

	headline(out, rec);
	field(out, "title", rec->job->script->title);
	requirements(out, rec->job->script);
	if (o->finding) {
		field(out, "expected", o->finding->expected);
		field(out, "actual", o->finding->actual);
	}
	for (i = 0; i < o->n_branch; i++)
		field(out, "branch", o->branch[i]);
	fprintf(out, "  %-12s A %s, B %s\n", "states",
		name_state(o->state[SIDE_A]), name_state(o->state[SIDE_B]));
	if (o->ladder && *o->ladder) {
		fprintf(out, "  ladder\n");
		text_indent(out, "    ", o->ladder);
	}
	commands(out, run, rec);
}
