/*
 * The layers of a frame: which there are, how much each needs, and what link
 * types and EtherTypes lead to. Knows no header's fields.
 */
#include "packet/decap_own.h"

#include "base/array.h"

/* How many octets must be there before a layer is opened. */
static const struct row {
	size_t head;
	open_fn *open;
} layers[LAYER_COUNT] = {
	[LAYER_ETHERNET] = { SEG_ETH_LEN, open_ethernet },
	[LAYER_VLAN] = { 4, open_vlan },
	[LAYER_LLC] = { 3, open_llc },
	[LAYER_MPLS] = { 4, open_mpls },
	[LAYER_PPPOE] = { 6, open_pppoe },
	[LAYER_PPP] = { 2, open_ppp },
	[LAYER_HDLC] = { 4, open_hdlc },
	[LAYER_PPP_OR_HDLC] = { 4, open_ppp_or_hdlc },
	[LAYER_PPP_DIRECTED] = { 1, open_ppp_directed },
	[LAYER_PPP_PPPD] = { 2, open_ppp_pppd },
	[LAYER_HDLC_DIRECTED] = { 1, open_hdlc_directed },
	[LAYER_FRELAY] = { 4, open_frelay },
	[LAYER_FRELAY_DIRECTED] = { 1, open_frelay_directed },
	[LAYER_SLIP] = { 16, open_slip },
	[LAYER_NULL] = { 4, open_null },
	[LAYER_SLL] = { 16, open_sll },
	[LAYER_SLL2] = { 20, open_sll2 },
	[LAYER_PFLOG] = { 1, open_pflog },
	[LAYER_ENC] = { 12, open_enc },
	[LAYER_NFLOG] = { 4, open_nflog },
	[LAYER_PKTAP] = { 12, open_pktap },
	[LAYER_PPI] = { 8, open_ppi },
	[LAYER_NETANALYZER] = { 4, open_netanalyzer },
	[LAYER_WLAN] = { 24, open_wlan },
	[LAYER_RADIOTAP] = { 8, open_radiotap },
	[LAYER_PRISM] = { 8, open_prism },
	[LAYER_AVS] = { 8, open_avs },
	[LAYER_USB_FREEBSD] = { 128, open_usb_freebsd },
	[LAYER_USB_LINUX] = { 48, open_usb_linux },
	[LAYER_USB_LINUX_MMAPPED] = { 64, open_usb_linux_mmapped },
	[LAYER_USBPCAP] = { 27, open_usbpcap },
	[LAYER_USB_DARWIN] = { 32, open_usb_darwin },
	[LAYER_USB_BULK] = { 0, open_usb_bulk },
	[LAYER_IP] = { 1, open_ip },
	[LAYER_IP4] = { IP4_LEN, open_ip4 },
	[LAYER_IP6] = { IP6_LEN, open_ip6 },
	[LAYER_UDP] = { 8, open_udp },
	[LAYER_GRE] = { 4, open_gre },
	[LAYER_ETHERIP] = { 2, open_etherip },
	[LAYER_ERSPAN3] = { 12, open_erspan3 },
	[LAYER_VXLAN] = { 8, open_vxlan },
	[LAYER_GENEVE] = { 8, open_geneve },
	[LAYER_GTP] = { 8, open_gtp },
};

