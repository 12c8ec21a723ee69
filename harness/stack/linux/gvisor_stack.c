/*
 * The stack "gvisor": the kernel's end lends it the namespace and the
 * interface, whose addresses runsc takes away from the kernel when it starts.
 * Its caller is an agent process like any other, but that the agent may end
 * while the sandbox, and with it the stack, goes on.
 */
#include "stack/linux/gvisor_stack.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/installed.h"
#include "base/memory.h"
#include "script/verb.h"
#include "stack/constant.h"
#include "stack/gvisor_words.h"
#include "stack/linux/linux_stack_own.h"

#define PROGRAM "lastack-gvisor"
#define PACKAGE "runsc"

/* For what the sandbox has to do by itself. */
#define TRUST (30 * NS_PER_S)

struct gvisor_stack {
	struct stack stack; /* first: a stack is one of these here */
	struct stack *host; /* the kernel's end that lends its interface */
	struct agent_process agent;
	struct caller_ops ops;		/* the agent's, some of them ours */
	const struct caller_ops *usual; /* the agent process's own */
	char *command;
	uint8_t peer_mac[SEG_MAC_LEN];
	bool greeted;	  /* the sandbox has begun the next agent by itself */
	struct flow flow; /* that a state was last asked of, */
	enum tcp_state state; /* which was this one */
};

/* What gVisor has instead of sysctls (pkg/tcpip/transport/tcp). */
static const struct stack_constant options[] = {
	{ "net.ipv4.tcp_fin_timeout", "60" },
	{ "net.ipv4.tcp_keepalive_time", "7200" },
	{ "net.ipv4.tcp_keepalive_intvl", "75" },
	{ "net.ipv4.tcp_keepalive_probes", "9" },
	{ "net.ipv4.tcp_retries2", "15" },
	{ "net.ipv4.tcp_orphan_retries", "15" },
	{ "net.ipv4.tcp_syn_retries", "6" },
	{ "net.ipv4.tcp_synack_retries", "6" },
	{ "net.ipv4.tcp_recovery", "1" },
	{ "net.ipv4.tcp_sack", "1" },
	{ "net.ipv4.tcp_timestamps", "1" },
	{ "net.ipv4.tcp_window_scaling", "1" },
	{ NULL, NULL },
};

static struct gvisor_stack *gvisor_of(struct stack *s)
{
	return (struct gvisor_stack *)(void *)s;
}

static struct gvisor_stack *gvisor_of_caller(struct caller *c)
{
	struct agent_process *a = (struct agent_process *)(void *)c;

	return (struct gvisor_stack *)(void *)((char *)a -
					       offsetof(struct gvisor_stack,
							agent));
}

/* What a sandbox finds when it starts; the last one took it away. */
static int lend_family(struct gvisor_stack *g, int family, uint8_t prefix,
		       struct fault *f)
{
	struct linux_stack *host = linux_of(g->host);
	enum side side = g->stack.side;
	uint8_t own[16], peer[16];
	struct rtnl_route route = { .on = host->interface,
				    .family = family,
				    .dst = peer };

	link_address(family, side, own);
	link_address(family, side_other(side), peer);
	if (rtnl_address(host->rtnl, &host->interface, family, own, prefix, f) <
		    0 ||
	    rtnl_neighbour(host->rtnl, &host->interface, family, peer,
			   g->peer_mac, f) < 0)
		return -1;
	return rtnl_set_route(host->rtnl, &route, f);
}

static int lend_addresses(struct gvisor_stack *g, struct fault *f)
{
	if (lend_family(g, AF_INET, 32, f) < 0)
		return -1;
	return g->host->can & STACK_CAN_IPV6 ? lend_family(g, AF_INET6, 128, f)
					     : 0;
}

static int call_start(struct caller *c, struct fault *f)
{
	struct gvisor_stack *g = gvisor_of_caller(c);

	if (g->greeted) {
		g->greeted = false;
		c->phase = CALLER_IDLE;
		return 0;
	}
	return lend_addresses(g, f) < 0 ? -1 : g->usual->start(c, f);
}

/* The agent has ended when the next one greets. */
static bool call_wait_gone(struct caller *c, int64_t deadline_ns)
{
	struct gvisor_stack *g = gvisor_of_caller(c);

	if (!agent_process_greets_again(&g->agent, deadline_ns))
		return false;
	g->greeted = c->phase == CALLER_IDLE;
	c->phase = CALLER_GONE;
	return true;
}

