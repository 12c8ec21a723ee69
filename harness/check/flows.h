/*
 * The connections of a capture, each with its judge: a table that finds the
 * connection of a segment, lets those go that are over, and never holds more
 * than it may. Made for millions of them. Pure: its clock is the capture's.
 */
#ifndef CHECK_FLOWS_H
#define CHECK_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "judge/wire_judge.h"
#include "packet/decap_usual.h"
#include "packet/seg.h"

/* Findings kept of one connection; a judge finds each rule but once. */
#define FLOWS_FOUND_MAX 64

/*
 * Of the first segments of a connection: how many frames after the one before
 * each was captured, at most FLOWS_STEP_MAX, times two; and who sent it.
 */
#define FLOWS_TRAIL    5
#define FLOWS_STEP_MAX 0x7fffu

/*
 * A connection when it is let go. A is the end that connected, when its SYN
 * or the answer to it was seen, else the sender of the first segment seen.
 */
struct flows_over {
	uint32_t id;	  /* from 1, in the order of their first frames */
	uint32_t same_as; /* another view of the connection, or 0: views.h */
	uint32_t follows; /* the one before it on these addresses, or 0 */
	int family;
	bool beside; /* its ends had another one meanwhile: a box is there */
	struct seg_end end[2];
	uint64_t first_frame;
	uint64_t last_frame;
	int64_t start_ns;   /* of the first segment, since the epoch */
	int64_t last_ns;    /* of the last */
	uint64_t octets[2]; /* of data that each end sent, again counts too */
	uint32_t segments;  /* saturating */
	uint16_t trail[FLOWS_TRAIL];
	uint8_t ttl[2];	     /* of the first segment of each end, or 0 */
	bool again;	     /* told of before, without these findings */
	bool evicted;	     /* to make room, not because it was over */
	int64_t told_ns;     /* the capture's time by then, */
	uint64_t told_frame; /* and the frame that made it end; 0: time has */
	struct wire_summary summary;
	size_t n_found;
	const struct judge_finding *found[FLOWS_FOUND_MAX];
};

/* Without the room for findings that there are not. */
static inline size_t flows_over_size(const struct flows_over *o)
{
	return sizeof(*o) - (FLOWS_FOUND_MAX - o->n_found) *
				    sizeof(const struct judge_finding *);
}

/*
 * Called once for each connection, but see flows_pass; o is valid until it
 * returns, as far as flows_over_size says. Connections are told of when they
 * are let go: 2 MSL after the last segment of one that has closed, in the order
 * of these segments, and those that are left at the end in the order of their
 * ids. A finding that only time shows has the last frame's number.
 */
typedef void flows_over_fn(void *ctx, const struct flows_over *o);

/*
 * Called after a segment was judged, with its connection's id and its judge.
 */
typedef void flows_seen_fn(void *ctx, uint32_t id, enum side from,
			   const struct seg *seg,
			   const struct wire_judge *judge);

/* Called when a connection begins, with the number of its first frame. */
typedef void flows_begun_fn(void *ctx, uint64_t frame);

struct flows_plan {
	uint64_t seed[2]; /* of the hash: a secret (see check/reading.c) */
	size_t max;	  /* connections held at once, at least 1 */
	int64_t quiet_ns; /* see flows_pass; 0: never */
	flows_over_fn *over;
	flows_seen_fn *seen;   /* or NULL */
	flows_begun_fn *begun; /* or NULL */
	void *ctx;
	uint32_t *last_id; /* that several tables share; or NULL */
};

struct flows;

struct flows *flows_new(const struct flows_plan *plan);
void flows_free(struct flows *t);

/*
 * The ends of a segment, in an order that does not depend on its direction, so
 * that one comparison tells whether a row is of its connection.
 */
struct flows_key {
	uint64_t low; /* a number of each end, of IPv6 a hash */
	uint64_t high;
	uint32_t hash;
	uint8_t src;  /* the segment's source is the higher one */
	uint8_t part; /* of several tables, which one: see below */
};

/*
 * Time has passed, whatever has been captured: tells of those that have closed
 * and been quiet for the plan's time. They are held as long as before, so that
 * what comes late is theirs; if it breaks a rule, they are told of again.
 */
void flows_pass(struct flows *t, int64_t now_ns);

/* As many tables at most. */
#define FLOWS_PARTS 8

/*
 * Connections may be spread over several tables of the same seed, by their
 * addresses. What is captured is noted first and judged afterwards, all of it
 * or that of some tables: in a brief, which is all that is needed of nearly
 * every segment, or names a whole one.
 */
enum flows_brief_kind {
	/* less: the brief is all, DECAP_HAS_* */
	FLOWS_WHOLE = DECAP_BRIEFS, /* it names a segment */
	FLOWS_QUOTED,		    /* and one that an ICMP error quotes */
};

struct flows_whole {
	uint8_t kind;
	uint8_t error; /* enum icmp_error, of FLOWS_QUOTED */
	uint32_t at;   /* which segment */
};

struct flows_brief {
	struct flows_key key;
	uint64_t frame;
	int64_t at_ns;
	union {
		uint8_t kind;
		struct decap_brief tcp;
		struct flows_whole whole;
	};
};

_Static_assert(sizeof(struct flows_brief) == 64, "a line of the cache");

/* The port above the address, both as they lie in a packet. */
static inline uint64_t flows_number(uint32_t addr, uint16_t port)
{
	return (uint64_t)port << 32 | addr;
}

/*
 * Sets the key of an IPv4 segment with these ends, of that part. The seed is
 * that of all tables, which are not looked at.
 */
void flows_note_ip4(const uint64_t seed[2], uint32_t part,
		    struct flows_brief *brief, const struct decap_ends *ends);

/* The same of any segment, or one that is quoted. */
void flows_note_seg(const uint64_t seed[2], uint32_t part,
		    struct flows_brief *brief, const struct seg *seg);

/*
 * Gives segments to the judges of their connections, one after another; whole
 * are those that briefs name. It does not matter how many are given at once,
 * but for the time it takes.
 */
void flows_judge_parts(struct flows *const *part,
		       const struct flows_brief *brief, size_t n,
		       const struct seg *whole);

/* How many ICMP errors quoted a segment of a connection that was not held. */
uint64_t flows_unheld(const struct flows *t);

/*
 * Lets go of those that are over by that time, of all parts in the order of
 * their last segments. What is let go when, and is told in which order, depends
 * on when this is called, and on nothing else.
 */
void flows_let_go_parts(struct flows *const *part, size_t n, int64_t now_ns);

/*
 * The end of what can be seen: tells of all that are held. Nothing but
 * flows_free may follow.
 */
void flows_end_parts(struct flows *const *part, size_t n, int64_t at_ns);

/* Whom it tells from now on, and where it finds the last id. */
struct flows_ear {
	flows_over_fn *over;
	flows_begun_fn *begun;
	void *ctx;
	uint32_t *last_id;
};

void flows_tell(struct flows *t, const struct flows_ear *ear);

/* Gives those held other ids: what of makes of the old one, or 0. */
void flows_renumber(struct flows *t, uint32_t (*of)(void *ctx, uint32_t id),
		    void *ctx);

#endif
