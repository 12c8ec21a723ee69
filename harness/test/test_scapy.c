/*
 * What scapy builds is what the codec reads back, and an expression that cannot
 * be built costs a fault, never the run. Without scapy these are skipped, and
 * say so.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "test/expect.h"
#include "packet/seg.h"
#include "run/scapy.h"

extern const struct suite suite_scapy;

#define PATIENCE (30 * NS_PER_S)

static const uint8_t mac[SEG_MAC_LEN] = { 2, 0, 0, 0, 0, 1 };

/* A has sent 10 octets, of which B acknowledged 4; B has sent 20. */
static struct flow flow_of(int family)
{
	struct flow flow = {
		.family = family,
		.tcb = { { .known = true,
			   .iss = 0xfffffffb,
			   .snd_nxt = 6,
			   .rcv_nxt = 1021,
			   .rcv_wnd = 500 },
			 { .known = true,
			   .iss = 1000,
			   .snd_nxt = 1021,
			   .rcv_nxt = 0,
			   .rcv_wnd = 600 } },
	};

	inet_pton(family, family == AF_INET ? "10.0.0.1" : "fd00::1",
		  flow.end[SIDE_A].addr);
	inet_pton(family, family == AF_INET ? "10.0.0.2" : "fd00::2",
		  flow.end[SIDE_B].addr);
	flow.end[SIDE_A].port = 40000;
	flow.end[SIDE_B].port = 4000;
	return flow;
}

static bool start(struct scapy *scapy)
{
	struct fault f;

	if (scapy_start(scapy, scapy_script(), &f) == 0)
		return true;
	printf("skipped: %s\n", f.text);
	return false;
}

static int make(struct scapy *scapy, int family, enum side from,
		const char *expression, struct scapy_packets *out,
		struct fault *f)
{
	struct flow flow = flow_of(family);

	f->text[0] = '\0';
	return scapy_make(scapy, &flow, from, expression, out,
			  clock_mono_ns() + PATIENCE, f);
}

/* The codec's view of packet i. */
static enum seg_kind read_packet(const struct scapy_packets *p, size_t i,
				 struct seg *seg)
{
	static uint8_t frame[SEG_FRAME_MAX];
	size_t len = seg_wrap_ip(p->octets + p->packet[i].at, p->packet[i].len,
				 mac, mac, frame, sizeof(frame));

	return seg_parse(frame, len, seg);
}

struct segment_row {
	const char *expression;
	enum side from;
	uint32_t flags;
	uint32_t seq;
	uint32_t ack;
	uint32_t win;
	uint32_t len;
};

static const struct segment_row segments[] = {
	{ "ip/tcp", SIDE_A, FLAG_ACK, 6, 1021, 500, 0 },
	{ " ip / tcp ", SIDE_B, FLAG_ACK, 1021, 0, 600, 0 },
	{ "back", SIDE_A, FLAG_ACK, 1021, 0, 8192, 0 },
	{ "back", SIDE_B, FLAG_ACK, 0, 1021, 8192, 0 },
	{ "ip/TCP(sport=sport, dport=dport, flags='R', seq=rel(11))", SIDE_A,
	  FLAG_RST, 6, 0, 8192, 0 },
	{ "ip/TCP(sport=sport, dport=dport, flags='FPU', seq=isn, "
	  "ack=peer_isn, window=peer_next)/Raw(b'x' * 7)",
	  SIDE_A, FLAG_FIN | FLAG_PSH | FLAG_URG, 0xfffffffb, 1000, 1021, 7 },
	{ "[ip/TCP(sport=sport, dport=dport, seq=seq, ack=ack)]", SIDE_B,
	  FLAG_SYN, 1021, 0, 8192, 0 },
};

static void expect_segment(struct scapy *scapy, int family,
			   const struct segment_row *row)
{
	static struct scapy_packets out;
	struct flow flow = flow_of(family);
	enum side sender;
	struct fault f;
	struct seg seg;

	expect_row(row->expression);
	EXPECT_INT(make(scapy, family, row->from, row->expression, &out, &f),
		   1);
	EXPECT_STR(f.text, "");
	if (!EXPECT_INT(read_packet(&out, 0, &seg), SEG_TCP))
		return;
	EXPECT_INT(seg.family, family);
	EXPECT_TRUE(seg.csum_ok);
	EXPECT_INT(seg.flags, row->flags);
	EXPECT_INT(seg.seq, row->seq);
	EXPECT_INT(seg.ack, row->ack);
	EXPECT_INT(seg.win, row->win);
	EXPECT_INT(seg.len, row->len);
	sender = strcmp(row->expression, "back") ? row->from
						 : side_other(row->from);
	EXPECT_MEM(seg.src.addr, 16, flow.end[sender].addr, 16);
	EXPECT_MEM(seg.dst.addr, 16, flow.end[side_other(sender)].addr, 16);
	EXPECT_INT(seg.src.port, flow.end[sender].port);
	EXPECT_INT(seg.dst.port, flow.end[side_other(sender)].port);
}

static void test_segments(void)
{
	struct scapy scapy;
	size_t i;

	if (!start(&scapy))
		return;
	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		expect_segment(&scapy, AF_INET, &segments[i]);
		expect_segment(&scapy, AF_INET6, &segments[i]);
	}
	expect_row(NULL);
	scapy_stop(&scapy);
}

