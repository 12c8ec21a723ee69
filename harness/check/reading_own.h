/*
 * What the files of the reading share: how a capture becomes stretches that
 * are judged, by one thread or several. Private to check/reading*.c.
 */
#ifndef CHECK_READING_OWN_H
#define CHECK_READING_OWN_H

#include "check/parts.h"
#include "check/reading.h"
#include "check/stretch.h"

/* Of link types that are not read so many are told of. */
#define READING_UNREAD_MAX 16

struct reader {
	const struct reading *r;
	struct capture *capture;
	struct parts *parts;
	struct stretch *stretch;   /* the one that is being noted */
	uint8_t list[FLOWS_PARTS]; /* for each part; not looked at by one */
	bool shared;	/* by threads: a stretch ends the reading for now */
	bool full;	/* it has ended it, and the capture goes on */
	size_t threads; /* that are wanted, or could be had */
	bool selects;
	bool wants_all; /* of each frame, and not only a brief */
	const struct capture_frame *raw; /* the one being read */
	uint64_t number;
	int unread[READING_UNREAD_MAX];
	size_t n_unread;
	int64_t last_ns;	    /* the time of the last frame */
	int64_t since_ns;	    /* when reading began */
	int64_t shown_ns;	    /* when progress was last shown */
	struct stretch_judge judge; /* of one thread alone */
};

/*
 * Notes frames: what is shared, until the stretch is full; else each stretch is
 * judged at once.
 */
enum capture_got reading_note(struct reader *rd, struct fault *f);

/*
 * reading_share.c: as many threads as the reading has share it up to the
 * capture's end. What they find is given to over in the order in which one
 * thread would, one at a time. Returns 0, or -1 with a fault about damage. What
 * cannot be shared is left alone.
 */
int reading_share(struct reader *rd, flows_over_fn *over, void *ctx,
		  struct fault *f);

#endif
