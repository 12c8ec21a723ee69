/* ICMP messages into frames, and out of them. Knows nothing of connections. */
#include "packet/icmp.h"

#include <string.h>
#include <sys/socket.h>

#include "packet/seg_ip.h"

#define ICMP_LEN	 8
#define ICMP_SUM_AT	 2
#define ICMP_ECHO_REPLY	 0
#define ICMP_ECHO	 8
#define ICMP6_ECHO	 128
#define ICMP6_ECHO_REPLY 129

/* Type and code, and what is in the second word but for an MTU. */
struct icmp_head {
	bool has;
	uint8_t type;
	uint8_t code;
	uint32_t word;
};

/* Where an IPv6 header says what comes next (RFC 4443 section 3.4). */
#define IP6_NEXT_AT 6

static const struct icmp_row {
	const char *name;
	struct icmp_head v4;
	struct icmp_head v6;
} errors[] = {
	[ICMP_NET_UNREACHABLE] = { "net-unreachable",
				   { true, 3, 0, 0 },
				   { true, 1, 0, 0 } },
	[ICMP_HOST_UNREACHABLE] = { "host-unreachable",
				    { true, 3, 1, 0 },
				    { true, 1, 3, 0 } },
	[ICMP_PROTO_UNREACHABLE] = { "proto-unreachable",
				     { true, 3, 2, 0 },
				     { true, 4, 1, IP6_NEXT_AT } },
	[ICMP_PORT_UNREACHABLE] = { "port-unreachable",
				    { true, 3, 3, 0 },
				    { true, 1, 4, 0 } },
	[ICMP_FRAG_NEEDED] = { "frag-needed",
			       { true, 3, 4, 0 },
			       { true, 2, 0, 0 } },
	[ICMP_ADMIN_PROHIBITED] = { "admin-prohibited",
				    { true, 3, 13, 0 },
				    { true, 1, 1, 0 } },
	[ICMP_SOURCE_QUENCH] = { "source-quench",
				 { true, 4, 0, 0 },
				 { .has = false } },
	[ICMP_TTL_EXCEEDED] = { "ttl-exceeded",
				{ true, 11, 0, 0 },
				{ true, 3, 0, 0 } },
	[ICMP_PARAMETER_PROBLEM] = { "parameter-problem",
				     { true, 12, 0, 0 },
				     { true, 4, 0, 0 } },
};

static const struct icmp_head *head_of(enum icmp_error error, int family)
{
	return family == AF_INET ? &errors[error].v4 : &errors[error].v6;
}

const char *icmp_name(enum icmp_error error)
{
	return errors[error].name;
}

enum icmp_error icmp_parse(const char *name, size_t len)
{
	int i = 0;

	while (i < ICMP_ERROR_COUNT && (strlen(errors[i].name) != len ||
					memcmp(errors[i].name, name, len) != 0))
		i++;
	return (enum icmp_error)i;
}

enum icmp_error icmp_of(int family, uint8_t type, uint8_t code)
{
	int i = 0;

	for (; i < ICMP_ERROR_COUNT; i++) {
		const struct icmp_head *head =
			head_of((enum icmp_error)i, family);

		if (head->has && head->type == type && head->code == code)
			break;
	}
	return (enum icmp_error)i;
}

bool icmp_has(enum icmp_error error, int family)
{
	return head_of(error, family)->has;
}

static uint8_t proto_of(int family)
{
	return family == AF_INET ? PROTO_ICMP : PROTO_ICMP6;
}

/* ICMPv6 sums the pseudo-header too (RFC 4443 section 2.3). */
static void put_sum(uint8_t *icmp, size_t len, int family,
		    const struct seg_end *src, const struct seg_end *dst)
{
	uint32_t sum = 0;

	if (family != AF_INET)
		sum = sum_pseudo(src->addr, dst->addr, 16, PROTO_ICMP6, len);
	put16(icmp + ICMP_SUM_AT, (uint16_t)~sum_fold(sum_add(sum, icmp, len)));
}

size_t icmp_build_error(enum icmp_error error, uint16_t mtu,
			const struct seg *quoted,
			const uint8_t src_mac[SEG_MAC_LEN],
			const uint8_t dst_mac[SEG_MAC_LEN], void *buf,
			size_t cap)
{
	int family = quoted->family;
	const struct icmp_head *head = head_of(error, family);
	size_t quote_len = seg_ip_len(family) + TCP_LEN;
	size_t len = ICMP_LEN + quote_len;
	uint8_t frame[SEG_ETH_LEN + IP6_LEN + TCP_LEN], *icmp;

	if (!head->has || !seg_fits(family, len, cap) ||
	    !seg_build(quoted, dst_mac, src_mac, frame, sizeof(frame)))
		return 0;
	icmp = seg_put_heads(buf, family, &quoted->dst, &quoted->src, src_mac,
			     dst_mac, proto_of(family), len);
	memset(icmp, 0, ICMP_LEN);
	icmp[0] = head->type;
	icmp[1] = head->code;
	put32(icmp + 4, error == ICMP_FRAG_NEEDED ? mtu : head->word);
	memcpy(icmp + ICMP_LEN, frame + SEG_ETH_LEN, quote_len);
	put_sum(icmp, len, family, &quoted->dst, &quoted->src);
	return SEG_ETH_LEN + seg_ip_len(family) + len;
}

size_t icmp_build_echo(int family, const struct seg_end *src,
		       const struct seg_end *dst, uint16_t seq,
		       const uint8_t src_mac[SEG_MAC_LEN],
		       const uint8_t dst_mac[SEG_MAC_LEN], void *buf,
		       size_t cap)
{
	uint8_t *icmp;

	if (!seg_fits(family, ICMP_LEN, cap))
		return 0;
	icmp = seg_put_heads(buf, family, src, dst, src_mac, dst_mac,
			     proto_of(family), ICMP_LEN);
	memset(icmp, 0, ICMP_LEN);
	icmp[0] = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO;
	put16(icmp + 4, src->port);
	put16(icmp + 6, seq);
	put_sum(icmp, ICMP_LEN, family, src, dst);
	return SEG_ETH_LEN + seg_ip_len(family) + ICMP_LEN;
}

bool icmp_is_echo_reply(const void *frame, size_t len, uint16_t id,
			uint16_t seq)
{
	const uint8_t *icmp;
	struct seg_ip ip;

	if (!seg_ip_find(frame, len, &ip) || !ip.whole || ip.len < ICMP_LEN)
		return false;
	icmp = (const uint8_t *)frame + ip.at;
	if (ip.family == AF_INET
		    ? ip.proto != PROTO_ICMP || icmp[0] != ICMP_ECHO_REPLY
		    : ip.proto != PROTO_ICMP6 || icmp[0] != ICMP6_ECHO_REPLY)
		return false;
	return get16(icmp + 4) == id && get16(icmp + 6) == seq;
}
