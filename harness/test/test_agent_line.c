/*
 * The agent, by the lines that it is told: what it refuses, what it says it
 * can, and lines that the harness itself would not send.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "test/agents.h"
#include "test/expect.h"

extern const struct suite suite_agent_line;

/* Each is answered ENOSYS: no command begins like that. */
static const char *const unknown[] = {
	"", "!", " ", "sen 1", "destroy", "Close", "!fly",
};

/* Each is answered EINVAL. */
static const char *const refused[] = {
	"send",
	"send x",
	"send -1",
	"send 1 2",
	"send 99999999999999999999",
	"recv 0",
	"recv 1 2",
	"fill 1",
	"linger",
	"linger 5",
	"linger 1500ms",
	"linger on",
	"linger ms",
	"linger2 0.5ms",
	"user-timeout 5s",
	"keepalive",
	"keepalive 1000ms 1000ms",
	"keepalive 1000ms 1000ms 0",
	"nodelay",
	"nodelay yes",
	"rcvbuf",
	"shutdown",
	"shutdown both",
	"listen x",
	"connect now",
	"accept 2",
	"close 1",
	"exit 1",
	"kill 9",
	"use",
	"use 5 ::1 1 ::1 2 1",
	"use 4 ::1 1 ::1 2 1",
	"use 6 ::1 0 ::1 2 1",
	"use 6 ::1 1 ::1 65536 1",
	"use 6 ::1 1 ::1 2 0",
	"use 6 ::1 1 ::1 2",
	"use 6 ::1 1 ::1 2 1 1",
};

static void test_refused_lines(void)
{
	char text[STACK_LINE_MAX];
	struct pair p;
	size_t i;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 2);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		expect_row(refused[i]);
		if (!agents_tell(&p.end[A], refused[i]))
			break;
		if (refused[i][0] == '!' && refused[i][1])
			EXPECT_INT(agents_hear(&p.end[A], text), CALLER_ENTERS);
		EXPECT_INT(agents_hear(&p.end[A], text), CALLER_ANSWER);
		EXPECT_STR(text, "EINVAL");
	}
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		expect_row(unknown[i]);
		agents_ask(&p.end[A], unknown[i], text);
		EXPECT_STR(text, "ENOSYS");
	}
	expect_row(NULL);
	agents_stop(&p);
}

static void test_can(void)
{
	static const struct step steps[] = {
		{ A, "can close", "yes", ONCE },
		{ A, "can can", "yes", ONCE },
		{ A, "can many", "yes", ONCE },
		{ A, "can ipv4", "yes", ONCE },
		{ A, "can fly", "no", ONCE },
		{ A, "can destroy", "no", ONCE },
		{ A, "can", "EINVAL", ONCE },
		{ A, "can close it", "EINVAL", ONCE },
		{ 0 },
	};

	agents_play_all(steps);
}

static void test_rough_lines(void)
{
	static const char rough[] = "close\r\nclose\0\ncl";
	static char flood[1000];
	char text[STACK_LINE_MAX];
	struct pair p;
	struct agent_process *e = &p.end[A];
	int status;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 1);
	child_tell(&e->child, rough, sizeof(rough) - 1);
	agents_hear(e, text);
	EXPECT_STR(text, "EBADF");
	agents_hear(e, text);
	EXPECT_STR(text, "EINVAL");
	child_tell(&e->child, "ose\n", 4);
	agents_hear(e, text);
	EXPECT_STR(text, "EBADF");
	memset(flood, 'x', sizeof(flood) - 1);
	flood[sizeof(flood) - 1] = '\n';
	child_tell(&e->child, flood, sizeof(flood));
	agents_hear(e, text);
	EXPECT_STR(text, "EINVAL"); /* one line, one answer */
	EXPECT_INT(e->caller.ops->hear(&e->caller, clock_mono_ns() + NS_PER_MS,
				       text),
		   CALLER_NOTHING);
	close(e->child.to);
	EXPECT_INT(waitpid(e->child.pid, &status, 0), e->child.pid);
	EXPECT_INT(status, 0);
	close(e->child.from);
	e->child = CHILD_NONE;
	agents_stop(&p);
}

static const struct test tests[] = {
	{ "lines that are refused", test_refused_lines },
	{ "what it says it can", test_can },
	{ "lines in pieces, too long, with a NUL", test_rough_lines },
	{ NULL, NULL },
};

const struct suite suite_agent_line = { "agent-line", tests };
