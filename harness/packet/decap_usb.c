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
