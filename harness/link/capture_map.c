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
#define AHEAD	2048u	/* octets are asked for so long before they are read */
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
	c->careful = true;
}

/*
 * Gives the frame of the record that begins there, or false: it cannot be taken
 * as it lies there. Longer ones than the file says may be are cut or refused by
 * libpcap, and of the times it has some that are negative.
 */
static __always_inline bool give(struct capture *c, const uint8_t *at,
				 uint32_t most, bool swapped)
{
	uint32_t s = get(at, swapped), fraction = get(at + 4, swapped);
	struct capture_frame frame = {
		.bytes = at + RECORD,
		.len = get(at + 8, swapped),
		.wire_len = get(at + 12, swapped),
		.at_ns = s * NS_PER_S + fraction * c->order.unit_ns,
		.iface = &c->iface,
	};

	if (frame.len > most || (s | fraction) > INT32_MAX)
		return false;
	c->behind = (size_t)(frame.bytes - c->map.at) + frame.len;
	c->fn(c->ctx, &frame);
	return true;
}

/* Walks on as long as all is plain, and there. */
static __always_inline void walk(struct capture *c, bool swapped)
{
	uint32_t longest =
		c->iface.snaplen < LONGEST ? c->iface.snaplen : LONGEST;

	while (!c->stopped && c->map.size - c->record >= RECORD) {
		size_t room = c->map.size - c->record - RECORD;

		mapping_move(&c->map, c->record);
		__builtin_prefetch(c->map.at + c->record + AHEAD);
		if (!give(c, c->map.at + c->record,
			  room < longest ? (uint32_t)room : longest, swapped) ||
		    c->map.cut)
			return;
		c->record = c->behind;
	}
}

static enum capture_got shorter(const struct capture *c, struct fault *f)
{
	fault_set(f, "the file became shorter while it was read");
	return capture_bad_record(c, f);
}

enum capture_got capture_read_map(struct capture *c, struct fault *f)
{
	if (c->order.swapped)
		walk(c, true);
	else
		walk(c, false);
	if (capture_is_lost(c))
		return shorter(c, f);
	if (!c->stopped && c->file)
		capture_unmap(c);
	return CAPTURE_END;
}

bool capture_is_mapped(const struct capture *c)
{
	return c->map.at;
}

struct capture *capture_twin(const struct capture *c)
{
	struct capture *twin = capture_new(c->name);

	if (!c->map.at || mapping_open(&twin->map, c->map.fd, c->map.size)) {
		capture_close(twin);
		return NULL;
	}
	twin->iface = c->iface;
	twin->order = c->order;
	twin->size = c->size;
	twin->record = c->record;
	return twin;
}

void capture_skip(struct capture *c, uint64_t offset)
{
	c->record = offset;
}
