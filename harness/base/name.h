/*
 * The field's own words, one table each, read both ways: TCP states as the
 * RFC spells them (FIN-WAIT-1), flags as tcpdump prints them (FP.), errno and
 * poll(2) names as the manual pages do. No other file spells these.
 */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stddef.h>
#include <stdint.h>

/* RFC 9293 section 3.3.2, in the order of its list. */
enum tcp_state {
	TCP_STATE_NONE, /* not said, not known */
	TCP_STATE_LISTEN,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_ESTABLISHED,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_CLOSING,
	TCP_STATE_LAST_ACK,
	TCP_STATE_TIME_WAIT,
	TCP_STATE_CLOSED,
	TCP_STATE_COUNT,
};

/* "FIN-WAIT-1"; "-" for NONE and anything out of range. */
const char *name_state(enum tcp_state s);

/* The state so spelt (exactly), or TCP_STATE_NONE. */
enum tcp_state name_state_parse(const char *text, size_t len);

/* A set of states, for what more than one is right of. */
#define STATE_BIT(s) (UINT32_C(1) << (s))

#define NAME_STATES_MAX 128

/* "CLOSED|TIME-WAIT", in the order of the list; "-" for none. */
const char *name_states(uint32_t set, char buf[NAME_STATES_MAX]);

/* TCP header flag bits (RFC 9293 section 3.1). */
#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_URG 0x20
#define FLAG_ECE 0x40
#define FLAG_CWR 0x80

#define NAME_FLAGS_MAX 9

/* "FP." in tcpdump's order F S R P . U E W; "none" when no flag is set. */
const char *name_flags(uint8_t flags, char buf[NAME_FLAGS_MAX]);

/*
 * Reads flag letters in any order, each at most once, or "none". Returns the
 * bits, or -1.
 */
int name_flags_parse(const char *text, size_t len);

/* "ECONNRESET"; "E<number>" (in buf) for one that is not in the table. */
const char *name_errno(int err, char buf[16]);

/* The errno so spelt, or 0. */
int name_errno_parse(const char *text, size_t len);

#define NAME_SET_MAX 64

/*
 * poll(2) events without their POLL prefix, comma-separated in the order
 * IN,PRI,OUT,RDHUP,ERR,HUP,NVAL; "none" when empty.
 */
const char *name_poll(short events, char buf[NAME_SET_MAX]);

/* Reads such a list, in any order. Returns the bits, or -1. */
int name_poll_parse(const char *text, size_t len);

/* The sets of select(2) that a descriptor can be in. */
enum select_set {
	SELECT_READ = 1 << 0,
	SELECT_WRITE = 1 << 1,
	SELECT_EXCEPT = 1 << 2,
};

/* The same for these: "READ,WRITE,EXCEPT". */
const char *name_select(int sets, char buf[NAME_SET_MAX]);
int name_select_parse(const char *text, size_t len);

#endif
