/* The codec against frames made by another implementation. */
#include "packet/seg.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "base/stream.h"
#include "test/expect.h"
#include "test/frames.h"
#include "test/make.h"

static struct seg make_seg(int family, uint8_t flags)
{
	struct seg seg = {
		.family = family,
		.src = make_end(family, 1, 40000),
		.dst = make_end(family, 2, 7),
		.seq = 0x01020304,
		.ack = flags & FLAG_ACK ? 0x0a0b0c0d : 0,
		.flags = flags,
		.win = flags & FLAG_RST ? 0 : 502,
	};

	return seg;
}

static const struct parse_row {
	const char *name;
	const char *hex;
	int family;
	int flags;
	const char *data;
	size_t opts_len;
	bool has_ts;
	bool csum_ok;
} parsed[] = {
	{ "IPv4 FIN", FRAME_IP4_FIN, AF_INET, 0x11, "", 0, false, true },
	{ "IPv4 timestamps", FRAME_IP4_TS, AF_INET, 0x18, "hello", 12, true,
	  true },
	{ "IPv6 SYN", FRAME_IP6_SYN, AF_INET6, 0x02, "", 4, false, true },
	{ "VLAN tag", FRAME_VLAN, AF_INET, 0x11, "", 0, false, true },
	{ "IPv6 extension headers", FRAME_IP6_EXT, AF_INET6, 0x11, "xy", 0,
	  false, true },
	{ "Ethernet padding", FRAME_PADDED, AF_INET, 0x10, "", 0, false, true },
	{ "bad TCP checksum", FRAME_BAD_TCP_SUM, AF_INET, 0x11, "", 0, false,
	  false },
	{ "bad IPv4 checksum", FRAME_BAD_IP_SUM, AF_INET, 0x11, "", 0, false,
	  false },
	{ "partial checksum", FRAME_IP4_PARTIAL, AF_INET, 0x18, "abc", 0, false,
	  false },
};

static void check_parsed(const struct parse_row *row)
{
	uint8_t buf[256];
	size_t len = make_octets(row->hex, buf);
	struct seg want = make_seg(row->family, (uint8_t)row->flags), seg;

	expect_row(row->name);
	if (!EXPECT_INT(seg_parse(buf, len, &seg), SEG_TCP))
		return;
	EXPECT_INT(seg.family, row->family);
	EXPECT_MEM(&seg.src, sizeof(seg.src), &want.src, sizeof(want.src));
	EXPECT_MEM(&seg.dst, sizeof(seg.dst), &want.dst, sizeof(want.dst));
	EXPECT_INT(seg.seq, want.seq);
	EXPECT_INT(seg.ack, want.ack);
	EXPECT_INT(seg.win, 502);
	EXPECT_INT(seg.flags, row->flags);
	EXPECT_MEM(seg.data, seg.len, row->data, strlen(row->data));
	EXPECT_INT(seg.opts_len, row->opts_len);
	EXPECT_INT(seg.has_ts, row->has_ts);
	EXPECT_INT(seg.tsval, row->has_ts ? 0x12345678 : 0);
	EXPECT_INT(seg.tsecr, row->has_ts ? 0x9abcdef0 : 0);
	EXPECT_INT(seg.csum_ok, row->csum_ok);
}

static void test_parse(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsed); i++)
		check_parsed(&parsed[i]);
}

