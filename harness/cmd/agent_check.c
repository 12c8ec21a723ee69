/*
 * The verb "agent-check": the claims of a stack's agent, tried one by one over
 * a cable that lets everything pass. Knows the protocol, no case.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "cmd/agent_check.h"
#include "cmd/cmd.h"
#include "script/script.h"
#include "script/verb.h"
#include "stack/ends.h"

#define PATIENCE (10 * NS_PER_S)
#define LOOK	 (NS_PER_MS)

struct check {
	struct ends ends;
	unsigned int serial; /* of the connection, for its ports */
	int n;		     /* lines told */
	int failed;
	struct fault fault; /* of the harness, or why a row failed */
};

static struct caller *caller_of(struct check *c, enum side side)
{
	return c->ends.stack[side]->caller;
}

/* Whatever has come out of one end goes to the other. */
static int pass(struct check *c)
{
	struct link *l = c->ends.link;
	struct link_frame frame;
	int side, n = 0;

	for (side = SIDE_A; side <= SIDE_B && n >= 0; side++)
		while ((n = l->ops->next(l, side, &frame, &c->fault)) > 0)
			if (l->ops->put(l, side_other((enum side)side),
					frame.bytes, frame.len, &c->fault) < 0)
				return -1;
	return n < 0 ? -1 : 0;
}

/* What it says next, the cable in operation meanwhile. */
static enum caller_heard hear(struct check *c, enum side side, int64_t until,
			      char text[STACK_LINE_MAX])
{
	struct caller *who = caller_of(c, side);
	enum caller_heard heard = CALLER_NOTHING;
	int64_t now = clock_mono_ns();

	*text = '\0';
	while (heard == CALLER_NOTHING && now < until) {
		if (pass(c) < 0)
			return CALLER_DIED;
		heard = who->ops->hear(who, now + LOOK, text);
		now = clock_mono_ns();
	}
	return heard;
}

/* 0, or -1 with the fault. */
static int ask(struct check *c, enum side side, const char *command,
	       char text[STACK_LINE_MAX])
{
	struct caller *who = caller_of(c, side);
	char letter = side_letter(side);
	enum caller_heard heard;

	if (who->ops->tell(who, command, &c->fault) < 0)
		return -1;
	do
		heard = hear(c, side, clock_mono_ns() + PATIENCE, text);
	while (heard == CALLER_ENTERS && *command == '!');
	if (heard == CALLER_ANSWER)
		return 0;
	if (heard == CALLER_NOTHING)
		who->ops->stop(who);
	return fault_set(&c->fault, "%c %s: expected an answer, %s%s", letter,
			 command,
			 heard == CALLER_NOTHING ? "it gave none in 10 s"
			 : heard == CALLER_DIED	 ? who->why
						 : "it announced, unasked, ",
			 heard == CALLER_ENTERS ? text : "");
}

/* One of those with '|' between them; "N": a number. */
static bool is_answer(const char *wanted, const char *text)
{
	size_t len = strlen(text);

	if (strcmp(wanted, "N") == 0)
		return len && strspn(text, "0123456789") == len;
	for (;; wanted++) {
		size_t n = strcspn(wanted, "|");

		if (n == len && memcmp(wanted, text, len) == 0)
			return true;
		wanted += n;
		if (!*wanted)
			return false;
	}
}

static int wrong(struct check *c, const struct check_step *s, const char *text)
{
	return fault_set(&c->fault, "%c %s: expected %s, it answered %s",
			 side_letter(s->side), s->command,
			 strcmp(s->answer, "N") == 0 ? "a number" : s->answer,
			 text);
}

static int once(struct check *c, const struct check_step *s)
{
	char text[STACK_LINE_MAX];

	if (ask(c, s->side, s->command, text) < 0)
		return -1;
	return is_answer(s->answer, text) ? 0 : wrong(c, s, text);
}

static int until(struct check *c, const struct check_step *s)
{
	int64_t deadline = clock_mono_ns() + PATIENCE;
	char text[STACK_LINE_MAX];

	do {
		if (ask(c, s->side, s->command, text) < 0)
			return -1;
		if (is_answer(s->answer, text))
			return 0;
	} while (clock_mono_ns() < deadline);
	return wrong(c, s, text);
}

