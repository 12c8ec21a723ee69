/*
 * What both ends of a captured connection must have done to have sent what
 * they sent. Pure.
 */
#ifndef BUNDLE_ACTS_H
#define BUNDLE_ACTS_H

#include "bundle/captured.h"

enum act_kind {
	ACT_SEND,     /* octets */
	ACT_SHUTDOWN, /* of writing: a FIN, and it reads on */
	ACT_CLOSE,    /* a FIN */
	ACT_ABORT,    /* an RST that no segment asked for */
};

struct act_made {
	enum act_kind kind;
	enum side by;
	uint64_t octets; /* ACT_SEND */
	bool whole;	 /* ACT_SEND: as one segment */
	bool with_fin;	 /* ACT_SEND: the FIN is on it */
	/* ACT_SHUTDOWN and ACT_CLOSE: the other end's FIN was sent before it
	   came there */
	bool crossed;
	bool unseen;	/* its segments are not in the capture */
	uint64_t frame; /* of the capture, that shows it first */
};

enum opening {
	OPENING_DONE,	    /* SYN, SYN and ACK */
	OPENING_REFUSED,    /* the SYN was answered by RST */
	OPENING_UNANSWERED, /* by nothing */
};

struct acts {
	enum opening opening;
	struct act_made *item;
	size_t n;
	uint64_t again; /* segments that brought nothing new: sent again */
};

/*
 * Works them out, in the arena. Returns -1 with a fault: the connection was
 * open before the capture began, or was opened as no sockets do it.
 */
int acts_read(struct acts *a, struct arena *arena, const struct captured *c,
	      struct fault *f);

#endif
