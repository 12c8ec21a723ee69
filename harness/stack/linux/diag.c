/* sock_diag over libmnl. Knows nothing of what state was expected. */
#include "stack/linux/diag.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "base/memory.h"

struct diag {
	struct mnl_socket *nl;
	unsigned int seq;
	alignas(struct nlmsghdr) char buf[32768];
};

/* The kernel's own numbers (include/net/tcp_states.h) by RFC name. */
enum kernel_state {
	K_ESTABLISHED = 1,
	K_SYN_SENT,
	K_SYN_RECV,
	K_FIN_WAIT1,
	K_FIN_WAIT2,
	K_TIME_WAIT,
	K_CLOSE,
	K_CLOSE_WAIT,
	K_LAST_ACK,
	K_LISTEN,
	K_CLOSING,
	K_NEW_SYN_RECV,
	K_COUNT,
};

static const enum tcp_state from_kernel[K_COUNT] = {
	[K_ESTABLISHED] = TCP_STATE_ESTABLISHED,
	[K_SYN_SENT] = TCP_STATE_SYN_SENT,
	[K_SYN_RECV] = TCP_STATE_SYN_RECEIVED,
	[K_FIN_WAIT1] = TCP_STATE_FIN_WAIT_1,
	[K_FIN_WAIT2] = TCP_STATE_FIN_WAIT_2,
	[K_TIME_WAIT] = TCP_STATE_TIME_WAIT,
	[K_CLOSE] = TCP_STATE_CLOSED,
	[K_CLOSE_WAIT] = TCP_STATE_CLOSE_WAIT,
	[K_LAST_ACK] = TCP_STATE_LAST_ACK,
	[K_LISTEN] = TCP_STATE_LISTEN,
	[K_CLOSING] = TCP_STATE_CLOSING,
	[K_NEW_SYN_RECV] = TCP_STATE_SYN_RECEIVED,
};

static enum tcp_state read_state(unsigned int kernel)
{
	return kernel < K_COUNT ? from_kernel[kernel] : TCP_STATE_NONE;
}

/* The kernel's state bits that are this state. */
static uint32_t state_bits(enum tcp_state state)
{
	uint32_t bits = 0;
	unsigned int k;

	for (k = 1; k < K_COUNT; k++) {
		if (from_kernel[k] == state)
			bits |= UINT32_C(1) << k;
	}
	return bits;
}

/* A kernel without it says of any one connection that there is none. */
static int check_tcp(struct diag *d, struct fault *f)
{
	if (diag_count(d, AF_INET, 0, 0, TCP_STATE_LISTEN, f) >= 0)
		return 0;
	if (errno == ENOENT)
		fault_set(f, "this kernel has no sock_diag for TCP "
			     "(CONFIG_INET_TCP_DIAG)");
	return -1;
}

struct diag *diag_open(struct fault *f)
{
	struct diag *d = memory_zeroed(1, sizeof(*d));

	d->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!d->nl || mnl_socket_bind(d->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		fault_errno(f, "cannot open a sock_diag socket");
		diag_close(d);
		return NULL;
	}
	if (check_tcp(d, f) < 0) {
		diag_close(d);
		return NULL;
	}
	return d;
}

void diag_close(struct diag *d)
{
	if (!d)
		return;
	if (d->nl)
		mnl_socket_close(d->nl);
	free(d);
}

static struct nlmsghdr *begin(struct diag *d, uint16_t type, uint16_t flags,
			      int family, struct inet_diag_req_v2 **req)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(d->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++d->seq;
	*req = mnl_nlmsg_put_extra_header(h, sizeof(**req));
	(*req)->sdiag_family = (uint8_t)family;
	(*req)->sdiag_protocol = IPPROTO_TCP;
	(*req)->idiag_states = UINT32_MAX;
	(*req)->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	(*req)->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	return h;
}

static void put_ends(struct inet_diag_req_v2 *req, int family,
		     const struct seg_end *local, const struct seg_end *peer)
{
	size_t len = family == AF_INET ? 4 : 16;

	memcpy(req->id.idiag_src, local->addr, len);
	memcpy(req->id.idiag_dst, peer->addr, len);
	req->id.idiag_sport = htons(local->port);
	req->id.idiag_dport = htons(peer->port);
}

/* Sends the request and receives one datagram of answer. */
static ssize_t ask(struct diag *d, struct nlmsghdr *h, struct fault *f)
{
	const struct nlmsghdr *answer = (const struct nlmsghdr *)d->buf;
	ssize_t n;

	if (mnl_socket_sendto(d->nl, h, h->nlmsg_len) < 0)
		return fault_errno(f, "sock_diag");
	do {
		n = mnl_socket_recvfrom(d->nl, d->buf, sizeof(d->buf));
		if (n < (ssize_t)sizeof(struct nlmsghdr))
			return fault_errno(f, "sock_diag");
	} while (answer->nlmsg_seq != d->seq); /* of a dump cut short */
	return n;
}

/* The errno an NLMSG_ERROR carries; 0 is an acknowledgement. */
static int error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	return -e->error;
}

