/*
 * Frames of every link type and tunnel, by hand from their specifications:
 * the segment is found behind each, what only looks like one is let alone, and
 * nobody reads beyond what was captured.
 */
#include "packet/decap.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/frames.h"
#include "test/make.h"

#define ZERO4  "00000000"
#define ZERO16 ZERO4 ZERO4 ZERO4 ZERO4
#define ZERO48 ZERO16 ZERO16 ZERO16

#define ETH(type)		  MACS type
#define ETH_TCP			  ETH("0800") IP4_TCP
#define OVER4(length, proto)	  ETH("0800") IP4(length, "4000", proto)
#define OVER6(length, proto)	  ETH("86dd") IP6(length, proto)
#define UDP(length, port, octets) OVER4(length, "11") "c000" port octets "0000"
#define SNAP			  "aaaa03000000"
#define WLAN(control)                      \
	control "0000" MACS "02000000000c" \
		"0000"

static const struct layer_row {
	const char *name;
	int link;
	const char *hex;
	bool tunnel; /* --outer lets it alone */
	bool six;
} found[] = {
	/* links */
	{ "IEEE 802.3 with SNAP", 1, MACS "0030" SNAP "0800" IP4_TCP, 0, 0 },
	{ "MPLS", 1, ETH("8847") "0001004000020140" IP4_TCP, 0, 0 },
	{ "MPLS, IPv6", 1, ETH("8847") "00020140" IP6_TCP, 0, 1 },
	{ "MPLS, control word", 1, ETH("8848") "00020140" ZERO4 ETH_TCP, 0, 0 },
	{ "MPLS, no control word", 1,
	  ETH("8847") "00020140"
		      "1200000000010200000000020800" IP4_TCP,
	  0, 0 },
	{ "PPPoE", 1,
	  ETH("8864") "11000001002a"
		      "0021" IP4_TCP,
	  0, 0 },
	{ "PPPoE, IPv6, tag", 1,
	  ETH("8100") "00078864"
		      "11000001003e"
		      "0057" IP6_TCP,
	  0, 1 },
	{ "MPLS link", 219, "00020140" IP4_TCP, 0, 0 },
	{ "PPP", 9, "ff030021" IP4_TCP, 0, 0 },
	{ "PPP, no address", 9, "0057" IP6_TCP, 0, 1 },
	{ "PPP, short protocol", 9, "ff0321" IP4_TCP, 0, 0 },
	{ "PPP, MPLS", 9, "ff03028100020140" IP4_TCP, 0, 0 },
	{ "PPP, serial", 50, "ff030021" IP4_TCP, 0, 0 },
	{ "PPP, serial, HDLC", 50, "0f000800" IP4_TCP, 0, 0 },
	{ "PPPoE link", 51, "11000001002a0021" IP4_TCP, 0, 0 },
	{ "pppd", 166, "01030021" IP4_TCP, 0, 0 },
	{ "PPP, direction", 204, "01ff030021" IP4_TCP, 0, 0 },
	{ "HDLC", 104, "0f000800" IP4_TCP, 0, 0 },
	{ "HDLC, multicast", 104, "8f0086dd" IP6_TCP, 0, 1 },
	{ "HDLC, direction", 205, "000f000800" IP4_TCP, 0, 0 },
	{ "Frame Relay", 107, "184103cc" IP4_TCP, 0, 0 },
	{ "Frame Relay, IPv6", 107, "1841038e" IP6_TCP, 0, 1 },
	{ "Frame Relay, SNAP", 107, "18410300800000000800" IP4_TCP, 0, 0 },
	{ "Frame Relay, Cisco", 107, "18410800" IP4_TCP, 0, 0 },
	{ "Frame Relay, 4 octets", 107, "1840000103cc" IP4_TCP, 0, 0 },
	{ "Frame Relay, direction", 206, "01184103cc" IP4_TCP, 0, 0 },
	{ "SLIP", 8,
	  "0040"
	  "0000" ZERO4 ZERO4 ZERO4 IP4_TCP,
	  0, 0 },
	{ "ATM", 11, SNAP "0800" IP4_TCP, 0, 0 },
	{ "802.11", 105, WLAN("0801") SNAP "0800" IP4_TCP, 0, 0 },
	{ "802.11, QoS", 105, WLAN("8802") "0000" SNAP "86dd" IP6_TCP, 0, 1 },
	{ "802.11, 4 addresses", 105,
	  WLAN("0803") "02000000000d" SNAP "0800" IP4_TCP, 0, 0 },
	{ "802.11, HT control", 105,
	  WLAN("8882") "0000" ZERO4 SNAP "0800" IP4_TCP, 0, 0 },
	{ "802.11, several in one", 105,
	  WLAN("8802") "8000" MACS "0030" SNAP "0800" IP4_TCP, 0, 0 },
	{ "radiotap", 127,
	  "00000a0006000000"
	  "0002" WLAN("0801") SNAP "0800" IP4_TCP,
	  0, 0 },
	{ "radiotap, two words, padded", 127,
	  "0000190003000080" ZERO4 ZERO4 ZERO4 ZERO4
	  "20" WLAN("8801") "00000000" SNAP "0800" IP4_TCP,
	  0, 0 },
	{ "Prism", 119,
	  "0000004400000090" ZERO48 ZERO48 ZERO16 ZERO16 ZERO4 ZERO4 WLAN(
		  "0801") SNAP "0800" IP4_TCP,
	  0, 0 },
	{ "AVS", 163,
	  "8021100100000010" ZERO4 ZERO4 WLAN("0801") SNAP "0800" IP4_TCP, 0,
	  0 },
	{ "AVS as Prism", 119,
	  "8021100200000010" ZERO4 ZERO4 WLAN("0801") SNAP "0800" IP4_TCP, 0,
	  0 },
	{ "PPI", 192, "00000c0069000000" ZERO4 WLAN("0801") SNAP "0800" IP4_TCP,
	  0, 0 },
	{ "enc", 109, "02000000" ZERO4 ZERO4 IP4_TCP, 0, 0 },
	{ "pflog", 117,
	  "3d02000"
	  "0" ZERO48 ZERO4 ZERO4 ZERO4 IP4_TCP,
	  0, 0 },
	{ "NFLOG", 239,
	  "02000000"
	  "0800010008000000"
	  "2c000900" IP4_TCP,
	  0, 0 },
	{ "NFLOG, padded, IPv6", 239,
	  "0a000000"
	  "05000a0078000000"
	  "40000900" IP6_TCP,
	  0, 1 },
	{ "NFLOG, big-endian", 239,
	  "02000000"
	  "0008000108000000"
	  "002c0009" IP4_TCP,
	  0, 0 },
	{ "netANALYZER", 240, ZERO4 ETH_TCP, 0, 0 },
	{ "PKTAP", 258,
	  "10000000"
	  "01000000"
	  "01000000" ZERO4 ETH_TCP,
	  0, 0 },
	{ "PKTAP, raw", 258,
	  "0c000000"
	  "01000000"
	  "0c000000" IP6_TCP,
	  0, 1 },
	{ "Linux cooked, LLC", 113,
	  "0000000100060000000000000000"
	  "0004" SNAP "0800" IP4_TCP,
	  0, 0 },
	/* tunnels */
	{ "IPv4 in IPv4", 1, OVER4("003c", "04") IP4_TCP, 1, 0 },
	{ "IPv6 in IPv4", 1, OVER4("0050", "29") IP6_TCP, 1, 1 },
	{ "IPv4 in IPv6", 1, OVER6("0028", "04") IP4_TCP, 1, 0 },
	{ "IPv6 in IPv6", 1, OVER6("003c", "29") IP6_TCP, 1, 1 },
	{ "a first fragment's", 1,
	  ETH("0800") IP4("003c", "2000", "04") IP4_TCP, 1, 0 },
	{ "GRE", 1, OVER4("0040", "2f") "00000800" IP4_TCP, 1, 0 },
	{ "GRE, IPv6 in IPv6", 1, OVER6("0040", "2f") "000086dd" IP6_TCP, 1,
	  1 },
	{ "GRE, sum, key, sequence", 1,
	  OVER4("004c", "2f") "b0000800" ZERO4 ZERO4 ZERO4 IP4_TCP, 1, 0 },
	{ "GRE, Ethernet", 1, OVER4("0052", "2f") "20006558" ZERO4 ETH_TCP, 1,
	  0 },
	{ "GRE, MPLS", 1,
	  OVER4("0044", "2f") "00008847"
			      "00020140" IP4_TCP,
	  1, 0 },
	{ "ERSPAN I", 1, OVER4("004e", "2f") "000088be" ETH_TCP, 1, 0 },
	{ "ERSPAN II", 1,
	  OVER4("005a", "2f") "100088be" ZERO4 ZERO4 ZERO4 ETH_TCP, 1, 0 },
	{ "ERSPAN III", 1, OVER4("005e", "2f") "100022eb" ZERO16 ETH_TCP, 1,
	  0 },
	{ "ERSPAN III, subheader", 1,
	  OVER4("0066", "2f") "100022eb" ZERO4 ZERO4 ZERO4
			      "00000001" ZERO4 ZERO4 ETH_TCP,
	  1, 0 },
	{ "PPTP", 1,
	  OVER4("004e", "2f") "3081880b"
			      "002a0001" ZERO4 ZERO4 "0021" IP4_TCP,
	  1, 0 },
	{ "EtherIP", 1, OVER4("004c", "61") "3000" ETH_TCP, 1, 0 },
	{ "VXLAN", 1, UDP("005a", "12b5", "0046") "0800000000002a00" ETH_TCP, 1,
	  0 },
	{ "VXLAN, tag, IPv6", 1,
	  UDP("0072", "12b5",
	      "005e") "0800000000002a00" ETH("8100") "000786dd" IP6_TCP,
	  1, 1 },
	{ "VXLAN of flannel", 1,
	  UDP("005a", "2118", "0046") "0800000000000100" ETH_TCP, 1, 0 },
	{ "VXLAN, group", 1,
	  UDP("005a", "12b5", "0046") "8800000700002a00" ETH_TCP, 1, 0 },
	{ "Geneve, options", 1,
	  UDP("005e", "17c1", "004a") "0100655800002a00" ZERO4 ETH_TCP, 1, 0 },
	{ "Geneve, IP", 1,
	  UDP("004c", "17c1", "0038") "0000080000002a00" IP4_TCP, 1, 0 },
	{ "GTP-U", 1, UDP("004c", "0868", "0038") "30ff002800000001" IP4_TCP, 1,
	  0 },
	{ "GTP-U, extension, IPv6", 1,
	  UDP("0068", "0868", "0054") "34ff004400000001"
				      "00000085"
				      "01100100" IP6_TCP,
	  1, 1 },
	{ "MPLS over UDP", 1, UDP("0048", "19eb", "0034") "00020140" IP4_TCP, 1,
	  0 },
	{ "VXLAN in GRE in IPv6", 1,
	  OVER6("005e", "2f") "00000800" IP4("005a", "4000",
					     "11") "c00012b5"
						   "00460000"
						   "0800000000002a00" ETH_TCP,
	  1, 0 },
};

