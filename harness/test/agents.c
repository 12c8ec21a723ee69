/*
 * Two agents for the tests, and the rows they are driven with. Knows the
 * protocol; what is tested is in the rows.
 */
#include "test/agents.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/expect.h"
#include "agent/agent.h"

static bool loopback_up(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool up;

	memcpy(ifr.ifr_name, "lo", sizeof("lo"));
	up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
	close(fd);
	return up;
}

bool agents_enter(pid_t of)
{
	char path[64];
	int user, net;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)of);
	user = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)of);
	net = open(path, O_RDONLY);
	return setns(user, CLONE_NEWUSER) == 0 && setns(net, CLONE_NEWNET) == 0;
}

/* In the namespaces of that process, or in new ones when it is 0. */
static bool serve_in(pid_t of)
{
	if (of)
		return agents_enter(of);
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && loopback_up();
}

static bool start_agent(struct agent_process *e, enum side side, pid_t of)
{
	static const char greeting[] = "lastack-agent 1\n";
	char said[sizeof(greeting)] = "";
	int in[2], out[2];

	agent_process_init(e, side, -1);
	if (pipe(in) || pipe(out))
		return false;
	fflush(stdout);
	e->child = (struct child){ .pid = fork(), .to = in[1], .from = out[0] };
	if (e->child.pid == 0) {
		child_keep_only((int[]){ in[0], out[1], STDERR_FILENO }, 3);
		_exit(serve_in(of) ? agent_main() : 77);
	}
	close(in[0]);
	close(out[1]);
	child_set_nonblocking(out[0]);
	e->caller.phase = CALLER_IDLE;
	return child_wait_readable(out[0], clock_mono_ns() + AGENTS_PATIENCE) &&
	       read(out[0], said, strlen(greeting)) > 0 &&
	       strcmp(said, greeting) == 0;
}

void agents_stop(struct pair *p)
{
	p->end[A].caller.ops->stop(&p->end[A].caller);
	p->end[B].caller.ops->stop(&p->end[B].caller);
}

bool agents_start(struct pair *p)
{
	int status;

	agent_process_init(&p->end[B], B, -1);
	if (start_agent(&p->end[A], A, 0))
		return EXPECT_TRUE(
			start_agent(&p->end[B], B, p->end[A].child.pid));
	EXPECT_INT(waitpid(p->end[A].child.pid, &status, 0),
		   p->end[A].child.pid);
	close(p->end[A].child.to);
	close(p->end[A].child.from);
	EXPECT_INT(WEXITSTATUS(status), 77); /* and not a crash */
	puts("skipped: cannot make user and network namespaces");
	return false;
}

enum caller_heard agents_hear(struct agent_process *e,
			      char text[STACK_LINE_MAX])
{
	text[0] = '\0';
	return e->caller.ops->hear(&e->caller,
				   clock_mono_ns() + AGENTS_PATIENCE, text);
}

bool agents_tell(struct agent_process *e, const char *command)
{
	struct fault f = { "" };
	bool told = e->caller.ops->tell(&e->caller, command, &f) == 0;

	EXPECT_STR(f.text, "");
	return told;
}

bool agents_ask(struct agent_process *e, const char *command,
		char text[STACK_LINE_MAX])
{
	return agents_tell(e, command) &&
	       EXPECT_INT(agents_hear(e, text), CALLER_ANSWER);
}

static bool ask_until(struct agent_process *e, const struct step *s,
		      char text[STACK_LINE_MAX])
{
	int64_t deadline = clock_mono_ns() + AGENTS_PATIENCE;

	do {
		if (!agents_ask(e, s->command, text))
			return false;
	} while (strcmp(text, s->answer) != 0 && clock_mono_ns() < deadline);
	return EXPECT_STR(text, s->answer);
}

static bool ask_blocking(struct agent_process *e, const struct step *s,
			 char text[STACK_LINE_MAX])
{
	char command[STACK_LINE_MAX];

	snprintf(command, sizeof(command), "!%s", s->command);
	return agents_tell(e, command) &&
	       EXPECT_INT(agents_hear(e, text), CALLER_ENTERS) &&
	       EXPECT_STR(text, s->answer) &&
	       EXPECT_TRUE(e->caller.ops->sleeps(
		       &e->caller, clock_mono_ns() + AGENTS_PATIENCE)) &&
	       EXPECT_INT(e->caller.ops->hear(&e->caller, 0, text),
			  CALLER_NOTHING);
}

static bool take_step(struct pair *p, const struct step *s)
{
	struct agent_process *e = &p->end[s->side];
	char text[STACK_LINE_MAX];

	switch (s->mode) {
	case UNTIL:
		return ask_until(e, s, text);
	case BLOCKS:
		return ask_blocking(e, s, text);
	case RETURNS:
		return EXPECT_INT(agents_hear(e, text), CALLER_ANSWER) &&
		       EXPECT_STR(text, s->answer);
	case ONCE:
		break;
	}
	return agents_ask(e, s->command, text) && EXPECT_STR(text, s->answer);
}

void agents_play(struct pair *p, const struct step *steps)
{
	for (; steps->command; steps++) {
		expect_row(steps->command);
		if (!take_step(p, steps))
			break;
	}
	expect_row(NULL);
}

void agents_use(struct pair *p, int family, int n)
{
	const char *addr = family == 6 ? "::1" : "127.0.0.1";
	char command[STACK_LINE_MAX], text[STACK_LINE_MAX];

	snprintf(command, sizeof(command), "use %d %s 40000 %s 4000 %d", family,
		 addr, addr, n);
	agents_ask(&p->end[A], command, text);
	EXPECT_STR(text, "0");
	snprintf(command, sizeof(command), "use %d %s 4000 %s 40000 %d", family,
		 addr, addr, n);
	agents_ask(&p->end[B], command, text);
	EXPECT_STR(text, "0");
}

void agents_play_all(const struct step *steps)
{
	struct pair p;

	if (!agents_start(&p))
		return;
	agents_use(&p, 4, 1);
	agents_play(&p, steps);
	agents_use(&p, 6, 1);
	agents_play(&p, steps);
	agents_use(&p, 6, 20);
	agents_play(&p, steps);
	agents_stop(&p);
}
