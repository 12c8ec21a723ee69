/*
 * Lanes that finish, die, hang and refuse to open, in place of those that play
 * cases.
 */
#include "test/stand_in.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "run/played.h"

struct stand_in *stand_in;

struct lane {
	char *ladder;
	struct job left_job;
	struct played left;
};

static struct lane *open_fine(const struct ends_plan *plan, int cpu,
			      struct fault *f)
{
	(void)plan;
	(void)cpu;
	(void)f;
	__atomic_fetch_add(&stand_in->opened, 1, __ATOMIC_SEQ_CST);
	return calloc(1, sizeof(struct lane));
}

static struct lane *open_not(const struct ends_plan *plan, int cpu,
			     struct fault *f)
{
	(void)plan;
	fault_set(f, "no veth on core %d", cpu);
	return NULL;
}

static struct lane *open_dies(const struct ends_plan *plan, int cpu,
			      struct fault *f)
{
	(void)plan;
	(void)cpu;
	(void)f;
	_exit(9);
}

/* Opens once; the lane that takes the first one's place does not. */
static struct lane *open_once(const struct ends_plan *plan, int cpu,
			      struct fault *f)
{
	if (__atomic_load_n(&stand_in->opened, __ATOMIC_SEQ_CST))
		return open_not(plan, cpu, f);
	return open_fine(plan, cpu, f);
}

/* The first ones do not open. */
static struct lane *open_later(const struct ends_plan *plan, int cpu,
			       struct fault *f)
{
	if (__atomic_fetch_add(&stand_in->tried, 1, __ATOMIC_SEQ_CST) < 4)
		return open_not(plan, cpu, f);
	return open_fine(plan, cpu, f);
}

/* One of several ends has no lanes, and one has dead ones. */
static struct lane *open_some(const struct ends_plan *plan, int cpu,
			      struct fault *f)
{
	if (plan->port == 1)
		return open_not(plan, -1, f);
	return open_fine(plan, cpu, f);
}

static void close_fine(struct lane *lane)
{
	__atomic_fetch_add(&stand_in->closed, 1, __ATOMIC_SEQ_CST);
	free(lane->ladder);
	free(lane);
}

static void close_dies(struct lane *lane)
{
	(void)lane;
	_exit(8);
}

static void wait_for_quick(struct outcome *out)
{
	struct pollfd all = { .fd = stand_in->all_quick, .events = POLLIN };

	if (poll(&all, 1, 30000) != 1)
		out->verdict = VERDICT_NOT_OK;
}

static void play_quick(void)
{
	if (__atomic_add_fetch(&stand_in->quick, 1, __ATOMIC_SEQ_CST) ==
	    STAND_IN_QUICK)
		eventfd_write(stand_in->all_quick, 1);
}

static void play_big(struct lane *lane, struct outcome *out)
{
	free(lane->ladder);
	lane->ladder = malloc(STAND_IN_LADDER + 1);
	memset(lane->ladder, 'x', STAND_IN_LADDER);
	lane->ladder[STAND_IN_LADDER] = '\0';
	out->ladder = lane->ladder;
	out->verdict = VERDICT_NOT_OK;
}

/* AddressSanitizer ends the process itself, unless calloc is to fail. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* More than any address space holds: calloc and realloc refuse it. */
static void run_out_of_memory(void)
{
	stderr = fopen("/dev/null", "we");
	memory_zeroed(SIZE_MAX / 2, 1);
}

/* What the first one leaves is never written. */
static void play_left(struct lane *lane, const struct job *job,
		      struct outcome *out)
{
	if (__atomic_fetch_add(&stand_in->left, 1, __ATOMIC_SEQ_CST))
		return;
	lane->left_job = *job;
	lane->left_job.ladder = stand_in->fifo;
	lane->left.job = &lane->left_job;
	out->left = &lane->left;
}

/* Who writes down what this one leaves dies of it. */
static void play_deadly(struct lane *lane, struct outcome *out)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDERR_FILENO); /* where AddressSanitizer tells of it */
	out->left = &lane->left;
}

/* The job's name says what becomes of it. */
static void play(struct lane *lane, const struct job *job, struct outcome *out)
{
	__atomic_fetch_add(&stand_in->played, 1, __ATOMIC_SEQ_CST);
	out->segments = job->round;
	if (strcmp(job->name, "abort") == 0)
		abort();
	if (strcmp(job->name, "exit") == 0)
		_exit(7);
	if (strcmp(job->name, "memory") == 0)
		run_out_of_memory();
	if (strcmp(job->name, "interrupt") == 0 ||
	    strcmp(job->name, "signal") == 0)
		kill(getppid(), SIGTERM);
	while (strcmp(job->name, "hang") == 0 ||
	       strcmp(job->name, "interrupt") == 0)
		pause();
	if (strcmp(job->name, "bad") == 0)
		out->verdict = VERDICT_NOT_OK;
	if (strcmp(job->name, "big") == 0)
		play_big(lane, out);
	if (strcmp(job->name, "quick") == 0)
		play_quick();
	if (strcmp(job->name, "waits") == 0)
		wait_for_quick(out);
	if (strcmp(job->name, "left") == 0)
		play_left(lane, job, out);
	if (strcmp(job->name, "deadly") == 0)
		play_deadly(lane, out);
}

const struct runner_lane stand_in_fine = { open_fine, play, close_fine };
const struct runner_lane stand_in_no_open = { open_not, play, close_fine };
const struct runner_lane stand_in_dead_open = { open_dies, play, close_fine };
const struct runner_lane stand_in_one_open = { open_once, play, close_fine };
const struct runner_lane stand_in_late_open = { open_later, play, close_fine };
const struct runner_lane stand_in_some_open = { open_some, play, close_fine };
const struct runner_lane stand_in_dead_close = { open_fine, play, close_dies };
