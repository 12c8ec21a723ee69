/*
 * Joining two ends by a cable, a veth pair or the loopback. Knows the order
 * in which that is done; how, is each stack's own.
 */
#include "stack/ends.h"

#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "link/cable.h"
#include "stack/linux/exec_stack.h"
#include "stack/linux/gvisor_stack.h"
#include "stack/linux/iface_stack.h"
#include "stack/linux/linux_stack.h"
#include "stack/linux/netns.h"
#include "stack/lwip_stack.h"

/* The stacks there are. */
static const struct {
	const struct stack_kind *kind;
} rows[] = {
	{ &linux_stack_kind }, { &lwip_stack_kind }, { &gvisor_stack_kind },
	{ &exec_stack_kind },  { &tc8_stack_kind },  { &iface_stack_kind },
};

const struct stack_kind *stack_kind_nth(size_t i)
{
	return i < ARRAY_SIZE(rows) ? rows[i].kind : NULL;
}

int ends_privilege(struct fault *f)
{
	return netns_privilege(f);
}

/* Links other than the cable are the kernel's with itself. */
static int can_join(const struct ends_plan *plan, struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack_kind *kind = plan->stack[side].kind;

		if (!link_has_cable(plan->link) && !kind->is_kernel)
			return fault_set(f,
					 "the stack \"%s\" has no %s: it is "
					 "joined by the wire alone",
					 kind->name, link_name(plan->link));
	}
	return 0;
}

static struct stack *open_one(const struct ends_plan *plan, enum side side,
			      int cpu, struct fault *f)
{
	const struct stack_choice *c = &plan->stack[side];
	struct stack *s = c->kind->open(c, side, cpu, f);

	if (s && side == SIDE_B && plan->port)
		s->listens = plan->port;
	return s;
}

static int open_both(struct ends *e, const struct ends_plan *plan, int cpu,
		     struct fault *f)
{
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		e->stack[side] = open_one(plan, (enum side)side, cpu, f);
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
static int join_by_cable(struct ends *e, const struct ends_plan *plan, int cpu,
			 struct fault *f)
{
	struct cable_end end[2];
	int side, cable;

	if (open_both(e, plan, cpu, f) < 0)
		return -1;
	cable = netns_new(f);
	if (cable < 0)
		return -1;
	for (side = SIDE_A; side <= SIDE_B; side++) {
		struct stack *s = e->stack[side];

		if (s->ops->plug(s, cable, f) < 0)
			break;
		end[side] =
			(struct cable_end){ s->port.interface, s->port.plug };
	}
	close(cable); /* as long as we are in it it stays */
	if (side <= SIDE_B)
		return -1;
	e->link = cable_open(end, f);
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

static int join_by_veth(struct ends *e, const struct ends_plan *plan, int cpu,
			struct fault *f)
{
	if (open_both(e, plan, cpu, f) < 0 ||
	    linux_stack_veth(e->stack[SIDE_A], e->stack[SIDE_B], f) < 0)
		return -1;
	return meet_and_tap(e, f);
}

/* Both ends are one kernel in one namespace. */
static int join_by_loopback(struct ends *e, const struct ends_plan *plan,
			    int cpu, struct fault *f)
{
	e->stack[SIDE_A] = open_one(plan, SIDE_A, cpu, f);
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

		if (c->phase == CALLER_GONE && c->ops->start(c, f) < 0)
			return -1;
	}
	return 0;
}

bool ends_are_virtual(const struct ends_plan *plan)
{
	if (plan->vm || plan->warped)
		return !plan->real_time;
	return !plan->real_time && plan->stack[SIDE_A].kind->has_clock &&
	       plan->stack[SIDE_B].kind->has_clock;
}

int ends_open(struct ends *e, const struct ends_plan *plan, int cpu,
	      struct fault *f)
{
	static int (*const join[LINK_COUNT])(struct ends *,
					     const struct ends_plan *, int,
					     struct fault *) = {
		[LINK_CABLE] = join_by_cable,
		[LINK_VETH] = join_by_veth,
		[LINK_LOOPBACK] = join_by_loopback,
	};

	memset(e, 0, sizeof(*e));
	if (!plan->warped && ends_are_virtual(plan) && !clock_is_virtual())
		clock_be_virtual();
	if (can_join(plan, f) < 0)
		return -1;
	if (join[plan->link](e, plan, cpu, f) == 0 && start_callers(e, f) == 0)
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
