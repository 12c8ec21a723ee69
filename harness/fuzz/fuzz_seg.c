/*
 * Any octets as an Ethernet frame: what is read points into the frame, and
 * what parses can be built, and then parses to the same.
 */
#include "fuzz/fuzz.h"

#include "packet/icmp.h"
#include "packet/seg.h"

static const uint8_t mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };
static uint8_t built[SEG_FRAME_MAX];

static void check_inside(const struct seg *seg, const uint8_t *data,
			 size_t size)
{
	MUST(seg->opts_len <= 40);
	MUST(seg->opts_len == 0 ||
	     (seg->opts >= data && seg->opts + seg->opts_len <= data + size));
	MUST(seg->len == 0 ||
	     (seg->data >= data && seg->data + seg->len <= data + size));
}

static void check_same(const struct seg *a, const struct seg *b)
{
	size_t addr = a->family == b->family && a->family == 2 ? 4 : 16;

	MUST(a->family == b->family);
	MUST(memcmp(a->src.addr, b->src.addr, addr) == 0);
	MUST(memcmp(a->dst.addr, b->dst.addr, addr) == 0);
	MUST(a->src.port == b->src.port && a->dst.port == b->dst.port);
	MUST(a->seq == b->seq && a->ack == b->ack && a->win == b->win);
	MUST(a->flags == b->flags && a->urg == b->urg);
	MUST(a->opts_len == b->opts_len && a->len == b->len);
	MUST(a->opts_len == 0 || memcmp(a->opts, b->opts, a->opts_len) == 0);
	MUST(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
	MUST(a->has_ts == b->has_ts && a->tsval == b->tsval &&
	     a->tsecr == b->tsecr);
	MUST(a->has_scale == b->has_scale && a->scale == b->scale);
	MUST(a->scale <= 14 && (a->has_scale || !a->scale));
	MUST(seg_span(a) == seg_span(b));
}

static void check_round_trip(const struct seg *seg)
{
	struct seg again;
	size_t len = seg_build(seg, mac, mac, built, sizeof(built));

	MUST(len > 0 && len <= sizeof(built));
	MUST(seg_parse(built, len, &again) == SEG_TCP);
	MUST(again.csum_ok);
	check_same(seg, &again);
}

/* What is completed once has a checksum, and is not completed again. */
static void check_checksum(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	MUST(copy != NULL);
	memcpy(copy, data, size);
	if (!seg_complete_checksum(copy, size))
		MUST(memcmp(copy, data, size) == 0);
	free(copy);
}

static void check_wrap(const uint8_t *data, size_t size)
{
	size_t len = seg_wrap_ip(data, size, mac, mac, built, sizeof(built));

	MUST(len == 0 || len == SEG_ETH_LEN + size);
	MUST(len == 0 || memcmp(built + SEG_ETH_LEN, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seg seg;

	if (size > SEG_FRAME_MAX)
		return 0;
	if (seg_parse(data, size, &seg) == SEG_TCP) {
		check_inside(&seg, data, size);
		check_round_trip(&seg);
	}
	check_checksum(data, size);
	check_wrap(data, size);
	icmp_is_echo_reply(data, size, 1, 1);
	return 0;
}
