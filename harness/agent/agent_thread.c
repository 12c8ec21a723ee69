/*
 * A call made by a second thread of the agent, while the first goes on taking
 * commands: one at a time, begun by "thread", its answer told by "join".
 */
#include "agent/agent_own.h"

#ifdef __linux__

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_NS 200000 /* between two looks at a thread */

/* What both threads see; the one that made it waits on ended. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool out; /* between "thread" and "join" */
	bool done;
	atomic_int tid;
	pthread_t id;
	char line[AGENT_LINE_MAX];
	const struct agent_command *cmd;
	struct agent agent; /* arguments, room and text of its own */
	char answer[AGENT_ANSWER_MAX];
} other = { .lock = PTHREAD_MUTEX_INITIALIZER,
	    .ended = PTHREAD_COND_INITIALIZER };

static void *make_call(void *unused)
{
	(void)unused;
	atomic_store(&other.tid, gettid());
	agent_carry_out(&other.agent, other.cmd, other.answer);
	pthread_mutex_lock(&other.lock);
	other.done = true;
	pthread_cond_signal(&other.ended);
	pthread_mutex_unlock(&other.lock);
	return NULL;
}

static bool is_done(void)
{
	bool done;

	pthread_mutex_lock(&other.lock);
	done = other.done;
	pthread_mutex_unlock(&other.lock);
	return done;
}

/* Whether it sleeps, which it does nowhere but in the call. */
static bool is_asleep(void)
{
	char path[64], stat[128];
	const char *state;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
		 atomic_load(&other.tid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, stat, sizeof(stat) - 1);
		close(fd);
	}
	stat[n > 0 ? n : 0] = '\0';
	state = strrchr(stat, ')');
	return state && strncmp(state, ") S", 3) == 0;
}

static void wait_a_little(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
}

/* The arguments as a line again: they lie in a buffer that is used anew. */
static void keep_line(char *const *arg)
{
	size_t len = 0;

	for (; *arg; arg++)
		len += (size_t)snprintf(other.line + len,
					sizeof(other.line) - len, "%s ", *arg);
}

/* What is about the agent itself could wait for the thread that makes it. */
static bool may_be_made(const struct agent_command *cmd)
{
	return !cmd->whole || strcmp(cmd->name, "accept") == 0;
}

/* Answers once the thread sleeps in the call, or has returned from it. */
static long agent_thread(struct agent *a)
{
	int err;

	if (other.out)
		return -EAGAIN;
	keep_line(a->arg);
	other.agent = *a;
	other.agent.room = NULL;
	other.agent.room_size = 0;
	other.cmd = agent_read_command(&other.agent, other.line);
	if (!other.cmd || !may_be_made(other.cmd))
		return -EINVAL;
	atomic_store(&other.tid, 0);
	other.done = false;
	err = pthread_create(&other.id, NULL, make_call, NULL);
	if (err)
		return -err;
	other.out = true;
	while (!is_done() && (!atomic_load(&other.tid) || !is_asleep()))
		wait_a_little();
	return 0;
}

static void take_back(void)
{
	pthread_join(other.id, NULL);
	free(other.agent.room);
	other.out = false;
}

static long agent_join(struct agent *a)
{
	if (!other.out)
		return -ESRCH;
	pthread_mutex_lock(&other.lock);
	while (!other.done)
		pthread_cond_wait(&other.ended, &other.lock);
	pthread_mutex_unlock(&other.lock);
	take_back();
	memcpy(a->text, other.answer, sizeof(a->text));
	return AGENT_TEXT;
}

static long agent_interrupt(struct agent *a)
{
	(void)a;
	return other.out ? -pthread_kill(other.id, SIGUSR1) : -ESRCH;
}

void agent_thread_end(void)
{
	if (!other.out)
		return;
	/* A signal may come before it is in the call: more than one, then. */
	while (!is_done()) {
		pthread_kill(other.id, SIGUSR1);
		wait_a_little();
	}
	take_back();
}

const struct agent_command agent_thread_commands[] = {
	{ "thread", 1, AGENT_ARGS_MAX, .whole = agent_thread },
	{ "join", 0, 0, .whole = agent_join },
	{ "interrupt", 0, 0, .whole = agent_interrupt },
	{ .name = NULL },
};

#endif