int diag_state(struct diag *d, int family, const struct seg_end *local,
	       const struct seg_end *peer, enum tcp_state *state,
	       struct fault *f)
{
	const struct nlmsghdr *answer = (const struct nlmsghdr *)d->buf;
	const struct inet_diag_msg *m;
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h = begin(d, SOCK_DIAG_BY_FAMILY, 0, family, &req);

	put_ends(req, family, local, peer);
	if (ask(d, h, f) < 0)
		return -1;
	*state = TCP_STATE_CLOSED;
	if (answer->nlmsg_type == NLMSG_ERROR) {
		errno = error_of(answer);
		return errno == ENOENT ? 0 : fault_errno(f, "sock_diag");
	}
	m = mnl_nlmsg_get_payload(answer);
	/* Without the connection the lookup falls back to a listener. */
	*state = m->id.idiag_dport ? read_state(m->idiag_state)
				   : TCP_STATE_LISTEN;
	return 0;
}

int diag_settle(struct diag *d, int family, const struct seg_end *local,
		const struct seg_end *peer, struct fault *f)
{
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h = begin(d, SOCK_DIAG_BY_FAMILY, 0, family, &req);

	put_ends(req, family, local, peer);
	/* Only for struct tcp_info does the kernel take the socket's lock. */
	req->idiag_ext = 1u << (INET_DIAG_INFO - 1);
	return ask(d, h, f) < 0 ? -1 : 0;
}

int diag_destroy(struct diag *d, int family, const struct seg_end *local,
		 const struct seg_end *peer, struct fault *f)
{
	const struct nlmsghdr *answer = (const struct nlmsghdr *)d->buf;
	struct inet_diag_req_v2 *req;
	enum tcp_state state;
	struct nlmsghdr *h;

	/* Without the connection the lookup would find the listener. */
	if (diag_state(d, family, local, peer, &state, f) < 0)
		return -1;
	if (state == TCP_STATE_CLOSED || state == TCP_STATE_LISTEN)
		return ENOENT;
	h = begin(d, SOCK_DESTROY, NLM_F_ACK, family, &req);
	put_ends(req, family, local, peer);
	if (ask(d, h, f) < 0)
		return -1;
	if (answer->nlmsg_type != NLMSG_ERROR)
		return fault_set(f, "sock_diag: no answer to SOCK_DESTROY");
	return error_of(answer);
}

/* The sockets a dump told of, by their ids and cookies. */
struct found {
	struct inet_diag_sockid *id;
	size_t n;
	size_t cap;
};

static int find_one(const struct nlmsghdr *h, void *ctx)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct found *found = ctx;

	if (found->n == found->cap) {
		found->cap = found->cap ? 2 * found->cap : 64;
		found->id = memory_resize(found->id, found->cap,
					  sizeof(*found->id));
	}
	found->id[found->n++] = m->id;
	return MNL_CB_OK;
}

/* A dump that is refused ends at once, with the errno; libmnl skips it. */
static int end_dump(const struct nlmsghdr *h, void *ctx)
{
	int error = 0;

	(void)ctx;
	if (mnl_nlmsg_get_payload_len(h) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(h), sizeof(error));
	if (error >= 0)
		return MNL_CB_STOP;
	errno = -error;
	return MNL_CB_ERROR;
}

/* Asks for a dump and hands every socket of it to cb. */
static int dump(struct diag *d, struct nlmsghdr *h, mnl_cb_t cb, void *ctx,
		struct fault *f)
{
	mnl_cb_t ctl[NLMSG_DONE + 1] = { [NLMSG_DONE] = end_dump };
	unsigned int port = mnl_socket_get_portid(d->nl);
	ssize_t n = ask(d, h, f);
	int more;

	while (n >= 0) {
		more = mnl_cb_run2(d->buf, (size_t)n, d->seq, port, cb, ctx,
				   ctl, NLMSG_DONE + 1);
		if (more < 0)
			return fault_errno(f, "sock_diag");
		if (more == MNL_CB_STOP)
			return 0;
		n = mnl_socket_recvfrom(d->nl, d->buf, sizeof(d->buf));
	}
	return fault_errno(f, "sock_diag");
}

static int destroy_found(struct diag *d, int family,
			 const struct inet_diag_sockid *id, struct fault *f)
{
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h = begin(d, SOCK_DESTROY, NLM_F_ACK, family, &req);

	req->id = *id;
	return ask(d, h, f) < 0 ? -1 : 0;
}

int diag_destroy_all(struct diag *d, int family, struct fault *f)
{
	struct found found = { .id = NULL };
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h =
		begin(d, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family, &req);
	int result = dump(d, h, find_one, &found, f);
	size_t i;

	for (i = 0; i < found.n && result == 0; i++)
		result = destroy_found(d, family, &found.id[i], f);
	free(found.id);
	return result;
}

static int count_one(const struct nlmsghdr *h, void *ctx)
{
	long *count = ctx;

	(void)h;
	(*count)++;
	return MNL_CB_OK;
}

long diag_count(struct diag *d, int family, uint16_t local_port,
		uint16_t peer_port, enum tcp_state state, struct fault *f)
{
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h =
		begin(d, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family, &req);
	long count = 0;

	req->idiag_states = state_bits(state);
	req->id.idiag_sport = htons(local_port);
	req->id.idiag_dport = htons(peer_port);
	return dump(d, h, count_one, &count, f) < 0 ? -1 : count;
}
