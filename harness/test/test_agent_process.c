/*
 * Agent processes: programs that only pretend to be one: shell scripts
 * that greet wrongly, die, or say what is no part of the protocol.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/agents.h"
#include "test/expect.h"
#include "base/array.h"
#include "base/child.h"
#include "base/cpu.h"

extern const struct suite suite_agent_process;

#define GREETING "echo lastack-agent 1\n"

static char folder[] = "/tmp/lastack-end-XXXXXX";
static char program[sizeof(folder) + sizeof("exec /agent")];

/* A program of that shell text; the command that becomes it is in program. */
static bool write_program(const char *text)
{
	FILE *file;

	snprintf(folder, sizeof(folder), "/tmp/lastack-end-XXXXXX");
	if (!mkdtemp(folder))
		return false;
	snprintf(program, sizeof(program), "exec %s/agent", folder);
	file = fopen(program + 5, "we");
	if (!file)
		return false;
	fprintf(file, "#!/bin/sh\n%s", text);
	return fclose(file) == 0 && chmod(program + 5, 0700) == 0;
}

static void remove_program(void)
{
	unlink(program + 5);
	rmdir(folder);
}

static int start(struct agent_process *e, const char *text, int cpu,
		 struct fault *f)
{
	int rc;

	agent_process_init(e, B, cpu);
	e->command = program;
	f->text[0] = '\0';
	if (!EXPECT_TRUE(write_program(text)))
		return -1;
	rc = e->caller.ops->start(&e->caller, f);
	remove_program(); /* the shell has it open by now, or never will */
	return rc;
}

static void test_bad_start(void)
{
	static const struct {
		const char *text;
		const char *fault;
	} rows[] = {
		{ "exit 3\n", "agent of B: ended without a greeting" },
		{ "printf 'lastack-agent 1'\n",
		  "agent of B: ended without a greeting" },
		{ "kill -9 $$\n", "agent of B: ended without a greeting" },
		{ "echo lastack-agent 2; read x\n",
		  "agent of B: expected \"lastack-agent 1\", it said "
		  "\"lastack-agent 2\"" },
		{ "printf '%0300d' 0; read x\n",
		  "agent of B: said a line over 255 octets without a "
		  "greeting" },
	};
	struct fault f;
	struct agent_process e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].text);
		EXPECT_INT(start(&e, rows[i].text, -1, &f), -1);
		EXPECT_STR(f.text, rows[i].fault);
		EXPECT_INT(e.child.pid, 0);
		EXPECT_INT(e.child.from, -1);
	}
	expect_row(NULL);
	agent_process_init(&e, A, -1);
	e.command = "exec 2>&-; /nowhere/agent";
	EXPECT_INT(e.caller.ops->start(&e.caller, &f), -1);
	EXPECT_STR(f.text, "agent of A: ended without a greeting");
}

/* A descriptor that is no namespace: refused before the program runs. */
static void test_bad_place(void)
{
	struct agent_process e;
	struct fault f;

	agent_process_init(&e, A, -1);
	e.command = "/bin/true";
	e.netns = STDERR_FILENO;
	EXPECT_INT(e.caller.ops->start(&e.caller, &f), -1);
	EXPECT_TRUE(strstr(f.text, "cannot enter the network namespace"));
	e.netns = -1;
	e.cpu = CPU_SETSIZE - 1;
	EXPECT_INT(e.caller.ops->start(&e.caller, &f), -1);
	EXPECT_TRUE(strstr(f.text, "cannot pin to its processor"));
	EXPECT_INT(e.child.pid, 0);
	e.caller.ops->stop(&e.caller);
	e.caller.ops->stop(&e.caller);
}

static void test_bad_answer(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ GREETING "read x\n", "it ended with status 0" },
		{ GREETING "read x; printf '= 0'; exit 3\n",
		  "it ended with status 3" },
		{ GREETING "read x; kill -9 $$\n", "it ended by signal 9" },
		{ GREETING "read x; echo what; read x\n",
		  "it said \"what\", which is no answer" },
		{ GREETING "read x; echo =0; read x\n",
		  "it said \"=0\", which is no answer" },
		{ GREETING "read x; echo; read x\n",
		  "it said \"\", which is no answer" },
		{ GREETING "read x; printf '= %0300d\\n' 0; read x\n",
		  "it said a line over 255 octets" },
		{ GREETING "exec <&- >&-; sleep 100\n",
		  "it closed its output" },
	};
	char text[STACK_LINE_MAX];
	struct fault f;
	struct agent_process e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].text);
		if (!EXPECT_INT(start(&e, rows[i].text, -1, &f), 0))
			continue;
		/* May fail where it is already gone. */
		e.caller.ops->tell(&e.caller, "close", &f);
		EXPECT_INT(agents_hear(&e, text), CALLER_DIED);
		EXPECT_STR(e.caller.why, rows[i].why);
		EXPECT_INT(e.child.pid, 0);
		EXPECT_INT(e.child.from, -1);
		EXPECT_TRUE(!e.caller.ops->sleeps(&e.caller, INT64_MAX));
		EXPECT_TRUE(e.caller.ops->wait_gone(&e.caller, INT64_MAX));
		EXPECT_INT(e.caller.ops->tell(&e.caller, "close", &f), -1);
		EXPECT_STR(f.text, "agent of B: not running");
	}
	expect_row(NULL);
}