static void test_not_segments(void)
{
	static const struct {
		const char *name;
		const char *hex;
		enum seg_kind kind;
	} rows[] = {
		{ "nothing", "", SEG_OTHER },
		{ "ARP", FRAME_ARP, SEG_OTHER },
		{ "ICMP", FRAME_ECHO4, SEG_OTHER },
		{ "ICMPv6", FRAME_ECHO6, SEG_OTHER },
		{ "IPv4 fragment", FRAME_IP4_FRAGMENT, SEG_OTHER },
		{ "IPv6 fragment", FRAME_IP6_FRAGMENT, SEG_OTHER },
		{ "IPv4 header of 16 octets",
		  ETH4 "44000028000040004006b6cc" ADDRS4 PORTS SEQACK
		       "501101f673740000",
		  SEG_BAD },
		{ "IPv4 length above the frame's",
		  ETH4 "45000029000040004006b6cc" ADDRS4 PORTS SEQACK
		       "501101f673740000",
		  SEG_BAD },
		{ "IPv4 length below its header",
		  ETH4 "45000013000040004006b6cc" ADDRS4 PORTS SEQACK
		       "501101f673740000",
		  SEG_BAD },
		{ "data offset 4",
		  ETH4 "45000028000040004006b6cc" ADDRS4 PORTS SEQACK
		       "401101f673740000",
		  SEG_BAD },
		{ "data offset above the segment",
		  ETH4 "45000028000040004006b6cc" ADDRS4 PORTS SEQACK
		       "601101f673740000",
		  SEG_BAD },
		{ "IPv6 length above the frame's",
		  ETH6 "6000000000180640" ADDRS6 PORTS SEQACK
		       "501801f6d7960000616263",
		  SEG_BAD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t buf[256];
		struct seg seg;

		expect_row(rows[i].name);
		EXPECT_INT(seg_parse(buf, make_octets(rows[i].hex, buf), &seg),
			   rows[i].kind);
	}
}

/* Cut at every octet: never TCP, and BAD once the IP header is there. */
static void test_truncated(void)
{
	static const struct {
		const char *hex;
		size_t ip_end;
	} rows[] = { { FRAME_IP4_TS, 34 },
		     { FRAME_IP6_DATA, 54 },
		     { FRAME_VLAN, 38 },
		     { FRAME_IP6_EXT, 78 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t whole[256];
		size_t len = make_octets(rows[i].hex, whole);

		for (size_t cut = 0; cut < len; cut++) {
			uint8_t part[256]; /* for the sanitizer: an exact end */
			uint8_t *end = part + sizeof(part) - cut;
			struct seg seg;

			memcpy(end, whole, cut);
			EXPECT_INT(seg_parse(end, cut, &seg),
				   cut < rows[i].ip_end ? SEG_OTHER : SEG_BAD);
		}
	}
}

/* Reads a segment with these options: false when it is refused. */
static bool read_options(uint8_t flags, const uint8_t *opts, size_t opts_len,
			 bool has_ts, struct seg *back)
{
	struct seg seg = make_seg(AF_INET, flags);
	uint8_t buf[256];
	size_t len;

	seg.opts = opts;
	seg.opts_len = opts_len;
	len = seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B], buf,
			sizeof(buf));
	if (!EXPECT_INT(seg_parse(buf, len, back), SEG_TCP))
		return false;
	EXPECT_INT(back->has_ts, has_ts);
	EXPECT_INT(back->tsval, has_ts ? 9 : 0);
	return true;
}

