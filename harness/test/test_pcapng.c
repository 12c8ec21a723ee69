/* pcapng files: what is written is read back, and damage is survived. */
#include "packet/pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/make.h"

#define AT INT64_C(1700000000123456789)

static const uint8_t packet[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 };

static void write_file(struct pcapng_out *o)
{
	static const char *const head[] = { "case x", "lastack y", NULL };
	static const char *const rung[] = { "F.  seq 1", "", "caf\xc3\xa9",
					    NULL };
	static const char *const foot[] = { "the end", NULL };

	pcapng_section(o, "x86_64", "Linux 6.18.44", "lastack 0.1.0", head);
	pcapng_interface(o, "A", "seen at A's plug", 65536);
	pcapng_interface(o, "B", NULL, 65536);
	for (uint32_t len = 0; len <= sizeof(packet); len++)
		pcapng_packet(o, len % 2, AT + len, packet, len,
			      len % 3 ? rung : NULL);
	pcapng_statistics(o, 0, AT, 7, 1, foot);
	pcapng_statistics(o, 1, AT, 6, 0, NULL);
}

/* The known answer: a packet block with a comment, octet by octet. */
static void test_octets(void)
{
	static const uint8_t want[] = {
		6,  0, 0, 0, 48,   0,	 0,    0,    /* type, length */
		1,  0, 0, 0,			     /* interface */
		2,  0, 0, 0, 0x15, 0xcd, 0x5b, 0x07, /* time, high word first */
		3,  0, 0, 0, 3,	   0,	 0,    0,    /* captured, on the wire */
		1,  2, 3, 0,			     /* the packet, padded */
		1,  0, 2, 0, 'h',  'i',	 0,    0,    /* opt_comment */
		0,  0, 0, 0,			     /* opt_endofopt */
		48, 0, 0, 0,
	};
	static const char *const comments[] = { "hi", NULL };
	struct pcapng_out o = { 0 };

	pcapng_packet(&o, 1, (INT64_C(2) << 32) + 123456789, packet, 3,
		      comments);
	EXPECT_MEM(o.bytes, o.len, want, sizeof(want));
	pcapng_free(&o);
	EXPECT_TRUE(!o.bytes);
}

static void expect_options(const struct pcapng_block *b, uint16_t code,
			   const char *const *want)
{
	const char *value;
	size_t at = 0, len;

	for (; *want; want++) {
		value = pcapng_option(b, code, &at, &len);
		if (!EXPECT_TRUE(value != NULL))
			return;
		EXPECT_MEM(value, len, *want, strlen(*want));
	}
	EXPECT_TRUE(!pcapng_option(b, code, &at, &len));
}

static bool next_is(const struct pcapng_out *o, size_t *at,
		    struct pcapng_block *b, enum pcapng_kind kind)
{
	struct fault f = { "" };

	EXPECT_INT(pcapng_next(o->bytes, o->len, at, b, &f), 1);
	EXPECT_STR(f.text, "");
	return EXPECT_INT(b->kind, kind);
}

static void expect_packets(const struct pcapng_out *o, size_t *at)
{
	static const char *const rung[] = { "F.  seq 1", "", "caf\xc3\xa9",
					    NULL };
	static const char *const none[] = { NULL };
	struct pcapng_block b;

	for (uint32_t len = 0; len <= sizeof(packet); len++) {
		if (!next_is(o, at, &b, PCAPNG_PACKET))
			return;
		EXPECT_INT(b.iface, len % 2);
		EXPECT_INT(b.at_ns, AT + len);
		EXPECT_MEM(b.bytes, b.len, packet, len);
		expect_options(&b, PCAPNG_OPT_COMMENT, len % 3 ? rung : none);
	}
}

static void test_round_trip(void)
{
	static const char *const head[] = { "case x", "lastack y", NULL };
	static const char *const foot[] = { "the end", NULL };
	static const char *const names[][2] = { { "A", NULL }, { "B", NULL } };
	struct pcapng_out o = { 0 };
	struct pcapng_block b;
	struct fault f = { "" };
	size_t at = 0;

	write_file(&o);
	if (next_is(&o, &at, &b, PCAPNG_SECTION))
		expect_options(&b, PCAPNG_OPT_COMMENT, head);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (next_is(&o, &at, &b, PCAPNG_INTERFACE))
			expect_options(&b, PCAPNG_OPT_IFNAME, names[i]);
	expect_packets(&o, &at);
	if (next_is(&o, &at, &b, PCAPNG_STATISTICS))
		expect_options(&b, PCAPNG_OPT_COMMENT, foot);
	if (next_is(&o, &at, &b, PCAPNG_STATISTICS))
		EXPECT_INT(b.iface, 1);
	EXPECT_INT(pcapng_next(o.bytes, o.len, &at, &b, &f), 0);
	EXPECT_INT(at, o.len);
	pcapng_free(&o);
}

