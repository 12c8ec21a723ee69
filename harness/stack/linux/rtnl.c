/*
 * rtnetlink over libmnl: one request, one acknowledgement. Knows nothing of
 * TCP, and takes addresses as it is given them.
 */
#include "stack/linux/rtnl.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "base/clock.h"
#include "stack/linux/sysctl.h"

/* How long the kernel may take over what it does in its own time. */
#define PATIENCE_NS (30 * NS_PER_S)

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

/* Asks for what there is, or tells to make it so. */
static int ask(struct netlink *nl, struct nlmsghdr *h, mnl_cb_t cb, void *ctx,
	       const char *what, const struct rtnl_if *on, struct fault *f)
{
	int err = netlink_ask(nl, h, cb, ctx, f);

	if (err <= 0)
		return err;
	errno = err;
	return fault_errno(f, "%s %s", what, on->name);
}

static struct nlmsghdr *begin(struct netlink *nl, uint16_t type, uint16_t flags)
{
	return netlink_begin(nl, type, (uint16_t)(NLM_F_ACK | flags));
}

static int finish(struct netlink *nl, struct nlmsghdr *h, const char *what,
		  const struct rtnl_if *on, struct fault *f)
{
	return ask(nl, h, NULL, NULL, what, on, f);
}

static void put_end(struct nlmsghdr *h, const struct rtnl_veth *end)
{
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifi_index = end->on.index;
	mnl_attr_put_strz(h, IFLA_IFNAME, end->on.name);
	mnl_attr_put(h, IFLA_ADDRESS, SEG_MAC_LEN, end->mac);
}

int rtnl_make_veth(struct netlink *nl, const struct rtnl_veth *here,
		   const struct rtnl_veth *there, struct fault *f)
{
	struct nlmsghdr *h = begin(nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data, *peer;

	put_end(h, here);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_str(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	put_end(h, there);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)there->netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return finish(nl, h, "cannot make the veth pair", &here->on, f);
}

/* No address of its own making: no duplicate address detection, no MLD. */
static int no_addrgen(struct netlink *nl, const struct rtnl_if *on,
		      struct fault *f)
{
	struct nlmsghdr *h = begin(nl, RTM_NEWLINK, 0);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct nlattr *spec, *inet6;

	if (!sysctl_has_ipv6())
		return 0;
	m->ifi_index = on->index;
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, inet6);
	mnl_attr_nest_end(h, spec);
	return finish(nl, h, "cannot stop address generation on", on, f);
}

int rtnl_up(struct netlink *nl, const struct rtnl_if *on, uint32_t mtu,
	    struct fault *f)
{
	struct nlmsghdr *h;
	struct ifinfomsg *m;

	/* Before it is up: afterwards it has sent what it should not. */
	if (no_addrgen(nl, on, f) < 0)
		return -1;
	h = begin(nl, RTM_NEWLINK, 0);
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_index = on->index;
	m->ifi_flags = IFF_UP;
	m->ifi_change = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	return finish(nl, h, "cannot set up", on, f);
}

static int read_flags(const struct nlmsghdr *h, void *ctx)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	unsigned int *flags = ctx;

	if (h->nlmsg_type == RTM_NEWLINK)
		*flags = m->ifi_flags;
	return MNL_CB_OK;
}

/* Another look a millisecond later, until it has taken too long. */
static int look_again(int64_t deadline_ns, const char *what, struct fault *f)
{
	if (clock_mono_ns() > deadline_ns)
		return fault_set(f, "%s", what);
	poll(NULL, 0, 1);
	return 0;
}

int rtnl_wait_running(struct netlink *nl, const struct rtnl_if *on,
		      struct fault *f)
{
	int64_t deadline = clock_mono_ns() + PATIENCE_NS;

	for (;;) {
		struct nlmsghdr *h = begin(nl, RTM_GETLINK, 0);
		struct ifinfomsg *m;
		unsigned int flags = 0;

		m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
		m->ifi_index = on->index;
		if (ask(nl, h, read_flags, &flags, "cannot look at", on, f) < 0)
			return -1;
		if (flags & IFF_RUNNING)
			return 0;
		if (look_again(deadline, "an interface gets no carrier", f) < 0)
			return -1;
	}
}

static int read_type(const struct nlmsghdr *h, void *ctx)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	unsigned char *type = ctx;

	if (h->nlmsg_type == RTM_NEWROUTE)
		*type = m->rtm_type;
	return MNL_CB_OK;
}

