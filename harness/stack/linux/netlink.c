/* Netlink over libmnl. Knows what an answer is, not what is asked. */
#include "stack/linux/netlink.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct netlink {
	struct mnl_socket *socket;
	unsigned int seq; /* of the last request */
	alignas(struct nlmsghdr) char buf[32768];
};

struct netlink *netlink_open(int protocol, struct fault *f)
{
	struct netlink *nl = memory_zeroed(1, sizeof(*nl));

	nl->socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (nl->socket &&
	    mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return nl;
	fault_errno(f, "cannot open a netlink socket of protocol %d", protocol);
	netlink_close(nl);
	return NULL;
}

void netlink_close(struct netlink *nl)
{
	if (nl && nl->socket)
		mnl_socket_close(nl->socket);
	free(nl);
}

struct nlmsghdr *netlink_begin(struct netlink *nl, uint16_t type,
			       uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->buf);

	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++nl->seq;
	return h;
}

/*
 * The last message of an answer, an acknowledgement or the end of a dump:
 * either begins with the errno, negative, or 0. libmnl overlooks a dump's.
 */
static int end_answer(const struct nlmsghdr *h, void *ctx)
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

int netlink_ask(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t cb,
		void *ctx, struct fault *f)
{
	mnl_cb_t control[NLMSG_DONE + 1] = {
		[NLMSG_ERROR] = end_answer, [NLMSG_DONE] = end_answer
	};
	const struct nlmsghdr *first = (const struct nlmsghdr *)nl->buf;
	unsigned int port = mnl_socket_get_portid(nl->socket);
	int more = MNL_CB_OK;

	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		return fault_errno(f, "netlink");
	while (more > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, nl->buf,
						sizeof(nl->buf));

		if (n < (ssize_t)sizeof(*first))
			return fault_errno(f, "netlink");
		/* What is left of a dump that was refused on its way. */
		if (first->nlmsg_seq != nl->seq)
			continue;
		more = mnl_cb_run2(nl->buf, (size_t)n, nl->seq, port, cb, ctx,
				   control, NLMSG_DONE + 1);
	}
	return more < 0 ? errno : 0;
}
