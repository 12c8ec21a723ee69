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

/* A test case may have no properties: the suite's name it. */
static void deviations(FILE *out, const struct run *run,
		       const struct report_folder *folder)
{
	char label[RUN_LABEL_MAX];
	const struct record *r;

	for (r = run->rec; r < run->rec + run->n; r++) {
		if (r->phase != RECORD_DONE || !r->out.n_deviation ||
		    !report_is_in(folder, r->job))
			continue;
		fputs("  <property name=\"deviates: ", out);
		text_xml(out, run_label(run, r->job, label));
		fputs("\" value=\"", out);
		report_deviations(out, &r->out, text_xml);
		fputs("\"/>\n", out);
	}
}

static void properties(FILE *out, const struct run *run,
		       const struct report_folder *folder)
{
	const char *link = run->n ? link_name(run->rec[0].job->link) : NULL;
	char seed[16];

	fputs(" <properties>\n", out);
	property(out, "lastack", VERSION);
	property(out, "kernel", run->kernel);
	property(out, "machine", run->machine);
	for (size_t i = 0; i < run->n_ends; i++) {
		const struct ends_plan *ends = &run->ends[i];
		char label[STACK_LABEL_MAX];

		property(out, "stack-a",
			 stack_label(&ends->stack[SIDE_A], label));
		property(out, "stack-b",
			 stack_label(&ends->stack[SIDE_B], label));
		property(out, "clock",
			 ends_are_virtual(ends) ? "virtual" : "real");
	}
	property(out, "link", link ? link : "none");
	if (run->shuffled) {
		snprintf(seed, sizeof(seed), "%u", run->seed);
		property(out, "seed", seed);
	}
	if (run->bug)
		property(out, "bug", run->bug);
	deviations(out, run, folder);
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

/* Neither a failure nor a skip: what it did is the test case's output. */
static void deviated(FILE *out, const struct run *run, const struct record *rec)
{
	fputs("   <system-out>", out);
	body(out, run, rec);
	fputs("</system-out>\n", out);
}

static void testcase(FILE *out, const struct run *run, const struct record *rec)
{
	char label[RUN_LABEL_MAX];

	fputs("  <testcase", out);
	attribute(out, "name", run_label(run, rec->job, label));
	fprintf(out, " time=\"%.6f\"", seconds(rec->out.duration_ns));
	attribute(out, "classname", rec->job->name);
	if (!element[rec->out.verdict] && !rec->out.n_deviation) {
		fputs("/>\n", out);
		return;
	}
	fputs(">\n", out);
	if (element[rec->out.verdict])
		verdict(out, run, rec);
	else
		deviated(out, run, rec);
	fputs("  </testcase>\n", out);
}

static size_t total(const struct report_folder *folder)
{
	size_t sum = 0;

	for (int v = 0; v < VERDICT_COUNT; v++)
		sum += folder->count[v];
	return sum;
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
	properties(out, run, folder);
	for (r = run->rec; r < run->rec + run->n; r++)
		if (r->phase == RECORD_DONE && report_is_in(folder, r->job))
			testcase(out, run, r);
	fputs(" </testsuite>\n", out);
	free(name);
}

/* Why a run is not whole, as an error that CI systems show; or NULL. */
static const char *stopped(const struct run *run, char buf[64])
{
	if (!run->signal)
		return run->refused;
	snprintf(buf, 64, "interrupted by SIG%s, %zu not run",
		 sigabbrev_np(run->signal), run->n - run->done);
	return buf;
}

static void stopped_suite(FILE *out, const struct run *run, const char *why)
{
	char buf[TEXT_TIME_MAX];

	fprintf(out,
		" <testsuite name=\"lastack\" tests=\"1\" failures=\"0\" "
		"errors=\"1\" time=\"%.6f\" skipped=\"0\" "
		"timestamp=\"%s\">\n",
		seconds(run->duration_ns), text_time(run->start_ns, buf));
	fputs("  <testcase name=\"run\" time=\"0\" classname=\"lastack\">\n"
	      "   <error type=\"broken\"",
	      out);
	attribute(out, "message", why);
	fputs("/>\n  </testcase>\n </testsuite>\n", out);
}

static void write_run(FILE *out, const struct run *run)
{
	struct report_folder *all;
	char buf[64];
	const char *why = stopped(run, buf);
	size_t n, i;

	all = report_folders(run, &n);
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites name=\"lastack\" time=\"%.6f\" tests=\"%zu\" "
		"failures=\"%zu\" errors=\"%zu\">\n",
		seconds(run->duration_ns), run->done + (why != NULL),
		run->count[VERDICT_NOT_OK],
		run->count[VERDICT_BROKEN] + (why != NULL));
	if (why)
		stopped_suite(out, run, why);
	for (i = 0; i < n; i++)
		suite(out, run, &all[i]);
	fputs("</testsuites>\n", out);
	free(all);
}

int report_junit(const struct run *run, const char *path, struct fault *f)
{
	return report_file(run, path, write_run, f);
}
