/*
 * Agents from the harness's side: starting one, telling it, hearing it. Knows
 * the line protocol, not what the commands mean.
 */
#include "stack/end.h"

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

static void forget_input(struct end *e)
{
	e->waiting = false;
	e->len = 0;
}

void end_stop(struct end *e)
{
	child_stop(&e->pid, &e->fd);
	e->fd = -1;
	forget_input(e);
}

bool end_wait_gone(struct end *e, int64_t deadline_ns)
{
	if (!child_wait_gone(&e->pid, &e->fd, deadline_ns))
		return false;
	end_stop(e);
	return true;
}

/* The first whole line of what it says, without its newline. */
static enum child_heard read_line(struct end *e, int64_t deadline_ns,
				  char text[END_LINE_MAX])
{
	enum child_heard heard =
		child_hear(e->fd, e->buf, sizeof(e->buf), &e->len, deadline_ns);
	const char *newline;
	size_t len;

	if (heard != CHILD_LINE)
		return heard;
	newline = memchr(e->buf, '\n', e->len);
	len = (size_t)(newline - e->buf);
	memcpy(text, e->buf, len);
	text[len] = '\0';
	e->len -= len + 1;
	memmove(e->buf, newline + 1, e->len);
	return heard;
}

static int greet(struct end *e, struct fault *f)
{
	char text[END_LINE_MAX];
	char who = side_letter(e->side);

	switch (read_line(e, clock_mono_ns() + GREETING_WAIT, text)) {
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

int end_start_program(struct end *e, const char *path, struct fault *f)
{
	char *const argv[] = { (char *)"lastack", (char *)"agent", NULL };
	const struct child_plan plan = {
		.path = path, .argv = argv, .netns = e->netns, .cpu = e->cpu
	};

	forget_input(e);
	if (child_start(&plan, &e->pid, &e->fd, f) < 0)
		return -1;
	if (greet(e, f) == 0)
		return 0;
	end_stop(e);
	return -1;
}

int end_start(struct end *e, struct fault *f)
{
	return end_start_program(e, "/proc/self/exe", f);
}

bool end_is_dead(const struct end *e)
{
	return e->pid > 0 && child_wait_hung_up(e->fd, 0);
}

int end_tell(struct end *e, const char *command, struct fault *f)
{
	char line[END_LINE_MAX];
	char who = side_letter(e->side);
	int len = snprintf(line, sizeof(line), "%s\n", command);

	if (e->pid <= 0)
		return fault_set(f, "agent of %c: not running", who);
	if (e->waiting)
		return fault_set(f, "agent of %c: told \"%s\" too early", who,
				 command);
	if (len < 0 || (size_t)len >= sizeof(line))
		return fault_set(f, "agent of %c: command over %zu octets", who,
				 sizeof(line) - 2);
	if (send(e->fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		return fault_errno(f, "agent of %c: gone when told \"%s\"", who,
				   command);
	e->waiting = true;
	return 0;
}

/* What a line is, its mark cut off; END_NOTHING: none of the protocol. */
static enum end_heard read_mark(char text[END_LINE_MAX])
{
	enum end_heard heard = text[0] == '='	? END_ANSWER
			       : text[0] == '>' ? END_ENTERS
						: END_NOTHING;

	if (heard == END_NOTHING || text[1] != ' ')
		return END_NOTHING;
	memmove(text, text + 2, strlen(text + 2) + 1);
	return heard;
}

enum end_heard end_hear(struct end *e, int64_t deadline_ns,
			char text[END_LINE_MAX])
{
	enum child_heard line = CHILD_END;
	enum end_heard heard = END_NOTHING;

	if (e->pid > 0)
		line = read_line(e, deadline_ns, text);
	if (line == CHILD_LATE)
		return END_NOTHING;
	if (line == CHILD_LINE)
		heard = read_mark(text);
	if (heard == END_NOTHING) {
		end_stop(e); /* dead, or no longer to be understood */
		return END_GONE;
	}
	if (heard == END_ANSWER)
		e->waiting = false;
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

bool end_is_well(const struct end *e, int64_t deadline_ns)
{
	int64_t now, look;
	char state;

	for (;;) {
		state = e->pid > 0 ? process_state(e->pid) : 0;
		if (state != 'R' && state != 'D')
			return state == 'S';
		now = clock_mono_ns();
		look = now + NS_PER_MS;
		if (now >= deadline_ns ||
		    child_wait_hung_up(e->fd,
				       look < deadline_ns ? look : deadline_ns))
			return false;
	}
}

bool end_sleeps(struct end *e, int64_t deadline_ns)
{
	int64_t now, look;
	char state;

	for (;;) {
		if (e->pid <= 0 || memchr(e->buf, '\n', e->len))
			return false;
		/*
		 * Asleep with nothing said since: in that order, for once it
		 * has answered it sleeps waiting for the next command.
		 */
		state = process_state(e->pid);
		if (child_wait_readable(e->fd, 0))
			return false;
		if (state == 'S')
			return true;
		now = clock_mono_ns();
		if (now >= deadline_ns || state == 0)
			return false;
		look = now + NS_PER_MS;
		if (child_wait_readable(
			    e->fd, look < deadline_ns ? look : deadline_ns))
			return false;
	}
}
