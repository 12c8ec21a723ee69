/*
 * The runner, with stand-ins for lanes that finish, die, hang and refuse to
 * open: every job ends once, and nothing is left behind.
 */
#include "test/expect.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "test/stand_in.h"

#define JOBS_MAX 300

/* A report that counts what it is told. */
static size_t begun, told, ended;

static void begin(const struct run *run)
{
	begun += run->n > 0;
}

static void done(const struct run *run, const struct record *rec)
{
	told += run->done > 0 && rec->phase == RECORD_DONE;
}

static void tick(const struct run *run)
{
	EXPECT_TRUE(run->done + run->running <= run->n);
}

static void end(const struct run *run)
{
	ended += run->running == 0;
}

static const struct report counting = {
	"counting", begin, done, tick, end, NULL
};

static struct script quick_script = { .path = "quick.fin" };
static struct script slow_script = { .path = "slow.fin", .slow = true };

/* What a test runs: names, how many of each. */
struct batch {
	const char *name;
	unsigned int n;
};

struct play {
	struct run run;
	struct runner_options o;
	struct job job[JOBS_MAX];
	struct fault f;
	int rc;
};

/* The jobs "one" and "two" are for these, all others for the first. */
static const struct ends_plan ends[] = { { .port = 0 },
					 { .port = 1 },
					 { .port = 2 } };

static size_t ends_of(const char *name)
{
	if (strcmp(name, "two") == 0)
		return 2;
	return strcmp(name, "one") == 0;
}

static struct play *play_batches(const struct runner_lane *lane,
				 const struct batch *b, unsigned int lanes,
				 bool fail_fast)
{
	struct play *p = calloc(1, sizeof(*p));
	unsigned int i, n = 0;
	size_t n_ends = 1;

	stand_in = mmap(NULL, sizeof(*stand_in), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stand_in->all_quick = eventfd(0, EFD_CLOEXEC);
	snprintf(stand_in->fifo, sizeof(stand_in->fifo), "/tmp/test-runner-%d",
		 (int)getpid());
	EXPECT_INT(mkfifo(stand_in->fifo, 0600), 0);
	for (; b->name; b++) {
		if (ends_of(b->name))
			n_ends = 3;
		for (i = 0; i < b->n; i++, n++)
			p->job[n] = (struct job){
				.script = strcmp(b->name, "waits") == 0 ||
							  strcmp(b->name,
								 "slow") == 0
						  ? &slow_script
						  : &quick_script,
				.name = b->name,
				.ends = &ends[ends_of(b->name)],
				.family = AF_INET,
				.round = n + 1,
				.timeout_ns = strcmp(b->name, "hang") == 0
						      ? 50 * NS_PER_MS
						      : 60 * NS_PER_S,
			};
	}
	p->o = (struct runner_options){ .lane = lane,
					.ends = ends,
					.n_ends = n_ends,
					.lanes = lanes,
					.fail_fast = fail_fast,
					.grace_ns = 50 * NS_PER_MS,
					.open_ns = RUNNER_OPEN_NS };
	begun = told = ended = 0;
	run_begin(&p->run, p->job, n);
	p->rc = runner_run(&p->run, &p->o, &counting, &p->f);
	return p;
}

/* No child is left, and what is done was told, each with its own result. */
static void expect_and_free(struct play *p)
{
	size_t i, n = 0;

	EXPECT_INT(waitpid(-1, NULL, WNOHANG), -1);
	EXPECT_INT(errno, ECHILD);
	EXPECT_INT(p->run.running, 0);
	EXPECT_INT(told, p->run.done);
	EXPECT_INT(begun, ended);
	for (i = 0; i < p->run.n; i++) {
		const struct record *r = &p->run.rec[i];

		n += r->phase == RECORD_DONE;
		if (r->phase == RECORD_DONE && r->out.verdict != VERDICT_BROKEN)
			EXPECT_INT(r->out.segments, p->job[i].round);
	}
	EXPECT_INT(n, p->run.done);
	close(stand_in->all_quick);
	unlink(stand_in->fifo);
	munmap(stand_in, sizeof(*stand_in));
	arena_free(&p->run.arena);
	free(p);
}

static void test_all_once(void)
{
	const struct batch b[] = { { "ok", 150 },
				   { "bad", 30 },
				   { "big", 3 },
				   { "waits", 20 },
				   { "quick", STAND_IN_QUICK },
				   { 0 } };
	struct play *p = play_batches(&stand_in_fine, b, 3, false);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.done, 223);
	EXPECT_INT(stand_in->played, 223);
	EXPECT_INT(p->run.count[VERDICT_OK], 190);
	EXPECT_INT(p->run.count[VERDICT_NOT_OK], 33);
	EXPECT_INT(strlen(p->run.rec[180].out.ladder), STAND_IN_LADDER);
	EXPECT_INT(stand_in->opened, stand_in->closed);
	expect_and_free(p);
}

