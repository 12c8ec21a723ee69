/*
 * TAP version 14, for pipes and other programs: one line per job in the order
 * they end, a YAML block under each that is not ok. Version 13, which Perl's
 * prove reads, has another first line, and nothing else.
 */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/name.h"
#include "base/text.h"

static void begin_version(const struct run *run, int version)
{
	fprintf(run->out, "TAP version %d\n1..%zu\n", version, run->n);
	report_preface(run, "# ", true);
	fflush(run->out);
}

static void begin(const struct run *run)
{
	begin_version(run, 14);
}

static void begin13(const struct run *run)
{
	begin_version(run, 13);
}

/* A JSON string is a YAML string too. */
static void yaml_value(FILE *out, const char *text)
{
	json_t *j = text_json(text);
	char *value = json_dumps(j, JSON_ENCODE_ANY);

	fputs(value ? value : "null", out);
	free(value);
	json_decref(j);
}

static void yaml(FILE *out, const char *key, const char *text)
{
	if (!text)
		return;
	fprintf(out, "  %s: ", key);
	yaml_value(out, text);
	putc('\n', out);
}

static void yaml_list(FILE *out, const char *key, const char *const *item,
		      size_t n)
{
	size_t i;

	fprintf(out, "  %s: [", key);
	for (i = 0; i < n; i++) {
		fputs(i ? ", " : "", out);
		yaml_value(out, item[i]);
	}
	fputs("]\n", out);
}

/* YAML needs the depth only before a first blank; old readers know none. */
static void yaml_block(FILE *out, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "  %s: |%s\n", key, *text == ' ' ? "2" : "");
	text_indent(out, "    ", text);
}

static void yaml_again(FILE *out, const struct run *run, const struct job *job)
{
	char *text;
	size_t len;
	FILE *mem = memory_stream(&text, &len);

	report_again(mem, run, job);
	memory_stream_end(mem);
	yaml(out, "again", text);
	free(text);
}

static void finding(FILE *out, const struct finding *f)
{
	if (!f)
		return;
	fprintf(out, "  line: %d\n", f->line);
	yaml(out, "what", f->what);
	yaml(out, "expected", f->expected);
	yaml(out, "actual", f->actual);
	if (f->frame != TAPE_NO_FRAME)
		fprintf(out, "  frame: %zu\n", f->frame + 1);
}

static const char *const severity[VERDICT_COUNT] = {
	[VERDICT_DEVIATES] = "deviates",
	[VERDICT_NOT_OK] = "fail",
	[VERDICT_BROKEN] = "broken",
};

static void yaml_deviations(FILE *out, const struct outcome *o)
{
	for (size_t i = 0; i < o->n_deviation; i++) {
		const struct deviation *d = &o->deviation[i];

		fprintf(out, "%s  - {line: %d, id: ", i ? "" : "  deviates:\n",
			d->line);
		yaml_value(out, d->id);
		fputs(", text: ", out);
		yaml_value(out, d->text);
		fputs("}\n", out);
	}
}

static void diagnostic(const struct run *run, const struct record *rec)
{
	const struct script *s = rec->job->script;
	const struct outcome *o = &rec->out;
	FILE *out = run->out;

	fprintf(out, "  ---\n  severity: %s\n", severity[o->verdict]);
	yaml(out, "file", s->path);
	yaml(out, "title", s->title);
	yaml_list(out, "spec", s->spec, s->n_spec);
	yaml(out, "reason", o->reason);
	finding(out, o->finding);
	yaml_deviations(out, o);
	fprintf(out, "  states: {A: \"%s\", B: \"%s\"}\n",
		name_state(o->state[SIDE_A]), name_state(o->state[SIDE_B]));
	if (o->n_branch)
		yaml_list(out, "branch", o->branch, o->n_branch);
	yaml_block(out, "ladder", o->ladder);
	/* A capture that is replayed exists whatever came of it. */
	if (o->evidence || !link_name(rec->job->link))
		yaml(out, "capture", rec->job->capture);
	yaml_again(out, run, rec->job);
	fprintf(out, "  ...\n");
}

static void done(const struct run *run, const struct record *rec)
{
	bool failed = severity[rec->out.verdict] != NULL;
	char label[RUN_LABEL_MAX];

	fprintf(run->out, "%sok %zu - ", failed ? "not " : "", run->done);
	text_tap(run->out, run_label(run, rec->job, label));
	if (rec->out.verdict == VERDICT_SKIP) {
		fputs(" # SKIP ", run->out);
		text_tap(run->out, rec->out.reason);
	}
	/* A reader of TAP lets such a point fail, and the run pass. */
	if (rec->out.verdict == VERDICT_DEVIATES) {
		fputs(" # TODO deviates ", run->out);
		report_deviations(run->out, &rec->out, text_tap);
	}
	putc('\n', run->out);
	if (failed)
		diagnostic(run, rec);
	else if (run->verbose && rec->out.ladder)
		text_indent(run->out, "# ", rec->out.ladder);
	fflush(run->out);
}

static void tick(const struct run *run)
{
	(void)run;
}

static void end(const struct run *run)
{
	report_inferred(run, "# ");
	if (run->captures)
		fprintf(run->out, "# evidence %s\n", run->captures);
	if (run->dir)
		fprintf(run->out, "# report %s\n", run->dir);
	fprintf(run->out, "# took %.1f s\n# ",
		(double)run->duration_ns / (double)NS_PER_S);
	report_closing(run->out, run);
	putc('\n', run->out);
	if (run->done < run->n)
		report_bail_out(run);
	fflush(run->out);
}

static void refuse(const struct run *run)
{
	begin(run);
	report_bail_out(run);
}

static void refuse13(const struct run *run)
{
	begin13(run);
	report_bail_out(run);
}

const struct report report_tap = {
	.name = "tap",
	.begin = begin,
	.done = done,
	.tick = tick,
	.end = end,
	.refuse = refuse,
};

const struct report report_tap13 = {
	.name = "tap13",
	.begin = begin13,
	.done = done,
	.tick = tick,
	.end = end,
	.refuse = refuse13,
};
