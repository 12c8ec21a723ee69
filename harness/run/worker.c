/*
 * Worker processes: starting and ending them, and the messages between. The
 * runner sends job numbers; the worker answers with a length and a JSON
 * document. Knows nothing of which job is whose.
 */
#include "run/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "run/result.h"
#include "base/text.h"

static int write_all(int fd, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	while (len) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The text is given back. */
static int say(int fd, char *text)
{
	uint32_t len = (uint32_t)strlen(text);
	int rc = write_all(fd, &len, sizeof(len));

	if (rc == 0)
		rc = write_all(fd, text, len);
	free(text);
	return rc;
}

/* The first message: an object, with the fault when there is one. */
static int greet(int fd, const struct fault *f)
{
	json_t *j = json_pack("{s:o}", "fault", text_json(f ? f->text : NULL));
	char *text = json_dumps(j, 0);

	json_decref(j);
	if (!text)
		memory_exhausted();
	return say(fd, text);
}

static void serve(int fd, const struct worker_plan *plan, int cpu)
{
	struct outcome out;
	struct fault f;
	struct lane *lane = plan->lane->open(plan->link, cpu, &f);
	uint64_t n;

	if (greet(fd, lane ? NULL : &f) || !lane)
		return;
	while (recv(fd, &n, sizeof(n), MSG_WAITALL) == sizeof(n)) {
		memset(&out, 0, sizeof(out));
		plan->lane->play(lane, &plan->job[n], &out);
		if (say(fd,
			result_pack(&out, plan->ladders ||
						  out.verdict != VERDICT_OK)))
			break;
	}
	plan->lane->close(lane);
}

static void be_worker(int fd, const struct worker_plan *plan, int cpu,
		      pid_t parent)
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
	serve(fd, plan, cpu);
	_exit(0);
}

int worker_start(struct worker *w, const struct worker_plan *plan,
		 struct fault *f)
{
	pid_t parent = getpid();
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return fault_errno(f, "cannot make a socket for a lane");
	w->pid = fork();
	if (w->pid < 0) {
		fault_errno(f, "cannot start a lane");
		close(fd[0]);
		close(fd[1]);
		return -1;
	}
	if (w->pid == 0) {
		close(fd[0]);
		be_worker(fd[1], plan, w->cpu, parent);
	}
	close(fd[1]);
	w->fd = fd[0];
	w->phase = WORKER_OPENING;
	w->len = 0;
	return 0;
}

void worker_give(struct worker *w, size_t job)
{
	uint64_t n = job;

	w->phase = WORKER_BUSY;
	w->job = job;
	/* When this fails it is dead, and worker_hear will tell. */
	(void)!write_all(w->fd, &n, sizeof(n));
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

/*
 * A worker has one job at a time, so there is never more than one message in
 * the buffer: what is handed out is all of it.
 */
enum worker_said worker_hear(struct worker *w, const char **text, size_t *len)
{
	uint32_t size;
	ssize_t n;

	for (;;) {
		make_room(w);
		n = recv(w->fd, w->buf + w->len, w->cap - w->len, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return WORKER_NOTHING;
		if (n <= 0)
			return WORKER_GONE;
		w->len += (size_t)n;
		if (!whole(w, &size))
			continue;
		w->len = 0;
		*text = w->buf + sizeof(size);
		*len = size;
		return WORKER_MESSAGE;
	}
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
	w->len = w->cap = 0;
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
