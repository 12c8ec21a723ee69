/*
 * The book of a run. Counts verdicts; knows nothing of how jobs are carried
 * out or shown.
 */
#include "run/run.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folder.h"
#include "run/expectation.h"
#include "run/plan.h"
#include "run/result.h"

#define EXIT_NOT_OK  1
#define EXIT_BROKEN  2
#define EXIT_NOTHING 77
#define EXIT_SIGNAL  128

/* Bounds of cases and of the specifications are not closer than that. */
#define LATE_MOST_NS (250 * NS_PER_MS)
/* What each frame costs the harness itself, which a storm of them adds up. */
#define LATE_EACH_NS (50 * NS_PER_US)

int run_order(const struct job *x, const struct job *y)
{
	int diff = strcmp(x->name, y->name);

	if (!diff)
		diff = (x->link > y->link) - (x->link < y->link);
	if (!diff)
		diff = (x->family > y->family) - (x->family < y->family);
	if (!diff)
		diff = strcmp(x->guest ? x->guest : "",
			      y->guest ? y->guest : "");
	return diff ? diff : (x->round > y->round) - (x->round < y->round);
}

const char *run_stack(struct arena *a, const struct ends_plan *ends,
		      enum side side)
{
	char label[STACK_LABEL_MAX];

	return ends ? arena_printf(a, "%s",
				   stack_label(&ends->stack[side], label))
		    : NULL;
}

void run_begin(struct run *run, const struct job *job, size_t n)
{
	struct utsname u = { .sysname = "unknown", .machine = "unknown" };
	size_t i;

	uname(&u);
	run->kernel = arena_printf(&run->arena, "%s %s", u.sysname, u.release);
	run->machine = arena_printf(&run->arena, "%s", u.machine);
	run->rec = arena_alloc(&run->arena, n * sizeof(*run->rec));
	run->n = n;
	run->rounds = 1;
	for (i = 0; i < n; i++) {
		run->rec[i].job = &job[i];
		if (job[i].round > run->rounds)
			run->rounds = job[i].round;
	}
	run->start_ns = clock_real_ns();
	run->since_ns = clock_mono_ns();
}

void run_give(struct run *run, size_t i)
{
	run->rec[i].phase = RECORD_RUNNING;
	run->rec[i].since_ns = clock_mono_ns();
	run->running++;
}

void run_take_back(struct run *run, size_t i)
{
	run->rec[i].phase = RECORD_WAITING;
	run->running--;
}

/* The finding of a case that had to run and was skipped. */
static void require(struct run *run, struct outcome *out)
{
	struct finding *f = arena_alloc(&run->arena, sizeof(*f));

	f->line = 1;
	f->what = "skipped, and --require was given";
	f->expected = "the case runs";
	f->actual = out->reason ? out->reason : "skipped";
	f->frame = TAPE_NO_FRAME;
	out->finding = f;
	out->verdict = VERDICT_NOT_OK;
}

/*
 * A failure on a machine that is starved says nothing of the stack, unless it
 * is one that was expected, or asked for by injecting a bug. Where a bound of
 * time was missed, the machine's delay need only be longer than that.
 */
static void blame_machine(struct run *run, struct outcome *out)
{
	int64_t most = LATE_MOST_NS + (int64_t)out->segments * LATE_EACH_NS;
	const char *what = out->finding ? out->finding->what : "not ok";

	if (out->finding && out->finding->missed_ns &&
	    out->finding->missed_ns < most)
		most = out->finding->missed_ns;
	if (out->verdict != VERDICT_NOT_OK || out->late_ns <= most)
		return;
	out->verdict = VERDICT_BROKEN;
	out->reason =
		arena_printf(&run->arena, "this machine was %.0f ms late (%s)",
			     (double)out->late_ns / NS_PER_MS, what);
	out->finding = NULL;
}

/*
 * Whether a deviation that is not seen is none: a bug may hide it, and so may
 * a link on which segments are not dealt with, or a state that was not shown.
 */
static bool all_is_seen(const struct job *job, const struct outcome *out)
{
	return !job->bug && link_has_cable(job->link) && !out->inferred &&
	       !out->unseen;
}

