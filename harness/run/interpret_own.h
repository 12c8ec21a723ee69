/*
 * What the files of the interpreter share: how far a case has got. Private to
 * run/interpret*.c.
 */
#ifndef RUN_INTERPRET_OWN_H
#define RUN_INTERPRET_OWN_H

#include "base/clock.h"
#include "run/interpret.h"
#include "script/pattern.h"

/* How long a rung or a call waits when the case does not say. */
#define PATIENCE_NS (NS_PER_S)
/* How often a condition is asked for beside waiting for a segment. */
#define POLL_NS (5 * NS_PER_MS)

/* A segment on the tape that waits: to be dealt with, or held by the cable. */
struct waiting {
	struct frame *frame; /* NULL: none, or no longer */
	size_t index;	     /* of the tape's frames */
};

/* The interval between a side's last two segments, for ratios. */
struct pace {
	int64_t last_ns;
	int64_t gap_ns;
};

/* A call that blocked. */
struct pending {
	bool blocked; /* it has not returned */
	bool back;    /* it has, and no rung has asked for it yet */
	const struct verb *verb;
	struct answer answer;
};

struct interpreter {
	const struct script *script;
	struct stage *st;
	struct tape *tape;
	struct flow flow;
	int line; /* of the step that is being played; 0 after the last */
	const struct step *next; /* after it in its block, or NULL */
	int64_t deadline_ns;	 /* of the whole case */
	int64_t last_ns;	 /* of the last event */
	struct waiting *held;
	size_t n_held;
	struct waiting seen[2]; /* by sender, not dealt with */
	struct pace pace[2];
	struct pending call[2];
	/*
	 * STATE_BITs that the case's last word of each end has; 0: none, or
	 * that end has sent anything but an RST since.
	 */
	uint32_t written[2];
	uint64_t impairment;  /* seed of "set weather" in a pass, or 0 */
	uint64_t sent[2];     /* octets that send and fill took */
	uint64_t received[2]; /* octets that recv and drain gave */
	/* Of the call that "join" answers for; VERB_COUNT: of no interest. */
	enum verb_id threaded[2];
};

static inline int64_t interpret_now(const struct interpreter *in)
{
	return in->st->ops->now(in->st);
}

/*
 * All functions below that return an int, and the steps, return 0, or -1 when
 * the case has ended.
 */

/* The case is wrong at its line: the finding, in arena texts. Returns -1. */
int interpret_fail(struct interpreter *in, size_t frame, const char *what,
		   const char *expected, const char *actual);

/* So, as it took a time outside of these; most_ns is 0 where there is none. */
int interpret_wrong_time(struct interpreter *in, size_t frame, const char *what,
			 int64_t least_ns, int64_t most_ns, int64_t took_ns);

/* "1.234 ms" or, from a second on, "1.234 s". */
const char *interpret_time_text(char buf[32], int64_t ns);

/* The same where a state is none of those wanted. */
int interpret_wrong_state(struct interpreter *in, size_t frame, enum side side,
			  uint32_t wanted, enum tcp_state got);

/* Ends the case with what the stage said (CANNOT or BROKEN). Returns -1. */
int interpret_stop(struct interpreter *in, enum stage_said said);

/* The earlier of until_ns and the end of the whole case's time. */
static inline int64_t interpret_cap(const struct interpreter *in,
				    int64_t until_ns)
{
	return until_ns < in->deadline_ns ? until_ns : in->deadline_ns;
}

/* The time by which something must happen that has this bound. */
int64_t interpret_until(const struct interpreter *in,
			const struct bound *bound);

/* The time by which the rung's segment must have come, ratios included. */
int64_t interpret_rung_until(const struct interpreter *in,
			     const struct rung *r);

/* Fails when the whole case's time is over. */
int interpret_in_time(struct interpreter *in);

/*
 * Waits for the next segment from these sides until then. With YES it is one
 * of the tape's frames and in *seen, where it stays until interpret_deal or
 * interpret_unclaimed.
 */
enum stage_said interpret_see(struct interpreter *in, unsigned int sides,
			      int64_t until_ns, struct waiting **seen);

/* Deals with a segment seen and records it. */
int interpret_deal(struct interpreter *in, struct waiting *seen,
		   enum tape_how how, bool passed, struct tape_event **event);

/* Records a segment that no rung wanted. Returns it described. */
const char *interpret_unclaimed(struct interpreter *in, struct waiting *seen);

/* "F.  seq 1 ack 1 from A" */
const char *interpret_describe(struct interpreter *in,
			       const struct waiting *seen);

/* Remembers a segment that the cable holds. */
void interpret_hold(struct interpreter *in, const struct waiting *seen);

/* Delivers a held one and records it. NULL when the case has ended. */
struct tape_event *interpret_release(struct interpreter *in,
				     struct waiting *held, bool passed);

/* Lets a segment pass, impaired as the case's seed has it. */
int interpret_pass_on(struct interpreter *in, struct waiting *seen);

/* Delivers what the impairment has held. Returns how many, or -1. */
int interpret_release_all(struct interpreter *in);

/* Records an event of the current line, as the last. */
struct tape_event *interpret_record(struct interpreter *in, enum tape_kind kind,
				    int64_t at_ns);

/* Waits until until_ns for a blocked call; YES leaves it in in->call. */
enum stage_said interpret_hear(struct interpreter *in, enum side side,
			       int64_t until_ns);

/* One event per frame put on the link; the last of them, or NULL. */
struct tape_event *interpret_record_forged(struct interpreter *in,
					   const struct forged *made);

/*
 * After a case that went well: asks each end that shows no states, and has no
 * connection any more as the case has it, by a segment. The case fails when
 * there is one; what else was found is tape->probed.
 */
void interpret_probe(struct interpreter *in);

int interpret_block(struct interpreter *in, const struct block *b);

/* The steps, by kind. */
typedef int interpret_step_fn(struct interpreter *in, const struct step *step);

/*
 * Makes the call that all branches begin with, and finds the first of them
 * that has its answer. As a step, it fails where none has.
 */
int interpret_act_either(struct interpreter *in, const struct either *e,
			 size_t *branch);

/* interpret_quiet of which a part has gone by: it began at since_ns. */
int interpret_quiet_since(struct interpreter *in, const struct step *step,
			  int64_t since_ns);

interpret_step_fn interpret_open, interpret_act, interpret_returns,
	interpret_rung, interpret_is, interpret_count, interpret_quiet,
	interpret_pass, interpret_repeat, interpret_either;

#endif
