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
#define AMBER "\033[33m"
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
	report_preface(run, "", false);
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

/* Cases that do not wait are told apart from those that do little else. */
#define WAITS_NS (20 * NS_PER_MS)

/* From how many of them on, or after how long, their speed is known. */
#define KNOWN_CASES 64
#define KNOWN_NS    NS_PER_S

/* What the time left is estimated from. */
struct progress {
	size_t quick_done;
	size_t quick_rest;
	int64_t first_ns; /* when the first case was given out */
	int64_t waits_ns; /* the longest that a script still has to wait */
};

static struct progress progress_of(const struct run *run, int64_t now)
{
	struct progress p = { .first_ns = now };
	const struct record *r;
	int64_t waits;

	for (r = run->rec; r < run->rec + run->n; r++) {
		waits = script_least_ns(r->job->script);
		if (r->phase != RECORD_WAITING && r->since_ns < p.first_ns)
			p.first_ns = r->since_ns;
		if (waits < WAITS_NS && r->phase == RECORD_DONE)
			p.quick_done++;
		else if (waits < WAITS_NS)
			p.quick_rest++;
		if (r->phase == RECORD_RUNNING)
			waits -= now - r->since_ns;
		if (r->phase != RECORD_DONE && waits > p.waits_ns)
			p.waits_ns = waits;
	}
	return p;
}

/*
 * The time left in ns, or -1 while it is not known: the quick cases go on as
 * fast as until now, once there are enough to tell; those that wait, wait beside
 * each other.
 */
static int64_t time_left(const struct run *run)
{
	int64_t now = clock_mono_ns(), left;
	struct progress p = progress_of(run, now);

	if (!run->done)
		return -1;
	if (!p.quick_rest)
		return p.waits_ns;
	if (!p.quick_done ||
	    (p.quick_done < KNOWN_CASES && now - p.first_ns < KNOWN_NS))
		return -1;
	left = (int64_t)((double)(now - p.first_ns) / (double)p.quick_done *
			 (double)p.quick_rest);
	return left > p.waits_ns ? left : p.waits_ns;
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
	int64_t left;

	if (!run->live)
		return;
	fprintf(run->out, ERASE CUT "cases %zu/%zu  running %zu", run->done,
		run->n, run->running);
	tally(run, "failed", VERDICT_NOT_OK, true);
	tally(run, "broken", VERDICT_BROKEN, false);
	left = time_left(run);
	if (left >= 0)
		fprintf(run->out, "  left %.0f s",
			(double)left / (double)NS_PER_S);
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

/* Its own color, and the requirement: neither passed nor failed. */
static void deviated(const struct run *run, const struct record *rec)
{
	char label[RUN_LABEL_MAX];

	fprintf(run->out, "%s%s%s%s  ", run->live ? ERASE : "",
		color(run, AMBER), verdict_name(rec->out.verdict),
		color(run, PLAIN));
	text_plain(run->out, run_label(run, rec->job, label));
	fputs(": ", run->out);
	report_deviations(run->out, &rec->out, text_plain);
	putc('\n', run->out);
	if (run->verbose)
		text_indent(run->out, "    ", rec->out.ladder);
}

static void done(const struct run *run, const struct record *rec)
{
	char label[RUN_LABEL_MAX];

	if (rec->out.verdict == VERDICT_OK ||
	    rec->out.verdict == VERDICT_SKIP) {
		passed(run, rec);
	} else if (rec->out.verdict == VERDICT_DEVIATES) {
		deviated(run, rec);
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

/* One line on standard error says it all. */
static void refuse(const struct run *run)
{
	(void)run;
}

const struct report report_human = {
	.name = "human",
	.begin = begin,
	.done = done,
	.tick = tick,
	.end = end,
	.refuse = refuse,
};