static enum decap_kind open_layers(const struct decap_frame *frame, size_t len,
				   struct seg *seg)
{
	uint32_t next;

	return open_exactly(frame, len, seg, &next);
}

static struct decap_frame frame_of(int link, const char *hex, uint8_t *bytes)
{
	uint32_t len = (uint32_t)make_octets(hex, bytes);

	return (struct decap_frame){ link, bytes, len, len, false, 0 };
}

static void expect_segment(const struct layer_row *row, const struct seg *seg)
{
	EXPECT_INT(seg->family, row->six ? AF_INET6 : AF_INET);
	EXPECT_INT(seg->src.port, 40000);
	EXPECT_INT(seg->dst.port, 7);
	EXPECT_INT(seg->seq, 0x01020304);
	EXPECT_INT(seg->len, 0);
	EXPECT_INT(seg->dst.addr[row->six ? 15 : 3], 2);
}

static void test_found(void)
{
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		const struct layer_row *row = &found[i];
		struct decap_frame frame = frame_of(row->link, row->hex, bytes);

		expect_row(row->name);
		if (EXPECT_INT(open_layers(&frame, frame.len, &seg), DECAP_TCP))
			expect_segment(row, &seg);
		EXPECT_TRUE(decap_knows(row->link));
	}
}

/* Tunnels are let alone, links are not. */
static void test_outer(void)
{
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct decap_frame frame =
			frame_of(found[i].link, found[i].hex, bytes);

		expect_row(found[i].name);
		frame.outer = true;
		EXPECT_INT(open_layers(&frame, frame.len, &seg),
			   found[i].tunnel ? DECAP_NOT_TCP : DECAP_TCP);
	}
}

