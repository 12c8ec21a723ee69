/*
 * What breaks the rules of octets, acknowledgments and FINs. The rows that
 * name these tests, and what excuses them, are in judge/wire_rules.c.
 */
#include "judge/predicate.h"
#include "judge/wire_rules.h"

/* A keep-alive may do so once, when an ACK before it was not captured. */
#define BELOW_TIMES 3

#define STORM	  10
#define EARLY	  3
#define EVEN	  3
#define LATE	  2
#define LOW	  3
#define MANY_FINS 4

/* A first timeout is hardly longer; and twice the longest one, 3 s. */
#define WATCH_MS 3000
#define LONG_MS	 6000

/* SEG.SEQ + octets: where they end, FIN and SYN apart. */
static uint32_t octets_end(const struct seg *seg)
{
	return seg->seq + (uint32_t)seg->len;
}

TEST(takes_older_syn,
     end_has(c->peer, SYN_NOT_NEWER) && c->seg->ack == c->peer->snd_isn + 1)

TEST(sends_without_ack, (c->seg->flags & FLAG_FIN) || c->seg->len)
TEST(lacks_timestamp, both_offered_ts(c->j))

/* SEG.SEQ = SND.NXT-1, with an octet or none (RFC 9293 section 3.8.4). */
TEST(is_keep_alive_alike, is_pure_ack(c->seg) || c->seg->len == 1
				  ? c->seg->seq + 1 == c->me->snd_nxt
				  : false)

/* Octets behind the FIN; one at its number may be a keep-alive's. */
bool sends_behind_fin(const struct wire_context *c)
{
	const struct seg *seg = c->seg;
	uint32_t fin_seq = c->me->fin_seq, end = octets_end(seg);
	bool keepalive = seg->len == 1 && seg->seq == fin_seq;

	return seg->len && !(seg->flags & FLAG_FIN) && !keepalive &&
	       seq_after(end, fin_seq) && end - fin_seq <= BEHIND_FIN;
}

bool sends_fin_amid_data(const struct wire_context *c)
{
	uint32_t fin_seq = octets_end(c->seg), nxt = c->me->snd_nxt;

	return end_has(c->me, SENT_ANY) && seq_after(nxt, fin_seq) &&
	       nxt - fin_seq <= BEHIND_FIN;
}

TEST(acks_below_fin, (c->now & NOW_BELOW_FIN) && c->me->below >= BELOW_TIMES)

bool moves_fin(const struct wire_context *c)
{
	uint32_t fin_seq = octets_end(c->seg), before = c->me->fin_seq;

	return fin_seq != before &&
	       (fin_seq - before < BEHIND_FIN || before - fin_seq < BEHIND_FIN);
}

TEST(repeats_fin_in_storm, (c->now & NOW_FIN_COPY) && c->me->storm >= STORM)
TEST(repeats_fin_evenly, (c->now & NOW_FIN_AGAIN) && c->me->even_gaps >= EVEN)
TEST(repeats_fin_early, (c->now & NOW_FIN_AGAIN) && c->me->early >= EARLY)

/*
 * The FIN acknowledges octets that were sent after it had been acknowledged:
 * all segments that had them carried that ACK, too.
 */
bool repeats_acked_fin(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	return c->now & NOW_FIN_AGAIN && fin_acked(me, c->peer) &&
	       !end_has(me, SENT_RST) && seq_after(c->seg->ack, me->peer_nxt);
}

/* Of the FIN's sender c->me: the peer is alive, and its own FIN acknowledged. */
bool leaves_last_ack(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return me->fins >= MANY_FINS && end_has(peer, ALIVE_AFTER_FIN_AGAIN) &&
	       fin_acked(peer, me) && !fin_acked(me, peer) &&
	       (!c->seg || c->now & NOW_FIN_AGAIN);
}

/* Octets behind a FIN cannot exist. */
bool acks_behind_fin(const struct wire_context *c)
{
	uint32_t ack = c->seg->ack, fin_seq = c->peer->fin_seq;

	return seq_after(ack, fin_seq + 1) && ack - fin_seq <= BEHIND_FIN;
}

TEST(acks_far_behind_fin, c->seg->ack - c->peer->fin_seq > BEHIND_FIN)

TEST(acks_fin_late,
     !fin_acked(c->peer, c->me) && c->me->late >= LATE && c->peer->fins == 1)

TEST(acks_fin_low,
     (c->now & NOW_LOW_ACK) && c->me->low_acks >= LOW && c->peer->fins >= LOW)

/* When it was acknowledged, it was inside: an ACK was not captured. */
TEST(sent_fin_outside, end_has(c->me, FIN_BEYOND) &&
			       seq_after(c->me->fin_seq, c->peer->right_edge))

bool sent_fin_once(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	return c->ms >= me->fin_ms &&
	       fin_is_not_again(me->fins, c->ms - me->fin_ms, WATCH_MS);
}

/* It was there all the time, and the peer told it that the FIN is missing. */
bool sent_fin_once_to_live(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;

	return sent_fin_once(c) && end_has(peer, ALIVE_AFTER_FIN) &&
	       me->last_ms - me->fin_ms >= LONG_MS &&
	       peer->rcv_nxt == me->fin_seq;
}

TEST(sent_fin_in_vain, c->me->fins > 2)

TEST(opened_with_older_syn,
     end_has(c->me, SYN_OLDER) && !end_has(c->peer, SENT_SYN))
TEST(opened_time_wait_in_vain,
     !(c->peer->seen & (SENT_ANY | SENT_RST)) && c->ms >= ON_ITS_WAY_MS)
/* A packet that is too big is sent again in pieces, and says nothing. */
bool had_only_icmp(const struct wire_context *c)
{
	const struct wire_end *me = c->me, *peer = c->peer;
	bool acked = end_has(peer, SENT_ACK) &&
		     !seq_before(peer->rcv_nxt, me->snd_nxt);

	return !acked && me->icmp != ICMP_FRAG_NEEDED &&
	       me->icmp != ICMP_SOURCE_QUENCH;
}

TEST(sent_padding, !(c->me->seen & SMALL_IS_DATA))

TEST(has_fin_beside_syn, c->seg->flags &FLAG_FIN)

/* Its own number fits, so that only what it acknowledges is strange. */
TEST(acks_strange,
     end_has(c->me, SENT_ANY) && end_has(c->peer, SENT_ANY) &&
	     c->seg->flags & FLAG_ACK &&
	     c->seg->seq - c->me->snd_nxt + BEHIND_FIN < 2 * BEHIND_FIN)

/* Once: who sends it again has a connection, of which no more was seen. */
bool sent_lone_fin_just_now(const struct wire_context *c)
{
	const struct wire_end *me = c->me;

	return end_has(me, FIN_AT_FIRST | FIN_BARE) && me->fins == 1 &&
	       !end_has(c->peer, SENT_ANY) && me->last_ms == me->fin_ms;
}

/* And reset, or left unanswered. */
bool sent_lone_fin(const struct wire_context *c)
{
	return sent_lone_fin_just_now(c) &&
	       (end_has(c->peer, SENT_RST) ||
		passed_ms(c->ms, c->me->fin_ms) >= WATCH_MS);
}

TEST(acked_unsent,
     end_has(c->me, SENT_ACK) && seq_after(c->me->rcv_nxt, c->peer->snd_nxt))
