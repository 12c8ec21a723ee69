/*
 * The rules of ending that a judge can find broken: one table, each row with
 * the requirement it comes from (the first column of cases/requirements.tsv)
 * and one sentence. Pure.
 */
#ifndef JUDGE_RULE_H
#define JUDGE_RULE_H

#include <stddef.h>

enum severity {
	SEVERITY_NOTE,	       /* worth knowing, nothing wrong */
	SEVERITY_INCONCLUSIVE, /* cannot be told from here */
	SEVERITY_SUSPICIOUS,   /* legal in part, or attack-like */
	SEVERITY_VIOLATION,    /* a MUST or SHOULD is proved broken */
	SEVERITY_COUNT,
};

/* "note", "inconclusive", "suspicious", "violation"; and back (COUNT). */
const char *severity_name(enum severity s);
enum severity severity_parse(const char *text, size_t len);

/* Which judge has a row or a test for it. */
#define JUDGE_WIRE 1u /* the judge of segments alone */
#define JUDGE_TAPE 2u /* the judge that knows states and calls */
#define JUDGE_PAIR 4u /* check/views.h, of two views of one connection */
#define JUDGE_BOTH (JUDGE_WIRE | JUDGE_TAPE)

/*
 * The rules: identifier, name, requirement, severity when it is proved, who
 * looks at it, and the rule in one sentence. Those that only the tape judge
 * looks at come last.
 */
