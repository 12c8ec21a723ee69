/*
 * The pcapng writer. Knows nothing of what the frames and comments say, and
 * writes little-endian everywhere.
 */
#include "packet/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "packet/pcapng_le.h"

#define OPTION_MAX 65535

#define LINKTYPE_ETHERNET 1

/* Zeroed room for len more octets. */
static uint8_t *grow(struct pcapng_out *o, size_t len)
{
	uint8_t *at;

	if (o->cap - o->len < len) {
		o->cap = (o->cap + len) * 2;
		o->bytes = memory_resize(o->bytes, o->cap, 1);
	}
	at = o->bytes + o->len;
	memset(at, 0, len);
	o->len += len;
	return at;
}

static void put(struct pcapng_out *o, uint64_t v, int octets)
{
	put_le(grow(o, (size_t)octets), v, octets);
}

/* The length is filled in by end_block. Returns where the block begins. */
static size_t begin_block(struct pcapng_out *o, uint32_t type)
{
	size_t at = o->len;

	put(o, type, 4);
	put(o, 0, 4);
	return at;
}

static void end_block(struct pcapng_out *o, size_t at)
{
	size_t total = o->len - at + BLOCK_FOOT;

	put(o, total, 4);
	put_le(o->bytes + at + 4, total, 4);
}

static void put_option(struct pcapng_out *o, uint16_t code, const void *value,
		       size_t len)
{
	if (len > OPTION_MAX)
		len = OPTION_MAX;
	put(o, code, 2);
	put(o, len, 2);
	memcpy(grow(o, pad4((uint32_t)len)), value, len);
}

static void put_text(struct pcapng_out *o, uint16_t code, const char *text)
{
	if (text)
		put_option(o, code, text, strlen(text));
}

static void put_number(struct pcapng_out *o, uint16_t code, uint64_t number)
{
	uint8_t octets[8];

	put_le(octets, number, sizeof(octets));
	put_option(o, code, octets, sizeof(octets));
}

/* Comments, then the end of the options. */
static void end_options(struct pcapng_out *o, const char *const *comments)
{
	for (; comments && *comments; comments++)
		put_text(o, PCAPNG_OPT_COMMENT, *comments);
	put_option(o, OPT_ENDOFOPT, "", 0);
}

static void put_time(struct pcapng_out *o, int64_t at_ns)
{
	put(o, (uint64_t)at_ns >> 32, 4);
	put(o, (uint64_t)at_ns & UINT32_MAX, 4);
}

void pcapng_section(struct pcapng_out *o, const char *hardware, const char *os,
		    const char *app, const char *const *comments)
{
	size_t at = begin_block(o, BLOCK_SECTION);

	put(o, BYTE_ORDER_MAGIC, 4);
	put(o, 1, 2); /* version 1.0 */
	put(o, 0, 2);
	put(o, UINT64_MAX, 8); /* the section's length is not said */
	put_text(o, OPT_SHB_HARDWARE, hardware);
	put_text(o, OPT_SHB_OS, os);
	put_text(o, OPT_SHB_USERAPPL, app);
	end_options(o, comments);
	end_block(o, at);
}

void pcapng_interface(struct pcapng_out *o, const char *name,
		      const char *description, uint32_t snaplen)
{
	pcapng_interface_of(o, LINKTYPE_ETHERNET, name, description, snaplen);
}

void pcapng_interface_of(struct pcapng_out *o, uint16_t linktype,
			 const char *name, const char *description,
			 uint32_t snaplen)
{
	const uint8_t resolution = TSRESOL_NS;
	size_t at = begin_block(o, BLOCK_INTERFACE);

	put(o, linktype, 2);
	put(o, 0, 2);
	put(o, snaplen, 4);
	put_text(o, PCAPNG_OPT_IFNAME, name);
	put_text(o, OPT_IF_DESCRIPTION, description);
	put_option(o, OPT_IF_TSRESOL, &resolution, 1);
	end_options(o, NULL);
	end_block(o, at);
}

void pcapng_packet(struct pcapng_out *o, uint32_t iface, int64_t at_ns,
		   const void *bytes, uint32_t len, const char *const *comments)
{
	pcapng_packet_cut(o, iface, at_ns, bytes, len, len, comments);
}

void pcapng_packet_cut(struct pcapng_out *o, uint32_t iface, int64_t at_ns,
		       const void *bytes, uint32_t len, uint32_t wire_len,
		       const char *const *comments)
{
	size_t at = begin_block(o, BLOCK_PACKET);
	uint8_t *data;

	put(o, iface, 4);
	put_time(o, at_ns);
	put(o, len, 4);
	put(o, wire_len, 4);
	data = grow(o, pad4(len));
	if (len)
		memcpy(data, bytes, len);
	end_options(o, comments);
	end_block(o, at);
}

void pcapng_statistics(struct pcapng_out *o, uint32_t iface, int64_t at_ns,
		       uint64_t received, uint64_t dropped,
		       const char *const *comments)
{
	size_t at = begin_block(o, BLOCK_STATISTICS);

	put(o, iface, 4);
	put_time(o, at_ns);
	put_number(o, OPT_ISB_IFRECV, received);
	put_number(o, OPT_ISB_IFDROP, dropped);
	end_options(o, comments);
	end_block(o, at);
}

void pcapng_free(struct pcapng_out *o)
{
	free(o->bytes);
	memset(o, 0, sizeof(*o));
}
