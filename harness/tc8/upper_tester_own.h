/* What the files of the upper tester share. For upper_tester*.c only. */
#ifndef TC8_UPPER_TESTER_OWN_H
#define TC8_UPPER_TESTER_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "tc8/message.h"

#define SOCKETS	 16
#define OUT_MAX	 65535 /* octets that wait to be sent, of one socket */
#define NO_LIMIT 0xffff

struct upper_socket {
	int fd; /* -1: none */
	int family;
	bool bound;
	uint32_t accepts;      /* how many more connections, of a listener */
	bool forwards;	       /* RECEIVE_AND_FORWARD is active */
	uint32_t forward_most; /* octets of each that are told */
	uint32_t forward_left; /* until it is over; NO_LIMIT: never */
	uint8_t out[OUT_MAX];  /* not yet taken by the system */
	size_t out_len;
	bool closing; /* as soon as that is sent */
};

struct tester {
	int udp;
	uint16_t service;
	struct sockaddr_storage from; /* who asked last: events go there */
	socklen_t from_len;
	struct upper_socket socket[SOCKETS];
};

/* upper_tester.c: its sockets. */

void upper_release(struct upper_socket *s);
void upper_release_aborting(struct upper_socket *s);

/* Adds one, which never blocks from now on. A number for it, or -1. */
int upper_add(struct tester *t, int fd, int family, bool bound);

/*
 * As much of what waits to be sent as the system takes. False: the connection
 * is gone.
 */
bool upper_push(struct upper_socket *s);

/* A message to who asked last. */
void upper_send(struct tester *t, struct tc8_out *o);

/* upper_tester_request.c: carries a request out, and responds. */
void upper_serve(struct tester *t, struct tc8_in *in);

#endif
