/*
 * What a rung says of its segment, and whether a segment is that. Pure.
 */
#ifndef SCRIPT_PATTERN_H
#define SCRIPT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/flow.h"
#include "packet/icmp.h"
#include "packet/seg.h"

/* Which members of struct pattern are written in the case. */
#define PAT_FLAGS 0x01
#define PAT_SEQ	  0x02
#define PAT_LEN	  0x04 /* "seq 1:1001" says the length too */
#define PAT_ACK	  0x08
#define PAT_WIN	  0x10
#define PAT_TS	  0x20 /* "ts" or "no ts" */
#define PAT_TSVAL 0x40 /* "tsval +N|-N[..+M|-M]" */
/* seq counts from RCV.NXT+RCV.WND, as the other end has offered it at most. */
#define PAT_EDGE 0x80
/* forged only: an ICMP error; PAT_SEQ and PAT_PORT are of what it quotes */
#define PAT_ICMP   0x100
#define PAT_PORT   0x200 /* "port +N|-N", from the port it sent from */
#define PAT_TSECR  0x400
#define PAT_MSS	   0x800
#define PAT_WSCALE 0x1000
#define PAT_SACKOK 0x2000
#define PAT_SACK   0x4000
/* "isn > old": above all numbers of the end's connection before */
#define PAT_ISN 0x8000
/* "R.|R": flags_or are as right as flags */
#define PAT_FLAGS_OR 0x10000

#define PATTERN_SACK_MAX 4
#define PATTERN_OPTS_MAX 64 /* more than a segment can carry */

/* What an end has of the other beyond a hole: relative, up to but without to. */
struct pattern_sack {
	int64_t from;
	int64_t to;
};

struct pattern {
	unsigned int set; /* PAT_* */
	uint8_t flags;
	uint8_t flags_or;
	int64_t seq;  /* relative, or to the edge */
	uint32_t len; /* octets of payload; "seq N" alone says 0 */
	int64_t ack;  /* relative; of "R.|R" only where ACK is set */
	uint16_t win; /* as on the wire, unscaled */
	bool ts;
	/* From the TSval before, which the end really sent last. */
	int32_t tsval;
	int32_t tsval_most; /* the same, except in a range */
	int32_t tsecr;	    /* from the last TSval that the other really sent */
	int32_t mss;	    /* -1: without the option */
	int32_t wscale;	    /* likewise */
	bool sackok;
	struct pattern_sack sack[PATTERN_SACK_MAX];
	size_t n_sack;	   /* 0: without the option */
	const char *scapy; /* an expression instead of all the above, or NULL */
	enum icmp_error icmp;
	uint16_t mtu; /* of ICMP_FRAG_NEEDED */
	int32_t port;
};

#define PATTERN_TEXT_MAX 128

/* The first field that differs, and both values as text. */
struct mismatch {
	const char *field; /* "flags", "seq", "len", "ack", "win", "ts" ... */
	char expected[PATTERN_TEXT_MAX];
	char actual[PATTERN_TEXT_MAX];
};

/*
 * Whether seg, sent by from and already noted in flow, is what pat says.
 * Fields not set are not looked at. A wrong TCP checksum never matches (field
 * "checksum"). *why is filled when it does not match and why is not NULL.
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
 * sent). The options are written to opts, which must live as long as seg; more
 * than 40 octets of them are for seg_build to refuse. seg->data stays NULL.
 */
void pattern_forge(const struct pattern *pat, const struct flow *flow,
		   enum side from, struct seg *seg,
		   uint8_t opts[PATTERN_OPTS_MAX]);

/*
 * Says of a forged segment what options it has that plain, forged without a
 * word about them, has not.
 */
void pattern_add_forged_options(const struct seg *seg, const struct seg *plain,
				const struct flow *flow, enum side from,
				struct pattern *pat);

/*
 * What the ICMP error of a forged rung quotes: an ACK that to, which the error
 * goes to, has sent, with the first number not yet acknowledged where the
 * pattern says none.
 */
void pattern_quote(const struct pattern *pat, const struct flow *flow,
		   enum side to, struct seg *quoted);

#endif
