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

#include "base/fault.h"

/* As many as child_keep_only keeps. */
#define CHILD_KEEP_MAX 3

struct child_plan {
	const char *path;  /* of the program */
	char *const *argv; /* as execv(3) takes it */
	int netns;	   /* namespace to enter first; -1: stay */
	int cpu;	   /* pinned there; -1: anywhere */
};

/*
 * Starts it with a socketpair as standard input and output, its standard
 * error ours, every other descriptor closed, set to die with the calling
 * thread. What fails before the program runs is the first line the child
 * says. Sets *pid and *fd, our end of the pair. Returns 0, or -1 with a
 * fault.
 */
int child_start(const struct child_plan *plan, pid_t *pid, int *fd,
		struct fault *f);

/*
 * For a process just forked: keep[i] becomes its descriptor i (-1: none, that
 * one is closed), and all others are closed. Returns 0, or -1 with errno.
 */
int child_keep_only(const int *keep, int n);

/* Kills and reaps it and closes fd. Nothing when *pid is 0, as it is then. */
void child_stop(pid_t *pid, int *fd);

/*
 * Waits until it is gone by itself, and then does the rest of child_stop.
 * False when the monotonic deadline passed first.
 */
bool child_wait_gone(pid_t *pid, int *fd, int64_t deadline_ns);

/*
 * Waits until there is something to read from fd, an end of file included.
 * False when the monotonic deadline passed first.
 */
bool child_wait_readable(int fd, int64_t deadline_ns);

/* The same for the child's end being closed: it is gone, or about to go. */
bool child_wait_hung_up(int fd, int64_t deadline_ns);

enum child_heard {
	CHILD_LINE,
	CHILD_LATE, /* the monotonic deadline passed */
	CHILD_END,  /* of file, or a line longer than there is room for */
};

/* Reads from fd until a newline is among the *len octets of buf. */
enum child_heard child_hear(int fd, char *buf, size_t size, size_t *len,
			    int64_t deadline_ns);

#endif
