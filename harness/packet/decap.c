/*
 * Frames into segments, whatever link they were captured on. Knows nothing of
 * connections, and refuses to conclude anything from what was cut off.
 */
#include "packet/decap.h"

#include <string.h>
#include <sys/socket.h>

#include "base/name.h"
#include "packet/seg_ip.h"

#define VLAN_LEN 4
#define SLL_LEN	 16
#define SLL2_LEN 20
#define NULL_LEN 4

#define IP4_MORE   0x2000
#define IP4_OFFSET 0x1fff

#define EXT_MIN	     8
#define EXT_FRAGMENT 44
#define EXT_AUTH     51
#define FRAG_MORE    1
#define FRAG_OFFSET  0xfff8

/* NOP, NOP, timestamps: the options nearly every segment has. */
#define USUAL_LEN    12
#define USUAL_HEAD   UINT32_C(0x0101080a)
#define USUAL_STAMPS 2

/* MSS, SACK permitted, timestamps, NOP, window scale: those of most SYNs. */
#define SYN_LEN	     20
#define SYN_MSS	     UINT32_C(0x0204)
#define SYN_SACK     UINT32_C(0x0402080a) /* and the timestamps' head */
#define SYN_STAMPS   6
#define SYN_SCALE    UINT32_C(0x010303) /* without the number itself, */
#define SYN_SCALE_AT 16			/* which is behind */

/* The rest of the frame. */
struct rest {
	const uint8_t *at;
	size_t len;  /* captured */
	size_t wire; /* on the wire; a damaged file may say less */
};

/* What the IP header says of its payload. */
struct packet {
	int family;
	const uint8_t *src;
	const uint8_t *dst;
	uint8_t proto;
	size_t len; /* of the payload */
	bool partial;
};

static bool skip(struct rest *r, size_t n)
{
	if (r->len < n)
		return false;
	r->at += n;
	r->len -= n;
	r->wire = r->wire > n ? r->wire - n : 0;
	return true;
}

static bool is_vlan(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 ||
	       type == 0x9200;
}

/* Skips VLAN tags. Returns the EtherType after them, or 0 when cut. */
static uint16_t skip_tags(struct rest *r, uint16_t type)
{
	while (is_vlan(type)) {
		if (r->len < VLAN_LEN)
			return 0;
		type = get16(r->at + 2);
		skip(r, VLAN_LEN);
	}
	return type;
}

static uint16_t open_ethernet(struct rest *r)
{
	uint16_t type = get16(r->at + 12);

	skip(r, SEG_ETH_LEN);
	return skip_tags(r, type);
}

static uint16_t open_sll(struct rest *r)
{
	uint16_t type = get16(r->at + 14);

	skip(r, SLL_LEN);
	return skip_tags(r, type);
}

static uint16_t open_sll2(struct rest *r)
{
	uint16_t type = get16(r->at);

	skip(r, SLL2_LEN);
	return skip_tags(r, type);
}

static uint16_t open_raw(struct rest *r)
{
	int version = r->at[0] >> 4;

	return version == 4 ? ETH_TYPE_IP4 : version == 6 ? ETH_TYPE_IP6 : 0;
}

static uint16_t open_ip4(struct rest *r)
{
	(void)r;
	return ETH_TYPE_IP4;
}

static uint16_t open_ip6(struct rest *r)
{
	(void)r;
	return ETH_TYPE_IP6;
}

/*
 * AF_INET is 2 everywhere, AF_INET6 differs between systems. The family is
 * small, so where its zero octets are tells the byte order.
 */
static uint16_t open_loop(struct rest *r)
{
	static const uint8_t family6[] = { 10, 23, 24, 28, 30 };
	uint32_t family = get32(r->at);

	if (family > 0xffff)
		family = (family >> 24) | (family >> 8 & 0xff00);
	skip(r, NULL_LEN);
	if (family == 2)
		return ETH_TYPE_IP4;
	for (size_t i = 0; i < sizeof(family6); i++)
		if (family6[i] == family)
			return ETH_TYPE_IP6;
	return 0;
}

/* Each skips its header, which was captured whole, and returns the EtherType. */
static const struct link {
	int link;
	size_t head;
	uint16_t (*open)(struct rest *r);
} links[] = {
	{ DECAP_ETHERNET, SEG_ETH_LEN, open_ethernet },
	{ DECAP_SLL, SLL_LEN, open_sll },
	{ DECAP_SLL2, SLL2_LEN, open_sll2 },
	{ DECAP_RAW, 1, open_raw },
	{ DECAP_IPV4, 1, open_ip4 },
	{ DECAP_IPV6, 1, open_ip6 },
	{ DECAP_NULL, NULL_LEN, open_loop },
	{ DECAP_LOOP, NULL_LEN, open_loop },
};

static const struct link *find_link(int link)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].link == link)
			return &links[i];
	return NULL;
}

bool decap_knows(int link)
{
	return find_link(link) != NULL;
}

