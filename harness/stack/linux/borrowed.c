/*
 * Taking an interface and giving it back over rtnetlink: what the kernel tells
 * of its addresses and routes is kept as it is told, and said again. Knows
 * nothing of what the interface is for.
 */
#include "stack/linux/borrowed.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "base/memory.h"
#include "link/link.h"
#include "stack/linux/netlink.h"
#include "stack/linux/netns.h"
#include "stack/linux/offload.h"
#include "stack/linux/rtnl.h"

/* A message of the kernel's, without its head. */
struct kept {
	uint16_t type; /* RTM_NEWADDR or RTM_NEWROUTE */
	size_t len;
	void *payload;
};

static void keep(struct borrowed *b, const struct nlmsghdr *h)
{
	size_t len = mnl_nlmsg_get_payload_len(h);
	struct kept *k;

	b->kept = memory_resize(b->kept, b->n_kept + 1, sizeof(*b->kept));
	k = &b->kept[b->n_kept++];
	*k = (struct kept){ .type = h->nlmsg_type,
			    .len = len,
			    .payload = memory_zeroed(1, len) };
	memcpy(k->payload, mnl_nlmsg_get_payload(h), len);
}

static int take_address(const struct nlmsghdr *h, void *ctx)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	struct borrowed *b = ctx;

	if (h->nlmsg_type == RTM_NEWADDR && (int)m->ifa_index == b->index)
		keep(b, h);
	return MNL_CB_OK;
}

/* The interface that the route leaves by, where it is that attribute. */
static uint32_t *way_out(void *payload, size_t len)
{
	struct nlattr *a =
		(void *)((char *)payload + MNL_ALIGN(sizeof(struct rtmsg)));
	char *end = (char *)payload + len;

	while (mnl_attr_ok(a, (int)(end - (char *)a))) {
		if (mnl_attr_get_type(a) == RTA_OIF)
			return mnl_attr_get_payload(a);
		a = mnl_attr_next(a);
	}
	return NULL;
}

/* Those the kernel makes itself come back with their addresses. */
static int take_route(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const uint32_t *out =
		way_out(mnl_nlmsg_get_payload(h), mnl_nlmsg_get_payload_len(h));
	struct borrowed *b = ctx;

	if (h->nlmsg_type == RTM_NEWROUTE && out && (int)*out == b->index &&
	    m->rtm_type == RTN_UNICAST && m->rtm_protocol != RTPROT_KERNEL &&
	    !(m->rtm_flags & RTM_F_CLONED))
		keep(b, h);
	return MNL_CB_OK;
}

static int take_link(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	struct borrowed *b = ctx;
	struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	b->index = m->ifi_index;
	b->flags = m->ifi_flags;
	mnl_attr_for_each(a, h, sizeof(*m))
	{
		if (mnl_attr_get_type(a) == IFLA_MTU)
			b->mtu = mnl_attr_get_u32(a);
		if (mnl_attr_get_type(a) == IFLA_ADDRESS &&
		    mnl_attr_get_payload_len(a) == SEG_MAC_LEN)
			memcpy(b->mac, mnl_attr_get_payload(a), SEG_MAC_LEN);
	}
	return MNL_CB_OK;
}

/* One question about it. 0, an errno, or -1 with a fault. */
static int ask_link(struct netlink *nl, struct borrowed *b, struct fault *f)
{
	struct nlmsghdr *h = netlink_begin(nl, RTM_GETLINK, NLM_F_ACK);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(h, IFLA_IFNAME, b->name);
	return netlink_ask(nl, h, take_link, b, f);
}

static int ask_all(struct netlink *nl, struct borrowed *b, uint16_t type,
		   mnl_cb_t take, struct fault *f)
{
	struct nlmsghdr *h = netlink_begin(nl, type, NLM_F_DUMP);
	struct rtgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->rtgen_family = AF_UNSPEC;
	return netlink_ask(nl, h, take, b, f);
}

static int refused(const struct borrowed *b, int err, const char *what,
		   struct fault *f)
{
	if (err < 0)
		return -1;
	errno = err;
	if (err == EPERM)
		return fault_set(f,
				 "%s the interface %s: it takes root, or "
				 "CAP_NET_ADMIN where the interface is",
				 what, b->name);
	if (err == ENODEV)
		return fault_set(f, "there is no interface %s", b->name);
	return fault_errno(f, "%s the interface %s", what, b->name);
}

static int take_notes(struct netlink *nl, struct borrowed *b, struct fault *f)
{
	int err = ask_link(nl, b, f);

	if (err == 0)
		err = ask_all(nl, b, RTM_GETADDR, take_address, f);
	if (err == 0)
		err = ask_all(nl, b, RTM_GETROUTE, take_route, f);
	return err ? refused(b, err, "cannot ask about", f) : 0;
}

static int move(struct netlink *nl, const struct borrowed *b, int to,
		struct fault *f)
{
	struct nlmsghdr *h = netlink_begin(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_family = AF_UNSPEC;
	m->ifi_index = b->index;
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)to);
	return netlink_ask(nl, h, NULL, NULL, f);
}

