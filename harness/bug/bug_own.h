/* What the files of the liars share. Private to bug/bug*.c. */
#ifndef BUG_BUG_OWN_H
#define BUG_BUG_OWN_H

#include "base/clock.h"
#include "base/name.h"
#include "base/seq.h"
#include "bug/bug.h"

#define LIE_OPTS_MAX 40

/* A segment while it is bent. */
struct lie {
	/* Of before this segment. */
	const struct liar_half *me; /* the lying end */
	const struct liar_half *peer;
	struct liar_memory *memory;

	/* What goes on in its place (LIE_BENT). */
	struct seg seg;
	uint8_t opts[LIE_OPTS_MAX]; /* seg.opts, to be written to */
	bool bad_sum;		    /* with a wrong checksum */
	int64_t after_ns;	    /* so much later */

	/* What the lying end sends besides: so often. */
	struct seg also;
	uint8_t also_opts[12];
	unsigned int also_times;
	int64_t also_after_ns; /* the first of it */
	int64_t also_gap_ns;   /* between one and the next */
	uint32_t also_step;    /* so much higher is the next one's number */
};

/* Enough for any rule about storms, few enough for any buffer. */
#define LIE_STORM 60

/*
 * While a segment is on its way to the liar: one that it would send now, with
 * timestamps when it uses them and the segment is no RST. For also.
 */
struct seg lie_segment(struct lie *l, uint8_t flags);

/* Adds to the timestamp. */
void lie_ts(struct lie *l, uint32_t add);

/* Takes the timestamps, and all other options, out. */
void lie_no_opts(struct lie *l);

/* The segment is an ACK and nothing else. */
bool lie_is_ack(const struct lie *l);

/* The segment acknowledges the peer's FIN, which has reached the liar. */
bool lie_acks_fin(const struct lie *l);

/* What reached the liar last, and was not answered, is an RST or a probe. */
bool lie_asked_rst(const struct lie *l);
bool lie_asked_probe(const struct lie *l);

static inline bool lie_has(const struct lie *l, uint8_t flags)
{
	return (l->seg.flags & flags) == flags;
}

/* liar_fin.c: of a FIN, as it is sent. */
liar_fn liar_fin_once, liar_fin_never, liar_fin_moves, liar_fin_forgotten,
	liar_fin_twice, liar_fin_data_after, liar_fin_no_ack, liar_fin_syn,
	liar_fin_low, liar_fin_far, liar_fin_no_ts, liar_fin_old_ts,
	liar_fin_bad_sum, liar_fin_late, liar_fin_ecn, liar_fin_urgent,
	liar_fin_storm, liar_fin_skips_data, liar_fin_unasked, liar_fin_again,
	liar_fin_crossing;

/* liar_ack.c: of acknowledgments, and of their absence. */
liar_fn liar_ack_low, liar_ack_never, liar_ack_beyond, liar_ack_unsent,
	liar_ack_late, liar_ack_last, liar_ack_tw_silent, liar_ack_tw_reset,
	liar_ack_storm, liar_ack_shut, liar_ack_closing_low, liar_ack_seq_low,
	liar_ack_after_close, liar_ack_no_ts, liar_ack_again_silent,
	liar_ack_probe_silent, liar_ack_probe_reset, liar_ack_window_silent,
	liar_ack_half_close, liar_ack_back;

/* liar_rst.c: of resets, as they are sent. */
liar_fn liar_rst_never, liar_rst_fin_unread, liar_rst_fin_abort,
	liar_rst_ack_low, liar_rst_seq_zero, liar_rst_seq_off,
	liar_rst_with_ack, liar_rst_storm, liar_rst_late_silent,
	liar_rst_then_data, liar_rst_closed_silent, liar_rst_challenge,
	liar_rst_far;

/* liar_got.c: of what reaches the end, and what it makes of it. */
liar_fn liar_got_rst_answered, liar_got_rst_ignored, liar_got_inexact_obeyed,
	liar_got_inexact_silent, liar_got_outside_obeyed, liar_got_syn_obeyed,
	liar_got_syn_silent, liar_got_tw_syn_refused, liar_got_tw_syn_old,
	liar_got_fin_ignored, liar_got_fin_early, liar_got_no_ack_taken,
	liar_got_old_ts_taken, liar_got_blind_taken, liar_got_unsent_silent,
	liar_got_fin_resets, liar_got_too_much;

#endif
