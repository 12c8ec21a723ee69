/*
 * Headers of tunnels. Those over UDP are known by the port alone, which any
 * program may use: what of the header has one value must have it.
 */
#include "packet/decap_own.h"

#include "base/array.h"

#define UDP_LEN 8

#define GRE_SUM	    0x8000
#define GRE_ROUTING 0x4000
#define GRE_KEY	    0x2000
#define GRE_SEQ	    0x1000
#define GRE_ACK	    0x0080 /* of version 1, PPTP's */
#define GRE_VERSION 0x0007

#define TYPE_PPP     0x880b
#define TYPE_ERSPAN2 0x88be
#define TYPE_ERSPAN3 0x22eb

#define VXLAN_VNI   0x08
#define VXLAN_GROUP 0x80 /* group policy: its flags and number follow */

#define GENEVE_TYPE 2

#define GTP_VERSION 0x30 /* 1, and the protocol is GTP */
#define GTP_FIXED   0xf8 /* the bits that are so in each */
#define GTP_OPTIONS 0x07 /* one of them: four octets more */
#define GTP_EXT	    0x04
#define GTP_DATA    255

/* Assigned by IANA, but for 8472: Linux had it first and flannel has it yet. */
static const struct layer_number ports[] = {
	{ 4789, LAYER_VXLAN }, { 8472, LAYER_VXLAN }, { 6081, LAYER_GENEVE },
	{ 2152, LAYER_GTP },   { 6635, LAYER_MPLS },
};

enum layer open_udp(struct walk *w)
{
	enum layer then =
		layer_find(ports, ARRAY_SIZE(ports), get16(w->r.at + 2));

	if (then == LAYER_OTHER)
		return LAYER_OTHER;
	w->guessed = true;
	skip(&w->r, UDP_LEN);
	return then;
}

/* ERSPAN without a sequence number, type I, has no header of its own. */
static enum layer layer_of_gre(struct walk *w, uint16_t type, bool has_seq)
{
	if (type == TYPE_ERSPAN2)
		return skip_to(w, has_seq ? 8 : 0, LAYER_ETHERNET);
	if (type == TYPE_ERSPAN3)
		return LAYER_ERSPAN3;
	return layer_of_type(type);
}

/* RFC 2784 and 2890; version 1 is RFC 2637's. */
enum layer open_gre(struct walk *w)
{
	uint16_t flags = get16(w->r.at), type = get16(w->r.at + 2);
	bool has_seq = flags & GRE_SEQ;
	size_t len = 4;

	if (flags & GRE_ROUTING || (flags & GRE_VERSION) > 1)
		return LAYER_OTHER;
	if (flags & GRE_VERSION && (type != TYPE_PPP || !has_seq))
		return LAYER_OTHER;
	len += flags & GRE_SUM ? 4 : 0;
	len += flags & GRE_KEY ? 4 : 0;
	len += has_seq ? 4 : 0;
	if (flags & GRE_VERSION)
		len += flags & GRE_ACK ? 4 : 0;
	if (!skip(&w->r, len))
		return LAYER_CUT;
	return layer_of_gre(w, type, has_seq);
}

/* RFC 3378: version 3. */
enum layer open_etherip(struct walk *w)
{
	if (w->r.at[0] != 0x30)
		return LAYER_OTHER;
	return skip_to(w, 2, LAYER_ETHERNET);
}

/* The last bit says that eight octets more follow. */
enum layer open_erspan3(struct walk *w)
{
	return skip_to(w, w->r.at[11] & 1 ? 20 : 12, LAYER_ETHERNET);
}

/* RFC 7348, section 5: what is reserved is 0, or a group's. */
enum layer open_vxlan(struct walk *w)
{
	const uint8_t *at = w->r.at;
	bool has_group = at[0] & VXLAN_GROUP;

	if ((at[0] & ~VXLAN_GROUP) != VXLAN_VNI || at[7] != 0 ||
	    (!has_group && (at[1] || get16(at + 2))))
		return LAYER_OTHER;
	return skip_to(w, 8, LAYER_ETHERNET);
}

/* RFC 8926, section 3.4: version 0, options in units of 4. */
enum layer open_geneve(struct walk *w)
{
	const uint8_t *at = w->r.at;

	if (at[0] & 0xc0 || at[1] & 0x3f || at[7] != 0)
		return LAYER_OTHER;
	return skip_to(w, 8 + (size_t)(at[0] & 0x3f) * 4,
		       layer_of_type(get16(at + GENEVE_TYPE)));
}

/* Extension headers of GTP: a length in units of 4, what follows at the end. */
static enum layer skip_extensions(struct walk *w, uint8_t next)
{
	while (next) {
		size_t len = w->r.len ? (size_t)w->r.at[0] * 4 : 1;
		const uint8_t *at = w->r.at;

		if (len < 4)
			return w->r.len ? LAYER_OTHER : LAYER_CUT;
		if (!skip(&w->r, len))
			return LAYER_CUT;
		next = at[len - 1];
	}
	return LAYER_IP;
}

/* 3GPP TS 29.281, section 5.1: user data, of the length that UDP has. */
enum layer open_gtp(struct walk *w)
{
	const uint8_t *at = w->r.at;
	bool has_options = at[0] & GTP_OPTIONS;

	if ((at[0] & GTP_FIXED) != GTP_VERSION || at[1] != GTP_DATA ||
	    (w->r.bounded && get16(at + 2) + 8u != w->r.wire))
		return LAYER_OTHER;
	if (!skip(&w->r, has_options ? 12 : 8))
		return LAYER_CUT;
	return skip_extensions(w, at[0] & GTP_EXT ? at[11] : 0);
}
