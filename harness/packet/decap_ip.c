/*
 * IP headers, IPv6's extension headers, and which protocols behind them carry
 * another packet.
 */
#include "packet/decap_own.h"

#include <sys/socket.h>

#include "base/array.h"

#define EXT_MIN	     8
#define EXT_FRAGMENT 44
#define EXT_AUTH     51
#define FRAG_MORE    1
#define FRAG_OFFSET  0xfff8

/* Protocols that carry a packet or a frame; UDP's depend on the port. */
static const struct layer_number tunnels[] = {
	{ 4, LAYER_IP4 },      { 41, LAYER_IP6 },	 { 47, LAYER_GRE },
	{ 97, LAYER_ETHERIP }, { PROTO_UDP, LAYER_UDP }, { 137, LAYER_MPLS },
};

/*
 * What follows ends where this packet says it does, unless it is a fragment:
 * then the rest is elsewhere.
 */
static void bound(struct walk *w)
{
	struct rest *r = &w->r;

	w->torn = w->torn || w->p.partial;
	r->bounded = !w->torn;
	r->wire = w->p.len;
	if (r->bounded && r->len > r->wire)
		r->len = r->wire;
}

enum layer layer_of_proto(struct walk *w)
{
	enum layer then;

	if (w->p.proto == PROTO_TCP)
		return LAYER_TCP;
	if (w->outer)
		return LAYER_OTHER;
	then = layer_find(tunnels, ARRAY_SIZE(tunnels), w->p.proto);
	if (then != LAYER_OTHER)
		bound(w);
	return then;
}

/* Whether a packet of that length fits into what carries it. */
static bool fits(const struct rest *r, size_t total)
{
	return !r->bounded || total <= r->wire;
}

enum layer open_ip(struct walk *w)
{
	int version = w->r.at[0] >> 4;

	return version == 4   ? LAYER_IP4
	       : version == 6 ? LAYER_IP6
			      : LAYER_OTHER;
}

/* A length of 0 is filled in by the network card: the wire's counts. */
enum layer open_ip4(struct walk *w)
{
	const uint8_t *head = w->r.at;
	size_t head_len = (size_t)(head[0] & 0xf) * 4;
	size_t total = get16(head + 2) ? get16(head + 2) : w->r.wire;
	uint16_t fragment = get16(head + 6);

	if (head[0] >> 4 != 4 || head_len < IP4_LEN || total < head_len ||
	    !fits(&w->r, total))
		return LAYER_BAD;
	w->p = (struct packet){
		.family = AF_INET,
		.src = head + 12,
		.dst = head + 16,
		.proto = head[9],
		.ttl = head[8],
		.len = total - head_len,
		.partial = fragment & IP4_MORE,
	};
	if (fragment & IP4_OFFSET)
		return w->p.proto == PROTO_TCP ? LAYER_FRAGMENT : LAYER_OTHER;
	if (!skip(&w->r, head_len))
		return LAYER_CUT;
	return layer_of_proto(w);
}

/* Extension headers whose second octet is their length, in units. */
static const struct extension {
	uint8_t proto;
	uint8_t unit;
	uint8_t least; /* octets at length 0 */
} extensions[] = {
	{ 0, 8, 8 },  /* hop-by-hop options */
	{ 43, 8, 8 }, /* routing */
	{ 60, 8, 8 }, /* destination options */
	{ EXT_FRAGMENT, 0, 8 },
	{ EXT_AUTH, 4, 8 },
	{ 135, 8, 8 }, /* mobility */
	{ 139, 8, 8 }, /* HIP */
	{ 140, 8, 8 }, /* shim6 */
};

static const struct extension *find_extension(uint8_t proto)
{
	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		if (extensions[i].proto == proto)
			return &extensions[i];
	return NULL;
}

static bool is_later_fragment(struct packet *p, const uint8_t *head)
{
	uint16_t fragment = get16(head + 2);

	p->partial = p->partial || fragment & FRAG_MORE;
	return fragment & FRAG_OFFSET;
}

/* Returns LAYER_TCP when the header has been taken away. */
static enum layer skip_extension(struct walk *w, const struct extension *ext)
{
	struct packet *p = &w->p;
	size_t len;

	if (w->r.len < EXT_MIN)
		return LAYER_CUT;
	len = ext->least + (size_t)w->r.at[1] * ext->unit;
	if (len > p->len)
		return p->partial ? LAYER_FRAGMENT : LAYER_BAD;
	if (ext->proto == EXT_FRAGMENT && is_later_fragment(p, w->r.at))
		return LAYER_FRAGMENT;
	p->proto = w->r.at[0];
	p->len -= len;
	return skip_to(w, len, LAYER_TCP);
}

enum layer open_ip6(struct walk *w)
{
	const uint8_t *head = w->r.at;
	size_t len = get16(head + 4);
	const struct extension *ext;
	enum layer taken;

	if (head[0] >> 4 != 6 || !fits(&w->r, IP6_LEN + len))
		return LAYER_BAD;
	skip(&w->r, IP6_LEN);
	w->p = (struct packet){
		.family = AF_INET6,
		.src = head + 8,
		.dst = head + 24,
		.proto = head[6],
		.ttl = head[7],
		.len = len ? len : w->r.wire,
	};
	while ((ext = find_extension(w->p.proto))) {
		taken = skip_extension(w, ext);
		if (taken != LAYER_TCP)
			return taken;
	}
	return layer_of_proto(w);
}
