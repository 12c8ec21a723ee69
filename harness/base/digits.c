/* Digits from a table, three at a time. */
#include "base/digits.h"

#include <string.h>

#define THOUSAND 1000u
#define MILLION	 1000000u
#define BILLION	 1000000000u

/* What is written of a number below a thousand. */
struct three {
	char text[3];
	uint8_t len;
};

/* clang-format off */
#define DIGIT(n) (char)('0' + (n) % 10)

/* Of a number's beginning: without zeros in front. */
#define FIRST(n)                                                              \
	{ { (n) > 99 ? DIGIT((n) / 100) : (n) > 9 ? DIGIT((n) / 10) : DIGIT(n), \
	    (n) > 99 ? DIGIT((n) / 10) : DIGIT(n), DIGIT(n) },                \
	  (n) > 99 ? 3 : (n) > 9 ? 2 : 1 }

/* Of all that follows: three digits, so many of them without zeros behind. */
#define NEXT(n)                                                         \
	{ { DIGIT((n) / 100), DIGIT((n) / 10), DIGIT(n) },              \
	  (n) % 10 ? 3 : (n) % 100 ? 2 : (n) ? 1 : 0 }

#define TEN(X, n) X(n), X(n + 1), X(n + 2), X(n + 3), X(n + 4), \
		  X(n + 5), X(n + 6), X(n + 7), X(n + 8), X(n + 9)
#define HUNDRED(X, n) \
	TEN(X, n), TEN(X, n + 10), TEN(X, n + 20), TEN(X, n + 30), \
	TEN(X, n + 40), TEN(X, n + 50), TEN(X, n + 60), TEN(X, n + 70), \
	TEN(X, n + 80), TEN(X, n + 90)
#define ALL(X) \
	HUNDRED(X, 0), HUNDRED(X, 100), HUNDRED(X, 200), HUNDRED(X, 300), \
	HUNDRED(X, 400), HUNDRED(X, 500), HUNDRED(X, 600), HUNDRED(X, 700), \
	HUNDRED(X, 800), HUNDRED(X, 900)
/* clang-format on */

static const struct three firsts[THOUSAND] = { ALL(FIRST) };
static const struct three nexts[THOUSAND] = { ALL(NEXT) };

static inline char *put_first(char *at, uint32_t n)
{
	memcpy(at, &firsts[n], sizeof(firsts[n]));
	return at + firsts[n].len;
}

static inline char *put_three(char *at, uint32_t n)
{
	memcpy(at, &nexts[n], sizeof(nexts[n]));
	return at + 3;
}

static inline char *put_six(char *at, uint32_t n)
{
	at = put_three(at, n / THOUSAND);
	return put_three(at, n % THOUSAND);
}

static inline char *put_nine(char *at, uint32_t n)
{
	at = put_three(at, n / MILLION);
	return put_six(at, n % MILLION);
}

/* Apart, as what calls nothing has less to keep. */
static char *__attribute__((noinline)) put_long(char *at, uint64_t n)
{
	at = digits_put(at, n / BILLION);
	return put_nine(at, (uint32_t)(n % BILLION));
}

char *digits_put(char *at, uint64_t n)
{
	if (n < THOUSAND)
		return put_first(at, (uint32_t)n);
	if (n < MILLION) {
		at = put_first(at, (uint32_t)n / THOUSAND);
		return put_three(at, (uint32_t)n % THOUSAND);
	}
	if (n < BILLION) {
		at = put_first(at, (uint32_t)n / MILLION);
		return put_six(at, (uint32_t)n % MILLION);
	}
	return put_long(at, n);
}

char *digits_fixed(char *at, uint32_t n, unsigned int width)
{
	char text[9 + DIGITS_SCRATCH];

	if (width <= 6)
		put_six(text + 3, n);
	else
		put_nine(text, n);
	memcpy(at, text + 9 - width, DIGITS_SCRATCH);
	return at + width;
}

/* How many digits of a fraction are left without zeros at its end: 1 or more. */
static inline unsigned int count_digits(uint32_t milli, uint32_t micro,
					uint32_t nano)
{
	if (nano)
		return 6u + nexts[nano].len;
	if (micro)
		return 3u + nexts[micro].len;
	return milli ? nexts[milli].len : 1;
}

char *digits_seconds(char *at, int64_t ns, bool all)
{
	uint64_t n = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	uint32_t part = (uint32_t)(n % BILLION);
	uint32_t micros = part / THOUSAND;
	uint32_t milli = micros / THOUSAND, micro = micros % THOUSAND;
	uint32_t nano = part % THOUSAND;

	*at = '-';
	at = digits_put(at + (ns < 0), n / BILLION);
	*at++ = '.';
	put_three(at, milli);
	put_three(at + 3, micro);
	put_three(at + 6, nano);
	return at + (all ? 9 : count_digits(milli, micro, nano));
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
