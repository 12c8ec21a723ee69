/*
 * The acts of the language, as one list: what follows the verb, what it
 * answers, who carries it out. The agent has a command for each of its own
 * (agent/agent_*.c), and the manual lastack-fin(5) an item in the same order,
 * which the unit tests (test/test_verb.c) hold them to. Pure.
 */
#ifndef SCRIPT_VERB_H
#define SCRIPT_VERB_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Who carries the act out. */
enum verb_by {
	BY_AGENT, /* the end's process makes the call */
	BY_STACK, /* the harness asks the end's stack */
	BY_CABLE, /* the harness itself; needs the wire */
};

/* What an act answers when it goes well. */
enum verb_gives {
	GIVES_ZERO,	    /* "0" */
	GIVES_COUNT,	    /* a number of octets */
	GIVES_COUNT_OR_EOF, /* a number, or "eof" */
	GIVES_EVENTS,	    /* poll(2) events */
	GIVES_SENT,    /* a number of octets; of an error, the signal too */
	GIVES_SETS,    /* select(2) sets */
	GIVES_ANY,     /* what the call that it returns gives */
	GIVES_ERRNO,   /* an errno's name, or "0" */
	GIVES_NOTHING, /* the process is gone: no answer, none can be wanted */
};

enum verb_how {
	VERB_BLOCKS = 1, /* the call may block */
	VERB_WANTS = 2, /* the case has to say "= RESULT" ("recv N" need not) */
};

/*
 * Identifier, word, arguments, who carries it out, what it gives, enum
 * verb_how. In the arguments capitals are kinds (SECONDS, IDLE and INTERVAL
 * are a TIME of whole seconds; CALL is a verb that may block, with what follows
 * it), "[ ]" may be left out, and a literal such as "off" ends them.
 */
/* clang-format off */
#define VERBS(X) \
	X(LISTEN, "listen", "[BACKLOG]", BY_AGENT, ZERO, 0) \
	X(UNLISTEN, "unlisten", "", BY_AGENT, ZERO, 0) \
	X(CONNECT, "connect", "[unspec|unbound]", BY_AGENT, ZERO, 0) \
	X(ACCEPT, "accept", "", BY_AGENT, ZERO, VERB_BLOCKS) \
	X(SEND, "send", "N [oob|dontwait|signal]", BY_AGENT, SENT, VERB_BLOCKS) \
	X(FILL, "fill", "", BY_AGENT, COUNT, 0) \
	X(RECV, "recv", "[N|peek|dontwait|oob] [peek|dontwait]", BY_AGENT, \
	  COUNT_OR_EOF, VERB_BLOCKS | VERB_WANTS) \
	X(DRAIN, "drain", "", BY_AGENT, COUNT, VERB_BLOCKS) \
	X(SHUTDOWN, "shutdown", "rd|wr|rdwr", BY_AGENT, ZERO, 0) \
	X(CLOSE, "close", "", BY_AGENT, ZERO, VERB_BLOCKS) \
	X(LINGER, "linger", "off|0|SECONDS", BY_AGENT, ZERO, 0) \
	X(LINGER2, "linger2", "SECONDS", BY_AGENT, ZERO, 0) \
	X(USER_TIMEOUT, "user-timeout", "TIME", BY_AGENT, ZERO, 0) \
	X(KEEPALIVE, "keepalive", "on|off|IDLE INTERVAL COUNT", BY_AGENT, \
	  ZERO, 0) \
	X(NODELAY, "nodelay", "on|off", BY_AGENT, ZERO, 0) \
	X(CORK, "cork", "on|off", BY_AGENT, ZERO, 0) \
	X(NONBLOCK, "nonblock", "on|off", BY_AGENT, ZERO, 0) \
	X(RCVBUF, "rcvbuf", "N", BY_AGENT, ZERO, 0) \
	X(SNDBUF, "sndbuf", "N", BY_AGENT, ZERO, 0) \
	X(REUSEADDR, "reuseaddr", "on|off", BY_AGENT, ZERO, 0) \
	X(OOBINLINE, "oobinline", "on|off", BY_AGENT, ZERO, 0) \
	X(POLL, "poll", "", BY_AGENT, EVENTS, VERB_WANTS) \
	X(SELECT, "select", "", BY_AGENT, SETS, VERB_WANTS) \
	X(EPOLL, "epoll", "[edge]", BY_AGENT, EVENTS, VERB_WANTS) \
	X(ERROR, "error", "", BY_AGENT, ERRNO, VERB_WANTS) \
	X(OUTQ, "outq", "", BY_AGENT, COUNT, VERB_WANTS) \
	X(INQ, "inq", "", BY_AGENT, COUNT, VERB_WANTS) \
	X(INFO, "info", \
	  "retransmits|probes|backoff|unacked|sacked|lost|retrans|" \
	  "total_retrans", \
	  BY_AGENT, COUNT, VERB_WANTS) \
	X(DUP, "dup", "", BY_AGENT, ZERO, 0) \
	X(FORK, "fork", "", BY_AGENT, ZERO, 0) \
	X(CHILD, "child", "exit|kill", BY_AGENT, ZERO, 0) \
	X(THREAD, "thread", "CALL", BY_AGENT, ZERO, 0) \
	X(JOIN, "join", "", BY_AGENT, ANY, VERB_BLOCKS | VERB_WANTS) \
	X(INTERRUPT, "interrupt", "", BY_AGENT, ZERO, 0) \
	X(FORGET, "forget", "", BY_AGENT, ZERO, 0) \
	X(EXIT, "exit", "", BY_AGENT, NOTHING, 0) \
	X(KILL, "kill", "", BY_AGENT, NOTHING, 0) \
	X(DESTROY, "destroy", "", BY_STACK, ZERO, 0) \
	X(VANISH, "vanish", "", BY_CABLE, ZERO, 0) \
	X(RETURN, "return", "", BY_CABLE, ZERO, 0)
/* clang-format on */

enum verb_id {
#define VERB_ID(id, ...) VERB_##id,
	VERBS(VERB_ID)
#undef VERB_ID
	VERB_COUNT,
};

static_assert(VERB_COUNT <= 64, "a set of verbs has 64 bits");

/* A set of them. */
#define VERB_BIT(id) (UINT64_C(1) << (id))

struct verb {
	enum verb_id id;
	const char *name;
	const char *args; /* "" for none */
	enum verb_by by;
	enum verb_gives gives;
	unsigned int how; /* of enum verb_how */
};

/* The row so called, or NULL. */
const struct verb *verb_find(const char *name, size_t len);

/* The row of an id. */
const struct verb *verb_of(enum verb_id id);

#endif
