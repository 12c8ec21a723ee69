/*
 * The calls of the simulated stack: commands of the agent's protocol become
 * what the simulator's application does. Knows no frame.
 */
#include "test/sim_stack_own.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"

static struct sim_stack *caller_of(struct caller *c)
{
	return (struct sim_stack *)(void *)((char *)c -
					    offsetof(struct sim_stack, caller));
}

/* What a command's function answers: a number, an errno, or one of these. */
#define NOT_YET LONG_MIN
#define THE_END (LONG_MIN + 1)

/* The address and port that come next of the command's words. */
static bool next_end(char **words, struct seg_end *end)
{
	const char *addr = strtok_r(NULL, " ", words);
	const char *port = strtok_r(NULL, " ", words);

	end->port = port ? (uint16_t)strtol(port, NULL, 10) : 0;
	return end->port && inet_pton(AF_INET, addr, end->addr) == 1;
}

/* One connection of IPv4. */
static long do_use(struct sim_stack *s, const char *args)
{
	char copy[STACK_LINE_MAX], *words;

	snprintf(copy, sizeof(copy), "%s", args);
	if (strcmp(strtok_r(copy, " ", &words), "4") != 0 ||
	    !next_end(&words, &s->own) || !next_end(&words, &s->peer) ||
	    strcmp(words, "1") != 0)
		return -EINVAL;
	sim_stack_renew(s);
	return 0;
}

static long do_open(struct sim_stack *s, const char *args)
{
	(void)args;
	sim_end_start(&s->sim, s->stack.side);
	return 0;
}

static long do_accept(struct sim_stack *s, const char *args)
{
	(void)args;
	return is_opening(end_of(s)) ? NOT_YET : 0;
}

static long do_send(struct sim_stack *s, const char *args)
{
	long n = strtol(args, NULL, 10);

	if (s->truth.was_reset[s->stack.side])
		return -ECONNRESET;
	end_of(s)->written += (uint32_t)n;
	sim_push(&s->sim, end_of(s));
	return n;
}

static uint32_t take(struct sim_end *e, uint32_t n)
{
	if (n > e->unread)
		n = e->unread;
	e->unread -= n;
	e->delivered += n;
	return n;
}

static bool is_over(const struct sim_end *e)
{
	return e->fin_got || e->state == TCP_STATE_CLOSED;
}

static long do_recv(struct sim_stack *s, const char *args)
{
	struct sim_end *e = end_of(s);
	uint32_t n = *args ? (uint32_t)strtol(args, NULL, 10) : e->unread;

	if (s->truth.was_reset[s->stack.side])
		return -ECONNRESET;
	if (e->unread && (e->unread >= n || is_over(e)))
		return take(e, n);
	return is_over(e) ? THE_END : NOT_YET;
}

static long do_drain(struct sim_stack *s, const char *args)
{
	struct sim_end *e = end_of(s);

	(void)args;
	if (s->truth.was_reset[s->stack.side])
		return -ECONNRESET;
	s->drained += take(e, e->unread);
	return is_over(e) ? (long)s->drained : NOT_YET;
}

/* The simulator's application closes in that way, now. */
static void close_by(struct sim_stack *s, enum sim_close how)
{
	struct sim_end *e = end_of(s);

	s->plan.side[s->stack.side].how = how;
	if (e->state == TCP_STATE_CLOSED || e->state == TCP_STATE_LISTEN) {
		sim_finish(e);
	} else if (e->closed && (how == SIM_ABORT || e->unread)) {
		sim_abort(&s->sim, e);
	} else if (!e->closed) {
		e->close_at = s->sim.now;
		sim_app(&s->sim, e);
	}
}

static long do_shutdown(struct sim_stack *s, const char *args)
{
	if (strcmp(args, "wr") != 0)
		return -EOPNOTSUPP;
	if (end_of(s)->state == TCP_STATE_CLOSED)
		return -ENOTCONN;
	close_by(s, SIM_SHUTDOWN);
	return 0;
}

static long do_close(struct sim_stack *s, const char *args)
{
	(void)args;
	close_by(s, s->lingers_0 ? SIM_ABORT : SIM_CLOSE);
	return 0;
}

static long do_linger(struct sim_stack *s, const char *args)
{
	if (strcmp(args, "0") != 0)
		return -EOPNOTSUPP;
	s->lingers_0 = true;
	return 0;
}

static long do_error(struct sim_stack *s, const char *args)
{
	(void)args;
	return s->truth.was_reset[s->stack.side] ? -ECONNRESET : 0;
}

static const struct {
	const char *name;
	long (*obey)(struct sim_stack *s, const char *args);
} commands[] = {
	{ "use", do_use },	{ "listen", do_open },
	{ "connect", do_open }, { "accept", do_accept },
	{ "send", do_send },	{ "recv", do_recv },
	{ "drain", do_drain },	{ "shutdown", do_shutdown },
	{ "close", do_close },	{ "linger", do_linger },
	{ "error", do_error },	{ "exit", do_close },
	{ "kill", do_close },
};

