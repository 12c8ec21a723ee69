/*
 * The commands of an agent, as primitives of the testability protocol. Knows
 * one connection and one listening socket, by their numbers over there.
 */
#include "tc8/tc8_agent_own.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/stream.h"

#define SEND_MOST    65535
#define FORWARD_MOST 1024

static long number_of(const char *text, long least, long most)
{
	size_t len = text ? strlen(text) : 0;
	long n;

	if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
		return -1;
	n = strtol(text, NULL, 10);
	return n >= least && n <= most ? n : -1;
}

static uint8_t close_there(struct tc8_agent *a, uint16_t id, bool abort)
{
	struct tc8_out o;

	tc8_ask(a, &o, TC8_CLOSE_SOCKET);
	tc8_put16(&o, id);
	tc8_put8(&o, abort);
	return tc8_simple(a, &o, TC8_CLOSE_SOCKET);
}

static void forget_socket(struct tc8_agent *a)
{
	a->socket = NONE;
	a->aborts = a->forwards = a->garbled = false;
	a->sent = a->received = a->waiting = 0;
}

long tc8_do_reset(struct tc8_agent *a)
{
	struct tc8_out o;
	uint8_t result;

	if (a->socket != NONE)
		close_there(a, a->socket, true);
	forget_socket(a);
	a->listener = NONE;
	a->n_arrival = 0;
	tc8_ask(a, &o, TC8_END_TEST);
	tc8_put16(&o, 0); /* of no test case, without a name */
	tc8_put16(&o, 0);
	result = tc8_simple(a, &o, TC8_END_TEST);
	return tc8_error_of(result);
}

long tc8_do_use(struct tc8_agent *a)
{
	long family = number_of(a->arg[0], 4, 6);
	long port = number_of(a->arg[2], 1, 65535);
	long peer_port = number_of(a->arg[4], 1, 65535);
	int af = family == 6 ? AF_INET6 : AF_INET;
	uint8_t self[16], peer[16];
	long rc;

	if ((family != 4 && family != 6) || port < 0 || peer_port < 0 ||
	    number_of(a->arg[5], 1, 1) != 1 ||
	    inet_pton(af, a->arg[1], self) != 1 ||
	    inet_pton(af, a->arg[3], peer) != 1)
		return -EINVAL;
	rc = tc8_do_reset(a);
	if (rc < 0)
		return rc;
	a->addr_len = family == 6 ? 16 : 4;
	memcpy(a->self, self, sizeof(self));
	memcpy(a->peer, peer, sizeof(peer));
	a->port = (uint16_t)port;
	a->peer_port = (uint16_t)peer_port;
	return 0;
}

/* A socket bound to our address over there; its number goes to *id. */
static long create(struct tc8_agent *a, uint16_t *id)
{
	uint8_t octets[TC8_MAX];
	struct tc8_out o;
	struct tc8_in in;
	uint8_t result;

	if (!a->addr_len)
		return -EINVAL;
	tc8_ask(a, &o, TC8_CREATE_AND_BIND);
	tc8_put8(&o, 1);
	tc8_put16(&o, a->port);
	tc8_put(&o, a->self, a->addr_len);
	result = tc8_request(a, &o, TC8_CREATE_AND_BIND, octets, &in);
	if (result == TC8_OK)
		*id = tc8_get16(&in);
	return in.bad ? -EPROTO : tc8_error_of(result);
}

long tc8_do_listen(struct tc8_agent *a)
{
	struct tc8_out o;
	long rc = 0;

	if (a->arg[0] && number_of(a->arg[0], 0, INT_MAX) < 0)
		return -EINVAL;
	if (a->listener == NONE)
		rc = create(a, &a->listener);
	if (rc < 0)
		return rc;
	tc8_ask(a, &o, TC8_LISTEN_AND_ACCEPT);
	tc8_put16(&o, a->listener);
	tc8_put16(&o, NONE);
	return tc8_error_of(tc8_simple(a, &o, TC8_LISTEN_AND_ACCEPT));
}

long tc8_do_unlisten(struct tc8_agent *a)
{
	uint16_t id = a->listener;

	a->listener = NONE;
	return id == NONE ? -EBADF : tc8_error_of(close_there(a, id, false));
}

/* That it was issued is all that is said, if it is not that it failed yet. */
long tc8_do_connect(struct tc8_agent *a)
{
	struct tc8_out o;
	long rc = 0;

	if (a->arg[0])
		return NOT_HERE;
	if (a->socket == NONE)
		rc = create(a, &a->socket);
	if (rc < 0)
		return rc;
	tc8_ask(a, &o, TC8_CONNECT);
	tc8_put16(&o, a->socket);
	tc8_put16(&o, a->peer_port);
	tc8_put(&o, a->peer, a->addr_len);
	rc = tc8_error_of(tc8_simple(a, &o, TC8_CONNECT));
	return rc == -EIO ? 0 : rc;
}

long tc8_do_accept(struct tc8_agent *a)
{
	uint8_t octets[TC8_MAX];
	struct tc8_in in;

	if (a->listener == NONE)
		return -EBADF;
	while (a->n_arrival == 0)
		if (tc8_hear(a, -1, octets, &in))
			tc8_take_event(a, &in);
	forget_socket(a);
	a->socket = a->arrival[0].socket;
	a->n_arrival--;
	memmove(a->arrival, a->arrival + 1, a->n_arrival * sizeof(*a->arrival));
	return 0;
}

