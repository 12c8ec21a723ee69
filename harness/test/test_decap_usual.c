/*
 * What is found in a frame at a glance is what the layers, opened one after
 * another, have in it: of frames as most are, and of all that differ little.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "packet/decap_usual.h"
#include "packet/seg_ip.h"
#include "test/expect.h"
#include "test/frames.h"
#include "test/make.h"

static bool is_same_brief(const struct decap_brief *brief,
			  const struct seg *seg)
{
	return !(brief->kind & DECAP_HAS_TS) == !seg->has_ts &&
	       !(brief->kind & DECAP_HAS_SCALE) == !seg->has_scale &&
	       brief->scale == seg->scale && brief->tsval == seg->tsval &&
	       brief->tsecr == seg->tsecr;
}

/*
 * Whether decap reads the options as they are read one after another, for a
 * segment and for a brief.
 */
static bool reads_same(const uint8_t *opts, size_t len)
{
	static const uint8_t mac[SEG_MAC_LEN] = { 2 };
	struct seg seg = { .family = AF_INET,
			   .src.port = 1,
			   .dst.port = 2,
			   .flags = FLAG_SYN,
			   .opts = opts,
			   .opts_len = len };
	struct seg plain = { .opts = opts, .opts_len = len }, got;
	uint8_t bytes[256];
	size_t n = seg_build(&seg, mac, mac, bytes, sizeof(bytes));
	struct decap_brief brief;

	seg_read_options(&plain);
	decap_brief_options(&brief, opts, len);
	return is_same_brief(&brief, &plain) &&
	       open_frame(DECAP_ETHERNET, bytes, n, n, &got) == DECAP_TCP &&
	       got.has_ts == plain.has_ts && got.tsval == plain.tsval &&
	       got.tsecr == plain.tsecr && got.has_scale == plain.has_scale &&
	       got.scale == plain.scale;
}

/* Those that are read at a glance, and all that differ from them little. */
static void test_usual_options(void)
{
	static const char *const usual[] = { "0101080a0102030405060708",
					     SYN_OPTS };
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		uint8_t opts[40];
		size_t len = make_octets(usual[i], opts);

		for (size_t at = 0; at < len; at++) {
			uint8_t was = opts[at];

			for (int octet = 0; octet <= UINT8_MAX; octet++) {
				opts[at] = (uint8_t)octet;
				wrong += !reads_same(opts, len);
			}
			opts[at] = was;
		}
		for (size_t shorter = 4; shorter < len; shorter += 4)
			wrong += !reads_same(opts, shorter);
	}
	EXPECT_INT(wrong, 0);
}

static bool is_same_end(const struct seg_end *a, const struct seg_end *b)
{
	return memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 &&
	       a->port == b->port;
}

/* Member by member: what lies between them nobody writes. */
static bool is_same_seg(const struct seg *a, const struct seg *b)
{
	return a->family == b->family && is_same_end(&a->src, &b->src) &&
	       is_same_end(&a->dst, &b->dst) && a->seq == b->seq &&
	       a->ack == b->ack && a->win == b->win && a->urg == b->urg &&
	       a->flags == b->flags && a->csum_ok == b->csum_ok &&
	       a->has_ts == b->has_ts && a->has_scale == b->has_scale &&
	       a->scale == b->scale && a->opts_cut == b->opts_cut &&
	       a->ttl == b->ttl && a->tsval == b->tsval &&
	       a->tsecr == b->tsecr && a->opts == b->opts &&
	       a->data == b->data && a->opts_len == b->opts_len &&
	       a->len == b->len;
}

/* A brief has what the segment has, but urg: its ends as they lie there. */
static bool is_same_in_brief(const uint8_t *ip, uint32_t heads,
			     const struct seg *seg)
{
	struct decap_ends ends = decap_ends4(ip);
	struct seg unfolded = *seg;
	struct decap_brief brief;

	decap_brief4(ip, heads, &brief);
	decap_brief_options(&brief, decap_opts4(ip), heads - IP4_LEN - TCP_LEN);
	decap_unfold(&brief, &unfolded);
	if (decap_has_stamps4(ip, heads)) {
		struct decap_brief stamped;

		decap_brief_stamped4(ip, &stamped);
		if (memcmp(&stamped, &brief, sizeof(brief)) != 0)
			return false;
	}
	return is_same_seg(&unfolded, seg) &&
	       memcmp(&ends.src, seg->src.addr, sizeof(ends.src)) == 0 &&
	       memcmp(&ends.dst, seg->dst.addr, sizeof(ends.dst)) == 0 &&
	       ntohs(ends.src_port) == seg->src.port &&
	       ntohs(ends.dst_port) == seg->dst.port;
}