/* The call it is in, carried out as far as that goes now. */
static long obey(struct sim_stack *s)
{
	size_t i, len = strcspn(s->call, " ");
	const char *args = s->call + len + (s->call[len] == ' ');

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strlen(commands[i].name) == len &&
		    memcmp(commands[i].name, s->call, len) == 0)
			return commands[i].obey(s, args);
	}
	return -EINVAL;
}

static int sim_caller_start(struct caller *c, struct fault *f)
{
	(void)f;
	c->phase = CALLER_IDLE;
	return 0;
}

static void sim_caller_stop(struct caller *c)
{
	struct sim_stack *s = caller_of(c);

	if (c->phase != CALLER_GONE && s->ends_in_ns)
		sim_stack_sleep(clock_mono_ns() + s->ends_in_ns);
	if (c->phase != CALLER_GONE)
		do_close(s, "");
	s->queued_ns += s->waits_ns;
	*s->call = '\0';
	c->phase = CALLER_GONE;
}

static int sim_caller_tell(struct caller *c, const char *command,
			   struct fault *f)
{
	struct sim_stack *s = caller_of(c);

	if (c->phase != CALLER_IDLE)
		return fault_set(f, "told \"%s\" while gone, or in a call",
				 command);
	sim_stack_timers(s);
	s->announces = *command == '!';
	snprintf(s->call, sizeof(s->call), "%s", command + s->announces);
	s->drained = 0;
	c->phase = CALLER_IN_CALL;
	return 0;
}

void sim_stack_sleep(int64_t deadline_ns)
{
	struct timespec ts = { .tv_sec = deadline_ns / NS_PER_S,
			       .tv_nsec = deadline_ns % NS_PER_S };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void print_answer(long result, char text[STACK_LINE_MAX])
{
	char buf[16];

	if (result == THE_END)
		snprintf(text, STACK_LINE_MAX, "eof");
	else if (result < 0)
		snprintf(text, STACK_LINE_MAX, "%s",
			 name_errno((int)-result, buf));
	else
		snprintf(text, STACK_LINE_MAX, "%ld", result);
}

static enum caller_heard sim_caller_hear(struct caller *c, int64_t deadline_ns,
					 char text[STACK_LINE_MAX])
{
	struct sim_stack *s = caller_of(c);
	long result;

	if (c->phase == CALLER_GONE)
		return CALLER_DIED;
	if (s->announces) {
		s->announces = false;
		snprintf(text, STACK_LINE_MAX, "%.*s",
			 (int)strcspn(s->call, " "), s->call);
		return CALLER_ENTERS;
	}
	sim_stack_timers(s);
	result = obey(s);
	if (result == NOT_YET) {
		/* Nobody moves a frame meanwhile. */
		sim_stack_sleep(deadline_ns);
		return CALLER_NOTHING;
	}
	print_answer(result, text);
	*s->call = '\0';
	c->phase = CALLER_IDLE;
	return CALLER_ANSWER;
}

static bool sim_caller_sleeps(struct caller *c, int64_t deadline_ns)
{
	struct sim_stack *s = caller_of(c);

	(void)deadline_ns;
	return *s->call && obey(s) == NOT_YET;
}

void sim_stack_linger_at_exit(struct stack *s)
{
	caller_of(s->caller)->lingers_at_exit = true;
}

void sim_stack_fare(struct stack *stack, enum caller_health health,
		    int64_t ends_in_ns, int64_t waits_ns)
{
	struct sim_stack *s = caller_of(stack->caller);

	s->health = health;
	s->ends_in_ns = ends_in_ns;
	s->waits_ns = waits_ns;
}

static bool sim_caller_wait_gone(struct caller *c, int64_t deadline_ns)
{
	struct sim_stack *s = caller_of(c);

	(void)deadline_ns;
	if (s->lingers_at_exit ||
	    (strcmp(s->call, "exit") != 0 && strcmp(s->call, "kill") != 0))
		return false;
	sim_caller_stop(c);
	return true;
}

static enum caller_health sim_caller_health(struct caller *c,
					    int64_t deadline_ns)
{
	struct sim_stack *s = caller_of(c);

	if (deadline_ns)
		s->queued_ns += s->waits_ns;
	return c->phase == CALLER_GONE ? CALLER_ENDED : s->health;
}

static int64_t sim_caller_queued(struct caller *c)
{
	return caller_of(c)->queued_ns;
}

const struct caller_ops sim_caller_ops = {
	.start = sim_caller_start,
	.stop = sim_caller_stop,
	.tell = sim_caller_tell,
	.hear = sim_caller_hear,
	.sleeps = sim_caller_sleeps,
	.wait_gone = sim_caller_wait_gone,
	.health = sim_caller_health,
	.queued = sim_caller_queued,
};
