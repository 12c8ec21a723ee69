/*
 * Which segments a bug concerns: facts about one segment and what both ends
 * have sent before it. Knows no bug and changes nothing.
 */
#include "bug/bug_own.h"

/* No end offers more than this beyond what it has acknowledged. */
#define WINDOW_MOST 500000u

/* A fact of the segment b; WHEN is one that a bug's row may name. */
#define FACT(name, fact)                       \
	static bool name(const struct bent *b) \
	{                                      \
		return fact;                   \
	}
#define WHEN(name, fact)                       \
	bool when_##name(const struct bent *b) \
	{                                      \
		return fact;                   \
	}

/* clang-format off */
/* An ACK and nothing else. */
FACT(is_ack,
      bent_has(b, FLAG_ACK) && !b->seg.len &&
      !(b->seg.flags & (FLAG_SYN | FLAG_FIN | FLAG_RST)))
FACT(is_rst, bent_has(b, FLAG_RST))
FACT(both_open, b->me->known && b->peer->known)
FACT(both_fins, b->me->fin_sent && b->peer->fin_sent)
FACT(own_fin_acked, b->me->fin_sent && b->peer->rcv_nxt == b->me->fin_seq + 1)

/* It carries the number that the end with the bug expects next. */
FACT(is_exact, b->seg.seq == b->me->rcv_nxt)
FACT(is_inside, b->seg.seq - b->me->rcv_nxt < WINDOW_MOST)

/*
 * It answers a keep-alive or a zero-window probe, which are alike: at most an
 * octet, and one below RCV.NXT (RFC 9293 section 3.8.4).
 */
WHEN(probe_acked,
      is_ack(b) && b->memory->unanswered && b->memory->got_len <= 1 &&
      b->memory->got_flags == FLAG_ACK &&
      b->memory->got_seq == b->me->rcv_nxt - 1)
WHEN(keep_alive_acked, when_probe_acked(b) && b->me->rcv_wnd)
WHEN(window_probe_acked, when_probe_acked(b) && !b->me->rcv_wnd)

/* A challenge ACK (RFC 5961 section 3.2). */
WHEN(rst_acked,
      is_ack(b) && b->memory->unanswered && b->memory->got_flags & FLAG_RST)
WHEN(fin, bent_has(b, FLAG_FIN))
WHEN(fin_first, when_fin(b) && !b->me->fin_sent)
WHEN(fin_again, when_fin(b) && b->me->fin_sent)

/* The peer's FIN has come in between. */
WHEN(fin_again_crossed, when_fin_again(b) && b->peer->fin_sent)
WHEN(fin_after_data, when_fin(b) && (flow_octets(b->me) || b->seg.len))
WHEN(fin_of_reader, when_fin(b) && flow_octets(b->peer))
WHEN(more_data, b->seg.len && flow_octets(b->me))
WHEN(acks_fin,
      bent_has(b, FLAG_ACK) && b->peer->fin_sent &&
      b->seg.ack == b->peer->fin_seq + 1)
WHEN(fin_ack, is_ack(b) && when_acks_fin(b))

/* The end has sent no FIN itself: CLOSE-WAIT. */
WHEN(fin_ack_open, when_fin_ack(b) && !b->me->fin_sent)
WHEN(fin_ack_again, when_fin_ack_open(b) && b->me->rcv_nxt == b->seg.ack)

/* Its own FIN is acknowledged: TIME-WAIT. */
WHEN(last_ack, when_fin_ack(b) && own_fin_acked(b))
WHEN(last_ack_again, when_last_ack(b) && b->me->rcv_nxt == b->seg.ack)

/* Its own FIN is not acknowledged: CLOSING. */
WHEN(closing_ack, when_fin_ack(b) && b->me->fin_sent && !own_fin_acked(b))
WHEN(ack_after_fin,
      is_ack(b) && b->me->fin_sent && b->seg.seq == b->me->fin_seq + 1)
WHEN(any_after_fin, b->me->fin_sent && bent_has(b, FLAG_ACK))
WHEN(late_data_acked, is_ack(b) && b->me->fin_sent && b->memory->got_len)
WHEN(rst_first, is_rst(b) && !b->me->rst_sent)

/* It answers a segment that had an ACK (RFC 9293 section 3.5.2). */
WHEN(rst_plain, is_rst(b) && !bent_has(b, FLAG_ACK))
WHEN(rst_reply, when_rst_plain(b) && b->memory->unanswered)
WHEN(rst_for_late_data, is_rst(b) && b->me->fin_sent && b->memory->got_len)

/* The end has no connection, or none any more: CLOSED. */
WHEN(rst_closed, is_rst(b) && (!b->me->known || both_fins(b)))

/* The RST of an end that aborts has an ACK, that of one that answers none. */
WHEN(abort, bent_has(b, FLAG_RST | FLAG_ACK) && b->me->known)
WHEN(abort_unread, when_abort(b) && flow_octets(b->peer))
WHEN(abort_all_read, when_abort(b) && !flow_octets(b->peer))
WHEN(rst_exact, is_rst(b) && is_exact(b))
WHEN(rst_inexact, is_rst(b) && !is_exact(b) && is_inside(b))
WHEN(rst_outside, is_rst(b) && !is_inside(b))
WHEN(rst_open, is_rst(b) && b->me->known)
WHEN(syn_open, bent_has(b, FLAG_SYN) && !is_rst(b) && both_open(b))
WHEN(syn_in_time_wait, bent_has(b, FLAG_SYN) && both_fins(b))
WHEN(fin_exact, when_fin(b) && is_exact(b) && !b->seg.len)
WHEN(fin_early, when_fin(b) && seq_after(b->seg.seq, b->me->rcv_nxt))
WHEN(no_ack_flag,
      !(b->seg.flags & (FLAG_ACK | FLAG_SYN | FLAG_RST)) && b->me->known)
WHEN(tsval_old,
      b->seg.has_ts && b->peer->has_ts &&
      seq_after(b->peer->tsval, b->seg.tsval))

/* RFC 5961 section 5 forbids to take such a segment. */
WHEN(ack_long_past,
      bent_has(b, FLAG_ACK) && b->me->known &&
      b->me->snd_nxt - b->seg.ack >= WINDOW_MOST)

/*
 * The peer corrects an end that has taken what the peer never sent. Without
 * these ACKs being lost both ends would correct each other for ever.
 */
WHEN(seq_below_after_change,
      bent_has(b, FLAG_ACK) && b->memory->changes &&
      seq_after(b->me->rcv_nxt, b->seg.seq))
WHEN(ack_unsent,
      bent_has(b, FLAG_ACK) && b->me->known && !is_rst(b) &&
      seq_after(b->seg.ack, b->me->snd_nxt))

/* It acknowledges a FIN that the bug added and the real stack never sent. */
WHEN(ack_unsent_after_change,
      b->memory->changes && bent_has(b, FLAG_ACK) &&
      seq_after(b->seg.ack, b->me->snd_nxt))
WHEN(own_fin_acked,
      b->me->fin_sent && b->seg.ack == b->me->fin_seq + 1 &&
      !b->memory->changes)
/* clang-format on */