static int blocks(struct check *c, const struct check_step *s)
{
	struct caller *who = caller_of(c, s->side);
	int64_t deadline = clock_mono_ns() + PATIENCE;
	char command[STACK_LINE_MAX], text[STACK_LINE_MAX];
	size_t verb = strcspn(s->command, " ");

	snprintf(command, sizeof(command), "!%s", s->command);
	if (who->ops->tell(who, command, &c->fault) < 0)
		return -1;
	if (hear(c, s->side, deadline, text) != CALLER_ENTERS ||
	    strlen(text) != verb || memcmp(text, s->command, verb) != 0)
		return fault_set(&c->fault,
				 "%c %s: expected \"> %.*s\" before the call",
				 side_letter(s->side), command, (int)verb,
				 s->command);
	if (who->ops->sleeps(who, deadline))
		return 0;
	return fault_set(&c->fault, "%c %s: expected it to block",
			 side_letter(s->side), s->command);
}

static int returns(struct check *c, const struct check_step *s)
{
	char text[STACK_LINE_MAX];

	if (hear(c, s->side, clock_mono_ns() + PATIENCE, text) == CALLER_ANSWER)
		return is_answer(s->answer, text) ? 0 : wrong(c, s, text);
	return fault_set(&c->fault, "%c: expected the call to return %s",
			 side_letter(s->side), s->answer);
}

static int ends(struct check *c, const struct check_step *s)
{
	struct caller *who = caller_of(c, s->side);

	if (who->ops->tell(who, s->command, &c->fault) < 0)
		return -1;
	if (who->ops->wait_gone(who, clock_mono_ns() + PATIENCE))
		return who->ops->start(who, &c->fault);
	return fault_set(&c->fault, "%c %s: expected it to end",
			 side_letter(s->side), s->command);
}

static int take_step(struct check *c, const struct check_step *s)
{
	static int (*const by_mode[])(struct check *,
				      const struct check_step *) = {
		[CHECK_ONCE] = once,	 [CHECK_UNTIL] = until,
		[CHECK_BLOCKS] = blocks, [CHECK_RETURNS] = returns,
		[CHECK_ENDS] = ends,
	};

	return by_mode[s->mode](c, s);
}

/* A fresh agent where the last row left one in a call, and fresh ports. */
static int use(struct check *c, enum side side)
{
	struct caller *who = caller_of(c, side);
	char line[STACK_LINE_MAX], text[2][INET_ADDRSTRLEN];
	unsigned int port[2] = { 20000 + c->serial, 4000 };
	enum side other = side_other(side);
	uint8_t addr[16];
	struct check_step s = { side, line, "0", CHECK_ONCE };

	for (int i = SIDE_A; i <= SIDE_B; i++) {
		link_address(AF_INET, (enum side)i, addr);
		inet_ntop(AF_INET, addr, text[i], sizeof(text[i]));
	}
	if (who->phase == CALLER_IN_CALL)
		who->ops->stop(who);
	if (who->phase == CALLER_GONE && who->ops->start(who, &c->fault) < 0)
		return -1;
	/* Whoever listens, its peer knows the port. */
	snprintf(line, sizeof(line), "use 4 %s %u %s %u 1", text[side],
		 port[side] + (side == SIDE_B ? c->serial : 0), text[other],
		 port[other] + (other == SIDE_B ? c->serial : 0));
	return once(c, &s);
}

static int play(struct check *c, const struct check_row *row)
{
	static const struct check_step open[] = {
		{ SIDE_B, "listen", "0", CHECK_ONCE },
		{ SIDE_A, "connect", "0", CHECK_ONCE },
		{ SIDE_B, "accept", "0", CHECK_ONCE },
	};
	size_t i;

	c->serial++;
	if (use(c, SIDE_A) < 0 || use(c, SIDE_B) < 0)
		return -1;
	for (i = 0; row->open && i < ARRAY_SIZE(open); i++)
		if (take_step(c, &open[i]) < 0)
			return -1;
	for (i = 0; i < CHECK_STEPS_MAX && row->step[i].command; i++)
		if (take_step(c, &row->step[i]) < 0)
			return -1;
	return 0;
}

static void tell(struct check *c, int result, const char *verb,
		 const char *title)
{
	printf("%sok %d - %s%s%s\n", result < 0 ? "not " : "", ++c->n,
	       verb ? verb : "", verb ? ": " : "", title);
	if (result < 0)
		printf("# %s\n", c->fault.text);
	c->failed += result < 0;
	fflush(stdout);
}

