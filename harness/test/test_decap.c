/*
 * Frames of every link type, whole and mangled, down to their segments: what
 * is found, what is refused and why, and that no octets at all do harm.
 */
#include "packet/decap.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "test/expect.h"
#include "test/frames.h"
#include "test/make.h"

/* clang-format off */
#define SLL4	     "0000000100060000000000000000" "0800"
#define SLL6	     "0000000100060000000000000000" "86dd"
#define SLL_VLAN     "0000000100060000000000000000" "8100"
#define SLL2(type)   type "0000000000020001000600000000" "00000000"
/* clang-format on */
#define TCP_DATA PORTS SEQACK "501001f600000000"
#define TCP_SYN	 PORTS SEQACK "a00201f600000000" SYN_OPTS

static const struct found {
	const char *name;
	int link;
	const char *hex;
	int family;
	size_t len;  /* of the payload */
	size_t more; /* octets that were not captured */
} found[] = {
	{ "Ethernet", 1, FRAME_IP4_FIN, AF_INET, 0, 0 },
	{ "Ethernet, padded", 1, FRAME_PADDED, AF_INET, 0, 0 },
	{ "one tag", 1, FRAME_VLAN, AF_INET, 0, 0 },
	{ "two tags", 1, MACS "88a800078100000a0800" IP4_TCP, AF_INET, 0, 0 },
	{ "four tags", 1,
	  MACS "88a80007"
	       "9100000a"
	       "9200000b"
	       "8100000c"
	       "86dd" IP6_TCP,
	  AF_INET6, 0, 0 },
	{ "bad checksums", 1, FRAME_BAD_TCP_SUM, AF_INET, 0, 0 },
	{ "IPv6 extension headers", 1, FRAME_IP6_EXT, AF_INET6, 2, 0 },
	{ "raw IPv4", 12, IP4_TCP, AF_INET, 0, 0 },
	{ "raw IPv6", 12, IP6_TCP, AF_INET6, 0, 0 },
	{ "IPv4", 228, IP4_TCP, AF_INET, 0, 0 },
	{ "IPv6", 229, IP6_TCP, AF_INET6, 0, 0 },
	{ "NULL, little-endian", 0, "02000000" IP4_TCP, AF_INET, 0, 0 },
	{ "NULL, big-endian", 0, "00000002" IP4_TCP, AF_INET, 0, 0 },
	{ "NULL, FreeBSD's IPv6", 0, "1c000000" IP6_TCP, AF_INET6, 0, 0 },
	{ "NULL, macOS's IPv6", 0, "0000001e" IP6_TCP, AF_INET6, 0, 0 },
	{ "LOOP", 108, "00000002" IP4_TCP, AF_INET, 0, 0 },
	{ "LOOP IPv6", 108, "00000018" IP6_TCP, AF_INET6, 0, 0 },
	{ "SLL", 113, SLL4 IP4_TCP, AF_INET, 0, 0 },
	{ "SLL IPv6", 113, SLL6 IP6_TCP, AF_INET6, 0, 0 },
	{ "SLL, tag", 113, SLL_VLAN "000a0800" IP4_TCP, AF_INET, 0, 0 },
	{ "SLL2", 276, SLL2("0800") IP4_TCP, AF_INET, 0, 0 },
	{ "SLL2 IPv6", 276, SLL2("86dd") IP6_TCP, AF_INET6, 0, 0 },
	{ "IPv4 options", 12,
	  "4600002c000040004006000"
	  "0" ADDRS4 "01010100" TCP,
	  AF_INET, 0, 0 },
	{ "snap length", 12, IP4("05dc", "4000", "06") TCP, AF_INET, 1460,
	  1460 },
	{ "TSO: a total length of 0", 12, IP4("0000", "4000", "06") TCP,
	  AF_INET, 100000, 100000 },
	{ "jumbogram", 12, IP6("0000", "06") TCP, AF_INET6, 70000, 70000 },
	{ "first fragment", 12,
	  IP4("0030", "2000", "06") TCP_DATA "6162636465666768", AF_INET, 8,
	  0 },
	{ "IPv6, first fragment", 12,
	  IP6("001c", "2c") "0600000100000001" TCP_DATA, AF_INET6, 0, 0 },
	{ "IPv6, the only fragment", 12,
	  IP6("001c", "2c") "0600000000000001" TCP, AF_INET6, 0, 0 },
	{ "IPv6 authentication", 12,
	  IP6("002c", "33") "060400000000000000000000"
			    "0000000000000000"
			    "00000000" TCP,
	  AF_INET6, 0, 0 },
};

