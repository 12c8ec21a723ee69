/* ICMP messages against frames made by another implementation (scapy). */
#include "packet/icmp.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "packet/decap.h"
#include "packet/seg_ip.h"
#include "test/expect.h"
#include "test/frames.h"
#include "test/make.h"

extern const struct suite suite_icmp;

/* The segment that is quoted: from 2 to 1, so the error goes from 1 to 2. */
static struct seg make_quoted(int family)
{
	struct seg seg = {
		.family = family,
		.src = make_end(family, 2, 7),
		.dst = make_end(family, 1, 40000),
		.seq = 0x01020304,
		.ack = 0x0a0b0c0d,
		.flags = FLAG_ACK,
		.win = 502,
	};

	return seg;
}

#define HEAD4 ETH4 "45000044000040004001b6b5" ADDRS4
#define QUOTE4                                             \
	"45000028000040004006b6ccc0000202c000020100079c40" \
	"010203040a0b0c0d501001f673750000"
#define HEAD6 ETH6 "6000000000443a40" ADDRS6
#define QUOTE6                                                     \
	"600000000014064020010db800000000000000000000000220010db8" \
	"00000000000000000000000100079c40010203040a0b0c0d501001f6" \
	"9c040000"

static void test_errors(void)
{
	static const struct {
		enum icmp_error error;
		int family;
		const char *hex;
	} rows[] = {
		{ ICMP_HOST_UNREACHABLE, AF_INET,
		  HEAD4 "0301811d00000000" QUOTE4 },
		{ ICMP_FRAG_NEEDED, AF_INET, HEAD4 "03047c1a00000500" QUOTE4 },
		{ ICMP_HOST_UNREACHABLE, AF_INET6,
		  HEAD6 "01033ccf00000000" QUOTE6 },
		{ ICMP_FRAG_NEEDED, AF_INET6, HEAD6 "020036d200000500" QUOTE6 },
		{ ICMP_PROTO_UNREACHABLE, AF_INET6,
		  HEAD6 "040139cb00000006" QUOTE6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct seg quoted = make_quoted(rows[i].family);
		uint8_t want[256], buf[256];
		size_t len = make_octets(rows[i].hex, want), built;

		expect_row(rows[i].hex);
		built = icmp_build_error(rows[i].error, 1280, &quoted,
					 make_mac[SIDE_A], make_mac[SIDE_B],
					 buf, sizeof(buf));
		EXPECT_MEM(buf, built, want, len);
		EXPECT_INT(icmp_build_error(rows[i].error, 1280, &quoted,
					    make_mac[SIDE_A], make_mac[SIDE_B],
					    buf, len - 1),
			   0);
	}
}

/* Type and code of every error, by RFC 792, 1122, 1812 and 4443. */
static void test_kinds(void)
{
	static const struct {
		const char *name;
		int v4, v6; /* type * 256 + code; -1: none */
	} rows[] = {
		{ "net-unreachable", 0x300, 0x100 },
		{ "host-unreachable", 0x301, 0x103 },
		{ "proto-unreachable", 0x302, 0x401 },
		{ "port-unreachable", 0x303, 0x104 },
		{ "frag-needed", 0x304, 0x200 },
		{ "admin-prohibited", 0x30d, 0x101 },
		{ "source-quench", 0x400, -1 },
		{ "ttl-exceeded", 0xb00, 0x300 },
		{ "parameter-problem", 0xc00, 0x400 },
	};

	EXPECT_INT(ARRAY_SIZE(rows), ICMP_ERROR_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		enum icmp_error error =
			icmp_parse(rows[i].name, strlen(rows[i].name));
		const struct seg quoted4 = make_quoted(AF_INET);
		const struct seg quoted6 = make_quoted(AF_INET6);
		uint8_t buf[256];
		size_t len;

		expect_row(rows[i].name);
		if (!EXPECT_TRUE(error != ICMP_ERROR_COUNT))
			continue;
		EXPECT_STR(icmp_name(error), rows[i].name);
		EXPECT_INT(icmp_has(error, AF_INET), 1);
		EXPECT_INT(icmp_has(error, AF_INET6), rows[i].v6 >= 0);
		icmp_build_error(error, 0, &quoted4, make_mac[SIDE_A],
				 make_mac[SIDE_B], buf, sizeof(buf));
		EXPECT_INT(buf[34] << 8 | buf[35], rows[i].v4);
		len = icmp_build_error(error, 0, &quoted6, make_mac[SIDE_A],
				       make_mac[SIDE_B], buf, sizeof(buf));
		EXPECT_INT(len ? buf[54] << 8 | buf[55] : -1, rows[i].v6);
	}
	EXPECT_INT(icmp_parse("host", 4), ICMP_ERROR_COUNT);
}

static void test_echo(void)
{
	static const struct {
		int family;
		const char *request, *reply;
	} rows[] = { { AF_INET, FRAME_ECHO4, FRAME_ECHO4_REPLY },
		     { AF_INET6, FRAME_ECHO6, FRAME_ECHO6_REPLY } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seg_end src = make_end(rows[i].family, 1, 0x1234);
		struct seg_end dst = make_end(rows[i].family, 2, 0);
		uint8_t buf[256], want[256];
		size_t len = icmp_build_echo(rows[i].family, &src, &dst, 7,
					     make_mac[SIDE_A], make_mac[SIDE_B],
					     buf, sizeof(buf));

		EXPECT_MEM(buf, len, want, make_octets(rows[i].request, want));
		EXPECT_TRUE(!icmp_is_echo_reply(buf, len, 0x1234, 7));
		len = make_octets(rows[i].reply, buf);
		EXPECT_TRUE(icmp_is_echo_reply(buf, len, 0x1234, 7));
		EXPECT_TRUE(!icmp_is_echo_reply(buf, len, 0x1235, 7));
		EXPECT_TRUE(!icmp_is_echo_reply(buf, len, 0x1234, 8));
		EXPECT_TRUE(!icmp_is_echo_reply(buf, len - 1, 0x1234, 7));
	}
}

/* What was built is found again, with the ends and the number it quotes. */
static void expect_quoted(enum icmp_error error, int family)
{
	struct seg quoted = make_quoted(family), found;
	enum icmp_error which = ICMP_ERROR_COUNT;
	uint8_t frame[200];
	struct decap_frame decap = { .link = DECAP_ETHERNET, .bytes = frame };

	expect_row(icmp_name(error));
	decap.len =
		(uint32_t)icmp_build_error(error, 1280, &quoted,
					   make_mac[SIDE_A], make_mac[SIDE_B],
					   frame, sizeof(frame));
	decap.wire_len = decap.len;
	EXPECT_TRUE(decap.len > 0);
	EXPECT_TRUE(decap_icmp(&decap, &which, &found));
	EXPECT_INT(which, error);
	EXPECT_INT(found.family, family);
	EXPECT_INT(found.seq, quoted.seq);
	EXPECT_TRUE(!memcmp(&found.src, &quoted.src, sizeof(found.src)));
	EXPECT_TRUE(!memcmp(&found.dst, &quoted.dst, sizeof(found.dst)));
	decap.len -= TCP_LEN - 7; /* without the whole number */
	EXPECT_TRUE(!decap_icmp(&decap, &which, &found));
	expect_row(NULL);
}

static void test_quoted(void)
{
	for (int e = 0; e < ICMP_ERROR_COUNT; e++) {
		expect_quoted((enum icmp_error)e, AF_INET);
		if (icmp_has((enum icmp_error)e, AF_INET6))
			expect_quoted((enum icmp_error)e, AF_INET6);
	}
	EXPECT_INT(icmp_of(AF_INET, 8, 0), ICMP_ERROR_COUNT);
}

static const struct test tests[] = {
	{ "errors about a segment", test_errors },
	{ "types and codes", test_kinds },
	{ "errors in frames, and what they quote", test_quoted },
	{ "echo requests and replies", test_echo },
	{ NULL, NULL },
};

const struct suite suite_icmp = { "icmp", tests };
