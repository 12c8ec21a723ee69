/* What the files of the injected bugs share. Private to bug/bug*.c. */
#ifndef BUG_BUG_OWN_H
#define BUG_BUG_OWN_H

#include "base/clock.h"
#include "base/name.h"
#include "base/seq.h"
#include "bug/bug.h"

#define BENT_OPTS_MAX 40

/* A segment while a bug is played on it. */
struct bent {
	/* What the ends have sent before this segment. */
	const struct flow_tcb *me; /* the end with the bug */
	const struct flow_tcb *peer;
	const struct bug_memory *memory;

	/* What goes on in its place (BUG_CHANGE). */
	struct seg seg;
	uint8_t opts[BENT_OPTS_MAX]; /* seg.opts, to be written to */
	bool bad_sum;		     /* with a wrong checksum */
	int64_t after_ns;	     /* so much later */

	/* What the end with the bug sends besides: so often. */
	struct seg also;
	uint8_t also_opts[12];
	unsigned int also_times;
	int64_t also_after_ns; /* the first of it */
	int64_t also_gap_ns;   /* between one and the next */
	uint32_t also_step;    /* the next one's SEG.SEQ is so much higher */
};

/* Enough for any rule about storms, few enough for any buffer. */
#define BENT_STORM 60

static inline bool bent_has(const struct bent *b, uint8_t flags)
{
	return (b->seg.flags & flags) == flags;
}

/* bug_when.c: which segments a bug concerns. */
typedef bool bug_when(const struct bent *b);

/* Sent: FINs. */
bug_when when_fin, when_fin_first, when_fin_again, when_fin_again_crossed,
	when_fin_after_data, when_fin_of_reader, when_more_data;
/* Sent: acknowledgments. */
bug_when when_acks_fin, when_fin_ack, when_fin_ack_again, when_fin_ack_open,
	when_last_ack, when_last_ack_again, when_closing_ack,
	when_ack_after_fin, when_any_after_fin, when_late_data_acked,
	when_keep_alive_acked, when_window_probe_acked, when_probe_acked,
	when_rst_acked;
/* Sent: resets. */
bug_when when_rst_first, when_rst_plain, when_rst_reply, when_rst_for_late_data,
	when_rst_closed, when_abort, when_abort_unread, when_abort_all_read;
/* On the way to the end. */
bug_when when_rst_exact, when_rst_inexact, when_rst_outside, when_rst_open,
	when_syn_open, when_syn_in_time_wait, when_fin_exact, when_fin_early,
	when_no_ack_flag, when_tsval_old, when_ack_long_past,
	when_seq_below_after_change, when_ack_unsent,
	when_ack_unsent_after_change, when_own_fin_acked;

/* bug_change.c: what a bug makes of a segment. */
typedef void bug_what(struct bent *b);

bug_what set_seq_plus_1, set_seq_minus_1, set_seq_far, set_seq_0, set_seq_last,
	set_seq_una, set_seq_rcv_nxt, set_ack_plus_1, set_ack_minus_1,
	set_ack_unsent, set_ack_back, set_ack_before_data, set_ack_snd_nxt,
	set_win_0, set_flags_ack, set_flag_fin, set_flag_syn, set_flags_ecn,
	set_flag_urg, set_no_ack, set_fin_again, set_no_opts, set_tsval_old,
	set_tsval_current, set_bad_sum, set_delay_700ms, set_delay_3s,
	set_rst_ack, set_rst_reply, set_rst_reply_ack, set_rst_exact,
	set_rst_exact_answered, set_fin_for_rst, set_ack_for_rst, set_syn_newer;
bug_what add_copy, add_storm, add_data_after_fin, add_data_after_rst,
	add_fin_again, add_rst, add_rst_for_syn;

#endif
