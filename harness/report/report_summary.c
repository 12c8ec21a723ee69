/* The end of a run, for a person. Only counts and prints. */
#include "report/report_summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/report.h"
#include "base/text.h"

#define SLOWEST 3
#define SLOW_NS NS_PER_S

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

/* A terminal may be narrow: what did not happen has no column. */
static bool has_column(const struct run *run, int v)
{
	return v == VERDICT_OK || run->count[v];
}

static int widest(const struct report_folder *all, size_t n)
{
	size_t width = strlen("folder");

	for (size_t i = 0; i < n; i++)
		width = all[i].len > width ? all[i].len : width;
	return (int)width;
}

static void folders(const struct run *run)
{
	struct report_folder *all;
	size_t n, i;
	int v, width;

	all = report_folders(run, &n);
	width = widest(all, n);
	fprintf(run->out, "%-*s", width, "folder");
	for (v = 0; v < VERDICT_COUNT; v++)
		if (has_column(run, v))
			fprintf(run->out, "%9s", verdict_name((enum verdict)v));
	putc('\n', run->out);
	for (i = 0; i < n; i++) {
		fprintf(run->out, "%-*.*s", width, (int)all[i].len,
			all[i].name);
		for (v = 0; v < VERDICT_COUNT; v++)
			if (has_column(run, v))
				fprintf(run->out, "%9zu", all[i].count[v]);
		putc('\n', run->out);
	}
	free(all);
}

/* Of two that took the same time, the earlier in the list is the slower. */
static bool slower(const struct record *a, const struct record *b)
{
	int64_t x = a->out.duration_ns, y = b->out.duration_ns;

	return x > y || (x == y && a < b);
}

static const struct record *next_slowest(const struct run *run,
					 const struct record *before)
{
	const struct record *best = NULL;
	size_t i;

	for (i = 0; i < run->n; i++) {
		const struct record *r = &run->rec[i];

		if (r->phase == RECORD_DONE && (!before || slower(before, r)) &&
		    (!best || slower(r, best)))
			best = r;
	}
	return best;
}

/* Only what a person would call slow. */
static void slowest(const struct run *run)
{
	const struct record *r = NULL;
	char label[RUN_LABEL_MAX];
	int i;

	for (i = 0; i < SLOWEST; i++) {
		r = next_slowest(run, r);
		if (!r || r->out.duration_ns < SLOW_NS)
			return;
		fprintf(run->out, "%s%8.1f s  ", i ? "" : "slowest\n",
			seconds(r->out.duration_ns));
		text_plain(run->out, run_label(run, r->job, label));
		putc('\n', run->out);
	}
}

static bool same_reason(const struct record *a, const struct record *b)
{
	const char *x = a->out.reason ? a->out.reason : "";
	const char *y = b->out.reason ? b->out.reason : "";

	return b->phase == RECORD_DONE && b->out.verdict == VERDICT_SKIP &&
	       strcmp(x, y) == 0;
}

/* Counts the skips with the reason of r; 0 when one before r has counted. */
static size_t count_reason(const struct run *run, const struct record *r)
{
	const struct record *other;
	size_t n = 0;

	for (other = run->rec; other < r; other++)
		if (same_reason(r, other))
			return 0;
	for (; other < run->rec + run->n; other++)
		n += same_reason(r, other);
	return n;
}

static void skips(const struct run *run)
{
	const struct record *r;
	size_t n;

	if (!run->count[VERDICT_SKIP])
		return;
	fprintf(run->out, "skipped\n");
	for (r = run->rec; r < run->rec + run->n; r++) {
		if (r->phase != RECORD_DONE || r->out.verdict != VERDICT_SKIP)
			continue;
		n = count_reason(run, r);
		if (!n)
			continue;
		fprintf(run->out, "%8zu  ", n);
		text_plain(run->out, r->out.reason);
		putc('\n', run->out);
	}
}

static void places(const struct run *run)
{
	if (run->captures)
		fprintf(run->out, "evidence  %s\n", run->captures);
	if (run->dir)
		fprintf(run->out,
			"report    %s/index.html, results.json, junit.xml\n",
			run->dir);
}

void report_summary(const struct run *run)
{
	folders(run);
	slowest(run);
	skips(run);
	report_inferred(run, "");
	places(run);
	fprintf(run->out, "took      %.1f s\n", seconds(run->duration_ns));
	if (run->signal)
		fprintf(run->out, "interrupted by SIG%s\n",
			sigabbrev_np(run->signal));
	if (run->done < run->n)
		fprintf(run->out, "%zu not run\n", run->n - run->done);
	report_closing(run->out, run);
	putc('\n', run->out);
}