static const struct layer_number links[] = {
	{ DECAP_ETHERNET, LAYER_ETHERNET },
	{ DECAP_SLL, LAYER_SLL },
	{ DECAP_SLL2, LAYER_SLL2 },
	{ DECAP_RAW, LAYER_IP },
	{ DECAP_IPV4, LAYER_IP4 },
	{ DECAP_IPV6, LAYER_IP6 },
	{ DECAP_NULL, LAYER_NULL },
	{ DECAP_LOOP, LAYER_NULL },
	{ DECAP_SLIP, LAYER_SLIP },
	{ DECAP_PPP, LAYER_PPP },
	{ DECAP_PPP_SERIAL, LAYER_PPP_OR_HDLC },
	{ DECAP_PPPOE, LAYER_PPPOE },
	{ DECAP_PPP_PPPD, LAYER_PPP_PPPD },
	{ DECAP_PPP_WITH_DIR, LAYER_PPP_DIRECTED },
	{ DECAP_HDLC, LAYER_HDLC },
	{ DECAP_HDLC_WITH_DIR, LAYER_HDLC_DIRECTED },
	{ DECAP_FRELAY, LAYER_FRELAY },
	{ DECAP_FRELAY_WITH_DIR, LAYER_FRELAY_DIRECTED },
	{ DECAP_ATM_RFC1483, LAYER_LLC },
	{ DECAP_MPLS, LAYER_MPLS },
	{ DECAP_WLAN, LAYER_WLAN },
	{ DECAP_PRISM, LAYER_PRISM },
	{ DECAP_RADIOTAP, LAYER_RADIOTAP },
	{ DECAP_AVS, LAYER_AVS },
	{ DECAP_PPI, LAYER_PPI },
	{ DECAP_ENC, LAYER_ENC },
	{ DECAP_PFLOG, LAYER_PFLOG },
	{ DECAP_NFLOG, LAYER_NFLOG },
	{ DECAP_NETANALYZER, LAYER_NETANALYZER },
	{ DECAP_PKTAP, LAYER_PKTAP },
	{ DECAP_USB_FREEBSD, LAYER_USB_FREEBSD },
	{ DECAP_USB_LINUX, LAYER_USB_LINUX },
	{ DECAP_USB_LINUX_MMAPPED, LAYER_USB_LINUX_MMAPPED },
	{ DECAP_USBPCAP, LAYER_USBPCAP },
	{ DECAP_USB_DARWIN, LAYER_USB_DARWIN },
};

static const struct layer_number types[] = {
	{ ETH_TYPE_IP4, LAYER_IP4 },   { ETH_TYPE_IP6, LAYER_IP6 },
	{ ETH_TYPE_VLAN, LAYER_VLAN }, { 0x88a8, LAYER_VLAN },
	{ 0x9100, LAYER_VLAN },	       { 0x9200, LAYER_VLAN },
	{ 0x8847, LAYER_MPLS },	       { 0x8848, LAYER_MPLS },
	{ 0x8864, LAYER_PPPOE },       { 0x880b, LAYER_PPP },
	{ 0x6558, LAYER_ETHERNET }, /* transparent bridging: of tunnels */
};

enum layer layer_find(const struct layer_number *rows, size_t n,
		      uint32_t number)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].number == number)
			return rows[i].layer;
	return LAYER_OTHER;
}

enum layer layer_of_type(uint16_t type)
{
	return layer_find(types, ARRAY_SIZE(types), type);
}

enum layer layer_of_link(int link)
{
	return layer_find(links, ARRAY_SIZE(links), (uint32_t)link);
}

bool decap_knows(int link)
{
	return layer_of_link(link) != LAYER_OTHER;
}

/* All of a packet is there, and it is too short. */
static bool is_short(const struct walk *w)
{
	return w->r.bounded && w->r.len >= w->r.wire;
}

/*
 * What only seemed to be a tunnel is none when it does not read as one; and of
 * a first fragment the rest is in the others.
 */
static enum decap_kind kind_of(const struct walk *w, enum layer end)
{
	if (w->guessed &&
	    (end == LAYER_BAD || (end == LAYER_CUT && is_short(w))))
		return DECAP_NOT_TCP;
	if (end == LAYER_CUT && w->torn)
		return DECAP_FRAGMENT;
	return (enum decap_kind)end;
}

/* All but LAYER_IP and LAYER_USB_BULK take octets away, so that this ends. */
enum decap_kind decap_walk(struct walk *w, const struct decap_frame *frame)
{
	enum layer at = layer_of_link(frame->link);

	*w = (struct walk){ .r = { frame->bytes, frame->len, frame->wire_len,
				   false },
			    .outer = frame->outer,
			    .from = frame->from };

	if (at == LAYER_OTHER)
		return DECAP_UNREAD;
	while (at >= LAYER_ETHERNET)
		at = w->r.len < layers[at].head ? LAYER_CUT
						: layers[at].open(w);
	return kind_of(w, at);
}
