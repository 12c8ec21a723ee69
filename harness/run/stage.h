/*
 * What a script is played upon. The interpreter (run/interpret.h) asks, a
 * stage answers: a live one from a lane's ends, a recorded one from a tape.
 * So replaying a capture judges a case as running it does.
 *
 * All times are the tape's: CLOCK_REALTIME in ns, what libpcap stamps with.
 */
#ifndef RUN_STAGE_H
#define RUN_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "script/script.h"
#include "tape/tape.h"
#include "script/verb.h"

enum stage_said {
	STAGE_YES,
	STAGE_NO,     /* not until the time given */
	STAGE_CANNOT, /* this machine or stack cannot do it: skip */
	STAGE_BROKEN, /* the harness is not to be trusted */
};

#define SIDES_A	  (1u << SIDE_A)
#define SIDES_B	  (1u << SIDE_B)
#define SIDES_ANY (SIDES_A | SIDES_B)

/* What a forged rung put on the link. */
#define FORGED_MAX 8

struct forged {
	struct frame *frame[FORGED_MAX];
	size_t n;
};

/* What came of a call. */
struct answer {
	char text[256];
	int64_t at_ns;	 /* when it returned, or was found to block */
	int64_t took_ns; /* since the call was made */
};

struct stage;

/* Each fills stage->fault when it says CANNOT or BROKEN. */
struct stage_ops {
	int64_t (*now)(struct stage *st);

	/* Listens and connects, n connections; ready: accepted, when YES. */
	enum stage_said (*open)(struct stage *st, long n);
	enum stage_said (*opened)(struct stage *st, long n);

	/*
	 * The next segment from one of these sides, not yet dealt with. Frames
	 * of a stage live until its case ends.
	 */
	enum stage_said (*see)(struct stage *st, unsigned int sides,
			       int64_t until_ns, struct frame **frame);

	/*
	 * Does that to a frame seen. *how becomes what really was done (an end
	 * that has vanished gets nothing; a recording is as it is), state both
	 * ends' states after it (NONE: not known).
	 */
	enum stage_said (*deal)(struct stage *st, const struct frame *frame,
				enum tape_how *how, enum tcp_state state[2]);

	/* Delivers a frame that was held. */
	enum stage_said (*release)(struct stage *st, const struct frame *held,
				   int64_t *at_ns, enum tcp_state state[2]);

	/* Makes and delivers what the rung describes. */
	enum stage_said (*forge)(struct stage *st, const struct rung *rung,
				 const struct flow *flow, struct forged *made,
				 enum tcp_state state[2]);

	/*
	 * Makes a call. NO: it has not returned by until_ns (with WANT_BLOCKS:
	 * it blocks, said as soon as that is known).
	 */
	enum stage_said (*act)(struct stage *st, const struct act *act,
			       int64_t until_ns, struct answer *answer);

	/* Waits for a call that blocked. */
	enum stage_said (*returns)(struct stage *st, enum side side,
				   int64_t until_ns, struct answer *answer);

	/*
	 * Reads a state until it is one of those wanted (STATE_BITs): NO when
	 * it never was.
	 */
	enum stage_said (*state)(struct stage *st, enum side side,
				 uint32_t wanted, int64_t until_ns,
				 enum tcp_state *got);

	/* Counts until it is the number wanted. */
	enum stage_said (*count)(struct stage *st, const struct count *count,
				 int64_t until_ns, long *got);

	/*
	 * Makes sure that whatever the ends have sent so far can be seen, and
	 * what a call sends that was woken by it. NO when it cannot tell on
	 * this link.
	 */
	enum stage_said (*settle)(struct stage *st);
};

struct stage {
	const struct stage_ops *ops;
	bool lockstep; /* a segment moves only when it is dealt with */
	bool recorded; /* nothing can happen that has not happened */
	/* By side: that end's states can be read, and not only now and then. */
	bool shows[2];
	bool deciding; /* the interpreter's: this wait is not itself on the tape */
	struct fault fault;
};

#endif
