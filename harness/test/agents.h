/*
 * Two real agents, forked from the test, on the loopback of a network
 * namespace of their own, and rows of what they are told and must answer.
 */
#ifndef TEST_AGENTS_H
#define TEST_AGENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "stack/agent_process.h"

#define AGENTS_PATIENCE (10 * NS_PER_S)
#define A		SIDE_A
#define B		SIDE_B

/* What a row of a test wants of its command. */
enum mode {
	ONCE,
	UNTIL,	 /* asked again until that is the answer */
	BLOCKS,	 /* does not answer now; the answer is the verb it announces */
	RETURNS, /* the answer of what blocked before */
};

/* Rows end with a NULL command. */
struct step {
	enum side side;
	const char *command;
	const char *answer;
	enum mode mode;
};

/* Both agents; A's process owns the namespaces. */
struct pair {
	struct agent_process end[2];
};

/* False, with a word on standard output, where there are no namespaces. */
bool agents_start(struct pair *p);
void agents_stop(struct pair *p);

/* Takes the calling process into the namespaces of that one. */
bool agents_enter(pid_t of);

/* Hears the next thing the agent says. */
enum caller_heard agents_hear(struct agent_process *e,
			      char text[STACK_LINE_MAX]);

/* Tells it something, and hears its answer. */
bool agents_tell(struct agent_process *e, const char *command);
bool agents_ask(struct agent_process *e, const char *command,
		char text[STACK_LINE_MAX]);

/* Loopback addresses; A connects from 40000 up, B listens on 4000. */
void agents_use(struct pair *p, int family, int n);

/* Checks the rows, up to the first that fails. */
void agents_play(struct pair *p, const struct step *steps);

/* With one connection on each family, and with twenty. */
void agents_play_all(const struct step *steps);

#endif
