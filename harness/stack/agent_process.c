/*
 * Agents from the harness's side: starting one, telling it, hearing it. Knows
 * the line protocol, not what the commands mean.
 */
#include "stack/agent_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/child.h"

#define GREETING      "lastack-agent 1"
#define GREETING_WAIT (10 * NS_PER_S)

static struct agent_process *process_of(struct caller *c)
{
	return (struct agent_process *)(void *)c;
}

static void process_stop(struct caller *c)
{
	struct agent_process *a = process_of(c);

	child_stop(&a->pid, &a->fd);
	a->fd = -1;
	a->len = 0;
	c->phase = CALLER_GONE;
}

static bool process_wait_gone(struct caller *c, int64_t deadline_ns)
{
	struct agent_process *a = process_of(c);

	if (!child_wait_gone(&a->pid, &a->fd, deadline_ns))
		return false;
	process_stop(c);
	return true;
}

/* The first whole line of what it says, without its newline. */
static enum child_heard read_line(struct agent_process *a, int64_t deadline_ns,
				  char text[STACK_LINE_MAX])
{
	enum child_heard heard =
		child_hear(a->fd, a->buf, sizeof(a->buf), &a->len, deadline_ns);
	const char *newline;
	size_t len;

	if (heard != CHILD_LINE)
		return heard;
	newline = memchr(a->buf, '\n', a->len);
	len = (size_t)(newline - a->buf);
	memcpy(text, a->buf, len);
	text[len] = '\0';
	a->len -= len + 1;
	memmove(a->buf, newline + 1, a->len);
	return heard;
}

static int greet(struct agent_process *a, struct fault *f)
{
	char text[STACK_LINE_MAX];
	char who = side_letter(a->side);

	switch (read_line(a, clock_mono_ns() + GREETING_WAIT, text)) {
	case CHILD_LATE:
		return fault_set(f, "agent of %c: no greeting within %d s", who,
				 (int)(GREETING_WAIT / NS_PER_S));
	case CHILD_END:
		return fault_set(f, "agent of %c: ended without a greeting",
				 who);
	case CHILD_LINE:
		break;
	}
	if (strcmp(text, GREETING) == 0)
		return 0;
	return fault_set(f, "agent of %c: expected \"%s\", it said \"%s\"", who,
			 GREETING, text);
}

static int process_start(struct caller *c, struct fault *f)
{
	struct agent_process *a = process_of(c);
	char *const argv[] = { (char *)"lastack", (char *)"agent", NULL };
	const struct child_plan plan = { .path = a->path ? a->path
							 : "/proc/self/exe",
					 .argv = argv,
					 .netns = a->netns,
					 .cpu = a->cpu };

	a->len = 0;
	if (child_start(&plan, &a->pid, &a->fd, f) < 0)
		return -1;
	if (greet(a, f) == 0) {
		c->phase = CALLER_IDLE;
		return 0;
	}
	process_stop(c);
	return -1;
}

static int process_tell(struct caller *c, const char *command, struct fault *f)
{
	struct agent_process *a = process_of(c);
	char line[STACK_LINE_MAX];
	char who = side_letter(a->side);
	int len = snprintf(line, sizeof(line), "%s\n", command);

	if (c->phase == CALLER_GONE)
		return fault_set(f, "agent of %c: not running", who);
	if (c->phase == CALLER_IN_CALL)
		return fault_set(f, "agent of %c: told \"%s\" too early", who,
				 command);
	if (len < 0 || (size_t)len >= sizeof(line))
		return fault_set(f, "agent of %c: command over %zu octets", who,
				 sizeof(line) - 2);
	if (send(a->fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		return fault_errno(f, "agent of %c: gone when told \"%s\"", who,
				   command);
	c->phase = CALLER_IN_CALL;
	return 0;
}

/* What a line is, its mark cut off; CALLER_NOTHING: none of the protocol. */
static enum caller_heard read_mark(char text[STACK_LINE_MAX])
{
	enum caller_heard heard = text[0] == '='   ? CALLER_ANSWER
				  : text[0] == '>' ? CALLER_ENTERS
						   : CALLER_NOTHING;

	if (heard == CALLER_NOTHING || text[1] != ' ')
		return CALLER_NOTHING;
	memmove(text, text + 2, strlen(text + 2) + 1);
	return heard;
}

static enum caller_heard process_hear(struct caller *c, int64_t deadline_ns,
				      char text[STACK_LINE_MAX])
{
	enum caller_heard heard = CALLER_NOTHING;
	enum child_heard line = CHILD_END;

	if (c->phase != CALLER_GONE)
		line = read_line(process_of(c), deadline_ns, text);
	if (line == CHILD_LATE)
		return CALLER_NOTHING;
	if (line == CHILD_LINE)
		heard = read_mark(text);
	if (heard == CALLER_NOTHING) {
		process_stop(c); /* dead, or no longer to be understood */
		return CALLER_DIED;
	}
	if (heard == CALLER_ANSWER)
		c->phase = CALLER_IDLE;
	return heard;
}

/* The state letter of /proc/PID/stat, or 0 when there is none to read. */
static char process_state(pid_t pid)
{
	char path[32], stat[512];
	const char *after;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	stat[n] = '\0';
	/* The name in parentheses may have spaces and parentheses in it. */
	after = strrchr(stat, ')');
	return after && after[1] == ' ' ? after[2] : 0;
}

static bool process_is_well(struct caller *c, int64_t deadline_ns)
{
	struct agent_process *a = process_of(c);
	int64_t now, look;
	char state;

	if (deadline_ns == 0)
		return a->pid > 0 && !child_wait_hung_up(a->fd, 0);
	for (;;) {
		state = a->pid > 0 ? process_state(a->pid) : 0;
		if (state != 'R' && state != 'D')
			return state == 'S';
		now = clock_mono_ns();
		look = now + NS_PER_MS;
		if (now >= deadline_ns ||
		    child_wait_hung_up(a->fd,
				       look < deadline_ns ? look : deadline_ns))
			return false;
	}
}

static bool process_sleeps(struct caller *c, int64_t deadline_ns)
{
	struct agent_process *a = process_of(c);
	int64_t now, look;
	char state;

	for (;;) {
		if (a->pid <= 0 || memchr(a->buf, '\n', a->len))
			return false;
		/*
		 * Asleep with nothing said since: in that order, for once it
		 * has answered it sleeps waiting for the next command.
		 */
		state = process_state(a->pid);
		if (child_wait_readable(a->fd, 0))
			return false;
		if (state == 'S')
			return true;
		now = clock_mono_ns();
		if (now >= deadline_ns || state == 0)
			return false;
		look = now + NS_PER_MS;
		if (child_wait_readable(
			    a->fd, look < deadline_ns ? look : deadline_ns))
			return false;
	}
}

void agent_process_init(struct agent_process *a, enum side side, int cpu)
{
	static const struct caller_ops ops = {
		.start = process_start,
		.stop = process_stop,
		.tell = process_tell,
		.hear = process_hear,
		.sleeps = process_sleeps,
		.wait_gone = process_wait_gone,
		.is_well = process_is_well,
	};

	*a = (struct agent_process){
		.caller.ops = &ops,
		.side = side,
		.netns = -1,
		.cpu = cpu,
		.fd = -1,
	};
}
