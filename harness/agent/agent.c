/*
 * The agent's loop: lines in, answers out, one read and one write each. Knows
 * the protocol and the table of commands; what a command does is in
 * the other agent_*.c, what it ought to answer nowhere.
 */
#include "agent/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "agent/agent_own.h"
#include "base/array.h"
#include "base/name.h"

const struct agent_command *agent_command_nth(size_t i)
{
	static const struct agent_command *const tables[] = {
		agent_sock_commands,  agent_io_commands,     agent_opt_commands,
		agent_can_commands,   agent_ask_commands,
#ifndef _WIN32
		agent_fork_commands,
#endif
#ifdef __linux__
		agent_linux_commands, agent_thread_commands,
#endif
	};
	size_t t;

	for (t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct agent_command *c = tables[t]; c->name; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

const struct agent_command *agent_find_command(const char *name)
{
	const struct agent_command *c;
	size_t i;

	for (i = 0; (c = agent_command_nth(i)); i++)
		if (strcmp(c->name, name) == 0)
			break;
	return c && (!c->is_here || c->is_here()) ? c : NULL;
}

bool agent_number(const char *text, long min, long max, long *n)
{
	size_t len = strlen(text);

	if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
		return false;
	*n = strtol(text, NULL, 10);
	return *n >= min && *n <= max;
}

/*
 * Whether a call that failed is to be made again. Whoever shares a descriptor
 * with us may have made it one that does not block, which is waited for.
 */
static bool is_worth_another(int fd, short events)
{
	struct pollfd p = { .events = events };

	p.fd = fd;
	if (errno != EAGAIN)
		return errno == EINTR;
	poll(&p, 1, -1);
	return true;
}

/* Writes all of it. False when the reader has gone. */
static bool say(const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, text, len);
		if (n < 0 && is_worth_another(STDOUT_FILENO, POLLOUT))
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static void put(char text[AGENT_ANSWER_MAX], const char *word)
{
	snprintf(text, AGENT_ANSWER_MAX, "%s", word);
}

static void answer_text(const struct agent *a, long result,
			char text[AGENT_ANSWER_MAX])
{
	char buf[16];

	if (result == AGENT_EOF)
		put(text, "eof");
	else if (result == AGENT_TEXT)
		put(text, a->text);
	else if (result < 0)
		put(text, name_errno((int)-result, buf));
	else
		snprintf(text, AGENT_ANSWER_MAX, "%ld", result);
}

/* Makes the act on every connection: one answer when all agree. */
static void answer_each(struct agent *a, const struct agent_command *cmd,
			char text[AGENT_ANSWER_MAX])
{
	char other[AGENT_ANSWER_MAX], first[AGENT_ANSWER_MAX / 2];
	bool mixed = false;
	size_t i;

	put(text, "EINVAL"); /* no "use" yet, so no connection */
	for (i = 0; i < a->n_conn; i++) {
		struct conn *c = &a->conn[i];

		answer_text(a,
			    cmd->each ? cmd->each(a, c)
				      : agent_set(a, c, &cmd->option),
			    other);
		if (i == 0)
			put(text, other);
		if (mixed || strcmp(text, other) == 0)
			continue;
		mixed = true;
		snprintf(first, sizeof(first), "%.50s", text);
		snprintf(text, AGENT_ANSWER_MAX, "mixed %s %.50s", first,
			 other);
	}
}

void agent_carry_out(struct agent *a, const struct agent_command *cmd,
		     char text[AGENT_ANSWER_MAX])
{
	if (cmd->whole)
		answer_text(a, cmd->whole(a), text);
	else
		answer_each(a, cmd, text);
}

const struct agent_command *agent_read_command(struct agent *a, char *line)
{
	char *rest, *name = strtok_r(line, " ", &rest);
	const struct agent_command *cmd =
		name ? agent_find_command(name) : NULL;
	int n = 0;

	memset(a->arg, 0, sizeof(a->arg));
	while (cmd && (name = strtok_r(NULL, " ", &rest))) {
		if (n == cmd->most)
			return NULL;
		a->arg[n++] = name;
	}
	return cmd && n >= cmd->least ? cmd : NULL;
}

/* Carries out one line; text gets the answer. False: the reader has gone. */
static bool obey(struct agent *a, char *line, char text[AGENT_ANSWER_MAX])
{
	bool announce = line[0] == '!';
	const struct agent_command *cmd =
		agent_read_command(a, line + announce);
	char enters[AGENT_ANSWER_MAX];
	int len;

	/* Cutting it up left the first word where it was. */
	put(text, agent_find_command(line + announce) ? "EINVAL" : "ENOSYS");
	if (!cmd)
		return true;
	len = snprintf(enters, sizeof(enters), "> %s\n", cmd->name);
	if (announce && !say(enters, (size_t)len))
		return false;
	agent_carry_out(a, cmd, text);
	return true;
}

/* line is NULL for one that was too long. */
static bool serve_line(struct agent *a, char *line)
{
	char text[AGENT_ANSWER_MAX] = "EINVAL";
	char out[AGENT_ANSWER_MAX + 4];
	size_t len;

	if (line) {
		len = strlen(line);
		if (len > 0 && line[len - 1] == '\r') /* a serial line's */
			line[len - 1] = '\0';
		if (!obey(a, line, text))
			return false;
	}
	len = (size_t)snprintf(out, sizeof(out), "= %s\n", text);
	return say(out, len);
}

/* What has been read and is not yet a whole line. */
struct input {
	char buf[AGENT_LINE_MAX];
	size_t len;
	bool too_long; /* the start of the present line was thrown away */
};

static bool serve_input(struct agent *a, struct input *in)
{
	char *start = in->buf, *end;
	size_t left = in->len;

	while ((end = memchr(start, '\n', left))) {
		*end = '\0';
		left -= (size_t)(end + 1 - start);
		/* A NUL in the line would hide what follows it. */
		if (strlen(start) != (size_t)(end - start))
			in->too_long = true;
		if (!serve_line(a, in->too_long ? NULL : start))
			return false;
		in->too_long = false;
		start = end + 1;
	}
	memmove(in->buf, start, left);
	in->len = left;
	if (left == sizeof(in->buf)) {
		in->too_long = true;
		in->len = 0;
	}
	return true;
}

static int serve(struct agent *a)
{
	struct input in = { .len = 0 };
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, in.buf + in.len,
			 sizeof(in.buf) - in.len);
		if (n < 0 && is_worth_another(STDIN_FILENO, POLLIN))
			continue;
		if (n < 0)
			return 1;
		if (n == 0)
			return 0;
		in.len += (size_t)n;
		if (!serve_input(a, &in))
			return 1;
	}
}

