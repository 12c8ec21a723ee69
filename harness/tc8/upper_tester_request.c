/*
 * What an upper tester is asked for, as socket calls that return at once. Knows
 * nothing of what comes later.
 */
#include "tc8/upper_tester_own.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

#define RELEASE	 1, 2, 0
#define ANY_PORT 0xffff

/* The socket a request names; with a NULL one the result is NO_SOCKET. */
static struct upper_socket *find(struct tester *t, struct tc8_in *in)
{
	uint16_t id = tc8_get16(in);

	if (in->bad || id >= SOCKETS || t->socket[id].fd < 0 ||
	    t->socket[id].closing)
		return NULL;
	return &t->socket[id];
}

/* An ipxaddr and a port as an address. False: neither family's. */
static bool get_address(struct tc8_in *in, uint16_t port,
			struct sockaddr_storage *sa, socklen_t *size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa;
	size_t len;
	const uint8_t *octets = tc8_get(in, &len);

	memset(sa, 0, sizeof(*sa));
	if (in->bad || (len != 4 && len != 16))
		return false;
	if (len == 4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, octets, 4);
		*size = sizeof(*v4);
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, octets, 16);
		*size = sizeof(*v6);
	}
	return true;
}

/*
 * Each takes a request's parameters and adds the response's; what it returns
 * is the result.
 */
typedef enum tc8_result request_fn(struct tester *t, struct tc8_in *in,
				   struct tc8_out *o);

static enum tc8_result get_version(struct tester *t, struct tc8_in *in,
				   struct tc8_out *o)
{
	static const uint16_t release_of[3] = { RELEASE };

	(void)t;
	(void)in;
	for (int i = 0; i < 3; i++)
		tc8_put16(o, release_of[i]);
	return TC8_OK;
}

static enum tc8_result start_test(struct tester *t, struct tc8_in *in,
				  struct tc8_out *o)
{
	(void)t;
	(void)in;
	(void)o;
	return TC8_OK;
}

/* Its parameters say whose test it was, and may be left out. */
static enum tc8_result end_test(struct tester *t, struct tc8_in *in,
				struct tc8_out *o)
{
	(void)in;
	(void)o;
	for (int i = 0; i < SOCKETS; i++)
		upper_release_aborting(&t->socket[i]);
	return TC8_OK;
}

static enum tc8_result close_socket(struct tester *t, struct tc8_in *in,
				    struct tc8_out *o)
{
	struct upper_socket *s = find(t, in);
	bool abort = s && in->left && tc8_get8(in);

	(void)o;
	if (!s)
		return TC8_NO_SOCKET;
	if (abort)
		upper_release_aborting(s);
	else if (s->out_len)
		s->closing = true;
	else
		upper_release(s);
	return TC8_OK;
}

static enum tc8_result bind_to(int fd, bool wanted,
			       const struct sockaddr_storage *sa, socklen_t len)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!wanted || bind(fd, (const struct sockaddr *)sa, len) == 0)
		return TC8_OK;
	return errno == EADDRNOTAVAIL ? TC8_NO_INTERFACE : TC8_NOT_BOUND;
}

static enum tc8_result create_and_bind(struct tester *t, struct tc8_in *in,
				       struct tc8_out *o)
{
	bool wanted = tc8_get8(in);
	uint16_t port = tc8_get16(in);
	struct sockaddr_storage sa;
	enum tc8_result result;
	socklen_t len;
	int fd, id;

	if (!get_address(in, port == ANY_PORT ? 0 : port, &sa, &len))
		return TC8_INVALID;
	fd = socket(sa.ss_family, SOCK_STREAM, 0);
	if (fd < 0)
		return TC8_NOT_CREATED;
	result = bind_to(fd, wanted, &sa, len);
	id = result == TC8_OK ? upper_add(t, fd, sa.ss_family, wanted) : -1;
	if (id < 0) {
		close(fd);
		return result == TC8_OK ? TC8_NOT_CREATED : result;
	}
	tc8_put16(o, (uint16_t)id);
	return TC8_OK;
}

/* The data is repeated up to the whole length. */
static enum tc8_result send_data(struct tester *t, struct tc8_in *in,
				 struct tc8_out *o)
{
	struct upper_socket *s = find(t, in);
	size_t total = tc8_get16(in), len;
	const uint8_t *data;

	(void)o;
	(void)tc8_get8(in); /* flags: PSH and URG are the system's */
	data = tc8_get(in, &len);
	if (in->bad || !len)
		return TC8_INVALID;
	if (!s)
		return TC8_NO_SOCKET;
	if (total < len)
		total = len;
	if (total > sizeof(s->out) - s->out_len)
		return TC8_BUSY;
	for (size_t i = 0; i < total; i++)
		s->out[s->out_len++] = data[i % len];
	if (upper_push(s))
		return TC8_OK;
	s->out_len = 0;
	return errno == ENOTCONN ? TC8_NO_CONNECTION : TC8_RESET;
}

