/*
 * ICMP and ICMPv6: the errors that can be about a segment, and the echo that
 * tells when an end has come so far. Pure.
 */
#ifndef PACKET_ICMP_H
#define PACKET_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/seg.h"

/* The errors as RFC 792, RFC 1122 section 3.2.2 and RFC 4443 have them. */
enum icmp_error {
	ICMP_NET_UNREACHABLE,
	ICMP_HOST_UNREACHABLE,
	ICMP_PROTO_UNREACHABLE,
	ICMP_PORT_UNREACHABLE,
	ICMP_FRAG_NEEDED, /* ICMPv6's packet too big; has an MTU */
	ICMP_ADMIN_PROHIBITED,
	ICMP_SOURCE_QUENCH, /* ICMPv6 has none */
	ICMP_TTL_EXCEEDED,
	ICMP_PARAMETER_PROBLEM,
	ICMP_ERROR_COUNT,
};

/* "host-unreachable" and so on. */
const char *icmp_name(enum icmp_error error);

/* The error so called, or ICMP_ERROR_COUNT. */
enum icmp_error icmp_parse(const char *name, size_t len);

/* The error of that type and code, or ICMP_ERROR_COUNT. */
enum icmp_error icmp_of(int family, uint8_t type, uint8_t code);

/* Whether there is such an error for that family, AF_INET or AF_INET6. */
bool icmp_has(enum icmp_error error, int family);

/*
 * Writes an error about a segment as an Ethernet frame from the segment's
 * receiver to its sender. The IP and TCP headers of the segment are quoted.
 * The MTU is that of ICMP_FRAG_NEEDED. Returns the frame's length, or 0 when
 * it does not fit in cap or the family has no such error.
 */
size_t icmp_build_error(enum icmp_error error, uint16_t mtu,
			const struct seg *quoted,
			const uint8_t src_mac[SEG_MAC_LEN],
			const uint8_t dst_mac[SEG_MAC_LEN], void *buf,
			size_t cap);

/*
 * Writes an ICMP or ICMPv6 echo request as an Ethernet frame. Returns its
 * length, or 0. src->port is the identifier, seq the sequence number.
 */
size_t icmp_build_echo(int family, const struct seg_end *src,
		       const struct seg_end *dst, uint16_t seq,
		       const uint8_t src_mac[SEG_MAC_LEN],
		       const uint8_t dst_mac[SEG_MAC_LEN], void *buf,
		       size_t cap);

/*
 * True when the frame is an ICMP or ICMPv6 echo reply with that identifier
 * and sequence number.
 */
bool icmp_is_echo_reply(const void *frame, size_t len, uint16_t id,
			uint16_t seq);

#endif
