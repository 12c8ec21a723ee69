/*
 * A file's octets in memory, as they lie in the page cache: nothing is copied.
 * They are read from the beginning to the end; what is behind is let go.
 */
#ifndef BASE_MAPPING_H
#define BASE_MAPPING_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No page is smaller. */
#define MAPPING_PAGE ((size_t)4096)

/* Of several threads one at a time may read it. */
struct mapping {
	uint8_t *at; /* read-only; NULL: nothing is mapped */
	size_t size;
	size_t kept;	/* pages before this were let go, */
	size_t next_at; /* and more are when it is read from here on */
	int fd;		/* the caller's, open as long as it is mapped */
	volatile sig_atomic_t cut; /* the file became shorter: see below */
	struct mapping *next;	   /* of all there are */
};

/*
 * Maps the first size octets of the file. Returns -1 when that cannot be done:
 * not with this file, or not with so many octets. m, which must stay where it
 * is, is all zero then.
 */
int mapping_open(struct mapping *m, int fd, uint64_t size);

/* All zero is allowed. */
void mapping_close(struct mapping *m);

/* It is read from offset on: the pages far before it are let go. */
void mapping_advance(struct mapping *m, size_t offset);

/*
 * A file can become shorter while it is mapped. No signal ends the process then:
 * what is read behind the new end is zeros. So octets are copied first, and
 * made use of when this says afterwards that all those before end were still
 * the file's. Once false, it stays so.
 */
bool mapping_check_end(struct mapping *m);

static inline bool mapping_had(struct mapping *m, size_t end)
{
	size_t next = (end + MAPPING_PAGE - 1) & ~(MAPPING_PAGE - 1);

	/* The page behind goes before octets of this one become zeros. */
	if (next < m->size)
		(void)*(const volatile uint8_t *)(m->at + next);
	else if (!mapping_check_end(m))
		return false;
	return !m->cut;
}

/* To be called often: a comparison, most times. */
static inline void mapping_move(struct mapping *m, size_t offset)
{
	if (offset >= m->next_at)
		mapping_advance(m, offset);
}

#endif