/*
 * More waiting cases than there are lanes, each waiting until the last quick
 * one is done, and one lane for these: they would never end in a queue.
 */
static void test_quick_never_waits(void)
{
	const struct batch b[] = { { "waits", 100 },
				   { "quick", STAND_IN_QUICK },
				   { 0 } };
	struct play *p = play_batches(&stand_in_fine, b, 1, false);

	EXPECT_INT(p->run.count[VERDICT_OK], 120);
	EXPECT_INT(stand_in->opened, RUNNER_PATIENT_LANES + 1);
	expect_and_free(p);
}

static void test_death(void)
{
	const struct batch b[] = { { "ok", 10 },  { "abort", 3 }, { "ok", 10 },
				   { "exit", 1 }, { "ok", 10 },	  { 0 } };
	struct play *p = play_batches(&stand_in_fine, b, 2, false);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.count[VERDICT_OK], 30);
	EXPECT_INT(p->run.count[VERDICT_BROKEN], 4);
	EXPECT_STR(p->run.rec[10].out.reason,
		   "the lane was killed by signal 6 (Aborted)");
	EXPECT_STR(p->run.rec[23].out.reason, "the lane ended with status 7");
	EXPECT_INT(stand_in->played, 34);
	expect_and_free(p);
}

/*
 * While what the first case leaves is being written its lane dies in the second
 * one, which is broken; of the first nothing is known, and it is played again.
 */
static void test_death_behind(void)
{
	const struct batch b[] = {
		{ "left", 1 }, { "abort", 1 }, { "ok", 20 }, { 0 }
	};
	struct play *p = play_batches(&stand_in_fine, b, 1, false);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.rec[0].out.verdict, VERDICT_OK);
	EXPECT_STR(p->run.rec[1].out.reason,
		   "the lane was killed by signal 6 (Aborted)");
	EXPECT_INT(p->run.count[VERDICT_OK], 21);
	EXPECT_INT(stand_in->played, 23);
	expect_and_free(p);
}

/* Played again, alone, it is told of itself: at most one other is suspected. */
static void test_death_keeping(void)
{
	const struct batch b[] = { { "deadly", 1 }, { "ok", 20 }, { 0 } };
	struct play *p = play_batches(&stand_in_fine, b, 1, false);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.rec[0].out.verdict, VERDICT_BROKEN);
	EXPECT_INT(p->run.done, 21);
	EXPECT_TRUE(p->run.count[VERDICT_OK] >= 19);
	expect_and_free(p);
}

/* A lane that runs out of memory makes its case broken, and the run. */
static void test_memory(void)
{
	const struct batch b[] = {
		{ "ok", 3 }, { "memory", 1 }, { "ok", 3 }, { 0 }
	};
	struct play *p = play_batches(&stand_in_fine, b, 1, false);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.count[VERDICT_OK], 6);
	EXPECT_INT(p->run.count[VERDICT_BROKEN], 1);
	EXPECT_STR(p->run.rec[3].out.reason, "the lane ended with status 2");
	EXPECT_INT(run_exit_status(&p->run), 2);
	expect_and_free(p);
}

static void test_hang(void)
{
	const struct batch b[] = {
		{ "ok", 5 }, { "hang", 2 }, { "ok", 5 }, { 0 }
	};
	struct play *p = play_batches(&stand_in_fine, b, 1, false);
	const char *reason = p->run.rec[5].out.reason;

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.count[VERDICT_OK], 10);
	EXPECT_INT(p->run.count[VERDICT_BROKEN], 2);
	EXPECT_TRUE(reason && strstr(reason, "did not come back within "));
	expect_and_free(p);
}

static const struct {
	const char *row;
	const struct runner_lane *lane;
	const char *name;
	const char *fault;
	size_t begun;
	size_t done;
} refusals[] = {
	{ "does not open", &stand_in_no_open, "ok", "no veth on core 0", 0, 0 },
	{ "dies opening", &stand_in_dead_open, "ok",
	  "the lane ended with status 9", 0, 0 },
	{ "does not open again", &stand_in_one_open, "exit",
	  "no veth on core 0", 1, 1 },
	{ "dies closing", &stand_in_dead_close, "ok",
	  "while it was closed, the lane ended with status 8", 1, 5 },
};

