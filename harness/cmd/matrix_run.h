/*
 * The runs of a matrix, each a process of its own. Those of stacks in virtual
 * time are played beside the others, with what these leave of the processors:
 * they wait for nothing, and the others mostly wait.
 */
#ifndef CMD_MATRIX_RUN_H
#define CMD_MATRIX_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct matrix_run {
	char **argv;	    /* "lastack", and so on to a NULL */
	const char *label;  /* of the stack */
	const char *log;    /* the file that what it prints goes to */
	bool has_own_clock; /* it is played in virtual time */
	int status;	    /* its exit status, or -1: it did not run */
};

/* The status of a run that a signal ended: this and the signal's number. */
#define MATRIX_RUN_SIGNALLED 128

/*
 * Plays them, and says on stderr which is under way. An interrupt at the
 * terminal reaches the runs too, SIGTERM and SIGHUP are passed on; then the
 * runs that were to follow are left out. 0, the number of the signal, or -1 with
 * a fault.
 */
int matrix_run_all(struct matrix_run *run, size_t n, struct fault *f);

#endif
