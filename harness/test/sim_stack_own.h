/*
 * What the files of the simulated stack share. Private to test/sim_stack*.c and
 * test/sim_link.c.
 */
#ifndef TEST_SIM_STACK_OWN_H
#define TEST_SIM_STACK_OWN_H

#include "test/sim_own.h"
#include "test/sim_stack.h"

struct sim_stack {
	struct sim sim; /* first; only the end of our side is used */
	struct stack stack;
	struct caller caller;
	struct link *link; /* of sim_link_new */
	struct sim_plan plan;
	struct sim_truth truth;
	struct seg_end own, peer;
	uint8_t peer_mac[SEG_MAC_LEN];
	enum sim_bug broken;
	int64_t processed;
	bool lingers_0;
	bool lingers_at_exit; /* its process waits in exit until it is stopped */
	int64_t ends_in_ns;   /* when it is told to, or stopped */
	int64_t waits_ns;     /* for a processor, whenever that is asked, */
	int64_t queued_ns;    /* and in all */
	enum caller_health health; /* of its process, unless it is gone */
	bool announces;
	char call[STACK_LINE_MAX]; /* it is in; "" for none */
	uint32_t drained;	   /* octets, by the call it is in */
};

static inline struct sim_end *end_of(struct sim_stack *s)
{
	return &s->sim.end[s->stack.side];
}

static inline bool is_opening(const struct sim_end *e)
{
	return e->state == TCP_STATE_LISTEN || e->state == TCP_STATE_SYN_SENT ||
	       e->state == TCP_STATE_SYN_RECEIVED;
}

/* What is due by now happens. When the next is, or SIM_NEVER. */
int64_t sim_stack_timers(struct sim_stack *s);

/* A frame is there for the end. */
void sim_stack_take(struct sim_stack *s, const uint8_t *bytes, size_t len);

/* A socket of an application that reads when it is told. */
void sim_stack_renew(struct sim_stack *s);

/* sim_stack_call.c */
extern const struct caller_ops sim_caller_ops;
void sim_stack_sleep(int64_t deadline_ns);

/* sim_link.c: hangs an end on the link, and has a frame come out of it. */
void sim_link_plug(struct link *link, struct sim_stack *s);
void sim_link_queue(struct link *link, enum side from, const uint8_t *bytes,
		    size_t len);

#endif
