/*
 * KTAP version 1, as the kernel's selftests print it: no YAML, but diagnostic
 * lines before a result; XFAIL, which KTAP has where TAP has TODO; the totals of
 * kselftest.h at the end.
 */
#include "report/report.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

static void begin(const struct run *run)
{
	fprintf(run->out, "KTAP version 1\n1..%zu\n", run->n);
	report_preface(run, "# ", true);
	fflush(run->out);
}

static void diagnostic(const struct run *run, const struct record *rec)
{
	char *text;
	size_t len;
	FILE *mem = memory_stream(&text, &len);

	report_failure(mem, run, rec);
	memory_stream_end(mem);
	text_indent(run->out, "# ", text);
	free(text);
}

/* What of the verdict "ok" and "not ok" do not say. */
static void directive(const struct run *run, const struct record *rec)
{
	switch (rec->out.verdict) {
	case VERDICT_SKIP:
		fputs(" # SKIP ", run->out);
		text_tap(run->out, rec->out.reason);
		break;
	case VERDICT_DEVIATES:
		fputs(" # XFAIL deviates ", run->out);
		report_deviations(run->out, &rec->out, text_tap);
		break;
	case VERDICT_BROKEN:
		fputs(" # ERROR ", run->out);
		text_tap(run->out, rec->out.reason);
		break;
	default:
		break;
	}
}

static void done(const struct run *run, const struct record *rec)
{
	bool failed = rec->out.verdict == VERDICT_NOT_OK ||
		      rec->out.verdict == VERDICT_BROKEN;
	char label[RUN_LABEL_MAX];

	if (failed)
		diagnostic(run, rec);
	else if (run->verbose && rec->out.ladder)
		text_indent(run->out, "# ", rec->out.ladder);
	fprintf(run->out, "%sok %zu - ", failed ? "not " : "", run->done);
	text_tap(run->out, run_label(run, rec->job, label));
	directive(run, rec);
	putc('\n', run->out);
	fflush(run->out);
}

static void tick(const struct run *run)
{
	(void)run;
}

static void end(const struct run *run)
{
	const size_t *n = run->count;

	if (run->captures)
		fprintf(run->out, "# evidence %s\n", run->captures);
	if (run->dir)
		fprintf(run->out, "# report %s\n", run->dir);
	fputs("# ", run->out);
	report_closing(run->out, run);
	fprintf(run->out,
		"\n# Totals: pass:%zu fail:%zu xfail:%zu xpass:0 skip:%zu "
		"error:%zu\n",
		n[VERDICT_OK], n[VERDICT_NOT_OK], n[VERDICT_DEVIATES],
		n[VERDICT_SKIP], n[VERDICT_BROKEN]);
	if (run->done < run->n)
		report_bail_out(run);
	fflush(run->out);
}

static void refuse(const struct run *run)
{
	begin(run);
	report_bail_out(run);
}

const struct report report_ktap = {
	.name = "ktap",
	.begin = begin,
	.done = done,
	.tick = tick,
	.end = end,
	.refuse = refuse,
};
