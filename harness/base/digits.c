/* Digits as the octets of one number, which every step splits in two. */
#include "base/digits.h"

#include <endian.h>
#include <string.h>

#include "base/clock.h"

#define EIGHT_DIGITS UINT32_C(100000000)
#define ZEROS	     UINT64_C(0x3030303030303030)

/*
 * Of what was divided by a number the quotient, and bits above it the rest: in
 * all parts at once.
 */
static inline uint64_t split(uint64_t parts, uint64_t quotients, uint64_t by,
			     unsigned int bits)
{
	return (parts << bits) - quotients * ((by << bits) - 1);
}

/*
 * The digits of numbers that have four, each in its 32 bits, the first one in
 * the lowest octet: they are parted into two numbers of two digits each, and
 * these into digits. Multiplying and shifting divides all parts at once.
 */
static inline uint64_t fours(uint64_t parts)
{
	uint64_t high = (parts * 10486 >> 20) & UINT64_C(0x0000007f0000007f);

	parts = split(parts, high, 100, 16);
	high = (parts * 103 >> 10) & UINT64_C(0x000f000f000f000f);
	return split(parts, high, 10, 8);
}

static inline uint64_t eight(uint32_t n)
{
	return fours(split(n, n / 10000, 10000, 32));
}

/* Writes the digits, of which the first ones are left out. */
static void put(char *at, uint64_t digits, unsigned int without)
{
	uint64_t text = htole64((digits | ZEROS) >> 8 * without);

	memcpy(at, &text, sizeof(text));
}

/* The digits of a number with no more than so many of them. */
static inline char *put_all(char *at, uint64_t digits, unsigned int most)
{
	unsigned int zeros = (unsigned int)__builtin_ctzll(digits) / 8;

	put(at, digits, zeros);
	return at + most - zeros;
}

char *digits_put_many(char *at, uint64_t n)
{
	if (n < 10000)
		return put_all(at, fours(n), 4);
	if (n < EIGHT_DIGITS)
		return put_all(at, eight((uint32_t)n), 8);
	at = digits_put(at, n / EIGHT_DIGITS);
	put(at, eight((uint32_t)(n % EIGHT_DIGITS)), 0);
	return at + 8;
}

char *digits_fixed(char *at, uint32_t n, unsigned int width)
{
	put(at, eight(n), 8 - width);
	return at + width;
}

char *digits_seconds(char *at, int64_t ns, bool all)
{
	uint64_t n = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint32_t part = (uint32_t)(n % (uint64_t)NS_PER_S);
	uint64_t digits = eight(part / 10);
	unsigned int ninth = part % 10;

	*at = '-';
	at = digits_put(at + (ns < 0), n / (uint64_t)NS_PER_S);
	*at++ = '.';
	put(at, digits, 0);
	at[8] = (char)('0' + ninth);
	if (all || ninth)
		return at + 9;
	/* The first digit is written, whether it is zero or not. */
	return at + 8 - __builtin_clzll(digits | 1) / 8;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int digits_octet(const char *pair)
{
	int high = hex_digit(pair[0]);
	int low = high < 0 ? -1 : hex_digit(pair[1]);

	return low < 0 ? -1 : high << 4 | low;
}
