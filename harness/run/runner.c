/*
 * The runner. Owner of the lanes' lives and of the watchdog. Knows no TCP: a
 * lane is asked to play a number, and runner_queue.c says which.
 */
#include "run/runner_own.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "base/signals.h"
#include "run/result.h"

#define LEAVE_NS (10 * NS_PER_S)
#define TICK_NS	 (100 * NS_PER_MS)

static void stop(struct runner *r)
{
	size_t i;

	r->stop = true;
	for (i = 0; i < r->n; i++) {
		struct worker *w = &r->worker[i];

		if (w->phase == WORKER_BUSY)
			run_take_back(r->run, w->job);
		worker_stop(w);
	}
}

static void fail(struct runner *r)
{
	r->rc = -1;
	stop(r);
}

static void done(struct runner *r, const struct record *rec)
{
	r->report->done(r->run, rec);
	if (r->o->fail_fast && run_failed(r->run))
		stop(r);
}

static void begin_job(struct runner *r, struct worker *w, size_t job)
{
	run_give(r->run, job);
	w->deadline_ns = r->run->rec[job].since_ns + r->o->grace_ns +
			 r->run->rec[job].job->timeout_ns;
}

static void give(struct runner *r, struct worker *w)
{
	size_t job;

	if (w->has_next) {
		worker_advance(w);
		begin_job(r, w, w->job);
		runner_look_ahead(r, w);
	} else if (runner_next_job(r, w, &job)) {
		begin_job(r, w, job);
		worker_give(w, job);
		runner_look_ahead(r, w);
	} else {
		w->deadline_ns = clock_mono_ns() + LEAVE_NS;
		worker_leave(w);
	}
}

/* Other lanes do the work of one that cannot be started. */
static void start(struct runner *r, struct worker *w)
{
	w->deadline_ns = clock_mono_ns() + r->o->open_ns;
	r->plan.playing[w - r->worker] = r->run->n; /* none */
	fflush(NULL);
	(void)worker_start(w, &r->plan, r->fault);
}

static const char *how_it_ended(int status, char *buf, size_t cap)
{
	if (WIFSIGNALED(status))
		snprintf(buf, cap, "the lane was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(buf, cap, "the lane ended with status %d",
			 WEXITSTATUS(status));
	return buf;
}

/*
 * Work whose lanes are gone is done by one that had nothing left to do, or
 * thought so while the others were still being opened.
 */
static void revive(struct runner *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct worker *w = &r->worker[i];

		if (w->phase == WORKER_NONE && w->able && runner_queue(r, w)) {
			start(r, w);
			return;
		}
	}
}

/* The others can do its work; when there are none, this is why. */
static void not_opened(struct runner *r, struct worker *w, const char *reason)
{
	fault_set(r->fault, "%s", reason);
	runner_group(r, w->ends)->why =
		arena_printf(&r->run->arena, "%s", reason);
	w->able = false;
	revive(r);
}

/*
 * The job that its end is told of. Of one that died it is the one that its lane
 * was in: the one before, whose result had not come, is given out again, and
 * nothing beside it (runner_look_ahead), so that it is told of itself when that
 * kills its lane too.
 */
static size_t job_of_lost(struct runner *r, const struct worker *w, bool died)
{
	if (!w->has_next)
		return w->job;
	if (!died || r->plan.playing[w - r->worker] != w->next) {
		runner_take_back(r, w, w->next);
		return w->job;
	}
	r->run->rec[w->job].again = true;
	run_take_back(r->run, w->job);
	runner_take_back(r, w, w->job);
	run_give(r->run, w->next);
	return w->next;
}

/* A worker is no more: what it had is broken, and another takes its place. */
static void lost(struct runner *r, struct worker *w, const char *reason)
{
	enum worker_phase phase = w->phase;
	size_t job = job_of_lost(r, w, !reason);
	int status = worker_stop(w);
	char buf[160];

	if (!reason)
		reason = how_it_ended(status, buf, sizeof(buf));
	if (phase == WORKER_OPENING) {
		not_opened(r, w, reason);
	} else if (phase == WORKER_BUSY) {
		done(r, run_broken(r->run, job, reason));
		if (runner_queue(r, w))
			start(r, w);
	} else if (status) {
		r->rc = fault_set(r->fault, "while it was closed, %s", reason);
	} else {
		revive(r);
	}
}

static void first_opened(struct runner *r)
{
	r->opened = true;
	r->run->begun = run_make_folders(r->run, r->fault) == 0;
	if (r->run->begun)
		r->report->begin(r->run);
	else
		fail(r);
}

static void hear_greeting(struct runner *r, struct worker *w, const char *text,
			  size_t len)
{
	char fault[FAULT_MAX];

	if (*worker_greeting(text, len, fault, sizeof(fault))) {
		worker_stop(w);
		not_opened(r, w, fault);
		return;
	}
	w->able = true;
	if (!r->opened)
		first_opened(r);
	if (!r->stop)
		give(r, w);
}

static void hear_result(struct runner *r, struct worker *w, const char *text,
			size_t len)
{
	struct arena scratch = { 0 };
	struct outcome out;
	struct fault f;
	size_t job = w->job;

	if (result_unpack(text, len, &scratch, &out, &f)) {
		lost(r, w, f.text);
	} else {
		give(r, w);
		done(r, run_done(r->run, job, &out));
	}
	arena_free(&scratch);
}

