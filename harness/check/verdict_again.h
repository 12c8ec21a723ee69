/*
 * What takes a second reading of a capture, when it is known which of its
 * connections matter: their ladders, and their frames in a file of their own.
 */
#ifndef CHECK_VERDICT_AGAIN_H
#define CHECK_VERDICT_AGAIN_H

#include "base/arena.h"
#include "check/verdict_read.h"
#include "packet/pcapng.h"
#include "tape/tape.h"

/* Connections whose ladders are drawn, at most; and segments of each. */
#define LADDERS_MAX	     100
#define LADDER_HEAD_SEGMENTS 40
#define LADDER_TAIL_SEGMENTS 160

struct verdict_comment {
	uint64_t frame;
	const char *text;
};

struct verdict_ladder {
	uint32_t id;
	uint32_t segments; /* in all */
	uint32_t seen;	   /* so far */
	struct tape tape;
};

/* Connections picked in the first reading, for the second. */
struct verdict_pick {
	struct arena arena; /* of the comments' texts */
	uint8_t *bits;	    /* by id */
	size_t room;	    /* octets of bits */
	uint64_t n;
	struct verdict_comment *comment;
	size_t n_comment;
	size_t room_comment;
	bool has_more; /* comments than are kept */
	struct verdict_ladder *ladder;
	size_t n_ladder;
	size_t ladder_octets;
	size_t comment_at; /* the next one to be written */
};

/* Takes the connection, with those of its findings that v lets see. */
void verdict_pick_add(struct verdict_pick *p, const struct verdicts *v,
		      const struct flows_over *o);

bool verdict_pick_has(const struct verdict_pick *p, uint32_t id);

/* Between the readings: puts all in order. */
void verdict_pick_sort(struct verdict_pick *p);

void verdict_pick_free(struct verdict_pick *p);

/* Frames of the second reading, for the picked connections' ladders. */
void verdict_ladder_add(struct verdict_pick *p,
			const struct verdict_frame *frame);
void verdict_ladder_print(FILE *out, const struct verdict_pick *p);

/* The file that --write makes. */
struct verdict_write {
	FILE *file;
	const char *path;
	struct pcapng_out out;
	uint32_t n_iface;
};

int verdict_write_begin(struct verdict_write *w, const char *path,
			struct fault *f);
/* Frames from this capture follow. */
void verdict_write_capture(struct verdict_write *w, const char *name,
			   const struct capture *c);
void verdict_write_add(struct verdict_write *w, struct verdict_pick *p,
		       const struct verdict_frame *frame);
int verdict_write_end(struct verdict_write *w, struct fault *f);

#endif
