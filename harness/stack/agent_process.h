/*
 * An agent process, the caller of a stack that has one: a program that makes
 * the socket calls of its end and speaks the protocol of agent/agent.h on a
 * socketpair. Owner of the agents' sockets and process ids.
 */
#ifndef STACK_AGENT_PROCESS_H
#define STACK_AGENT_PROCESS_H

#include <sys/types.h>

#include "stack/stack.h"

struct agent_process {
	struct caller caller; /* first: its ops are of this struct */
	enum side side;
	const char *path; /* the program; NULL: this same one */
	int netns;	  /* it is started there; -1: here; borrowed */
	int cpu;	  /* it is pinned there; -1: anywhere */
	pid_t pid;	  /* 0: not running */
	int fd;		  /* our end of the socketpair; -1 when not running */
	char buf[STACK_LINE_MAX]; /* received, not yet a whole line */
	size_t len;
};

/*
 * One that is not running. Started, it is "lastack agent" (or what path says)
 * with its standard input and output a socketpair, everything else closed,
 * set to die with the calling process; and it has greeted.
 */
void agent_process_init(struct agent_process *a, enum side side, int cpu);

#endif
