/*
 * The seam for stacks: all that a run asks of a TCP stack at one end of the
 * link. What stands behind it may be the running kernel in a namespace, a
 * library in a process, a board on a cable; nobody above knows which.
 *
 * Two things make a stack: a caller, which makes the socket calls of that end,
 * and the stack itself, which shows states and takes settings. What a stack
 * cannot do it says beforehand (STACK_CAN_*), and is then not asked.
 */
#ifndef STACK_STACK_H
#define STACK_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/name.h"
#include "base/side.h"
#include "packet/flow.h"

#define STACK_LINE_MAX	  256 /* of a command or answer, its end included */
#define STACK_OPTION_MAX  128 /* of an option's value */
#define STACK_VERSION_MAX 80

struct link_set; /* of script/script.h */

/* Whether socket calls can be made. */
enum caller_phase {
	CALLER_GONE, /* no process, and so no sockets */
	CALLER_IDLE,
	CALLER_IN_CALL, /* told something, its answer has not been heard */
};

enum caller_heard {
	CALLER_ANSWER,	/* the call returned: the answer is in text */
	CALLER_ENTERS,	/* it is about to make the call that may block */
	CALLER_NOTHING, /* the deadline passed */
	CALLER_DIED,	/* it is gone, with its sockets */
};

/* Whether it can be relied on. */
enum caller_health {
	CALLER_WELL,	/* asleep: in a call, or waiting for a command */
	CALLER_ENDED,	/* it has died */
	CALLER_STANDS,	/* somebody has stopped it */
	CALLER_STARVED, /* it still had to run, and was given no processor */
	CALLER_BUSY,	/* it was none of these by the deadline */
};

#define CALLER_WHY_MAX 96

/* Whoever makes the socket calls of one end, by the words of agent/agent.h. */
struct caller {
	const struct caller_ops *ops;
	enum caller_phase phase;
	bool guessed; /* that it sleeps is known by its silence only */
	char why[CALLER_WHY_MAX]; /* it is gone: "it ended with
					   status 1"; "" when stopped */
};

/* Deadlines are CLOCK_MONOTONIC, in ns. */
struct caller_ops {
	/* A fresh one, when the last is gone. 0, or -1 with a fault. */
	int (*start)(struct caller *c, struct fault *f);

	/* Ends it, whatever it is doing. Safe when it is gone. */
	void (*stop)(struct caller *c);

	/*
	 * Tells it one command (no newline). Not while it is in a call. 0, or
	 * -1 with a fault: it is gone, or does not take the command.
	 */
	int (*tell)(struct caller *c, const char *command, struct fault *f);

	/*
	 * Waits for what it says next; a deadline that is past does not wait.
	 * text gets the answer, or the verb that it enters.
	 */
	enum caller_heard (*hear)(struct caller *c, int64_t deadline_ns,
				  char text[STACK_LINE_MAX]);

	/*
	 * Waits until it sleeps in the call it announced, or has answered.
	 * True when it sleeps.
	 */
	bool (*sleeps)(struct caller *c, int64_t deadline_ns);

	/*
	 * Waits until it is gone of itself, its sockets with it. False when
	 * the deadline passed first.
	 */
	bool (*wait_gone)(struct caller *c, int64_t deadline_ns);

	/*
	 * How it is, when it sleeps or never will again, or at the deadline.
	 * One that has ended is gone. Deadline 0: only a glance, which finds
	 * one that is dead.
	 */
	enum caller_health (*health)(struct caller *c, int64_t deadline_ns);

	/*
	 * How long it was ready to run and this machine gave it no processor,
	 * in all (cpu_given). Of one that is gone: until it was.
	 */
	int64_t (*queued)(struct caller *c);
};

/* What a stack can do beside passing segments and making calls. */
enum stack_can {
	/* Says the state of any connection, without a socket for it too. */
	STACK_CAN_STATE = 1 << 0,
	STACK_CAN_COUNT = 1 << 1,   /* counts its sockets by state */
	STACK_CAN_CONFIRM = 1 << 2, /* counts the segments it has processed */
	STACK_CAN_DESTROY = 1 << 3, /* aborts a connection from outside */
	STACK_CAN_OPTIONS = 1 << 4, /* has settings of the system's */
	STACK_CAN_ROUTES = 1 << 5,  /* takes the settings of struct link_set */
	STACK_CAN_IPV6 = 1 << 6,
	STACK_CAN_COUNTERS = 1 << 7, /* counts events by Linux's names */
	/* Has processed a segment as soon as that has left the link. */
	STACK_CAN_TAKE = 1 << 8,
	STACK_CAN_TIMESTAMPS = 1 << 10, /* agrees upon them (RFC 7323) */
	/* Says the state of a connection while its agent has a socket of it. */
	STACK_CAN_STATE_OPEN = 1 << 11,
};

