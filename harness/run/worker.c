/*
 * Worker processes from the runner's side: starting and ending them, and the
 * messages between. The runner sends job numbers; the worker answers with a
 * length and a JSON document. Knows nothing of which job is whose.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/memory.h"
#include "base/octets.h"
#include "run/worker_own.h"

static void be_worker(int fd, const struct worker_plan *plan,
		      const struct worker *w, pid_t parent)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	size_t i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(2);
	/* The runner decides what an interrupt at the terminal ends. */
	sigaction(SIGINT, &ignore, NULL);
	sigprocmask(SIG_SETMASK, &plan->mask, NULL);
	for (i = 0; i < plan->n; i++)
		if (plan->all[i].phase != WORKER_NONE)
			close(plan->all[i].fd);
	worker_serve(fd, plan, w);
	_exit(0);
}

int worker_start(struct worker *w, const struct worker_plan *plan,
		 struct fault *f)
{
	pid_t parent = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return fault_errno(f, "cannot make a socket for a lane");
	signal(SIGPIPE, SIG_IGN);
	w->pid = fork();
	if (w->pid < 0) {
		fault_errno(f, "cannot start a lane");
		close(fd[0]);
		close(fd[1]);
		return -1;
	}
	if (w->pid == 0) {
		close(fd[0]);
		be_worker(fd[1], plan, w, parent);
	}
	close(fd[1]);
	w->fd = fd[0];
	w->phase = WORKER_OPENING;
	w->len = w->handed = 0;
	w->has_next = false;
	return 0;
}

/* When this fails it is dead, and worker_hear will tell. */
static void send_number(struct worker *w, size_t job)
{
	uint64_t n = job;

	(void)!octets_write(w->fd, &n, sizeof(n));
}

void worker_give(struct worker *w, size_t job)
{
	w->phase = WORKER_BUSY;
	w->job = job;
	send_number(w, job);
}

void worker_give_next(struct worker *w, size_t job)
{
	w->next = job;
	w->has_next = true;
	send_number(w, job);
}

void worker_advance(struct worker *w)
{
	w->job = w->next;
	w->has_next = false;
}

void worker_leave(struct worker *w)
{
	w->phase = WORKER_LEAVING;
	shutdown(w->fd, SHUT_WR);
}

/* Whether the buffer holds a whole message, and how long it is. */
static bool whole(const struct worker *w, uint32_t *len)
{
	if (w->len < sizeof(*len))
		return false;
	memcpy(len, w->buf, sizeof(*len));
	return w->len >= sizeof(*len) + *len;
}

static void make_room(struct worker *w)
{
	if (w->len < w->cap)
		return;
	w->cap = w->cap ? w->cap * 2 : 4096;
	w->buf = memory_resize(w->buf, w->cap, 1);
}

/* The message that was handed out has been read. */
static void drop_handed(struct worker *w)
{
	if (!w->handed)
		return;
	w->len -= w->handed;
	memmove(w->buf, w->buf + w->handed, w->len);
	w->handed = 0;
}

enum worker_said worker_hear(struct worker *w, const char **text, size_t *len)
{
	uint32_t size;
	ssize_t n;

	drop_handed(w);
	while (!whole(w, &size)) {
		make_room(w);
		n = recv(w->fd, w->buf + w->len, w->cap - w->len, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return WORKER_NOTHING;
		if (n <= 0)
			return WORKER_GONE;
		w->len += (size_t)n;
	}
	w->handed = sizeof(size) + size;
	*text = w->buf + sizeof(size);
	*len = size;
	return WORKER_MESSAGE;
}

int worker_stop(struct worker *w)
{
	int status = 0;

	if (w->phase == WORKER_NONE)
		return 0;
	/* Not heeded by one that is dead already: its own status counts. */
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(w->fd);
	free(w->buf);
	w->buf = NULL;
	w->len = w->cap = w->handed = 0;
	w->has_next = false;
	w->phase = WORKER_NONE;
	return status;
}

const char *worker_greeting(const char *text, size_t len, char *buf, size_t cap)
{
	json_t *j = json_loadb(text, len, 0, NULL);
	const char *fault = json_string_value(json_object_get(j, "fault"));

	snprintf(buf, cap, "%s", fault ? fault : "");
	json_decref(j);
	return buf;
}
