/* What the files of the live stage share. Private to run/live*.c. */
#ifndef RUN_LIVE_OWN_H
#define RUN_LIVE_OWN_H

#include "base/arena.h"
#include "bug/bug.h"
#include "run/live.h"
#include "link/cable.h"

/* How long the harness waits for its own machinery before it gives up. */
#define LIVE_TRUST_NS (30 * NS_PER_S)

/* A frame that has arrived and nobody has dealt with. */
struct live_frame {
	struct live_frame *next;
	struct frame *frame;
};

struct live_saved {
	enum side side;
	const char *name;
	const char *value;
};

struct live {
	struct stage stage;
	struct world *world;
	struct forge *forge;
	const struct script *script;
	struct arena *arena; /* of one case: its tape's */
	struct flow flow;    /* addresses and ports of this case */
	long connections;
	bool any;	 /* ended once: there is a flow to clean up after */
	uint32_t serial; /* of the next connection, for its ports */
	struct live_frame *head[2], **tail[2]; /* arrived, by sender */
	bool vanished[2];
	bool past[2];	    /* the connection has been beyond SYN-RECEIVED */
	int64_t in_segs[2]; /* what mib_in_segs said last */
	int64_t call_ns[2]; /* when the last call was made */
	bool opening;	    /* accept has been told to B's agent */
	uint16_t echo;	    /* of the last barrier */
	bool echo_back;
	struct live_saved *saved;
	size_t n_saved;
	uint64_t received[2], dropped[2]; /* at live_begin */
	const struct bug *bug;		  /* of this case, or NULL */
	struct bug_memory bug_memory;
	struct live_frame *late; /* kept back by a bug until due, by time */
	int64_t clocks_ns;	 /* CLOCK_REALTIME over CLOCK_MONOTONIC */
	int64_t stood_still_ns;	 /* the longest a wait outlasted its end */
};

static inline struct live *live_of(struct stage *st)
{
	return (struct live *)(void *)st; /* stage is the first member */
}

/* Puts all that has arrived where live_see finds it. -1 with the fault. */
int live_pump(struct live *l);

/* Puts a frame where live_see finds it. */
void live_arrive(struct live *l, struct frame *frame);

/* live_bug.c: a frame as its sender's bug has it arrive. */
void live_sent(struct live *l, struct frame *frame);
/* The frames that are due by now arrive. When the next one is, or INT64_MAX. */
int64_t live_late_due(struct live *l);
/*
 * Puts a frame before its receiver, as that end's bug lets it; *put becomes
 * whether anything reached it. -1 with the fault.
 */
int live_hand(struct live *l, const struct frame *frame, bool *put);

/* The monotonic deadline for a time of the tape. */
int64_t live_deadline(int64_t until_ns);

/*
 * Takes note of a wait that should have ended at that monotonic time and ends
 * now: by how much the machine stood still.
 */
void live_waited(struct live *l, int64_t deadline_ns);

/* Both ends' states, NONE where they cannot be known. -1 with the fault. */
int live_states(struct live *l, enum tcp_state state[2]);

/* Sees to it that a side has an agent. -1 with the fault. */
int live_agent(struct live *l, enum side side);

/* The ops. */
int64_t live_now(struct stage *st);
enum stage_said live_open(struct stage *st, long n);
enum stage_said live_opened(struct stage *st, long n);
enum stage_said live_see(struct stage *st, unsigned int sides, int64_t until_ns,
			 struct frame **frame);
enum stage_said live_deal(struct stage *st, const struct frame *frame,
			  enum tape_how *how, enum tcp_state state[2]);
enum stage_said live_release(struct stage *st, const struct frame *held,
			     int64_t *at_ns, enum tcp_state state[2]);
enum stage_said live_forge(struct stage *st, const struct rung *rung,
			   const struct flow *flow, struct forged *made,
			   enum tcp_state state[2]);
enum stage_said live_act(struct stage *st, const struct act *act,
			 int64_t until_ns, struct answer *answer);
enum stage_said live_returns(struct stage *st, enum side side, int64_t until_ns,
			     struct answer *answer);
enum stage_said live_state(struct stage *st, enum side side,
			   enum tcp_state want, int64_t until_ns,
			   enum tcp_state *got);
enum stage_said live_count(struct stage *st, const struct count *count,
			   int64_t until_ns, long *got);
enum stage_said live_settle(struct stage *st);

#endif
