/*
 * What a rung says of its segment, and whether a segment is that. Pure.
 */
#ifndef SCRIPT_PATTERN_H
#define SCRIPT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/flow.h"
#include "packet/seg.h"

/* Which members of struct pattern are written in the case. */
#define PAT_FLAGS 0x01
#define PAT_SEQ	  0x02
#define PAT_LEN	  0x04 /* "seq 1:1001" says the length too */
#define PAT_ACK	  0x08
#define PAT_WIN	  0x10
#define PAT_TS	  0x20 /* "ts" or "no ts" */
#define PAT_TSVAL 0x40 /* forged only: "tsval +N|-N", from the last sent */

struct pattern {
	unsigned int set; /* PAT_* */
	uint8_t flags;
	int64_t seq;  /* relative */
	uint32_t len; /* octets of payload; "seq N" alone says 0 */
	int64_t ack;  /* relative */
	uint16_t win; /* as on the wire, unscaled */
	bool ts;
	int32_t tsval;
	const char *scapy; /* an expression instead of all the above, or NULL */
};

#define PATTERN_TEXT_MAX 128

/* The first field that differs, and both values as text. */
struct mismatch {
	const char *field; /* "flags", "seq", "len", "ack", "win", "ts" */
	char expected[PATTERN_TEXT_MAX];
	char actual[PATTERN_TEXT_MAX];
};

/*
 * Whether seg, sent by from, is what pat says. Fields not set are not looked
 * at. A wrong TCP checksum never matches (field "checksum"). *why is filled
 * when it does not match and why is not NULL.
 */
bool pattern_match(const struct pattern *pat, const struct flow *flow,
		   enum side from, const struct seg *seg, struct mismatch *why);

/*
 * The pattern that says all there is to say of seg in the case language:
 * flags; seq (with its range when there is payload) when the segment carries
 * payload, SYN, FIN or RST; ack when the ACK flag is set; win only when 0.
 */
void pattern_of(const struct seg *seg, const struct flow *flow, enum side from,
		struct pattern *pat);

/* "F.  seq 1 ack 1", as it is written in a case; "(scapy)" forms too. */
const char *pattern_text(const struct pattern *pat, char buf[PATTERN_TEXT_MAX]);

/*
 * The segment a forged rung describes, as if from had sent it: what the
 * pattern leaves out is taken from the connection (next sequence number,
 * last acknowledgment, last window, timestamps when in use, tsval the last
 * sent). The timestamps option is written to opts[12], which must live as
 * long as seg. seg->data stays NULL (see seg_build).
 */
void pattern_forge(const struct pattern *pat, const struct flow *flow,
		   enum side from, struct seg *seg, uint8_t opts[12]);

#endif
