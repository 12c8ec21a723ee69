/*
 * A capture of a test's own making, in a file, and what is heard when it is
 * read.
 */
#ifndef TEST_CAPTURE_MADE_H
#define TEST_CAPTURE_MADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/capture.h"

struct made {
	char path[32];
	int fd;
	bool swapped; /* its numbers are of the other byte order */
	size_t size;
	size_t cut_to;
	uint64_t n; /* frames, each of which has only octets of its number */
};

/* Empty at first; unmake takes the file away. */
void make_file(struct made *m);
void unmake(struct made *m);

void append(struct made *m, const void *octets, size_t len);

/* What was read, as one number, and what happens meanwhile. */
struct heard {
	struct capture *capture;
	struct made *made;
	void (*meanwhile)(struct made *made);
	uint64_t at_frame;
	uint64_t n, lost;
	uint64_t wrong; /* frames that have not their own octets */
	uint64_t sum;
	int64_t last_ns;
	enum capture_got got;
	struct fault fault;
};

/* capture_read's function; ctx is a struct heard. */
void hear(void *ctx, const struct capture_frame *frame);

void read_made(struct heard *h, struct made *m, bool carefully);

/* Mapped or not, one by one or many: the same frames, end and words. */
void expect_same(struct made *m, struct heard *mapped);

/*
 * Another program makes a file of many frames, which put adds, shorter while it
 * is read, in one of so many ways: no frame is made up, none that was whole
 * until then is wrong, and the damage is told.
 */
#define MADE_CUTS 9

void expect_shorter(struct made *m, void (*put)(struct made *m), size_t cut);

#endif
