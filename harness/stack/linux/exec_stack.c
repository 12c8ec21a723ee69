/*
 * The stack "exec": what the kernel's end does, less what a program cannot be
 * asked. Knows where its frames come out, not what it is.
 */
#include "stack/linux/exec_stack.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "stack/linux/linux_stack_own.h"
#include "stack/linux/netns.h"

struct exec_stack {
	struct stack stack; /* first: a stack is one of these here */
	struct stack *host; /* the kernel's end that it lives in */
	struct agent_process agent;
	int frames;   /* its descriptor, or -1 */
	bool own_tcp; /* which it takes its frames from */
};

static struct exec_stack *exec_of(struct stack *s)
{
	return (struct exec_stack *)(void *)s;
}

/* A packet socket on the interface: all that comes to it, none it sends. */
static int bind_frames(struct exec_stack *e, struct fault *f)
{
	struct linux_stack *host = linux_of(e->host);
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = host->interface.index };
	int on = 1;

	e->frames = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (e->frames < 0 ||
	    setsockopt(e->frames, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		       sizeof(on)) ||
	    bind(e->frames, (struct sockaddr *)&at, sizeof(at)))
		return fault_errno(f, "a packet socket for %c",
				   side_letter(e->stack.side));
	return 0;
}

static int open_frames(struct exec_stack *e, struct fault *f)
{
	int back = netns_visit(linux_of(e->host)->netns, f);
	int result = back < 0 ? -1 : bind_frames(e, f);

	return netns_return(back, f) < 0 ? -1 : result;
}

/* Its own TCP or the kernel's; what of the kernel's end it has not. */
static int ask(struct exec_stack *e, struct fault *f)
{
	struct stack *s = &e->stack;
	int frames;

	if (agent_process_ask(&e->agent, s, f) < 0)
		return -1;
	frames = agent_process_can(&e->agent, "frames", f);
	if (frames < 0)
		return -1;
	e->own_tcp = frames;
	if (frames)
		s->can &= ~(unsigned int)STACK_CAN_ROUTES;
	s->can &= e->host->can;
	return 0;
}

static int exec_plug(struct stack *s, int cable_netns, struct fault *f)
{
	struct exec_stack *e = exec_of(s);
	struct linux_stack *host = linux_of(e->host);

	/* An interface that is down fails a packet socket bound to it. */
	if (e->host->ops->plug(e->host, cable_netns, f) < 0 ||
	    rtnl_up(host->rtnl, &host->interface, LINK_MTU, f) < 0 ||
	    open_frames(e, f) < 0)
		return -1;
	s->port = e->host->port;
	e->agent.netns = linux_of(e->host)->netns;
	e->agent.frames = e->frames;
	return ask(e, f);
}

/* The kernel must not answer for a program that has a TCP of its own. */
static int exec_meet(struct stack *s, const struct stack_port *peer,
		     struct fault *f)
{
	struct exec_stack *e = exec_of(s);

	return e->own_tcp ? 0 : e->host->ops->meet(e->host, peer, f);
}

static int exec_wait_ready(struct stack *s, struct fault *f)
{
	struct exec_stack *e = exec_of(s);
	struct linux_stack *host = linux_of(e->host);

	if (!e->own_tcp)
		return e->host->ops->wait_ready(e->host, f);
	if (rtnl_wait_running(host->rtnl, &host->interface, f) < 0)
		return -1;
	return rtnl_wait_running(host->cable, &host->port, f);
}

/* Of the kernel's TCP: another one has its own ways. */
static int exec_set_routes(struct stack *s, const struct link_set *set,
			   struct fault *f)
{
	struct exec_stack *e = exec_of(s);

	return e->host->ops->set_routes(e->host, set, f);
}

static void exec_close(struct stack *s)
{
	struct exec_stack *e = exec_of(s);

	s->caller->ops->stop(s->caller);
	if (e->frames >= 0)
		close(e->frames);
	e->host->ops->close(e->host);
	free(e);
}

static struct stack *exec_open(const struct stack_choice *choice,
			       enum side side, int cpu, struct fault *f)
{
	static const struct stack_ops ops = {
		.plug = exec_plug,
		.meet = exec_meet,
		.wait_ready = exec_wait_ready,
		.close = exec_close,
		.set_routes = exec_set_routes,
	};
	struct stack *host = linux_stack_kind.open(NULL, side, cpu, f);
	struct exec_stack *e;

	if (!host)
		return NULL;
	e = memory_zeroed(1, sizeof(*e));
	agent_process_init(&e->agent, side, cpu);
	e->agent.command = choice->argument;
	e->host = host;
	e->frames = -1;
	e->stack = (struct stack){
		.ops = &ops,
		.caller = &e->agent.caller,
		.side = side,
		.name = "exec",
		.can = STACK_CAN_IPV6 | STACK_CAN_ROUTES | STACK_CAN_TIMESTAMPS,
		.port = host->port,
	};
	return &e->stack;
}

const struct stack_kind exec_stack_kind = {
	.name = "exec",
	.argument = "COMMAND",
	.open = exec_open,
};
