/*
 * An agent process, the caller of a stack that has one: a program that makes
 * the socket calls of its end and speaks the protocol of agent/agent.h on a
 * pipes. Owner of the agents' pipes and process ids.
 */
#ifndef STACK_AGENT_PROCESS_H
#define STACK_AGENT_PROCESS_H

#include "base/child.h"
#include "stack/stack.h"

struct agent_process {
	struct caller caller; /* first: its ops are of this struct */
	enum side side;
	/*
	 * A command of the shell that runs it, in a process group of its own,
	 * which ends with it; NULL: this same program. Borrowed.
	 */
	const char *command;
	int netns; /* it is started there; -1: here; borrowed */
	int cpu;   /* it is pinned there; -1: anywhere */
	/* What it is given as descriptor 3; -1: nothing. Borrowed. */
	int frames;
	struct child child;
	char buf[STACK_LINE_MAX]; /* received, not yet a whole line */
	size_t len;
};

/*
 * One that is not running. Started, it is "lastack agent" (or the command)
 * with its standard input and output pipes, everything else closed,
 * set to die with the calling process; and it has greeted.
 */
void agent_process_init(struct agent_process *a, enum side side, int cpu);

/*
 * Asks it "can WORD": 1 yes, 0 no, or it does not know the question; -1 with
 * a fault, and it is stopped: it answered neither, or not in time.
 */
int agent_process_can(struct agent_process *a, const char *word,
		      struct fault *f);

/*
 * Starts it, and has it tell what it cannot: fills in what s lacks, whether it
 * is single, and takes IPv6 from what it can. Returns 0, or -1 with a fault.
 */
int agent_process_ask(struct agent_process *a, struct stack *s,
		      struct fault *f);

/*
 * Of a program that goes on when the agent in it has ended: waits for the
 * greeting of the next one, which is idle then, and was not started. False when
 * the deadline passed first; a program that has ended is stopped.
 */
bool agent_process_greets_again(struct agent_process *a, int64_t deadline_ns);

#endif
