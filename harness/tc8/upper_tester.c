/*
 * The upper tester: requests in, responses and events out. What a call brings
 * about comes as an event. Knows nothing of what is tested.
 */
#include "tc8/upper_tester.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tc8/upper_tester_own.h"

#define EVENT_DATA 1024 /* octets of an event, at most */

void upper_send(struct tester *t, struct tc8_out *o)
{
	if (tc8_end(o))
		(void)sendto(t->udp, o->octets, o->len, 0,
			     (struct sockaddr *)&t->from, t->from_len);
}

void upper_release(struct upper_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

void upper_release_aborting(struct upper_socket *s)
{
	const struct linger now = { .l_onoff = 1 };

	if (s->fd >= 0)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	upper_release(s);
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

int upper_add(struct tester *t, int fd, int family, bool bound)
{
	for (int i = 0; i < SOCKETS; i++) {
		struct upper_socket *s = &t->socket[i];

		if (s->fd >= 0)
			continue;
		memset(s, 0, sizeof(*s));
		s->fd = fd;
		s->family = family;
		s->bound = bound;
		set_nonblocking(fd);
		return i;
	}
	return -1;
}

bool upper_push(struct upper_socket *s)
{
	ssize_t n = 1;

	while (s->out_len && n > 0) {
		n = send(s->fd, s->out, s->out_len, 0);
		if (n > 0) {
			s->out_len -= (size_t)n;
			memmove(s->out, s->out + n, s->out_len);
		}
	}
	return n > 0 || errno == EAGAIN || errno == EWOULDBLOCK;
}

static void serve_udp(struct tester *t)
{
	uint8_t octets[TC8_MAX];
	struct tc8_in in;
	ssize_t n;

	t->from_len = sizeof(t->from);
	n = recvfrom(t->udp, octets, sizeof(octets), 0,
		     (struct sockaddr *)&t->from, &t->from_len);
	if (n > 0 && tc8_read(&in, octets, (size_t)n) &&
	    in.service == t->service && in.type == TC8_REQUEST)
		upper_serve(t, &in);
}

static void put_peer(struct tc8_out *o, in_port_t port, const void *addr,
		     size_t len)
{
	tc8_put16(o, ntohs(port));
	tc8_put(o, addr, len);
}

static void serve_listener(struct tester *t, struct upper_socket *s)
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} sa = { .v6 = { .sin6_family = AF_INET6 } };
	socklen_t len = sizeof(sa);
	int fd = accept(s->fd, (struct sockaddr *)&sa.any, &len);
	int id = fd < 0 ? -1 : upper_add(t, fd, s->family, true);
	struct tc8_out o;

	if (fd >= 0 && id < 0)
		close(fd);
	if (id < 0)
		return;
	if (s->accepts != NO_LIMIT)
		s->accepts--;
	tc8_begin(&o, t->service, TC8_EVENT | TC8_LISTEN_AND_ACCEPT,
		  TC8_TYPE_EVENT, TC8_OK);
	tc8_put16(&o, (uint16_t)(s - t->socket));
	tc8_put16(&o, (uint16_t)id);
	if (s->family == AF_INET)
		put_peer(&o, sa.v4.sin_port, &sa.v4.sin_addr, 4);
	else
		put_peer(&o, sa.v6.sin6_port, &sa.v6.sin6_addr, 16);
	upper_send(t, &o);
}

/* One piece of what has come; of the end, and of errors, there is no event. */
static void forward(struct tester *t, struct upper_socket *s)
{
	uint8_t octets[EVENT_DATA];
	ssize_t n = recv(s->fd, octets, sizeof(octets), 0);
	struct tc8_out o;
	size_t told;

	if (n <= 0) {
		s->forwards = n < 0 && (errno == EAGAIN || errno == EINTR);
		return;
	}
	told = (size_t)n < s->forward_most ? (size_t)n : s->forward_most;
	tc8_begin(&o, t->service, TC8_EVENT | TC8_RECEIVE_AND_FORWARD,
		  TC8_TYPE_EVENT, TC8_OK);
	tc8_put16(&o, (uint16_t)n);
	tc8_put(&o, octets, told);
	upper_send(t, &o);
	if (s->forward_left == NO_LIMIT)
		return;
	s->forward_left -=
		(size_t)n < s->forward_left ? (uint32_t)n : s->forward_left;
	s->forwards = s->forward_left > 0;
}

static short events_of(const struct upper_socket *s)
{
	return (short)((s->accepts || s->forwards ? POLLIN : 0) |
		       (s->out_len ? POLLOUT : 0));
}

static void serve_socket(struct tester *t, struct upper_socket *s, short events)
{
	if (events & (POLLOUT | POLLERR | POLLHUP) && s->out_len &&
	    !upper_push(s))
		s->out_len = 0;
	if (s->closing && !s->out_len) {
		upper_release(s);
		return;
	}
	if (!(events & (POLLIN | POLLERR | POLLHUP)))
		return;
	if (s->accepts)
		serve_listener(t, s);
	else if (s->forwards)
		forward(t, s);
}

/* One that nothing is wanted of is not looked at, whatever befalls it. */
static void wait_and_serve(struct tester *t)
{
	struct pollfd p[SOCKETS + 1] = { { .fd = t->udp, .events = POLLIN } };

	for (int i = 0; i < SOCKETS; i++) {
		struct upper_socket *s = &t->socket[i];
		short events = s->fd < 0 ? 0 : events_of(s);

		p[i + 1] = (struct pollfd){ .fd = events ? s->fd : -1,
					    .events = events };
	}
	if (poll(p, SOCKETS + 1, -1) < 0)
		return;
	for (int i = 0; i < SOCKETS; i++)
		if (p[i + 1].revents)
			serve_socket(t, &t->socket[i], p[i + 1].revents);
	if (p[0].revents)
		serve_udp(t);
}

static int open_udp(uint16_t port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(port) };
	int off = 0, fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd >= 0) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
			return fd;
		close(fd);
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&v4, sizeof(v4)) == 0)
		return fd;
	close(fd);
	return -1;
}

int upper_tester(uint16_t port, uint16_t service)
{
	static struct tester t;

	signal(SIGPIPE, SIG_IGN);
	t.service = service;
	for (int i = 0; i < SOCKETS; i++)
		t.socket[i].fd = -1;
	t.udp = open_udp(port);
	if (t.udp < 0) {
		fprintf(stderr, "upper tester: cannot have UDP port %u: %s\n",
			port, strerror(errno));
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		wait_and_serve(&t);
}

#ifdef UPPER_TESTER_MAIN
int main(int argc, char **argv)
{
	long port = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	long service = argc > 2 ? strtol(argv[2], NULL, 0) : TC8_SERVICE;

	if (argc > 3 || port < 1 || port > 65535 || service < 0 ||
	    service > 65535) {
		fprintf(stderr, "usage: upper-tester PORT [SERVICE]\n");
		return 2;
	}
	return upper_tester((uint16_t)port, (uint16_t)service);
}
#endif
