/*
 * What the harness and the program lastack-lwip say to each other besides the
 * agent's lines: messages of a SOCK_SEQPACKET, which is descriptor 3 of the
 * program. The program says nothing unasked but LWIP_FRAME; all that it is
 * told it answers with the same word, when it has been done.
 */
#ifndef STACK_LWIP_WORDS_H
#define STACK_LWIP_WORDS_H

#include <stdint.h>

enum lwip_word {
	LWIP_FRAME,   /* octets follow the head, either way */
	LWIP_MEET,    /* local: this end's IPv4 address, peer: its IPv6 one */
	LWIP_PEER,    /* the same of the other end; after LWIP_MEET */
	LWIP_STATE,   /* of local and peer; value: lwIP's number, or -1 */
	LWIP_COUNT,   /* sockets in that state; 0: any port */
	LWIP_DESTROY, /* value: 0, or an errno */
	LWIP_ASLEEP,  /* value: whether the agent's thread sleeps */
	LWIP_UNTIL,   /* lets time pass: see at_ns */
};

struct lwip_end {
	uint8_t addr[16];
	uint16_t port;
};

struct lwip_head {
	uint32_t word;
	int32_t value; /* of an answer; of LWIP_COUNT the state */
	int32_t family;
	/*
	 * Of a frame sent: when, by CLOCK_REALTIME; nothing where time is the
	 * harness's. Of UNTIL, by that time: to when at most, and as it is
	 * answered, to when it is: something may have happened first.
	 */
	int64_t at_ns;
	int64_t next_ns;  /* of an answer: when its timers run next */
	int64_t received; /* of an answer: the TCP segments so far */
	int64_t late_ns;  /* of an answer: how late its timers ran, in all */
	struct lwip_end local, peer;
	uint8_t mac[6];
	uint8_t spare[2];
};

#define LWIP_FRAME_MAX 2048 /* octets behind a head */

/* Of the program's arguments: time is the harness's, and passes when told. */
#define LWIP_VIRTUAL "--virtual"

#endif
