/*
 * A child process spoken to over its standard input and output: how agents
 * and scapy are started and ended.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cpu.h"
#include "base/fault.h"

/* As many as child_keep_only keeps. */
#define CHILD_KEEP_MAX 6

struct child {
	pid_t pid; /* 0: there is none */
	int to;	   /* its standard input; -1 as long as there is none */
	int from;  /* its standard output; -1 as long as there is none */
	/* Of the last one, when there is none: */
	int status; /* how it ended, as waitpid(2) has it */
	struct cpu_given given;
};

#define CHILD_NONE ((struct child){ .to = -1, .from = -1 })

struct child_plan {
	const char *path;  /* of the program */
	char *const *argv; /* as execv(3) takes it */
	int netns;	   /* namespace to enter first; -1: stay */
	int cpu;	   /* pinned there; -1: anywhere */
	const int *error;  /* its standard error; NULL: ours */
	const int *more;   /* n_more that are its descriptors from 3 on */
	int n_more;	   /* at most CHILD_KEEP_MAX - 3 */
	bool leads; /* a process group of its own, see child_stop_group */
};

/*
 * Starts it with pipes as standard input and output, its standard error ours,
 * every other descriptor closed, set to die with the calling thread. What
 * fails before the program runs is the first line the child says. From then on
 * SIGPIPE is ignored here: that a child is gone is an error of writing to it.
 * Returns 0, or -1 with a fault, and there is none.
 */
int child_start(const struct child_plan *plan, struct child *c,
		struct fault *f);

/*
 * For a process just forked: keep[i] becomes its descriptor i (-1: none, that
 * one is closed), and all others are closed. Returns 0, or -1 with errno.
 */
int child_keep_only(const int *keep, int n);

/* Kills and reaps it and closes both pipes. Nothing when there is none. */
void child_stop(struct child *c);

/* The same, and first all that is left of the group that it leads. */
void child_stop_group(struct child *c);

/*
 * Waits until it has ended by itself: child_stop then finds its status. False
 * when the monotonic deadline passed first.
 */
bool child_wait_ended(const struct child *c, int64_t deadline_ns);

/* The same, and then does the rest of child_stop. */
bool child_wait_gone(struct child *c, int64_t deadline_ns);

/* What it was given of the processors; or the last one, when there is none. */
struct cpu_given child_given(const struct child *c);

/* Writes to its standard input. False: it is gone, or takes no more. */
bool child_tell(const struct child *c, const void *text, size_t len);

/*
 * Waits until there is something to read from fd, an end of file included.
 * False when the monotonic deadline passed first.
 */
bool child_wait_readable(int fd, int64_t deadline_ns);

/* The same for the other end being closed: it is gone, or about to go. */
bool child_wait_hung_up(int fd, int64_t deadline_ns);

enum child_heard {
	CHILD_LINE,
	CHILD_LATE, /* the monotonic deadline passed */
	CHILD_END,  /* of file, or a line longer than there is room for */
};

/* What is to be heard is read without waiting: as struct child's from is. */
void child_set_nonblocking(int fd);

/*
 * Reads from fd, which is non-blocking, until a newline is among the *len
 * octets of buf.
 */
enum child_heard child_hear(int fd, char *buf, size_t size, size_t *len,
			    int64_t deadline_ns);

#endif
