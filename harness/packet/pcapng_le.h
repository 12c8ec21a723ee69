/*
 * What the writer and the readers of pcapng agree on: numbers of the format,
 * and its octets. Private to the pcapng*.[ch] files.
 */
#ifndef PACKET_PCAPNG_LE_H
#define PACKET_PCAPNG_LE_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_SECTION	 0x0a0d0d0a
#define BLOCK_INTERFACE	 1
#define BLOCK_OLD_PACKET 2
#define BLOCK_SIMPLE	 3
#define BLOCK_STATISTICS 5
#define BLOCK_PACKET	 6

#define BYTE_ORDER_MAGIC   0x1a2b3c4d
#define BYTE_ORDER_SWAPPED 0x4d3c2b1a

#define OPT_ENDOFOPT	   0
#define OPT_SHB_HARDWARE   2
#define OPT_SHB_OS	   3
#define OPT_SHB_USERAPPL   4
#define OPT_IF_DESCRIPTION 3
#define OPT_IF_TSRESOL	   9
#define OPT_IF_TSOFFSET	   14
#define OPT_ISB_IFRECV	   4
#define OPT_ISB_IFDROP	   5

#define TSRESOL_NS 9

/* A block's body lies between its type and length, and its length again. */
#define BLOCK_HEAD 8
#define BLOCK_FOOT 4

#define SECTION_LEN    16
#define INTERFACE_LEN  8
#define PACKET_LEN     20
#define SIMPLE_LEN     4
#define STATISTICS_LEN 12

static inline void put_le(uint8_t *p, uint64_t v, int octets)
{
	for (int i = 0; i < octets; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline uint64_t get_le(const uint8_t *p, int octets)
{
	uint64_t v = 0;

	for (int i = octets; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

/* The same in the byte order of a section. */
static inline uint64_t get_order(const uint8_t *p, int octets, bool big)
{
	uint64_t v = 0;

	if (!big)
		return get_le(p, octets);
	for (int i = 0; i < octets; i++)
		v = v << 8 | p[i];
	return v;
}

/* Most numbers have four octets: these are read at once. */
static inline uint32_t get_order32(const uint8_t *p, bool big)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return big ? be32toh(v) : le32toh(v);
}

static inline uint32_t pad4(uint32_t len)
{
	return (len + 3) & ~UINT32_C(3);
}

#endif
