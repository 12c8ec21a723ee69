/*
 * A case, parsed: what LANGUAGE describes, as data. Pure. The parser
 * (script/parse.h) makes it; the interpreter (run/interpret.h) follows it.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/name.h"
#include "base/side.h"
#include "script/pattern.h"

struct verb;

/*
 * When something must happen. "within T" sets max; "after T" sets min, "after
 * T1..T2" both; "after Nx" sets ratio: N times the interval before it, where
 * [0.75 N, 1.5 N] is taken for N. All in ns; 0 is "not said".
 */
struct bound {
	int64_t min_ns;
	int64_t max_ns;
	double ratio;
};

/* What the cable does with the rung's segment. */
enum rung_how {
	RUNG_DELIVER, /* -->  SEG  --> */
	RUNG_KEEP,    /* -->  SEG  ==>  delivered, and a copy held */
	RUNG_HOLD,    /* -->  SEG  ... */
	RUNG_RELEASE, /* ...  SEG  --> */
	RUNG_LOSE,    /* -->  SEG  --x */
	RUNG_FORGE,   /* ~~>  SEG  --> */
};

struct rung {
	enum side from;
	enum rung_how how;
	struct pattern pat;
	uint32_t states[2]; /* by enum side: any of these; 0: not said */
	struct bound bound;
};

/* What an act must answer. */
enum want_kind {
	WANT_TEXT,   /* as script_wants says */
	WANT_ANY,    /* anything that is not an errno; of GIVES_NOTHING too */
	WANT_ALL,    /* eof after exactly what the peer has sent so far */
	WANT_BLOCKS, /* has not returned when the harness looks */
};

struct want {
	enum want_kind kind;
	/*
	 * WANT_TEXT: canonical spelling, "0", "1000", "eof", "ECONNRESET"; more
	 * than one with '|' between them; "IN,ERR,.." are at least these events.
	 */
	const char *text;
};

struct act {
	enum side side;
	const struct verb *verb;
	const char *args; /* canonical, single spaces; "" when none */
	struct want want;
	struct bound bound;
};

/* "A is STATE[|STATE] [within T]" */
struct is {
	enum side side;
	uint32_t states; /* any of these */
	struct bound bound;
};

/*
 * "B count STATE = N [within T]": sockets of that state in the namespace;
 * "B count snmp NAME = N [within T]": a counter of the stack's, from the
 * beginning of the case on
 */
struct count {
	enum side side;
	enum tcp_state state;
	const char *counter; /* by its Linux name; NULL: sockets */
	long number;
	struct bound bound;
};

/* "pass" alone ends when nothing was seen for that long. */
#define SCRIPT_PASS_QUIET_NS (100 * INT64_C(1000000))

/* "pass [until A is STATE | until A returns] [within T]" */
enum pass_until {
	PASS_QUIET, /* nothing seen for SCRIPT_PASS_QUIET_NS */
	PASS_STATE,
	PASS_RETURNS,
};

struct pass {
	enum pass_until until;
	enum side side;
	uint32_t states; /* any of these */
	struct bound bound;
};

struct step;

struct block {
	struct step *steps;
	size_t n;
};

struct repeat {
	long min;
	long max;
	struct block body;
};

/* "deviates ID[, ID ...]": what a branch breaks; n 0: nothing. */
struct breach {
	const char **id;
	int *line;
	size_t n;
};

/* "either [deviates ID] { } or [deviates ID] { } [or ...]" */
struct either {
	struct block *branch;
	int *line; /* of each branch's opening word */
	struct breach *breach;
	size_t n;
};

enum step_kind {
	STEP_OPEN, /* "open [N]" */
	STEP_ACT,
	STEP_RETURNS, /* "A returns [= RESULT] [BOUND]" */
	STEP_RUNG,
	STEP_IS,
	STEP_COUNT,
	STEP_QUIET,
	STEP_PASS,
	STEP_REPEAT,
	STEP_EITHER,
};

struct step {
	enum step_kind kind;
	int line;
	union {
		long open; /* how many connections */
		/* STEP_RETURNS: verb and args are of the call that blocked. */
		struct act act;
		struct rung rung;
		struct is is;
		struct count count;
		int64_t quiet_ns;
		struct pass pass;
		struct repeat repeat;
		struct either either;
	};
};

