/* Flows, segments and tapes for tests, from short rows. */
#ifndef TEST_MAKE_H
#define TEST_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/decap_usual.h"
#include "tape/tape.h"

#define MAKE_ISN_A UINT32_C(1000)
#define MAKE_ISN_B UINT32_C(4294967290) /* wraps around soon */

/* A segment in relative numbers. ack is used when flags has the dot. */
struct make_seg {
	enum side from;
	const char *flags;
	int64_t seq;
	int64_t ack;
	size_t len;
};

/* Who sends and gets the frames that the tests build, by side. */
extern const uint8_t make_mac[2][SEG_MAC_LEN];

/* 192.0.2.LAST, or 2001:db8::LAST. */
struct seg_end make_end(int family, uint8_t last, uint16_t port);

/* Addresses of the documentation, ports 40000 and 7, no numbers known. */
void make_flow(struct flow *flow, int family);

/* Octets from hex digits. Returns how many. */
size_t make_octets(const char *hex, uint8_t *buf);

/* The next of a sequence of numbers below 1 << 24, which *state begins. */
uint32_t make_random(uint32_t *state);

/* The segment, window 502; nothing of it is in a frame. */
struct seg make_segment(const struct flow *flow, const struct make_seg *m);

/* The same in brief. It has at most 65,535 octets. */
struct decap_brief make_brief(const struct seg *seg);

/* The segments of an opening, A's connect. */
#define MAKE_HANDSHAKE 3
extern const struct make_seg make_handshake[MAKE_HANDSHAKE];

/* The flow has seen the segment; a flow that has seen an opening. */
void make_note(struct flow *flow, const struct make_seg *m);
void make_open(struct flow *flow);

/* An event of a tape; which members count depends on the kind. */
struct make_event {
	enum tape_kind kind;
	enum side side;	  /* who acts; of a segment, its sender */
	const char *text; /* ACT, COUNTED: the event's; SEGMENT: flags */
	const char *answer;
	int64_t number; /* COUNTED, QUIET; SEGMENT: seq */
	int64_t ack;	/* SEGMENT */
	size_t len;	/* SEGMENT: payload; RELEASE: the frame's index */
	enum tape_how how;
	enum tcp_state state[2];
	bool passed;
	int at_ms; /* since the start of the tape */
};

#define MAKE_START INT64_C(1700000000000000000)

/* Fills an empty tape, with a flow of its own and lines from 1. */
void make_tape(struct tape *t, int family, const struct make_event *rows,
	       size_t n);

#endif
