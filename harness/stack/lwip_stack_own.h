/* What the files of lwIP's end share. For lwip_stack*.c only. */
#ifndef STACK_LWIP_STACK_OWN_H
#define STACK_LWIP_STACK_OWN_H

#include "link/plug.h"
#include "stack/agent_process.h"
#include "stack/lwip_words.h"

struct lwip_queued;

struct lwip_stack {
	struct stack stack; /* first: a stack is one of these here */
	struct plug plug;
	struct agent_process agent;
	struct caller_ops ops;		  /* the agent's, some of them ours */
	const struct caller_ops *usual;	  /* the agent process's own */
	char *command;			  /* of its program */
	int wire;			  /* our end of the program's; or -1 */
	struct lwip_queued *head, **tail; /* frames it has sent */
	struct lwip_queued *shown;	  /* by next, until the next one */
	int64_t earlier;  /* segments that its programs before received */
	int64_t received; /* as it said last; so these: */
	int64_t late_ns;
	int64_t next_ns;
	bool asleep;
	uint8_t peer_mac[SEG_MAC_LEN];
};

static inline struct lwip_stack *lwip_of(struct stack *s)
{
	return (struct lwip_stack *)(void *)s;
}

/* lwip_stack_wire.c: what is said to the program. -1 with a fault. */
int lwip_ask(struct lwip_stack *l, struct lwip_head *m, const void *octets,
	     size_t len, struct fault *f);

/* Forgets the frames that have not been taken. */
void lwip_forget(struct lwip_stack *l);

/* Keeps what the program has sent until it is taken. -1 with a fault. */
int lwip_drain(struct lwip_stack *l, struct fault *f);

/*
 * Lets the time of all ends of this process pass, to when a timer runs or the
 * deadline. Only in virtual time.
 */
void lwip_step(int64_t deadline_ns);

/* In virtual time: the moment that a call or a frame takes passes. */
void lwip_moment(void);

/* An end lives in virtual time from now on; no longer. */
void lwip_clock_join(struct lwip_stack *l);
void lwip_clock_leave(struct lwip_stack *l);

extern const struct plug_ops lwip_plug_real, lwip_plug_virtual;

/* lwip_stack_call.c: its caller. */
void lwip_caller_init(struct lwip_stack *l, const char *command, int cpu);

/* lwip_stack.c: it knows its addresses, once its program runs. */
int lwip_introduce(struct lwip_stack *l, struct fault *f);

#endif