static void test_refusals(void)
{
	struct play *p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct batch b[] = { { refusals[i].name, 5 }, { 0 } };

		expect_row(refusals[i].row);
		p = play_batches(refusals[i].lane, b, 1, false);
		EXPECT_INT(p->rc, -1);
		EXPECT_STR(p->f.text, refusals[i].fault);
		EXPECT_INT(begun, refusals[i].begun);
		EXPECT_INT(p->run.done, refusals[i].done);
		expect_and_free(p);
	}
	expect_row(NULL);
}

/* Whichever they are: of three patient lanes and two quick ones, one opens. */
static void test_few_open(void)
{
	const struct batch b[] = { { "slow", 3 }, { "ok", 30 }, { 0 } };
	struct play *p = play_batches(&stand_in_late_open, b, 2, false);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(stand_in->opened, 1);
	EXPECT_INT(p->run.count[VERDICT_OK], 33);
	expect_and_free(p);
}

/* Most patient lanes cannot be started for want of descriptors. */
static void test_few_files(void)
{
	const struct batch b[] = { { "slow", 80 }, { "ok", 30 }, { 0 } };
	struct rlimit old, low;
	struct play *p;

	EXPECT_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 20;
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
	p = play_batches(&stand_in_fine, b, 2, false);
	EXPECT_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
	EXPECT_INT(p->rc, 0);
	EXPECT_TRUE(stand_in->opened < 20);
	EXPECT_INT(p->run.count[VERDICT_OK], 110);
	expect_and_free(p);
}

static void test_fail_fast(void)
{
	const struct batch b[] = {
		{ "ok", 5 }, { "bad", 1 }, { "ok", 50 }, { 0 }
	};
	struct play *p = play_batches(&stand_in_fine, b, 1, true);

	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.done, 6);
	EXPECT_INT(p->run.count[VERDICT_NOT_OK], 1);
	EXPECT_INT(run_exit_status(&p->run), 1);
	expect_and_free(p);
}

static void test_interrupt(void)
{
	const struct batch b[] = {
		{ "ok", 5 }, { "interrupt", 1 }, { "ok", 5 }, { 0 }
	};
	sigset_t before;
	struct play *p;

	sigprocmask(SIG_SETMASK, NULL, &before);
	p = play_batches(&stand_in_fine, b, 1, false);
	sigprocmask(SIG_SETMASK, &before, NULL);
	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.signal, SIGTERM);
	EXPECT_INT(p->run.done, 5);
	EXPECT_INT(p->run.rec[5].phase, RECORD_WAITING);
	EXPECT_INT(run_exit_status(&p->run), 128 + SIGTERM);
	expect_and_free(p);
}

/* As nohup starts it: the signal ends neither the run nor a lane. */
static void test_ignored(void)
{
	const struct batch b[] = {
		{ "ok", 5 }, { "signal", 1 }, { "ok", 5 }, { 0 }
	};
	void (*before)(int) = signal(SIGTERM, SIG_IGN);
	struct play *p = play_batches(&stand_in_fine, b, 1, false);

	signal(SIGTERM, before);
	EXPECT_INT(p->rc, 0);
	EXPECT_INT(p->run.signal, 0);
	EXPECT_INT(p->run.count[VERDICT_OK], 11);
	expect_and_free(p);
}

/* Fewer lanes than ends: each gets its turn, and one that has none is told. */
static void test_several_ends(void)
{
	const struct batch b[] = {
		{ "ok", 5 }, { "one", 7 }, { "two", 3 }, { 0 }
	};

	for (unsigned int lanes = 1; lanes < 5; lanes++) {
		struct play *p =
			play_batches(&stand_in_some_open, b, lanes, false);

		EXPECT_INT(p->rc, -1);
		EXPECT_STR(p->f.text, "no veth on core -1");
		EXPECT_INT(p->run.count[VERDICT_OK], 8);
		EXPECT_INT(p->run.count[VERDICT_BROKEN], 1);
		EXPECT_INT(p->run.done, 9);
		EXPECT_STR(p->run.rec[5].out.reason, "no veth on core -1");
		expect_and_free(p);
	}
}

static const struct test tests[] = {
	{ "every job once", test_all_once },
	{ "quick cases never queue behind waiting ones",
	  test_quick_never_waits },
	{ "a lane dies", test_death },
	{ "a lane dies while the case before is written", test_death_behind },
	{ "what is written kills the lane", test_death_keeping },
	{ "a lane runs out of memory", test_memory },
	{ "a lane hangs", test_hang },
	{ "a lane does not open, or close", test_refusals },
	{ "most lanes do not open", test_few_open },
	{ "few files may be open", test_few_files },
	{ "several ends, one without lanes", test_several_ends },
	{ "fail fast", test_fail_fast },
	{ "interrupted", test_interrupt },
	{ "a signal that was ignored", test_ignored },
	{ NULL, NULL },
};

const struct suite suite_runner = { "runner", tests };
