/*
 * pcapng files walked over in memory, without a copy. Packets as nearly all are
 * are taken as they lie there, other blocks are copied first; from a block on
 * that is damaged, read_pcapng reads on, which knows what to say of it.
 */
#include <string.h>

#include "link/capture_own.h"
#include "packet/pcapng_usual.h"

void capture_map_pcapng(struct capture *c)
{
	if (c->blocks.big_endian || c->careful ||
	    mapping_open(&c->map, fileno(c->file), c->size))
		return;
	c->record = c->at;
}

static size_t left_of(const struct capture *c)
{
	return c->map.size - c->record;
}

/* Takes as many as are usual, and wanted at once. Returns how many. */
static __always_inline size_t take_some(struct capture *c,
					const struct pcapng_usual *usual,
					size_t wanted,
					struct capture_frame *frame)
{
	const uint8_t *at = c->map.at + c->record;
	size_t left = left_of(c), n = 0;

	for (; n < wanted; n++) {
		struct pcapng_frame packet;
		uint32_t len = pcapng_usual_take(usual, at, left, &packet);

		if (!len)
			break;
		frame[n].bytes = packet.bytes;
		frame[n].len = packet.len;
		frame[n].wire_len = packet.wire_len;
		frame[n].at_ns = packet.at_ns;
		at += len;
		left -= len;
	}
	c->behind = (size_t)(at - c->map.at);
	return n;
}

static void give_some(struct capture *c, const struct capture_frame *frame,
		      size_t n)
{
	c->blocks.last_ns = frame[n - 1].at_ns;
	if (c->many)
		c->many(c->ctx, frame, n);
	else
		c->fn(c->ctx, frame);
}

/* The interface of the packet that comes next: usual packets are of it now. */
static bool change_iface(struct capture *c, struct pcapng_usual *usual)
{
	if (!pcapng_usual_change(&c->blocks, c->map.at + c->record, left_of(c),
				 usual))
		return false;
	capture_take_iface(&c->iface, &c->blocks.iface[usual->iface]);
	return true;
}

/* The block is copied to c->room. Returns how long it is; 0: it is damaged. */
static uint32_t copy_block(struct capture *c)
{
	const uint8_t *at = c->map.at + c->record;
	uint8_t head[PCAPNG_HEAD];
	struct fault unused;
	uint32_t len;

	if (left_of(c) < sizeof(head))
		return 0;
	memcpy(head, at, sizeof(head));
	c->behind = c->record + sizeof(head);
	if (capture_is_lost(c))
		return 0;
	len = pcapng_block_len(&c->blocks, head, &unused);
	if (!len || len > left_of(c))
		return 0;
	capture_make_room(c, len);
	memcpy(c->room, at, len);
	c->behind = c->record + len;
	return capture_is_lost(c) ? 0 : len;
}

/* False: it is damaged, or the file became shorter. */
static bool take_block(struct capture *c)
{
	struct pcapng_frame packet;
	struct fault unused;
	uint32_t len = copy_block(c);
	int got;

	if (!len)
		return false;
	got = pcapng_block_read(&c->blocks, c->room, len, &packet, &unused);
	if (got < 0)
		return false;
	if (got > 0)
		capture_give_packet(c, &packet);
	c->record += len;
	return true;
}

static void walk(struct capture *c)
{
	struct capture_frame frame[CAPTURE_MANY];
	size_t wanted = c->many ? CAPTURE_MANY : 1;
	struct pcapng_usual usual = { .iface = UINT32_MAX }; /* of none */

	for (size_t i = 0; i < wanted; i++)
		frame[i].iface = &c->iface;
	while (!c->stopped) {
		size_t n;

		mapping_move(&c->map, c->record);
		n = usual.iface < c->blocks.n_iface
			    ? take_some(c, &usual, wanted, frame)
			    : 0;
		if (c->map.cut)
			return;
		if (n) {
			give_some(c, frame, n);
			if (c->map.cut)
				return;
			c->record = c->behind;
		} else if (!change_iface(c, &usual)) {
			usual.iface = UINT32_MAX;
			if (!take_block(c))
				return;
		}
	}
}

enum capture_got capture_read_map_pcapng(struct capture *c, struct fault *f)
{
	walk(c);
	return capture_end_map(c, f);
}
