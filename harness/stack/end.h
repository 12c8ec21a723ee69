/*
 * An end: the agent process that makes the socket calls of one side, and the
 * line protocol spoken with it (agent/agent.h). Owner of the agents' pipes
 * and process ids.
 */
#ifndef STACK_END_H
#define STACK_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/side.h"

#define END_LINE_MAX 256

struct end {
	enum side side;
	int netns;    /* namespace the agent lives in; borrowed */
	int cpu;      /* it is pinned there; -1: anywhere */
	pid_t pid;    /* 0: not running */
	int fd;	      /* our end of the socketpair; -1 when not running */
	bool waiting; /* a command was sent, its answer has not been read */
	char buf[END_LINE_MAX]; /* received, not yet a whole line */
	size_t len;
};

/*
 * Starts the agent: this same program as "lastack agent", in the namespace,
 * with its standard input and output a socketpair, everything else closed,
 * set to die with the calling process, and waits for its greeting. e->side,
 * netns and cpu are set by the caller. Returns 0, or -1 with a fault.
 */
int end_start(struct end *e, struct fault *f);

/* The same with another program that speaks as the agent does. */
int end_start_program(struct end *e, const char *path, struct fault *f);

/* Kills the agent and reaps it. Safe when it is not running. */
void end_stop(struct end *e);

/*
 * Whether the agent, which end_stop has not ended, is dead, as far as a look
 * shows: one that is dying may still hold its end of the socketpair.
 */
bool end_is_dead(const struct end *e);

/*
 * Whether it is well, for certain: asleep, as it waits for a command or in a
 * call. False also when somebody has stopped it, and when it is neither asleep
 * nor dead by the monotonic deadline.
 */
bool end_is_well(const struct end *e, int64_t deadline_ns);

/*
 * Sends one command line (no newline). Must not be called while e->waiting.
 * Returns 0, or -1 with a fault (the agent is gone).
 */
int end_tell(struct end *e, const char *command, struct fault *f);

enum end_heard {
	END_ANSWER,  /* the command returned: the answer is in text */
	END_ENTERS,  /* "> VERB": it is about to make a call that may block */
	END_NOTHING, /* the deadline passed */
	END_GONE,    /* the agent is dead, and has been reaped */
};

/*
 * Waits until the monotonic deadline for what the agent says next (without
 * waiting when it is past). text gets the answer without its "= ".
 */
enum end_heard end_hear(struct end *e, int64_t deadline_ns,
			char text[END_LINE_MAX]);

/*
 * Waits until the agent sleeps in the call it announced or has answered;
 * the kernel's word is /proc/PID/stat. True when it sleeps.
 */
bool end_sleeps(struct end *e, int64_t deadline_ns);

/*
 * Waits until the process is gone and its descriptors with it, and reaps it.
 * False when the deadline passed first.
 */
bool end_wait_gone(struct end *e, int64_t deadline_ns);

#endif
