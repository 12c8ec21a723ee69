/*
 * What systems put before a USB transfer that they capture. Of bulk transfers
 * alone, where the octets are: with an OUT when it is submitted, with an IN
 * when it is completed. Whatever the device is, nothing here is damaged.
 */
#include "packet/decap_own.h"

#define ENDPOINT_IN 0x80

/* Linux: struct usbmon_packet of Documentation/usb/usbmon.rst. */
#define LINUX_LEN	  48
#define LINUX_MMAPPED_LEN 64
#define LINUX_BULK	  3

/* USBPcap: its capture format, all little-endian. */
#define USBPCAP_LEN  27
#define USBPCAP_BULK 3
#define USBPCAP_DONE 1 /* from the device's object to the function's */

/* Darwin: as Wireshark's packet-usb.c reads it, all little-endian. */
#define DARWIN_LEAST 32
#define DARWIN_BULK  2

/*
 * FreeBSD: struct usbpf_pkthdr of sys/dev/usb/usb_pf.h, all little-endian, and
 * behind it parts with a header each. A driver gives several bulk transfers at
 * once so.
 */
#define FREEBSD_LEN	  128
#define FREEBSD_BULK	  2
#define FREEBSD_KIND	  3 /* of bmAttributes */
#define FREEBSD_PART_LEN  8
#define FREEBSD_HAS_DATA  2
#define FREEBSD_PARTS_MAX 256

/* walk.from and walk.next: the part, and what is left is its own. */
#define PART_SHIFT 24

/* Takes the header away; what follows has so many octets on the wire. */
static enum layer skip_header(struct walk *w, size_t len, uint32_t octets)
{
	struct rest *r = &w->r;

	if (!skip(r, len))
		return LAYER_OTHER;
	r->wire = octets;
	if (r->len > octets)
		r->len = octets;
	return LAYER_USB_BULK;
}

/*
 * The byte order is the capturing host's, or the file's: the bus has a small
 * number, and its zero octet tells it.
 */
static enum layer open_linux(struct walk *w, size_t len)
{
	const uint8_t *at = w->r.at;
	bool in = at[10] & ENDPOINT_IN, big = at[13];
	bool has_data = at[8] == (in ? 'C' : 'S') && at[15] == 0;

	if (at[9] != LINUX_BULK || !has_data)
		return LAYER_OTHER;
	return skip_header(w, len, big ? get32(at + 32) : get_le32(at + 32));
}

enum layer open_usb_linux(struct walk *w)
{
	return open_linux(w, LINUX_LEN);
}

enum layer open_usb_linux_mmapped(struct walk *w)
{
	return open_linux(w, LINUX_MMAPPED_LEN);
}

enum layer open_usbpcap(struct walk *w)
{
	const uint8_t *at = w->r.at;
	size_t len = get_le16(at);
	bool in = at[21] & ENDPOINT_IN, done = at[16] & USBPCAP_DONE;

	if (len < USBPCAP_LEN || at[22] != USBPCAP_BULK || in != done)
		return LAYER_OTHER;
	return skip_header(w, len, get_le32(at + 23));
}

enum layer open_usb_darwin(struct walk *w)
{
	const uint8_t *at = w->r.at;
	bool in = at[30] & ENDPOINT_IN, done = at[3];

	if (at[2] < DARWIN_LEAST || at[31] != DARWIN_BULK || in != done)
		return LAYER_OTHER;
	return skip_header(w, at[2], get_le32(at + 4));
}

/* How far it is to the next part: four octets are the least unit. */
static uint64_t part_len(const uint8_t *part)
{
	uint64_t len = get_le32(part);

	return FREEBSD_PART_LEN +
	       (get_le32(part + 4) & FREEBSD_HAS_DATA ? (len + 3) / 4 * 4 : 0);
}

/*
 * The first part with data, from that number on: where it is, or 0. What was
 * not captured is not found.
 */
static size_t find_part(const struct rest *r, uint32_t *number)
{
	uint32_t parts = get_le32(r->at + 28), from = *number;
	uint64_t at = FREEBSD_LEN;

	for (uint32_t i = 0; i < parts && i < FREEBSD_PARTS_MAX; i++) {
		if (at + FREEBSD_PART_LEN > r->len)
			break;
		*number = i;
		if (i >= from && get_le32(r->at + at + 4) & FREEBSD_HAS_DATA)
			return (size_t)at;
		at += part_len(r->at + at);
	}
	return 0;
}

/* Behind what has been found in this part. */
static uint32_t next_part(const struct rest *r, uint32_t number, uint32_t next)
{
	uint32_t behind = number + 1;

	if (next && next >> PART_SHIFT == 0)
		return number << PART_SHIFT | next;
	return find_part(r, &behind) ? behind << PART_SHIFT : 0;
}

enum layer open_usb_freebsd(struct walk *w)
{
	const struct rest whole = w->r;
	uint32_t number = w->from >> PART_SHIFT;
	size_t at = find_part(&whole, &number);
	enum layer then;

	if ((whole.at[11] & FREEBSD_KIND) != FREEBSD_BULK || !at || w->outer)
		return LAYER_OTHER;
	w->from &= (1u << PART_SHIFT) - 1;
	then = skip_header(w, at + FREEBSD_PART_LEN, get_le32(whole.at + at));
	if (then == LAYER_USB_BULK)
		then = open_usb_bulk(w);
	w->next = next_part(&whole, number, w->next);
	return then;
}
