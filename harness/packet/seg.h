/*
 * The segment codec: Ethernet frames in, TCP segments out, and back. Pure.
 * All numbers are in host byte order.
 */
#ifndef PACKET_SEG_H
#define PACKET_SEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEG_FRAME_MAX 65536
#define SEG_MAC_LEN   6
#define SEG_ETH_LEN   14

/* One end of a segment. An IPv4 address uses the first four octets. */
struct seg_end {
	uint8_t addr[16];
	uint16_t port;
};

struct seg {
	int family; /* AF_INET or AF_INET6 */
	struct seg_end src;
	struct seg_end dst;
	uint32_t seq;
	uint32_t ack;
	uint32_t tsval;
	uint32_t tsecr;
	uint16_t win;
	uint16_t urg;
	uint8_t flags;	     /* FLAG_* of base/name.h */
	bool csum_ok;	     /* TCP checksum (and IPv4 header's) verified */
	bool has_ts;	     /* RFC 7323 timestamps option present */
	bool has_scale;	     /* window scale option present */
	uint8_t scale;	     /* at most 14 (RFC 7323 section 2.3), or 0 */
	bool opts_cut;	     /* not all of the options were captured */
	uint8_t ttl;	     /* or IPv6's hop limit; of captured frames only */
	const uint8_t *opts; /* raw TCP options, into the frame */
	const uint8_t *data; /* payload, into the frame */
	size_t opts_len;
	size_t len; /* octets of payload */
};

enum seg_kind {
	SEG_OTHER, /* not TCP: ARP, ND, ICMP, a fragment ... */
	SEG_TCP,
	SEG_BAD, /* says TCP, but is cut short or its lengths disagree */
};

/*
 * Reads an Ethernet frame (one VLAN tag allowed; IPv6 extension headers
 * hop-by-hop, routing, destination options skipped). Fills *seg only for
 * SEG_TCP; its pointers are into frame. Ethernet padding is not payload.
 */
enum seg_kind seg_parse(const void *frame, size_t len, struct seg *seg);

/*
 * What the first option of that kind carries, *len octets, into the frame; or
 * NULL.
 */
const uint8_t *seg_option(const struct seg *seg, uint8_t kind, size_t *len);

/* Octets of sequence space: payload, SYN and FIN (RFC 9293 SEG.LEN). */
uint32_t seg_span(const struct seg *seg);

/*
 * Writes seg as an Ethernet frame with correct checksums, ttl/hop limit 64.
 * seg->opts is written as it is and padded with end-of-list octets to a
 * multiple of four; has_ts is not consulted. seg->data may be NULL: len
 * octets of a stream (base/stream.h) from offset 0 on are sent then.
 * Returns the frame's length, or 0 when it does not fit in cap or 40 octets
 * of options.
 */
size_t seg_build(const struct seg *seg, const uint8_t src_mac[SEG_MAC_LEN],
		 const uint8_t dst_mac[SEG_MAC_LEN], void *buf, size_t cap);

/*
 * Puts an IP packet (IPv4 or IPv6, told by its version) behind an Ethernet
 * header. Returns the frame's length, or 0.
 */
size_t seg_wrap_ip(const void *ip, size_t len,
		   const uint8_t src_mac[SEG_MAC_LEN],
		   const uint8_t dst_mac[SEG_MAC_LEN], void *buf, size_t cap);

/*
 * A frame caught before checksum offload carries only the pseudo-header sum
 * in the checksum field. If (and only if) that is what it carries, completes
 * the TCP checksum in place and returns true.
 */
bool seg_complete_checksum(void *frame, size_t len);

#endif
