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
	/* SEGMENT, RELEASE: index into frames; files and reports count from 1. */
	size_t frame;
	enum tcp_state state[2]; /* after it; NONE: not read */
	/*
	 * STATE_BITs that the case wants there of an end whose states cannot
	 * be read. No part of the evidence: the case says it again.
	 */
	uint32_t wanted[2];
	/*
	 * ACT: "send 100"; COUNTED: "TIME-WAIT"; PASS: "A returns" that it
	 * waits for, NULL: for quiet; SEGMENT: "probe of B: ...", one sent
	 * after the case, or its answer, NULL: of the case.
	 */
	const char *text;
	const char *answer; /* ACT, RETURN: "0", "eof", "ECONNRESET" */
	/*
	 * COUNTED: how many; QUIET: for how long; ACT and RETURN: how long the
	 * call took, in ns; OPEN: how many connections; SEGMENT: how long it
	 * took, in ns, from its sending to its having been delivered, at the
	 * most.
	 */
	int64_t number;
};

/* The first thing that was wrong with a case. */
struct finding {
	int line;	  /* of the case */
	const char *what; /* "wrong flags", "no segment", "wrong state of A" */
	const char *expected; /* one line each */
	const char *actual;
	size_t frame;	   /* the frame it is about, or TAPE_NO_FRAME */
	int64_t missed_ns; /* by how much a bound of time was; or 0 */
};

/* What a stack did otherwise than a requirement, and the case foresaw. */
struct deviation {
	const char *id;	  /* of the requirement, or a rule of the judge */
	const char *text; /* what the stack did; alike for both families */
	int line;	  /* of the case */
	size_t frame;	  /* that shows it, or TAPE_NO_FRAME */
};

/* What a segment after the case has shown of an end. */
enum tape_probed {
	PROBED_NOT,	/* none was sent to it */
	PROBED_CLOSED,	/* no connection: it was reset, as by RFC 9293 */
	PROBED_OPEN,	/* a connection */
	PROBED_UNCLEAR, /* no answer, or an RST that proves nothing */
	PROBED_COUNT,
};

/* "CLOSED", "open", "unclear"; NULL: it was not. And back (PROBED_NOT: none). */
const char *tape_probed_name(enum tape_probed p);
enum tape_probed tape_probed_parse(const char *text);

enum verdict {
	VERDICT_OK,
	VERDICT_DEVIATES, /* the case went as foreseen, the stack deviates */
	VERDICT_NOT_OK,
	VERDICT_SKIP,
	VERDICT_BROKEN,
	VERDICT_COUNT,
};

/* "ok", "deviates", "not ok", "skip", "broken"; back (VERDICT_COUNT: none). */
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
	/*
	 * Of the states wanted: how many agree with those that the segments
	 * leave, and of how many the segments say nothing.
	 */
	size_t inferred, unseen;
	bool lockstep;		    /* recorded so; see tape_is_lockstep */
	enum tape_probed probed[2]; /* by side */
	const char **branch; /* "line 12 of either at line 9" per choice */
	size_t n_branch;
	struct deviation *deviation;
	size_t n_deviation;
};

/*
 * The stack deviates so: a case that was ok deviates. The same id comes once.
 * The texts must live as long as the tape.
 */
void tape_deviate(struct tape *t, const struct deviation *d);

/* Whether the tape has a deviation from any of these two (NULL: no id). */
bool tape_deviates(const struct tape *t, const char *rule, const char *id);

/* "ID, ID: text; ID: text": n deviations as one line, in the arena. */
const char *deviation_text(struct arena *a, const struct deviation *d,
			   size_t n);

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
 * delivered is known, and after it the states of whoever shows them, which say
 * so by themselves.
 */
bool tape_is_lockstep(const struct tape *t);

/* How many of the events are the case's: probes come after it. */
size_t tape_case_events(const struct tape *t);

/* Whether that end's states were read, and in lockstep after each segment. */
bool tape_shows(const struct tape *t, enum side side);

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
