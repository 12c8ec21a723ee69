/*
 * What the files flows*.c share: the table itself, and what becomes of a
 * connection that is over. Private to them.
 */
#ifndef CHECK_FLOWS_OWN_H
#define CHECK_FLOWS_OWN_H

#include "check/flows_rows.h"

struct flows {
	struct flows_plan plan;
	struct rows rows;
	uint32_t last_id;
	uint32_t evict_hand; /* the number of the row looked at last */
	uint64_t unheld;     /* that ICMP errors have quoted */
	uint32_t n_notes;
	int64_t passed_ns;	/* the closed were told of up to there */
	struct judge_sink sink; /* flows_note's */
	struct row *judged;	/* whose findings are heard */
};

/* flows_over.c: keeps a finding about the row that is judged. */
void flows_note(void *ctx, const struct judge_finding *found);
void flows_drop_notes(struct flows *t, struct row *row);

/*
 * Tells of a connection that has ended, or must; and lets go of it besides.
 * frame made it end; 0: time has.
 */
void flows_say(struct flows *t, struct row *row, int64_t at_ns, uint64_t frame);
void flows_let_go(struct flows *t, uint32_t number, int64_t at_ns,
		  uint64_t frame, bool evicted);

/* Makes room for a connection more. */
void flows_evict(struct flows *t, int64_t now_ns, uint64_t frame);

#endif
