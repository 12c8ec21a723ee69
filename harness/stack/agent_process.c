/*
 * Agents from the harness's side: starting one, telling it, hearing it. Knows
 * the line protocol, not what the commands mean.
 */
#include "stack/agent_process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "script/verb.h"

#define GREETING      "lastack-agent 1"
#define GREETING_WAIT (10 * NS_PER_S)
#define SILENCE	      (100 * NS_PER_MS)
/* From the end of what it says to its own. */
#define ENDING_WAIT (1 * NS_PER_S)

static struct agent_process *process_of(struct caller *c)
{
	return (struct agent_process *)(void *)c;
}

static void process_stop(struct caller *c)
{
	struct agent_process *a = process_of(c);

	if (a->command)
		child_stop_group(&a->child);
	else
		child_stop(&a->child);
	a->len = 0;
	c->phase = CALLER_GONE;
}

static bool process_wait_gone(struct caller *c, int64_t deadline_ns)
{
	struct agent_process *a = process_of(c);

	if (!child_wait_gone(&a->child, deadline_ns))
		return false;
	process_stop(c);
	return true;
}

/* The first whole line of what it says, without its newline. */
static enum child_heard read_line(struct agent_process *a, int64_t deadline_ns,
				  char text[STACK_LINE_MAX])
{
	enum child_heard heard = child_hear(
		a->child.from, a->buf, sizeof(a->buf), &a->len, deadline_ns);
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
		return fault_set(f, "agent of %c: %s without a greeting", who,
				 a->len == sizeof(a->buf)
					 ? "said a line over 255 octets"
					 : "ended");
	case CHILD_LINE:
		break;
	}
	if (strcmp(text, GREETING) == 0)
		return 0;
	return fault_set(f, "agent of %c: expected \"%s\", it said \"%s\"", who,
			 GREETING, text);
}

bool agent_process_greets_again(struct agent_process *a, int64_t deadline_ns)
{
	char text[STACK_LINE_MAX] = "";
	enum child_heard heard = CHILD_LINE;

	/* The last one may have answered before it ended. */
	while (heard == CHILD_LINE && strcmp(text, GREETING) != 0)
		heard = read_line(a, deadline_ns, text);
	if (heard == CHILD_LATE)
		return false;
	if (heard == CHILD_END)
		process_stop(&a->caller);
	else
		a->caller.phase = CALLER_IDLE;
	return true;
}

static int process_start(struct caller *c, struct fault *f)
{
	struct agent_process *a = process_of(c);
	char *const own[] = { (char *)"lastack", (char *)"agent", NULL };
	char *const shell[] = { (char *)"sh", (char *)"-c", (char *)a->command,
				NULL };
	const struct child_plan plan = {
		.path = a->command ? "/bin/sh" : "/proc/self/exe",
		.argv = a->command ? shell : own,
		.netns = a->netns,
		.cpu = a->cpu,
		.more = &a->frames,
		.n_more = a->frames >= 0,
		.leads = a->command != NULL,
	};

	a->len = 0;
	c->guessed = a->command != NULL;
	c->why[0] = '\0';
	if (child_start(&plan, &a->child, f) < 0)
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
	if (!child_tell(&a->child, line, (size_t)len))
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

/* How it ended, if it did so by itself. */
static void note_status(struct agent_process *a, bool ended)
{
	int status = a->child.status;
	char *why = a->caller.why;

	if (!ended)
		snprintf(why, CALLER_WHY_MAX, "it closed its output");
	else if (WIFSIGNALED(status))
		snprintf(why, CALLER_WHY_MAX, "it ended by signal %d",
			 WTERMSIG(status));
	else
		snprintf(why, CALLER_WHY_MAX, "it ended with status %d",
			 WEXITSTATUS(status));
}

/* Nothing can be heard of it any more: it is stopped, and why is noted. */
static void give_up(struct agent_process *a, enum child_heard heard,
		    const char *text)
{
	int64_t deadline = clock_mono_ns() + ENDING_WAIT;
	char *why = a->caller.why;
	bool ended;

	if (a->caller.phase == CALLER_GONE)
		return;
	if (heard == CHILD_LINE) {
		snprintf(why, CALLER_WHY_MAX,
			 "it said \"%.40s\", which is no answer", text);
		process_stop(&a->caller);
	} else if (a->len == sizeof(a->buf)) {
		snprintf(why, CALLER_WHY_MAX, "it said a line over %zu octets",
			 sizeof(a->buf) - 1);
		process_stop(&a->caller);
	} else {
		ended = child_wait_ended(&a->child, deadline);
		process_stop(&a->caller);
		note_status(a, ended);
	}
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
		/* Dead, or no longer to be understood. */
		give_up(process_of(c), line, text);
		return CALLER_DIED;
	}
	if (heard == CALLER_ANSWER)
		c->phase = CALLER_IDLE;
	return heard;
}

/* The beginning of a file below /proc/PID; "" when there is none to read. */
static void read_proc(pid_t pid, const char *name, char *text, size_t cap)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, cap - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

/* The state letter of /proc/PID/stat, or 0 when there is none to read. */
static char process_state(pid_t pid)
{
	char stat[512];
	const char *after;

	read_proc(pid, "stat", stat, sizeof(stat));
	/* The name in parentheses may have spaces and parentheses in it. */
	after = strrchr(stat, ')');
	return after && after[1] == ' ' ? after[2] : 0;
}

/*
 * Of the agent; or of the process that it has forked, when the agent sleeps
 * until that one is gone. One that is dead already keeps no one waiting.
 */
