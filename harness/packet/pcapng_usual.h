/*
 * Packets as nearly all are in a pcapng file, taken in line as there are many:
 * in an enhanced packet block, in little endian, with a time that needs no more
 * than a multiplication.
 */
#ifndef PACKET_PCAPNG_USUAL_H
#define PACKET_PCAPNG_USUAL_H

#include "packet/pcapng.h"
#include "packet/pcapng_le.h"

#define PCAPNG_USUAL_LEN  (BLOCK_HEAD + PACKET_LEN + BLOCK_FOOT)
#define PCAPNG_USUAL_MOST (UINT32_C(1) << 18)

/* What usual packets of an interface have in common. */
struct pcapng_usual {
	uint32_t iface; /* which of its section */
	uint64_t unit_ns;
	uint64_t units; /* at most, or they are no nanoseconds any more */
};

/*
 * Of the interface whose packet begins there, of which left octets are in the
 * file. False: no packet does, or one of the same interface as before, the
 * section has no such interface, or its packets are not usual.
 */
bool pcapng_usual_change(const struct pcapng_blocks *s, const uint8_t *at,
			 size_t left, struct pcapng_usual *usual);

/*
 * Takes all but the interface from the block that begins there, of which left
 * octets are in the file. Returns how long it is; or 0: it is not usual, or not
 * of this interface.
 */
static __always_inline uint32_t
pcapng_usual_take(const struct pcapng_usual *usual, const uint8_t *at,
		  size_t left, struct pcapng_frame *frame)
{
	uint32_t len;
	uint64_t units;

	if (left < PCAPNG_USUAL_LEN)
		return 0;
	len = get_order32(at + 4, false);
	if ((get_order32(at, false) ^ BLOCK_PACKET) |
	    (get_order32(at + 8, false) ^ usual->iface) | (len % 4))
		return 0;
	if (len < PCAPNG_USUAL_LEN || len > PCAPNG_USUAL_MOST || len > left)
		return 0;
	units = (uint64_t)get_order32(at + 12, false) << 32 |
		get_order32(at + 16, false);
	frame->at_ns = (int64_t)(units * usual->unit_ns);
	frame->len = get_order32(at + 20, false);
	frame->wire_len = get_order32(at + 24, false);
	frame->bytes = at + 28;
	if (units > usual->units || frame->len > len - PCAPNG_USUAL_LEN ||
	    get_order32(at + len - 4, false) != len)
		return 0;
	return len;
}

#endif
