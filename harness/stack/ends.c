/*
 * Joining two ends by a cable, a veth pair or the loopback. Knows the order
 * in which that is done; how, is each stack's own.
 */
#include "stack/ends.h"

#include <string.h>
#include <unistd.h>

#include "link/cable.h"
#include "stack/linux/linux_stack.h"
#include "stack/linux/netns.h"

/* A stack by its name, of a side, not yet joined to anything. */
static const struct {
	const char *name;
	struct stack *(*open)(enum side side, int cpu, struct fault *f);
} stacks[] = {
	{ "kernel", linux_stack_open },
};

int ends_privilege(struct fault *f)
{
	return netns_privilege(f);
}

static struct stack *open_stack(const char *name, enum side side, int cpu,
				struct fault *f)
{
	size_t i;

	for (i = 0; i < sizeof(stacks) / sizeof(*stacks); i++) {
		if (strcmp(stacks[i].name, name) == 0)
			return stacks[i].open(side, cpu, f);
	}
	fault_set(f, "there is no stack \"%s\"", name);
	return NULL;
}

static int open_both(struct ends *e, const char *const name[2], int cpu,
		     struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		e->stack[side] =
			open_stack(name[side], (enum side)side, cpu, f);
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
static int join_by_cable(struct ends *e, const char *const name[2], int cpu,
			 struct fault *f)
{
	const char *interface[2];
	int side, cable;

	if (open_both(e, name, cpu, f) < 0)
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

static int join_by_veth(struct ends *e, const char *const name[2], int cpu,
			struct fault *f)
{
	if (open_both(e, name, cpu, f) < 0 ||
	    linux_stack_veth(e->stack[SIDE_A], e->stack[SIDE_B], f) < 0)
		return -1;
	return meet_and_tap(e, f);
}

/* Both ends are one kernel in one namespace. */
static int join_by_loopback(struct ends *e, const char *const name[2], int cpu,
			    struct fault *f)
{
	e->stack[SIDE_A] = open_stack(name[SIDE_A], SIDE_A, cpu, f);
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

int ends_open(struct ends *e, const char *const stack[2], enum link_kind kind,
	      int cpu, struct fault *f)
{
	static int (*const join[LINK_COUNT])(struct ends *, const char *const *,
					     int, struct fault *) = {
		[LINK_CABLE] = join_by_cable,
		[LINK_VETH] = join_by_veth,
		[LINK_LOOPBACK] = join_by_loopback,
	};

	memset(e, 0, sizeof(*e));
	if (join[kind](e, stack, cpu, f) == 0 && start_callers(e, f) == 0)
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