/* Cut anywhere, and with octets behind it that the wire had not. */
static void test_cut(void)
{
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct decap_frame frame =
			frame_of(found[i].link, found[i].hex, bytes);
		int kinds[DECAP_KIND_COUNT] = { 0 };

		expect_row(found[i].name);
		for (size_t cut = 0; cut < frame.len; cut++)
			kinds[open_layers(&frame, cut, &seg)]++;
		EXPECT_TRUE(kinds[DECAP_TRUNCATED] + kinds[DECAP_FRAGMENT] >
			    20);
		EXPECT_INT(kinds[DECAP_TCP] + kinds[DECAP_NOT_TCP] +
				   kinds[DECAP_MALFORMED],
			   0);
	}
}

static const struct refused {
	const char *name;
	int link;
	const char *hex;
	enum decap_kind kind;
} refused[] = {
	{ "LLC of another protocol", 1,
	  MACS "0030"
	       "424203" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "SNAP of an organisation", 1,
	  MACS "0030"
	       "aaaa0300000c0800" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "PPPoE discovery", 1, ETH("8863") "11090000002a0021" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "PPPoE of another code", 1, ETH("8864") "11a70001002a0021" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "PPP, compressed headers", 9, "ff03002d" IP4_TCP, DECAP_NOT_TCP },
	{ "PPP, LCP", 9, "ff03c021" IP4_TCP, DECAP_NOT_TCP },
	{ "HDLC, keep-alive", 104, "8f008035" IP4_TCP, DECAP_NOT_TCP },
	{ "Frame Relay, not an address", 107, "194103cc" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "802.11, encrypted", 105, WLAN("0841") SNAP "0800" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "802.11, no data", 105, WLAN("4801") SNAP "0800" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "802.11, beacon", 105, WLAN("8000") SNAP "0800" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "802.11, a fragment", 105,
	  "08050000" MACS "02000000000c"
	  "0000" SNAP "0800" IP4_TCP,
	  DECAP_FRAGMENT },
	{ "radiotap, bad checksum", 127,
	  "0000090002000000"
	  "40" WLAN("0801") SNAP "0800" IP4_TCP,
	  DECAP_MALFORMED },
	{ "radiotap of no length", 127,
	  "0000000000000000" WLAN("0801") SNAP "0800" IP4_TCP,
	  DECAP_MALFORMED },
	{ "NFLOG, no payload", 239,
	  "02000000"
	  "0800010008000000",
	  DECAP_NOT_TCP },
	{ "NFLOG of no length", 239,
	  "02000000"
	  "0000090008000000",
	  DECAP_MALFORMED },
	{ "PKTAP of no length", 258,
	  "00000000"
	  "01000000"
	  "01000000" ETH_TCP,
	  DECAP_MALFORMED },
	{ "PKTAP in itself, without end", 258,
	  "0c000000"
	  "01000000"
	  "02010000",
	  DECAP_TRUNCATED },
	{ "PPI of another link type", 192, "0000080093000000" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "GRE with a route", 1, OVER4("0040", "2f") "40000800" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "GRE, keep-alive", 1, OVER4("0040", "2f") "00000000" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "PPTP without data", 1,
	  OVER4("0024", "2f") "2081880b"
			      "00000001"
			      "00000000" ZERO4,
	  DECAP_NOT_TCP },
	{ "GRE, longer inside than outside", 1,
	  OVER4("0038", "2f") "00000800" IP4_TCP, DECAP_MALFORMED },
	{ "a later fragment's", 1,
	  ETH("0800") IP4("003c", "0001", "04") IP4_TCP, DECAP_NOT_TCP },
	{ "a first fragment's, cut", 1,
	  ETH("0800") IP4("0038", "2000", "04") "4500002800004000400600"
						"00" ADDRS4 PORTS SEQACK,
	  DECAP_FRAGMENT },
	{ "ESP", 1, OVER4("003c", "32") IP4_TCP, DECAP_NOT_TCP },
	/* look-alikes: any program may use the port */
	{ "VXLAN's port, from it", 1,
	  OVER4("005a", "11") "12b5c000"
			      "00460000"
			      "0800000000002a00" ETH_TCP,
	  DECAP_NOT_TCP },
	{ "VXLAN's port, DNS", 1,
	  UDP("0039", "12b5", "0025") "1234818000010000000000000377777702"
				      "64650000010001",
	  DECAP_NOT_TCP },
	{ "VXLAN's port, a bit that is reserved", 1,
	  UDP("005a", "12b5", "0046") "0800000000002a01" ETH_TCP,
	  DECAP_NOT_TCP },
	{ "VXLAN's port, no network", 1,
	  UDP("005a", "12b5", "0046") "0000000000002a00" ETH_TCP,
	  DECAP_NOT_TCP },
	{ "VXLAN, no IP inside", 1,
	  UDP("005a", "12b5",
	      "0046") "0800000000002a00" ETH("0800") "5500002800004000400600"
						     "00" ADDRS4 TCP,
	  DECAP_NOT_TCP },
	{ "VXLAN, longer inside than outside", 1,
	  UDP("0059", "12b5", "0045") "0800000000002a00" ETH_TCP,
	  DECAP_NOT_TCP },
	{ "VXLAN, a TCP header of 16", 1,
	  UDP("005a", "12b5", "0046") "0800000000002a00" ETH("0800")
		  IP4("0028", "4000", "06") PORTS SEQACK "401101f600000000",
	  DECAP_NOT_TCP },
	{ "Geneve's port, version 1", 1,
	  UDP("004c", "17c1", "0038") "4000080000002a00" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "GTP's port, a length that is not UDP's", 1,
	  UDP("004c", "0868", "0038") "30ff002900000001" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "GTP, echo", 1,
	  UDP("004c", "0868", "0038") "3001002800000001" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "GTP', charging", 1,
	  UDP("004c", "0868", "0038") "20ff002800000001" IP4_TCP,
	  DECAP_NOT_TCP },
	{ "GTP-U, an extension of no length", 1,
	  UDP("0054", "0868", "0040") "34ff003000000001"
				      "00000085"
				      "00100100" IP4_TCP,
	  DECAP_NOT_TCP },
};

static void test_refused(void)
{
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct decap_frame frame =
			frame_of(refused[i].link, refused[i].hex, bytes);

		expect_row(refused[i].name);
		EXPECT_INT(open_layers(&frame, frame.len, &seg),
			   refused[i].kind);
	}
}

/* Any octet changed to any other: an answer, and no reading beyond. */
static void test_mutated(void)
{
	uint32_t state = 1;
	uint8_t bytes[512];
	struct seg seg;

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		for (int round = 0; round < 200; round++) {
			struct decap_frame frame =
				frame_of(found[i].link, found[i].hex, bytes);

			for (int k = 0; k < 3; k++)
				bytes[make_random(&state) % frame.len] =
					(uint8_t)make_random(&state);
			expect_row(found[i].name);
			EXPECT_TRUE(open_layers(&frame, frame.len, &seg) <
				    DECAP_KIND_COUNT);
		}
	}
}

static const struct test tests[] = {
	{ "found", test_found },     { "outer", test_outer },
	{ "refused", test_refused }, { "cut anywhere", test_cut },
	{ "mutated", test_mutated }, { NULL, NULL },
};

extern const struct suite suite_decap_layer;
const struct suite suite_decap_layer = { "decap_layer", tests };