static void test_options(void)
{
	static const struct {
		const char *name;
		uint8_t opts[12];
		bool has_ts;
	} rows[] = {
		{ "timestamps", { 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8 }, true },
		{ "in front", { 8, 10, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0 }, true },
		{ "behind an unknown option",
		  { 99, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8 },
		  true },
		{ "behind the end of the list",
		  { 0, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8 },
		  false },
		{ "length zero",
		  { 99, 0, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8 },
		  false },
		{ "longer than the list",
		  { 1, 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0 },
		  false },
		{ "timestamps of another length",
		  { 1, 1, 8, 9, 0, 0, 0, 9, 0, 0, 0, 0 },
		  false },
		{ "no length", { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8 }, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seg back;

		expect_row(rows[i].name);
		read_options(FLAG_ACK, rows[i].opts, sizeof(rows[i].opts),
			     rows[i].has_ts, &back);
	}
}

/* The options of a SYN, in the usual order and in others. */
static void test_syn_options(void)
{
#define USUAL(mss, ts, scale)                                                 \
	{                                                                     \
		2, mss, 5, 180, 4, 2, 8, ts, 0, 0, 0, 9, 0, 0, 0, 8, 1, 3, 3, \
			scale                                                 \
	}
	static const struct {
		const char *name;
		uint8_t opts[20];
		size_t len;
		bool has_ts;
		bool has_scale;
		uint8_t scale;
	} rows[] = {
		{ "usual", USUAL(4, 10, 7), 20, true, true, 7 },
		{ "wide", USUAL(4, 10, 15), 20, true, true, 14 },
		{ "MSS of another length", USUAL(6, 10, 7), 20, true, true, 7 },
		{ "MSS of no length", USUAL(0, 10, 7), 20, false, false, 0 },
		{ "timestamps too short", USUAL(4, 9, 7), 20, false, false, 0 },
		{ "no scale behind", USUAL(4, 10, 7), 16, true, false, 0 },
		{ "scale alone", { 3, 3, 0, 1 }, 4, false, true, 0 },
		{ "scale of another length",
		  { 3, 4, 7, 7 },
		  4,
		  false,
		  false,
		  0 },
		{ "the last one",
		  { 3, 3, 2, 1, 3, 3, 5, 1 },
		  8,
		  false,
		  true,
		  5 },
		{ "none", { 2, 4, 5, 180 }, 4, false, false, 0 },
	};
#undef USUAL

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seg back;

		expect_row(rows[i].name);
		if (!read_options(FLAG_SYN, rows[i].opts, rows[i].len,
				  rows[i].has_ts, &back))
			continue;
		EXPECT_INT(back.has_scale, rows[i].has_scale);
		EXPECT_INT(back.scale, rows[i].scale);
	}
}

static void test_build(void)
{
	static const uint8_t ts[] = { 1,    1,	  8,	10,   0x12, 0x34,
				      0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0 };
	static const uint8_t mss[] = { 2, 4, 0x05, 0xa0 };
	static const struct {
		const char *name;
		const char *hex;
		int family;
		uint8_t flags;
		const void *opts;
		size_t opts_len;
		const char *data;
		size_t len;
	} rows[] = {
		{ "IPv4 FIN", FRAME_IP4_FIN, AF_INET, 0x11, NULL, 0, "", 0 },
		{ "IPv4 options and data", FRAME_IP4_TS, AF_INET, 0x18, ts, 12,
		  "hello", 5 },
		{ "IPv6 SYN", FRAME_IP6_SYN, AF_INET6, 0x02, mss, 4, "", 0 },
		{ "IPv6 data", FRAME_IP6_DATA, AF_INET6, 0x18, NULL, 0, "abc",
		  3 },
		{ "pattern octets", FRAME_RST_DATA, AF_INET, 0x14, ts, 12, NULL,
		  3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seg seg = make_seg(rows[i].family, rows[i].flags);
		uint8_t want[256], buf[256];
		size_t len = make_octets(rows[i].hex, want), built;

		expect_row(rows[i].name);
		seg.opts = rows[i].opts;
		seg.opts_len = rows[i].opts_len;
		seg.data = (const uint8_t *)rows[i].data;
		seg.len = rows[i].len;
		built = seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B], buf,
				  sizeof(buf));
		EXPECT_MEM(buf, built, want, len);
		EXPECT_INT(seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B],
				     buf, len),
			   len);
		EXPECT_INT(seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B],
				     buf, len - 1),
			   0);
	}
}

static void test_build_limits(void)
{
	static uint8_t buf[SEG_FRAME_MAX + 64];
	static const uint8_t opts[41] = { 1 };
	struct seg seg = make_seg(AF_INET, FLAG_ACK), back;
	size_t len;

	seg.opts = opts;
	seg.opts_len = 41;
	EXPECT_INT(seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B], buf,
			     sizeof(buf)),
		   0);
	seg.opts_len = 3; /* padded to 4 with end-of-list */
	len = seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B], buf,
			sizeof(buf));
	EXPECT_INT(len, 14 + 20 + 24);
	EXPECT_INT(seg_parse(buf, len, &back), SEG_TCP);
	EXPECT_INT(back.opts_len, 4);
	EXPECT_TRUE(back.csum_ok);
	seg.opts_len = 0;
	seg.len = 60000;
	len = seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B], buf,
			sizeof(buf));
	EXPECT_INT(len, 14 + 20 + 20 + 60000);
	EXPECT_INT(seg_parse(buf, len, &back), SEG_TCP);
	EXPECT_TRUE(back.csum_ok);
	EXPECT_INT(back.data[59999], stream_octet(59999));
	seg.len = 65536;
	EXPECT_INT(seg_build(&seg, make_mac[SIDE_A], make_mac[SIDE_B], buf,
			     sizeof(buf)),
		   0);
}

