/*
 * Ethernet frames in USB bulk transfers, in the formats of the communications
 * device class (USB-IF: CDC ECM 1.2, NCM 1.0, EEM 1.0, MBIM 1.0) and of Remote
 * NDIS. Which one it is, and whether it is any, is not in a transfer: the
 * octets must agree with each other in all that they say, or it is a disk's.
 */
#include "packet/decap_own.h"

#include "base/array.h"

/* An Ethernet frame, its checksum, and the octet that ends a transfer. */
#define ETH_LEAST   60
#define ETH_TRAILER 5
#define TAG	    0x8100
#define SERVICE_TAG 0x88a8
#define TAG_LEN	    4
#define TAGS_MAX    2

/* REMOTE_NDIS_PACKET_MSG; offsets in it count from its third word. */
#define RNDIS_LEN    44
#define RNDIS_PACKET 1
#define RNDIS_FROM   8

#define EEM_LEN	    2
#define EEM_COMMAND 0x8000
#define EEM_ECHOES  0x7000 /* of a command: 0 of an echo and of its answer */
#define EEM_ECHO    0x07ff /* their octets */
#define EEM_HAS_CRC 0x4000
#define EEM_FRAME   0x3fff
#define EEM_CRC_LEN 4
#define EEM_NO_CRC  UINT32_C(0xdeadbeef)

enum layer usb_take_frame(struct walk *w, size_t at, size_t len,
			  enum layer then)
{
	struct rest *r = &w->r;

	if (!skip(r, at))
		return LAYER_CUT;
	if (r->len > len)
		r->len = len;
	r->wire = len;
	r->bounded = true;
	return then;
}

/* The length of an IP packet by its header, of which enough was captured. */
static size_t ip_len(uint16_t type, const uint8_t *ip, size_t len)
{
	if (type == ETH_TYPE_IP4 && len >= IP4_LEN && ip[0] >> 4 == 4)
		return get16(ip + 2);
	if (type == ETH_TYPE_IP6 && len >= IP6_LEN && ip[0] >> 4 == 6)
		return (size_t)IP6_LEN + get16(ip + 4);
	return 0;
}

/* IP in Ethernet, and as long as it says. */
static bool is_frame(const struct rest *r)
{
	size_t at = SEG_ETH_LEN, total;

	for (int i = 0; i < TAGS_MAX && r->len >= at; i++)
		if (get16(r->at + at - 2) == TAG ||
		    get16(r->at + at - 2) == SERVICE_TAG)
			at += TAG_LEN;
	if (r->len < at || r->wire < at)
		return false;
	total = ip_len(get16(r->at + at - 2), r->at + at, r->len - at);
	return total && total <= r->wire - at &&
	       (r->wire <= ETH_LEAST || r->wire - at - total <= ETH_TRAILER);
}

static bool is_plain(const struct rest *r, size_t at)
{
	return !at && is_frame(r);
}

static enum layer take_plain(struct walk *w)
{
	w->r.bounded = true;
	return LAYER_ETHERNET;
}

static bool is_rndis(const struct rest *r, size_t at)
{
	const uint8_t *p = r->at + at;
	size_t len, data, octets;

	if (at > r->len || r->len - at < RNDIS_LEN || r->wire < r->len)
		return false;
	len = get_le32(p + 4);
	data = get_le32(p + 8);
	octets = get_le32(p + 12);
	return get_le32(p) == RNDIS_PACKET && len >= RNDIS_LEN &&
	       len <= r->wire - at && octets >= SEG_ETH_LEN &&
	       data >= RNDIS_LEN - RNDIS_FROM && data <= len - RNDIS_FROM &&
	       octets <= len - RNDIS_FROM - data && !get_le32(p + 36) &&
	       !get_le32(p + 40);
}

static enum layer take_rndis(struct walk *w)
{
	const uint8_t *p = w->r.at + w->from;
	size_t behind = w->from + get_le32(p + 4);

