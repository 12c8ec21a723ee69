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

#include "packet/icmp.h"
#include "packet/seg.h"

/* Link types, numbered as libpcap's pcap_datalink does. */
enum decap_link {
	DECAP_NULL = 0, /* BSD loopback, in the byte order of its host */
	DECAP_ETHERNET = 1,
	DECAP_SLIP = 8,
	DECAP_PPP = 9,
	DECAP_ATM_RFC1483 = 11,
	DECAP_RAW = 12,	       /* IP by its version */
	DECAP_PPP_SERIAL = 50, /* or Cisco's HDLC */
	DECAP_PPPOE = 51,
	DECAP_HDLC = 104, /* Cisco's */
	DECAP_WLAN = 105, /* IEEE 802.11 */
	DECAP_FRELAY = 107,
	DECAP_LOOP = 108, /* OpenBSD loopback, big-endian */
	DECAP_ENC = 109,  /* OpenBSD's IPsec, decrypted */
	DECAP_SLL = 113,  /* Linux "any" device, cooked */
	DECAP_PFLOG = 117,
	DECAP_PRISM = 119,
	DECAP_RADIOTAP = 127,
	DECAP_AVS = 163,
	DECAP_PPP_PPPD = 166,
	DECAP_USB_FREEBSD = 186,
	DECAP_USB_LINUX = 189, /* usbmon's first 48 octets, */
	DECAP_PPI = 192,
	DECAP_PPP_WITH_DIR = 204, /* a direction before it */
	DECAP_HDLC_WITH_DIR = 205,
	DECAP_FRELAY_WITH_DIR = 206,
	DECAP_MPLS = 219,
	DECAP_USB_LINUX_MMAPPED = 220, /* or all 64 */
	DECAP_IPV4 = 228,
	DECAP_IPV6 = 229,
	DECAP_NFLOG = 239, /* Linux netfilter's log */
	DECAP_NETANALYZER = 240,
	DECAP_USBPCAP = 249,
	DECAP_PKTAP = 258, /* Darwin, any other link type behind it */
	DECAP_USB_DARWIN = 266,
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
	DECAP_UNREAD,	 /* of a link type that is not known */
	DECAP_KIND_COUNT,
};

struct decap_frame {
	int link;
	const uint8_t *bytes;
	uint32_t len;	   /* captured */
	uint32_t wire_len; /* as it was on the wire */
	bool outer;	   /* what a tunnel carries is of no interest */
	uint32_t from;	   /* 0; or, of several frames in it, as *next says */
};

/*
 * Fills *seg for DECAP_TCP only. The segment may be in a tunnel (GRE, VXLAN,
 * Geneve, GTP-U, IP in IP and others), and a tunnel in another: it is the
 * first TCP header on the way in. The tunnels' own addresses and numbers are
 * not kept. A packet may carry several frames, as a USB transfer or an A-MSDU
 * does: *next is 0, or where the next one is, whatever this one is. What is in
 * a USB transfer of another kind is DECAP_NOT_TCP, damaged or not.
 * Lengths are the IP header's, whatever was
 * captured; where that says 0 (TSO, jumbograms), the wire's. Checksums are
 * not looked at. Nothing in it points into the frame: opts and data are NULL,
 * and what options say that are used here is in has_ts and has_scale. The
 * options of a SYN that were cut off are taken for the ones that excuse most:
 * the widest window scale (RFC 7323 section 2.3). A first fragment is longer
 * than it seems: a SYN, FIN or RST in one is DECAP_FRAGMENT.
 */
enum decap_kind decap_segment(const struct decap_frame *frame, struct seg *seg,
			      uint32_t *next);

/*
 * Whether a frame that is DECAP_NOT_TCP is an ICMP error about a segment: then
 * which, and the segment's family, ends and sequence number; the rest of it is
 * zero. The segment's source is whom the error is sent to.
 */
bool decap_icmp(const struct decap_frame *frame, enum icmp_error *error,
		struct seg *quoted);

#endif