/* A length of 0 is filled in by the network card: the wire's counts. */
static enum decap_kind open_packet4(struct rest *r, struct packet *p)
{
	const uint8_t *head = r->at;
	size_t head_len, total;
	uint16_t fragment;

	if (r->len < IP4_LEN)
		return DECAP_TRUNCATED;
	head_len = (size_t)(head[0] & 0xf) * 4;
	total = get16(head + 2) ? get16(head + 2) : r->wire;
	fragment = get16(head + 6);
	p->proto = head[9];
	if (head[0] >> 4 != 4 || head_len < IP4_LEN || total < head_len)
		return DECAP_MALFORMED;
	if (p->proto != PROTO_TCP)
		return DECAP_NOT_TCP;
	if (fragment & IP4_OFFSET)
		return DECAP_FRAGMENT;
	p->family = AF_INET;
	p->src = head + 12;
	p->dst = head + 16;
	p->len = total - head_len;
	p->partial = fragment & IP4_MORE;
	return skip(r, head_len) ? DECAP_TCP : DECAP_TRUNCATED;
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
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (extensions[i].proto == proto)
			return &extensions[i];
	return NULL;
}

static enum decap_kind skip_extension(struct rest *r, struct packet *p,
				      const struct extension *ext)
{
	uint16_t fragment;
	size_t len;

	if (r->len < EXT_MIN)
		return DECAP_TRUNCATED;
	len = ext->least + (size_t)r->at[1] * ext->unit;
	if (len > p->len)
		return p->partial ? DECAP_FRAGMENT : DECAP_MALFORMED;
	if (ext->proto == EXT_FRAGMENT) {
		fragment = get16(r->at + 2);
		if (fragment & FRAG_OFFSET)
			return DECAP_FRAGMENT;
		p->partial = p->partial || fragment & FRAG_MORE;
	}
	p->proto = r->at[0];
	p->len -= len;
	return skip(r, len) ? DECAP_TCP : DECAP_TRUNCATED;
}

static enum decap_kind open_packet6(struct rest *r, struct packet *p)
{
	const uint8_t *head = r->at;
	const struct extension *ext;
	enum decap_kind kind;

	if (r->len < IP6_LEN)
		return DECAP_TRUNCATED;
	if (head[0] >> 4 != 6)
		return DECAP_MALFORMED;
	p->family = AF_INET6;
	p->proto = head[6];
	p->src = head + 8;
	p->dst = head + 24;
	p->partial = false;
	skip(r, IP6_LEN);
	p->len = get16(head + 4) ? get16(head + 4) : r->wire;
	while (p->proto != PROTO_TCP) {
		ext = find_extension(p->proto);
		if (!ext)
			return DECAP_NOT_TCP;
		kind = skip_extension(r, p, ext);
		if (kind != DECAP_TCP)
			return kind;
	}
	return DECAP_TCP;
}

static enum decap_kind open_packet(const struct decap_frame *frame,
				   struct rest *r, struct packet *p)
{
	const struct link *link = find_link(frame->link);
	uint16_t type;

	if (!link)
		return DECAP_NOT_TCP;
	if (r->len < link->head)
		return DECAP_TRUNCATED;
	type = link->open(r);
	if (type == ETH_TYPE_IP4)
		return open_packet4(r, p);
	if (type == ETH_TYPE_IP6)
		return open_packet6(r, p);
	return DECAP_NOT_TCP;
}

/* Whether an option says that none follow. */
static bool has_last_option(const uint8_t *opts, size_t len)
{
	size_t at = 0, step;

	for (; at < len; at += step) {
		step = opts[at] == OPT_NOP ? 1
		       : at + 1 < len	   ? opts[at + 1]
					   : 0;
		if (opts[at] == OPT_END || step == 0)
			break;
	}
	return at < len && opts[at] == OPT_END;
}

/*
 * A SYN whose options were cut may have had a window scale: the widest is
 * assumed, which excuses most.
 */
static void take_options(struct seg *seg, const uint8_t *opts, size_t len,
			 size_t room)
{
	seg->opts = opts;
	seg->opts_len = len < room ? len : room;
	seg->opts_cut = room < len;
	seg_read_options(seg);
	if (seg->opts_cut && seg->flags & FLAG_SYN && !seg->has_scale &&
	    !has_last_option(opts, room)) {
		seg->has_scale = true;
		seg->scale = SCALE_MAX;
	}
	seg->opts = NULL;
	seg->opts_len = 0;
}

/*
 * The bits that differ from the usual options, or from a SYN's: the choice is
 * computed, since a branch here would be mispredicted.
 */
static __always_inline uint32_t unusual(const uint8_t *opts, bool syn)
{
	uint32_t head = get32(opts), mask = -(uint32_t)syn;
	uint32_t tail = get32(opts + syn * SYN_SCALE_AT) >> 8;
	uint32_t odd = (head >> 16 ^ SYN_MSS) | (get32(opts + 4) ^ SYN_SACK) |
		       (tail ^ SYN_SCALE);

	return (odd & mask) | ((head ^ USUAL_HEAD) & ~mask);
}

