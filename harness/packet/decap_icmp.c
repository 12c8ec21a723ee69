/*
 * The segment that an ICMP error quotes, wherever in a frame it is (RFC 792,
 * RFC 4443 section 3): the addresses, ports and sequence number at least.
 */
#include "packet/decap.h"

#include <string.h>
#include <sys/socket.h>

#include "packet/decap_own.h"

#define ICMP_LEN 8

/* Of the TCP header an error has at least its first eight octets. */
#define QUOTED_LEAST 8

/* The quoted packet's TCP header, in what is left of the frame; or NULL. */
static const uint8_t *quoted_ip4(const struct rest *r, struct seg *seg)
{
	size_t head_len = (size_t)(r->at[0] & 0xf) * 4;

	if (head_len < IP4_LEN || r->len < head_len + QUOTED_LEAST ||
	    r->at[9] != PROTO_TCP || get16(r->at + 6) & IP4_OFFSET)
		return NULL;
	memcpy(seg->src.addr, r->at + 12, 4);
	memcpy(seg->dst.addr, r->at + 16, 4);
	return r->at + head_len;
}

static const uint8_t *quoted_ip6(const struct rest *r, struct seg *seg)
{
	if (r->len < IP6_LEN + QUOTED_LEAST || r->at[6] != PROTO_TCP)
		return NULL;
	memcpy(seg->src.addr, r->at + 8, 16);
	memcpy(seg->dst.addr, r->at + 24, 16);
	return r->at + IP6_LEN;
}

static bool take_quoted(const struct rest *r, int family, struct seg *seg)
{
	int version = family == AF_INET ? 4 : 6;
	const uint8_t *tcp;

	if (r->len < IP4_LEN || r->at[0] >> 4 != version)
		return false;
	memset(seg, 0, sizeof(*seg));
	tcp = version == 4 ? quoted_ip4(r, seg) : quoted_ip6(r, seg);
	if (!tcp)
		return false;
	seg->family = family;
	seg->src.port = get16(tcp);
	seg->dst.port = get16(tcp + 2);
	seg->seq = get32(tcp + 4);
	return true;
}

bool decap_icmp(const struct decap_frame *frame, enum icmp_error *error,
		struct seg *quoted)
{
	struct walk w;
	int family;

	if (decap_walk(&w, frame) != DECAP_NOT_TCP)
		return false;
	family = w.p.family;
	if (w.p.proto != (family == AF_INET ? PROTO_ICMP : PROTO_ICMP6) ||
	    w.r.len < ICMP_LEN)
		return false;
	*error = icmp_of(family, w.r.at[0], w.r.at[1]);
	if (*error == ICMP_ERROR_COUNT || !skip(&w.r, ICMP_LEN))
		return false;
	return take_quoted(&w.r, family, quoted);
}
