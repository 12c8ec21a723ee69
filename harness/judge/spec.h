/*
 * The constants of the specifications that the judges hold an end to, each
 * with its clause. Thresholds of the judges' own stay beside their rule.
 */
#ifndef JUDGE_SPEC_H
#define JUDGE_SPEC_H

#include <stdint.h>

#include "base/clock.h"

/* MSL is two minutes (RFC 9293 section 3.4.2), and TIME-WAIT lasts two. */
#define SPEC_MSL_NS	  (120 * NS_PER_S)
#define SPEC_TIME_WAIT_NS (2 * SPEC_MSL_NS)

/* Linux's TCP_TIMEWAIT_LEN: the shortest TIME-WAIT that is customary. */
#define SPEC_TIME_WAIT_LEAST_NS (60 * NS_PER_S)

/*
 * Less is no TIME-WAIT: the shortest of any stack is 30 s (an MSL of 15 s);
 * the rest is left to clocks.
 */
#define SPEC_TIME_WAIT_FLOOR_NS (20 * NS_PER_S)

/* FIN-WAIT-2 may end by a timer of its own, in seconds (tcp_fin_timeout). */
#define SPEC_FIN_WAIT_2_LEAST_NS (1 * NS_PER_S)

/* An ACK is delayed by less than half a second (RFC 9293 MUST-40). */
#define SPEC_ACK_DELAY_NS (500 * NS_PER_MS)

/* The first timeout, before a round trip is known (RFC 6298 section 2.1). */
#define SPEC_FIRST_RTO_NS (1 * NS_PER_S)

/* Linux's TCP_RTO_MIN, in place of the second of RFC 6298 section 2.4. */
#define SPEC_LINUX_RTO_MIN_NS (200 * NS_PER_MS)

/* Challenge ACKs may be limited, to 10 in 5 s say (RFC 5961 section 7). */
#define SPEC_CHALLENGE_INTERVAL_NS (5 * NS_PER_S)

/* The largest window: 65535 octets shifted by 14 (RFC 7323 section 2.3). */
#define SPEC_MAX_WINDOW (UINT32_C(65535) << 14)

/* What every host takes in one segment (IPv4: RFC 9293 section 3.7.1). */
#define SPEC_LEAST_MSS 536

#endif
