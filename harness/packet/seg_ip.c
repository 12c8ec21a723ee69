/*
 * Ethernet and IP headers, read, and the Internet checksum (RFC 1071). Knows
 * nothing of TCP.
 */
#include "packet/seg_ip.h"

#include <string.h>
#include <sys/socket.h>

#include "packet/seg.h"

#define VLAN_LEN 4

#define EXT_HOP	    0
#define EXT_ROUTING 43
#define EXT_DEST    60

uint32_t sum_add(uint32_t sum, const void *p, size_t len)
{
	const uint8_t *at = p;

	for (; len >= 2; at += 2, len -= 2)
		sum += get16(at);
	return len ? sum + (uint32_t)(*at << 8) : sum;
}

uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint32_t sum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_len,
		    uint8_t proto, size_t len)
{
	uint32_t sum = proto + (uint32_t)(len >> 16) + (len & 0xffff);

	return sum_add(sum_add(sum, src, addr_len), dst, addr_len);
}

static bool find_ip4(const uint8_t *frame, size_t at, size_t len,
		     struct seg_ip *ip)
{
	const uint8_t *head = frame + at;
	size_t room = len - at, head_len, total;

	if (room < IP4_LEN || get16(head + 6) & (IP4_MORE | IP4_OFFSET))
		return false;
	head_len = (size_t)(head[0] & 0xf) * 4;
	total = get16(head + 2);
	ip->family = AF_INET;
	ip->src = head + 12;
	ip->dst = head + 16;
	ip->addr_len = 4;
	ip->proto = head[9];
	ip->whole = head_len >= IP4_LEN && total >= head_len && total <= room;
	if (ip->whole) {
		ip->at = at + head_len;
		ip->len = total - head_len;
		ip->head_ok = sum_fold(sum_add(0, head, head_len)) == 0xffff;
	}
	return true;
}

static bool is_extension(uint8_t next)
{
	return next == EXT_HOP || next == EXT_ROUTING || next == EXT_DEST;
}

/* The length of the extension header at head, or 0 when it is cut off. */
static size_t extension_len(const uint8_t *head, size_t room)
{
	size_t len = room < 8 ? 0 : head[1] * 8u + 8;

	return len <= room ? len : 0;
}

static bool find_ip6(const uint8_t *frame, size_t at, size_t len,
		     struct seg_ip *ip)
{
	const uint8_t *head = frame + at;
	size_t end;

	if (len - at < IP6_LEN)
		return false;
	end = at + IP6_LEN + get16(head + 4);
	ip->family = AF_INET6;
	ip->src = head + 8;
	ip->dst = head + 24;
	ip->addr_len = 16;
	ip->proto = head[6];
	ip->head_ok = true;
	ip->at = at + IP6_LEN;
	while (is_extension(ip->proto)) {
		size_t ext = extension_len(frame + ip->at, len - ip->at);

		if (!ext)
			return false;
		ip->proto = frame[ip->at];
		ip->at += ext;
	}
	ip->whole = end >= ip->at && end <= len;
	ip->len = ip->whole ? end - ip->at : 0;
	return true;
}

bool seg_ip_find(const uint8_t *frame, size_t len, struct seg_ip *ip)
{
	size_t at = SEG_ETH_LEN;
	uint16_t type;

	memset(ip, 0, sizeof(*ip));
	if (len < at)
		return false;
	type = get16(frame + at - 2);
	if (type == ETH_TYPE_VLAN) {
		at += VLAN_LEN;
		if (len < at)
			return false;
		type = get16(frame + at - 2);
	}
	if (type == ETH_TYPE_IP4)
		return find_ip4(frame, at, len, ip);
	if (type == ETH_TYPE_IP6)
		return find_ip6(frame, at, len, ip);
	return false;
}