int rtnl_wait_local(struct netlink *nl, int family, const uint8_t *addr,
		    struct fault *f)
{
	int64_t deadline = clock_mono_ns() + PATIENCE_NS;

	for (;;) {
		struct nlmsghdr *h = begin(nl, RTM_GETROUTE, 0);
		struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
		unsigned char type = RTN_UNSPEC;
		struct fault none_yet;

		m->rtm_family = (uint8_t)family;
		m->rtm_dst_len = (uint8_t)(addr_len(family) * 8);
		mnl_attr_put(h, RTA_DST, addr_len(family), addr);
		netlink_ask(nl, h, read_type, &type, &none_yet);
		if (type == RTN_LOCAL)
			return 0;
		if (look_again(deadline,
			       "an address does not become the "
			       "host's own",
			       f) < 0)
			return -1;
	}
}

int rtnl_address(struct netlink *nl, const struct rtnl_if *on, int family,
		 const uint8_t *addr, uint8_t prefix, struct fault *f)
{
	struct nlmsghdr *h =
		begin(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ifa_family = (uint8_t)family;
	m->ifa_prefixlen = prefix;
	m->ifa_index = (unsigned int)on->index;
	mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NODAD | IFA_F_PERMANENT);
	mnl_attr_put(h, IFA_LOCAL, addr_len(family), addr);
	mnl_attr_put(h, IFA_ADDRESS, addr_len(family), addr);
	return finish(nl, h, "cannot give an address to", on, f);
}

int rtnl_neighbour(struct netlink *nl, const struct rtnl_if *on, int family,
		   const uint8_t *addr, const uint8_t mac[SEG_MAC_LEN],
		   struct fault *f)
{
	struct nlmsghdr *h =
		begin(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	m->ndm_family = (uint8_t)family;
	m->ndm_ifindex = on->index;
	m->ndm_state = NUD_PERMANENT;
	mnl_attr_put(h, NDA_DST, addr_len(family), addr);
	mnl_attr_put(h, NDA_LLADDR, SEG_MAC_LEN, mac);
	return finish(nl, h, "cannot set a neighbour on", on, f);
}

static void put_metrics(struct nlmsghdr *h, const struct rtnl_route *route)
{
	struct nlattr *nest;

	if (!route->quickack && !route->rto_min_ms)
		return;
	nest = mnl_attr_nest_start(h, RTA_METRICS);
	if (route->quickack)
		mnl_attr_put_u32(h, RTAX_QUICKACK, 1);
	if (route->rto_min_ms) {
		mnl_attr_put_u32(h, RTAX_RTO_MIN, route->rto_min_ms);
		/* Only a locked one counts. */
		mnl_attr_put_u32(h, RTAX_LOCK, 1u << RTAX_RTO_MIN);
	}
	mnl_attr_nest_end(h, nest);
}

static void put_route(struct nlmsghdr *h, const struct rtnl_route *route)
{
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	size_t len = addr_len(route->family);

	m->rtm_family = (uint8_t)route->family;
	m->rtm_dst_len = (uint8_t)(len * 8);
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_table = route->local ? RT_TABLE_LOCAL : RT_TABLE_MAIN;
	m->rtm_type = route->local ? RTN_LOCAL : RTN_UNICAST;
	m->rtm_scope = route->local ? RT_SCOPE_HOST : RT_SCOPE_LINK;
	mnl_attr_put(h, RTA_DST, len, route->dst);
	if (route->src)
		mnl_attr_put(h, RTA_PREFSRC, len, route->src);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)route->on.index);
	put_metrics(h, route);
}

int rtnl_set_route(struct netlink *nl, const struct rtnl_route *route,
		   struct fault *f)
{
	struct nlmsghdr *h =
		begin(nl, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);

	put_route(h, route);
	return finish(nl, h, "cannot set the route on", &route->on, f);
}

int rtnl_drop_route(struct netlink *nl, const struct rtnl_route *route,
		    struct fault *f)
{
	struct nlmsghdr *h = begin(nl, RTM_DELROUTE, 0);
	struct rtmsg *m = mnl_nlmsg_get_payload(h);

	put_route(h, route);
	m->rtm_protocol = RTPROT_UNSPEC; /* whoever made it */
	return finish(nl, h, "cannot drop the route on", &route->on, f);
}
