/*
 * One connection as its segments show it: each end's numbers. Turns absolute
 * sequence numbers into the case's relative ones (SYN is 0, data starts at 1).
 * Pure.
 */
#ifndef PACKET_FLOW_H
#define PACKET_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/side.h"
#include "packet/seg.h"

/*
 * What an end's segments show of its transmission control block, in the names
 * of RFC 9293 section 3.3.1. An RST's numbers may be its receiver's: they are
 * not taken.
 */
struct flow_tcb {
	bool known;    /* the end has sent a SYN: iss is valid */
	bool ack_sent; /* and an ACK: rcv_nxt_max and rcv_edge are valid */
	bool fin_sent; /* and a FIN: fin_seq is valid */
	bool rst_sent; /* and an RST, since its last SYN */
	uint32_t iss;
	uint32_t snd_nxt; /* never goes back */
	uint32_t fin_seq; /* of its first FIN */
	uint32_t rcv_nxt; /* SEG.ACK of its last segment */
	uint32_t rcv_nxt_max;
	uint32_t rcv_edge; /* RCV.NXT+RCV.WND, scaled: the highest offered */
	uint16_t rcv_wnd;  /* SEG.WND of its last segment, not scaled */
	uint8_t rcv_wind_shift; /* of its SYN (RFC 7323), or 0 */
	bool ts_in_syn;		/* its SYN had timestamps (RFC 7323) */
	bool syn_acked;		/* its SYN, or that sent again, had an ACK: */
	uint32_t syn_ack;	/* which, SEG.ACK */
	bool has_ts;		/* its last segment had */
	uint32_t tsval;		/* the last it sent */
	uint32_t tsval_before;	/* the last but one */
	bool old_known;	  /* it had a connection before: old_nxt is valid */
	uint32_t old_nxt; /* that one's snd_nxt */
};

struct flow {
	int family;
	struct seg_end end[2]; /* by enum side */
	struct flow_tcb tcb[2];
};

/* Forgets all numbers; addresses and ports stay. */
void flow_reset(struct flow *flow);

/*
 * Which side sent seg, by its addresses and ports: true and *from, or false
 * when it is not of this connection.
 */
bool flow_side(const struct flow *flow, const struct seg *seg, enum side *from);

/*
 * Takes note of a segment that side really sent (not a forged one). A SYN
 * with another initial sequence number begins a new incarnation: what was
 * known of that end is forgotten.
 */
void flow_note(struct flow *flow, enum side from, const struct seg *seg);

/*
 * Whether a SYN opens another connection than the SYN before. An ISS may be
 * used again; the peer's, which a SYN+ACK acknowledges, then tells.
 */
bool flow_tcb_is_another(const struct flow_tcb *tcb, const struct seg *syn);
/* Forgets the connection before but for its end, and begins with this SYN. */
void flow_tcb_begin(struct flow_tcb *tcb, const struct seg *syn);

/* The same, of that end alone. */
void flow_tcb_note(struct flow_tcb *tcb, const struct seg *seg);

/* Octets of data that an end has sent: none while its iss is not known. */
uint32_t flow_octets(const struct flow_tcb *tcb);

/*
 * The first number of side that the other end has not acknowledged; while
 * that end has acknowledged nothing of it, its ISS.
 */
uint32_t flow_snd_una(const struct flow *flow, enum side side);

/*
 * A sequence number of from's, relative to its ISS and in [-2^31, 2^31), and
 * an acknowledgment number sent by from, relative to the other side's ISS.
 * While that ISS is not known the absolute number is returned.
 */
int64_t flow_rel_seq(const struct flow *flow, enum side from, uint32_t seq);
int64_t flow_rel_ack(const struct flow *flow, enum side from, uint32_t ack);

/*
 * The SEQ of from's seg as people read it: relative as above, but that of a
 * reset which answers a segment without ACK where no connection is (RFC 9293
 * 3.10.7.1) is in nobody's sequence space: it is 0, whatever ISS was before.
 * flow is that before or after seg.
 */
int64_t flow_shown_seq(const struct flow *flow, enum side from,
		       const struct seg *seg);

#endif
