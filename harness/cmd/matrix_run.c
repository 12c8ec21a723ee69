#include "cmd/matrix_run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"

extern char **environ;

/* Runs that follow each other. */
struct track {
	bool has_own_clock;
	size_t next;		/* the run that may be its next */
	struct matrix_run *now; /* the one under way, or NULL */
	pid_t pid;
};

struct tracks {
	struct track track[2];
	struct matrix_run *run;
	size_t n;
	bool is_over; /* no more are begun */
};

/* The processes that are under way, for a signal that ends them with us. */
static volatile sig_atomic_t under_way[2];

static void pass_on(int sig)
{
	for (size_t i = 0; i < ARRAY_SIZE(under_way); i++)
		if (under_way[i])
			kill((pid_t)under_way[i], sig);
}

/* A run keeps what it has and says that it was interrupted. */
static void take_signals(void)
{
	struct sigaction pass = { .sa_handler = pass_on };

	signal(SIGINT, SIG_IGN);
	sigaction(SIGTERM, &pass, NULL);
	sigaction(SIGHUP, &pass, NULL);
}

static void set_signals(posix_spawnattr_t *how)
{
	sigset_t usual_again;

	sigemptyset(&usual_again);
	sigaddset(&usual_again, SIGINT);
	posix_spawnattr_init(how);
	posix_spawnattr_setsigdefault(how, &usual_again);
	posix_spawnattr_setflags(how, POSIX_SPAWN_SETSIGDEF);
}

/* What it prints goes to its file. */
static int start(const struct matrix_run *run, pid_t *pid, struct fault *f)
{
	posix_spawn_file_actions_t to;
	posix_spawnattr_t how;

	fprintf(stderr, "%s: running\n", run->label);
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_addopen(&to, STDOUT_FILENO, run->log,
					 O_WRONLY | O_CREAT | O_TRUNC, 0666);
	set_signals(&how);
	errno = posix_spawn(pid, "/proc/self/exe", &to, &how, run->argv,
			    environ);
	posix_spawnattr_destroy(&how);
	posix_spawn_file_actions_destroy(&to);
	return errno ? fault_errno(f, "cannot run the cases on %s (into %s)",
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
	const struct sched_param none = { 0 };

	if (track->has_own_clock && t->track[0].now)
		(void)!sched_setscheduler(track->pid, SCHED_IDLE, &none);
}

static int start_next(struct tracks *t, size_t i, struct fault *f)
{
	struct track *track = &t->track[i];
	struct matrix_run *run = t->is_over ? NULL : next_of(t, track);

	if (!run)
		return 0;
	if (start(run, &track->pid, f)) {
		t->is_over = true;
		pass_on(SIGTERM);
		return -1;
	}
	track->now = run;
	under_way[i] = track->pid;
	give_way(t, track);
	return 0;
}

static void take_end(struct tracks *t, pid_t pid, int status)
{
	for (size_t i = 0; i < ARRAY_SIZE(t->track); i++) {
		struct track *track = &t->track[i];

		if (!track->now || track->pid != pid)
			continue;
		track->now->status =
			WIFEXITED(status)
				? WEXITSTATUS(status)
				: MATRIX_RUN_SIGNALLED + WTERMSIG(status);
		if (track->now->status > MATRIX_RUN_SIGNALLED)
			t->is_over = true;
		track->now = NULL;
		under_way[i] = 0;
	}
}

int matrix_run_all(struct matrix_run *run, size_t n, struct fault *f)
{
	struct tracks t = { .track = { { .has_own_clock = false },
				       { .has_own_clock = true } },
			    .run = run,
			    .n = n };
	int rc = 0, status;
	pid_t pid;

	for (size_t i = 0; i < n; i++)
		run[i].status = -1;
	take_signals();
	for (;;) {
		for (size_t i = 0; i < ARRAY_SIZE(t.track); i++)
			if (!t.track[i].now && start_next(&t, i, f))
				rc = -1;
		if (!t.track[0].now && !t.track[1].now)
			return rc;
		pid = waitpid(-1, &status, 0);
		if (pid > 0)
			take_end(&t, pid, status);
	}
}
