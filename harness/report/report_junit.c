/*
 * junit.xml, as CI systems read it: a suite per folder, in the order of
 * elements and attributes that Jenkins' junit-10.xsd demands. It allows no
 * "file" on a test case, so the file is in the text.
 */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static void attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	text_xml(out, value);
	putc('"', out);
}

static void property(FILE *out, const char *name, const char *value)
{
	fputs("  <property", out);
	attribute(out, "name", name);
	attribute(out, "value", value);
	fputs("/>\n", out);
}

static void properties(FILE *out, const struct run *run)
{
	const char *link = run->n ? link_name(run->rec[0].job->link) : NULL;
	char seed[16];

	fputs(" <properties>\n", out);
	property(out, "lastack", VERSION);
	property(out, "kernel", run->kernel);
	property(out, "machine", run->machine);
	property(out, "link", link ? link : "none");
	if (run->shuffled) {
		snprintf(seed, sizeof(seed), "%u", run->seed);
		property(out, "seed", seed);
	}
	if (run->bug)
		property(out, "bug", run->bug);
	fputs(" </properties>\n", out);
}

/* What is said in the element of each verdict that is not ok. */
static const char *const element[VERDICT_COUNT] = {
	[VERDICT_NOT_OK] = "failure",
	[VERDICT_SKIP] = "skipped",
	[VERDICT_BROKEN] = "error",
};

static void body(FILE *out, const struct run *run, const struct record *rec)
{
	char *text = NULL;
	size_t len;
	FILE *mem;

	if (rec->out.verdict == VERDICT_SKIP)
		return;
	mem = memory_stream(&text, &len);
	report_failure(mem, run, rec);
	memory_stream_end(mem);
	text_xml_data(out, text);
	free(text);
}

static void verdict(FILE *out, const struct run *run, const struct record *rec)
{
	const struct finding *f = rec->out.finding;
	const char *name = element[rec->out.verdict];

	fprintf(out, "   <%s", name);
	attribute(out, "type", verdict_name(rec->out.verdict));
	attribute(out, "message", f ? f->what : rec->out.reason);
	putc('>', out);
	body(out, run, rec);
	fprintf(out, "</%s>\n", name);
}

static void testcase(FILE *out, const struct run *run, const struct record *rec)
{
	char label[RUN_LABEL_MAX];

	fputs("  <testcase", out);
	attribute(out, "name", run_label(run, rec->job, label));
	fprintf(out, " time=\"%.6f\"", seconds(rec->out.duration_ns));
	attribute(out, "classname", rec->job->name);
	if (!element[rec->out.verdict]) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n", out);
	verdict(out, run, rec);
	fputs("  </testcase>\n", out);
}

static size_t total(const struct report_folder *folder)
{
	return folder->count[VERDICT_OK] + folder->count[VERDICT_NOT_OK] +
	       folder->count[VERDICT_SKIP] + folder->count[VERDICT_BROKEN];
}

static void suite(FILE *out, const struct run *run,
		  const struct report_folder *folder)
{
	const struct record *r;
	char buf[TEXT_TIME_MAX];
	char *name = strndup(folder->name, folder->len);

	fputs(" <testsuite", out);
	attribute(out, "name", name);
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
		total(folder), folder->count[VERDICT_NOT_OK],
		folder->count[VERDICT_BROKEN]);
	fprintf(out, " time=\"%.6f\" skipped=\"%zu\"",
		seconds(folder->duration_ns), folder->count[VERDICT_SKIP]);
	attribute(out, "timestamp", text_time(run->start_ns, buf));
	fputs(">\n", out);
	properties(out, run);
	for (r = run->rec; r < run->rec + run->n; r++)
		if (r->phase == RECORD_DONE && report_is_in(folder, r->job))
			testcase(out, run, r);
	fputs(" </testsuite>\n", out);
	free(name);
}

static void write_run(FILE *out, const struct run *run)
{
	struct report_folder *all;
	size_t n, i;

	all = report_folders(run, &n);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"lastack\" time=\"%.6f\" tests=\"%zu\" "
		"failures=\"%zu\" errors=\"%zu\">\n",
		seconds(run->duration_ns), run->done,
		run->count[VERDICT_NOT_OK], run->count[VERDICT_BROKEN]);
	for (i = 0; i < n; i++)
		suite(out, run, &all[i]);
	fputs("</testsuites>\n", out);
	free(all);
}

int report_junit(const struct run *run, const char *path, struct fault *f)
{
	return report_file(run, path, write_run, f);
}