	if (is_rndis(&w->r, behind))
		w->next = (uint32_t)behind;
	return usb_take_frame(w, w->from + RNDIS_FROM + get_le32(p + 8),
			      get_le32(p + 12), LAYER_ETHERNET);
}

/* The octets of a packet of EEM behind its header. */
static size_t eem_len(uint16_t head)
{
	if (head & EEM_COMMAND)
		return head & EEM_ECHOES ? 0 : head & EEM_ECHO;
	return head & EEM_FRAME;
}

static bool is_eem_frame(uint16_t head)
{
	return !(head & EEM_COMMAND) &&
	       eem_len(head) >= SEG_ETH_LEN + EEM_CRC_LEN;
}

/* Whether a packet with a frame has what stands for a checksum, or IP in it. */
static bool has_eem_frame(const struct rest *r, size_t at, uint16_t head)
{
	struct rest inner = *r;
	size_t len = eem_len(head) - EEM_CRC_LEN;

	skip(&inner, at + EEM_LEN);
	if (!(head & EEM_HAS_CRC) && inner.len >= len + EEM_CRC_LEN)
		return get32(inner.at + len) == EEM_NO_CRC;
	if (inner.len > len)
		inner.len = len;
	inner.wire = len;
	return is_frame(&inner);
}

static bool has_eem(const struct rest *r, size_t at)
{
	return at < r->len && r->len - at >= EEM_LEN;
}

static uint16_t eem_head(const struct rest *r, size_t at)
{
	return (uint16_t)get_le16(r->at + at);
}

/* What follows a frame may be cut off, or is another frame or none. */
static bool is_eem_packet(const struct rest *r, size_t at, bool any)
{
	uint16_t head = eem_head(r, at);
	size_t len = eem_len(head);

	if (!is_eem_frame(head))
		return head & EEM_COMMAND || len == 0;
	return (any && len > r->len - at - EEM_LEN) ||
	       has_eem_frame(r, at, head);
}

/* Packets until the end, as far as they were captured; a frame among them. */
static bool is_eem_whole(const struct rest *r)
{
	bool any = false;
	size_t at = 0;

	while (has_eem(r, at)) {
		uint16_t head = eem_head(r, at);

		if (!is_eem_packet(r, at, any))
			return false;
		any = any || is_eem_frame(head);
		at += EEM_LEN + eem_len(head);
	}
	return any && (at == r->wire || (at < r->wire && r->len < r->wire));
}

/* Of what follows one, the beginning has shown it. */
static bool is_eem(const struct rest *r, size_t at)
{
	return at ? has_eem(r, at) && is_eem_frame(eem_head(r, at))
		  : is_eem_whole(r);
}

/* The first frame from there on; or where all ends. */
static size_t find_eem(const struct rest *r, size_t at)
{
	while (has_eem(r, at) && !is_eem_frame(eem_head(r, at)))
		at += EEM_LEN + eem_len(eem_head(r, at));
	return at;
}

static enum layer take_eem(struct walk *w)
{
	size_t at = find_eem(&w->r, w->from);
	size_t len = eem_len(eem_head(&w->r, at));
	size_t behind = find_eem(&w->r, at + EEM_LEN + len);

	if (has_eem(&w->r, behind))
		w->next = (uint32_t)behind;
	return usb_take_frame(w, at + EEM_LEN, len - EEM_CRC_LEN,
			      LAYER_ETHERNET);
}

static bool is_ncm(const struct rest *r, size_t at)
{
	(void)at;
	return usb_is_ncm(r);
}

/* In this order: what says most of itself is asked first. */
static const struct format {
	bool (*is)(const struct rest *r, size_t at);
	open_fn *take;
} formats[] = {
	{ is_ncm, usb_take_ncm },
	{ is_rndis, take_rndis },
	{ is_eem, take_eem },
	{ is_plain, take_plain },
};

enum layer open_usb_bulk(struct walk *w)
{
	if (w->outer)
		return LAYER_OTHER;
	w->guessed = true;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i].is(&w->r, w->from))
			return formats[i].take(w);
	return LAYER_OTHER;
}
