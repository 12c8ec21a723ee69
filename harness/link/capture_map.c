/*
 * Classic pcap files walked over in memory, without a copy. Only what is plain:
 * a record that is not whole, or is longer than the file says it may be, and
 * all that follow it, are libpcap's to read, which knows what to say of it.
 */
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "link/capture_own.h"

#define HEAD	24u
#define RECORD	16u
#define LONGEST 262144u /* libpcap's, of most link types */

static const struct {
	uint32_t magic;
	struct capture_order order;
} orders[] = {
	{ 0xa1b2c3d4, { false, NS_PER_S / 1000000 } },
	{ 0xa1b23c4d, { false, 1 } },
	{ 0xd4c3b2a1, { true, NS_PER_S / 1000000 } },
	{ 0x4d3cb2a1, { true, 1 } },
};

/*
 * Of these libpcap changes the frames themselves: numbers in the byte order of
 * the host that wrote them, lengths that were written wrong.
 */
static bool is_changed(int link, bool swapped)
{
	switch (link) {
	case DLT_USB_LINUX:
	case DLT_USB_LINUX_MMAPPED:
		return true;
	case DLT_PFLOG:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_NFLOG:
		return swapped;
	default:
		return false;
	}
}

static uint32_t get(const uint8_t *at, bool swapped)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	return swapped ? __builtin_bswap32(n) : n;
}

static bool take_order(struct capture *c)
{
	uint32_t magic = get(c->map.at, false);

	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (orders[i].magic != magic)
			continue;
		c->order = orders[i].order;
		return true;
	}
	return false;
}

/* Version 2.4 is that of all programs since 1998. */
static bool is_usual_version(const struct capture *c)
{
	uint16_t major, minor;

	memcpy(&major, c->map.at + 4, sizeof(major));
	memcpy(&minor, c->map.at + 6, sizeof(minor));
	if (c->order.swapped) {
		major = __builtin_bswap16(major);
		minor = __builtin_bswap16(minor);
	}
	return major == 2 && minor == 4;
}

void capture_map(struct capture *c)
{
	if (c->careful || c->size < HEAD ||
	    mapping_open(&c->map, fileno(c->file), c->size))
		return;
	if (!take_order(c) || !is_usual_version(c) ||
	    is_changed(c->iface.link, c->order.swapped)) {
		mapping_close(&c->map);
		return;
	}
	c->record = HEAD;
}

void capture_unmap(struct capture *c)
{
	if (!c->map.at)
		return;
	mapping_close(&c->map);
	fseeko(c->file, (off_t)c->record, SEEK_SET);
	c->at = c->record;
	c->careful = true;
}

/* Of the record that begins there; or false: libpcap has the time negative. */
static __always_inline bool take(const struct capture *c, const uint8_t *at,
				 bool swapped, struct capture_frame *frame)
{
	uint32_t s = get(at, swapped), fraction = get(at + 4, swapped);

	frame->bytes = at + RECORD;
	frame->len = get(at + 8, swapped);
	frame->wire_len = get(at + 12, swapped);
	frame->at_ns = s * NS_PER_S + fraction * c->order.unit_ns;
	return (s | fraction) <= INT32_MAX;
}

/*
 * Takes as many as are plain, and wanted at once. Returns how many. Longer ones
 * than the file says may be are cut or refused by libpcap.
 */
static __always_inline size_t take_some(struct capture *c, bool swapped,
					uint32_t longest, size_t wanted,
					struct capture_frame *frame)
{
	const uint8_t *at = c->map.at + c->record;
	const uint8_t *end = c->map.at + c->map.size, *last = end - RECORD;
	size_t n = 0;

	for (; n < wanted && at <= last; n++) {
		if (!take(c, at, swapped, &frame[n]) ||
		    frame[n].len > longest ||
		    frame[n].len > (size_t)(end - frame[n].bytes))
			break;
		at = frame[n].bytes + frame[n].len;
	}
	return n;
}

/* Walks on as long as all is plain, and there. */
static __always_inline void walk(struct capture *c, bool swapped)
{
	struct capture_frame frame[CAPTURE_MANY];
	size_t wanted = c->many ? CAPTURE_MANY : 1, n = wanted;
	uint32_t longest =
		c->iface.snaplen < LONGEST ? c->iface.snaplen : LONGEST;

	for (size_t i = 0; i < wanted; i++)
		frame[i].iface = &c->iface;
	while (!c->stopped && n == wanted) {
		mapping_move(&c->map, c->record);
		n = take_some(c, swapped, longest, wanted, frame);
		if (!n || c->map.cut)
			return;
		c->behind = (size_t)(frame[n - 1].bytes - c->map.at) +
			    frame[n - 1].len;
		if (c->many)
			c->many(c->ctx, frame, n);
		else
			c->fn(c->ctx, frame);
		if (c->map.cut)
			return;
		c->record = c->behind;
	}
}

static enum capture_got shorter(const struct capture *c, struct fault *f)
{
	fault_set(f, "the file became shorter while it was read");
	return capture_bad_record(c, f);
}

enum capture_got capture_end_map(struct capture *c, struct fault *f)
{
	if (capture_is_lost(c))
		return shorter(c, f);
	if (!c->stopped && c->file)
		capture_unmap(c);
	return CAPTURE_END;
}

enum capture_got capture_read_map(struct capture *c, struct fault *f)
{
	if (c->order.swapped)
		walk(c, true);
	else
		walk(c, false);
	return capture_end_map(c, f);
}
