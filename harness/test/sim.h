/*
 * A small simulator of TCP connections that end, for testing the judge: two
 * ends, two network hops, a vantage point between them. Pure and
 * deterministic: the same plan gives the same segments at the same virtual
 * times.
 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"
#include "base/side.h"
#include "packet/seg.h"

/* What an end does wrong. */
enum sim_bug {
	SIM_HEALTHY,
	SIM_FIN_ONCE,	    /* never retransmits its FIN */
	SIM_FIN_MOVES,	    /* retransmits it one number further */
	SIM_DATA_AFTER_FIN, /* sends octets beyond its FIN */
	SIM_FIN_ACK_LOW,    /* acknowledges a FIN one too low */
	SIM_NO_BACKOFF,	    /* retransmits its FIN at one interval */
	SIM_RST_TO_RST,	    /* answers a bare RST with an RST */
	SIM_ACK_BEYOND,	    /* acknowledges beyond the peer's FIN */
	SIM_FIN_NO_ACK,	    /* its FIN lacks the ACK flag */
	SIM_FIN_NO_TS,	    /* its FIN lacks the timestamps */
	SIM_AFTER_RST,	    /* goes on sending data after its own RST */
	SIM_FIN_STORM,	    /* sends its FIN again and again at once */
	SIM_RST_DATA,	    /* its RST carries octets */
	SIM_RST_STORM,	    /* sends its RST again and again */
	SIM_LAST_ACK,	    /* never acknowledges the second FIN */
	SIM_SEQ_BELOW,	    /* its ACKs after its FIN have the FIN's number */
	SIM_ACK_LATE,	    /* acknowledges a FIN after two seconds */
	SIM_RST_SEQ,	    /* its answering RST is not SEQ=SEG.ACK */
	SIM_RST_FAR,	    /* aborts with an RST far behind the window */
	SIM_BUG_COUNT,
};

enum sim_close {
	SIM_CLOSE,    /* close(): what arrives then is refused */
	SIM_SHUTDOWN, /* shutdown(SHUT_WR): goes on receiving */
	SIM_ABORT,    /* RST */
};

#define SIM_WRITES 6

/* One end: what its application does, and what its stack is like. */
struct sim_side {
	enum sim_bug bug;
	uint32_t iss;
	uint32_t mss;
	uint32_t buffer; /* receive buffer */
	uint8_t scale;
	bool offers_scale, offers_ts;
	bool delays_ack;
	bool tail_probe;   /* sends the tail again after two round trips */
	bool probes_octet; /* zero-window probes carry one octet */
	bool rst_has_ts;
	uint32_t ts_start;
	int64_t keep_ns; /* keep-alive interval, or 0 */
	struct {
		int64_t at_ns;
		uint32_t len;
	} write[SIM_WRITES];
	int n_writes;
	enum sim_close how;
	bool waits_eof; /* closes close_ns after the peer's FIN */
	int64_t close_ns;
	int64_t deaf_from, deaf_to; /* does not read in between */
	int64_t rto_ns;		    /* 0: from the round-trip time */
	int64_t orphan_ns; /* FIN-WAIT-2 after close() lasts that long */
};

/* One hop; chances are in a thousand. */
struct sim_hop {
	int64_t delay_ns;
	int64_t jitter_ns;
	unsigned int loss, dup, reorder;
};

struct sim_plan {
	uint64_t seed;
	struct sim_side side[2];
	struct sim_hop hop[2]; /* between each end and the vantage point */
	bool refuses;	       /* B does not listen */
	int64_t mute_ns;       /* nothing passes hop B from then on, or 0 */
	int lose_fins;	       /* so many FINs of A are lost on hop B */
	/* The capture. */
	unsigned int miss, twice, swap; /* in a thousand */
	int64_t from_ns, to_ns;		/* to_ns 0: to the end */
	int64_t linger_ns; /* goes on so long after the last segment */
	int64_t until_ns;  /* and no longer than this */
};

/* What really happened. */
struct sim_truth {
	enum tcp_state state[2];
	uint32_t written[2], delivered[2];
	bool aborted[2];   /* sent an RST that was not an answer in CLOSED */
	bool was_reset[2]; /* obeyed an RST */
	bool gave_up[2];
	bool assassinated[2]; /* an RST ended its TIME-WAIT */
	/* What passed the vantage point, captured or not. */
	bool fin[2], rst[2];
	bool fin_early[2]; /* a FIN that did not acknowledge the other's */
	bool complete;	   /* both FINs received, and both acknowledged */
	/* A loss behind the vantage point left an end in the dark. */
	bool hidden;
	bool overrun; /* did not come to an end: the simulator's fault */
	int64_t end_ns;
	unsigned int segments;
};

typedef void sim_seen_fn(void *ctx, enum side from, const struct seg *seg,
			 int64_t at_ns);

/* A random connection between healthy ends. */
void sim_plan_healthy(struct sim_plan *p, uint64_t seed);

/* One in which A has that fault and the occasion to show it, loss-free. */
void sim_plan_broken(struct sim_plan *p, enum sim_bug bug, uint64_t seed);

/* Hands what the capture has to seen, in its order. */
void sim_run(const struct sim_plan *p, sim_seen_fn *seen, void *ctx,
	     struct sim_truth *truth);

#endif
