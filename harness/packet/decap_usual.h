/*
 * A frame as nearly all are: TCP in IPv4 without options, or right behind IPv6's
 * header, on Ethernet, the headers whole. It is taken apart in line, as there
 * are many of them.
 */
#ifndef PACKET_DECAP_USUAL_H
#define PACKET_DECAP_USUAL_H

#include <string.h>
#include <sys/socket.h>

#include "packet/decap.h"
#include "packet/seg_ip.h"

/* NOP, NOP, timestamps: the options nearly every segment has. */
#define DECAP_USUAL_LEN	   12
#define DECAP_USUAL_HEAD   UINT32_C(0x0101080a)
#define DECAP_USUAL_STAMPS 2

/* decap.c: what options there are, all of which were captured. */
void decap_options(struct seg *seg, const uint8_t *opts, size_t len);

static __always_inline void decap_addr(struct seg_end *end, const uint8_t *addr,
				       size_t len)
{
	memcpy(end->addr, addr, len);
	memset(end->addr + len, 0, sizeof(end->addr) - len);
}

static __always_inline void decap_ports(struct seg *seg, const uint8_t *tcp)
{
	seg->src.port = get16(tcp);
	seg->dst.port = get16(tcp + 2);
}

/* Fills in all but the family and the ends; of the options, that none is. */
static __always_inline void decap_head(struct seg *seg, const uint8_t *tcp,
				       size_t len)
{
	seg->seq = get32(tcp + 4);
	seg->ack = get32(tcp + 8);
	seg->win = get16(tcp + 14);
	seg->urg = get16(tcp + 18);
	seg->flags = tcp[13];
	seg->csum_ok = true;
	seg->has_ts = false;
	seg->has_scale = false;
	seg->scale = 0;
	seg->opts_cut = false;
	seg->tsval = 0;
	seg->tsecr = 0;
	seg->opts = NULL;
	seg->data = NULL;
	seg->opts_len = 0;
	seg->len = len;
}

/* Octets as they lie there, to be compared with others. */
static __always_inline uint64_t decap_lie(const uint8_t *at)
{
	uint64_t n;

	memcpy(&n, at, sizeof(n));
	return n;
}

static __always_inline bool
decap_is_alike(const uint8_t *at, const uint8_t what[8], const uint8_t mask[8])
{
	return !((decap_lie(at) ^ decap_lie(what)) & decap_lie(mask));
}

/* EtherType, version and header length; fragment and protocol. */
static __always_inline bool decap_is_usual4(const uint8_t *bytes, uint32_t len)
{
	static const uint8_t type[8] = { ETH_TYPE_IP4 >> 8, 0, 0x45 };
	static const uint8_t type_mask[8] = { 0xff, 0xff, 0xff };
	static const uint8_t proto[8] = { 0, 0, 0, PROTO_TCP };
	static const uint8_t proto_mask[8] = { (IP4_MORE | IP4_OFFSET) >> 8,
					       IP4_OFFSET & 0xff, 0, 0xff };
	const uint8_t *ip = bytes + SEG_ETH_LEN;

	return len >= SEG_ETH_LEN + IP4_LEN + TCP_LEN &&
	       decap_is_alike(ip - 2, type, type_mask) &&
	       decap_is_alike(ip + 6, proto, proto_mask);
}

/* EtherType and version; and no other header before TCP's. */
static __always_inline bool decap_is_usual6(const uint8_t *bytes, uint32_t len)
{
	static const uint8_t type[8] = { ETH_TYPE_IP6 >> 8, ETH_TYPE_IP6 & 0xff,
					 0x60 };
	static const uint8_t type_mask[8] = { 0xff, 0xff, 0xf0 };
	const uint8_t *ip = bytes + SEG_ETH_LEN;

	return len >= SEG_ETH_LEN + IP6_LEN + TCP_LEN &&
	       decap_is_alike(ip - 2, type, type_mask) && ip[6] == PROTO_TCP;
}

