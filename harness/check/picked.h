/*
 * The connections that a first reading of a capture picked for a second one:
 * their ladders, and the comments on their frames.
 */
#ifndef CHECK_PICKED_H
#define CHECK_PICKED_H

#include "base/arena.h"
#include "check/listing.h"
#include "check/reading.h"
#include "tape/picture.h"
#include "tape/tape.h"

/* Connections whose ladders are drawn, usually; and segments of each. */
#define LADDERS_MAX	     100
#define LADDER_HEAD_SEGMENTS 40
#define LADDER_TAIL_SEGMENTS 160

struct picked_comment {
	uint64_t frame;
	enum severity severity;
	const char *text;
};

struct picked_ladder {
	uint32_t id;
	uint32_t segments; /* in all */
	uint32_t seen;	   /* so far */
	struct tape tape;
	uint64_t
		*number; /* of each frame in the capture, in the tape's arena */
	size_t n_number;
};

/* Connections picked in the first reading, for the second. */
struct picked {
	struct arena arena; /* of the comments' texts */
	uint8_t *bits;	    /* by id */
	size_t room;	    /* octets of bits */
	uint64_t n;
	struct picked_comment *comment;
	size_t n_comment;
	size_t room_comment;
	struct picked_ladder *ladder;
	size_t n_ladder;
	size_t ladders_max; /* set before the first is taken */
	size_t ladder_octets;
	size_t comment_at; /* the next one to be written */
};

/* Takes the connection, with those of its findings that list shows. */
void picked_add(struct picked *p, const struct listing *list,
		const struct flows_over *o);

bool picked_has(const struct picked *p, uint32_t id);

/* Between the readings: puts all in order. */
void picked_sort(struct picked *p);

void picked_free(struct picked *p);

/* Frames of the second reading, for the picked connections' ladders. */
void picked_ladder_add(struct picked *p, const struct reading_frame *frame);
void picked_ladder_print(FILE *out, const struct picked *p);

/*
 * Draws the ladder of a connection below what is in the picture, with the
 * comments on its frames; false: it was not drawn.
 */
bool picked_draw(const struct picked *p, uint32_t id, struct picture *picture);

/* All of them, each below a heading. */
void picked_draw_all(const struct picked *p, struct picture *picture);

#endif
