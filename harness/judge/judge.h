/*
 * The judge of one connection by its segments alone, from one vantage point:
 * near A, near B or between, with loss, reordering and duplication of the
 * network's or the capture's own. What it is given may be all there was, or
 * not: what a gap touches becomes inconclusive, never a violation. Pure: no
 * sockets, no clock, no memory of its own.
 */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"
#include "base/side.h"
#include "judge/rule.h"
#include "packet/seg.h"

#define JUDGE_TEXT_MAX 96

struct judge_finding {
	const struct rule *rule;
	enum severity severity; /* the rule's, or INCONCLUSIVE */
	enum side side;		/* whose behaviour it is */
	uint64_t frame;		/* 0 from judge_end: of no single one */
	int64_t at_ns;
	char expected[JUDGE_TEXT_MAX];
	char actual[JUDGE_TEXT_MAX];
	const char *settles; /* INCONCLUSIVE: what would settle it; or NULL */
};

typedef void judge_found_fn(void *ctx, const struct judge_finding *found);

/* Where findings go. found may be NULL. */
struct judge_ear {
	judge_found_fn *found;
	void *ctx;
};

/*
 * What one end has shown. All zero is an end of which nothing was seen.
 * Sequence numbers are absolute, times are milliseconds since the judge's
 * start, saturating. A table of connections holds millions of these: an octet
 * here is two for each connection.
 */
struct judge_half {
	uint32_t seen;	  /* HALF_* bits, in judge_own.h */
	uint32_t next;	  /* after all it has sent, FIN included */
	uint32_t acked;	  /* the highest it has acknowledged */
	uint32_t edge;	  /* acked + window, scaled: right edge, the highest */
	uint32_t tsval;	  /* the last sent */
	uint32_t last_ms; /* when it last sent anything */
	uint16_t tick;	  /* seconds or so: how much it sent in this one */
	uint16_t now;	  /* (RSTs apart), and in the one before */
	uint16_t before;
	uint16_t rtt_ms; /* from here to the other and back, + 1; 0: unknown */
	uint32_t isn;	 /* when SYN seen */
	uint32_t fin;	 /* the FIN's own number, when one was seen */
	uint32_t fin_ts; /* the timestamp of its last FIN */
	uint32_t fin_ms; /* when its FIN was first seen, and last, and the */
	uint32_t fin_last_ms; /* gap between */
	uint32_t fin_gap_ms;
	uint32_t rst_seq;     /* of its first RST */
	uint32_t others;      /* what the other had sent by its RST, or when it
			    acknowledged the FIN, or by the FIN */
	uint32_t rst_ms;      /* when its last RST was seen */
	uint32_t said;	      /* rules found once, one bit each */
	uint16_t rsts;	      /* sent in this tick */
	uint8_t scale : 4;    /* window scale, when its SYN had one */
	uint8_t low_acks : 4; /* answers to a FIN that were one too low */
	uint8_t storm : 4;    /* FINs sent again soon */
	uint8_t early : 4;    /* and before an answer could come */
	uint8_t fins;	      /* FINs sent, saturating */
	uint8_t even_gaps;    /* FINs sent again after the same gap */
	uint8_t below;	      /* acknowledgments with a number before its FIN */
	uint8_t late;	      /* not yet acknowledging, long after the FIN */
};

struct judge {
	struct judge_half half[2];
	int64_t start_ns; /* of the first segment */
	int64_t last_ns;  /* of the last */
	int64_t end_ns;	  /* what judge_end was told, or 0 */
	uint32_t stray;	  /* the number of a SYN amid the connection */
	uint8_t order;	  /* JUDGE_* bits: who closed first, and the like */
	uint8_t aborted;  /* the state of the one that reset, then */
	bool any;
	bool closed; /* both have closed, or one has reset it */
};

/*
 * A segment seen. Segments are given in the order of the capture; at_ns may
 * go back a little. A SYN that opens a new incarnation is not for this judge:
 * see judge_is_reopened.
 */
void judge_segment(struct judge *j, enum side from, const struct seg *seg,
		   uint64_t frame, int64_t at_ns, const struct judge_ear *ear);

/*
 * Whether seg is a SYN that begins another connection on the same addresses
 * and ports, or accepts one that seemed to be amid it. The caller then calls
 * judge_end for this one, and starts a zeroed judge with judge_reopen, which
 * looks at the reuse of TIME-WAIT (RFC 6191, RFC 9293 section 3.6.1) and makes
 * the new one ready.
 */
bool judge_is_reopened(const struct judge *j, enum side from,
		       const struct seg *seg);
void judge_reopen(struct judge *fresh, const struct judge *old, enum side from,
		  const struct seg *seg, uint64_t frame, int64_t at_ns,
		  const struct judge_ear *ear);

/*
 * The end of what can be seen, at that time: the capture's end, or the time
 * the connection is let go. Finds what only time can show.
 */
void judge_end(struct judge *j, int64_t at_ns, const struct judge_ear *ear);

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

struct judge_summary {
	enum ending ending;
	enum first closed_first;
	enum tcp_state state[2];   /* inferred, at the end */
	enum tcp_state aborted_in; /* ABORTED: state of the one that reset */
	bool opened_outside;	   /* no SYN was seen */
	int64_t half_closed_ns; /* from the first FIN to the second, or end */
	unsigned int unanswered_fins; /* VANISHED: how many */
};

void judge_summarise(const struct judge *j, struct judge_summary *s);

/*
 * Whether no further segment can belong to it: closed for longer than 2 MSL
 * (RFC 9293 section 3.4.2: 240 s) at that time, so that it can be let go.
 */
bool judge_is_over(const struct judge *j, int64_t at_ns);

#endif
