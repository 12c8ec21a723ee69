/*
 * Compressed files, read through the programs that uncompress them: gzip,
 * zstd, lz4, xz, bzip2. Private to link/.
 */
#ifndef LINK_UNPACK_H
#define LINK_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

/* How many octets of a file tell what it is. */
#define UNPACK_HEAD 8

/* Which program it takes, by the first octets; NULL: none. */
const char *unpack_program(const uint8_t *head, size_t n);

struct unpack {
	const char *program; /* NULL: not in use */
	pid_t pid;
	pid_t feeder; /* who gives it what was read already; or 0 */
	int complaints;
};

/*
 * Starts the program on what fd, which stays the caller's, holds: n octets
 * were read from it, which are head's. *out is a pipe with what comes out.
 */
int unpack_start(struct unpack *u, const char *program, int fd,
		 const uint8_t *head, size_t n, int *out, struct fault *f);

/*
 * All was read from the pipe: a fault when the program could not be run, or
 * found the file damaged.
 */
int unpack_end(struct unpack *u, struct fault *f);

/* Ends it, whatever it is doing. */
void unpack_stop(struct unpack *u);

#endif
