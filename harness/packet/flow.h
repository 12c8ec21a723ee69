/*
 * What the cable knows of one connection: initial sequence numbers and how
 * far each side has got. Turns absolute numbers into the case's relative
 * ones (SYN is 0, data starts at 1).
 * Pure.
 */
#ifndef PACKET_FLOW_H
#define PACKET_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/side.h"
#include "packet/seg.h"

struct flow_half {
	bool known; /* a SYN of this side has been seen */
	uint32_t isn;
	uint32_t next;	/* the sequence number after all it has sent */
	uint32_t acked; /* the last acknowledgment number it sent */
	uint16_t win;	/* the last window it advertised, unscaled */
	bool has_ts;
	uint32_t tsval; /* the last it sent */
};

struct flow {
	int family;
	struct seg_end end[2]; /* by enum side */
	struct flow_half half[2];
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
 * with another initial sequence number starts a new incarnation: that half
 * begins anew.
 */
void flow_note(struct flow *flow, enum side from, const struct seg *seg);

/*
 * The relative number of seq in from's sequence space, in [-2^31, 2^31), and
 * of an acknowledgment number sent by from (in the other side's space).
 * While the initial number is not known the absolute number is returned.
 */
int64_t flow_rel_seq(const struct flow *flow, enum side from, uint32_t seq);
int64_t flow_rel_ack(const struct flow *flow, enum side from, uint32_t ack);

#endif