/* What is there is thrown away, and its octets counted. */
static enum tc8_result receive_and_forward(struct tester *t, struct tc8_in *in,
					   struct tc8_out *o)
{
	struct upper_socket *s = find(t, in);
	uint8_t octets[4096];
	size_t dropped = 0;
	ssize_t n = 0;

	if (!s)
		return TC8_NO_SOCKET;
	s->forward_most = tc8_get16(in);
	s->forward_left = tc8_get16(in);
	if (in->bad)
		return TC8_INVALID;
	while (!s->forwards && (n = recv(s->fd, octets, sizeof(octets), 0)) > 0)
		dropped += (size_t)n;
	s->forwards = true;
	tc8_put16(o, (uint16_t)(dropped > NO_LIMIT ? NO_LIMIT : dropped));
	return TC8_OK;
}

static enum tc8_result listen_and_accept(struct tester *t, struct tc8_in *in,
					 struct tc8_out *o)
{
	struct upper_socket *s = find(t, in);

	(void)o;
	if (!s)
		return TC8_NO_SOCKET;
	s->accepts = tc8_get16(in);
	if (in->bad || !s->bound)
		return TC8_INVALID;
	return listen(s->fd, 128) ? TC8_NOK : TC8_OK;
}

static enum tc8_result connect_to(struct tester *t, struct tc8_in *in,
				  struct tc8_out *o)
{
	struct upper_socket *s = find(t, in);
	uint16_t port = tc8_get16(in);
	struct sockaddr_storage sa;
	socklen_t len;

	(void)o;
	if (!get_address(in, port, &sa, &len))
		return TC8_INVALID;
	if (!s)
		return TC8_NO_SOCKET;
	if (connect(s->fd, (struct sockaddr *)&sa, len) == 0 ||
	    errno == EINPROGRESS)
		return TC8_OK;
	return errno == ECONNREFUSED ? TC8_REFUSED
	       : errno == EISCONN    ? TC8_EXISTS
				     : TC8_NOK;
}

/* Of all that can be configured: the time to live, and Nagle. */
static enum tc8_result configure(struct tester *t, struct tc8_in *in,
				 struct tc8_out *o)
{
	struct upper_socket *s = find(t, in);
	uint16_t what = tc8_get16(in);
	size_t len;
	const uint8_t *value = tc8_get(in, &len);
	int number;

	(void)o;
	if (!s)
		return TC8_NO_SOCKET;
	if (in->bad || len != 1)
		return TC8_INVALID;
	number = what == 6 ? !*value : *value;
	if (what == 6)
		return setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &number,
				  sizeof(number))
			       ? TC8_NOK
			       : TC8_OK;
	if (what != 0 || s->family != AF_INET)
		return TC8_INVALID;
	return setsockopt(s->fd, IPPROTO_IP, IP_TTL, &number, sizeof(number))
		       ? TC8_NOK
		       : TC8_OK;
}

static enum tc8_result shut(struct tester *t, struct tc8_in *in,
			    struct tc8_out *o)
{
	static const int how[3] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
	struct upper_socket *s = find(t, in);
	uint8_t type = tc8_get8(in);

	(void)o;
	if (!s)
		return TC8_NO_SOCKET;
	if (in->bad || type > 2)
		return TC8_INVALID;
	if (shutdown(s->fd, how[type]) == 0)
		return TC8_OK;
	return errno == ENOTCONN ? TC8_NO_CONNECTION : TC8_NOK;
}

static const struct {
	uint16_t method;
	request_fn *serve;
} requests[] = {
	{ TC8_GET_VERSION, get_version },
	{ TC8_START_TEST, start_test },
	{ TC8_END_TEST, end_test },
	{ TC8_CLOSE_SOCKET, close_socket },
	{ TC8_CREATE_AND_BIND, create_and_bind },
	{ TC8_SEND_DATA, send_data },
	{ TC8_RECEIVE_AND_FORWARD, receive_and_forward },
	{ TC8_LISTEN_AND_ACCEPT, listen_and_accept },
	{ TC8_CONNECT, connect_to },
	{ TC8_CONFIGURE_SOCKET, configure },
	{ TC8_SHUTDOWN, shut },
};

void upper_serve(struct tester *t, struct tc8_in *in)
{
	enum tc8_result result = TC8_NO_PRIMITIVE;
	struct tc8_out o;

	tc8_begin(&o, t->service, in->method, TC8_RESPONSE, TC8_OK);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].method == in->method)
			result = requests[i].serve(t, in, &o);
	o.octets[TC8_HEADER - 1] = (uint8_t)result;
	if (result != TC8_OK)
		o.len = TC8_HEADER;
	upper_send(t, &o);
}
