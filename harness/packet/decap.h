/*
 * A captured frame of any common link type, down to its TCP segment. Made for
 * captures from the field: frames cut by a snap length, fragments, segments
 * larger than any MTU and checksums that offloading left unset are normal.
 * Pure.
 */
#ifndef PACKET_DECAP_H
#define PACKET_DECAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/seg.h"

/* Link types, numbered as libpcap's pcap_datalink does. */
enum decap_link {
	DECAP_NULL = 0, /* BSD loopback, in the byte order of its host */
	DECAP_ETHERNET = 1,
	DECAP_RAW = 12,	  /* IP by its version */
	DECAP_LOOP = 108, /* OpenBSD loopback, big-endian */
	DECAP_SLL = 113,  /* Linux "any" device, cooked */
	DECAP_IPV4 = 228,
	DECAP_IPV6 = 229,
	DECAP_SLL2 = 276,
};

/* Whether frames of that link type can be read at all. */
bool decap_knows(int link);

enum decap_kind {
	DECAP_TCP,
	DECAP_NOT_TCP,	 /* another protocol */
	DECAP_FRAGMENT,	 /* of IP, without a whole TCP header; or see below */
	DECAP_TRUNCATED, /* cut before the TCP header was complete */
	DECAP_MALFORMED, /* its lengths contradict each other */
	DECAP_KIND_COUNT,
};

struct decap_frame {
	int link;
	const uint8_t *bytes;
	uint32_t len;	   /* captured */
	uint32_t wire_len; /* as it was on the wire */
};

/*
 * Fills *seg for DECAP_TCP only. Lengths are the IP header's, whatever was
 * captured; where that says 0 (TSO, jumbograms), the wire's. Checksums are
 * not looked at. Nothing in it points into the frame: opts and data are NULL,
 * and what options say that are used here is in has_ts and has_scale. The
 * options of a SYN that were cut off are taken for the ones that excuse most:
 * the widest window scale (RFC 7323 section 2.3). A first fragment is longer
 * than it seems: a SYN, FIN or RST in one is DECAP_FRAGMENT.
 */
enum decap_kind decap_segment(const struct decap_frame *frame, struct seg *seg);

#endif