/* Takes the usual options. False: these are others, nothing was taken. */
static __always_inline bool take_usual(struct seg *seg, const uint8_t *opts,
				       size_t len)
{
	bool syn = len == SYN_LEN;
	unsigned int scale;

	if (!(syn | (len == USUAL_LEN)) || unusual(opts, syn))
		return false;
	seg_take_stamps(seg, opts + USUAL_STAMPS +
				     syn * (SYN_STAMPS - USUAL_STAMPS));
	scale = opts[syn * (SYN_LEN - 1)];
	scale = scale < SCALE_MAX ? scale : SCALE_MAX;
	seg->has_scale = syn;
	seg->scale = (uint8_t)(syn * scale);
	return true;
}

static __always_inline void take_end(struct seg_end *end, int family,
				     const uint8_t *addr, const uint8_t *port)
{
	if (family == AF_INET) {
		memset(end->addr, 0, sizeof(end->addr));
		memcpy(end->addr, addr, 4);
	} else {
		memcpy(end->addr, addr, sizeof(end->addr));
	}
	end->port = get16(port);
}

/* Fills in the fixed header, and leaves the options' members empty. */
static __always_inline void take_head(struct seg *seg, const struct packet *p,
				      const uint8_t *tcp)
{
	seg->family = p->family;
	take_end(&seg->src, p->family, p->src, tcp);
	take_end(&seg->dst, p->family, p->dst, tcp + 2);
	seg->seq = get32(tcp + 4);
	seg->ack = get32(tcp + 8);
	seg->flags = tcp[13];
	seg->win = get16(tcp + 14);
	seg->urg = get16(tcp + 18);
	seg->opts = NULL;
	seg->opts_len = 0;
	seg->opts_cut = false;
	seg->data = NULL;
	seg->has_ts = false;
	seg->has_scale = false;
	seg->scale = 0;
	seg->tsval = 0;
	seg->tsecr = 0;
	seg->csum_ok = true;
}

/* A first fragment's end is unknown, and so is its FIN's sequence number. */
static bool is_blurred(const struct packet *p, const struct seg *seg)
{
	return p->partial && seg->flags & (FLAG_FIN | FLAG_SYN | FLAG_RST);
}

/* room: the octets captured from the TCP header on. */
static __always_inline enum decap_kind
take_segment(struct seg *seg, const struct packet *p, const uint8_t *tcp,
	     size_t head_len, size_t room)
{
	const uint8_t *opts = tcp + TCP_LEN;

	take_head(seg, p, tcp);
	seg->len = p->len - head_len;
	if (head_len > room || !take_usual(seg, opts, head_len - TCP_LEN))
		take_options(seg, opts, head_len - TCP_LEN, room - TCP_LEN);
	return is_blurred(p, seg) ? DECAP_FRAGMENT : DECAP_TCP;
}

static enum decap_kind take_any(const struct decap_frame *frame,
				struct seg *seg)
{
	struct rest r = { frame->bytes, frame->len, frame->wire_len };
	struct packet p;
	size_t head_len;
	enum decap_kind kind = open_packet(frame, &r, &p);

	if (kind != DECAP_TCP)
		return kind;
	if (p.len < TCP_LEN)
		return p.partial ? DECAP_FRAGMENT : DECAP_MALFORMED;
	if (r.len < TCP_LEN)
		return DECAP_TRUNCATED;
	head_len = (size_t)(r.at[12] >> 4) * 4;
	if (head_len < TCP_LEN)
		return DECAP_MALFORMED;
	if (head_len > p.len)
		return p.partial ? DECAP_FRAGMENT : DECAP_MALFORMED;
	return take_segment(seg, &p, r.at, head_len, r.len);
}

/* Nearly every frame: whole, Ethernet and IPv4 without options. */
static bool is_usual(const struct decap_frame *frame)
{
	const uint8_t *ip = frame->bytes + SEG_ETH_LEN;

	return frame->link == DECAP_ETHERNET &&
	       frame->len >= SEG_ETH_LEN + IP4_LEN + TCP_LEN &&
	       get16(ip - 2) == ETH_TYPE_IP4 && ip[0] == 0x45 &&
	       ip[9] == PROTO_TCP && !(get16(ip + 6) & (IP4_MORE | IP4_OFFSET));
}

enum decap_kind decap_segment(const struct decap_frame *frame, struct seg *seg)
{
	const uint8_t *ip = frame->bytes + SEG_ETH_LEN, *tcp = ip + IP4_LEN;
	size_t total, head_len;
	struct packet p;

	if (!is_usual(frame))
		return take_any(frame, seg);
	total = get16(ip + 2);
	head_len = (size_t)(tcp[12] >> 4) * 4;
	if (head_len < TCP_LEN || IP4_LEN + head_len > total)
		return take_any(frame, seg); /* which finds out what is wrong */
	p = (struct packet){ AF_INET,	ip + 12,	 ip + 16,
			     PROTO_TCP, total - IP4_LEN, false };
	return take_segment(seg, &p, tcp, head_len,
			    frame->len - SEG_ETH_LEN - IP4_LEN);
}