static void test_found(void)
{
	uint8_t bytes[512];

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		const struct found *row = &found[i];
		size_t len = make_octets(row->hex, bytes);
		struct seg seg;

		expect_row(row->name);
		if (!EXPECT_INT(open_frame(row->link, bytes, len,
					   len + row->more, &seg),
				DECAP_TCP))
			continue;
		EXPECT_INT(seg.family, row->family);
		EXPECT_INT(seg.src.port, 40000);
		EXPECT_INT(seg.dst.port, 7);
		EXPECT_INT(seg.seq, 0x01020304);
		EXPECT_INT(seg.ack, 0x0a0b0c0d);
		EXPECT_INT(seg.win, 502);
		EXPECT_INT(seg.len, row->len);
		EXPECT_INT(seg.src.addr[row->family == AF_INET ? 3 : 15], 1);
		EXPECT_INT(seg.dst.addr[row->family == AF_INET ? 3 : 15], 2);
	}
}

static const struct refused {
	const char *name;
	int link;
	const char *hex;
	enum decap_kind kind;
} refused[] = {
	{ "ARP", 1, FRAME_ARP, DECAP_NOT_TCP },
	{ "ICMP", 1, FRAME_ECHO4, DECAP_NOT_TCP },
	{ "first fragment, of a FIN", 12,
	  IP4("0030", "2000", "06") TCP "6162636465666768", DECAP_FRAGMENT },
	{ "ICMPv6", 1, FRAME_ECHO6, DECAP_NOT_TCP },
	{ "neither IPv4 nor IPv6", 12, "50000000", DECAP_NOT_TCP },
	{ "NULL of another family", 0, "07000000" IP4_TCP, DECAP_NOT_TCP },
	{ "ESP", 12, IP6("0014", "32") TCP, DECAP_NOT_TCP },
	{ "link type not known", 147, IP4_TCP, DECAP_UNREAD },
	{ "later fragment", 12, IP4("0028", "2001", "06") TCP, DECAP_FRAGMENT },
	{ "last fragment", 12, IP4("0028", "0003", "06") TCP, DECAP_FRAGMENT },
	{ "IPv6, later fragment", 12, IP6("001c", "2c") "0600000800000001" TCP,
	  DECAP_FRAGMENT },
	{ "first fragment, half a header", 12,
	  IP4("001c", "2000", "06") PORTS "01020304", DECAP_FRAGMENT },
	{ "first fragment, half the options", 12,
	  IP4("0028", "2000", "06") PORTS SEQACK "a00201f600000000",
	  DECAP_FRAGMENT },
	{ "nothing", 1, "", DECAP_TRUNCATED },
	{ "half an Ethernet header", 1, MACS, DECAP_TRUNCATED },
	{ "half an IP header", 12, "45000028000040004006", DECAP_TRUNCATED },
	{ "half a TCP header", 12, IP4("0028", "4000", "06") PORTS SEQACK,
	  DECAP_TRUNCATED },
	{ "half an extension header", 12, IP6("0020", "00") "0600",
	  DECAP_TRUNCATED },
	{ "total length within the header", 12, IP4("0010", "4000", "06") TCP,
	  DECAP_MALFORMED },
	{ "no room for a TCP header", 12, IP4("0024", "4000", "06") TCP,
	  DECAP_MALFORMED },
	{ "header length 16", 12,
	  IP4("0028", "4000", "06") PORTS SEQACK "401101f600000000",
	  DECAP_MALFORMED },
	{ "header beyond the packet", 12,
	  IP4("0028", "4000", "06") PORTS SEQACK "f01101f600000000",
	  DECAP_MALFORMED },
	{ "extension header beyond the packet", 12,
	  IP6("0010", "00") "06ff" TCP, DECAP_MALFORMED },
};

