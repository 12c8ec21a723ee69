/*
 * A number that other octets hardly have too: FNV-1a with 64 bits
 * (www.isthe.com/chongo/tech/comp/fnv), by words of eight octets. No secret.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN UINT64_C(14695981039346656037)

/*
 * Goes on from h with len octets. Pieces give what the whole would give, when
 * all but the last are a multiple of eight octets long.
 */
uint64_t hash_octets(uint64_t h, const void *data, size_t len);

#endif
