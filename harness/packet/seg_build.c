/* Segments into frames, and the headers of whatever goes in one. */
#include <string.h>
#include <sys/socket.h>

#include "base/stream.h"
#include "packet/seg.h"
#include "packet/seg_ip.h"

#define HOP_LIMIT	  64
#define IP4_DONT_FRAGMENT 0x4000
#define IP_MAX		  65535
#define OPTS_MAX	  40

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

size_t seg_ip_len(int family)
{
	return family == AF_INET ? IP4_LEN : IP6_LEN;
}

static void put_ip4(uint8_t *ip, const struct seg_end *src,
		    const struct seg_end *dst, uint8_t proto, size_t len)
{
	memset(ip, 0, IP4_LEN);
	ip[0] = 0x45;
	put16(ip + 2, (uint16_t)(IP4_LEN + len));
	put16(ip + 6, IP4_DONT_FRAGMENT);
	ip[8] = HOP_LIMIT;
	ip[9] = proto;
	memcpy(ip + 12, src->addr, 4);
	memcpy(ip + 16, dst->addr, 4);
	put16(ip + 10, (uint16_t)~sum_fold(sum_add(0, ip, IP4_LEN)));
}

static void put_ip6(uint8_t *ip, const struct seg_end *src,
		    const struct seg_end *dst, uint8_t proto, size_t len)
{
	memset(ip, 0, IP6_LEN);
	ip[0] = 0x60;
	put16(ip + 4, (uint16_t)len);
	ip[6] = proto;
	ip[7] = HOP_LIMIT;
	memcpy(ip + 8, src->addr, 16);
	memcpy(ip + 24, dst->addr, 16);
}

static void put_eth(uint8_t *eth, const uint8_t *src_mac,
		    const uint8_t *dst_mac, int family)
{
	memcpy(eth, dst_mac, SEG_MAC_LEN);
	memcpy(eth + SEG_MAC_LEN, src_mac, SEG_MAC_LEN);
	put16(eth + 12, family == AF_INET ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
}

bool seg_fits(int family, size_t len, size_t cap)
{
	return len <= IP_MAX - IP6_LEN &&
	       SEG_ETH_LEN + seg_ip_len(family) + len <= cap;
}

uint8_t *seg_put_heads(uint8_t *buf, int family, const struct seg_end *src,
		       const struct seg_end *dst, const uint8_t *src_mac,
		       const uint8_t *dst_mac, uint8_t proto, size_t len)
{
	put_eth(buf, src_mac, dst_mac, family);
	if (family == AF_INET)
		put_ip4(buf + SEG_ETH_LEN, src, dst, proto, len);
	else
		put_ip6(buf + SEG_ETH_LEN, src, dst, proto, len);
	return buf + SEG_ETH_LEN + seg_ip_len(family);
}

static void put_tcp(uint8_t *tcp, const struct seg *seg, size_t head_len)
{
	memset(tcp, 0, head_len);
	put16(tcp, seg->src.port);
	put16(tcp + 2, seg->dst.port);
	put32(tcp + 4, seg->seq);
	put32(tcp + 8, seg->ack);
	tcp[12] = (uint8_t)(head_len / 4 << 4);
	tcp[13] = seg->flags;
	put16(tcp + 14, seg->win);
	put16(tcp + 18, seg->urg);
	if (seg->opts_len)
		memcpy(tcp + TCP_LEN, seg->opts, seg->opts_len);
}

static void put_data(uint8_t *at, const struct seg *seg)
{
	if (seg->data && seg->len)
		memcpy(at, seg->data, seg->len);
	for (size_t i = 0; !seg->data && i < seg->len; i++)
		at[i] = stream_octet(i);
}

size_t seg_build(const struct seg *seg, const uint8_t src_mac[SEG_MAC_LEN],
		 const uint8_t dst_mac[SEG_MAC_LEN], void *buf, size_t cap)
{
	size_t head_len = TCP_LEN + (seg->opts_len + 3) / 4 * 4;
	size_t len = head_len + seg->len;
	uint32_t sum;
	uint8_t *tcp;

	if (seg->opts_len > OPTS_MAX || seg->len > IP_MAX ||
	    !seg_fits(seg->family, len, cap))
		return 0;
	tcp = seg_put_heads(buf, seg->family, &seg->src, &seg->dst, src_mac,
			    dst_mac, PROTO_TCP, len);
	put_tcp(tcp, seg, head_len);
	put_data(tcp + head_len, seg);
	sum = sum_pseudo(seg->src.addr, seg->dst.addr, addr_len(seg->family),
			 PROTO_TCP, len);
	put16(tcp + TCP_SUM_AT, (uint16_t)~sum_fold(sum_add(sum, tcp, len)));
	return SEG_ETH_LEN + seg_ip_len(seg->family) + len;
}

size_t seg_wrap_ip(const void *ip, size_t len,
		   const uint8_t src_mac[SEG_MAC_LEN],
		   const uint8_t dst_mac[SEG_MAC_LEN], void *buf, size_t cap)
{
	int version = len ? *(const uint8_t *)ip >> 4 : 0;

	if ((version != 4 && version != 6) || len > IP_MAX ||
	    SEG_ETH_LEN + len > cap)
		return 0;
	put_eth(buf, src_mac, dst_mac, version == 4 ? AF_INET : AF_INET6);
	memcpy((uint8_t *)buf + SEG_ETH_LEN, ip, len);
	return SEG_ETH_LEN + len;
}
