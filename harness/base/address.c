/* Octets from a table; IPv6 as RFC 5952 section 4 says, and as the libraries do. */
#include "base/address.h"

#include <stdbool.h>
#include <string.h>

#define WORDS 8

/* What is written of an octet, a dot behind it. */
struct octet {
	char text[7];
	uint8_t len;
};

/* clang-format off */
#define DIGIT(n) (char)('0' + (n) % 10)
#define OCTET(n)                                                          \
	{ { (n) > 99 ? DIGIT((n) / 100) : (n) > 9 ? DIGIT((n) / 10) : DIGIT(n), \
	    (n) > 99 ? DIGIT((n) / 10) : (n) > 9 ? DIGIT(n) : '.',        \
	    (n) > 99 ? DIGIT(n) : '.', '.' },                             \
	  (n) > 99 ? 4 : (n) > 9 ? 3 : 2 }
#define OCTETS_4(n) OCTET(n), OCTET(n + 1), OCTET(n + 2), OCTET(n + 3)
#define OCTETS_16(n) \
	OCTETS_4(n), OCTETS_4(n + 4), OCTETS_4(n + 8), OCTETS_4(n + 12)
#define OCTETS_64(n) \
	OCTETS_16(n), OCTETS_16(n + 16), OCTETS_16(n + 32), OCTETS_16(n + 48)
/* clang-format on */

static const struct octet octets[256] = { OCTETS_64(0), OCTETS_64(64),
					  OCTETS_64(128), OCTETS_64(192) };

char *address_ipv4(char *at, const uint8_t *addr)
{
	for (int i = 0; i < 4; i++) {
		const struct octet *octet = &octets[addr[i]];

		memcpy(at, octet->text, 4);
		at += octet->len;
	}
	return at - 1;
}

/* A run of zeros. */
struct run {
	int first, n;
};

/* The longest one of two or more, the first of equals; or it begins behind. */
static struct run find_zeros(const uint16_t *word)
{
	struct run best = { WORDS, 1 }, now = { 0, 0 };

	for (int i = 0; i < WORDS; i++) {
		now.n = word[i] ? 0 : now.n + 1;
		now.first = i + 1 - now.n;
		if (now.n > best.n)
			best = now;
	}
	return best;
}

static char *put_word(char *at, unsigned int word)
{
	static const char digits[] = "0123456789abcdef";
	int shift = word > 0xfff ? 12 : word > 0xff ? 8 : word > 0xf ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*at++ = digits[word >> shift & 0xf];
	return at;
}

/* IPv4's addresses in IPv6's: compatible ones (::a.b.c.d), or mapped ones. */
static bool ends_as_ipv4(const uint16_t *word, const struct run *zeros)
{
	return zeros->first == 0 &&
	       (zeros->n == 6 || (zeros->n == 5 && word[5] == 0xffff));
}

char *address_ipv6(char *at, const uint8_t *addr)
{
	uint16_t word[WORDS];
	struct run zeros;

	for (int i = 0; i < WORDS; i++)
		word[i] = (uint16_t)(addr[2 * i] << 8 | addr[2 * i + 1]);
	zeros = find_zeros(word);
	for (int i = 0; i < WORDS; i++) {
		if (i == zeros.first) {
			*at++ = ':';
			i += zeros.n;
			if (i == WORDS) {
				*at++ = ':';
				break;
			}
		}
		if (i)
			*at++ = ':';
		if (i == WORDS - 2 && ends_as_ipv4(word, &zeros))
			return address_ipv4(at, addr + 12);
		at = put_word(at, word[i]);
	}
	return at;
}