static void test_checksum(void)
{
	static const struct {
		const char *name;
		const char *hex;
		const char *completed; /* NULL: left alone */
	} rows[] = {
		{ "IPv4", FRAME_IP4_PARTIAL, FRAME_IP4_DATA },
		{ "IPv6", FRAME_IP6_PARTIAL, FRAME_IP6_DATA },
		{ "already right", FRAME_IP4_DATA, NULL },
		{ "plainly wrong", FRAME_BAD_TCP_SUM, NULL },
		{ "not TCP", FRAME_ECHO4, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *after =
			rows[i].completed ? rows[i].completed : rows[i].hex;
		uint8_t buf[256], want[256];
		size_t len = make_octets(rows[i].hex, buf);

		expect_row(rows[i].name);
		EXPECT_INT(seg_complete_checksum(buf, len),
			   rows[i].completed != NULL);
		EXPECT_MEM(buf, len, want, make_octets(after, want));
	}
}

static void test_wrap(void)
{
	static const struct {
		const char *hex;
		size_t len;
	} rows[] = { { FRAME_IP4_FIN, 54 }, { FRAME_IP6_SYN, 78 } };
	uint8_t want[256], buf[256];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = make_octets(rows[i].hex, want);

		EXPECT_INT(len, rows[i].len);
		EXPECT_MEM(buf,
			   seg_wrap_ip(want + SEG_ETH_LEN, len - SEG_ETH_LEN,
				       make_mac[SIDE_A], make_mac[SIDE_B], buf,
				       sizeof(buf)),
			   want, len);
		EXPECT_INT(seg_wrap_ip(want + SEG_ETH_LEN, len - SEG_ETH_LEN,
				       make_mac[SIDE_A], make_mac[SIDE_B], buf,
				       len - 1),
			   0);
	}
	EXPECT_INT(seg_wrap_ip("", 0, make_mac[SIDE_A], make_mac[SIDE_B], buf,
			       sizeof(buf)),
		   0);
	EXPECT_INT(seg_wrap_ip("\x55", 1, make_mac[SIDE_A], make_mac[SIDE_B],
			       buf, sizeof(buf)),
		   0);
}

static void test_span(void)
{
	static const struct {
		size_t len;
		uint32_t span;
		uint8_t flags;
	} rows[] = {
		{ 0, 0, FLAG_ACK },
		{ 0, 1, FLAG_SYN },
		{ 0, 1, FLAG_FIN | FLAG_ACK },
		{ 1000, 1001, FLAG_FIN | FLAG_ACK },
		{ 5, 7, FLAG_SYN | FLAG_FIN },
		{ 0, 0, FLAG_RST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seg seg = make_seg(AF_INET, rows[i].flags);

		seg.len = rows[i].len;
		EXPECT_INT(seg_span(&seg), rows[i].span);
	}
}

static const struct test tests[] = {
	{ "known frames are read", test_parse },
	{ "what is not a segment", test_not_segments },
	{ "frames cut at every octet", test_truncated },
	{ "options, sound and malformed", test_options },
	{ "options of a SYN", test_syn_options },
	{ "known frames are built", test_build },
	{ "limits of what is built", test_build_limits },
	{ "checksums left to offload are completed", test_checksum },
	{ "IP packets in frames", test_wrap },
	{ "octets of sequence space", test_span },
	{ NULL, NULL },
};

const struct suite suite_seg = { "seg", tests };