/* The flags that are ours to change, as they are in flags. */
static int set_flags(struct netlink *nl, const struct borrowed *b,
		     uint32_t flags, struct fault *f)
{
	struct nlmsghdr *h = netlink_begin(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_family = AF_UNSPEC;
	m->ifi_index = b->index;
	m->ifi_flags = flags;
	m->ifi_change = IFF_UP | IFF_PROMISC;
	mnl_attr_put_u32(h, IFLA_MTU, b->mtu);
	return netlink_ask(nl, h, NULL, NULL, f);
}

/* Its number may have become another one on the way. */
static void set_index(struct kept *k, int index)
{
	struct ifaddrmsg *m = k->payload;
	uint32_t *out;

	if (k->type == RTM_NEWADDR) {
		m->ifa_index = (uint32_t)index;
		return;
	}
	out = way_out(k->payload, k->len);
	if (out)
		*out = (uint32_t)index;
}

static void say_again(struct netlink *nl, struct borrowed *b)
{
	struct fault ignored; /* what the kernel has made anew itself */

	for (size_t i = 0; i < b->n_kept; i++) {
		struct kept *k = &b->kept[i];
		struct nlmsghdr *h = netlink_begin(
			nl, k->type, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);

		set_index(k, b->index);
		memcpy(mnl_nlmsg_put_extra_header(h, k->len), k->payload,
		       k->len);
		netlink_ask(nl, h, NULL, NULL, &ignored);
	}
}

/* Where the caller is it has come back. */
static void restore(struct borrowed *b, struct fault *f)
{
	struct netlink *nl = netlink_open(NETLINK_ROUTE, f);
	uint32_t flags = b->flags, mtu = b->mtu;

	if (!nl)
		return;
	if (ask_link(nl, b, f) == 0) {
		b->mtu = mtu;
		set_flags(nl, b, flags, f);
		say_again(nl, b);
	}
	netlink_close(nl);
}

/* In the keeper, when all else is over: from the namespace it is in, home. */
static void bring_home(void *ctx, int home)
{
	struct borrowed *b = ctx;
	struct fault ignored;
	struct netlink *nl = netlink_open(NETLINK_ROUTE, &ignored);
	uint32_t flags = b->flags, mtu = b->mtu;

	if (!nl)
		return;
	if (ask_link(nl, b, &ignored) == 0)
		move(nl, b, home, &ignored);
	netlink_close(nl);
	b->flags = flags;
	b->mtu = mtu;
	if (netns_enter(home, &ignored) == 0)
		restore(b, &ignored);
}

static void forget(struct borrowed *b)
{
	for (size_t i = 0; i < b->n_kept; i++)
		free(b->kept[i].payload);
	free(b->kept);
	b->kept = NULL;
	b->n_kept = 0;
	b->home = -1;
}

/* There it is up, hears all, and changes nothing. */
static int settle(struct borrowed *b, struct fault *f)
{
	struct netlink *nl = netlink_open(NETLINK_ROUTE, f);
	struct borrowed now = *b;
	struct rtnl_if on;
	int rc = -1;

	if (!nl)
		return -1;
	if (ask_link(nl, &now, f) == 0) {
		b->index = now.index;
		now.mtu = LINK_MTU;
		on = (struct rtnl_if){ b->name, b->index };
		/* The harness's own addresses are never those of this end. */
		if (rtnl_up(nl, &on, LINK_MTU, f) == 0)
			rc = set_flags(nl, &now, IFF_UP | IFF_PROMISC, f);
		if (rc > 0)
			rc = refused(b, rc, "cannot set up", f);
		if (rc == 0)
			rc = rtnl_wait_running(nl, &on, f);
	}
	netlink_close(nl);
	return rc < 0 ? -1 : offload_off(b->name, f);
}

static int move_there(struct borrowed *b, int there, struct fault *f)
{
	struct netlink *nl = netlink_open(NETLINK_ROUTE, f);
	int err;

	if (!nl)
		return -1;
	err = take_notes(nl, b, f);
	if (err == 0)
		/* From now on nothing can end without giving it back. */
		err = reaper_start_for(&b->keeper, there, b->home, bring_home,
				       b, f);
	if (err == 0) {
		err = move(nl, b, there, f);
		err = err ? refused(b, err, "cannot take", f) : 0;
	}
	netlink_close(nl);
	return err;
}

int borrowed_take(struct borrowed *b, const char *name, int home, int there,
		  struct fault *f)
{
	int back, rc;

	memset(b, 0, sizeof(*b));
	strncpy(b->name, name, sizeof(b->name) - 1);
	b->home = home;
	b->keeper.fd = -1;
	back = netns_visit(home, f);
	if (back < 0)
		return refused(b, EPERM, "cannot take", f);
	rc = move_there(b, there, f);
	if (netns_return(back, f) < 0 || rc < 0 || netns_enter(there, f) < 0 ||
	    settle(b, f) < 0) {
		borrowed_give_back(b);
		return -1;
	}
	return 0;
}

void borrowed_give_back(struct borrowed *b)
{
	if (b->home < 0)
		return;
	reaper_stop(&b->keeper);
	forget(b);
}

bool borrowed_address(const struct borrowed *b, size_t i,
		      struct borrowed_address *to)
{
	const struct ifaddrmsg *m;
	struct nlattr *a;
	size_t n;

	for (n = 0; n < b->n_kept; n++)
		if (b->kept[n].type == RTM_NEWADDR && i-- == 0)
			break;
	if (n == b->n_kept)
		return false;
	m = b->kept[n].payload;
	*to = (struct borrowed_address){ .family = m->ifa_family,
					 .prefix = m->ifa_prefixlen };
	for (a = (void *)((char *)b->kept[n].payload + MNL_ALIGN(sizeof(*m)));
	     mnl_attr_ok(a, (int)((char *)b->kept[n].payload + b->kept[n].len -
				  (char *)a));
	     a = mnl_attr_next(a))
		if (mnl_attr_get_type(a) == (m->ifa_family == AF_INET
						     ? IFA_LOCAL
						     : IFA_ADDRESS) &&
		    mnl_attr_get_payload_len(a) <= sizeof(to->addr))
			memcpy(to->addr, mnl_attr_get_payload(a),
			       mnl_attr_get_payload_len(a));
	return true;
}