static void hear(struct runner *r, struct worker *w)
{
	const char *text;
	size_t len;

	while (w->phase != WORKER_NONE) {
		switch (worker_hear(w, &text, &len)) {
		case WORKER_NOTHING:
			return;
		case WORKER_GONE:
			lost(r, w, NULL);
			return;
		case WORKER_MESSAGE:
			if (w->phase == WORKER_OPENING)
				hear_greeting(r, w, text, len);
			else
				hear_result(r, w, text, len);
		}
	}
}

static void hear_signal(struct runner *r)
{
	struct signalfd_siginfo si;

	if (read(r->signals, &si, sizeof(si)) != sizeof(si))
		return;
	r->run->signal = (int)si.ssi_signo;
	stop(r);
}

static void watch(struct runner *r, struct worker *w)
{
	char reason[96];
	int64_t took;

	if (w->phase == WORKER_NONE || clock_mono_ns() < w->deadline_ns)
		return;
	snprintf(reason, sizeof(reason),
		 "a lane did not open, or close, in time");
	if (w->phase == WORKER_BUSY) {
		took = clock_mono_ns() - r->run->rec[w->job].since_ns;
		snprintf(reason, sizeof(reason),
			 "the lane did not come back within %.1f s",
			 (double)took / (double)NS_PER_S);
	}
	lost(r, w, reason);
}

/*
 * Fills the poll set. Returns how many workers live. Only these are in it: it
 * may not have more entries than the process may have descriptors.
 */
static size_t prepare(struct runner *r, int64_t *deadline)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++) {
		struct worker *w = &r->worker[i];

		if (w->phase == WORKER_NONE)
			continue;
		r->live[n] = i;
		r->poll[n++] = (struct pollfd){ w->fd, POLLIN, 0 };
		if (w->deadline_ns < *deadline)
			*deadline = w->deadline_ns;
	}
	r->poll[n] = (struct pollfd){ r->signals, POLLIN, 0 };
	return n;
}

static void loop(struct runner *r)
{
	int64_t tick = 0, now, deadline;
	size_t i, n;

	for (;;) {
		now = clock_mono_ns();
		if (r->run->begun && now >= tick) {
			r->report->tick(r->run);
			tick = now + TICK_NS;
		}
		deadline = now + TICK_NS;
		n = prepare(r, &deadline);
		if (!n)
			break;
		if (poll(r->poll, n + 1, clock_poll_ms(deadline)) < 0 &&
		    errno != EINTR) {
			fault_errno(r->fault, "cannot wait for the lanes");
			fail(r);
			break;
		}
		for (i = 0; i < n && !r->stop; i++) {
			struct worker *w = &r->worker[r->live[i]];

			if (r->poll[i].revents)
				hear(r, w);
			watch(r, w);
		}
		if (r->poll[n].revents && !r->stop)
			hear_signal(r);
	}
}

static int block_signals(struct runner *r)
{
	sigset_t set;

	signals_to_end(&set);
	sigprocmask(SIG_BLOCK, &set, &r->plan.mask);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r->signals < 0)
		return fault_errno(r->fault, "cannot wait for signals");
	return 0;
}

static void make_worker_plan(struct runner *r)
{
	r->plan.playing =
		mmap(NULL, (r->n + 1) * sizeof(*r->plan.playing),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->plan.playing == MAP_FAILED)
		memory_exhausted();
	r->plan.job = r->run->n ? r->run->rec[0].job : NULL;
	r->plan.lane = r->o->lane;
	r->plan.all = r->worker;
	r->plan.n = r->n;
}

/* More groups than lanes: the first to leave makes room for the next. */
static void start_workers(struct runner *r)
{
	int *cpu = arena_alloc(&r->run->arena, CPU_MOST * sizeof(*cpu));
	size_t cores = cpu_allowed(cpu, CPU_MOST);
	bool crowded = r->o->n_ends > r->o->lanes;
	size_t most = crowded ? r->o->lanes : r->n;

	make_worker_plan(r);
	for (size_t i = 0; i < r->n; i++)
		r->worker[i].cpu = cores ? cpu[i % cores] : -1;
	for (size_t i = 0; i < r->n && !r->stop; i++) {
		r->worker[i].able = i >= most;
		if (i < most)
			start(r, &r->worker[i]);
	}
}

/* One job of each group without a lane tells why; the rest is not run. */
static void tell_left(struct runner *r)
{
	for (size_t g = 0; g < r->o->n_ends; g++) {
		struct group *group = &r->group[g];

		for (size_t i = 0; i < RUNNER_QUEUES && group->why; i++) {
			struct queue *q = &group->queue[i];

			if (q->at == q->n)
				continue;
			run_give(r->run, q->job[q->at]);
			done(r,
			     run_broken(r->run, q->job[q->at++], group->why));
			r->rc = fault_set(r->fault, "%s", group->why);
			break;
		}
	}
}

int runner_run(struct run *run, const struct runner_options *o,
	       const struct report *report, struct fault *f)
{
	struct runner r = { .run = run, .o = o, .report = report, .fault = f };

	if (block_signals(&r))
		return -1;
	runner_fill_queues(&r);
	runner_make_workers(&r);
	start_workers(&r);
	loop(&r);
	if (run->begun && !r.stop && o->n_ends > 1)
		tell_left(&r);
	close(r.signals);
	munmap(r.plan.playing, (r.n + 1) * sizeof(*r.plan.playing));
	/* Once interrupted, nothing but the reports is left: they are kept. */
	if (!run->signal)
		sigprocmask(SIG_SETMASK, &r.plan.mask, NULL);
	run_end(run);
	if (run->begun)
		report->end(run);
	if (!r.stop && run->done < run->n)
		r.rc = -1; /* no lane is left: the last fault says why */
	return r.rc;
}