/* One period from where the stream is: the tester repeats it. */
long tc8_do_send(struct tc8_agent *a)
{
	long left = number_of(a->arg[0], 0, 16000000), n = left;
	uint8_t data[STREAM_PERIOD];

	if (left < 0)
		return -EINVAL;
	if (a->socket == NONE)
		return -EBADF;
	while (left > 0) {
		uint16_t total =
			(uint16_t)(left < SEND_MOST ? left : SEND_MOST);
		size_t len = total < sizeof(data) ? total : sizeof(data);
		struct tc8_out o;
		uint8_t result;

		for (size_t i = 0; i < len; i++)
			data[i] = stream_octet(a->sent + i);
		tc8_ask(a, &o, TC8_SEND_DATA);
		tc8_put16(&o, a->socket);
		tc8_put16(&o, total);
		tc8_put8(&o, 0);
		tc8_put(&o, data, len);
		result = tc8_simple(a, &o, TC8_SEND_DATA);
		if (result == TC8_BUSY)
			continue; /* nothing of it was taken */
		if (result != TC8_OK)
			return tc8_error_of(result);
		a->sent += total;
		left -= total;
	}
	return n;
}

/* From the first time on everything is told that comes. */
static long forward(struct tc8_agent *a)
{
	uint8_t octets[TC8_MAX];
	struct tc8_out o;
	struct tc8_in in;
	uint8_t result;

	if (a->forwards)
		return 0;
	tc8_ask(a, &o, TC8_RECEIVE_AND_FORWARD);
	tc8_put16(&o, a->socket);
	tc8_put16(&o, FORWARD_MOST);
	tc8_put16(&o, NONE);
	a->forwards = true; /* an event may come before the response */
	result = tc8_request(a, &o, TC8_RECEIVE_AND_FORWARD, octets, &in);
	a->forwards = result == TC8_OK;
	if (result == TC8_OK)
		a->waiting += tc8_get16(&in);
	return in.bad ? -EPROTO : tc8_error_of(result);
}

/* The end of the stream is not told: only of octets can it be known. */
long tc8_do_recv(struct tc8_agent *a)
{
	long wanted = number_of(a->arg[0], 1, 16000000), rc;
	uint8_t octets[TC8_MAX];
	struct tc8_in in;

	if (!a->arg[0])
		return a->socket == NONE ? -EBADF : NOT_HERE;
	if (wanted < 0)
		return -EINVAL;
	if (a->socket == NONE)
		return -EBADF;
	rc = forward(a);
	while (rc == 0 && a->waiting < (uint64_t)wanted)
		if (tc8_hear(a, -1, octets, &in))
			tc8_take_event(a, &in);
	if (rc < 0)
		return rc;
	if (a->garbled)
		return -EBADMSG;
	a->waiting -= (uint64_t)wanted;
	a->received += (uint64_t)wanted;
	return wanted;
}

long tc8_do_shutdown(struct tc8_agent *a)
{
	static const char *const how[] = { "rd", "wr", "rdwr" };
	struct tc8_out o;

	for (uint8_t i = 0; i < 3; i++) {
		if (strcmp(a->arg[0], how[i]) != 0)
			continue;
		if (a->socket == NONE)
			return -EBADF;
		tc8_ask(a, &o, TC8_SHUTDOWN);
		tc8_put16(&o, a->socket);
		tc8_put8(&o, i);
		return tc8_error_of(tc8_simple(a, &o, TC8_SHUTDOWN));
	}
	return -EINVAL;
}

long tc8_do_close(struct tc8_agent *a)
{
	uint16_t id = a->socket;
	bool aborts = a->aborts;

	if (id == NONE)
		return -EBADF;
	forget_socket(a);
	return tc8_error_of(close_there(a, id, aborts));
}

/* Of SO_LINGER there is what close does with 0: abort. */
long tc8_do_linger(struct tc8_agent *a)
{
	size_t len = strlen(a->arg[0]);

	if (strcmp(a->arg[0], "0") == 0 || strcmp(a->arg[0], "off") == 0) {
		if (a->socket == NONE)
			return NOT_HERE;
		a->aborts = *a->arg[0] == '0';
		return 0;
	}
	if (len <= 5 || strcmp(a->arg[0] + len - 5, "000ms") != 0)
		return -EINVAL;
	return NOT_HERE;
}

long tc8_do_nodelay(struct tc8_agent *a)
{
	bool on = strcmp(a->arg[0], "on") == 0;
	uint8_t nagle = !on;
	struct tc8_out o;

	if (!on && strcmp(a->arg[0], "off") != 0)
		return -EINVAL;
	if (a->socket == NONE)
		return NOT_HERE;
	tc8_ask(a, &o, TC8_CONFIGURE_SOCKET);
	tc8_put16(&o, a->socket);
	tc8_put16(&o, 6);
	tc8_put(&o, &nagle, 1);
	return tc8_error_of(tc8_simple(a, &o, TC8_CONFIGURE_SOCKET));
}
