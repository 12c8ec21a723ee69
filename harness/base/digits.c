/* Digits from a table of pairs: half the divisions. */
#include "base/digits.h"

#include <string.h>

#define PAIR 2

static const char pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

static char *pair_before(char *end, uint64_t n)
{
	return memcpy(end - PAIR, pairs + n % 100 * PAIR, PAIR);
}

char *digits_before(char *end, uint64_t n)
{
	for (; n >= 100; n /= 100)
		end = pair_before(end, n);
	if (n >= 10)
		return pair_before(end, n);
	*--end = (char)('0' + n);
	return end;
}

char *digits_fixed(char *at, uint64_t n, unsigned int width)
{
	char *end = at + width;

	for (; width >= PAIR; width -= PAIR, n /= 100)
		pair_before(at + width, n);
	if (width)
		*at = (char)('0' + n % 10);
	return end;
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
