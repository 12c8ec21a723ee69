/*
 * A second stack, for testing the seam: an end of the simulator (test/sim.h)
 * behind struct stack, with the sockets of one connection, and the link it
 * hangs on. Lives in this process: no privilege, no process, no interface.
 * Its clock is ours, so what it waits for takes its time.
 */
#ifndef TEST_SIM_STACK_H
#define TEST_SIM_STACK_H

#include "link/link.h"
#include "stack/stack.h"
#include "test/sim.h"

/*
 * A cable of memory. An end that is not a simulated one is reached by another
 * cable, far (borrowed), of which that side's plug is used. close gives it
 * back.
 */
struct link *sim_link_new(struct link *far);

/* An end at that side of such a cable, broken so. */
struct stack *sim_stack_new(enum side side, enum sim_bug broken,
			    struct link *link);

/* From now on its process does not get out of exit. */
void sim_stack_linger_at_exit(struct stack *s);

/*
 * From now on its process is so when a failure is looked into. It takes that
 * long to end, and has waited for a processor so much longer each time that a
 * wait for it is over.
 */
void sim_stack_fare(struct stack *s, enum caller_health health,
		    int64_t ends_in_ns, int64_t waits_ns);

#endif
