/*
 * The acts of the language, as one table: what follows the verb, what it
 * answers, who carries it out. The agent's commands and the manual
 * lastack-fin(5) have the same rows in the same order, which the unit tests
 * (test/test_verb.c) hold them to. Pure.
 */
#ifndef SCRIPT_VERB_H
#define SCRIPT_VERB_H

#include <stdbool.h>
#include <stddef.h>

enum verb_id {
	VERB_LISTEN,   /* listen [BACKLOG] */
	VERB_UNLISTEN, /* unlisten: close the listening socket */
	VERB_CONNECT,  /* connect: starts it, never waits */
	VERB_ACCEPT,   /* accept */
	VERB_SEND,     /* send N */
	VERB_FILL,     /* fill: send without waiting until the buffer is full */
	VERB_RECV,     /* recv [N] */
	VERB_DRAIN,    /* drain: recv until end of file, checking the octets */
	VERB_SHUTDOWN, /* shutdown rd|wr|rdwr */
	VERB_CLOSE,    /* close */
	VERB_LINGER,   /* linger off|0|SECONDS */
	VERB_LINGER2,  /* linger2 SECONDS: TCP_LINGER2 */
	VERB_USER_TIMEOUT, /* user-timeout TIME: TCP_USER_TIMEOUT */
	VERB_KEEPALIVE,	   /* keepalive off|IDLE INTERVAL COUNT */
	VERB_NODELAY,	   /* nodelay on|off */
	VERB_CORK,	   /* cork on|off */
	VERB_NONBLOCK,	   /* nonblock on|off */
	VERB_RCVBUF,	   /* rcvbuf N */
	VERB_SNDBUF,	   /* sndbuf N */
	VERB_POLL,	   /* poll = EVENTS */
	VERB_ERROR,	   /* error = ERRNO|0: SO_ERROR */
	VERB_OUTQ,	   /* outq = N: SIOCOUTQ */
	VERB_INQ,	   /* inq = N: SIOCINQ */
	VERB_DUP,	   /* dup: one more descriptor of the socket */
	VERB_FORGET,	   /* forget: TCP_REPAIR and close, no segment */
	VERB_EXIT,	   /* exit: the process exits with the socket open */
	VERB_KILL,	   /* kill: the process gets SIGKILL */
	VERB_DESTROY,	   /* destroy: SOCK_DESTROY */
	VERB_VANISH,	   /* vanish: nothing in, nothing out */
	VERB_RETURN,	   /* return: back from vanish */
	VERB_COUNT,
};

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
	GIVES_ERRNO,	    /* an errno's name, or "0" */
	GIVES_NOTHING, /* the process is gone: no answer, none can be wanted */
};

struct verb {
	enum verb_id id;
	const char *name;
	/*
	 * Grammar, as in the comments above; "" for none. Capitals are kinds
	 * (SECONDS, IDLE and INTERVAL are a TIME of whole seconds), "[ ]" may
	 * be left out, and a literal such as "off" ends the arguments.
	 */
	const char *args;
	enum verb_by by;
	enum verb_gives gives;
	bool may_block;
	bool must_want; /* the case has to say "= RESULT" ("recv N" need not) */
};

/* The row so called, or NULL. */
const struct verb *verb_find(const char *name, size_t len);

/* The row of an id. */
const struct verb *verb_of(enum verb_id id);

#endif