enum need_kind {
	NEED_WIRE,
	NEED_SYSCTL, /* name */
	NEED_KERNEL, /* at least major.minor */
	NEED_SCAPY,
	NEED_FAMILY,   /* "needs ipv4" or "needs ipv6" */
	NEED_NO_CALLS, /* "needs no calls of B" */
	NEED_VIRTUAL_TIME,
};

struct need {
	enum need_kind kind;
	int line;
	const char *name; /* NEED_SYSCTL */
	int major, minor; /* NEED_KERNEL */
	int family;	  /* NEED_FAMILY: AF_INET or AF_INET6 */
	enum side side;	  /* NEED_NO_CALLS */
	const char *why;  /* as written, or how it follows from a line */
};

struct sysctl_set {
	int line;
	enum side side;
	const char *name; /* "net.ipv4.tcp_orphan_retries" */
	const char *value;
};

/* A counter that the case asks for. */
struct counter {
	enum side side;
	const char *name;
};

/* Route attributes and the like; a case may change them with "set". */
struct link_set {
	bool quickack;	    /* on */
	int64_t rto_min_ns; /* 5 s; 0 is "off": the kernel's own */
	bool timestamps;    /* on: the ends offer the option (RFC 7323) */
	bool sack;	    /* on: the same (RFC 2018) */
	/*
	 * Seed of what befalls the segments that "pass" lets through: some are
	 * lost, some come late, some twice. 0: nothing.
	 */
	uint64_t weather;
};

struct script {
	struct arena arena; /* owns everything below */
	const char *path;   /* as it was opened */
	const char
		*text; /* the file, but for a byte order mark; NUL-terminated */
	size_t text_len;
	const char *title;
	const char **spec; /* script/reference.h, as written */
	int *spec_line;	   /* where each of them is */
	size_t n_spec;
	const char **deviates; /* rules or ids whose breach the case shows */
	int *deviates_line;
	size_t n_deviates;
	struct need *need;
	size_t n_need;
	struct sysctl_set *sysctl;
	size_t n_sysctl;
	struct counter *counter; /* each once */
	size_t n_counter;
	struct link_set link;
	bool slow; /* the line "slow": not a quick case */
	struct block body;
};

/* The first need of that kind, written or derived, or NULL. */
const struct need *script_need(const struct script *s, enum need_kind kind);

/* Number of connections "open" makes in this case: 0, 1 or more. */
long script_connections(const struct script *s);

/*
 * The least time the script must take, in ns: its quiet times and the lower
 * bounds of what it waits for. For the order in which cases are started.
 */
int64_t script_least_ns(const struct script *s);

/*
 * The acts of that side, "open" and those of all branches among them: bits
 * 1 << enum verb_id (script/verb.h).
 */
uint64_t script_verbs(const struct script *s, enum side side);

/* Whether the sockets of that side are counted by their states. */
bool script_counts_sockets(const struct script *s, enum side side);

/*
 * Whether it needs no calls of that side beyond a listening socket and taking
 * the connection, nor any of its own accord: it says so, or no step lets that
 * side's process do anything.
 */
bool script_needs_no_calls(const struct script *s, enum side side);

/* Whether it needs timestamps: its segments have them, or break with them. */
bool script_has_timestamps(const struct script *s);

/* True when one of its spec references is id, or begins with "id " or "id-". */
bool script_has_spec(const struct script *s, const char *id);

/* True when the case shows a breach of that rule, named so or by its id. */
bool script_deviates(const struct script *s, const char *name, const char *id);

/* "500ms": a time in the largest unit that divides it, in the arena. */
const char *script_time_text(struct arena *a, int64_t ns);

/*
 * The step as one line that says what the stack is to do in it, in texts of
 * the arena: "R.  seq 1 ack 2 from A", "quiet 500ms", "A is CLOSED",
 * "A recv = eof". Of a step that is none of these: NULL.
 */
const char *script_step_text(struct arena *a, const struct step *st);

/* Whether a call's answer is what the text of a WANT_TEXT asks for. */
bool script_wants(const char *text, const char *answer);

/* What is counted, as the tape has it: "TIME-WAIT", "snmp OutRsts". */
const char *script_count_text(struct arena *a, const struct count *c);

/* Gives back everything, s included. NULL is allowed. */
void script_free(struct script *s);

#endif
