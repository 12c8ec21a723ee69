/*
 * A run as a person watches it: a line of progress that redraws itself on a
 * terminal, failures as they happen, and at the end what it amounts to.
 */
#include "report/report.h"

#include "base/clock.h"
#include "report/report_summary.h"
#include "base/text.h"

#define RED   "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"
#define ERASE "\r\033[K"

/* A line that is longer than the terminal is wide is cut, not wrapped. */
#define CUT  "\033[?7l"
#define WRAP "\033[?7h"

static const char *color(const struct run *run, const char *code)
{
	return run->color ? code : "";
}

static void begin(const struct run *run)
{
	if (run->shuffled)
		fprintf(run->out,
			"seed %u (--shuffle %u runs in the same "
			"order)\n",
			run->seed, run->seed);
	if (run->bug)
		fprintf(run->out, "bug %s\n", run->bug);
	fflush(run->out);
}

static const struct record *longest_running(const struct run *run)
{
	const struct record *r, *longest = NULL;

	for (r = run->rec; r < run->rec + run->n; r++)
		if (r->phase == RECORD_RUNNING &&
		    (!longest || r->since_ns < longest->since_ns))
			longest = r;
	return longest;
}

/*
 * Estimates the time left, once the first case is done: the rest takes as long
 * as those before, but at least what a script still has to wait for.
 */
static int64_t time_left(const struct run *run)
{
	int64_t now = clock_mono_ns(), left, waits;
	const struct record *r;

	left = (int64_t)((double)(now - run->since_ns) / (double)run->done *
			 (double)(run->n - run->done - run->running));
	for (r = run->rec; r < run->rec + run->n; r++) {
		if (r->phase == RECORD_DONE)
			continue;
		waits = script_least_ns(r->job->script);
		if (r->phase == RECORD_RUNNING)
			waits -= now - r->since_ns;
		if (waits > left)
			left = waits;
	}
	return left;
}

/* "  failed 2", in red; zero of them in plain, or not at all. */
static void tally(const struct run *run, const char *name, enum verdict v,
		  bool zero)
{
	size_t n = run->count[v];

	if (n || zero)
		fprintf(run->out, "  %s%s %zu%s", n ? color(run, RED) : "",
			name, n, n ? color(run, PLAIN) : "");
}

static void tick(const struct run *run)
{
	const struct record *longest = longest_running(run);

	if (!run->live)
		return;
	fprintf(run->out, ERASE CUT "cases %zu/%zu  running %zu", run->done,
		run->n, run->running);
	tally(run, "failed", VERDICT_NOT_OK, true);
	tally(run, "broken", VERDICT_BROKEN, false);
	if (run->done)
		fprintf(run->out, "  left %.0f s",
			(double)time_left(run) / (double)NS_PER_S);
	if (longest) {
		fputs("  ", run->out);
		text_plain(run->out, longest->job->name);
	}
	fputs(WRAP, run->out);
	fflush(run->out);
}

/* A passing case's ladder, which --verbose asks for. */
static void passed(const struct run *run, const struct record *rec)
{
	char label[RUN_LABEL_MAX];

	if (!run->verbose)
		return;
	fprintf(run->out, "%s%s%s%s  ", run->live ? ERASE : "",
		color(run, GREEN), verdict_name(rec->out.verdict),
		color(run, PLAIN));
	text_plain(run->out, run_label(run, rec->job, label));
	if (rec->out.reason) {
		fputs(": ", run->out);
		text_plain(run->out, rec->out.reason);
	}
	putc('\n', run->out);
	text_indent(run->out, "    ", rec->out.ladder);
	putc('\n', run->out);
}

static void done(const struct run *run, const struct record *rec)
{
	char label[RUN_LABEL_MAX];

	if (rec->out.verdict == VERDICT_OK ||
	    rec->out.verdict == VERDICT_SKIP) {
		passed(run, rec);
	} else {
		fprintf(run->out, "%s%s%s%s  ", run->live ? ERASE : "",
			color(run, RED), verdict_name(rec->out.verdict),
			color(run, PLAIN));
		text_plain(run->out, run_label(run, rec->job, label));
		putc('\n', run->out);
		report_failure(run->out, run, rec);
		putc('\n', run->out);
	}
	if (!run->live)
		fflush(run->out);
}

static void end(const struct run *run)
{
	if (run->live)
		fputs(ERASE, run->out);
	report_summary(run);
	fflush(run->out);
}

const struct report report_human = {
	.name = "human",
	.begin = begin,
	.done = done,
	.tick = tick,
	.end = end,
};
