/* What the files of the kernel's end share. For linux_stack*.c only. */
#ifndef STACK_LINUX_LINUX_STACK_OWN_H
#define STACK_LINUX_LINUX_STACK_OWN_H

#include "script/script.h"
#include "stack/agent_process.h"
#include "stack/linux/diag.h"
#include "stack/linux/linux_stack.h"
#include "stack/linux/reaper.h"
#include "stack/linux/rtnl.h"

struct linux_stack {
	struct stack stack; /* first: a stack is one of these here */
	int netns;
	struct netlink *rtnl; /* of the namespace; so diag */
	struct netlink *diag;
	int mib;		  /* see mib_in_segs */
	struct rtnl_if interface; /* of its addresses */
	bool is_loopback;	  /* that is lo */
	struct rtnl_if port;	  /* in the cable's namespace, when plugged */
	struct netlink *cable;	  /* speaks to that, or NULL */
	struct link_set routes;	  /* in force now */
	struct reaper reaper;
	struct agent_process agent;
};

static inline struct linux_stack *linux_of(struct stack *s)
{
	return (struct linux_stack *)(void *)s;
}

/* lo is the first interface of every namespace. */
extern const struct rtnl_if linux_loopback;

/* linux_stack_join.c: the ops by which it becomes an end. */
int linux_stack_plug(struct stack *s, int cable_netns, struct fault *f);
int linux_stack_meet(struct stack *s, const struct stack_port *peer,
		     struct fault *f);
int linux_stack_wait_ready(struct stack *s, struct fault *f);
int linux_stack_set_routes(struct stack *s, const struct link_set *set,
			   struct fault *f);

#endif
