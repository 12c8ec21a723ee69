/*
 * The tape: everything that was observed while a case ran, in order. A run
 * writes it, the ladder prints it, a capture's comments carry it, and a
 * replay reads it back. Pure.
 */
#ifndef TAPE_TAPE_H
#define TAPE_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "base/name.h"
#include "base/side.h"
#include "packet/flow.h"
#include "tape/frame.h"

/* What became of a segment. */
enum tape_how {
	TAPE_UNCLAIMED, /* seen, and no rung asked for it */
	TAPE_DELIVERED,
	TAPE_KEPT, /* delivered, and a copy held */
	TAPE_HELD,
	TAPE_LOST,
	TAPE_FORGED, /* made by the harness, delivered */
	TAPE_HOW_COUNT,
};

/* "unclaimed", "delivered" and so on, as evidence spells them. */
const char *tape_how_name(enum tape_how how);

enum tape_kind {
	TAPE_ACT,     /* a call was made: text, answer ("blocks": none yet) */
	TAPE_RETURN,  /* a call that blocked came back: answer */
	TAPE_SEGMENT, /* a segment was seen (or forged) and dealt with */
	TAPE_RELEASE, /* a held one was let go: frame is the held one's */
	TAPE_IS,      /* a state was asked for by the case */
	TAPE_COUNTED, /* sockets were counted: text is the state, number */
	TAPE_QUIET,   /* nothing was seen for that long: number in ns */
	TAPE_OPEN,    /* "open" begins: segments that it passes follow */
	TAPE_PASS,    /* "pass" begins: likewise */
	TAPE_KIND_COUNT,
};

#define TAPE_NO_FRAME ((size_t)-1)

struct tape_event {
	enum tape_kind kind;
	int line;	   /* of the case; 0 when no line asked for it */
	int64_t at_ns;	   /* CLOCK_REALTIME; a segment's is libpcap's, an act's
			  is when the call was made */
	enum side side;	   /* who acted, sent, or was asked */
	enum tape_how how; /* SEGMENT */
	bool passed;	   /* SEGMENT: let through by open or pass, no rung */
	size_t frame;	   /* SEGMENT, RELEASE: index into frames */
	enum tcp_state state[2]; /* after it; NONE: not read */
	const char *text;	 /* ACT: "send 100"; COUNTED: "TIME-WAIT" */
	const char *answer;	 /* ACT, RETURN: "0", "eof", "ECONNRESET" */
	/*
	 * COUNTED: how many; QUIET: for how long; ACT and RETURN: how long the
	 * call took, in ns; OPEN: how many connections.
	 */
	int64_t number;
};

/* The first thing that was wrong with a case. */
struct finding {
	int line;	  /* of the case */
	const char *what; /* "wrong flags", "no segment", "wrong state of A" */
	const char *expected; /* one line each */
	const char *actual;
	size_t frame; /* the frame it is about, or TAPE_NO_FRAME */
};

enum verdict {
	VERDICT_OK,
	VERDICT_NOT_OK,
	VERDICT_SKIP,
	VERDICT_BROKEN,
	VERDICT_COUNT,
};

/* "ok", "not ok", "skip", "broken"; and back (VERDICT_COUNT: none). */
const char *verdict_name(enum verdict v);
enum verdict verdict_parse(const char *text, size_t len);

struct tape {
	struct arena arena; /* owns all texts and, but for a replay, frames */
	struct flow flow;   /* addresses and ports of the connection */
	struct tape_event *event;
	size_t n_event;
	struct frame **frame;
	size_t n_frame;
	enum verdict verdict;
	struct finding *finding; /* set when verdict is NOT_OK, or NULL */
	const char *reason;	 /* of SKIP and BROKEN, or NULL */
	const char **branch;	 /* "line 12 of either at line 9" per choice */
	size_t n_branch;
};

/* A new last event without a frame; all but the arguments is zero. */
struct tape_event *tape_add(struct tape *t, enum tape_kind kind, int line,
			    int64_t at_ns);

/* Adds a frame, which must live as long as the tape. Returns its index. */
size_t tape_add_frame(struct tape *t, struct frame *frame);

/*
 * flow_note for an event that is a segment an end really sent; other events
 * change nothing. A flow with t's addresses that has noted the events up to a
 * rung gives that rung's relative numbers.
 */
void tape_note(const struct tape *t, const struct tape_event *e,
	       struct flow *flow);

/*
 * Whether it was recorded in lockstep (on a cable): when each segment was
 * delivered is known, and both states after it.
 */
bool tape_is_lockstep(const struct tape *t);

/* Empties the tape for the next case; flow's addresses stay. */
void tape_clear(struct tape *t);

/*
 * An event as one line of text that tape_event_parse reads back, for a
 * frame's comment: "lastack 12 segment line=9 side=A how=delivered ...".
 * number is the event's index. The text is the arena's of t.
 */
const char *tape_event_text(struct tape *t, size_t number);

/*
 * Reads such a line. Texts are copied to the arena of t; the event is not
 * added. *number is the index it had. frame is set from the line where it
 * has one. Returns -1 with a fault when it is not such a line.
 */
int tape_event_parse(struct tape *t, const char *line, size_t len,
		     size_t *number, struct tape_event *event, struct fault *f);

#endif
