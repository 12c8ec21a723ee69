/*
 * Joining two ends by a cable, a veth pair or the loopback. Knows the order
 * in which that is done; how, is each stack's own.
 */
#include "stack/ends.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "link/cable.h"
#include "stack/linux/linux_stack.h"
#include "stack/linux/netns.h"

/* The stacks there are. */
static const struct stack_kind {
	const char *name;
	/* One of that side, not yet joined to anything. */
	struct stack *(*open)(enum side side, int cpu, struct fault *f);
	/* Has veth and loopback, by which it is joined with itself. */
	bool is_kernel;
} stacks[] = {
	{ "kernel", linux_stack_open, true },
};

#define N_STACKS (sizeof(stacks) / sizeof(*stacks))

int ends_privilege(struct fault *f)
{
	return netns_privilege(f);
}

static const struct stack_kind *find_stack(const char *name, struct fault *f)
{
	char known[128] = "";
	size_t i;

	for (i = 0; i < N_STACKS; i++) {
		size_t len = strlen(known);

		if (strcmp(stacks[i].name, name) == 0)
			return &stacks[i];
		snprintf(known + len, sizeof(known) - len, " %s",
			 stacks[i].name);
	}
	fault_set(f, "there is no stack \"%.100s\"; known:%s", name, known);
	return NULL;
}

static int find_stacks(const char *const name[2], enum link_kind link,
		       const struct stack_kind *kind[2], struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		kind[side] = find_stack(name[side], f);
		if (!kind[side])
			return -1;
		if (!link_has_cable(link) && !kind[side]->is_kernel)
			return fault_set(f,
					 "the stack \"%s\" has no %s: it is "
					 "joined by the wire alone",
					 name[side], link_name(link));
	}
	return 0;
}

static int open_both(struct ends *e, const struct stack_kind *const kind[2],
		     int cpu, struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		e->stack[side] = kind[side]->open((enum side)side, cpu, f);
		if (!e->stack[side])
			return -1;
	}
	return 0;
}

static int meet_and_wait(struct ends *e, struct fault *f)
{
	struct stack *a = e->stack[SIDE_A], *b = e->stack[SIDE_B];

	if (a->ops->meet(a, &b->port, f) < 0 ||
	    b->ops->meet(b, &a->port, f) < 0 || a->ops->wait_ready(a, f) < 0)
		return -1;
	return b->ops->wait_ready(b, f);
}

/* The ends of a cable may be any two stacks. */
static int join_by_cable(struct ends *e, const struct stack_kind *const kind[2],
			 int cpu, struct fault *f)
{
	const char *interface[2];
	int side, cable;

	if (open_both(e, kind, cpu, f) < 0)
		return -1;
	cable = netns_new(f);
	if (cable < 0)
		return -1;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = e->stack[side];

		if (s->ops->plug(s, cable, f) < 0)
			break;
		interface[side] = s->port.interface;
	}
	close(cable); /* as long as we are in it it stays */
	if (side <= SIDE_B)
		return -1;
	e->link = cable_open(interface, f);
	return e->link ? meet_and_wait(e, f) : -1;
}

/* On a link without a cable, which is the kernel's with itself. */
static int meet_and_tap(struct ends *e, struct fault *f)
{
	if (meet_and_wait(e, f) < 0)
		return -1;
	e->link = linux_stack_tap(e->stack[SIDE_A], f);
	return e->link ? 0 : -1;
}

static int join_by_veth(struct ends *e, const struct stack_kind *const kind[2],
			int cpu, struct fault *f)
{
	if (open_both(e, kind, cpu, f) < 0 ||
	    linux_stack_veth(e->stack[SIDE_A], e->stack[SIDE_B], f) < 0)
		return -1;
	return meet_and_tap(e, f);
}

/* Both ends are one kernel in one namespace. */
static int join_by_loopback(struct ends *e,
			    const struct stack_kind *const kind[2], int cpu,
			    struct fault *f)
{
	e->stack[SIDE_A] = kind[SIDE_A]->open(SIDE_A, cpu, f);
	if (!e->stack[SIDE_A])
		return -1;
	e->stack[SIDE_B] = linux_stack_share(e->stack[SIDE_A], SIDE_B, cpu, f);
	if (!e->stack[SIDE_B] ||
	    linux_stack_loopback(e->stack[SIDE_A], e->stack[SIDE_B], f) < 0)
		return -1;
	return meet_and_tap(e, f);
}

static int start_callers(struct ends *e, struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct caller *c = e->stack[side]->caller;

		if (c->ops->start(c, f) < 0)
			return -1;
	}
	return 0;
}

int ends_open(struct ends *e, const char *const stack[2], enum link_kind link,
	      int cpu, struct fault *f)
{
	static int (*const join[LINK_COUNT])(struct ends *,
					     const struct stack_kind *const *,
					     int, struct fault *) = {
		[LINK_CABLE] = join_by_cable,
		[LINK_VETH] = join_by_veth,
		[LINK_LOOPBACK] = join_by_loopback,
	};

	const struct stack_kind *kind[2];

	memset(e, 0, sizeof(*e));
	if (find_stacks(stack, link, kind, f) < 0)
		return -1;
	if (join[link](e, kind, cpu, f) == 0 && start_callers(e, f) == 0)
		return 0;
	ends_close(e);
	return -1;
}

void ends_close(struct ends *e)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = e->stack[side];

		if (s)
			s->caller->ops->stop(s->caller);
	}
	for (side = SIDE_A; side <= SIDE_B; side++) {
		if (e->stack[side])
			e->stack[side]->ops->close(e->stack[side]);
	}
	if (e->link)
		e->link->ops->close(e->link);
	memset(e, 0, sizeof(*e));
}
