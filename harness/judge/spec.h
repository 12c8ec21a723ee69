/*
 * The constants of the specifications that the judges hold an end to, each
 * with its clause. Thresholds of the judges' own stay beside their rule.
 */
#ifndef JUDGE_SPEC_H
#define JUDGE_SPEC_H

#include "base/clock.h"

/* MSL is two minutes (RFC 9293 section 3.4.2), and TIME-WAIT lasts two. */
#define SPEC_MSL_NS	  (120 * NS_PER_S)
#define SPEC_TIME_WAIT_NS (2 * SPEC_MSL_NS)

/* Linux's TCP_TIMEWAIT_LEN: the shortest TIME-WAIT that is customary. */
#define SPEC_TIME_WAIT_LEAST_NS (60 * NS_PER_S)

/* An ACK is delayed by less than half a second (RFC 9293 MUST-40). */
#define SPEC_ACK_DELAY_NS (500 * NS_PER_MS)

/* The first timeout, before a round trip is known (RFC 6298 section 2.1). */
#define SPEC_FIRST_RTO_NS (1 * NS_PER_S)

/* What every host takes in one segment (IPv4: RFC 9293 section 3.7.1). */
#define SPEC_LEAST_MSS 536

#endif
