/*
 * The kernel's end: its namespace, its settings, and its answers over
 * sock_diag. Knows nothing of cases: the settings below are the same for all,
 * and a case may change them.
 */
#include "stack/linux/linux_stack_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/array.h"
#include "base/memory.h"
#include "stack/linux/netns.h"
#include "stack/linux/sysctl.h"

/*
 * What makes two runs alike: no probe timers of a millisecond, no waiting
 * for a queue to drain, no memory of earlier connections, no rate limit on
 * the answers to invalid segments; and IPv6, though the host has it off.
 */
static const struct {
	const char *name;
	const char *value;
} defaults[] = {
	{ "net.ipv4.tcp_early_retrans", "0" },
	{ "net.ipv4.tcp_autocorking", "0" },
	{ "net.ipv4.tcp_no_metrics_save", "1" },
	{ "net.ipv4.tcp_invalid_ratelimit", "0" },
	{ "net.ipv6.conf.all.disable_ipv6", "0" },
	{ "net.ipv6.conf.default.disable_ipv6", "0" },
};

static int set_default(const char *name, const char *value, struct fault *f)
{
	char now[SYSCTL_VALUE_MAX];
	struct fault why, ignored;

	/* An older kernel has some of them for the whole machine, or not. */
	if (sysctl_write(name, value, &why) == 0 || errno == ENOENT)
		return 0;
	/* Containers often may not write: good if it is so already. */
	if (sysctl_read(name, now, &ignored) < 0)
		return fault_set(f, "%s", why.text);
	if (strcmp(now, value) == 0)
		return 0;
	return fault_set(f,
			 "%.600s (it is %.50s and has to be %s); a container "
			 "must be --privileged, or as CONTAINERS in lastack(1) "
			 "says",
			 why.text, now, value);
}

/* With other settings the stack would be blamed for what it was told. */
static int set_defaults(struct fault *f)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(defaults); i++) {
		if (set_default(defaults[i].name, defaults[i].value, f) < 0)
			return -1;
	}
	return 0;
}

/* The ways to ask the kernel of the namespace we are in. */
static int open_eyes(struct linux_stack *l, struct fault *f)
{
	l->rtnl = netlink_open(NETLINK_ROUTE, f);
	l->diag = l->rtnl ? diag_open(f) : NULL;
	l->mib = l->diag ? mib_open(f) : -1;
	return l->mib < 0 ? -1 : 0;
}

static int linux_state(struct stack *s, const struct flow *flow,
		       enum tcp_state *state, struct fault *f)
{
	struct netlink *diag = linux_of(s)->diag;

	/* A call that is still out may hold the socket. */
	if (s->caller->phase == CALLER_IN_CALL &&
	    diag_settle(diag, flow, s->side, f) < 0)
		return -1;
	return diag_state(diag, flow, s->side, state, f);
}

static long linux_count(struct stack *s, int family, uint16_t local_port,
			uint16_t peer_port, enum tcp_state state,
			struct fault *f)
{
	return diag_count(linux_of(s)->diag, family, local_port, peer_port,
			  state, f);
}

static int64_t linux_processed(struct stack *s)
{
	return mib_in_segs(linux_of(s)->mib);
}

static int64_t linux_counter(struct stack *s, const char *name, struct fault *f)
{
	int back = netns_visit(linux_of(s)->netns, f);
	int64_t result = back < 0 ? -1 : mib_counter(name, f);
	int err = errno;

	if (netns_return(back, f) < 0)
		return -1;
	errno = err;
	return result;
}

/* Older kernels destroy connections, but none in TIME-WAIT. */
static int cannot_destroy(struct stack *s, const struct flow *flow,
			  struct fault *f)
{
	enum tcp_state state;

	if (linux_state(s, flow, &state, f) < 0)
		return -1;
	fault_set(f, state == TCP_STATE_TIME_WAIT
			     ? "this kernel has no SOCK_DESTROY of a "
			       "connection in TIME-WAIT"
			     : "this kernel has no SOCK_DESTROY "
			       "(CONFIG_INET_DIAG_DESTROY)");
	return EOPNOTSUPP;
}

static int linux_destroy(struct stack *s, const struct flow *flow,
			 struct fault *f)
{
	int err = diag_destroy(linux_of(s)->diag, flow, s->side, f);

	return err == EOPNOTSUPP ? cannot_destroy(s, flow, f) : err;
}

static int linux_option_read(struct stack *s, const char *name,
			     char value[STACK_OPTION_MAX], struct fault *f)
{
	int back = netns_visit(linux_of(s)->netns, f);
	int result = back < 0 ? -1 : sysctl_read(name, value, f);

	return netns_return(back, f) < 0 ? -1 : result;
}

