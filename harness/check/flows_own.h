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

/* Findings held at once, of all connections together: 60 MB. */
#define NOTES_MAX 250000

/* Of the first segments. */
static inline void row_note_step(struct row *row, enum side from,
				 uint64_t frame, const struct seg *seg)
{
	row->head.trail[row->head.segments] =
		trail_step(frame - row->head.last_frame, from);
	if (!row->head.ttl[from])
		row->head.ttl[from] = seg->ttl;
}

/* What the table itself keeps of a segment. */
static inline void row_count(struct row *row, enum side from, uint64_t frame,
			     const struct seg *seg)
{
	if (row->head.segments < FLOWS_TRAIL)
		row_note_step(row, from, frame, seg);
	row->head.last_frame = frame;
	row->head.octets[from] += seg->len;
	if (!++row->head.segments)
		row->head.segments = UINT32_MAX;
}

/* And of what is no plain one, which has been judged. */
static inline void row_count_odd(struct row *row, enum side from,
				 uint64_t frame, const struct seg *seg)
{
	row_count(row, from, frame, seg);
	if (wire_is_few(seg->len) &&
	    wire_judge_is_padding(&row->judge, from, seg))
		row->head.octets[from] -= seg->len;
}

/*
 * The row has the last segment of all: in the list, if closed, it is last. It
 * may be another one's by then.
 */
static inline void row_update_closed(struct flows *t, struct row *row)
{
	struct rows *rows = &t->rows;

	if (row->head.waits)
		closed_remove(rows, row->number);
	row->head.waits = row->judge.closed;
	if (row->head.waits && !rows_pack(rows, row))
		closed_append(rows, row->number);
}

/*
 * flows_kept.c: judges what is kept of a row, as if it had been judged when it
 * came. What is not kept is left alone.
 */
void flows_settle(struct flows *t, struct row *row);

/*
 * The same, of a log that is ripe, unless both FINs are there and only an ACK is
 * awaited. The row may be another one's by then.
 */
void flows_ripen(struct flows *t, struct row *row);

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

/*
 * Of a row in which something may have been found: it is held on to, unless
 * there are too many findings.
 */
static inline void flows_hold_on(struct flows *t, struct row *row,
				 int64_t at_ns, uint64_t frame)
{
	if (t->n_notes >= NOTES_MAX)
		flows_let_go(t, row->number, at_ns, frame, true);
	else
		row_update_closed(t, row);
}

/* Makes room for a connection more. */
void flows_evict(struct flows *t, int64_t now_ns, uint64_t frame);

#endif
