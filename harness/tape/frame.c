/* Frames as a case keeps them. The only caller of seg_parse. */
#include "tape/frame.h"

#include <string.h>

struct frame *frame_read(struct arena *a, enum side from, int64_t at_ns,
			 const uint8_t *bytes, size_t len)
{
	struct frame *f = arena_alloc(a, sizeof(*f));

	f->from = from;
	f->at_ns = at_ns;
	f->bytes = bytes;
	f->len = len;
	f->kind = seg_parse(bytes, len, &f->seg);
	return f;
}

struct frame *frame_copy(struct arena *a, enum side from, int64_t at_ns,
			 const void *bytes, size_t len)
{
	uint8_t *copy = arena_alloc(a, len);

	if (len)
		memcpy(copy, bytes, len);
	return frame_read(a, from, at_ns, copy, len);
}

uint8_t frame_hops(const struct frame *f)
{
	static const uint8_t vlan[] = { 0x81, 0x00 };
	size_t ip = SEG_ETH_LEN;

	if (f->kind == SEG_OTHER)
		return 0;
	if (memcmp(f->bytes + 12, vlan, sizeof(vlan)) == 0)
		ip += 4;
	return f->bytes[ip + (f->bytes[ip] >> 4 == 4 ? 8 : 7)];
}
