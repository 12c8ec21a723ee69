/*
 * pcapng, as libpcap refuses files with interfaces of several link types; and
 * snoop (RFC 1761), which it does not know. Walks over records, and knows
 * nothing of what is in the frames.
 */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "link/capture_own.h"

#define SNOOP_HEAD     16
#define SNOOP_RECORD   24
#define SNOOP_MAX      (UINT32_C(16) << 20)
#define SNOOP_ETHERNET 4

/* LINKTYPE_* numbers of files that libpcap has under another DLT_*. */
static int link_of(uint32_t linktype)
{
	static const struct {
		uint32_t linktype;
		int link;
	} others[] = { { 101, DLT_RAW }, { 100, DLT_ATM_RFC1483 } };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i].linktype == linktype)
			return others[i].link;
	return (int)linktype;
}

static uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static enum capture_got cut(const struct capture *c, struct fault *f)
{
	if (ferror(c->file))
		return capture_end(c, f);
	fault_set(f, "truncated: the file ends amid a record");
	return capture_bad_record(c, f);
}

/* Takes a whole block into c->room: its length, or 0 with a fault. */
static uint32_t take_block(struct capture *c, struct fault *f)
{
	uint32_t len;

	if (!capture_take(c, 0, PCAPNG_HEAD)) {
		cut(c, f);
		return 0;
	}
	len = pcapng_block_len(&c->blocks, c->room, f);
	if (!len) {
		capture_bad_record(c, f);
		return 0;
	}
	if (!capture_take(c, PCAPNG_HEAD, len - PCAPNG_HEAD)) {
		cut(c, f);
		return 0;
	}
	return len;
}

void capture_take_iface(struct capture_iface *iface,
			const struct pcapng_iface *from)
{
	iface->link = link_of(from->linktype);
	iface->snaplen = from->snaplen;
	iface->number = from->number;
}

void capture_give_packet(struct capture *c, const struct pcapng_frame *p)
{
	struct capture_iface iface;
	const struct capture_frame frame = {
		.bytes = p->bytes,
		.len = p->len,
		.wire_len = p->wire_len,
		.at_ns = p->at_ns,
		.iface = &iface,
	};

	capture_take_iface(&iface, p->iface);
	capture_give(c, &frame);
}

static enum capture_got read_pcapng(struct capture *c, struct fault *f)
{
	struct pcapng_frame packet;
	uint32_t len;
	int got;

	if (c->map.at) {
		enum capture_got mapped = capture_read_map_pcapng(c, f);

		if (c->map.at)
			return mapped;
	}
	while (!c->stopped && !capture_at_end(c)) {
		len = take_block(c, f);
		if (!len)
			return CAPTURE_DAMAGED;
		got = pcapng_block_read(&c->blocks, c->room, len, &packet, f);
		if (got < 0)
			return capture_bad_record(c, f);
		if (got > 0)
			capture_give_packet(c, &packet);
	}
	return capture_end(c, f);
}

/* The section header, without which the file is none of pcapng. */
static int begin_pcapng(struct capture *c, struct fault *f)
{
	struct pcapng_frame unused;
	uint32_t len;

	if (!capture_take(c, 0, PCAPNG_HEAD))
		return fault_set(f, "truncated");
	len = pcapng_block_len(&c->blocks, c->room, f);
	if (!len)
		return -1;
	if (!capture_take(c, PCAPNG_HEAD, len - PCAPNG_HEAD))
		return fault_set(f, "truncated");
	if (pcapng_block_read(&c->blocks, c->room, len, &unused, f))
		return -1;
	capture_map_pcapng(c);
	return 0;
}

const struct capture_form capture_pcapng = {
	.magic = { 0x0a, 0x0d, 0x0d, 0x0a },
	.n_magic = 4,
	.begin = begin_pcapng,
	.read = read_pcapng,
};

static int begin_snoop(struct capture *c, struct fault *f)
{
	uint32_t link;

	if (!capture_take(c, 0, SNOOP_HEAD))
		return fault_set(f, "truncated");
	link = get_be32(c->room + 12);
	if (link != SNOOP_ETHERNET)
		return fault_set(f,
				 "snoop data link type %" PRIu32
				 ", expected Ethernet (4)",
				 link);
	c->iface.link = DLT_EN10MB;
	return 0;
}

/* Takes a record's head and octets. False with a fault. */
static bool take_record(struct capture *c, struct fault *f)
{
	uint32_t len, record;

	if (!capture_take(c, 0, SNOOP_RECORD)) {
		cut(c, f);
		return false;
	}
	len = get_be32(c->room + 4);
	record = get_be32(c->room + 8);
	if (record > SNOOP_MAX || record < SNOOP_RECORD ||
	    len > record - SNOOP_RECORD) {
		fault_set(f,
			  "a packet of %" PRIu32 " octets in a record of "
			  "%" PRIu32,
			  len, record);
		capture_bad_record(c, f);
		return false;
	}
	if (!capture_take(c, SNOOP_RECORD, record - SNOOP_RECORD)) {
		cut(c, f);
		return false;
	}
	return true;
}

static enum capture_got read_snoop(struct capture *c, struct fault *f)
{
	while (!c->stopped && !capture_at_end(c)) {
		struct capture_frame frame = { .iface = &c->iface };

		if (!take_record(c, f))
			return CAPTURE_DAMAGED;
		frame.bytes = c->room + SNOOP_RECORD;
		frame.wire_len = get_be32(c->room);
		frame.len = get_be32(c->room + 4);
		frame.at_ns = get_be32(c->room + 16) * NS_PER_S +
			      get_be32(c->room + 20) * INT64_C(1000);
		capture_give(c, &frame);
	}
	return capture_end(c, f);
}

const struct capture_form capture_snoop = {
	.magic = { 's', 'n', 'o', 'o', 'p', 0, 0, 0 },
	.n_magic = 8,
	.begin = begin_snoop,
	.read = read_snoop,
};
