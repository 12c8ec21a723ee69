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

/* Both headers of such a segment of IPv4. */
#define DECAP_STAMPED_LEN (IP4_LEN + TCP_LEN + DECAP_USUAL_LEN)

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

/* What decap_segment does, for such a frame. False: it is another. */
static inline bool decap_usual(int link, const uint8_t *bytes, uint32_t len,
			       struct seg *seg)
{
	bool four = link == DECAP_ETHERNET && decap_usual4(bytes, len, seg);

	if (!four && (link != DECAP_ETHERNET || !decap_usual6(bytes, len, seg)))
		return false;
	decap_usual_seg_ends(bytes + SEG_ETH_LEN, !four, seg);
	return true;
}

/*
 * What segments of IPv4 say that counts: all but urg, the family and the ends.
 * kind says which options there are, of those that are used here.
 */
#define DECAP_HAS_TS	0x01u
#define DECAP_HAS_SCALE 0x02u
#define DECAP_BRIEFS	0x04u /* so many kinds there are */

struct decap_brief {
	uint8_t kind;
	uint8_t flags;
	uint8_t ttl;
	uint8_t scale;
	uint16_t len; /* octets of payload */
	uint16_t win;
	/* In this order they are read and written two at a time. */
	uint32_t ack;
	uint32_t seq;
	uint32_t tsecr; /* 0 without timestamps, as tsval */
	uint32_t tsval;
};

/* decap.c: what options say, all of which were captured. */
void decap_brief_options(struct decap_brief *brief, const uint8_t *opts,
			 size_t len);

/* As they lie in the packet. */
struct decap_ends {
	uint32_t src, dst;
	uint16_t src_port, dst_port;
};

/* Whether the packet has such options, and all of them were captured. */
static __always_inline bool decap_has_stamps4(const uint8_t *ip, uint32_t len)
{
	const uint8_t *tcp = ip + IP4_LEN;

	return len >= DECAP_STAMPED_LEN &&
	       tcp[12] >> 4 == (TCP_LEN + DECAP_USUAL_LEN) / 4 &&
	       get32(tcp + TCP_LEN) == DECAP_USUAL_HEAD &&
	       get16(ip + 2) >= DECAP_STAMPED_LEN;
}

/* Whether it is such a frame of Ethernet with timestamps, as most are. */
static __always_inline bool decap_is_stamped4(const uint8_t *bytes,
					      uint32_t len)
{
	return len >= SEG_ETH_LEN + DECAP_STAMPED_LEN &&
	       decap_is_usual4(bytes, len) &&
	       decap_has_stamps4(bytes + SEG_ETH_LEN, len - SEG_ETH_LEN);
}

/* Other frames that are as simple: where the EtherType is, and what it is of. */
struct decap_front {
	uint32_t ip;   /* UINT32_MAX: the frame is none of these */
	uint32_t type; /* DECAP_NO_TYPE: the link has IP only */
};

#define DECAP_NO_TYPE UINT32_MAX

static inline struct decap_front decap_front_of(int link, const uint8_t *bytes,
						uint32_t len)
{
	switch (link) {
	case DECAP_ETHERNET:
		if (len < SEG_ETH_LEN || get16(bytes + 12) != ETH_TYPE_VLAN)
			break;
		return (struct decap_front){ SEG_ETH_LEN + 4, SEG_ETH_LEN + 2 };
	case DECAP_SLL:
		return (struct decap_front){ 16, 14 };
	case DECAP_SLL2:
		return (struct decap_front){ 20, 0 };
	case DECAP_RAW:
	case DECAP_IPV4:
		return (struct decap_front){ 0, DECAP_NO_TYPE };
	}
	return (struct decap_front){ UINT32_MAX, DECAP_NO_TYPE };
}

/*
 * The IPv4 packet of a frame of Ethernet, with a tag or without, of Linux's
 * "any" device, or of a link that has IP only, when it is as above: and how much
 * of it was captured; or NULL.
 */
