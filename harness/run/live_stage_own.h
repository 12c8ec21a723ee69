/* What the files of the live stage share. Private to run/live_stage*.c. */
#ifndef RUN_LIVE_STAGE_OWN_H
#define RUN_LIVE_STAGE_OWN_H

#include <netinet/in.h>

#include "base/arena.h"
#include "bug/bug.h"
#include "run/live_stage.h"

/* How long the harness waits for its own machinery before it gives up. */
#define LIVE_TRUST_NS (30 * NS_PER_S)

/* A frame that has arrived and nobody has dealt with. */
struct live_stage_frame {
	struct live_stage_frame *next;
	struct frame *frame;
};

struct live_stage_saved {
	enum side side;
	const char *name;
	const char *value;
};

struct live_stage {
	struct stage stage;
	struct ends *ends;
	struct link *link; /* of both */
	struct scapy *scapy;
	const struct script *script;
	struct arena *arena; /* of one case: its tape's */
	struct flow flow;    /* addresses and ports of this case */
	char address[2][INET6_ADDRSTRLEN]; /* of its ends */
	long connections;
	bool any;	 /* ended once: there is a flow to clean up after */
	uint32_t serial; /* of the next connection, for its ports */
	struct live_stage_frame *head[2], **tail[2]; /* arrived, by sender */
	bool vanished[2];
	bool past[2]; /* the connection has been beyond SYN-RECEIVED */
	enum tcp_state state[2]; /* as read last; NONE: not since "open" */
	int64_t processed[2];	 /* segments, as each stack said last, */
	int64_t taken[2];	 /* and how many the link says it took since */
	bool up_to_date;      /* both, for nothing is delivered between cases */
	int64_t call_ns[2];   /* when the last call was made */
	bool opening;	      /* accept has been told to B's agent */
	uint16_t echo;	      /* of the last barrier */
	unsigned int awaited; /* SIDE_BITs whose reply to it is not back */
	int64_t *counted;     /* before the case, as script->counter has them */
	struct live_stage_saved *saved;
	size_t n_saved;
	uint64_t received[2], dropped[2]; /* at live_stage_begin */
	const struct bug *bug;		  /* of this case, or NULL */
	struct bug_memory bug_memory;
	struct live_stage_frame
		*late;		/* kept back by a bug until due, by time */
	int64_t clocks_ns;	/* CLOCK_REALTIME over CLOCK_MONOTONIC */
	int64_t waits_since_ns; /* for a frame; INT64_MAX: it does not */
	int64_t late_ns;	/* see live_stage_late_ns; without this: */
	int64_t stacks_late_ns; /* of both, when the case began */
	/* Of an agent that did not answer in time, then; or LIVE_NO_WAIT. */
	int64_t queued_ns[2];
};

#define LIVE_NO_WAIT INT64_MAX

static inline struct live_stage *live_stage_of(struct stage *st)
{
	return (struct live_stage *)(void *)st; /* stage is the first member */
}

static inline struct caller *live_stage_caller(struct live_stage *l,
					       enum side side)
{
	return l->ends->stack[side]->caller;
}

/* Puts what has arrived where live_stage_see finds it. -1 with the fault. */
int live_stage_pump(struct live_stage *l);

/* The next frame from a plug. 1, 0 when there is none, -1 with the fault. */
int live_stage_take(struct live_stage *l, int plug);

/* Gives a frame to an end, over the cable. -1 with the fault. */
int live_stage_put(struct live_stage *l, enum side to, const uint8_t *bytes,
		   size_t len);

/* Sleeps until a frame may have arrived, or one that is kept back is due. */
void live_stage_wait(struct live_stage *l, int64_t deadline_ns);

/* Where an end is on the link. */
static inline const uint8_t *live_stage_mac(const struct live_stage *l,
					    enum side side)
{
	return l->ends->stack[side]->port.mac;
}

