/* The octets that agents send, and expect, wherever in a stream. Pure. */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include <stdint.h>

/* After how many octets they are the same again. */
#define STREAM_PERIOD 251

static inline uint8_t stream_octet(uint64_t offset)
{
	return (uint8_t)(offset % STREAM_PERIOD);
}

#endif