/* What every agent has, and rows without a verb try. */
static bool is_needed(const char *verb)
{
	static const char *const needed[] = { "listen", "connect", "accept",
					      "send",	"recv",	   "close" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (strcmp(verb, needed[i]) == 0)
			return true;
	return false;
}

/* What it says it has not it must refuse, where it may. */
static int refuse(struct check *c, const char *verb)
{
	const struct check_step s = { SIDE_B, verb, "ENOSYS", CHECK_ONCE };

	if (is_needed(verb))
		return fault_set(&c->fault, "every agent has %s", verb);

	return use(c, SIDE_B) < 0 ? -1 : once(c, &s);
}

static bool is_tried(const char *verb)
{
	const struct check_row *row = check_rows;

	while (row->title && (!row->verb || strcmp(row->verb, verb) != 0))
		row++;
	return row->title || is_needed(verb);
}

/* Each verb that is no row's: not claimed, or claimed and not tried. */
static void go_through_verbs(struct check *c)
{
	for (int id = 0; id < VERB_COUNT; id++) {
		const struct verb *v = verb_of((enum verb_id)id);

		if (v->by != BY_AGENT)
			continue;
		if (c->ends.stack[SIDE_B]->lacks & VERB_BIT(id))
			tell(c, refuse(c, v->name), v->name,
			     "not claimed, and refused");
		else if (!is_tried(v->name))
			printf("# %s: claimed, and not tried\n", v->name);
	}
}

static bool is_claimed(const struct check *c, const char *name)
{
	const struct verb *v = name ? verb_find(name, strlen(name)) : NULL;

	return !name ||
	       (v && !(c->ends.stack[SIDE_B]->lacks & VERB_BIT(v->id)));
}

static int check(struct check *c)
{
	const struct check_row *row;

	for (row = check_rows; row->title; row++)
		if (is_claimed(c, row->verb))
			tell(c, play(c, row), row->verb, row->title);
	go_through_verbs(c);
	printf("1..%d\n# %d passed, %d failed\n", c->n, c->n - c->failed,
	       c->failed);
	return c->failed ? 1 : 0;
}

/* Until then there is no way to the other end. */
static int set_routes(struct check *c)
{
	static const struct link_set usual = { .quickack = true,
					       .timestamps = true,
					       .sack = true };

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = c->ends.stack[side];

		if (s->can & STACK_CAN_ROUTES &&
		    s->ops->set_routes(s, &usual, &c->fault) < 0)
			return -1;
	}
	return 0;
}

static int open_check(struct check *c, const char *text, bool force)
{
	struct ends_plan plan = { .link = LINK_CABLE };
	struct stack_choice *b = &plan.stack[SIDE_B];

	if (stack_choose("kernel", &plan.stack[SIDE_A], &c->fault) < 0 ||
	    stack_choose(text, b, &c->fault) < 0 ||
	    (!force && b->kind->risk && b->kind->risk(b, &c->fault)) ||
	    ends_privilege(&c->fault) < 0)
		return -1;
	if (ends_open(&c->ends, &plan, -1, &c->fault) < 0)
		return -1;
	if (set_routes(c) == 0)
		return 0;
	ends_close(&c->ends);
	return -1;
}

struct options {
	bool force;
};

static const struct options usual = { .force = false };

static const struct option_row rows[] = {
	{ "force", 0, option_flag, offsetof(struct options, force),
	  .help = "take an interface though this machine is\n"
		  "reached by no other" },
	{ 0 },
};

static int enter(void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct check c = { .n = 0 };
	int rc;

	if (optind != argc - 1)
		return option_bad("agent-check", "expected one stack, such as "
						 "exec:./my-agent");
	if (open_check(&c, argv[optind], o->force) < 0) {
		fprintf(stderr, "lastack agent-check: %s\n", c.fault.text);
		return CMD_BAD;
	}
	printf("TAP version 14\n");
	rc = check(&c);
	ends_close(&c.ends);
	return rc;
}

const struct cmd cmd_agent_check = {
	.name = "agent-check",
	.line = "try what the agent of a stack claims",
	.usage = "STACK",
	.text = "Has the agent of a stack make every call that it says it can, against\n"
		"our own on the running kernel, and refuse what it says it cannot. The\n"
		"protocol is in lastack-agent(7); STACK is what run --stack takes.",
	.status =
		"Exit status: 0, 1 when a claim is not true, 2 when there is no such\n"
		"stack or agent.",
	.rows = rows,
	.size = sizeof(struct options),
	.usual = &usual,
	.enter = enter,
};