/*
 * Of such a frame what both directions of its connection have in common: the
 * exclusive or of all words of four octets of both addresses, as they lie
 * there, and of both ports. False: it is another frame.
 */
static inline bool decap_usual_ends(int link, const uint8_t *bytes,
				    uint32_t len, uint32_t *addresses,
				    uint32_t *ports)
{
	const uint8_t *ip = bytes + SEG_ETH_LEN, *tcp;
	uint64_t all;

	if (link != DECAP_ETHERNET)
		return false;
	if (decap_is_usual4(bytes, len)) {
		all = decap_lie(ip + 12);
		tcp = ip + IP4_LEN;
	} else if (decap_is_usual6(bytes, len)) {
		all = decap_lie(ip + 8) ^ decap_lie(ip + 16) ^
		      decap_lie(ip + 24) ^ decap_lie(ip + 32);
		tcp = ip + IP6_LEN;
	} else {
		return false;
	}
	*addresses = (uint32_t)(all ^ all >> 32);
	*ports = (uint32_t)(get16(tcp) ^ get16(tcp + 2));
	return true;
}

static __always_inline void decap_usual_seg_ends(const uint8_t *ip, bool six,
						 struct seg *seg)
{
	size_t len = six ? 16 : 4;

	decap_addr(&seg->src, ip + (six ? 8 : 12), len);
	decap_addr(&seg->dst, ip + (six ? 24 : 16), len);
	decap_ports(seg, ip + (six ? IP6_LEN : IP4_LEN));
}

/* Of the IP packet, the length of which is total: all but the ends. */
static __always_inline bool decap_usual_ip(const uint8_t *ip, uint32_t len,
					   int family, size_t total,
					   struct seg *seg)
{
	bool six = family == AF_INET6;
	size_t ip_len = six ? IP6_LEN : IP4_LEN, head_len;
	const uint8_t *tcp = ip + ip_len;

	head_len = tcp[12] >> 2 & 0x3c;
	if (head_len < TCP_LEN || ip_len + head_len > total ||
	    ip_len + head_len > len)
		return false;
	seg->family = family;
	seg->ttl = six ? ip[7] : ip[8];
	decap_head(seg, tcp, total - ip_len - head_len);
	if (head_len == TCP_LEN + DECAP_USUAL_LEN &&
	    get32(tcp + TCP_LEN) == DECAP_USUAL_HEAD)
		seg_take_stamps(seg, tcp + TCP_LEN + DECAP_USUAL_STAMPS);
	else
		decap_options(seg, tcp + TCP_LEN, head_len - TCP_LEN);
	return true;
}

/*
 * What decap_segment does, for such a frame of Ethernet, when it is IPv4; but
 * the ends are left to the caller, who may want them otherwise. False: it is
 * another, and *seg is anything.
 */
static __always_inline bool decap_usual4(const uint8_t *bytes, uint32_t len,
					 struct seg *seg)
{
	const uint8_t *ip = bytes + SEG_ETH_LEN;

	return decap_is_usual4(bytes, len) &&
	       decap_usual_ip(ip, len - SEG_ETH_LEN, AF_INET, get16(ip + 2),
			      seg);
}

static __always_inline bool decap_usual6(const uint8_t *bytes, uint32_t len,
					 struct seg *seg)
{
	const uint8_t *ip = bytes + SEG_ETH_LEN;

	return decap_is_usual6(bytes, len) &&
	       decap_usual_ip(ip, len - SEG_ETH_LEN, AF_INET6,
			      IP6_LEN + (size_t)get16(ip + 4), seg);
}

/* What decap_segment does, for such a frame; or false, as above. */
static inline bool decap_usual(int link, const uint8_t *bytes, uint32_t len,
			       struct seg *seg)
{
	bool four = link == DECAP_ETHERNET && decap_usual4(bytes, len, seg);

	if (!four && (link != DECAP_ETHERNET || !decap_usual6(bytes, len, seg)))
		return false;
	decap_usual_seg_ends(bytes + SEG_ETH_LEN, !four, seg);
	return true;
}

#endif