/* When a packet is found in a frame at a glance, it is what is in the frame. */
static bool is_found_right(int link, const uint8_t *frame, size_t len,
			   bool *is_found)
{
	uint32_t left, heads = 0;
	const uint8_t *ip = decap_usual_ip4(link, frame, (uint32_t)len, &left);
	struct seg seg;

	memset(&seg, 0, sizeof(seg));
	if (ip)
		heads = decap_heads4(ip, left);
	*is_found = heads;
	return !heads ||
	       (open_frame(link, frame, len, len, &seg) == DECAP_TCP &&
		is_same_in_brief(ip, heads, &seg));
}

/* Whether a frame has on Ethernet what its packet has by itself. */
static bool is_same_alone(int link, const uint8_t *frame, size_t len)
{
	struct seg framed, alone;
	enum decap_kind kind;
	bool is_found;

	memset(&framed, 0, sizeof(framed));
	memset(&alone, 0, sizeof(alone));
	kind = open_frame(DECAP_ETHERNET, frame, len, len, &framed);
	return is_found_right(DECAP_ETHERNET, frame, len, &is_found) &&
	       kind == open_frame(link, frame + SEG_ETH_LEN, len - SEG_ETH_LEN,
				  len - SEG_ETH_LEN, &alone) &&
	       (kind != DECAP_TCP || is_same_seg(&framed, &alone));
}

/* What lies before a packet, on links where it is found at a glance, or not. */
static void test_fronts(void)
{
	static const struct {
		int link;
		const char *hex;
		bool finds;
	} rows[] = {
		{ DECAP_ETHERNET, MACS "0800", true },
		{ DECAP_ETHERNET,
		  MACS "81000005"
		       "0800",
		  true },
		{ DECAP_ETHERNET,
		  MACS "88a80005"
		       "0800",
		  false },
		{ DECAP_ETHERNET,
		  MACS "81000005"
		       "81000006"
		       "0800",
		  false },
		{ DECAP_SLL,
		  "0000000100060200000000010000"
		  "0800",
		  true },
		{ DECAP_SLL2, "0800000000000001000100060200000000010000",
		  true },
		{ DECAP_RAW, "", true },
		{ DECAP_IPV4, "", true },
		{ DECAP_NULL, "02000000", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t frame[256], was;
		size_t front = make_octets(rows[i].hex, frame), len = front;
		unsigned int wrong = 0;
		bool is_found;

		len += make_octets(IP4_TCP, frame + front);
		wrong += !is_found_right(rows[i].link, frame, len, &is_found);
		EXPECT_INT(is_found, rows[i].finds);
		for (size_t at = 0; at < len; at++) {
			was = frame[at];
			for (int octet = 0; octet <= UINT8_MAX; octet++) {
				frame[at] = (uint8_t)octet;
				wrong += !is_found_right(rows[i].link, frame,
							 len, &is_found);
			}
			frame[at] = was;
		}
		for (size_t shorter = 0; shorter < len; shorter++)
			wrong += !is_found_right(rows[i].link, frame, shorter,
						 &is_found);
		EXPECT_INT(wrong, 0);
	}
}

/* Frames that are taken apart at a glance, and all that differ little. */
static void test_usual(void)
{
	static const struct {
		int link; /* of the packet by itself, which goes the long way */
		const char *hex;
	} usual[] = {
		{ DECAP_IPV4, FRAME_IP4_FIN },
		{ DECAP_IPV4, FRAME_PADDED },
		{ DECAP_IPV6, MACS "86dd" IP6_TCP },
		{ DECAP_IPV6, FRAME_IP6_EXT },
	};
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		uint8_t frame[256];
		size_t len = make_octets(usual[i].hex, frame);

		for (size_t at = SEG_ETH_LEN; at < len; at++) {
			uint8_t was = frame[at];

			for (int octet = 0; octet <= UINT8_MAX; octet++) {
				frame[at] = (uint8_t)octet;
				wrong += !is_same_alone(usual[i].link, frame,
							len);
			}
			frame[at] = was;
		}
		for (size_t shorter = SEG_ETH_LEN; shorter < len; shorter++)
			wrong += !is_same_alone(usual[i].link, frame, shorter);
	}
	EXPECT_INT(wrong, 0);
}

static const struct test tests[] = {
	{ "frames", test_usual },
	{ "fronts", test_fronts },
	{ "options", test_usual_options },
	{ NULL, NULL },
};

extern const struct suite suite_decap_usual;
const struct suite suite_decap_usual = { "decap: usual", tests };
