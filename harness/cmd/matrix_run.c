/*
 * Processes, on two tracks beside each other. Knows nothing of what they play.
 */
#include "cmd/matrix_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/signals.h"

/*
 * Less than others, and enough to leave soon what it holds in the kernel: the
 * others wait for that, too, when they fork.
 */
#define GUEST_NICE 10

extern char **environ;

/* Runs that follow each other. */
struct track {
	bool has_own_clock;
	size_t next;		/* the run that may be its next */
	struct matrix_run *now; /* the one under way, or NULL */
};

struct tracks {
	struct track track[2];
	struct matrix_run *run;
	size_t n;
	bool is_over; /* no more are begun */
};

/* The processes that are under way, for a signal that ends them with us. */
static volatile sig_atomic_t under_way[2];

/* The signal that ends us, or has ended a run; or 0. */
static volatile sig_atomic_t told;

static void pass_on(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(under_way); i++)
		if (under_way[i])
			kill((pid_t)under_way[i], sig);
}

/* An interrupt at the terminal reaches the runs too. */
static void take_signal(int sig)
{
	told = sig;
	if (sig != SIGINT)
		pass_on(sig);
}

/* A run keeps what it has and says that it was interrupted. */
static void take_signals(void)
{
	struct sigaction take = { .sa_handler = take_signal };
	sigset_t ending;

	signals_to_end(&ending);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigismember(&ending, sig) == 1)
			sigaction(sig, &take, NULL);
}

/* What it prints goes to its file. 0, or an errno. */
static int spawn(const struct matrix_run *run, pid_t *pid, const sigset_t *mask)
{
	posix_spawn_file_actions_t to;
	posix_spawnattr_t how;
	int err;

	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_addopen(&to, STDOUT_FILENO, run->log,
					 O_WRONLY | O_CREAT | O_TRUNC, 0666);
	posix_spawnattr_init(&how);
	posix_spawnattr_setsigmask(&how, mask);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawn(pid, "/proc/self/exe", &to, &how, run->argv, environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&to);
	return err;
}

/* A signal waits meanwhile: then it is known whom to pass it on to. */
static int start(const struct matrix_run *run, size_t i, struct fault *f)
{
	sigset_t all, usual;
	pid_t pid = 0;
	int err;

	fprintf(stderr, "%s: running\n", run->label);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &usual);
	err = spawn(run, &pid, &usual);
	under_way[i] = err ? 0 : pid;
	sigprocmask(SIG_SETMASK, &usual, NULL);
	errno = err;
	return err ? fault_errno(f, "cannot run the cases on %s (into %s)",
				 run->label, run->log)
		   : 0;
}

static struct matrix_run *next_of(struct tracks *t, struct track *track)
{
	while (track->next < t->n) {
		struct matrix_run *run = &t->run[track->next++];

		if (run->has_own_clock == track->has_own_clock)
			return run;
	}
	return NULL;
}

/* Where somebody waits for real, who does not leaves the processors alone. */
static void give_way(const struct tracks *t, const struct track *track)
{
	size_t i = (size_t)(track - t->track);

	if (track->has_own_clock && t->track[0].now)
		(void)!setpriority(PRIO_PROCESS, (id_t)under_way[i],
				   GUEST_NICE);
}

static int start_next(struct tracks *t, size_t i, struct fault *f)
{
	struct track *track = &t->track[i];
	struct matrix_run *run = t->is_over || told ? NULL : next_of(t, track);

	if (!run)
		return 0;
	if (start(run, i, f)) {
		t->is_over = true;
		pass_on(SIGTERM);
		return -1;
	}
	track->now = run;
	give_way(t, track);
	return 0;
}

/* A run that ends by a crash is no wish of the user's. */
static void note_signal(int status)
{
	sigset_t ending;
	int sig = status - MATRIX_RUN_SIGNALLED;

	signals_to_end(&ending);
	if (sig > 0 && sig < NSIG && sigismember(&ending, sig) == 1)
		told = sig;
}

static void take_end(struct tracks *t, const siginfo_t *end)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->track); i++) {
		struct track *track = &t->track[i];

		if (!track->now || under_way[i] != end->si_pid)
			continue;
		track->now->status =
			end->si_code == CLD_EXITED
				? end->si_status
				: MATRIX_RUN_SIGNALLED + end->si_status;
		note_signal(track->now->status);
		track->now = NULL;
		under_way[i] = 0;
	}
}

/* It is left to be waited for: its number is not another's meanwhile. */
static int wait_for_one(struct tracks *t, struct fault *f)
{
	siginfo_t end = { .si_pid = 0 };

	if (waitid(P_ALL, 0, &end, WEXITED | WNOWAIT))
		return errno == EINTR
			       ? 0
			       : fault_errno(f, "cannot wait for the runs");
	take_end(t, &end);
	waitpid(end.si_pid, NULL, 0);
	return 0;
}

int matrix_run_all(struct matrix_run *run, size_t n, struct fault *f)
{
	struct tracks t = { .track = { { .has_own_clock = false },
				       { .has_own_clock = true } },
			    .run = run,
			    .n = n };
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		run[i].status = -1;
	take_signals();
	for (;;) {
		for (size_t i = 0; i < ARRAY_SIZE(t.track); i++)
			if (!t.track[i].now && start_next(&t, i, f))
				rc = -1;
		if (!t.track[0].now && !t.track[1].now)
			return rc ? rc : told;
		if (wait_for_one(&t, f))
			return -1;
	}
}
