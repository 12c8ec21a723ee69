/*
 * Blocks of pcapng files that anybody wrote. Any octets may be in them: every
 * length is checked before it is used. Knows no comments and no statistics.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/memory.h"
#include "packet/pcapng.h"
#include "packet/pcapng_le.h"
#include "packet/pcapng_usual.h"

#define BLOCK_MAX (UINT32_C(16) << 20)

#define RESOLUTION_US	6
#define RESOLUTION_BASE 0x80 /* of 2, not of 10 */

/* Of the block types that carry a packet, where its fields are. */
static const struct form {
	uint32_t type;
	size_t len;	  /* of the body in front of the packet's octets */
	int iface_octets; /* 0: the first interface's */
	int at_time;	  /* 0: no time */
	int at_len;	  /* captured; 0: as many as the snap length lets be */
	int at_wire_len;
} forms[] = {
	{ BLOCK_PACKET, PACKET_LEN, 4, 4, 12, 16 },
	{ BLOCK_OLD_PACKET, PACKET_LEN, 2, 4, 12, 16 },
	{ BLOCK_SIMPLE, SIMPLE_LEN, 0, 0, 0, 0 },
};

static const struct form *find_form(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].type == type)
			return &forms[i];
	return NULL;
}

static int begin_section(struct pcapng_blocks *s, const uint8_t *body,
			 struct fault *f)
{
	uint32_t magic = get_order32(body, false);

	if (magic != BYTE_ORDER_MAGIC && magic != BYTE_ORDER_SWAPPED)
		return fault_set(f,
				 "byte-order magic 0x%08" PRIx32
				 ", expected 0x%08x",
				 magic, BYTE_ORDER_MAGIC);
	s->big_endian = magic == BYTE_ORDER_SWAPPED;
	s->begun = true;
	s->n_iface = 0;
	return 0;
}

uint32_t pcapng_block_len(struct pcapng_blocks *s,
			  const uint8_t head[PCAPNG_HEAD], struct fault *f)
{
	bool is_section = get_order32(head, false) == BLOCK_SECTION;
	uint32_t len;

	if (!is_section && !s->begun) {
		fault_set(f, "expected a section header block");
		return 0;
	}
	/* Its byte order is behind its length. */
	if (is_section && begin_section(s, head + BLOCK_HEAD, f))
		return 0;
	len = get_order32(head + 4, s->big_endian);
	if (len % 4 || len > BLOCK_MAX || len < PCAPNG_HEAD) {
		fault_set(f, "a block of %" PRIu32 " octets", len);
		return 0;
	}
	return len;
}

static int add_interface(struct pcapng_blocks *s, const uint8_t *body,
			 size_t len)
{
	const struct pcapng_block block = {
		.options = body + INTERFACE_LEN,
		.options_len = len - INTERFACE_LEN,
		.big_endian = s->big_endian,
	};
	struct pcapng_iface *i;
	const char *value;
	size_t at = 0;

	if (s->n_iface == s->room) {
		s->room = s->room * 2 + 4;
		s->iface = memory_resize(s->iface, s->room, sizeof(*s->iface));
	}
	i = &s->iface[s->n_iface++];
	i->linktype = (uint16_t)get_order(body, 2, s->big_endian);
	i->snaplen = get_order32(body + 4, s->big_endian);
	i->number = s->interfaces++;
	value = pcapng_option(&block, OPT_IF_TSRESOL, &at, &len);
	i->resolution = value && len ? (uint8_t)*value : RESOLUTION_US;
	at = 0;
	value = pcapng_option(&block, OPT_IF_TSOFFSET, &at, &len);
	i->offset_s = value && len == 8
			      ? (int64_t)get_order((const uint8_t *)value, 8,
						   s->big_endian)
			      : 0;
	return 0;
}