/* Comments above what an option can hold are cut, not written broken. */
static void test_long_comment(void)
{
	static char text[70000];
	const char *const comments[] = { text, "next", NULL };
	struct pcapng_out o = { 0 };
	struct pcapng_block b;
	size_t at = 0, opt = 0, len = 0;

	memset(text, 'x', sizeof(text) - 1);
	pcapng_section(&o, NULL, NULL, NULL, comments);
	if (next_is(&o, &at, &b, PCAPNG_SECTION)) {
		EXPECT_TRUE(pcapng_option(&b, PCAPNG_OPT_COMMENT, &opt, &len));
		EXPECT_INT(len, 65535);
		EXPECT_TRUE(pcapng_option(&b, PCAPNG_OPT_COMMENT, &opt, &len));
		EXPECT_INT(len, 4);
	}
	pcapng_free(&o);
}

/* Reads all of it. Returns what pcapng_next said last. */
static int read_file(const uint8_t *file, size_t len, struct fault *f)
{
	struct pcapng_block b;
	unsigned int sum = 0;
	size_t at = 0;
	int more;

	while ((more = pcapng_next(file, len, &at, &b, f)) > 0) {
		size_t opt = 0, n;
		const char *value;

		for (uint32_t i = 0; i < b.len; i++)
			sum += b.bytes[i];
		while ((value = pcapng_option(&b, PCAPNG_OPT_COMMENT, &opt,
					      &n)))
			for (size_t i = 0; i < n; i++)
				sum += (unsigned char)value[i];
	}
	/* the sum makes the sanitizer see every octet that is handed out */
	return sum == 0xffffffff ? 2 : more;
}

static void test_faults(void)
{
	static const struct {
		const char *name;
		size_t at;
		uint8_t octet;
		const char *fault;
	} rows[] = {
		{ "no section", 0, 0,
		  "offset 0: not a pcapng file (expected a section header "
		  "block)" },
		{ "magic", 8, 0,
		  "offset 0: byte-order magic 0x1a2b3c00, expected "
		  "0x1a2b3c4d" },
		{ "version", 12, 2, "offset 0: pcapng version 2, expected 1" },
		{ "length", 4, 13,
		  "offset 0: a block of 13 octets where 80 "
		  "are left" },
		{ "too long", 5, 1,
		  "offset 0: a block of 296 octets where 80 "
		  "are left" },
		{ "second length", 36, 12,
		  "offset 0: the block's two lengths differ" },
		{ "option", 26, 9,
		  "offset 0: an option runs past the end of its block" },
		{ "resolution", 64, 6,
		  "offset 40: timestamps are not in nanoseconds (if_tsresol "
		  "9)" },
	};
	static const char *const comments[] = { "x", NULL };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pcapng_out o = { 0 };
		struct fault f = { "" };

		expect_row(rows[i].name);
		pcapng_section(&o, NULL, NULL, NULL, comments);
		EXPECT_INT(o.len, 40);
		pcapng_interface(&o, "A", NULL, 65536);
		o.bytes[rows[i].at] = rows[i].octet;
		EXPECT_INT(read_file(o.bytes, o.len, &f), -1);
		EXPECT_STR(f.text, rows[i].fault);
		pcapng_free(&o);
	}
}

static void test_big_endian(void)
{
	static const uint8_t head[] = { 0x0a, 0x0d, 0x0d, 0x0a, 0,    0,
					0,    28,   0x1a, 0x2b, 0x3c, 0x4d,
					0,    1,    0,	  0,	0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0,    0,    0,	  28 };
	struct fault f = { "" };

	EXPECT_INT(read_file(head, sizeof(head), &f), -1);
	EXPECT_STR(f.text, "offset 0: big-endian pcapng, expected "
			   "little-endian");
}

/* Cut anywhere but between blocks it is a fault; never read past the end. */
static void test_truncated(void)
{
	struct pcapng_out o = { 0 };
	int whole = 0;

	write_file(&o);
	for (size_t cut = 0; cut < o.len; cut++) {
		uint8_t *part = malloc(cut ? cut : 1);
		struct fault f;
		int end;

		memcpy(part, o.bytes, cut);
		end = read_file(part, cut, &f);
		EXPECT_TRUE(end == 0 || end == -1);
		whole += end == 0;
		free(part);
	}
	/* behind the section, 2 interfaces, 14 packets, and 1 statistics */
	EXPECT_INT(whole, 1 + 2 + (int)ARRAY_SIZE(packet) + 1 + 1);
	pcapng_free(&o);
}

static void test_damage(void)
{
	struct pcapng_out o = { 0 };
	uint32_t seed = 20240229;
	int bad = 0;

	write_file(&o);
	for (int round = 0; round < 20000; round++) {
		uint8_t *copy = malloc(o.len);
		uint32_t n = 1 + make_random(&seed) % 4;
		struct fault f;

		memcpy(copy, o.bytes, o.len);
		while (n--)
			copy[make_random(&seed) % o.len] =
				(uint8_t)make_random(&seed);
		bad += read_file(copy, o.len, &f) < 0;
		free(copy);
	}
	EXPECT_TRUE(bad > 1000 && bad < 20000);
	pcapng_free(&o);
}

static const struct test tests[] = {
	{ "a packet block, octet by octet", test_octets },
	{ "what is written is read back", test_round_trip },
	{ "a comment longer than an option", test_long_comment },
	{ "faults name their offset", test_faults },
	{ "another byte order", test_big_endian },
	{ "files cut at every octet", test_truncated },
	{ "files damaged at random", test_damage },
	{ NULL, NULL },
};

const struct suite suite_pcapng = { "pcapng", tests };