/* Where its frames come out: the cable's end of it. */
struct stack_port {
	const char *interface;	  /* in the cable's namespace; or NULL: */
	struct plug *plug;	  /* frames by the stack's own (link/plug.h) */
	uint8_t mac[SEG_MAC_LEN]; /* where the stack is, on the link */
};

struct stack {
	const struct stack_ops *ops;
	struct caller *caller;
	enum side side;
	const char *name;		 /* "kernel" */
	char version[STACK_VERSION_MAX]; /* "6.12.9"; "" when not known */
	unsigned int can;		 /* of enum stack_can */
	uint64_t lacks; /* VERB_BITs (script/verb.h) that its caller has not */
	uint16_t listens; /* by itself, on that port; 0: where it is told */
	/*
	 * An ACK to that port, where nobody connects, is answered with an RST
	 * behind all that came before it. 0: an echo request is.
	 */
	uint16_t answers;
	bool single;	 /* it has one connection at a time, or none */
	int64_t late_ns; /* that its own timers were, with this machine */
	struct stack_port port;
};

/*
 * All return 0, or -1 with a fault, unless they say otherwise. Of a flow the
 * stack's own end is flow->end[side].
 */
struct stack_ops {
	/*
	 * Becoming an end, in this order and once: a port in the network
	 * namespace of the cable (only on a cable), addresses and the peer's
	 * (link_address), and then waiting until frames pass.
	 */
	int (*plug)(struct stack *s, int cable_netns, struct fault *f);
	int (*meet)(struct stack *s, const struct stack_port *peer,
		    struct fault *f);
	int (*wait_ready)(struct stack *s, struct fault *f);

	void (*close)(struct stack *s);

	/*
	 * STACK_CAN_STATE: the state of that connection, with all processed
	 * that came while a call held its socket. CLOSED when there is none,
	 * LISTEN when only a listener on the port answered. With
	 * STACK_CAN_STATE_OPEN alone NONE while there is nobody to ask.
	 */
	int (*state)(struct stack *s, const struct flow *flow,
		     enum tcp_state *state, struct fault *f);

	/*
	 * STACK_CAN_COUNT: how many sockets of that state and family there are
	 * with these ports (0: any). -1 with a fault.
	 */
	long (*count)(struct stack *s, int family, uint16_t local_port,
		      uint16_t peer_port, enum tcp_state state,
		      struct fault *f);

	/* STACK_CAN_CONFIRM: the segments received and processed so far. */
	int64_t (*processed)(struct stack *s);

	/*
	 * STACK_CAN_DESTROY: aborts that connection. Returns 0, an errno
	 * (ENOENT: there is none; EOPNOTSUPP: with a fault, not one such as
	 * this), or -1 with a fault.
	 */
	int (*destroy)(struct stack *s, const struct flow *flow,
		       struct fault *f);

	/*
	 * STACK_CAN_OPTIONS: a setting of the system's by its Linux name. With
	 * errno: ENOENT when it has none such; EROFS, EPERM or EACCES when it
	 * may not be written here; EINVAL when the value is refused, of which
	 * the first numbers of a row may have been taken.
	 */
	int (*option_read)(struct stack *s, const char *name,
			   char value[STACK_OPTION_MAX], struct fault *f);
	int (*option_write)(struct stack *s, const char *name,
			    const char *value, struct fault *f);

	/*
	 * STACK_CAN_COUNTERS: a counter by its Linux name in /proc/net/snmp or
	 * netstat ("OutRsts", "TCPAbortOnData"). -1 with a fault; errno ENOENT
	 * when it has none such.
	 */
	int64_t (*counter)(struct stack *s, const char *name, struct fault *f);

	/*
	 * STACK_CAN_ROUTES: as these say from now on, to its peer. One that
	 * cannot has all of them as they are unless a case says otherwise.
	 */
	int (*set_routes)(struct stack *s, const struct link_set *set,
			  struct fault *f);
};

#endif