/*
 * live_stage_barrier.c: asks each of these ends (SIDE_BITs) what it answers in
 * the order in which it was given all else. The link is first in, first out: so
 * whatever an end was given has been processed, and whatever it had sent has
 * arrived, once its answer is here. -1 with the fault.
 */
int live_stage_barrier(struct live_stage *l, unsigned int sides);

/* Whether a frame is that answer. */
bool live_stage_is_echo(const struct live_stage *l, const struct frame *frame);

/* Puts a frame where live_stage_see finds it. */
void live_stage_arrive(struct live_stage *l, struct frame *frame);

/* live_stage_bug.c: a frame as its sender's bug has it arrive. */
void live_stage_sent(struct live_stage *l, struct frame *frame);
/* The frames that are due by now arrive. When the next one is, or INT64_MAX. */
int64_t live_stage_late_due(struct live_stage *l);
/*
 * Puts a frame before its receiver, as that end's bug lets it; *put becomes
 * whether anything reached it. -1 with the fault.
 */
int live_stage_hand(struct live_stage *l, const struct frame *frame, bool *put);

/* The monotonic deadline for a time of the tape. */
int64_t live_stage_deadline(int64_t until_ns);

/* Takes note that the machine was late by that; not at all when negative. */
void live_stage_was_late(struct live_stage *l, int64_t by_ns);

/* The same, of a wait that should have ended at that monotonic time. */
void live_stage_waited(struct live_stage *l, int64_t deadline_ns);

/*
 * live_stage_wait.c: since when an agent has been waited for, and how long it
 * and we had waited for a processor until then.
 */
struct live_patience {
	int64_t begun_ns, queued_ns;
};

struct live_patience live_stage_begin_patience(struct live_stage *l,
					       enum side side);
/*
 * What the kernel counts of a wait is this machine's doing, and so is what lies
 * beyond its deadline, which may be the same time. It is no longer than it took.
 */
void live_stage_end_patience(struct live_stage *l, enum side side,
			     const struct live_patience *p,
			     int64_t deadline_ns);

/*
 * The agent's next word. That it is given a processor is only asked of one that
 * does not answer at once: most do.
 */
enum caller_heard live_stage_hear(struct live_stage *l, enum side side,
				  int64_t deadline_ns,
				  char text[STACK_LINE_MAX]);

/*
 * A fault that says what is wrong with an agent whose health that is: it has
 * died unasked, stands, or is never done.
 */
void live_stage_unwell(struct live_stage *l, enum side side,
		       enum caller_health health);

/* Both ends' states, NONE where they cannot be known. -1 with the fault. */
int live_stage_states(struct live_stage *l, enum tcp_state state[2]);

/* Takes note of what a side has processed so far. */
void live_stage_count_processed(struct live_stage *l, enum side side);

/* The ops. */
int64_t live_stage_now(struct stage *st);
enum stage_said live_stage_open(struct stage *st, long n);
enum stage_said live_stage_opened(struct stage *st, long n);
enum stage_said live_stage_see(struct stage *st, unsigned int sides,
			       int64_t until_ns, struct frame **frame);
enum stage_said live_stage_deal(struct stage *st, const struct frame *frame,
				enum tape_how *how, enum tcp_state state[2]);
enum stage_said live_stage_release(struct stage *st, const struct frame *held,
				   int64_t *at_ns, enum tcp_state state[2]);
enum stage_said live_stage_forge(struct stage *st, const struct rung *rung,
				 const struct flow *flow, struct forged *made,
				 enum tcp_state state[2]);
enum stage_said live_stage_act(struct stage *st, const struct act *act,
			       int64_t until_ns, struct answer *answer);
enum stage_said live_stage_returns(struct stage *st, enum side side,
				   int64_t until_ns, struct answer *answer);
enum stage_said live_stage_state(struct stage *st, enum side side,
				 uint32_t wanted, int64_t until_ns,
				 enum tcp_state *got);
enum stage_said live_stage_count(struct stage *st, const struct count *count,
				 int64_t until_ns, long *got);
enum stage_said live_stage_settle(struct stage *st);

#endif
