/*
 * Requests to an upper tester, their responses, and its events. Knows no
 * command.
 */
#include "tc8/tc8_agent_own.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/stream.h"

static const struct {
	uint8_t result;
	int err;
} errors[] = {
	{ TC8_NO_PRIMITIVE, ENOSYS },  { TC8_NO_SOCKET, EBADF },
	{ TC8_NOT_BOUND, EADDRINUSE }, { TC8_NO_INTERFACE, EADDRNOTAVAIL },
	{ TC8_NOT_CREATED, EMFILE },   { TC8_INVALID, EINVAL },
	{ TC8_TOO_SMALL, ENOBUFS },    { TC8_BUSY, EAGAIN },
	{ TC8_REFUSED, ECONNREFUSED }, { TC8_ABORTED, ETIMEDOUT },
	{ TC8_RESET, ECONNRESET },     { TC8_NO_CONNECTION, ENOTCONN },
	{ TC8_CLOSING, ENOTCONN },     { TC8_EXISTS, EISCONN },
	{ TC8_RESOURCES, ENOBUFS },
};

long tc8_error_of(uint8_t result)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].result == result)
			return -errors[i].err;
	return result == TC8_OK ? 0 : -EIO;
}

/* Octets of the stream, held against what was to come. */
static void take_data(struct tc8_agent *a, struct tc8_in *in)
{
	uint16_t whole = tc8_get16(in);
	size_t len;
	const uint8_t *octets = tc8_get(in, &len);
	uint64_t at = a->received + a->waiting;

	for (size_t i = 0; i < len; i++)
		if (octets[i] != stream_octet(at + i))
			a->garbled = true;
	a->waiting += whole;
}

static void take_arrival(struct tc8_agent *a, struct tc8_in *in)
{
	struct arrival new = { .listener = tc8_get16(in) };

	new.socket = tc8_get16(in);
	if (!in->bad && a->n_arrival < EVENTS_MAX)
		a->arrival[a->n_arrival++] = new;
}

void tc8_take_event(struct tc8_agent *a, struct tc8_in *in)
{
	if (in->method == (TC8_EVENT | TC8_LISTEN_AND_ACCEPT))
		take_arrival(a, in);
	else if (in->method == (TC8_EVENT | TC8_RECEIVE_AND_FORWARD) &&
		 a->forwards)
		take_data(a, in);
}

bool tc8_hear(struct tc8_agent *a, int64_t until_ns, uint8_t octets[TC8_MAX],
	      struct tc8_in *in)
{
	struct pollfd p = { .fd = a->udp, .events = POLLIN };

	for (;;) {
		int wait = until_ns < 0 ? -1 : clock_poll_ms(until_ns);
		ssize_t n;

		if (poll(&p, 1, wait) == 0)
			return false;
		n = recv(a->udp, octets, TC8_MAX, MSG_DONTWAIT);
		if (n > 0 && tc8_read(in, octets, (size_t)n) &&
		    in->service == a->target->service)
			return true;
	}
}

static void __attribute__((noreturn))
give_up(const struct tc8_agent *a, uint16_t method)
{
	fprintf(stderr,
		"lastack tc8-agent: %s:%u has not answered %s within %d ms\n",
		a->target->address, a->target->port, tc8_method_name(method),
		a->target->timeout_ms);
	exit(1);
}

static bool is_response(const struct tc8_in *in, uint16_t method)
{
	return in->method == method &&
	       (in->type == TC8_RESPONSE || in->type == TC8_RESPONSE_TOO);
}

uint8_t tc8_request(struct tc8_agent *a, struct tc8_out *o, uint16_t method,
		    uint8_t octets[TC8_MAX], struct tc8_in *in)
{
	int64_t until =
		clock_mono_ns() + a->target->timeout_ms * (int64_t)NS_PER_MS;

	if (!tc8_end(o) || send(a->udp, o->octets, o->len, 0) < 0)
		give_up(a, method);
	while (tc8_hear(a, until, octets, in)) {
		if (is_response(in, method))
			return in->result;
		tc8_take_event(a, in);
	}
	give_up(a, method);
}

void tc8_ask(const struct tc8_agent *a, struct tc8_out *o, uint16_t method)
{
	tc8_begin(o, a->target->service, method, TC8_REQUEST, TC8_OK);
}

uint8_t tc8_simple(struct tc8_agent *a, struct tc8_out *o, uint16_t method)
{
	uint8_t octets[TC8_MAX];
	struct tc8_in in;

	return tc8_request(a, o, method, octets, &in);
}

int tc8_open(const struct tc8_target *t)
{
	struct addrinfo hint = { .ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *to;
	char port[8];
	int fd;

	snprintf(port, sizeof(port), "%u", t->port);
	if (getaddrinfo(t->address, port, &hint, &to) != 0) {
		fprintf(stderr, "lastack tc8-agent: %s: expected an address\n",
			t->address);
		return -1;
	}
	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen)) {
		fprintf(stderr, "lastack tc8-agent: %s: %s\n", t->address,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(to);
	return fd;
}

/*
 * Which version it is, and whether it has the extension: of a socket that
 * there is not it says so then, and only else that there is no such primitive.
 */
int tc8_introduce(struct tc8_agent *a)
{
	struct tc8_out o;
	uint8_t octets[TC8_MAX], result;
	struct tc8_in in;

	tc8_ask(a, &o, TC8_GET_VERSION);
	result = tc8_request(a, &o, TC8_GET_VERSION, octets, &in);
	if (result != TC8_OK || in.left < 6) {
		fprintf(stderr,
			"lastack tc8-agent: %s:%u answers GET_VERSION with "
			"0x%02x and %zu octets: expected three numbers, as "
			"from release 1.1.0 on\n",
			a->target->address, a->target->port, result, in.left);
		return -1;
	}
	tc8_ask(a, &o, TC8_START_TEST);
	tc8_simple(a, &o, TC8_START_TEST);
	tc8_ask(a, &o, TC8_SHUTDOWN);
	tc8_put16(&o, NONE);
	tc8_put8(&o, 1);
	a->has_shutdown = tc8_simple(a, &o, TC8_SHUTDOWN) != TC8_NO_PRIMITIVE;
	return 0;
}
