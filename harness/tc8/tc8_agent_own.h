/* What the files of the agent before an upper tester share. For tc8_agent*.c. */
#ifndef TC8_TC8_AGENT_OWN_H
#define TC8_TC8_AGENT_OWN_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "tc8/message.h"
#include "tc8/tc8_agent.h"

#define ARGS_MAX   6
#define NONE	   0xffff /* no socket; to the tester: no limit */
#define EVENTS_MAX 16

/* What a command answers instead of a number: negative errnos, or these. */
#define NOT_HERE (-ENOSYS) /* the command, or it with that argument */
#define SAY_YES	 LONG_MIN
#define SAY_NO	 (LONG_MIN + 1)

/* A connection that has been accepted, and nobody has asked for yet. */
struct arrival {
	uint16_t listener, socket;
};

struct tc8_agent {
	const struct tc8_target *target;
	int udp;
	bool has_shutdown;
	char *arg[ARGS_MAX];
	int n_arg;
	uint8_t self[16], peer[16];
	size_t addr_len; /* 4 or 16; 0 before "use" */
	uint16_t port, peer_port;
	uint16_t listener, socket; /* or NONE */
	bool aborts;		   /* close is to reset */
	bool forwards;
	uint64_t sent, received;
	uint64_t waiting; /* octets that came and were not asked for */
	bool garbled;	  /* some of them were not what was to come */
	struct arrival arrival[EVENTS_MAX];
	size_t n_arrival;
};

/* tc8_agent_request.c: messages to and from the upper tester. */

/* The descriptor of its end of UDP, or -1 with a line on standard error. */
int tc8_open(const struct tc8_target *t);

/*
 * Finds out which version it is, and whether it has the extension. -1 with a
 * line on standard error when it is too old.
 */
int tc8_introduce(struct tc8_agent *a);

/* Begins a request. */
void tc8_ask(const struct tc8_agent *a, struct tc8_out *o, uint16_t method);

/*
 * Sends a request and waits for its response, events taken meanwhile. Returns
 * its result; in has its parameters, in octets. The process ends when there is
 * none in time.
 */
uint8_t tc8_request(struct tc8_agent *a, struct tc8_out *o, uint16_t method,
		    uint8_t octets[TC8_MAX], struct tc8_in *in);

/* One whose response has nothing to tell. */
uint8_t tc8_simple(struct tc8_agent *a, struct tc8_out *o, uint16_t method);

/*
 * The next message, within so long (-1: as long as it takes). False when none
 * came; octets are the message's.
 */
bool tc8_hear(struct tc8_agent *a, int64_t until_ns, uint8_t octets[TC8_MAX],
	      struct tc8_in *in);

/* A connection that has come, octets of one: kept until they are asked for. */
void tc8_take_event(struct tc8_agent *a, struct tc8_in *in);

/* A result as 0 or a negative errno. */
long tc8_error_of(uint8_t result);

/* tc8_agent_call.c: the commands; each returns a number or a negative errno. */
typedef long tc8_call(struct tc8_agent *a);
tc8_call tc8_do_use, tc8_do_reset, tc8_do_listen, tc8_do_unlisten,
	tc8_do_connect, tc8_do_accept, tc8_do_send, tc8_do_recv,
	tc8_do_shutdown, tc8_do_close, tc8_do_linger, tc8_do_nodelay;

#endif
