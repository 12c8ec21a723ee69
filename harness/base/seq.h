/*
 * Sequence numbers, compared across the wrap (RFC 9293 section 3.4: arithmetic
 * modulo 2^32). Two numbers 2^31 or more apart have no order: the callers
 * know that theirs are closer.
 */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_after(a, b) ? a : b;
}

#endif
