/*
 * The wire judge: one connection by its segments alone, from one vantage
 * point: near A, near B or between, with loss, reordering and duplication of
 * the network's or the capture's own. What it is given may be all there was,
 * or not: what a gap touches becomes inconclusive, never a violation. Pure: no
 * sockets, no clock, no memory of its own.
 */
#ifndef JUDGE_WIRE_JUDGE_H
#define JUDGE_WIRE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"
#include "base/side.h"
#include "judge/rule.h"
#include "packet/icmp.h"
#include "packet/seg.h"

#define JUDGE_TEXT_MAX 96

struct judge_finding {
	const struct rule *rule;
	enum severity severity; /* the rule's, or INCONCLUSIVE */
	enum side side;		/* whose behaviour it is */
	uint64_t frame;		/* 0 from wire_judge_end: of no single one */
	int64_t at_ns;
	char expected[JUDGE_TEXT_MAX];
	char actual[JUDGE_TEXT_MAX];
	const char *settles; /* INCONCLUSIVE: what would settle it; or NULL */
};

typedef void judge_found_fn(void *ctx, const struct judge_finding *found);

/* Where findings go. found may be NULL. */
struct judge_sink {
	judge_found_fn *found;
	void *ctx;
};

/*
 * What one end has shown. All zero is an end of which nothing was seen.
 * Sequence numbers are absolute, times are milliseconds since the judge's
 * start, saturating. judge/wire_observe*.c alone write it, and know which
 * member is valid when.
 */
struct wire_end {
	/* What plain segments read and write comes first. */
	uint64_t seen; /* the facts of judge/wire_own.h */
	/* How often it sends: see judge/wire_observe.h. */
	uint16_t second;
	uint16_t sent;
	uint16_t sent_before;
	uint16_t rsts;
	uint32_t snd_nxt;    /* after all it has sent, FIN included */
	uint32_t rcv_nxt;    /* the highest it has acknowledged */
	uint32_t right_edge; /* RCV.NXT + RCV.WND, the highest it has offered */
	uint32_t tsval;	     /* the last it sent */
	uint32_t last_ms;    /* when it last sent anything */
	uint16_t rtt_ms; /* from here to the other and back, + 1; 0: unknown */
	uint8_t scale;	 /* window scale, when its SYN had one */
	uint8_t fins;	 /* how often it has sent its FIN, at most 255 */
	uint32_t snd_isn;
	uint32_t fin_seq;     /* the FIN's own number */
	uint32_t fin_ts;      /* the timestamp of its last FIN */
	uint32_t fin_ms;      /* when its FIN was first seen, */
	uint32_t fin_last_ms; /* and last */
	uint32_t peer_nxt;    /* the peer's SND.NXT by its RST, or when its FIN
				 was acknowledged, or by the FIN */
	uint32_t fin_gap_ms;  /* the time between its last two FINs */
	uint32_t rst_seq;     /* of its first RST */
	uint32_t rst_ms;      /* when its last RST was seen */
	uint16_t unheeded;    /* sent as if the peer's exact RST, or the one
				 that refused its SYN, had not come */
	/* How often; each stays at 255. */
	uint8_t storm;	   /* its last FINs came soon one after the other, */
	uint8_t early;	   /* or before an answer could come, */
	uint8_t even_gaps; /* or after the same gap as before */
	uint8_t low_acks;  /* it answered the peer's FIN one too low */
	uint8_t late;	   /* it did not acknowledge, long after that FIN */
	uint8_t below;	   /* it acknowledged with a number before its FIN */
	uint8_t unheeded_late; /* of unheeded: long after that RST */
	uint8_t icmps;	       /* ICMP errors quoted its segments, */
	uint8_t icmp;	       /* the last one of these, enum icmp_error */
	uint8_t padded;	       /* it sent a few octets that may be padding */
};

