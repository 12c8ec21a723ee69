/* Messages of the testability protocol, octet by octet. */
#include "tc8/message.h"

#include <string.h>

#include "test/expect.h"

extern const struct suite suite_tc8;

/* As the specification has it: GET_VERSION, and the answer of release 1.2.0. */
static const uint8_t version[] = { 0x01, 0x05, 0x00, 0x01, 0, 0, 0,    0x0e,
				   0,	 0,    0,    0,	   1, 1, 0x80, 0,
				   0,	 1,    0,    2,	   0, 0 };

static void test_written(void)
{
	struct tc8_out o;

	tc8_begin(&o, TC8_SERVICE, TC8_GET_VERSION, TC8_RESPONSE, TC8_OK);
	tc8_put16(&o, 1);
	tc8_put16(&o, 2);
	tc8_put16(&o, 0);
	EXPECT_TRUE(tc8_end(&o));
	EXPECT_INT(o.len, sizeof(version));
	EXPECT_TRUE(memcmp(o.octets, version, sizeof(version)) == 0);
}

static void test_too_long(void)
{
	static const uint8_t octets[TC8_MAX];
	struct tc8_out o;

	tc8_begin(&o, TC8_SERVICE, TC8_SEND_DATA, TC8_REQUEST, TC8_OK);
	tc8_put(&o, octets, TC8_MAX - TC8_HEADER - 2);
	EXPECT_TRUE(tc8_end(&o));
	tc8_put8(&o, 1);
	EXPECT_TRUE(!tc8_end(&o));
	EXPECT_INT(o.len, TC8_MAX);
}

static void test_read(void)
{
	struct tc8_in in;
	size_t len;

	EXPECT_TRUE(tc8_read(&in, version, sizeof(version)));
	EXPECT_INT(in.method, TC8_GET_VERSION);
	EXPECT_INT(in.type, TC8_RESPONSE);
	EXPECT_INT(tc8_get16(&in), 1);
	EXPECT_INT(tc8_get16(&in), 2);
	EXPECT_TRUE(!in.bad);
	EXPECT_INT(tc8_get16(&in), 0);
	EXPECT_INT(tc8_get8(&in), 0);
	EXPECT_TRUE(in.bad);
	/* A length that is not there is none. */
	EXPECT_TRUE(tc8_read(&in, version, sizeof(version)));
	tc8_get16(&in);
	tc8_get(&in, &len);
	EXPECT_INT(len, 2);
	EXPECT_TRUE(!in.bad);
	tc8_get(&in, &len);
	EXPECT_INT(len, 0);
	EXPECT_TRUE(in.bad);
}

/* Every prefix, and every octet another one: read, or refused. */
static void test_broken(void)
{
	uint8_t octets[sizeof(version)];
	struct tc8_in in;
	size_t i;

	for (i = 0; i < sizeof(version); i++)
		EXPECT_TRUE(!tc8_read(&in, version, i));
	for (i = 0; i < 256 * sizeof(version); i++) {
		memcpy(octets, version, sizeof(version));
		octets[i / 256] = (uint8_t)i;
		if (tc8_read(&in, octets, sizeof(octets)))
			EXPECT_TRUE(in.left <= sizeof(version) - TC8_HEADER);
	}
}

static void test_names(void)
{
	EXPECT_STR(tc8_method_name(0x0204), "TCP/LISTEN_AND_ACCEPT");
	EXPECT_STR(tc8_method_name(0x8204), "TCP/LISTEN_AND_ACCEPT");
	EXPECT_STR(tc8_method_name(0x0299), "no such primitive");
}

static const struct test tests[] = {
	{ "written", test_written }, { "longer than a frame", test_too_long },
	{ "read", test_read },	     { "broken ones", test_broken },
	{ "names", test_names },     { NULL, NULL },
};

const struct suite suite_tc8 = { "tc8", tests };
