/*
 * Headers of links that lead to an EtherType, or to another link type's: what
 * each system puts before a frame that it captures, Ethernet and its tags.
 */
#include "packet/decap_own.h"

#define TYPE_LEAST 0x600 /* below, it is a length (IEEE 802.3) */

#define NFLOG_HEAD    4 /* of a TLV */
#define NFLOG_PAYLOAD 9

#define PKTAP_LEAST 12 /* its length, what follows, and the link type */

static size_t round4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

enum layer open_ethernet(struct walk *w)
{
	uint16_t type = get16(w->r.at + 12);

	skip(&w->r, SEG_ETH_LEN);
	return type < TYPE_LEAST ? LAYER_LLC : layer_of_type(type);
}

enum layer open_vlan(struct walk *w)
{
	uint16_t type = get16(w->r.at + 2);

	skip(&w->r, 4);
	return type < TYPE_LEAST ? LAYER_LLC : layer_of_type(type);
}

/* SNAP (RFC 1042): any organisation's number but 0 is of other protocols. */
enum layer open_llc(struct walk *w)
{
	const uint8_t *llc = w->r.at;

	if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 3)
		return LAYER_OTHER;
	if (w->r.len < 8)
		return LAYER_CUT;
	if (get16(llc + 3) || llc[5])
		return LAYER_OTHER;
	skip(&w->r, 8);
	return layer_of_type(get16(llc + 6));
}

/*
 * What a label stack carries only the ends of the path know (RFC 4928, section
 * 3, has routers look at the same nibble): IP by its version; a control word
 * (RFC 4385) begins with 0; else an Ethernet frame stands there.
 */
enum layer open_mpls(struct walk *w)
{
	const uint8_t *label = w->r.at;

	skip(&w->r, 4);
	if (!(label[2] & 1))
		return LAYER_MPLS;
	if (!w->r.len)
		return LAYER_CUT;
	if (w->r.at[0] >> 4 == 4 || w->r.at[0] >> 4 == 6)
		return LAYER_IP;
	return skip_to(w, w->r.at[0] >> 4 == 0 ? 4 : 0, LAYER_ETHERNET);
}

enum layer open_netanalyzer(struct walk *w)
{
	return skip_to(w, 4, LAYER_ETHERNET);
}

enum layer open_sll(struct walk *w)
{
	uint16_t type = get16(w->r.at + 14);

	skip(&w->r, 16);
	return type == 4 ? LAYER_LLC : layer_of_type(type);
}

enum layer open_sll2(struct walk *w)
{
	uint16_t type = get16(w->r.at);

	skip(&w->r, 20);
	return type == 4 ? LAYER_LLC : layer_of_type(type);
}

/*
 * AF_INET is 2 everywhere, AF_INET6 differs between systems. The family is
 * small, so where its zero octets are tells the byte order.
 */
static enum layer layer_of_family(uint32_t family)
{
	static const uint8_t family6[] = { 10, 23, 24, 28, 30 };

	if (family > 0xffff)
		family = (family >> 24) | (family >> 8 & 0xff00);
	if (family == 2)
		return LAYER_IP4;
	for (size_t i = 0; i < sizeof(family6); i++)
		if (family6[i] == family)
			return LAYER_IP6;
	return LAYER_OTHER;
}

enum layer open_null(struct walk *w)
{
	uint32_t family = get32(w->r.at);

	return skip_to(w, 4, layer_of_family(family));
}

/* OpenBSD's IPsec interface: family, SPI, flags. */
enum layer open_enc(struct walk *w)
{
	uint32_t family = get32(w->r.at);

	return skip_to(w, 12, layer_of_family(family));
}

/* The packet filter's log: its header's length is in units of 4, rounded. */
enum layer open_pflog(struct walk *w)
{
	size_t len = round4(w->r.at[0]);

	return len ? skip_to(w, len, LAYER_IP) : LAYER_BAD;
}

/*
 * Family, version, resource, then attributes in the byte order of the host
 * that captured: their numbers are small, so the zero octet tells it.
 */
enum layer open_nflog(struct walk *w)
{
	skip(&w->r, 4);
	while (w->r.len >= NFLOG_HEAD) {
		const uint8_t *at = w->r.at;
		bool big = at[2] == 0;
		size_t len = big ? get16(at) : get_le16(at);

		if (len < NFLOG_HEAD)
			return LAYER_BAD;
		if ((big ? at[3] : at[2]) == NFLOG_PAYLOAD)
			return skip_to(w, NFLOG_HEAD, LAYER_IP);
		if (!skip(&w->r, round4(len)))
			return LAYER_CUT;
	}
	return w->r.wire < NFLOG_HEAD ? LAYER_OTHER : LAYER_CUT;
}

/* Darwin's: length, what follows (1: a packet), and that one's link type. */
enum layer open_pktap(struct walk *w)
{
	size_t len = get_le32(w->r.at);
	uint32_t link = get_le32(w->r.at + 8);

	if (len < PKTAP_LEAST)
		return LAYER_BAD;
	if (get_le32(w->r.at + 4) != 1)
		return LAYER_OTHER;
	return skip_to(w, len, layer_of_link((int)link));
}

/* Per-packet information: version, flags, length, link type. */
enum layer open_ppi(struct walk *w)
{
	size_t len = get_le16(w->r.at + 2);
	uint32_t link = get_le32(w->r.at + 4);

	if (len < 8)
		return LAYER_BAD;
	return skip_to(w, len, layer_of_link((int)link));
}
