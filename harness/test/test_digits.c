/*
 * Numbers, seconds and addresses as they are written by the million: what
 * printf and inet_ntop say of them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/digits.h"
#include "test/expect.h"

#define MANY 200000

/* What is written must stay within its room, whose end is marked. */
#define MARK '#'

struct room {
	char text[ADDRESS_ROOM + 1];
	size_t n;
};

static void begin(struct room *r, size_t n)
{
	memset(r->text, MARK, sizeof(r->text));
	r->n = n;
}

static bool expect_end(struct room *r, char *end, const char *said)
{
	if (!EXPECT_INT(r->text[r->n], MARK))
		return false;
	*end = '\0';
	return EXPECT_STR(r->text, said);
}

/* The same numbers in each run, as many with few digits as with many. */
static uint64_t draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random >> *random % 64;
}

static bool expect_number(uint64_t n)
{
	struct room r;
	char said[32];

	snprintf(said, sizeof(said), "%llu", (unsigned long long)n);
	begin(&r, DIGITS_ROOM);
	return expect_end(&r, digits_put(r.text, n), said);
}

static void test_numbers(void)
{
	uint64_t random = 1;

	for (uint64_t n = 0; n < MANY; n++)
		if (!expect_number(n))
			return;
	for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
		expect_number(power - 1);
		expect_number(power);
		expect_number(power * 10 - 1);
	}
	expect_number(10000000000000000000u);
	expect_number(UINT64_MAX);
	for (int i = 0; i < MANY; i++)
		if (!expect_number(draw(&random)))
			return;
}

static void test_fixed(void)
{
	static const uint32_t numbers[] = {
		0, 1, 7, 10, 42, 99, 100, 999999, 1234567, 99999999
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		for (unsigned int width = 1; width <= 8; width++) {
			struct room r;
			char said[32];

			snprintf(said, sizeof(said), "%0*u", (int)width,
				 numbers[i]);
			if (strlen(said) > width)
				continue;
			begin(&r, DIGITS_ROOM);
			expect_end(&r, digits_fixed(r.text, numbers[i], width),
				   said);
		}
}

static bool expect_seconds(int64_t ns)
{
	uint64_t n = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	struct room r;
	char said[48];
	size_t len = (size_t)snprintf(said, sizeof(said), "%s%llu.%09llu",
				      ns < 0 ? "-" : "",
				      (unsigned long long)(n / 1000000000),
				      (unsigned long long)(n % 1000000000));

	begin(&r, DIGITS_ROOM);
	if (!expect_end(&r, digits_seconds(r.text, ns, true), said))
		return false;
	while (said[len - 1] == '0' && said[len - 2] != '.')
		said[--len] = '\0';
	begin(&r, DIGITS_ROOM);
	return expect_end(&r, digits_seconds(r.text, ns, false), said);
}

static void test_seconds(void)
{
	uint64_t random = 2;

	expect_seconds(INT64_MIN);
	expect_seconds(INT64_MAX);
	for (int64_t unit = 1; unit <= NS_PER_S; unit *= 10)
		for (int64_t n = -2001; n <= 2001; n++)
			if (!expect_seconds(n * unit))
				return;
	for (int i = 0; i < MANY; i++)
		if (!expect_seconds((int64_t)draw(&random)))
			return;
}

static bool expect_address(int family, const uint8_t *addr)
{
	struct room r;
	char said[INET6_ADDRSTRLEN];

	inet_ntop(family, addr, said, sizeof(said));
	begin(&r, ADDRESS_ROOM);
	return expect_end(&r,
			  family == AF_INET ? address_ipv4(r.text, addr)
					    : address_ipv6(r.text, addr),
			  said);
}

static void test_ipv4(void)
{
	for (int i = 0; i < 256; i++) {
		uint8_t octet = (uint8_t)i;

		if (!expect_address(AF_INET,
				    (const uint8_t[]){ octet, 0, 255, octet }))
			return;
	}
	expect_address(AF_INET, (const uint8_t[]){ 1, 23, 145, 9 });
}

/* Each word is zero, short, long, or all ones: all patterns of eight. */
static void test_ipv6(void)
{
	static const uint16_t words[] = { 0, 0x1, 0xa0f, 0xffff };

	for (uint32_t pattern = 0; pattern < 1u << 16; pattern++) {
		uint8_t addr[16];

		for (int i = 0; i < 8; i++) {
			uint16_t word = words[pattern >> 2 * i & 3];

			addr[2 * i] = (uint8_t)(word >> 8);
			addr[2 * i + 1] = (uint8_t)word;
		}
		if (!expect_address(AF_INET6, addr))
			return;
	}
}

static const struct test tests[] = {
	{ "numbers", test_numbers },	 { "of fixed width", test_fixed },
	{ "seconds", test_seconds },	 { "IPv4 addresses", test_ipv4 },
	{ "IPv6 addresses", test_ipv6 }, { NULL, NULL },
};

extern const struct suite suite_digits;
const struct suite suite_digits = { "digits", tests };
