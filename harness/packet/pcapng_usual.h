/*
 * Packets as nearly all are in a pcapng file, taken in line as there are many:
 * in an enhanced packet block, in little endian, with a time that needs no more
 * than a multiplication.
 */
#ifndef PACKET_PCAPNG_USUAL_H
#define PACKET_PCAPNG_USUAL_H

#include <endian.h>
#include <string.h>

#include "packet/pcapng.h"

#define PCAPNG_USUAL_TYPE 6u
#define PCAPNG_USUAL_LEN  32u /* without the packet's octets */
#define PCAPNG_USUAL_MOST (UINT32_C(1) << 18)

/* What usual packets of an interface have in common. */
struct pcapng_usual {
	uint32_t iface; /* which of its section */
	uint64_t unit_ns;
	uint64_t units; /* at most, or they are no nanoseconds any more */
};

/* False: the section has no such interface, or its packets are not usual. */
bool pcapng_usual_of(const struct pcapng_blocks *s, uint32_t iface,
		     struct pcapng_usual *usual);

static __always_inline uint32_t pcapng_usual_get(const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	return le32toh(n);
}

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
	len = pcapng_usual_get(at + 4);
	if ((pcapng_usual_get(at) ^ PCAPNG_USUAL_TYPE) |
	    (pcapng_usual_get(at + 8) ^ usual->iface) | (len % 4))
		return 0;
	if (len < PCAPNG_USUAL_LEN || len > PCAPNG_USUAL_MOST || len > left)
		return 0;
	units = (uint64_t)pcapng_usual_get(at + 12) << 32 |
		pcapng_usual_get(at + 16);
	frame->at_ns = (int64_t)(units * usual->unit_ns);
	frame->len = pcapng_usual_get(at + 20);
	frame->wire_len = pcapng_usual_get(at + 24);
	frame->bytes = at + 28;
	if (units > usual->units || frame->len > len - PCAPNG_USUAL_LEN ||
	    pcapng_usual_get(at + len - 4) != len)
		return 0;
	return len;
}

#endif
