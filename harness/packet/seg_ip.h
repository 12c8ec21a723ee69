/*
 * What lies under a segment: Ethernet, IP, the Internet checksum, and the
 * octets themselves. Private to packet/, but for the numbers of options and
 * what packet/decap_usual.h has in line.
 */
#ifndef PACKET_SEG_IP_H
#define PACKET_SEG_IP_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "packet/seg.h"

#define ETH_TYPE_IP4  0x0800
#define ETH_TYPE_IP6  0x86dd
#define ETH_TYPE_VLAN 0x8100

/* Of the field with both: more fragments follow; where this one begins. */
#define IP4_MORE   0x2000
#define IP4_OFFSET 0x1fff

#define IP4_LEN 20
#define IP6_LEN 40
#define TCP_LEN 20

#define PROTO_ICMP  1
#define PROTO_TCP   6
#define PROTO_ICMP6 58

/* TCP options */
#define OPT_END		  0
#define OPT_NOP		  1
#define OPT_MSS		  2
#define OPT_SCALE	  3
#define OPT_SCALE_LEN	  3
#define OPT_SACKOK	  4
#define OPT_SACK	  5
#define OPT_TIMESTAMP	  8
#define OPT_TIMESTAMP_LEN 10

#define SCALE_MAX 14

/* Offset of the checksum field in a TCP header. */
#define TCP_SUM_AT 16

/* An IP packet found in a frame. */
struct seg_ip {
	int family;
	const uint8_t *src; /* addresses, addr_len octets each */
	const uint8_t *dst;
	size_t addr_len;
	uint8_t proto; /* of what it carries */
	size_t at;     /* where that begins in the frame */
	size_t len;    /* and how long it is; only when whole */
	bool whole;    /* the lengths agree with each other and the frame */
	bool head_ok;  /* the IPv4 header's checksum; true for IPv6 */
};

/* False for anything but IP, for fragments, and where proto is cut off. */
bool seg_ip_find(const uint8_t *frame, size_t len, struct seg_ip *ip);

/* The sum so far, plus len octets at p; only the last piece may be odd. */
uint32_t sum_add(uint32_t sum, const void *p, size_t len);

/* The sum folded to 16 bits, not complemented. */
uint16_t sum_fold(uint32_t sum);

/* Of the pseudo-header of len octets of proto. */
uint32_t sum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_len,
		    uint8_t proto, size_t len);

/* Octets of an IP header of ours. */
size_t seg_ip_len(int family);

/* Whether len octets behind the headers fit in a packet, and a frame of cap. */
bool seg_fits(int family, size_t len, size_t cap);

/*
 * Writes the Ethernet and IP headers in front of len octets of proto. Returns
 * where those begin.
 */
uint8_t *seg_put_heads(uint8_t *buf, int family, const struct seg_end *src,
		       const struct seg_end *dst, const uint8_t *src_mac,
		       const uint8_t *dst_mac, uint8_t proto, size_t len);

static inline uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t get64(const uint8_t *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return be64toh(n);
}

/* opt is a whole timestamps option. */
static inline void seg_take_stamps(struct seg *seg, const uint8_t *opt)
{
	seg->has_ts = true;
	seg->tsval = get32(opt + 2);
	seg->tsecr = get32(opt + 6);
}

/*
 * Fills has_ts, tsval, tsecr, has_scale and scale from opts. Options behind a
 * malformed one are not looked at.
 */
void seg_read_options(struct seg *seg);

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

#endif