static void test_conversation(void)
{
	static const char text_of[] =
		GREETING "read x; echo '> close'; read y\n"
			 "printf '= '; read z; echo \"$x $y $z\"; read x\n";
	char text[STACK_LINE_MAX], longest[STACK_LINE_MAX + 1] = "";
	struct fault f;
	struct agent_process e;

	if (!EXPECT_INT(start(&e, text_of, -1, &f), 0))
		return;
	memset(longest, 'x', STACK_LINE_MAX - 1);
	EXPECT_INT(e.caller.ops->tell(&e.caller, longest, &f), -1);
	EXPECT_STR(f.text, "agent of B: command over 254 octets");
	EXPECT_TRUE(agents_tell(&e, "one"));
	EXPECT_INT(e.caller.ops->tell(&e.caller, "two", &f), -1);
	EXPECT_STR(f.text, "agent of B: told \"two\" too early");
	EXPECT_INT(agents_hear(&e, text), CALLER_ENTERS);
	EXPECT_STR(text, "close");
	EXPECT_INT(e.caller.phase, CALLER_IN_CALL);
	EXPECT_TRUE(e.caller.ops->sleeps(&e.caller, INT64_MAX));
	e.caller.phase = CALLER_IDLE;
	EXPECT_TRUE(agents_tell(&e, "two"));
	EXPECT_INT(e.caller.ops->hear(&e.caller, clock_mono_ns() + NS_PER_MS,
				      text),
		   CALLER_NOTHING); /* half an answer is none */
	e.caller.phase = CALLER_IDLE;
	EXPECT_TRUE(agents_tell(&e, "three"));
	EXPECT_INT(agents_hear(&e, text), CALLER_ANSWER);
	EXPECT_STR(text, "one two three");
	EXPECT_INT(e.caller.phase, CALLER_IDLE);
	e.caller.ops->stop(&e.caller);
}

/* What is left of us to be used, in ascending order, and no more of it. */
static void test_allowed(void)
{
	cpu_set_t before, one;
	int cpu[2] = { -1, -1 };
	size_t n;

	EXPECT_INT(sched_getaffinity(0, sizeof(before), &before), 0);
	n = cpu_allowed(cpu, 1);
	EXPECT_INT(n, CPU_COUNT(&before));
	EXPECT_TRUE(cpu[0] >= 0 && CPU_ISSET((size_t)cpu[0], &before));
	EXPECT_INT(cpu[1], -1);
	EXPECT_INT(cpu_pin(cpu[0]), 0);
	CPU_ZERO(&one);
	EXPECT_INT(sched_getaffinity(0, sizeof(one), &one), 0);
	EXPECT_TRUE(CPU_COUNT(&one) == 1 && CPU_ISSET((size_t)cpu[0], &one));
	EXPECT_INT(cpu_allowed(NULL, 0), 1);
	EXPECT_INT(cpu_pin(-1), -1);
	EXPECT_INT(cpu_pin(CPU_MOST), -1);
	EXPECT_INT(sched_setaffinity(0, sizeof(before), &before), 0);
}

/* A descriptor of ours that is not closed on exec is not the program's. */
static void test_alone(void)
{
	static const char text_of[] =
		GREETING "read x; test -e /proc/$$/fd/9 && echo '= open' ||"
			 " echo '= closed'; read x\n";
	char text[STACK_LINE_MAX];
	struct fault f;
	struct agent_process e;

	if (!EXPECT_INT(dup2(STDERR_FILENO, 9), 9))
		return;
	if (EXPECT_INT(start(&e, text_of, -1, &f), 0)) {
		EXPECT_TRUE(agents_tell(&e, "look"));
		EXPECT_INT(agents_hear(&e, text), CALLER_ANSWER);
		EXPECT_STR(text, "closed");
	}
	e.caller.ops->stop(&e.caller);
	close(9);
}