/*
 * An agent in a call hears nothing: lastack-gvisor has it killed. Otherwise the
 * whole sandbox is ended, which takes its connections with it in silence.
 */
static void call_stop(struct caller *c)
{
	struct gvisor_stack *g = gvisor_of_caller(c);

	if (c->phase == CALLER_IN_CALL &&
	    kill(g->agent.child.pid, SIGUSR1) == 0 &&
	    call_wait_gone(c, clock_mono_ns() + TRUST))
		return;
	g->greeted = false;
	g->usual->stop(c);
}

static int gvisor_plug(struct stack *s, int cable_netns, struct fault *f)
{
	struct gvisor_stack *g = gvisor_of(s);

	if (g->host->ops->plug(g->host, cable_netns, f) < 0)
		return -1;
	s->port = g->host->port;
	g->agent.netns = linux_of(g->host)->netns;
	return 0;
}

/* runsc passes over an interface that is down. */
static int gvisor_meet(struct stack *s, const struct stack_port *peer,
		       struct fault *f)
{
	struct gvisor_stack *g = gvisor_of(s);
	struct linux_stack *host = linux_of(g->host);

	memcpy(g->peer_mac, peer->mac, SEG_MAC_LEN);
	return rtnl_up(host->rtnl, &host->interface, LINK_MTU, f);
}

static int gvisor_wait_ready(struct stack *s, struct fault *f)
{
	struct gvisor_stack *g = gvisor_of(s);
	struct linux_stack *host = linux_of(g->host);

	if (rtnl_wait_running(host->rtnl, &host->interface, f) < 0 ||
	    rtnl_wait_running(host->cable, &host->port, f) < 0 ||
	    lend_addresses(g, f) < 0 || agent_process_ask(&g->agent, s, f) < 0)
		return -1;
	s->can &= g->host->can | STACK_CAN_STATE_OPEN;
	return 0;
}

static void gvisor_close(struct stack *s)
{
	struct gvisor_stack *g = gvisor_of(s);

	g->usual->stop(s->caller);
	g->host->ops->close(g->host);
	free(g->command);
	free(g);
}

/*
 * Of gVisor's own numbers beyond Linux's all are of a socket without a
 * connection. A listener is no connection.
 */
static enum tcp_state state_numbered(unsigned int number)
{
	enum tcp_state state = diag_state_numbered(number);

	if (state == TCP_STATE_NONE)
		return TCP_STATE_CLOSED;
	return state == TCP_STATE_LISTEN ? TCP_STATE_NONE : state;
}

/*
 * A socket that is closed, or was in TIME-WAIT, tells nothing of a connection
 * that a listener has begun since with the same numbers.
 */
static bool may_be_another(struct gvisor_stack *g, const struct flow *flow,
			   enum tcp_state state)
{
	bool same = memcmp(g->flow.end, flow->end, sizeof(flow->end)) == 0;
	enum tcp_state before = same ? g->state : TCP_STATE_NONE;

	g->flow = *flow;
	g->state = state;
	return state == TCP_STATE_CLOSED &&
	       (before == TCP_STATE_CLOSED || before == TCP_STATE_TIME_WAIT);
}

/* TCP_INFO's, of the agent's socket. */
static int gvisor_state(struct stack *s, const struct flow *flow,
			enum tcp_state *state, struct fault *f)
{
	struct caller *c = s->caller;
	char text[STACK_LINE_MAX];
	char *end;
	long number;

	*state = TCP_STATE_NONE;
	if (c->phase != CALLER_IDLE)
		return 0;
	if (c->ops->tell(c, "info state", f) < 0)
		return -1;
	if (c->ops->hear(c, clock_mono_ns() + TRUST, text) != CALLER_ANSWER)
		return fault_set(f, "%c's agent does not say its state",
				 side_letter(s->side));
	number = strtol(text, &end, 10);
	if (end == text || *end) /* it has no socket */
		return 0;
	*state = state_numbered((unsigned int)number);
	if (may_be_another(gvisor_of(s), flow, *state))
		*state = TCP_STATE_NONE;
	return 0;
}

static int gvisor_option_read(struct stack *s, const char *name,
			      char value[STACK_OPTION_MAX], struct fault *f)
{
	(void)s;
	return stack_constant_read(options, "gVisor", name, value, f);
}

