/*
 * What the files decap*.c share: a frame is walked layer by layer, each of
 * which takes its header away and says what follows it. Private to them.
 */
#ifndef PACKET_DECAP_OWN_H
#define PACKET_DECAP_OWN_H

#include "packet/decap.h"
#include "packet/seg_ip.h"

#define PROTO_UDP 17

/* The rest of the frame. */
struct rest {
	const uint8_t *at;
	size_t len;   /* captured */
	size_t wire;  /* on the wire; a damaged file may say less, until */
	bool bounded; /* an outer header has said where it ends */
};

/* What the innermost IP header says of its payload. */
struct packet {
	int family;
	const uint8_t *src;
	const uint8_t *dst;
	uint8_t proto;
	uint8_t ttl;
	size_t len; /* of the payload */
	bool partial;
};

struct walk {
	struct rest r;
	struct packet p;
	bool outer;    /* tunnels are not looked into */
	bool guessed;  /* what a tunnel is, was not said; but it seems to be */
	bool torn;     /* an outer packet is a first fragment */
	uint32_t from; /* of a packet with several frames: decap_frame.from, */
	uint32_t next; /* and what decap_segment says is next */
};

/* The first are ends of the walk, numbered as their kinds are. */
enum layer {
	LAYER_TCP = DECAP_TCP,
	LAYER_OTHER = DECAP_NOT_TCP,
	LAYER_FRAGMENT = DECAP_FRAGMENT,
	LAYER_CUT = DECAP_TRUNCATED,
	LAYER_BAD = DECAP_MALFORMED,
	LAYER_ETHERNET = DECAP_KIND_COUNT,
	LAYER_VLAN,
	LAYER_LLC,
	LAYER_MPLS,
	LAYER_PPPOE,
	LAYER_PPP,
	LAYER_HDLC,
	LAYER_PPP_OR_HDLC,
	LAYER_PPP_DIRECTED,
	LAYER_PPP_PPPD,
	LAYER_HDLC_DIRECTED,
	LAYER_FRELAY,
	LAYER_FRELAY_DIRECTED,
	LAYER_SLIP,
	LAYER_NULL,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_PFLOG,
	LAYER_ENC,
	LAYER_NFLOG,
	LAYER_PKTAP,
	LAYER_PPI,
	LAYER_NETANALYZER,
	LAYER_WLAN,
	LAYER_RADIOTAP,
	LAYER_PRISM,
	LAYER_AVS,
	LAYER_USB_FREEBSD,
	LAYER_USB_LINUX,
	LAYER_USB_LINUX_MMAPPED,
	LAYER_USBPCAP,
	LAYER_USB_DARWIN,
	LAYER_USB_BULK,
	LAYER_IP, /* by its version */
	LAYER_IP4,
	LAYER_IP6,
	LAYER_UDP,
	LAYER_GRE,
	LAYER_ETHERIP,
	LAYER_ERSPAN3,
	LAYER_VXLAN,
	LAYER_GENEVE,
	LAYER_GTP,
	LAYER_COUNT,
};

/* Takes a header away, of which at least the row's head was captured. */
typedef enum layer open_fn(struct walk *w);

open_fn open_ethernet, open_vlan, open_llc, open_mpls, open_netanalyzer;
open_fn open_pppoe, open_ppp, open_hdlc, open_ppp_or_hdlc, open_ppp_directed,
	open_ppp_pppd, open_hdlc_directed, open_frelay, open_frelay_directed,
	open_slip;
open_fn open_null, open_sll, open_sll2, open_pflog, open_enc, open_nflog,
	open_pktap, open_ppi;
open_fn open_wlan, open_radiotap, open_prism, open_avs;
open_fn open_usb_freebsd, open_usb_linux, open_usb_linux_mmapped, open_usbpcap,
	open_usb_darwin, open_usb_bulk;
open_fn open_ip, open_ip4, open_ip6;
open_fn open_udp, open_gre, open_etherip, open_erspan3, open_vxlan, open_geneve,
	open_gtp;

/* Takes n octets away. False: they were not captured. */
static inline bool skip(struct rest *r, size_t n)
{
	if (r->len < n)
		return false;
	r->at += n;
	r->len -= n;
	r->wire = r->wire > n ? r->wire - n : 0;
	return true;
}

static inline size_t get_le16(const uint8_t *p)
{
	return (size_t)p[0] | (size_t)p[1] << 8;
}

static inline uint32_t get_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* A header of a length that it says itself, and what follows it. */
static inline enum layer skip_to(struct walk *w, size_t n, enum layer then)
{
	return skip(&w->r, n) ? then : LAYER_CUT;
}

/* A row of a table of numbers and what they lead to. */
struct layer_number {
	uint32_t number;
	enum layer layer;
};

/*
 * A frame in a USB transfer: so many octets of what is left, from there on.
 * And those of a transfer block of NCM's, w->from being a place in its tables.
 */
enum layer usb_take_frame(struct walk *w, size_t at, size_t len,
			  enum layer then);
bool usb_is_ncm(const struct rest *r);
enum layer usb_take_ncm(struct walk *w);

/* What an EtherType, and a link type, lead to; or LAYER_OTHER. */
enum layer layer_of_type(uint16_t type);
enum layer layer_of_link(int link);

/* What a number leads to by a table of n rows; or LAYER_OTHER. */
enum layer layer_find(const struct layer_number *rows, size_t n,
		      uint32_t number);

/* What a protocol of IP leads to, of the packet whose header is w->p. */
enum layer layer_of_proto(struct walk *w);

/* Walks from the frame's beginning to where TCP begins, or must give up. */
enum decap_kind decap_walk(struct walk *w, const struct decap_frame *frame);

#endif