static int linux_option_write(struct stack *s, const char *name,
			      const char *value, struct fault *f)
{
	int back = netns_visit(linux_of(s)->netns, f);
	int result = back < 0 ? -1 : sysctl_write(name, value, f);

	return netns_return(back, f) < 0 ? -1 : result;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void linux_close(struct stack *s)
{
	struct linux_stack *l = linux_of(s);

	s->caller->ops->stop(s->caller);
	reaper_stop(&l->reaper);
	netlink_close(l->rtnl);
	netlink_close(l->cable);
	netlink_close(l->diag);
	close_fd(l->mib);
	close_fd(l->netns);
	free(l);
}

static const struct stack_ops linux_ops = {
	.plug = linux_stack_plug,
	.meet = linux_stack_meet,
	.wait_ready = linux_stack_wait_ready,
	.close = linux_close,
	.state = linux_state,
	.count = linux_count,
	.processed = linux_processed,
	.counter = linux_counter,
	.destroy = linux_destroy,
	.option_read = linux_option_read,
	.option_write = linux_option_write,
	.set_routes = linux_stack_set_routes,
};

/* Before 4.19 a frame left its socket's account where the namespace ends. */
static bool is_apt(const struct utsname *uts)
{
	char *end;
	long major = strtol(uts->release, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return !strstr(uts->version, "PREEMPT_RT") &&
	       (major > 4 || (major == 4 && minor >= 19));
}

/* Whether packets are handed to other processors (RPS) from the first. */
static bool has_rps(void)
{
	char mask[SYSCTL_VALUE_MAX];
	struct fault ignored;

	return sysctl_read("net.core.rps_default_mask", mask, &ignored) == 0 &&
	       mask[strspn(mask, "0,")];
}

/*
 * A frame leaves the link, which is the account of the socket that sent it,
 * where ip_rcv begins: in a softirq of our own processor, when the lane is bound
 * to one. We do not interrupt it, so it has come to its end when we look.
 */
static bool takes(const struct utsname *uts, int cpu)
{
	return cpu >= 0 && is_apt(uts) && !has_rps();
}

static struct linux_stack *linux_new(enum side side, int cpu)
{
	struct linux_stack *l = memory_zeroed(1, sizeof(*l));
	struct utsname uts;

	uname(&uts);
	l->stack = (struct stack){
		.ops = &linux_ops,
		.caller = &l->agent.caller,
		.side = side,
		.name = "kernel",
		.can = STACK_CAN_STATE | STACK_CAN_COUNT | STACK_CAN_CONFIRM |
		       STACK_CAN_DESTROY | STACK_CAN_OPTIONS |
		       STACK_CAN_ROUTES | STACK_CAN_COUNTERS |
		       STACK_CAN_TIMESTAMPS,
		.port.mac = { 2, 0, 0, 0, 0, (uint8_t)(0x0a + side) },
	};
	memcpy(l->stack.version, uts.release, sizeof(uts.release));
	if (takes(&uts, cpu))
		l->stack.can |= STACK_CAN_TAKE;
	if (sysctl_has_ipv6())
		l->stack.can |= STACK_CAN_IPV6;
	/* The interfaces of two ends have different numbers: rtnl_make_veth. */
	l->interface = (struct rtnl_if){ "eth0", 10 + (int)side };
	/* What a namespace begins with; its routes are not yet made. */
	l->routes = (struct link_set){ .timestamps = true, .sack = true };
	l->netns = l->mib = l->reaper.fd = -1;
	agent_process_init(&l->agent, side, cpu);
	return l;
}

/* Before the agent, none of whose descriptors the reaper must have. */
static int watch_over(struct linux_stack *l, struct fault *f)
{
	l->agent.netns = l->netns;
	return reaper_start(&l->reaper, l->netns, f);
}

/* A namespace; the caller is in it afterwards. */
static int build(struct linux_stack *l, struct fault *f)
{
	l->netns = netns_new(f);
	if (l->netns < 0 || open_eyes(l, f) < 0 || set_defaults(f) < 0 ||
	    rtnl_up(l->rtnl, &linux_loopback, LINK_MTU, f) < 0)
		return -1;
	return watch_over(l, f);
}

struct stack *linux_stack_open(enum side side, int cpu, struct fault *f)
{
	struct linux_stack *l = linux_new(side, cpu);

	if (build(l, f) == 0)
		return &l->stack;
	linux_close(&l->stack);
	return NULL;
}

struct stack *linux_stack_share(struct stack *with, enum side side, int cpu,
				struct fault *f)
{
	struct linux_stack *l = linux_new(side, cpu);

	l->netns = dup(linux_of(with)->netns);
	if (l->netns < 0)
		fault_errno(f, "dup");
	else if (netns_enter(l->netns, f) == 0 && open_eyes(l, f) == 0 &&
		 watch_over(l, f) == 0)
		return &l->stack;
	linux_close(&l->stack);
	return NULL;
}

static int parse(struct stack_choice *c, struct fault *f)
{
	struct utsname uts;

	if (uname(&uts))
		return fault_errno(f, "cannot tell this kernel's version");
	memcpy(c->version, uts.release, sizeof(uts.release));
	return 0;
}

static struct stack *open_choice(const struct stack_choice *c, enum side side,
				 int cpu, struct fault *f)
{
	(void)c;
	return linux_stack_open(side, cpu, f);
}

const struct stack_kind linux_stack_kind = {
	.name = "kernel",
	.expected = "linux",
	.is_kernel = true,
	.parse = parse,
	.open = open_choice,
};
