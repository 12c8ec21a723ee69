/* Knows nothing of what it is given. */
#include "base/hash.h"

#include <string.h>

static uint64_t add(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(1099511628211);
	/* The product's low bits know nothing of the high ones. */
	return h ^ h >> 32;
}

uint64_t hash_octets(uint64_t h, const void *data, size_t len)
{
	const unsigned char *at = data;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = add(h, word);
		at += sizeof(word);
	}
	if (!len)
		return h;
	word = 0;
	memcpy(&word, at, len);
	return add(h, word);
}
