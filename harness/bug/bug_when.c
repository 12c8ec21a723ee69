/*
 * Which segments a bug concerns: facts about one segment and what both ends
 * have sent before it. Knows no bug and changes nothing.
 */
#include "bug/bug_own.h"

/* No end offers more than this beyond what it has acknowledged. */
#define WINDOW_MOST 500000u

/* An ACK and nothing else. */
static bool is_ack(const struct bent *b)
{
	return bent_has(b, FLAG_ACK) && !b->seg.len &&
	       !(b->seg.flags & (FLAG_SYN | FLAG_FIN | FLAG_RST));
}

static bool is_rst(const struct bent *b)
{
	return bent_has(b, FLAG_RST);
}

static bool both_open(const struct bent *b)
{
	return b->me->known && b->peer->known;
}

static bool both_fins(const struct bent *b)
{
	return b->me->fin_sent && b->peer->fin_sent;
}

static bool own_fin_acked(const struct bent *b)
{
	return b->me->fin_sent && b->peer->rcv_nxt == b->me->fin_seq + 1;
}

/* It carries the number that the end with the bug expects next. */
static bool is_exact(const struct bent *b)
{
	return b->seg.seq == b->me->rcv_nxt;
}

static bool is_inside(const struct bent *b)
{
	return b->seg.seq - b->me->rcv_nxt < WINDOW_MOST;
}

/*
 * It answers a keep-alive or a zero-window probe, which are alike: at most an
 * octet, and one below RCV.NXT (RFC 9293 section 3.8.4).
 */
bool when_probe_acked(const struct bent *b)
{
	const struct bug_memory *m = b->memory;

	return is_ack(b) && m->unanswered && m->got_len <= 1 &&
	       m->got_flags == FLAG_ACK && m->got_seq == b->me->rcv_nxt - 1;
}

bool when_keep_alive_acked(const struct bent *b)
{
	return when_probe_acked(b) && b->me->rcv_wnd;
}

bool when_window_probe_acked(const struct bent *b)
{
	return when_probe_acked(b) && !b->me->rcv_wnd;
}

/* A challenge ACK (RFC 5961 section 3.2). */
bool when_rst_acked(const struct bent *b)
{
	return is_ack(b) && b->memory->unanswered &&
	       b->memory->got_flags & FLAG_RST;
}

bool when_fin(const struct bent *b)
{
	return bent_has(b, FLAG_FIN);
}

bool when_fin_first(const struct bent *b)
{
	return when_fin(b) && !b->me->fin_sent;
}

bool when_fin_again(const struct bent *b)
{
	return when_fin(b) && b->me->fin_sent;
}

/* The peer's FIN has come in between. */
bool when_fin_again_crossed(const struct bent *b)
{
	return when_fin_again(b) && b->peer->fin_sent;
}

bool when_fin_after_data(const struct bent *b)
{
	return when_fin(b) && (flow_octets(b->me) || b->seg.len);
}

bool when_fin_of_reader(const struct bent *b)
{
	return when_fin(b) && flow_octets(b->peer);
}

bool when_more_data(const struct bent *b)
{
	return b->seg.len && flow_octets(b->me);
}

bool when_acks_fin(const struct bent *b)
{
	return bent_has(b, FLAG_ACK) && b->peer->fin_sent &&
	       b->seg.ack == b->peer->fin_seq + 1;
}

bool when_fin_ack(const struct bent *b)
{
	return is_ack(b) && when_acks_fin(b);
}

/* The end has sent no FIN itself: CLOSE-WAIT. */
bool when_fin_ack_open(const struct bent *b)
{
	return when_fin_ack(b) && !b->me->fin_sent;
}

bool when_fin_ack_again(const struct bent *b)
{
	return when_fin_ack_open(b) && b->me->rcv_nxt == b->seg.ack;
}

/* Its own FIN is acknowledged: TIME-WAIT. */
bool when_last_ack(const struct bent *b)
{
	return when_fin_ack(b) && own_fin_acked(b);
}

bool when_last_ack_again(const struct bent *b)
{
	return when_last_ack(b) && b->me->rcv_nxt == b->seg.ack;
}

/* Its own FIN is not acknowledged: CLOSING. */
bool when_closing_ack(const struct bent *b)
{
	return when_fin_ack(b) && b->me->fin_sent && !own_fin_acked(b);
}