static int gvisor_option_write(struct stack *s, const char *name,
			       const char *value, struct fault *f)
{
	(void)s;
	return stack_constant_write(options, "gVisor", name, value, f);
}

static const struct stack_ops gvisor_ops = {
	.plug = gvisor_plug,
	.meet = gvisor_meet,
	.wait_ready = gvisor_wait_ready,
	.close = gvisor_close,
	.state = gvisor_state,
	.option_read = gvisor_option_read,
	.option_write = gvisor_option_write,
};

static void init_caller(struct gvisor_stack *g, int cpu)
{
	agent_process_init(&g->agent, g->stack.side, cpu);
	g->agent.command = g->command;
	g->usual = g->agent.caller.ops;
	g->ops = *g->usual;
	g->ops.start = call_start;
	g->ops.stop = call_stop;
	g->ops.wait_gone = call_wait_gone;
	g->agent.caller.ops = &g->ops;
}

static struct stack *gvisor_open(const struct stack_choice *choice,
				 enum side side, int cpu, struct fault *f)
{
	struct stack *host = linux_stack_kind.open(NULL, side, cpu, f);
	struct gvisor_stack *g;

	if (!host)
		return NULL;
	g = memory_zeroed(1, sizeof(*g));
	g->host = host;
	g->stack = (struct stack){
		.ops = &gvisor_ops,
		.caller = &g->agent.caller,
		.side = side,
		.name = "gvisor",
		.can = STACK_CAN_STATE_OPEN | STACK_CAN_OPTIONS |
		       STACK_CAN_IPV6 | STACK_CAN_TIMESTAMPS,
		.lacks = VERB_BIT(VERB_DESTROY),
		.answers = GVISOR_PROBE_PORT,
		.port = host->port,
	};
	memcpy(g->stack.version, choice->version, sizeof(choice->version));
	g->command = memory_text(choice->parsed);
	init_caller(g, cpu);
	return &g->stack;
}

/* Where the shell would find runsc; NULL: nowhere. */
static char *find_runsc(void)
{
	const char *path = getenv("PATH");
	char *all = memory_text(path ? path : ""), *rest = all, *folder;
	char *found = NULL;

	while (!found && (folder = strsep(&rest, ":"))) {
		size_t size = strlen(folder) + sizeof("/runsc");

		found = memory_zeroed(1, size);
		snprintf(found, size, "%s/runsc", folder);
		if (*folder == '/' && access(found, X_OK) == 0)
			break;
		free(found);
		found = NULL;
	}
	free(all);
	return found;
}

/* "runsc version 0.0~20221219.0", or "release-20221219.0": of the day on. */
static void shorten_version(char version[STACK_VERSION_MAX])
{
	size_t digits = 0, i;

	for (i = 0; version[i] && digits < 8; i++)
		digits =
			version[i] >= '0' && version[i] <= '9' ? digits + 1 : 0;
	if (digits == 8)
		memmove(version, version + i - 8, strlen(version + i - 8) + 1);
	version[strcspn(version, " \t")] = '\0';
}

/* The command of its agent: lastack-gvisor, told where runsc is. */
static int make_command(struct stack_choice *c, const char *program,
			const char *runsc, struct fault *f)
{
	size_t size = strlen(program) + strlen(runsc) + sizeof("exec '' ''");
	char *command;

	if (strchr(program, '\'') || strchr(runsc, '\''))
		return fault_set(f,
				 "the stack gvisor: %s, %s: expected paths "
				 "without quotes",
				 program, runsc);
	command = memory_zeroed(1, size);
	snprintf(command, size, "exec '%s' '%s'", program, runsc);
	c->parsed = command;
	if (stack_ask_version(runsc, c, f) < 0)
		return -1;
	shorten_version(c->version);
	return 0;
}

static int parse(struct stack_choice *c, struct fault *f)
{
	char *program = installed_program(PROGRAM), *runsc = find_runsc();
	int rc;

	if (!runsc)
		rc = fault_set(f, "the stack gvisor: there is no runsc here, "
				  "install " PACKAGE);
	else if (!program)
		rc = fault_set(f, "the stack gvisor: " PROGRAM
				  " was left out of this build, whose compiler "
				  "could not link without libraries");
	else
		rc = make_command(c, program, runsc, f);
	free(program);
	free(runsc);
	return rc;
}

const struct stack_kind gvisor_stack_kind = {
	.name = "gvisor",
	.is_costly = true,
	.parse = parse,
	.open = gvisor_open,
};
