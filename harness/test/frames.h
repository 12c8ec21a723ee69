/*
 * Frames as another implementation (scapy) made them, in hex; from
 * 192.0.2.1 or 2001:db8::1 port 40000 to .2 or ::2 port 7, sequence number
 * 0x01020304, acknowledgment 0x0a0b0c0d, window 502.
 */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include "packet/decap.h"

/* The options of a SYN as most are. */
#define SYN_OPTS "020405b40402080a00000001000000000103030a"

#define ETH4   "02000000000b02000000000a0800"
#define ETH6   "02000000000b02000000000a86dd"
#define ADDRS4 "c0000201c0000202"
#define ADDRS6 \
	"20010db800000000000000000000000120010db8000000000000000000000002"
#define PORTS  "9c400007"
#define SEQACK "010203040a0b0c0d"

#define FRAME_IP4_FIN \
	ETH4 "45000028000040004006b6cc" ADDRS4 PORTS SEQACK "501101f673740000"
#define FRAME_IP4_TS                                        \
	ETH4 "45000039000040004006b6bb" ADDRS4 PORTS SEQACK \
	     "801801f6142500000101080a123456789abcdef068656c6c6f"
#define FRAME_IP6_SYN                                           \
	ETH6 "6000000000180640" ADDRS6 PORTS "0102030400000000" \
	     "600201f69a820000020405a0"
#define FRAME_VLAN                             \
	"02000000000b02000000000a810000070800" \
	"45000028000040004006b6cc" ADDRS4 PORTS SEQACK "501101f673740000"
#define FRAME_IP6_EXT                                        \
	ETH6 "60000000002e0040" ADDRS6 "3c00050200000100"    \
	     "0601010c000000000000000000000000" PORTS SEQACK \
	     "501101f6238800007879"
#define FRAME_PADDED                                        \
	ETH4 "45000028000040004006b6cc" ADDRS4 PORTS SEQACK \
	     "501001f673750000000000000000"
#define FRAME_BAD_TCP_SUM \
	ETH4 "45000028000040004006b6cc" ADDRS4 PORTS SEQACK "501101f672740000"
#define FRAME_BAD_IP_SUM \
	ETH4 "45000028000040004106b6cc" ADDRS4 PORTS SEQACK "501101f673740000"
#define FRAME_IP4_DATA                                      \
	ETH4 "4500002b000040004006b6c9" ADDRS4 PORTS SEQACK \
	     "501801f6af070000616263"
#define FRAME_IP4_PARTIAL                                   \
	ETH4 "4500002b000040004006b6c9" ADDRS4 PORTS SEQACK \
	     "501801f684210000616263"
#define FRAME_IP6_DATA \
	ETH6 "6000000000170640" ADDRS6 PORTS SEQACK "501801f6d7960000616263"
#define FRAME_IP6_PARTIAL \
	ETH6 "6000000000170640" ADDRS6 PORTS SEQACK "501801f65b920000616263"
#define FRAME_IP4_FRAGMENT \
	ETH4 "45000028000120004006d6cb" ADDRS4 PORTS SEQACK "501101f673740000"
#define FRAME_IP6_FRAGMENT                                             \
	ETH6 "60000000001c2c40" ADDRS6 "0600000100000009" PORTS SEQACK \
	     "501101f69c030000"
#define FRAME_ECHO4 ETH4 "4500001c000040004001b6dd" ADDRS4 "0800e5c412340007"
#define FRAME_ECHO4_REPLY \
	ETH4 "4500001c000040004001b6dd" ADDRS4 "0000edc412340007"
#define FRAME_ECHO6	  ETH6 "6000000000083a40" ADDRS6 "8000120d12340007"
#define FRAME_ECHO6_REPLY ETH6 "6000000000083a40" ADDRS6 "8100110d12340007"
#define FRAME_ARP                                      \
	"02000000000b02000000000a08060001080006040001" \
	"02fc00000001c000020200000000000000000000"
/* a reset whose payload is the agents' pattern */
#define FRAME_RST_DATA                                      \
	ETH4 "45000037000040004006b6bd" ADDRS4 PORTS SEQACK \
	     "8014000057f200000101080a123456789abcdef0000102"

#define MACS "02000000000b02000000000a"

/* Layers of such frames, their lengths in hex. */
#define TCP PORTS SEQACK "501101f600000000" /* F. without options */
#define IP4(length, fragment, proto) \
	"4500" length "0000" fragment "40" proto "0000" ADDRS4
#define IP4_TCP		  IP4("0028", "4000", "06") TCP
#define IP6(length, next) "60000000" length next "40" ADDRS6
#define IP6_TCP		  IP6("0014", "06") TCP

/*
 * decap_segment of the first len octets, in a copy of the very length, so that
 * reading beyond them is noticed.
 */
enum decap_kind open_exactly(const struct decap_frame *frame, size_t len,
			     struct seg *seg, uint32_t *next);

/* The same of a frame in which there is no other, as is expected. */
enum decap_kind open_frame(int link, const uint8_t *bytes, size_t len,
			   size_t wire_len, struct seg *seg);

#endif