bool when_ack_after_fin(const struct bent *b)
{
	return is_ack(b) && b->me->fin_sent && b->seg.seq == b->me->fin_seq + 1;
}

bool when_any_after_fin(const struct bent *b)
{
	return b->me->fin_sent && bent_has(b, FLAG_ACK);
}

bool when_late_data_acked(const struct bent *b)
{
	return is_ack(b) && b->me->fin_sent && b->memory->got_len;
}

bool when_rst_first(const struct bent *b)
{
	return is_rst(b) && !b->me->rst_sent;
}

/* It answers a segment that had an ACK (RFC 9293 section 3.5.2). */
bool when_rst_plain(const struct bent *b)
{
	return is_rst(b) && !bent_has(b, FLAG_ACK);
}

bool when_rst_reply(const struct bent *b)
{
	return when_rst_plain(b) && b->memory->unanswered;
}

bool when_rst_for_late_data(const struct bent *b)
{
	return is_rst(b) && b->me->fin_sent && b->memory->got_len;
}

/* The end has no connection, or none any more: CLOSED. */
bool when_rst_closed(const struct bent *b)
{
	return is_rst(b) && (!b->me->known || both_fins(b));
}

/* The RST of an end that aborts has an ACK, that of one that answers none. */
bool when_abort(const struct bent *b)
{
	return bent_has(b, FLAG_RST | FLAG_ACK) && b->me->known;
}

bool when_abort_unread(const struct bent *b)
{
	return when_abort(b) && flow_octets(b->peer);
}

bool when_abort_all_read(const struct bent *b)
{
	return when_abort(b) && !flow_octets(b->peer);
}

bool when_rst_exact(const struct bent *b)
{
	return is_rst(b) && is_exact(b);
}

bool when_rst_inexact(const struct bent *b)
{
	return is_rst(b) && !is_exact(b) && is_inside(b);
}

bool when_rst_outside(const struct bent *b)
{
	return is_rst(b) && !is_inside(b);
}

bool when_rst_open(const struct bent *b)
{
	return is_rst(b) && b->me->known;
}

bool when_syn_open(const struct bent *b)
{
	return bent_has(b, FLAG_SYN) && !is_rst(b) && both_open(b);
}

bool when_syn_in_time_wait(const struct bent *b)
{
	return bent_has(b, FLAG_SYN) && both_fins(b);
}

bool when_fin_exact(const struct bent *b)
{
	return when_fin(b) && is_exact(b) && !b->seg.len;
}

bool when_fin_early(const struct bent *b)
{
	return when_fin(b) && seq_after(b->seg.seq, b->me->rcv_nxt);
}

bool when_no_ack_flag(const struct bent *b)
{
	return !(b->seg.flags & (FLAG_ACK | FLAG_SYN | FLAG_RST)) &&
	       b->me->known;
}

bool when_tsval_old(const struct bent *b)
{
	return b->seg.has_ts && b->peer->has_ts &&
	       seq_after(b->peer->tsval, b->seg.tsval);
}

/* RFC 5961 section 5 forbids to take such a segment. */
bool when_ack_long_past(const struct bent *b)
{
	return bent_has(b, FLAG_ACK) && b->me->known &&
	       b->me->snd_nxt - b->seg.ack >= WINDOW_MOST;
}

/*
 * The peer corrects an end that has taken what the peer never sent. Without
 * these ACKs being lost both ends would correct each other for ever.
 */
bool when_seq_below_after_change(const struct bent *b)
{
	return bent_has(b, FLAG_ACK) && b->memory->changes &&
	       seq_after(b->me->rcv_nxt, b->seg.seq);
}

bool when_ack_unsent(const struct bent *b)
{
	return bent_has(b, FLAG_ACK) && b->me->known && !is_rst(b) &&
	       seq_after(b->seg.ack, b->me->snd_nxt);
}

/* It acknowledges a FIN that the bug added and the real stack never sent. */
bool when_ack_unsent_after_change(const struct bent *b)
{
	return b->memory->changes && bent_has(b, FLAG_ACK) &&
	       seq_after(b->seg.ack, b->me->snd_nxt);
}

bool when_own_fin_acked(const struct bent *b)
{
	return b->me->fin_sent && b->seg.ack == b->me->fin_seq + 1 &&
	       !b->memory->changes;
}
