/*
 * The agent, driven over its protocol: every verb it has, and how it goes.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/agents.h"
#include "test/expect.h"
#include "agent/agent_own.h"

extern const struct suite suite_agent;

#define OPEN                                                     \
	{ B, "listen", "0", ONCE }, { A, "connect", "0", ONCE }, \
	{                                                        \
		B, "accept", "0", ONCE                           \
	}

static void test_orderly(void)
{
	static const struct step steps[] = {
		OPEN,
		{ B, "unlisten", "0", ONCE },
		{ B, "unlisten", "EBADF", ONCE },
		{ A, "send 1000", "1000", ONCE },
		{ B, "recv 600", "600", ONCE },
		{ B, "inq", "400", UNTIL },
		{ B, "recv", "400", ONCE },
		{ A, "outq", "0", UNTIL },
		{ B, "sndbuf 4096", "0", ONCE },
		{ B, "send 300000", "send", BLOCKS },
		{ A, "recv 300000", "300000", ONCE },
		{ B, "", "300000", RETURNS },
		{ A, "close", "0", ONCE },
		{ B, "poll", "IN,OUT,RDHUP", UNTIL },
		{ B, "recv", "eof", ONCE },
		{ B, "recv 10", "eof", ONCE },
		{ B, "shutdown wr", "0", ONCE },
		{ B, "error", "0", ONCE },
		{ B, "close", "0", ONCE },
		{ B, "close", "EBADF", ONCE },
		{ A, "recv", "EBADF", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

static void test_abort(void)
{
	static const struct step steps[] = {
		OPEN, /* unread data */
		{ B, "send 100", "100", ONCE },
		{ A, "poll", "IN,OUT", UNTIL },
		{ A, "close", "0", ONCE },
		{ B, "recv", "ECONNRESET", ONCE },
		{ B, "close", "0", ONCE },
		{ A, "linger 0", "0", ONCE }, /* before it connects again */
		{ A, "connect", "0", ONCE },
		{ B, "accept", "0", ONCE },
		{ A, "close", "0", ONCE },
		{ B, "error", "ECONNRESET", UNTIL },
		{ B, "error", "0", ONCE },
		{ B, "close", "0", ONCE },
		{ B, "linger 0", "0", ONCE }, /* on the listener, inherited */
		{ A, "connect", "0", ONCE },
		{ B, "accept", "0", ONCE },
		{ B, "close", "0", ONCE },
		{ A, "drain", "ECONNRESET", ONCE },
		{ A, "close", "0", ONCE },
		{ A, "connect", "0", ONCE },
		{ B, "accept", "0", ONCE },
		{ A, "reset", "0", ONCE },
		{ B, "recv", "ECONNRESET", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

static void test_before_open(void)
{
	static const struct step steps[] = {
		{ B, "linger 0", "0",
		  ONCE }, /* which side listens is not known */
		{ B, "rcvbuf 4096", "0", ONCE },
		{ A, "sndbuf 4096", "0", ONCE },
		OPEN,
		{ A, "send 50000", "send", BLOCKS },
		{ B, "recv 50000", "50000", ONCE },
		{ A, "", "50000", RETURNS },
		{ B, "close", "0", ONCE },
		{ A, "recv", "ECONNRESET", ONCE },
		{ B, "unlisten", "0", ONCE },
		{ A, "close", "0", ONCE },
		{ A, "connect", "0", ONCE },
		{ A, "error", "ECONNREFUSED", UNTIL },
		{ B, "accept", "EBADF", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

/* The connection lives as long as one of the two has it. */
static void test_fork(void)
{
	static const struct step steps[] = {
		OPEN,
		{ A, "fork", "0", ONCE },
		{ A, "fork", "EAGAIN", ONCE },
		{ A, "send 10", "10", ONCE },
		{ A, "close", "0", ONCE },
		{ B, "recv 10", "10", ONCE },
		{ B, "nonblock on", "0", ONCE },
		{ B, "recv", "EAGAIN", ONCE },
		{ A, "child exit", "0", ONCE },
		{ B, "recv", "eof", UNTIL },
		{ A, "child exit", "ECHILD", ONCE },
		{ A, "child sleep", "EINVAL", ONCE },
		{ B, "connect unspec", "0", ONCE },
		{ B, "error", "ECONNRESET", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

/* One call at a time, and none that could wait for its own end. */
static void test_thread(void)
{
	static const struct step steps[] = {
		OPEN,
		{ B, "interrupt", "ESRCH", ONCE },
		{ B, "thread recv 10", "0", ONCE },
		{ B, "thread recv 10", "EAGAIN", ONCE },
		{ B, "send 3", "3", ONCE },
		{ A, "recv 3", "3", ONCE },
		{ A, "send 10", "10", ONCE },
		{ B, "join", "10", ONCE },
		{ B, "join", "ESRCH", ONCE },
		{ B, "thread recv 10", "0", ONCE },
		{ B, "interrupt", "0", ONCE },
		{ B, "join", "EINTR", ONCE },
		{ B, "thread fly", "EINVAL", ONCE },
		{ B, "thread thread recv", "EINVAL", ONCE },
		{ B, "thread join", "EINVAL", ONCE },
		{ B, "thread interrupt", "EINVAL", ONCE },
		{ B, "thread exit", "EINVAL", ONCE },
		{ B, "thread reset", "EINVAL", ONCE },
		{ B, "thread accept", "0", ONCE },
		{ B, "join", "EISCONN", ONCE },
		{ 0 },
	};
	struct pair p;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 1);
	agents_play(&p, steps);
	agents_stop(&p);
}

static void test_dup(void)
{
	static const struct step steps[] = {
		OPEN,
		{ A, "dup", "0", ONCE },
		{ A, "close", "0", ONCE },
		{ A, "send 10", "10", ONCE },
		{ B, "recv 10", "10", ONCE },
		{ A, "close", "0", ONCE },
		{ B, "recv", "eof", ONCE },
		{ A, "dup", "EBADF", ONCE },
		{ B, "accept", "EISCONN", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

static void test_options(void)
{
	static const struct step steps[] = {
		OPEN,
		{ A, "linger 2000ms", "0", ONCE },
		{ A, "linger off", "0", ONCE },
		{ A, "linger2 3000ms", "0", ONCE },
		{ A, "user-timeout 1500ms", "0", ONCE },
		{ A, "keepalive 1000ms 2000ms 3", "0", ONCE },
		{ A, "keepalive off", "0", ONCE },
		{ A, "cork on", "0", ONCE },
		{ A, "cork off", "0", ONCE },
		{ A, "nodelay on", "0", ONCE },
		{ A, "nonblock on", "0", ONCE },
		{ A, "recv", "EAGAIN", ONCE },
		{ A, "nonblock off", "0", ONCE },
		{ A, "recv", "recv", BLOCKS },
		{ B, "send 7", "7", ONCE },
		{ A, "", "7", RETURNS },
		{ A, "shutdown rdwr", "0", ONCE },
		{ B, "drain", "0", ONCE },
		{ B, "shutdown rd", "0", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

/* Fills until there is really no room left. Returns the octets. */
static long fill(struct agent_process *e)
{
	char text[STACK_LINE_MAX] = "";
	long total = 0;

	while (agents_ask(e, "fill", text) && strtol(text, NULL, 10) > 0)
		total += strtol(text, NULL, 10);
	EXPECT_STR(text, "0");
	return total;
}

static void test_fill(void)
{
	static const struct step open_steps[] = {
		{ B, "rcvbuf 4096", "0", ONCE },
		OPEN,
		{ 0 },
	};
	static const struct step close_steps[] = {
		{ A, "linger 1000ms", "0", ONCE },
		{ A, "close", "close", BLOCKS },
		{ A, "", "0", RETURNS },
		{ 0 },
	};
	char text[STACK_LINE_MAX];
	struct pair p;
	int64_t start;
	long filled;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 1);
	agents_play(&p, open_steps);
	filled = fill(&p.end[A]);
	EXPECT_TRUE(filled > 10000);
	start = clock_mono_ns();
	agents_play(&p, close_steps);
	EXPECT_TRUE(clock_mono_ns() - start >= NS_PER_S / 2);
	/* Orphaned now: what was filled still comes, octet for octet. */
	agents_ask(&p.end[B], "drain", text);
	EXPECT_INT(strtol(text, NULL, 10), filled);
	agents_stop(&p);
}

static void test_mixed(void)
{
	static const struct step steps[] = {
		{ A, "use 4 127.0.0.1 65535 127.0.0.1 4000 2", "0", ONCE },
		{ B, "use 4 127.0.0.1 4000 127.0.0.1 65535 2", "0", ONCE },
		{ B, "listen", "0", ONCE },
		{ A, "connect", "mixed 0 EADDRNOTAVAIL", ONCE },
		{ B, "accept", "accept", BLOCKS }, /* for the second */
		{ 0 },
	};
	struct pair p;

	if (!agents_start(&p))
		return;
	agents_play(&p, steps);
	agents_stop(&p);
}

/* A peer that sends something else than the pattern. */
static void send_other(pid_t of)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(4000) };
	pid_t pid;
	int fd, status = -1;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
		if (!agents_enter(of))
			_exit(1);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) ||
		    send(fd, "\0\1\3", 3, 0) != 3)
			_exit(1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	EXPECT_INT(status, 0);
}

static void test_wrong_octets(void)
{
	static const struct step before[] = { { B, "listen", "0", ONCE },
					      { 0 } };
	static const struct step after[] = {
		{ B, "accept", "0", ONCE },
		{ B, "recv 2", "2", ONCE },
		{ B, "recv 1", "EBADMSG", ONCE },
		{ 0 },
	};
	struct pair p;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 1);
	agents_play(&p, before);
	send_other(p.end[B].child.pid);
	agents_play(&p, after);
	agents_stop(&p);
}

static void test_gone_socket(void)
{
	static const struct step steps[] = {
		OPEN,
		{ A, "forget", "0", ONCE },
		{ A, "forget", "EBADF", ONCE },
		{ B, "send 10", "10", ONCE },
		{ B, "error", "ECONNRESET", UNTIL },
		{ 0 },
	};

	agents_play_all(steps);
}

static void gone_process(const char *command, const char *answer)
{
	const struct step after[] = { { B, "recv", answer, ONCE }, { 0 } };
	static const struct step before[] = {
		OPEN,
		{ B, "send 3", "3", ONCE },
		{ A, "recv 3", "3", ONCE },
		{ 0 },
	};
	char text[STACK_LINE_MAX];
	struct fault f;
	struct pair p;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 1);
	agents_play(&p, before);
	EXPECT_TRUE(!p.end[A].caller.ops->wait_gone(
		&p.end[A].caller, clock_mono_ns() + NS_PER_MS));
	agents_tell(&p.end[A], command);
	EXPECT_TRUE(p.end[A].caller.ops->wait_gone(
		&p.end[A].caller, clock_mono_ns() + AGENTS_PATIENCE));
	EXPECT_INT(p.end[A].child.pid, 0);
	EXPECT_INT(agents_hear(&p.end[A], text), CALLER_DIED);
	EXPECT_INT(p.end[A].caller.ops->tell(&p.end[A].caller, "close", &f),
		   -1);
	EXPECT_STR(f.text, "agent of A: not running");
	agents_play(&p, after);
	agents_stop(&p);
}

static void test_gone_process(void)
{
	gone_process("exit", "eof");
	gone_process("kill", "eof");
	gone_process("!kill", "eof");
}

static const struct test tests[] = {
	{ "orderly close, data both ways", test_orderly },
	{ "aborts", test_abort },
	{ "options before there is a connection", test_before_open },
	{ "descriptors of one socket", test_dup },
	{ "two processes of one socket", test_fork },
	{ "a call beside others", test_thread },
	{ "every option", test_options },
	{ "a full buffer and a close that lingers", test_fill },
	{ "answers that differ", test_mixed },
	{ "octets that are not the pattern", test_wrong_octets },
	{ "a forgotten socket", test_gone_socket },
	{ "a process that goes", test_gone_process },
	{ NULL, NULL },
};

const struct suite suite_agent = { "agent", tests };