struct wire_judge {
	/* So does it here. */
	int64_t start_ns; /* of the first segment */
	int64_t last_ns;  /* of the last */
	bool any;
	bool closed;   /* both have closed, or one has reset it */
	bool followed; /* another one follows: said before wire_judge_end */
	uint8_t order; /* ORDER_* bits: who closed first, and the like */
	uint8_t aborted_in; /* the state of the one that reset, then */
	/* A loop: segments of both, in turn, that change nothing. */
	uint8_t loop_has; /* LOOP_* bits: what it is made of */
	uint16_t loops;	  /* segments of it */
	struct wire_end end[2];
	int64_t end_ns;	     /* what wire_judge_end was told, or 0 */
	uint64_t said[2];    /* rules found once, a bit each, of A and of B */
	uint32_t stray_isn;  /* the number of a SYN amid the connection */
	uint32_t exact_ms;   /* when the first exact RST was seen */
	uint32_t loop_mark;  /* tells what else has been sent since */
	uint32_t loop_ms;    /* when the loop began, */
	uint32_t loop_to_ms; /* and when it was last seen to go on */
	uint16_t loop_nxt;   /* tells what both had sent when it began */
	uint8_t ttl[2];	     /* of the SYNs of A and B, or IPv6's; or 0 */
};

/*
 * A segment seen. Segments are given in the order of the capture; at_ns may
 * go back a little. A SYN that opens a new incarnation is not for this judge:
 * see wire_judge_is_reopened.
 */
void wire_judge_segment(struct wire_judge *j, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			const struct judge_sink *sink);

/*
 * A segment as nearly all are, amid a connection and the next one that is
 * expected of its end: no rule looks at it. The first says whether it may be
 * one, which is all that cannot be foretold; the second, where the first holds,
 * is wire_judge_segment for such a one, in line; false: it is none after all,
 * and nothing was done. Of a judge that has not seen anything none is.
 */
bool wire_judge_is_amid(const struct wire_judge *j, const struct seg *seg);
bool wire_judge_calmly(struct wire_judge *j, enum side from,
		       const struct seg *seg, int64_t at_ns);

/*
 * A segment as a healthy connection has them when it opens, is used and closes:
 * the short way of wire_judge_segment. False: it is none, nothing was done, and
 * wire_judge_closely is to judge it.
 */
bool wire_judge_plainly(struct wire_judge *j, enum side from,
			const struct seg *seg, int64_t at_ns);

/*
 * wire_judge_segment without the short way, and as below the end of a plain
 * connection: slower, and nothing else. It is what tests hold the short way
 * against.
 */
void wire_judge_closely(struct wire_judge *j, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			const struct judge_sink *sink);

/*
 * The caller knows that no box on the way numbers segments anew: called of a
 * zeroed judge, before its first segment.
 */
void wire_judge_without_box(struct wire_judge *j);

/*
 * An ICMP error that quotes a segment of that side was seen; of the segment
 * the sequence number counts.
 */
void wire_judge_icmp(struct wire_judge *j, enum side side,
		     const struct seg *quoted, enum icmp_error error);

/*
 * Whether seg is a SYN that begins another connection on the same addresses
 * and ports, or accepts one that seemed to be amid it. The caller then calls
 * wire_judge_end for this one, and starts a zeroed judge with
 * wire_judge_reopen, which looks at the reuse of TIME-WAIT (RFC 6191, RFC 9293
 * section 3.6.1) and makes the new one ready.
 */
bool wire_judge_is_reopened(const struct wire_judge *j, enum side from,
			    const struct seg *seg);
void wire_judge_reopen(struct wire_judge *fresh, const struct wire_judge *old,
		       enum side from, const struct seg *seg, uint64_t frame,
		       int64_t at_ns, const struct judge_sink *sink);

/*
 * Whether seg begins the connection once more, beside this one, on the other
 * side of a box that makes up numbers, and leaves the addresses alone: a SYN,
 * or the answer to one, that came just before with another number of the same
 * end; or, of a connection whose SYNs were not captured, a segment with numbers
 * that none of its own can have. The caller then begins a zeroed judge with it.
 */
bool wire_judge_is_beside(const struct wire_judge *j, enum side from,
			  const struct seg *seg, int64_t at_ns);
/* That end has acknowledged something. */
bool wire_judge_has_taken(const struct wire_judge *j, enum side side);
void wire_judge_begin_beside(struct wire_judge *fresh,
			     const struct wire_judge *j, enum side from,
			     const struct seg *seg, uint64_t frame,
			     int64_t at_ns, const struct judge_sink *sink);

/*
 * How far the segment's numbers are from those of the connection, so that it
 * can be told of which of two it is; 0: they are among them.
 */
uint64_t wire_judge_distance(const struct wire_judge *j, enum side from,
			     const struct seg *seg);
/*
 * It is the next one of its end, or the last one once more, and acknowledges
 * what the other end has sent.
 */
bool wire_judge_is_next(const struct wire_judge *j, enum side from,
			const struct seg *seg);
/* Its segments can no more be told from those of one beside it for certain. */
void wire_judge_mix(struct wire_judge *j);

