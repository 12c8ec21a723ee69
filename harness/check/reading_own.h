/*
 * What the files of the reading share: a reader of a capture, of which there
 * are several when threads share it. Private to check/reading*.c.
 */
#ifndef CHECK_READING_OWN_H
#define CHECK_READING_OWN_H

#include "check/parts.h"
#include "check/reading.h"

/* Connections that are over are let go of once in so many frames. */
#define READING_PASS 256

/* Of link types that are not read so many are told of. */
#define READING_UNREAD_MAX 16

struct share;

struct reader {
	const struct reading *r;
	struct capture *capture;
	struct parts *parts;
	struct flows *mine[FLOWS_PARTS]; /* those whose connections it judges */
	size_t n_mine;
	uint32_t is_mine;    /* a bit for each part */
	struct share *share; /* with others; or NULL: all is its own */
	bool counts; /* frames that are of no connection, and so of nobody */
	uint64_t *skipped; /* by kind */
	struct flows_item item[FLOWS_AT_ONCE];
	struct flows_item
		*next; /* those before it wait to be judged together */
	struct flows_item *full; /* when it is here they are judged */
	bool selects;
	int usual_link; /* of frames whose ends nobody wants as addresses */
	const struct capture_frame *raw; /* the one being read */
	uint64_t number;
	int unread[READING_UNREAD_MAX];
	size_t n_unread;
	int64_t last_ns;  /* the time of the last frame */
	int64_t since_ns; /* when reading began */
	int64_t shown_ns; /* when progress was last shown */
};

/* Nothing waits; so many do at most. */
void reading_await(struct reader *rd, size_t at_once);

/* Frames: capture_read_many's function. */
void reading_take(void *ctx, const struct capture_frame *raw, size_t n);

/* Judges those that wait. */
void reading_judge(struct reader *rd);

/*
 * reading_share.c: as many threads as the reading has, each with its parts,
 * read the capture as far as it is mapped and plain. What they find is given to
 * over in the order in which one thread would; then *rd has got as far as they
 * have. Does nothing when the capture is not mapped. Returns 0, or -1 with the
 * fault of a capture that became shorter.
 */
int reading_share(struct reader *rd, flows_over_fn *over, struct fault *f);

/* Once in READING_PASS frames. */
void reading_share_pass(struct reader *rd);

/* The capture's end: flows_end_parts, by as many threads. */
void reading_share_end(struct reader *rd, flows_over_fn *over);

#endif
