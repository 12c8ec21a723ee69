/*
 * What the files of the walk share: where it has got to. Private to
 * run/walk*.c.
 */
#ifndef RUN_INTERPRET_OWN_H
#define RUN_INTERPRET_OWN_H

#include "run/interpret.h"
#include "script/pattern.h"

/* How long a rung or a call waits when the case does not say. */
#define WALK_PATIENCE_NS (NS_PER_S)
/* More than that are a loop of answers to answers (RFC 1337 section 2). */
#define WALK_FRAMES_MAX 50000
/* How often a condition is looked at beside waiting for a segment. */
#define WALK_LOOK_NS (5 * NS_PER_MS)
/* The room "after Nx" leaves around N. */
#define WALK_RATIO_LEAST 0.75
#define WALK_RATIO_MOST	 1.5

/* A segment on the tape that waits: to be dealt with, or held by the cable. */
struct walk_waiting {
	struct frame *frame; /* NULL: none, or no longer */
	size_t index;	     /* of the tape's frames */
};

/* When a side's last segments were seen, for ratios. */
struct walk_pace {
	int64_t last_ns;
	int64_t gap_ns;
};

struct walk_call {
	bool blocked; /* made, and has not come back */
	bool back;    /* has come back, and no rung has asked for it yet */
	const struct verb *verb;
	struct answer answer;
};

struct walker {
	const struct script *script;
	struct stage *st;
	struct tape *tape;
	struct flow flow;
	int line; /* of the step that is being played; 0 after the last */
	int64_t deadline_ns; /* of the whole case */
	int64_t last_ns;     /* of the last event */
	struct walk_waiting *held;
	size_t n_held;
	struct walk_waiting seen[2]; /* by sender, not dealt with */
	struct walk_pace pace[2];
	struct walk_call call[2];
	uint64_t weather;     /* the lot's seed; 0: the weather is fair */
	uint64_t sent[2];     /* octets that send and fill took */
	uint64_t received[2]; /* octets that recv and drain gave */
};

/* All functions below and the steps return 0, or -1 when the walk ends. */

/* The case is wrong here: the finding, in arena texts. Returns -1. */
int walk_fail(struct walker *w, int line, size_t frame, const char *what,
	      const char *expected, const char *actual);

/* Ends the walk with what the stage said (CANNOT or BROKEN). Returns -1. */
int walk_stop(struct walker *w, enum stage_said said);

/* The time by which something must happen, from a bound and a default. */
int64_t walk_until(const struct walker *w, const struct bound *bound,
		   int64_t patience_ns);

/* The earlier of until_ns and the end of the whole case's time. */
static inline int64_t walk_cap(const struct walker *w, int64_t until_ns)
{
	return until_ns < w->deadline_ns ? until_ns : w->deadline_ns;
}

/* The time by which the rung's segment must have come, ratios included. */
int64_t walk_rung_until(const struct walker *w, const struct rung *r);

/* Whether the whole case's time is over (then the finding is made). */
int walk_in_time(struct walker *w, int line);

/*
 * Looks for the next segment from these sides until then; YES puts it in
 * *seen (and on the tape's frames), where it stays until walk_deal.
 */
enum stage_said walk_see(struct walker *w, unsigned int sides, int64_t until_ns,
			 struct walk_waiting **seen);

/* Remembers a segment the cable holds. */
void walk_hold(struct walker *w, const struct walk_waiting *seen);

/* Delivers a held one and records it. NULL when the walk ends. */
struct tape_event *walk_release(struct walker *w, struct walk_waiting *held,
				int line, bool passed);

/* Deals with a segment that passes, as the weather is. */
int walk_pass_on(struct walker *w, struct walk_waiting *seen, int line);

/* Delivers what the weather has held up. Returns how many, or -1. */
int walk_clear_up(struct walker *w, int line);

/* Deals with a segment seen and records it. */
int walk_deal(struct walker *w, struct walk_waiting *seen, enum tape_how how,
	      int line, bool passed, struct tape_event **event);

/* Records a segment that no rung wanted. Returns it described. */
const char *walk_unclaimed(struct walker *w, struct walk_waiting *seen,
			   int line);

/* Records, as the last event. */
struct tape_event *walk_note(struct walker *w, enum tape_kind kind, int line,
			     int64_t at_ns);

/* "F.  seq 1 ack 1 from A" of a segment seen. */
const char *walk_describe(struct walker *w, const struct walk_waiting *seen);

/* The steps, by kind. next is the step after it in its block, or NULL. */
typedef int walk_step_fn(struct walker *w, const struct step *step,
			 const struct step *next);

int walk_block(struct walker *w, const struct block *b);

walk_step_fn walk_open;
walk_step_fn walk_act;
walk_step_fn walk_returns;
walk_step_fn walk_rung;
walk_step_fn walk_is;
walk_step_fn walk_count;
walk_step_fn walk_quiet;
walk_step_fn walk_pass;
walk_step_fn walk_repeat;
walk_step_fn walk_either;

/* Waits up to until_ns for a blocked call; YES leaves it in w->call. */
enum stage_said walk_hear(struct walker *w, enum side side, int line,
			  int64_t until_ns);

#endif