static struct agent the_agent = { .listener = -1 };

/*
 * The harness is gone, perhaps while we are in a call. Sockets that were just
 * closed would be orphans whose retransmissions keep the namespace alive for
 * minutes: they are reset. Only calls that a signal handler may make.
 */
static void on_term(int sig)
{
	(void)sig;
	/* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
	agent_drop_all(&the_agent);
	_exit(0);
}

/* By a signal that is heeded, instead of the harness's SIGKILL. */
static void ends_with_parent(bool yes)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, yes ? SIGTERM : 0);
#else
	(void)yes;
#endif
}

static int run(struct agent *a)
{
	static const char greeting[] = "lastack-agent 1\n";
	int status = say(greeting, sizeof(greeting) - 1) ? serve(a) : 1;

	/* On the way out there is nothing left to reset. */
	ends_with_parent(false);
	signal(SIGTERM, SIG_IGN);
	agent_thread_end();
	agent_drop_all(a);
	free(a->conn);
	free(a->room);
	return status;
}

#ifdef __linux__
/* Only so that a call ends with EINTR. */
static void on_interrupt(int sig)
{
	(void)sig;
}
#endif

int agent_main(void)
{
#ifdef __linux__
	struct sigaction interrupt = { .sa_handler = on_interrupt };

	sigaction(SIGUSR1, &interrupt, NULL);
#endif
#ifdef _WIN32
	agent_win_start();
#endif
#ifdef SIGPIPE
	/* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c) */
	signal(SIGPIPE, agent_on_pipe);
#endif
	signal(SIGINT, SIG_IGN); /* whoever runs the harness stops it first */
	signal(SIGTERM, on_term);
	ends_with_parent(true);
	return run(&the_agent);
}
