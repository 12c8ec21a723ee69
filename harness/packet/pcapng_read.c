/*
 * The pcapng reader. The file may hold any bytes at all: every length is
 * checked before it is used. Knows nothing of what the comments say.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "packet/pcapng.h"
#include "packet/pcapng_le.h"

/* A block as it lies in the file. */
struct raw {
	size_t at;
	uint32_t type;
	const uint8_t *body;
	size_t len; /* of the body */
};

static int check_section(size_t at, const uint8_t *body, struct fault *f)
{
	uint64_t magic = get_le(body, 4), version = get_le(body + 4, 2);

	if (magic == BYTE_ORDER_SWAPPED)
		return fault_set(f,
				 "offset %zu: big-endian pcapng, expected "
				 "little-endian",
				 at);
	if (magic != BYTE_ORDER_MAGIC)
		return fault_set(f,
				 "offset %zu: byte-order magic 0x%08" PRIx64
				 ", expected 0x%08x",
				 at, magic, BYTE_ORDER_MAGIC);
	if (version != 1)
		return fault_set(f,
				 "offset %zu: pcapng version %" PRIu64
				 ", expected 1",
				 at, version);
	return 0;
}

static int check_interface(const struct raw *raw, struct pcapng_block *b,
			   struct fault *f)
{
	size_t at = 0, len;
	const char *resolution = pcapng_option(b, OPT_IF_TSRESOL, &at, &len);

	if (!resolution || len != 1 || *resolution != TSRESOL_NS)
		return fault_set(f,
				 "offset %zu: timestamps are not in "
				 "nanoseconds (if_tsresol 9)",
				 raw->at);
	return 0;
}

static int64_t get_time(const uint8_t *p)
{
	return (int64_t)(get_le(p, 4) << 32 | get_le(p + 4, 4));
}

static int read_packet(const struct raw *raw, struct pcapng_block *b,
		       struct fault *f)
{
	uint32_t len = (uint32_t)get_le(raw->body + 12, 4);

	if (len > raw->len - PACKET_LEN || pad4(len) > raw->len - PACKET_LEN)
		return fault_set(f,
				 "offset %zu: a packet of %" PRIu32
				 " octets does not fit in its block",
				 raw->at, len);
	b->iface = (uint32_t)get_le(raw->body, 4);
	b->at_ns = get_time(raw->body + 4);
	b->bytes = raw->body + PACKET_LEN;
	b->len = len;
	b->options += pad4(len);
	b->options_len -= pad4(len);
	return 0;
}

static const struct kind {
	uint32_t type;
	enum pcapng_kind kind;
	size_t len; /* of the body in front of packet data and options */
} kinds[] = {
	{ BLOCK_SECTION, PCAPNG_SECTION, SECTION_LEN },
	{ BLOCK_INTERFACE, PCAPNG_INTERFACE, INTERFACE_LEN },
	{ BLOCK_PACKET, PCAPNG_PACKET, PACKET_LEN },
	{ BLOCK_STATISTICS, PCAPNG_STATISTICS, STATISTICS_LEN },
};

static const struct kind *find_kind(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/*
 * The option at *at, moved past it: 1, 0 at the end, -1 when it is cut off.
 */
static int next_option(const struct pcapng_block *b, size_t *at, uint16_t *code,
		       const uint8_t **value, size_t *len)
{
	const uint8_t *p = b->options + *at;
	size_t left = b->options_len - *at;

	if (!left)
		return 0;
	if (left < 4)
		return -1;
	*code = (uint16_t)get_order(p, 2, b->big_endian);
	*len = (size_t)get_order(p + 2, 2, b->big_endian);
	*value = p + 4;
	if (*code == OPT_ENDOFOPT)
		return 0;
	if (pad4((uint32_t)*len) > left - 4)
		return -1;
	*at += 4 + pad4((uint32_t)*len);
	return 1;
}

static int check_options(const struct raw *raw, const struct pcapng_block *b,
			 struct fault *f)
{
	const uint8_t *value;
	size_t at = 0, len;
	uint16_t code;
	int more;

	do
		more = next_option(b, &at, &code, &value, &len);
	while (more > 0);
	if (more < 0)
		return fault_set(f,
				 "offset %zu: an option runs past the end "
				 "of its block",
				 raw->at);
	return 0;
}

static int read_block(const struct raw *raw, const struct kind *kind,
		      struct pcapng_block *b, struct fault *f)
{
	if (raw->len < kind->len)
		return fault_set(f,
				 "offset %zu: block of type %" PRIu32
				 " is too short",
				 raw->at, raw->type);
	memset(b, 0, sizeof(*b));
	b->kind = kind->kind;
	b->options = raw->body + kind->len;
	b->options_len = raw->len - kind->len;
	if (b->kind == PCAPNG_STATISTICS)
		b->iface = (uint32_t)get_le(raw->body, 4);
	if (b->kind == PCAPNG_PACKET && read_packet(raw, b, f))
		return -1;
	if (check_options(raw, b, f))
		return -1;
	if (b->kind == PCAPNG_SECTION && check_section(raw->at, raw->body, f))
		return -1;
	return b->kind == PCAPNG_INTERFACE ? check_interface(raw, b, f) : 0;
}

/* The first block tells what the file is, and how to read its lengths. */
static int check_head(const uint8_t *file, size_t len, struct fault *f)
{
	if (len < BLOCK_HEAD + SECTION_LEN + BLOCK_FOOT ||
	    get_le(file, 4) != BLOCK_SECTION)
		return fault_set(f, "offset 0: not a pcapng file (expected a "
				    "section header block)");
	return check_section(0, file + BLOCK_HEAD, f);
}

static bool take_raw(const uint8_t *file, size_t len, size_t *at,
		     struct raw *raw, struct fault *f)
{
	const uint8_t *p = file + *at;
	size_t left = len - *at, total;

	total = left < BLOCK_HEAD ? 0 : (size_t)get_le(p + 4, 4);
	if (total < BLOCK_HEAD + BLOCK_FOOT || total % 4 || total > left) {
		fault_set(f,
			  "offset %zu: a block of %zu octets where %zu are "
			  "left",
			  *at, total, left);
		return false;
	}
	if (get_le(p + total - BLOCK_FOOT, 4) != total) {
		fault_set(f, "offset %zu: the block's two lengths differ", *at);
		return false;
	}
	raw->at = *at;
	raw->type = (uint32_t)get_le(p, 4);
	raw->body = p + BLOCK_HEAD;
	raw->len = total - BLOCK_HEAD - BLOCK_FOOT;
	*at += total;
	return true;
}

int pcapng_next(const uint8_t *file, size_t len, size_t *at,
		struct pcapng_block *b, struct fault *f)
{
	if (*at == 0 && check_head(file, len, f))
		return -1;
	while (*at < len) {
		const struct kind *kind;
		struct raw raw;

		if (!take_raw(file, len, at, &raw, f))
			return -1;
		kind = find_kind(raw.type);
		if (kind)
			return read_block(&raw, kind, b, f) ? -1 : 1;
	}
	return 0;
}

const char *pcapng_option(const struct pcapng_block *b, uint16_t code,
			  size_t *at, size_t *len)
{
	const uint8_t *value;
	uint16_t found;

	while (next_option(b, at, &found, &value, len) > 0)
		if (found == code)
			return (const char *)value;
	return NULL;
}