/*
 * An Ethernet frame has 60 octets at least: an IPv4 packet with a TCP header
 * and nothing else needs 6 of padding, which some hosts count. An octet alone
 * may be a probe's.
 */
#define WIRE_PADDING_LEAST 2u
#define WIRE_PADDING_MOST  6u

static inline bool wire_is_few(size_t octets)
{
	return octets - WIRE_PADDING_LEAST <=
	       WIRE_PADDING_MOST - WIRE_PADDING_LEAST;
}

/* Of a segment with few octets, which was judged: whether these are padding. */
bool wire_judge_is_padding(const struct wire_judge *j, enum side from,
			   const struct seg *seg);

/*
 * The end of what can be seen, at that time: the capture's end, or the time
 * the connection is let go. Finds what only time can show.
 */
void wire_judge_end(struct wire_judge *j, int64_t at_ns,
		    const struct judge_sink *sink);
void wire_judge_end_closely(struct wire_judge *j, int64_t at_ns,
			    const struct judge_sink *sink);

enum ending {
	ENDING_OPEN,	     /* still open at the end of the capture */
	ENDING_NORMAL,	     /* both FINs, both acknowledged */
	ENDING_SIMULTANEOUS, /* the same, neither had the other's FIN */
	ENDING_HALF_CLOSED,  /* one FIN only */
	ENDING_CLOSING,	     /* both FINs, not both acknowledged: cut short */
	ENDING_ABORTED,	     /* an RST by one of the ends */
	ENDING_RESET_SUSPECTED, /* an RST a third party may have sent */
	ENDING_VANISHED,	/* FINs without any answer */
	ENDING_REFUSED,		/* the SYN was answered with RST */
	ENDING_UNANSWERED,	/* nothing answered the SYN */
	ENDING_ONE_DIRECTION,	/* of one end nothing was captured */
	ENDING_UNKNOWN, /* opened outside the capture, and too little seen */
	ENDING_COUNT,
};

/* "normal", "simultaneous", ... */
const char *ending_name(enum ending e);

enum first {
	FIRST_NONE,
	FIRST_A,
	FIRST_B,
	FIRST_BOTH,
	FIRST_COUNT
};

/* "none", "A", "B", "both". */
const char *first_name(enum first f);

/* What another view of the connection would show as well. */
struct wire_signs {
	bool syns;	    /* both SYNs were seen: isn and sent are valid */
	bool taken;	    /* A has acknowledged the SYN of B */
	bool fin[2];	    /* has sent a FIN: fins and fin_ms are valid, */
	bool rst[2];	    /* and an RST: rst_ms is */
	uint8_t fins[2];    /* how often */
	uint32_t isn[2];    /* initial sequence numbers */
	uint32_t sent[2];   /* octets, by the numbers */
	uint32_t fin_ts[2]; /* timestamps of the last FINs, or 0 */
	uint32_t fin_ms[2]; /* since the first segment */
	uint32_t rst_ms[2];
};

struct wire_summary {
	enum ending ending;
	enum first closed_first;
	enum tcp_state state[2];   /* inferred, at the end */
	enum tcp_state aborted_in; /* ABORTED: state of the one that reset */
	enum first reset_by;	   /* who sent an RST that may count */
	bool opened_outside;	   /* no SYN was seen */
	int64_t half_closed_ns; /* from the first FIN to the second, or end */
	unsigned int unanswered_fins; /* VANISHED: how many */
	struct wire_signs signs;
};

void wire_judge_summarise(const struct wire_judge *j, struct wire_summary *s);

/*
 * Whether no further segment can belong to one that has closed, with the time
 * of its last segment: that was longer ago than 2 MSL (RFC 9293 section 3.4.2:
 * 240 s), so that it can be let go.
 */
bool wire_is_over(int64_t last_ns, int64_t at_ns);

/*
 * A row of the wire judge's rules in words, for people: the i-th, or false.
 * What is printed are '#' for a number and '@' for the segment's flags.
 */
#define WIRE_UNLESS_MAX 6

struct wire_rule_words {
	enum rule_id rule;
	const char *when;		     /* "a FIN, the first" */
	const char *unless[WIRE_UNLESS_MAX]; /* what excuses it; NULL ends */
	const char *expected;
	const char *actual;
	const char *settles; /* INCONCLUSIVE: what would settle it; or NULL */
};

bool wire_rule_words(size_t i, struct wire_rule_words *words);

#endif