static inline const uint8_t *decap_usual_ip4(int link, const uint8_t *bytes,
					     uint32_t len, uint32_t *left)
{
	struct decap_front front;
	const uint8_t *ip;

	if (link == DECAP_ETHERNET && decap_is_usual4(bytes, len)) {
		*left = len - SEG_ETH_LEN;
		return bytes + SEG_ETH_LEN;
	}
	front = decap_front_of(link, bytes, len);
	if (len < front.ip || len - front.ip < IP4_LEN + TCP_LEN ||
	    (front.type != DECAP_NO_TYPE &&
	     get16(bytes + front.type) != ETH_TYPE_IP4))
		return NULL;
	ip = bytes + front.ip;
	*left = len - front.ip;
	return ip[0] == 0x45 && ip[9] == PROTO_TCP &&
			       !(get16(ip + 6) & (IP4_MORE | IP4_OFFSET))
		       ? ip
		       : NULL;
}

/* Octets of both headers, when they are whole and captured; or 0. */
static __always_inline uint32_t decap_heads4(const uint8_t *ip, uint32_t len)
{
	uint32_t heads = IP4_LEN + (ip[IP4_LEN + 12] >> 4) * 4u;

	return heads < IP4_LEN + TCP_LEN || heads > get16(ip + 2) || heads > len
		       ? 0
		       : heads;
}

static __always_inline struct decap_ends decap_ends4(const uint8_t *ip)
{
	const uint8_t *at = ip + 12;
	struct decap_ends ends;

	memcpy(&ends.src, at, sizeof(ends.src));
	memcpy(&ends.dst, at + 4, sizeof(ends.dst));
	memcpy(&ends.src_port, at + 8, sizeof(ends.src_port));
	memcpy(&ends.dst_port, at + 10, sizeof(ends.dst_port));
	return ends;
}

static __always_inline const uint8_t *decap_opts4(const uint8_t *ip)
{
	return ip + IP4_LEN + TCP_LEN;
}

/* All but what options say. heads: what decap_heads4 says. */
static __always_inline void decap_brief4(const uint8_t *ip, uint32_t heads,
					 struct decap_brief *brief)
{
	const uint8_t *tcp = ip + IP4_LEN;
	uint64_t numbers = get64(tcp + 4);

	brief->flags = tcp[13];
	brief->ttl = ip[8];
	brief->len = (uint16_t)(get16(ip + 2) - heads);
	brief->win = get16(tcp + 14);
	brief->ack = (uint32_t)numbers;
	brief->seq = (uint32_t)(numbers >> 32);
}

/* Of one that decap_has_stamps4. */
static __always_inline void decap_brief_stamped4(const uint8_t *ip,
						 struct decap_brief *brief)
{
	uint64_t stamps = get64(decap_opts4(ip) + DECAP_USUAL_STAMPS + 2);

	decap_brief4(ip, DECAP_STAMPED_LEN, brief);
	brief->kind = DECAP_HAS_TS;
	brief->scale = 0;
	brief->tsecr = (uint32_t)stamps;
	brief->tsval = (uint32_t)(stamps >> 32);
}

/* Of a segment only what a brief has: all that a judge asks for. */
static __always_inline void decap_unfold(const struct decap_brief *brief,
					 struct seg *seg)
{
	seg->ack = brief->ack;
	seg->seq = brief->seq;
	seg->tsecr = brief->tsecr;
	seg->tsval = brief->tsval;
	seg->win = brief->win;
	seg->flags = brief->flags;
	seg->has_ts = brief->kind & DECAP_HAS_TS;
	seg->has_scale = brief->kind & DECAP_HAS_SCALE;
	seg->scale = brief->scale;
	seg->opts_cut = false;
	seg->ttl = brief->ttl;
	seg->len = brief->len;
}

#endif
