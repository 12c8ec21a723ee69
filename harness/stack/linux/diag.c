/* sock_diag over libmnl. Knows nothing of what state was expected. */
#include "stack/linux/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "base/memory.h"

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

enum tcp_state diag_state_numbered(unsigned int kernel)
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

struct netlink *diag_open(struct fault *f)
{
	struct netlink *nl = netlink_open(NETLINK_SOCK_DIAG, f);

	/* A kernel without it says of any one connection that there is none. */
	if (!nl || diag_count(nl, AF_INET, 0, 0, TCP_STATE_LISTEN, f) >= 0)
		return nl;
	if (errno == ENOENT)
		fault_set(f, "this kernel has no sock_diag for TCP "
			     "(CONFIG_INET_TCP_DIAG)");
	netlink_close(nl);
	return NULL;
}

static struct nlmsghdr *begin(struct netlink *nl, uint16_t type, uint16_t flags,
			      int family, struct inet_diag_req_v2 **req)
{
	struct nlmsghdr *h = netlink_begin(nl, type, flags);

	*req = mnl_nlmsg_put_extra_header(h, sizeof(**req));
	(*req)->sdiag_family = (uint8_t)family;
	(*req)->sdiag_protocol = IPPROTO_TCP;
	(*req)->idiag_states = UINT32_MAX;
	(*req)->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	(*req)->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	return h;
}

/* A request about the flow's connection as its end at that side has it. */
static struct nlmsghdr *begin_one(struct netlink *nl, uint16_t type,
				  uint16_t flags, const struct flow *flow,
				  enum side side, struct inet_diag_req_v2 **req)
{
	const struct seg_end *local = &flow->end[side];
	const struct seg_end *peer = &flow->end[side_other(side)];
	struct nlmsghdr *h = begin(nl, type, flags, flow->family, req);
	size_t len = flow->family == AF_INET ? 4 : 16;

	memcpy((*req)->id.idiag_src, local->addr, len);
	memcpy((*req)->id.idiag_dst, peer->addr, len);
	(*req)->id.idiag_sport = htons(local->port);
	(*req)->id.idiag_dport = htons(peer->port);
	return h;
}

/* netlink_ask, where every errno is a fault. */
static int ask(struct netlink *nl, struct nlmsghdr *h, mnl_cb_t cb, void *ctx,
	       struct fault *f)
{
	int err = netlink_ask(nl, h, cb, ctx, f);

	if (err <= 0)
		return err;
	errno = err;
	return fault_errno(f, "sock_diag");
}

/* Without the connection the lookup falls back to a listener. */
static int read_one(const struct nlmsghdr *h, void *ctx)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	enum tcp_state *state = ctx;

	*state = m->id.idiag_dport ? diag_state_numbered(m->idiag_state)
				   : TCP_STATE_LISTEN;
	return MNL_CB_STOP; /* one answer, without an acknowledgement */
}

/* As diag_state; ext: what the kernel is to tell besides (INET_DIAG_*). */
static int ask_one(struct netlink *nl, const struct flow *flow, enum side side,
		   uint8_t ext, enum tcp_state *state, struct fault *f)
{
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h =
		begin_one(nl, SOCK_DIAG_BY_FAMILY, 0, flow, side, &req);
	int err;

	req->idiag_ext = ext;
	*state = TCP_STATE_CLOSED;
	err = netlink_ask(nl, h, read_one, state, f);
	if (err <= 0 || err == ENOENT)
		return err < 0 ? -1 : 0;
	errno = err;
	return fault_errno(f, "sock_diag");
}

int diag_state(struct netlink *nl, const struct flow *flow, enum side side,
	       enum tcp_state *state, struct fault *f)
{
	return ask_one(nl, flow, side, 0, state, f);
}

int diag_settle(struct netlink *nl, const struct flow *flow, enum side side,
		struct fault *f)
{
	enum tcp_state ignored;

	/* Only for struct tcp_info does the kernel take the socket's lock. */
	return ask_one(nl, flow, side, 1u << (INET_DIAG_INFO - 1), &ignored, f);
}

int diag_destroy(struct netlink *nl, const struct flow *flow, enum side side,
		 struct fault *f)
{
	struct inet_diag_req_v2 *req;
	enum tcp_state state;

	/* Without the connection the lookup would find the listener. */
	if (diag_state(nl, flow, side, &state, f) < 0)
		return -1;
	if (state == TCP_STATE_CLOSED || state == TCP_STATE_LISTEN)
		return ENOENT;
	return netlink_ask(
		nl, begin_one(nl, SOCK_DESTROY, NLM_F_ACK, flow, side, &req),
		NULL, NULL, f);
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

int diag_destroy_all(struct netlink *nl, int family, struct fault *f)
{
	struct found found = { .id = NULL };
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h =
		begin(nl, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family, &req);
	int result = ask(nl, h, find_one, &found, f);
	size_t i;

	for (i = 0; i < found.n && result == 0; i++) {
		h = begin(nl, SOCK_DESTROY, NLM_F_ACK, family, &req);
		req->id = found.id[i];
		result = netlink_ask(nl, h, NULL, NULL, f) < 0 ? -1 : 0;
	}
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

long diag_count(struct netlink *nl, int family, uint16_t local_port,
		uint16_t peer_port, enum tcp_state state, struct fault *f)
{
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *h =
		begin(nl, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family, &req);
	long count = 0;

	req->idiag_states = state_bits(state);
	req->id.idiag_sport = htons(local_port);
	req->id.idiag_dport = htons(peer_port);
	return ask(nl, h, count_one, &count, f) < 0 ? -1 : count;
}
