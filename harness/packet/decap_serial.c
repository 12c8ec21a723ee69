/*
 * Headers of point-to-point links: PPP in all its framings, Cisco's HDLC,
 * Frame Relay, SLIP. None of their compressions is undone.
 */
#include "packet/decap_own.h"

#include "base/array.h"

#define HDLC_ALL     0xff /* the address of PPP in HDLC framing, */
#define HDLC_CONTROL 0x03 /* and its control octet */

#define NLPID_SNAP 0x80

static const struct layer_number ppp_protocols[] = {
	{ 0x0021, LAYER_IP4 },
	{ 0x0057, LAYER_IP6 },
	{ 0x0281, LAYER_MPLS },
	{ 0x0283, LAYER_MPLS },
};

static const struct layer_number nlpids[] = {
	{ 0xcc, LAYER_IP4 },
	{ 0x8e, LAYER_IP6 },
	{ NLPID_SNAP, LAYER_OTHER },
};

/* An odd first octet is the whole of a protocol number (RFC 1661, 6.5). */
static enum layer take_protocol(struct walk *w)
{
	const uint8_t *at = w->r.at;
	bool is_short;

	if (!w->r.len)
		return LAYER_CUT;
	is_short = at[0] & 1;
	if (!skip(&w->r, is_short ? 1 : 2))
		return LAYER_CUT;
	return layer_find(ppp_protocols, ARRAY_SIZE(ppp_protocols),
			  is_short ? at[0] : get16(at));
}

/* Address and control may have been left out (RFC 1661, 6.6). */
enum layer open_ppp(struct walk *w)
{
	if (w->r.at[0] == HDLC_ALL && w->r.at[1] == HDLC_CONTROL)
		skip(&w->r, 2);
	return take_protocol(w);
}

/* pppd has the direction in the place of the address. */
enum layer open_ppp_pppd(struct walk *w)
{
	skip(&w->r, 2);
	return take_protocol(w);
}

enum layer open_ppp_directed(struct walk *w)
{
	return skip_to(w, 1, LAYER_PPP);
}

/* Version 1, type 1, code 0: session data (RFC 2516, section 4). */
enum layer open_pppoe(struct walk *w)
{
	if (w->r.at[0] != 0x11 || w->r.at[1] != 0)
		return LAYER_OTHER;
	return skip_to(w, 6, LAYER_PPP);
}

/* Unicast or multicast, control 0, EtherType. */
enum layer open_hdlc(struct walk *w)
{
	const uint8_t *at = w->r.at;

	if ((at[0] != 0x0f && at[0] != 0x8f) || at[1] != 0)
		return LAYER_OTHER;
	return skip_to(w, 4, layer_of_type(get16(at + 2)));
}

enum layer open_ppp_or_hdlc(struct walk *w)
{
	return w->r.at[0] == HDLC_ALL ? LAYER_PPP : LAYER_HDLC;
}

enum layer open_hdlc_directed(struct walk *w)
{
	return skip_to(w, 1, LAYER_HDLC);
}

/* The OSI network layer's number of a protocol (RFC 2427, section 4). */
static enum layer take_nlpid(struct walk *w)
{
	const uint8_t *at = w->r.at;

	if (at[0] != NLPID_SNAP)
		return skip_to(w, 1,
			       layer_find(nlpids, ARRAY_SIZE(nlpids), at[0]));
	if (w->r.len < 6)
		return LAYER_CUT;
	if (get16(at + 1) || at[3])
		return LAYER_OTHER;
	return skip_to(w, 6, layer_of_type(get16(at + 4)));
}

/*
 * An address of two to four octets, the last of which is odd (Q.922); then a
 * control octet, padding, and a protocol, or with Cisco's an EtherType.
 */
enum layer open_frelay(struct walk *w)
{
	size_t len = 2;
	const uint8_t *at;

	while (len < 4 && !(w->r.at[len - 1] & 1))
		len++;
	if (w->r.at[0] & 1 || !(w->r.at[len - 1] & 1))
		return LAYER_OTHER;
	skip(&w->r, len);
	if (w->r.len < 3)
		return LAYER_CUT;
	at = w->r.at;
	if (at[0] != HDLC_CONTROL)
		return skip_to(w, 2, layer_of_type(get16(at)));
	skip(&w->r, at[1] ? 1 : 2);
	return take_nlpid(w);
}

enum layer open_frelay_directed(struct walk *w)
{
	return skip_to(w, 1, LAYER_FRELAY);
}

/* A direction, and room for the header as it was compressed. */
enum layer open_slip(struct walk *w)
{
	return skip_to(w, 16, LAYER_IP);
}