static char agent_state(const struct agent_process *a)
{
	char state = a->child.pid > 0 ? process_state(a->child.pid) : 0;
	char name[32], forked[16], other;

	if (state != 'S' || a->command)
		return state;
	snprintf(name, sizeof(name), "task/%d/children", (int)a->child.pid);
	read_proc(a->child.pid, name, forked, sizeof(forked));
	other = *forked ? process_state((pid_t)strtol(forked, NULL, 10)) : 0;
	return other && other != 'Z' && other != 'X' ? other : state;
}

static enum caller_health process_ended(struct agent_process *a)
{
	give_up(a, CHILD_END, "");
	return CALLER_ENDED;
}

/*
 * Whether it was not the one that kept us waiting. A wait that is not over the
 * kernel has not counted yet: what it ran meanwhile is known.
 */
static enum caller_health still_running(const struct agent_process *a,
					char state, int64_t ran_ns,
					int64_t waited_ns)
{
	int64_t ran = child_given(&a->child).ran_ns - ran_ns;

	return state == 'R' && ran < waited_ns / 2 ? CALLER_STARVED
						   : CALLER_BUSY;
}

static enum caller_health process_health(struct caller *c, int64_t deadline_ns)
{
	struct agent_process *a = process_of(c);
	int64_t begun = clock_mono_ns(), now, look;
	int64_t ran = deadline_ns ? child_given(&a->child).ran_ns : 0;
	char state;

	if (a->child.pid <= 0 || child_wait_hung_up(a->child.from, 0))
		return process_ended(a);
	if (deadline_ns == 0)
		return CALLER_WELL;
	for (;;) {
		state = agent_state(a);
		if (state == 'S')
			return CALLER_WELL;
		if (state == 'T' || state == 't')
			return CALLER_STANDS;
		if (state != 'R' && state != 'D')
			return process_ended(a);
		now = clock_mono_ns();
		if (now >= deadline_ns)
			return still_running(a, state, ran, now - begun);
		look = now + NS_PER_MS;
		if (child_wait_hung_up(a->child.from,
				       look < deadline_ns ? look : deadline_ns))
			return process_ended(a);
	}
}

static int64_t process_queued(struct caller *c)
{
	return child_given(&process_of(c)->child).queued_ns;
}

/*
 * Of a program that is not ours the sleeper may be another process, of another
 * machine: that it stays silent is all there is to see.
 */
static bool says_more(const struct agent_process *a, int64_t deadline_ns)
{
	int64_t silent = clock_mono_ns() + SILENCE;

	if (!a->command)
		return false;
	return child_wait_readable(a->child.from,
				   silent < deadline_ns ? silent : deadline_ns);
}

static bool process_sleeps(struct caller *c, int64_t deadline_ns)
{
	struct agent_process *a = process_of(c);
	int64_t now, look;
	char state;

	for (;;) {
		if (a->child.pid <= 0 || memchr(a->buf, '\n', a->len))
			return false;
		/*
		 * Asleep with nothing said since: in that order, for once it
		 * has answered it sleeps waiting for the next command.
		 */
		state = agent_state(a);
		if (child_wait_readable(a->child.from, 0))
			return false;
		if (state == 'S' && !says_more(a, deadline_ns))
			return true;
		now = clock_mono_ns();
		if (now >= deadline_ns || state == 0)
			return false;
		look = now + NS_PER_MS;
		if (child_wait_readable(a->child.from, look < deadline_ns
							       ? look
							       : deadline_ns))
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
		.health = process_health,
		.queued = process_queued,
	};

	*a = (struct agent_process){
		.caller.ops = &ops,
		.side = side,
		.netns = -1,
		.cpu = cpu,
		.frames = -1,
		.child = CHILD_NONE,
	};
}

int agent_process_can(struct agent_process *a, const char *word,
		      struct fault *f)
{
	int64_t deadline = clock_mono_ns() + GREETING_WAIT;
	char line[STACK_LINE_MAX], text[STACK_LINE_MAX] = "nothing";
	enum caller_heard heard;

	snprintf(line, sizeof(line), "can %.200s", word);
	if (process_tell(&a->caller, line, f) < 0)
		return -1;
	heard = process_hear(&a->caller, deadline, text);
	if (heard == CALLER_ANSWER && strcmp(text, "yes") == 0)
		return 1;
	if (heard == CALLER_ANSWER &&
	    (strcmp(text, "no") == 0 || strcmp(text, "ENOSYS") == 0))
		return 0;
	process_stop(&a->caller);
	return fault_set(f, "agent of %c: expected yes or no to \"%s\", %s%s",
			 side_letter(a->side), line,
			 heard == CALLER_DIED ? a->caller.why : "it said ",
			 heard == CALLER_DIED ? "" : text);
}

static int ask_verbs(struct agent_process *a, struct stack *s, struct fault *f)
{
	for (int id = 0; id < VERB_COUNT; id++) {
		const struct verb *v = verb_of((enum verb_id)id);
		int can = v->by == BY_AGENT ? agent_process_can(a, v->name, f)
					    : 1;

		if (can < 0)
			return -1;
		if (!can)
			s->lacks |= VERB_BIT(id);
	}
	return 0;
}

int agent_process_ask(struct agent_process *a, struct stack *s, struct fault *f)
{
	int many, ipv6;

	if (process_start(&a->caller, f) < 0 || ask_verbs(a, s, f) < 0)
		return -1;
	many = agent_process_can(a, "many", f);
	ipv6 = many < 0 ? -1 : agent_process_can(a, "ipv6", f);
	if (ipv6 < 0)
		return -1;
	s->single = !many;
	if (!ipv6)
		s->can &= ~(unsigned int)STACK_CAN_IPV6;
	return 0;
}
