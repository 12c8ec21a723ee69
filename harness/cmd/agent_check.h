/* What agent-check tries an agent with. For cmd/agent_check*.c only. */
#ifndef CMD_AGENT_CHECK_H
#define CMD_AGENT_CHECK_H

#include <stdbool.h>

#include "base/side.h"

/* How an answer is taken. */
enum check_mode {
	CHECK_ONCE,
	CHECK_UNTIL,   /* asked again until it comes */
	CHECK_BLOCKS,  /* announced, and then nothing */
	CHECK_RETURNS, /* the call that blocked has come back */
	CHECK_ENDS,    /* no answer: the process ends, and another one starts */
};

/* The side that is under test is B, A is our own agent and the kernel. */
struct check_step {
	enum side side;
	const char *command; /* NULL ends a list */
	const char *answer;  /* several with '|' between; "N": any number */
	enum check_mode mode;
};

#define CHECK_STEPS_MAX 12

struct check_row {
	const char *verb; /* that it tries: only where B claims it; or NULL */
	const char *title;
	bool open; /* the connection is opened first, by A */
	struct check_step step[CHECK_STEPS_MAX];
};

/* The last one has no title. */
extern const struct check_row check_rows[];

#endif