const struct record *run_done(struct run *run, size_t i,
			      const struct outcome *out)
{
	struct record *r = &run->rec[i];
	struct outcome kept = *out;

	if (run->expect)
		expectations_hold(
			&run->expect[run->n_ends > 1 ? r->job->ends - run->ends
						     : 0],
			&run->arena, r->job, !all_is_seen(r->job, out), &kept);
	if (!r->job->bug)
		blame_machine(run, &kept);
	if (!run->verbose && kept.verdict == VERDICT_OK)
		kept.ladder = NULL;
	result_copy(&run->arena, &kept, &r->out);
	if (run->require && r->out.verdict == VERDICT_SKIP)
		require(run, &r->out);
	if (r->phase == RECORD_RUNNING)
		run->running--;
	r->phase = RECORD_DONE;
	run->done++;
	run->count[r->out.verdict]++;
	return r;
}

const struct record *run_broken(struct run *run, size_t i, const char *reason)
{
	int64_t took = clock_mono_ns() - run->rec[i].since_ns;
	struct outcome out = {
		.verdict = VERDICT_BROKEN,
		.reason = reason,
		.start_ns = clock_real_ns() - took,
		.duration_ns = took,
	};

	return run_done(run, i, &out);
}

void run_end(struct run *run)
{
	run->duration_ns = clock_mono_ns() - run->since_ns;
}

size_t run_failed(const struct run *run)
{
	return run->count[VERDICT_NOT_OK] + run->count[VERDICT_BROKEN];
}

int run_exit_status(const struct run *run)
{
	if (run->signal)
		return EXIT_SIGNAL + run->signal;
	if (run->failed || run->count[VERDICT_BROKEN])
		return EXIT_BROKEN;
	if (run->count[VERDICT_NOT_OK] ||
	    (run->count[VERDICT_DEVIATES] && !run->expect))
		return EXIT_NOT_OK;
	if (run->done < run->n)
		return EXIT_BROKEN;
	return run->count[VERDICT_OK] + run->count[VERDICT_DEVIATES]
		       ? 0
		       : EXIT_NOTHING;
}

const char *run_label(const struct run *run, const struct job *job,
		      char buf[RUN_LABEL_MAX])
{
	const char *link = link_name(job->link);
	int len;

	len = snprintf(buf, RUN_LABEL_MAX, "%s %s%s%s%s%s", job->name,
		       plan_family(job->family), link ? " " : "",
		       link ? link : "", job->guest ? " " : "",
		       job->guest ? job->guest : "");
	if (run->rounds > 1 && len < RUN_LABEL_MAX)
		snprintf(buf + len, (size_t)(RUN_LABEL_MAX - len), " round %u",
			 job->round);
	return buf;
}

static int clear_report(struct run *run, const char *name, struct fault *f)
{
	const char *path = arena_printf(&run->arena, "%s/%s", run->dir, name);

	if (unlink(path) && errno != ENOENT)
		return fault_errno(f, "cannot remove %s", path);
	return 0;
}

/* Beside new ones, an earlier run's files would be taken for ours. */
static int clear_folders(struct run *run, struct fault *f)
{
	struct arena *a = &run->arena;
	int l, rc = 0;

	for (l = 0; l < LINK_COUNT && rc == 0; l++) {
		const char *link = link_name((enum link_kind)l);

		rc = folder_clear(arena_printf(a, "%s/%s", run->captures, link),
				  ".pcapng", f);
		if (rc == 0)
			rc = folder_clear(arena_printf(a, "%s/ladders/%s",
						       run->dir, link),
					  ".fin.txt", f);
	}
	if (rc == 0)
		rc = clear_report(run, "results.json", f);
	return rc ? rc : clear_report(run, "junit.xml", f);
}

void run_remove_files(struct run *run)
{
	struct fault ignored;

	(void)clear_folders(run, &ignored);
	/* Those that hold anything else stay. */
	rmdir(run->captures);
	rmdir(arena_printf(&run->arena, "%s/ladders", run->dir));
	rmdir(run->dir);
}

int run_make_folders(struct run *run, struct fault *f)
{
	const struct job *j;
	size_t i;

	if (run->dir && run->captures && clear_folders(run, f))
		return -1;
	for (i = 0; i < run->n; i++) {
		j = run->rec[i].job;
		if ((j->capture && folder_make_for(j->capture, f)) ||
		    (j->ladder && folder_make_for(j->ladder, f)))
			return -1;
	}
	return 0;
}