static void test_pinned(void)
{
	cpu_set_t cpus;
	struct fault f;
	struct agent_process e;
	int cpu = -1;

	cpu_allowed(&cpu, 1);
	if (!EXPECT_INT(start(&e, GREETING "read x\n", cpu, &f), 0))
		return;
	EXPECT_INT(sched_getaffinity(e.child.pid, sizeof(cpus), &cpus), 0);
	EXPECT_INT(CPU_COUNT(&cpus), 1);
	EXPECT_TRUE(CPU_ISSET((size_t)cpu, &cpus));
	e.caller.ops->stop(&e.caller);
}

/* Busy, or with its answer given, is not asleep in a call. */
static void test_not_asleep(void)
{
	char text[STACK_LINE_MAX];
	struct fault f;
	struct agent_process e;

	if (!EXPECT_INT(start(&e,
			      GREETING "read x; echo '> spin'\n"
				       "while :; do :; done\n",
			      -1, &f),
			0))
		return;
	EXPECT_TRUE(agents_tell(&e, "spin"));
	EXPECT_INT(agents_hear(&e, text), CALLER_ENTERS);
	EXPECT_TRUE(!e.caller.ops->sleeps(&e.caller,
					  clock_mono_ns() + 20 * NS_PER_MS));
	e.caller.ops->stop(&e.caller);
	if (!EXPECT_INT(start(&e, GREETING "echo '> x'; echo = 0; read x\n", -1,
			      &f),
			0))
		return;
	EXPECT_INT(agents_hear(&e, text), CALLER_ENTERS);
	EXPECT_TRUE(!e.caller.ops->sleeps(
		&e.caller, INT64_MAX)); /* it sleeps, but in read */
	EXPECT_INT(agents_hear(&e, text), CALLER_ANSWER);
	EXPECT_STR(text, "0");
	e.caller.ops->stop(&e.caller);
}

/* What it started goes with it, though that reads nothing and ignores TERM. */
static void test_group(void)
{
	static const char text_of[] =
		GREETING "(trap '' TERM; sleep 1000) & read x; echo \"= $!\"\n"
			 "read x\n";
	char text[STACK_LINE_MAX];
	struct agent_process e;
	struct fault f;
	pid_t other;
	int gone;

	if (!EXPECT_INT(start(&e, text_of, -1, &f), 0))
		return;
	EXPECT_TRUE(agents_tell(&e, "who"));
	EXPECT_INT(agents_hear(&e, text), CALLER_ANSWER);
	other = (pid_t)strtol(text, NULL, 10);
	EXPECT_TRUE(other > 0 && kill(other, 0) == 0);
	/* Readable as soon as it has ended, whoever reaps it. */
	gone = (int)syscall(SYS_pidfd_open, other, 0U);
	EXPECT_TRUE(gone >= 0);
	EXPECT_TRUE(!child_wait_readable(gone, 0));
	e.caller.ops->stop(&e.caller);
	EXPECT_TRUE(
		child_wait_readable(gone, clock_mono_ns() + AGENTS_PATIENCE));
	close(gone);
}

static void test_can(void)
{
	static const struct {
		const char *answer;
		int result;
		const char *fault;
	} rows[] = {
		{ "= yes", 1, "" },
		{ "= no", 0, "" },
		{ "= ENOSYS", 0, "" },
		{ "= 1", -1,
		  "agent of B: expected yes or no to \"can poll\", it said 1" },
		{ "yes", -1,
		  "agent of B: expected yes or no to \"can poll\", it said \"yes\", which is no answer" },
	};
	char text[200];
	struct agent_process e;
	struct fault f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].answer);
		snprintf(text, sizeof(text),
			 GREETING "read x; test \"$x\" = 'can poll' &&"
				  " echo '%s'; read x\n",
			 rows[i].answer);
		if (!EXPECT_INT(start(&e, text, -1, &f), 0))
			continue;
		EXPECT_INT(agent_process_can(&e, "poll", &f), rows[i].result);
		EXPECT_STR(f.text, rows[i].fault);
		EXPECT_INT(e.child.pid > 0, rows[i].result >= 0);
		e.caller.ops->stop(&e.caller);
	}
	expect_row(NULL);
}

static enum caller_health health_of(struct agent_process *e, int64_t wait_ns)
{
	return e->caller.ops->health(&e->caller, clock_mono_ns() + wait_ns);
}

/* Waiting for a command; stopped by somebody; dead. */
static void test_health(void)
{
	struct agent_process e;
	struct fault f;

	if (!EXPECT_INT(start(&e, GREETING "read x\n", -1, &f), 0))
		return;
	EXPECT_INT(health_of(&e, AGENTS_PATIENCE), CALLER_WELL);
	kill(e.child.pid, SIGSTOP);
	EXPECT_INT(health_of(&e, AGENTS_PATIENCE), CALLER_STANDS);
	EXPECT_INT(e.caller.ops->health(&e.caller, 0), CALLER_WELL);
	kill(e.child.pid, SIGCONT);
	EXPECT_INT(health_of(&e, AGENTS_PATIENCE), CALLER_WELL);
	kill(e.child.pid, SIGTERM);
	EXPECT_TRUE(
		child_wait_ended(&e.child, clock_mono_ns() + AGENTS_PATIENCE));
	EXPECT_INT(e.caller.ops->health(&e.caller, 0), CALLER_ENDED);
	EXPECT_STR(e.caller.why, "it ended by signal 15");
	EXPECT_INT(e.caller.phase, CALLER_GONE);
}