/* clang-format off */
#define RULES(X) \
	/* What the sender's own segments prove. */ \
	X(DATA_AFTER_FIN, "data-after-fin", "RFC9293-3.6-C1-NOSEND", \
	  VIOLATION, WIRE, "after its FIN an end sends no octets beyond it") \
	X(FIN_MOVED, "fin-moved", "RFC9293-3.6-C1-REXMIT", \
	  VIOLATION, WIRE, "a FIN sent again keeps its sequence number") \
	X(FIN_WITHOUT_ACK, "fin-without-ack", "RFC9293-3.1-ACKBIT", \
	  VIOLATION, WIRE, "a segment of a connection carries the ACK flag") \
	X(SEQ_BELOW_FIN, "seq-below-fin", "RFC9293-3.6-FIG12", \
	  SUSPICIOUS, BOTH, "after its FIN an end acknowledges with the " \
	  "number behind it") \
	X(NO_TIMESTAMP, "no-timestamp", "RFC7323-3.2-NONRST", \
	  VIOLATION, WIRE, "once negotiated, timestamps are in every " \
	  "segment but RST") \
	X(KEEPALIVE_NO_TIMESTAMP, "keepalive-no-timestamp", \
	  "RFC7323-3.2-NONRST", \
	  NOTE, WIRE, "a keep-alive carries the timestamps negotiated, too") \
	X(AFTER_RST, "after-rst", "RFC9293-3.6-ABORTNOW", \
	  SUSPICIOUS, WIRE, "an end that has reset the connection does not " \
	  "go on with it") \
	X(RST_WITH_DATA, "rst-with-data", "RFC9293-3.5.3-SHLD2", \
	  NOTE, WIRE, "an RST may carry data, which is rare") \
	X(RST_WITH_FIN, "rst-with-fin", "RFC9293-3.10.5-ABORT-EST", \
	  NOTE, WIRE, "an RST has no SYN or FIN beside it") \
	X(SYN_WITH_FIN, "syn-with-fin", "RFC9293-3.10.7.2-SYN", \
	  SUSPICIOUS, WIRE, "a SYN has a FIN beside it only when it carries " \
	  "all there is to say") \
	/* What needs both directions. */ \
	X(ACK_UNSENT, "ack-unsent", "RFC9293-3.1-ACKNUM", \
	  VIOLATION, WIRE, "only what was sent can be acknowledged") \
	X(FIN_ACK_LOW, "fin-ack-low", "RFC9293-3.10.7.4-S8-EST", \
	  SUSPICIOUS, WIRE, "a FIN is acknowledged with the number behind it") \
	X(FIN_OUTSIDE, "fin-outside", "RFC9293-3.3.1-SNDWND", \
	  SUSPICIOUS, WIRE, "a FIN lies inside the receiver's window") \
	X(RST_OUTSIDE, "rst-outside", "RFC5961-3.2-1", \
	  SUSPICIOUS, WIRE, "an RST outside the window is discarded: its " \
	  "sender does not know the connection") \
	X(RST_INEXACT, "rst-inexact", "RFC5961-3.2-LEVEL", \
	  SUSPICIOUS, WIRE, "an RST that counts has exactly the number " \
	  "expected next") \
	X(RST_INEXACT_OBEYED, "rst-inexact-obeyed", "RFC5961-3.2-3", \
	  SUSPICIOUS, WIRE, "an RST in the window but not exact is answered " \
	  "with an ACK and changes nothing") \
	X(RST_ANSWERS_RST, "rst-answers-rst", "RFC9293-3.5.2-G1-RST", \
	  VIOLATION, BOTH, "an RST is never answered with an RST") \
	X(RST_WRONG_SEQ, "rst-wrong-seq", "RFC9293-3.5.2-G1-ACK", \
	  SUSPICIOUS, WIRE, "an RST that answers an ACK has its " \
	  "acknowledgment number as sequence number") \
	X(ACK_AFTER_RST, "ack-after-rst", "RFC9293-3.10.5-ABORT-EST", \
	  SUSPICIOUS, WIRE, "an end that has reset the connection " \
	  "acknowledges no data") \
	X(RST_UNHEEDED, "rst-unheeded", "RFC5961-3.2-2", \
	  SUSPICIOUS, WIRE, "an exact RST ends its receiver's connection: " \
	  "it does not go on") \
	X(REFUSAL_UNHEEDED, "refusal-unheeded", "RFC9293-3.5.3-SYNSENT", \
	  NOTE, WIRE, "an RST that acknowledges the SYN refuses it: it is " \
	  "not sent again") \
	X(ACK_LOOP, "ack-loop", "RFC5961-10-REFLECT", \
	  SUSPICIOUS, WIRE, "two ends do not answer each other's answers " \
	  "without end") \
	X(LONE_FIN, "lone-fin", "RFC9293-3.10.7.1-CLOSED", \
	  NOTE, WIRE, "a FIN belongs to a connection that was opened") \
	X(FIN_BAD_ACK, "fin-bad-ack", "RFC5961-5.2-FIN", \
	  SUSPICIOUS, WIRE, "a FIN acknowledges what the other end has sent") \
	X(RST_TO_LAST_ACK, "rst-to-last-ack", "RFC9293-3.10.7.4-S5-LA", \
	  NOTE, WIRE, "the ACK of its FIN closes an end, and is not " \
	  "answered with RST") \
	X(RST_IN_TIME_WAIT, "rst-in-time-wait", "RFC9293-3.10.7.4-S8-TW", \
	  NOTE, WIRE, "in TIME-WAIT a FIN that comes again is " \
	  "acknowledged, not reset") \
	X(PADDING, "padding", "RFC9293-3.10.7.4-S7-EST", \
	  NOTE, WIRE, "an IP packet's length does not count the padding of " \
	  "its frame") \
	X(SYN_IN_TIME_WAIT, "syn-in-time-wait", "RFC1122-4.2.2.13-SYN", \
	  NOTE, WIRE, "a SYN that meets a TIME-WAIT has a newer number or " \
	  "timestamp, and is answered") \
	/* What needs time. */ \
	X(FIN_NOT_RETRANSMITTED, "fin-not-retransmitted", "RFC9293-3.10.8-RTO", \
	  SUSPICIOUS, BOTH, "a FIN that is not acknowledged is sent again") \
	X(FIN_NEVER_ACKED, "fin-never-acked", "RFC9293-3.6-C2-UTO", \
	  NOTE, WIRE, "a FIN is acknowledged before its sender gives up") \
	X(LAST_ACK_MISSING, "last-ack-missing", "RFC9293-3.10.7.4-S8-TW", \
	  SUSPICIOUS, WIRE, "the FIN of the end that closes last is " \
	  "acknowledged too") \
	X(FIN_ACK_LATE, "fin-ack-late", "RFC9293-3.8.6.3-MUST40", \
	  SUSPICIOUS, WIRE, "a FIN is acknowledged within half a second") \
	X(NO_BACKOFF, "no-backoff", "RFC9293-3.8.2-MUST19", \
	  VIOLATION, WIRE, "the time between retransmissions grows " \
	  "exponentially") \
	X(RETRANSMITTED_EARLY, "retransmitted-early", "RFC6298-5-NOEARLY", \
	  SUSPICIOUS, BOTH, "nothing is sent again before an answer could " \
	  "have come") \
	X(FIN_AFTER_ACK, "fin-after-ack", "RFC9293-3.6-C1-REXMIT", \
	  VIOLATION, WIRE, "a FIN whose acknowledgment has come is not sent " \
	  "again") \
	X(ICMP_ANSWERED, "icmp-answered", "RFC9293-3.9.2.2-MUST54", \
	  NOTE, WIRE, "what is sent is acknowledged, not answered with ICMP " \
	  "errors") \
	X(FIN_STORM, "fin-storm", "RFC6298-5.5", \
	  SUSPICIOUS, WIRE, "a FIN is not sent again many times in a second") \
	X(RST_STORM, "rst-storm", "RFC9293-3.5.2-NORST", \
	  SUSPICIOUS, WIRE, "an RST answers one segment, or aborts once") \
	X(TIME_WAIT_REUSED, "time-wait-reused", "RFC6191-2-A4", \
	  SUSPICIOUS, WIRE, "in TIME-WAIT a SYN is accepted only if its " \
	  "number or its timestamp is newer") \
	X(TIME_WAIT_ASSASSINATED, "time-wait-assassinated", "RFC1337-1-TWA", \
	  SUSPICIOUS, WIRE, "an old segment does not lead to an RST that " \
	  "ends TIME-WAIT") \
	/* What needs two views of a connection. */ \
	X(NOT_PASSED, "not-passed", "RFC5382-5-CLOSING", \
	  SUSPICIOUS, PAIR, "a FIN and an RST pass the box that translates " \
	  "the addresses") \
	/* What needs states, calls and deliveries: a tape. */ \
	X(WRONG_TRANSITION, "wrong-transition", "RFC9293-3.3.2-N2", \
	  VIOLATION, TAPE, "an end goes only into the states its events " \
	  "lead to") \
	X(ANSWER_MISSING, "answer-missing", "RFC9293-3.5.2-G3", \
	  VIOLATION, TAPE, "a segment that asks for an ACK or an RST is " \
	  "answered") \
	X(ANSWER_WRONG, "answer-wrong", "RFC9293-3.5.2-G2-LISTEN", \
	  VIOLATION, TAPE, "a segment is answered with the answer it asks " \
	  "for") \
	X(UNASKED_SEGMENT, "unasked-segment", "RFC9293-3.6-C1-NOEARLYFIN", \
	  VIOLATION, TAPE, "no FIN or RST is sent that nobody asked for") \
	X(FIN_ON_UNREAD, "fin-on-unread", "RFC9293-3.6.1-SHLD3a", \
	  VIOLATION, TAPE, "closing with unread data sends RST, not FIN") \
	X(DATA_AFTER_CLOSE, "data-after-close", "RFC9293-3.6.1-SHLD3b", \
	  VIOLATION, TAPE, "data that comes after close is answered with RST") \
	X(FIN_MISSING, "fin-missing", "RFC9293-3.6-C1-FIN", \
	  VIOLATION, TAPE, "closing sends a FIN behind the data") \
	X(RST_IGNORED, "rst-ignored", "RFC5961-3.2-2", \
	  VIOLATION, TAPE, "an exact RST resets the connection") \
	X(RST_OBEYED, "rst-obeyed", "RFC5961-3.2-1", \
	  VIOLATION, TAPE, "an RST that must not count changes nothing") \
	X(WRONG_RESULT, "wrong-result", "RFC9293-3.6-MUST12", \
	  VIOLATION, TAPE, "calls tell how the connection ended") \
	X(ACK_STORM, "ack-storm", "RFC5961-10-REFLECT", \
	  VIOLATION, TAPE, "a segment is answered with one ACK, not with " \
	  "many") \
	X(WINDOW_SHRUNK, "window-shrunk", "RFC9293-3.8.6-SHLD14", \
	  VIOLATION, TAPE, "the right edge of an offered window does not go " \
	  "back") \
	X(TIMESTAMP_BACK, "timestamp-back", "RFC7323-5.2-MONOTONE", \
	  VIOLATION, TAPE, "the timestamps an end sends do not go back") \
	X(ECN_UNASKED, "ecn-unasked", "RFC3168-6.1.1-SETUP", \
	  VIOLATION, TAPE, "ECE and CWR are not set unless the SYNs have " \
	  "agreed on ECN") \
	X(URGENT_UNASKED, "urgent-unasked", "RFC9293-3.10.2-SEND-URG", \
	  VIOLATION, TAPE, "URG is set only when urgent data was sent") \
	X(BAD_CHECKSUM, "bad-checksum", "RFC9293-3.1-MUST2", \
	  VIOLATION, TAPE, "an end sends correct checksums") \
	X(ISS_LOW, "iss-low", "RFC9293-3.6.1-MAY2-cond1", \
	  VIOLATION, TAPE, "a connection that reopens TIME-WAIT begins above " \
	  "the numbers of the old one")
/* clang-format on */

enum rule_id {
#define RULE_ID(id, ...) RULE_##id,
	RULES(RULE_ID)
#undef RULE_ID
	RULE_COUNT,
};

struct rule {
	const char *name;	/* "data-after-fin": for people, stable */
	const char *id;		/* "RFC9293-3.6-C1-NOSEND" */
	enum severity severity; /* when it is proved */
	unsigned int judges;	/* JUDGE_WIRE and so on: who looks at it */
	const char *text;
};

const struct rule *rule_of(enum rule_id id);

/* The row of that name or requirement id, or NULL. */
const struct rule *rule_find(const char *name, size_t len);

/* A requirement's section, "3.6" of "RFC9293-3.6-C1-NOSEND", and its length. */
const char *rule_section(const char *id, size_t *len);

#endif