static void test_not_tcp(void)
{
	static const struct {
		int family;
		const char *expression;
		int n;
		uint8_t proto; /* of the first, at its place in the header */
	} rows[] = {
		{ AF_INET, "ip/ICMP(type=3, code=4, nexthopmtu=600)/back", 1,
		  IPPROTO_ICMP },
		{ AF_INET, "fragment(ip/tcp/Raw(bytes(100)), 64)", 2,
		  IPPROTO_TCP },
		{ AF_INET, "[ip/UDP(dport=53)] * 8", 8, IPPROTO_UDP },
		{ AF_INET6, "ip/ICMPv6DestUnreach(code=4)/back", 1,
		  IPPROTO_ICMPV6 },
		{ AF_INET6, "ip/ICMPv6PacketTooBig(mtu=1280)/back", 1,
		  IPPROTO_ICMPV6 },
		{ AF_INET6,
		  "fragment6(ip/IPv6ExtHdrFragment()/tcp/Raw(bytes(2000)), "
		  "1280)",
		  2, IPPROTO_FRAGMENT },
	};
	static struct scapy_packets out;
	struct scapy scapy;
	struct fault f;
	struct seg seg;
	size_t i;

	if (!start(&scapy))
		return;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].expression);
		EXPECT_INT(make(&scapy, rows[i].family, SIDE_A,
				rows[i].expression, &out, &f),
			   rows[i].n);
		EXPECT_STR(f.text, "");
		EXPECT_INT(out.octets[rows[i].family == AF_INET ? 9 : 6],
			   rows[i].proto);
		EXPECT_INT(read_packet(&out, 0, &seg), SEG_OTHER);
	}
	expect_row(NULL);
	scapy_stop(&scapy);
}

/*
 * Each leaves the process ready for the next. Faults are compared as far as the
 * row goes: Python's own wording is not the same in all its versions.
 */
static void test_bad_expressions(void)
{
	static const struct {
		const char *expression;
		const char *fault;
	} rows[] = {
		{ "ip/tcp/", "scapy: SyntaxError: " },
		{ "", "scapy: SyntaxError: " },
		{ "ip/\ntcp)", "scapy: SyntaxError: " },
		{ "ipp/tcp", "scapy: NameError: name 'ipp' is not defined" },
		{ "open('x')", "scapy: NameError: name 'open' is not defined" },
		{ "ip/TCP(nosuch=1)", "scapy: AttributeError: nosuch" },
		{ "tcp", "scapy: TypeError: expected packets that begin with "
			 "IP or IPv6, the expression made TCP" },
		{ "7", "scapy: TypeError: expected a packet or a list of "
		       "packets, the expression made int" },
		{ "[]", "scapy: ValueError: expected 1 to 8 packets, the "
			"expression made 0" },
		{ "[ip] * 9", "scapy: ValueError: expected 1 to 8 packets, "
			      "the expression made 9" },
		{ "[ip/Raw(bytes(40000))] * 2",
		  "scapy: ValueError: expected at most 65536 octets, the "
		  "expression made 80040" },
		{ "ip/Raw(b'\xff')", "scapy: the expression is not UTF-8" },
	};
	static struct scapy_packets out;
	struct scapy scapy;
	struct fault f;
	size_t i;

	if (!start(&scapy))
		return;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].expression);
		EXPECT_INT(make(&scapy, AF_INET, SIDE_A, rows[i].expression,
				&out, &f),
			   -1);
		f.text[strlen(rows[i].fault)] = '\0';
		EXPECT_STR(f.text, rows[i].fault);
	}
	expect_row(NULL);
	EXPECT_INT(make(&scapy, AF_INET, SIDE_A, "ip/tcp", &out, &f), 1);
	EXPECT_INT(out.packet[0].len, 40);
	scapy_stop(&scapy);
}

static void test_dies(void)
{
	static struct scapy_packets out;
	struct flow flow = flow_of(AF_INET);
	struct scapy scapy;
	struct fault f;

	if (!start(&scapy))
		return;
	EXPECT_INT(scapy_make(&scapy, &flow, SIDE_A, "sum(range(10 ** 12))",
			      &out, clock_mono_ns() + 20 * NS_PER_MS, &f),
		   -1);
	EXPECT_STR(f.text, "scapy: no packet in the time allowed");
	EXPECT_INT(scapy.child.pid, 0);
	EXPECT_INT(make(&scapy, AF_INET, SIDE_A, "ip/tcp", &out, &f), -1);
	EXPECT_STR(f.text, "scapy: its process is not running");
	scapy_stop(&scapy);
	if (!start(&scapy))
		return;
	kill(scapy.child.pid, SIGKILL);
	EXPECT_INT(make(&scapy, AF_INET, SIDE_A, "ip/tcp", &out, &f), -1);
	EXPECT_TRUE(strstr(f.text, "its process "));
	EXPECT_INT(scapy.child.pid, 0);
}

static void test_no_script(void)
{
	struct scapy scapy;
	struct fault f;

	EXPECT_INT(scapy_start(&scapy, "/nowhere/scapy_packets.py", &f), -1);
	EXPECT_STR(f.text,
		   "/nowhere/scapy_packets.py: No such file or directory");
	EXPECT_INT(scapy.child.pid, 0);
	EXPECT_INT(scapy_start(&scapy, "/dev/null", &f), -1);
	EXPECT_STR(f.text, "/dev/null: ended without a greeting");
	scapy_stop(&scapy);
}

static const struct test tests[] = {
	{ "segments, as the codec reads them", test_segments },
	{ "ICMP errors and fragments", test_not_tcp },
	{ "expressions that make no packet", test_bad_expressions },
	{ "a process that is late, or dies", test_dies },
	{ "no script to start", test_no_script },
	{ NULL, NULL },
};

const struct suite suite_scapy = { "scapy", tests };