/* A process that takes all of a processor. 0 when there is none. */
static pid_t start_hog(int cpu)
{
	int ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		return 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		c = (char)(cpu_pin(cpu) == 0);
		if (write(ready[1], &c, 1) != 1 || !c)
			_exit(1);
		while (getppid() != 1)
			;
		_exit(0);
	}
	close(ready[1]);
	EXPECT_INT(read(ready[0], &c, 1), 1);
	EXPECT_INT(c, 1);
	close(ready[0]);
	return pid;
}

/*
 * One that runs where another has nearly all of the processor: the kernel
 * counts what it waits, and still knows when it is gone.
 */
static void test_starved(void)
{
	int64_t deadline = clock_mono_ns() + AGENTS_PATIENCE, before, queued;
	struct agent_process e;
	int cpu = -1, status;
	struct fault f;
	pid_t hog;

	if (cpu_given(0).ran_ns == 0) {
		puts("skipped: the kernel does not count what it gives");
		return;
	}
	cpu_allowed(&cpu, 1);
	if (!EXPECT_INT(start(&e, GREETING "while :; do :; done\n", cpu, &f),
			0))
		return;
	EXPECT_INT(setpriority(PRIO_PROCESS, (id_t)e.child.pid, 19), 0);
	hog = start_hog(cpu);
	before = e.caller.ops->queued(&e.caller);
	EXPECT_INT(health_of(&e, 300 * NS_PER_MS), CALLER_STARVED);
	/* The wait that it is in is counted as soon as it runs again. */
	do
		queued = e.caller.ops->queued(&e.caller) - before;
	while (queued < 100 * NS_PER_MS && clock_mono_ns() < deadline);
	EXPECT_TRUE(queued >= 100 * NS_PER_MS);
	e.caller.ops->stop(&e.caller);
	EXPECT_TRUE(e.caller.ops->queued(&e.caller) >= before + queued);
	kill(hog, SIGKILL);
	EXPECT_INT(waitpid(hog, &status, 0), hog);
}

/* Descriptor 3 is what it was given, and nothing without. */
static void test_third(void)
{
	static const char text_of[] =
		GREETING "read x; if test -e /proc/$$/fd/3; then\n"
			 "echo hello >&3; echo '= open'; else\n"
			 "echo '= closed'; fi; read x\n";
	char text[STACK_LINE_MAX], got[6] = "";
	struct agent_process e;
	struct fault f;
	int ends[2];

	if (!EXPECT_INT(pipe(ends), 0))
		return;
	/* The shell reads its script by a descriptor of its own choice. */
	agent_process_init(&e, B, -1);
	e.command = text_of;
	e.frames = ends[1];
	if (EXPECT_INT(e.caller.ops->start(&e.caller, &f), 0)) {
		EXPECT_TRUE(agents_tell(&e, "look"));
		EXPECT_INT(agents_hear(&e, text), CALLER_ANSWER);
		EXPECT_STR(text, "open");
		EXPECT_INT(read(ends[0], got, 5), 5);
		EXPECT_STR(got, "hello");
	}
	e.caller.ops->stop(&e.caller);
	e.frames = -1;
	if (EXPECT_INT(e.caller.ops->start(&e.caller, &f), 0)) {
		EXPECT_TRUE(agents_tell(&e, "look"));
		EXPECT_INT(agents_hear(&e, text), CALLER_ANSWER);
		EXPECT_STR(text, "closed");
	}
	e.caller.ops->stop(&e.caller);
	close(ends[0]);
	close(ends[1]);
}

static const struct test tests[] = {
	{ "programs that do not greet", test_bad_start },
	{ "namespaces that cannot be entered", test_bad_place },
	{ "agents that die or talk nonsense", test_bad_answer },
	{ "a conversation", test_conversation },
	{ "processors it may use", test_allowed },
	{ "descriptors of its own only", test_alone },
	{ "pinned to its processor", test_pinned },
	{ "asleep or not", test_not_asleep },
	{ "what it can", test_can },
	{ "well, stopped or dead", test_health },
	{ "one that waits for a processor", test_starved },
	{ "all that it started goes with it", test_group },
	{ "a descriptor for its frames", test_third },
	{ NULL, NULL },
};

const struct suite suite_agent_process = { "agent-process", tests };
