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
	uint32_t iss;
	uint32_t snd_nxt; /* never goes back */
	uint32_t fin_seq; /* of its first FIN */
	uint32_t rcv_nxt; /* SEG.ACK of its last segment */
	uint32_t rcv_nxt_max;
	uint32_t rcv_edge; /* RCV.NXT+RCV.WND, scaled: the highest offered */
	uint16_t rcv_wnd;  /* SEG.WND of its last segment, not scaled */
	uint8_t rcv_wind_shift; /* of its SYN (RFC 7323), or 0 */
	bool ts_in_syn;		/* its SYN had timestamps (RFC 7323) */
	bool has_ts;		/* its last segment had */
	uint32_t tsval;		/* the last it sent */
	bool rst_sent;		/* an RST since its last SYN */
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

/* The same, of that end alone. */
void flow_tcb_note(struct flow_tcb *tcb, const struct seg *seg);

/* Octets of data that an end has sent: none while its iss is not known. */
uint32_t flow_octets(const struct flow_tcb *tcb);

/*
 * A sequence number of from's, relative to its ISS and in [-2^31, 2^31), and
 * an acknowledgment number sent by from, relative to the other side's ISS.
 * While that ISS is not known the absolute number is returned.
 */
int64_t flow_rel_seq(const struct flow *flow, enum side from, uint32_t seq);
int64_t flow_rel_ack(const struct flow *flow, enum side from, uint32_t ack);

#endif
