/*
 * A connection that dice walk through: it opens, sends octets and closes as it
 * should, but for what the dice change here and there. Each walk is another.
 */
#ifndef TEST_JUDGE_WALK_H
#define TEST_JUDGE_WALK_H

#include "base/side.h"
#include "packet/seg.h"

#define WALK_KEPT 4

struct walk {
	uint32_t dice;
	uint32_t odd; /* a segment in so many is changed; 0: none is */
	bool hasty;   /* it closes at once when it is open */
	bool stamps;
	uint32_t nxt[2];
	bool opened[2];	  /* has sent its SYN, */
	bool answered[2]; /* and an ACK, */
	bool closed[2];	  /* and its FIN */
	int64_t at_ns;
	struct walk_seg {
		enum side from;
		struct seg seg;
	} kept[WALK_KEPT]; /* sent lately */
	uint32_t sent;
};

/* The dice's state differs from walk to walk. It may be made hasty then. */
void walk_begin(struct walk *w, uint32_t dice, uint32_t odd);

/* The next segment; w->at_ns is its time. */
struct walk_seg walk_next(struct walk *w);

#endif