static int64_t clamp(__int128 ns)
{
	if (ns > INT64_MAX)
		return INT64_MAX;
	return ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

/* More than nanoseconds are cut off. */
static __int128 nanoseconds(uint64_t units, uint8_t resolution)
{
	unsigned int digits = resolution & 0x7f;
	__int128 ns = units;

	if (resolution & RESOLUTION_BASE)
		return digits < 64 ? ns * NS_PER_S >> digits : 0;
	for (; digits < 9; digits++)
		ns *= 10;
	for (; digits > 9 && ns; digits--)
		ns /= 10;
	return ns;
}

static int64_t time_of(const struct pcapng_blocks *s,
		       const struct pcapng_iface *i, const uint8_t *at)
{
	uint64_t units = (uint64_t)get_order32(at, s->big_endian) << 32 |
			 get_order32(at + 4, s->big_endian);

	return clamp(nanoseconds(units, i->resolution) +
		     (__int128)i->offset_s * NS_PER_S);
}

/* Of microseconds and nanoseconds there are enough. */
static bool is_usual(const struct pcapng_iface *i)
{
	return !i->offset_s &&
	       (i->resolution == RESOLUTION_US || i->resolution == TSRESOL_NS);
}

bool pcapng_usual_change(const struct pcapng_blocks *s, const uint8_t *at,
			 size_t left, struct pcapng_usual *usual)
{
	uint32_t iface;

	if (s->big_endian || left < PCAPNG_USUAL_LEN ||
	    get_order32(at, false) != BLOCK_PACKET)
		return false;
	iface = get_order32(at + BLOCK_HEAD, false);
	if (iface == usual->iface || iface >= s->n_iface ||
	    !is_usual(&s->iface[iface]))
		return false;
	usual->iface = iface;
	usual->unit_ns =
		s->iface[iface].resolution == TSRESOL_NS ? 1 : NS_PER_US;
	usual->units = INT64_MAX / usual->unit_ns;
	return true;
}

static uint32_t get_length(const struct pcapng_blocks *s, const uint8_t *body,
			   int at)
{
	return get_order32(body + at, s->big_endian);
}

static int read_packet(struct pcapng_blocks *s, const struct form *form,
		       const uint8_t *body, size_t len,
		       struct pcapng_frame *frame, struct fault *f)
{
	uint32_t iface = form->iface_octets
				 ? (uint32_t)get_order(body, form->iface_octets,
						       s->big_endian)
				 : 0;

	if (iface >= s->n_iface)
		return fault_set(f,
				 "a packet of interface %" PRIu32
				 ", of which there is no description",
				 iface);
	frame->iface = &s->iface[iface];
	frame->bytes = body + form->len;
	frame->wire_len = get_length(s, body, form->at_wire_len);
	frame->len = frame->wire_len;
	if (form->at_len)
		frame->len = get_length(s, body, form->at_len);
	else if (frame->iface->snaplen && frame->len > frame->iface->snaplen)
		frame->len = frame->iface->snaplen;
	if (frame->len > len - form->len)
		return fault_set(f,
				 "a packet of %" PRIu32
				 " octets does not fit in its block",
				 frame->len);
	if (form->at_time)
		s->last_ns = time_of(s, frame->iface, body + form->at_time);
	frame->at_ns = s->last_ns;
	return 1;
}

int pcapng_block_read(struct pcapng_blocks *s, const uint8_t *block,
		      uint32_t len, struct pcapng_frame *frame, struct fault *f)
{
	uint32_t type = get_order32(block, s->big_endian);
	const uint8_t *body = block + BLOCK_HEAD;
	const struct form *form = find_form(type);
	size_t body_len = len - BLOCK_HEAD - BLOCK_FOOT;
	size_t least = form			 ? form->len
		       : type == BLOCK_INTERFACE ? INTERFACE_LEN
		       : type == BLOCK_SECTION	 ? SECTION_LEN
						 : 0;

	if (get_order32(block + len - BLOCK_FOOT, s->big_endian) != len)
		return fault_set(f, "the block's two lengths differ");
	if (body_len < least)
		return fault_set(f, "block of type %" PRIu32 " is too short",
				 type);
	if (form)
		return read_packet(s, form, body, body_len, frame, f);
	if (type == BLOCK_INTERFACE)
		return add_interface(s, body, body_len);
	if (type == BLOCK_SECTION && get_order(body + 4, 2, s->big_endian) != 1)
		return fault_set(f, "pcapng version is not 1");
	return 0;
}

void pcapng_blocks_free(struct pcapng_blocks *s)
{
	free(s->iface);
	memset(s, 0, sizeof(*s));
}
