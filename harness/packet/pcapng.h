/*
 * pcapng files: the few blocks we write, and reading them back with their
 * comments, which libpcap does not hand out. Pure: bytes in memory.
 * Format: draft-ietf-opsawg-pcapng.
 */
#ifndef PACKET_PCAPNG_H
#define PACKET_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* A growing buffer the writer appends to; bytes is malloc'ed. */
struct pcapng_out {
	uint8_t *bytes;
	size_t len;
	size_t cap;
};

/* Comments are NULL-terminated lists of strings, or NULL for none. */

/* Section header: hardware, operating system, application, comments. */
void pcapng_section(struct pcapng_out *o, const char *hardware, const char *os,
		    const char *app, const char *const *comments);

/* Interface description: Ethernet, nanosecond timestamps. */
void pcapng_interface(struct pcapng_out *o, const char *name,
		      const char *description, uint32_t snaplen);

/* The same of any link type, numbered as LINKTYPE_* are in files. */
void pcapng_interface_of(struct pcapng_out *o, uint16_t linktype,
			 const char *name, const char *description,
			 uint32_t snaplen);

/* Enhanced packet block. at_ns is since the epoch. */
void pcapng_packet(struct pcapng_out *o, uint32_t iface, int64_t at_ns,
		   const void *bytes, uint32_t len,
		   const char *const *comments);

/* The same of a packet that was wire_len octets long, of which len are here. */
void pcapng_packet_cut(struct pcapng_out *o, uint32_t iface, int64_t at_ns,
		       const void *bytes, uint32_t len, uint32_t wire_len,
		       const char *const *comments);

/* Interface statistics: received and dropped as libpcap counted them. */
void pcapng_statistics(struct pcapng_out *o, uint32_t iface, int64_t at_ns,
		       uint64_t received, uint64_t dropped,
		       const char *const *comments);

/* Gives the buffer back. */
void pcapng_free(struct pcapng_out *o);

enum pcapng_kind {
	PCAPNG_SECTION,
	PCAPNG_INTERFACE,
	PCAPNG_PACKET,
	PCAPNG_STATISTICS,
};

struct pcapng_block {
	enum pcapng_kind kind;
	uint32_t iface;	      /* PACKET, STATISTICS */
	int64_t at_ns;	      /* PACKET */
	const uint8_t *bytes; /* PACKET: into the file */
	uint32_t len;
	const uint8_t *options; /* raw, for pcapng_option */
	size_t options_len;
	bool big_endian;
};

#define PCAPNG_OPT_COMMENT 1
#define PCAPNG_OPT_IFNAME  2

/*
 * Walks the file: *at starts at 0. Returns 1 with *b filled, 0 at the end,
 * -1 with a fault naming the offset when the file is damaged. Reads files of
 * this module's writer (little-endian, if_tsresol 9); blocks of other types
 * are skipped, another byte order or resolution is a fault.
 */
int pcapng_next(const uint8_t *file, size_t len, size_t *at,
		struct pcapng_block *b, struct fault *f);

/*
 * Walks a block's options with that code: *at starts at 0. Returns the value
 * (not NUL-terminated) and *len, or NULL when there is none left.
 */
const char *pcapng_option(const struct pcapng_block *b, uint16_t code,
			  size_t *at, size_t *len);

/*
 * Packets of any pcapng file: either byte order, any resolution, interfaces of
 * different link types, several sections. Block by block, so that the file
 * need not be in memory.
 */
struct pcapng_iface {
	uint16_t linktype;  /* LINKTYPE_* */
	uint32_t snaplen;   /* 0: no limit */
	uint32_t number;    /* from 0 through all sections */
	uint8_t resolution; /* if_tsresol */
	int64_t offset_s;   /* if_tsoffset */
};

/* What the blocks so far have said. All zero before the first. */
struct pcapng_blocks {
	bool big_endian;
	bool begun;
	struct pcapng_iface *iface; /* of this section */
	uint32_t n_iface;
	uint32_t room;
	uint32_t interfaces; /* of all sections */
	int64_t last_ns;
};

struct pcapng_frame {
	const struct pcapng_iface *iface; /* until the next block is read */
	int64_t at_ns;
	const uint8_t *bytes; /* into the block */
	uint32_t len;
	uint32_t wire_len;
};

/* The octets at the beginning of a block that say how long it is. */
#define PCAPNG_HEAD 12

/* That many, those of the head included; or 0 with a fault. */
uint32_t pcapng_block_len(struct pcapng_blocks *s,
			  const uint8_t head[PCAPNG_HEAD], struct fault *f);

/*
 * Reads a whole block. Returns 1 with *frame filled in when it is a packet, 0
 * when it is not, -1 with a fault. Faults name no offset: the caller has it.
 */
int pcapng_block_read(struct pcapng_blocks *s, const uint8_t *block,
		      uint32_t len, struct pcapng_frame *frame,
		      struct fault *f);

void pcapng_blocks_free(struct pcapng_blocks *s);

#endif
