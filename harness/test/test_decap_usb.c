/*
 * Several frames in one USB transfer, by hand from the formats' specifications:
 * all of them are found, in their order, whatever is cut off or is wrong; and
 * nobody reads beyond what was captured, or goes round for ever.
 */
#include "packet/decap.h"

#include <string.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/frames.h"
#include "test/make.h"

#define HEAD_LEN   64
#define OCTETS_MAX 512

#define ZERO4  "00000000"
#define ZERO28 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4 ZERO4

#define RNDIS(length, octets)      \
	"01000000" length "000000" \
	"24000000" octets "000000" ZERO28
#define NDP16(next)                    \
	"4e434d301400" next "20003600" \
	"58003900" ZERO4
#define NDP16_EMPTY(next) "4e434d300c00" next ZERO4
#define FRAMES16	  FRAME_IP4_FIN "0000" FRAME_IP4_DATA

/* A FIN of no octets, 54 octets of frame, then three octets in 57. */
static const struct row {
	const char *name;
	const char *hex;
	size_t n; /* segments */
} rows[] = {
	{ "ECM", FRAME_IP4_FIN, 1 },
	{ "RNDIS", RNDIS("62", "36") FRAME_IP4_FIN, 1 },
	{ "RNDIS, two",
	  RNDIS("68", "36") FRAME_IP4_FIN "000000000000" RNDIS("65", "39")
		  FRAME_IP4_DATA,
	  2 },
	{ "EEM", "3a00" FRAME_IP4_FIN "deadbeef", 1 },
	{ "EEM, two, an echo and nothing between them",
	  "3a00" FRAME_IP4_FIN "deadbeef"
	  "0280abcd"
	  "0000"
	  "3d40" FRAME_IP4_DATA "12345678",
	  2 },
	{ "NCM", "4e434d480c00010091000c00" NDP16("0000") FRAMES16, 2 },
	{ "NCM, an empty table alone",
	  "4e434d480c0001009d009100" NDP16("0000") FRAMES16 NDP16_EMPTY("0000"),
	  0 },
	{ "NCM, an empty table behind",
	  "4e434d480c0001009d000c00" NDP16("9100") FRAMES16 NDP16_EMPTY("0000"),
	  2 },
	{ "NCM, a table that leads to itself",
	  "4e434d480c00010091000c00" NDP16("0c00") FRAMES16, 2 },
	{ "NCM, a table that leads into itself",
	  "4e434d480c00010091000c00" NDP16("1000") FRAMES16, 2 },
	{ "NCM, wide",
	  "6e636d6810000100a900000010000000"
	  "6e636d3028000000" ZERO4 ZERO4 "3800000036000000"
	  "7000000039000000" ZERO4 ZERO4 FRAMES16,
	  2 },
};

/* A bulk OUT as usbmon has it; returns the octets of all. */
static uint32_t put_transfer(const char *hex, uint8_t *bytes)
{
	size_t len = make_octets(hex, bytes + HEAD_LEN);

	memset(bytes, 0, HEAD_LEN);
	bytes[8] = 'S';
	bytes[9] = 3;
	bytes[10] = 2;
	bytes[12] = 1;
	bytes[32] = (uint8_t)len;
	bytes[33] = (uint8_t)(len >> 8);
	return (uint32_t)(HEAD_LEN + len);
}

struct seen {
	size_t kinds[DECAP_KIND_COUNT];
	size_t octets;
};

/* All frames of a packet, of which len octets were captured, and no more. */
static void open_link(int link, const uint8_t *bytes, uint32_t len,
		      uint32_t wire_len, struct seen *seen)
{
	struct decap_frame frame = {
		.link = link, .bytes = bytes, .len = len, .wire_len = wire_len
	};
	struct seg seg;
	uint32_t next;

	memset(seen, 0, sizeof(*seen));
	do {
		enum decap_kind kind = open_exactly(&frame, len, &seg, &next);

		seen->kinds[kind]++;
		seen->octets += kind == DECAP_TCP ? seg.len : 0;
		if (!EXPECT_TRUE(next == 0 || next > frame.from))
			break;
		frame.from = next;
	} while (next);
}

static void open_all(const uint8_t *bytes, uint32_t len, uint32_t wire_len,
		     struct seen *seen)
{
	open_link(DECAP_USB_LINUX_MMAPPED, bytes, len, wire_len, seen);
}