static void test_refused(void)
{
	uint8_t bytes[512];

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		size_t len = make_octets(refused[i].hex, bytes);
		struct seg seg;

		expect_row(refused[i].name);
		EXPECT_INT(open_frame(refused[i].link, bytes, len, len, &seg),
			   refused[i].kind);
	}
}

/* A SYN's options, some of which were not captured. */
static void test_options(void)
{
	static const struct {
		const char *name;
		const char *opts;
		size_t cut;
		bool syn;
		bool has_ts;
		int scale; /* or -1 */
	} rows[] = {
		{ "whole", SYN_OPTS, 0, true, true, 10 },
		{ "the scale is cut off", SYN_OPTS, 2, true, true, 14 },
		{ "in the timestamps", SYN_OPTS, 8, true, false, 14 },
		{ "all are cut off", SYN_OPTS, 20, true, false, 14 },
		{ "not a SYN's", SYN_OPTS, 20, false, false, -1 },
		{ "behind the scale",
		  "0103030a020405b4010101010101010101010101", 4, true, false,
		  10 },
		{ "behind the last", "020405b400000000000000000000000000000000",
		  4, true, false, -1 },
		{ "behind one of no length",
		  "020405b405000000000000000000000000000000", 4, true, false,
		  14 },
	};
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len =
			make_octets(IP4("003c", "4000", "06") TCP_SYN, bytes);

		expect_row(rows[i].name);
		make_octets(rows[i].opts, bytes + 40);
		bytes[33] = rows[i].syn ? FLAG_SYN : FLAG_ACK;
		EXPECT_INT(open_frame(12, bytes, len - rows[i].cut, len, &seg),
			   DECAP_TCP);
		EXPECT_INT(seg.has_ts, rows[i].has_ts);
		EXPECT_INT(seg.tsval, rows[i].has_ts);
		EXPECT_INT(seg.has_scale ? seg.scale : -1, rows[i].scale);
		EXPECT_INT(seg.opts_cut, rows[i].cut > 0);
	}
}

/* Every frame above, cut anywhere: found or refused, never read beyond. */
static void test_cut(void)
{
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		size_t len = make_octets(found[i].hex, bytes);
		int kinds[DECAP_KIND_COUNT] = { 0 };

		expect_row(found[i].name);
		for (size_t cut = 0; cut < len; cut++)
			kinds[open_frame(found[i].link, bytes, cut,
					 len + found[i].more, &seg)]++;
		EXPECT_TRUE(kinds[DECAP_TRUNCATED] > 30);
		EXPECT_INT(kinds[DECAP_MALFORMED], 0);
	}
}

/* Octets changed at random; what is found must be consistent. */
static void test_mutated(void)
{
	uint32_t state = 1;
	uint8_t bytes[512];
	struct seg seg;
	int n = 0;

	for (int round = 0; round < 20000; round++) {
		const struct found *row = &found[round % ARRAY_SIZE(found)];
		size_t len = make_octets(row->hex, bytes);

		if (!len)
			continue;
		for (int k = 0; k < 4; k++)
			bytes[make_random(&state) % len] =
				(uint8_t)make_random(&state);
		len -= make_random(&state) % 3 ? 0 : make_random(&state) % len;
		if (open_frame(row->link, bytes, len,
			       make_random(&state) % 2048, &seg) != DECAP_TCP)
			continue;
		n++;
		if (!EXPECT_TRUE(
			    seg.opts == NULL && seg.data == NULL &&
			    seg.len <= UINT16_MAX &&
			    (seg.family == AF_INET || seg.family == AF_INET6)))
			return;
	}
	EXPECT_TRUE(n > 1000);
}

static const struct test tests[] = {
	{ "found", test_found },     { "refused", test_refused },
	{ "options", test_options }, { "cut anywhere", test_cut },
	{ "mutated", test_mutated }, { NULL, NULL },
};

extern const struct suite suite_decap;
const struct suite suite_decap = { "decap", tests };