static void test_found(void)
{
	uint8_t bytes[OCTETS_MAX];
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t len = put_transfer(rows[i].hex, bytes);

		expect_row(rows[i].name);
		open_all(bytes, len, len, &seen);
		EXPECT_INT(seen.kinds[DECAP_TCP], rows[i].n);
		EXPECT_INT(seen.octets, rows[i].n == 2 ? 3 : 0);
		EXPECT_INT(seen.kinds[DECAP_NOT_TCP], rows[i].n ? 0 : 1);
	}
}

/* Cut anywhere: what is there is found, or the rest was not captured. */
static void test_cut(void)
{
	uint8_t bytes[OCTETS_MAX];
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t len = put_transfer(rows[i].hex, bytes);
		size_t before = 0;

		expect_row(rows[i].name);
		for (uint32_t cut = 0; cut < len; cut++) {
			open_all(bytes, cut, len, &seen);
			EXPECT_TRUE(seen.kinds[DECAP_TCP] >= before);
			EXPECT_INT(seen.kinds[DECAP_MALFORMED] +
					   seen.kinds[DECAP_FRAGMENT],
				   0);
			before = seen.kinds[DECAP_TCP];
		}
		EXPECT_TRUE(before <= rows[i].n);
	}
}

/* Whatever the octets are, it ends, and nothing of it is damaged. */
static void test_mutated(void)
{
	uint8_t bytes[OCTETS_MAX];
	uint32_t state = 12;
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].name);
		for (int n = 0; n < 20000; n++) {
			uint32_t len = put_transfer(rows[i].hex, bytes);
			uint32_t octets = len - HEAD_LEN;

			for (int k = 0; k < 3; k++)
				bytes[HEAD_LEN + make_random(&state) % octets] =
					(uint8_t)make_random(&state);
			open_all(bytes, len, len, &seen);
			EXPECT_INT(seen.kinds[DECAP_MALFORMED], 0);
		}
	}
}

#define FREEBSD_LEN 128
#define PART_LEN    8

/* The same octets twice, in parts of a transfer as FreeBSD has it. */
static uint32_t put_parts(const char *hex, uint8_t *bytes)
{
	uint8_t *at = bytes + FREEBSD_LEN;

	memset(bytes, 0, 2 * OCTETS_MAX);
	bytes[11] = 2;
	bytes[28] = 2;
	for (int i = 0; i < 2; i++) {
		size_t len = make_octets(hex, at + PART_LEN);

		at[0] = (uint8_t)len;
		at[1] = (uint8_t)(len >> 8);
		at[4] = 2;
		at += PART_LEN + (len + 3) / 4 * 4;
	}
	return (uint32_t)(at - bytes);
}

static void test_parts(void)
{
	uint8_t bytes[2 * OCTETS_MAX];
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t len = put_parts(rows[i].hex, bytes);

		expect_row(rows[i].name);
		open_link(DECAP_USB_FREEBSD, bytes, len, len, &seen);
		EXPECT_INT(seen.kinds[DECAP_TCP], 2 * rows[i].n);
		for (uint32_t cut = 0; cut < len; cut++) {
			open_link(DECAP_USB_FREEBSD, bytes, cut, len, &seen);
			EXPECT_TRUE(seen.kinds[DECAP_TCP] <= 2 * rows[i].n);
			EXPECT_INT(seen.kinds[DECAP_MALFORMED], 0);
		}
	}
}

static void test_parts_mutated(void)
{
	uint8_t bytes[2 * OCTETS_MAX];
	uint32_t state = 13;
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].name);
		for (int n = 0; n < 5000; n++) {
			uint32_t len = put_parts(rows[i].hex, bytes);

			bytes[28] = (uint8_t)make_random(&state);
			for (int k = 0; k < 3; k++)
				bytes[FREEBSD_LEN +
				      make_random(&state) %
					      (len - FREEBSD_LEN)] =
					(uint8_t)make_random(&state);
			open_link(DECAP_USB_FREEBSD, bytes, len, len, &seen);
			EXPECT_INT(seen.kinds[DECAP_MALFORMED], 0);
		}
	}
}

static const struct test tests[] = {
	{ "found", test_found },
	{ "cut anywhere", test_cut },
	{ "mutated", test_mutated },
	{ "parts", test_parts },
	{ "parts, mutated", test_parts_mutated },
	{ NULL, NULL },
};

extern const struct suite suite_decap_usb;
const struct suite suite_decap_usb = { "decap_usb", tests };
