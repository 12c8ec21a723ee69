/*
 * What the numbers of one segment prove about its sender: data or another FIN
 * behind its FIN, acknowledgments of what cannot exist, a missing timestamp.
 * Knows nothing of time beyond what tells reordering from lying.
 */
#include "judge/judge_own.h"

/* Farther off it belongs to another connection, or is made up. */
#define FAR (UINT32_C(1) << 30)

/* A keep-alive may do so once, when an ACK before it was not captured. */
#define BELOW 3

/* What a stack that forgot its FIN could have sent behind it by mistake. */
#define BEHIND_FIN (UINT32_C(1) << 20)

static bool is_far(uint32_t seq, uint32_t next)
{
	return seq - next + (FAR - 1) > 2 * (FAR - 1);
}

/* Far from what the half has sent, or before its SYN. */
static bool is_stray(const struct judge_half *half, uint32_t seq)
{
	bool far = both_of(half_has(half, HALF_ANY), is_far(seq, half->next));

	return far || before_syn(half, seq);
}

bool judge_is_known(const struct scene *s)
{
	const struct seg *seg = s->seg;

	return !is_stray(s->me, seg->seq) &&
	       !(seg->flags & FLAG_ACK && is_stray(s->peer, seg->ack));
}

/* No farther off than could have been lost without a trace. */
static bool is_near(const struct judge_half *half, uint32_t seq)
{
	return half_has(half, HALF_ANY) &&
	       seq - half->next + BEHIND_FIN <= 2 * BEHIND_FIN;
}

/*
 * Who makes up a segment may know what its receiver expects, but not what it
 * has sent: the other way round it is of this connection, and more was sent
 * meanwhile than numbers can tell.
 */
bool judge_jump(const struct scene *s)
{
	struct judge_half *me = s->me;

	if (half_has(me, HALF_FIN) || !is_stray(me, s->seg->seq) ||
	    !(s->seg->flags & FLAG_ACK) || !is_near(s->peer, s->seg->ack))
		return false;
	me->next = s->seg->seq;
	me->seen |= HALF_GAP | HALF_LONG;
	return true;
}

void judge_without_ack(const struct scene *s)
{
	const struct seg *seg = s->seg;
	bool fin = seg->flags & FLAG_FIN;
	char buf[NAME_FLAGS_MAX];

	if (!fin && !seg->len)
		return;
	judge_say(s, claim_of(RULE_FIN_WITHOUT_ACK, s->from),
		  "the ACK flag|flags %s, %zu octets of data",
		  name_flags(seg->flags, buf), seg->len);
}

void judge_timestamp(const struct scene *s)
{
	if (!both_syns(s->j) || !(s->me->seen & s->peer->seen & HALF_TS) ||
	    s->seg->opts_cut)
		return;
	if (!half_has(s->peer, HALF_ACKS) ||
	    before_syn(s->peer, s->seg->ack - 1))
		return;
	judge_say(s, claim_of(RULE_NO_TIMESTAMP, s->from),
		  "the timestamps option, as in both SYNs|a segment without, "
		  "seq %u",
		  (unsigned int)relative(s->me, s->seg->seq));
}

/*
 * Its acknowledgment fits what this connection's other end sent: it is not
 * of a later connection whose SYN was not captured, nor of an earlier one.
 */
static bool is_of_now(const struct scene *s)
{
	const struct judge_half *me = s->me, *peer = s->peer;
	uint32_t ack = s->seg->ack;

	if (!half_has(me, HALF_ACKS) || !half_has(peer, HALF_ANY))
		return false;
	return !seq_after(ack, peer->next) &&
	       !seq_before(ack, me->acked - BEHIND_FIN);
}

/* Octets behind the FIN; one at its number may be a keep-alive's. */
static void judge_behind(const struct scene *s)
{
	const struct judge_half *me = s->me;
	const struct seg *seg = s->seg;
	uint32_t end = seg->seq + (uint32_t)seg->len;
	bool alive = seg->len == 1 && seg->seq == me->fin;

	if (!seg->len || alive || !seq_after(end, me->fin) ||
	    end - me->fin > BEHIND_FIN || !is_of_now(s))
		return;
	judge_say(s, claim_of(RULE_DATA_AFTER_FIN, s->from),
		  "no octet behind the FIN, %u|%zu octets from %u",
		  (unsigned int)relative(me, me->fin), seg->len,
		  (unsigned int)relative(me, seg->seq));
}

/*
 * Octets sent after the FIN had been acknowledged are acknowledged with a
 * number before it. A keep-alive acknowledges nothing new. Until the FIN is
 * acknowledged, the end of a window that is too small for it is a number to
 * acknowledge with.
 */
static void judge_below(const struct scene *s)
{
	struct judge_half *me = s->me;
	const struct seg *seg = s->seg;

	if (seg->len || seg->flags & FLAG_FIN || seq_after(seg->seq, me->fin) ||
	    !fin_acked(me, s->peer))
		return;
	if ((s->peer->seen & (HALF_SHUT | HALF_GAP)) || !is_of_now(s) ||
	    !seq_after(seg->ack, me->acked) || !seq_after(seg->ack, me->others))
		return;
	me->below = count_up(me->below);
	if (me->below < BELOW)
		return;
	judge_say(s, claim_of(RULE_SEQ_BELOW_FIN, s->from),
		  "an ACK with seq %u, behind its FIN|seq %u, %u times",
		  (unsigned int)relative(me, me->fin + 1),
		  (unsigned int)relative(me, seg->seq),
		  (unsigned int)me->below);
}

void judge_numbers(const struct scene *s)
{
	struct judge_half *me = s->me;

	if (!(s->seg->flags & FLAG_FIN))
		judge_behind(s);
	judge_below(s);
	if (s->seg->len && !(s->seg->flags & FLAG_FIN))
		me->seen |= HALF_AGAIN;
}

static void judge_moved(const struct scene *s, uint32_t fin)
{
	const struct judge_half *me = s->me;

	if (fin == me->fin || !is_of_now(s))
		return;
	if (fin - me->fin >= BEHIND_FIN && me->fin - fin >= BEHIND_FIN)
		return;
	judge_say(s, claim_of(RULE_FIN_MOVED, s->from),
		  "the FIN at %u, as before|the FIN at %u",
		  (unsigned int)relative(me, me->fin),
		  (unsigned int)relative(me, fin));
}

/* The first FIN of this end: nothing of it may lie behind. */
static void judge_overtaken(const struct scene *s, uint32_t fin)
{
	const struct judge_half *me = s->me;

	if (!half_has(me, HALF_ANY) || !seq_after(me->next, fin) ||
	    me->next - fin > BEHIND_FIN || !is_of_now(s))
		return;
	judge_say(s, claim_of(RULE_DATA_AFTER_FIN, s->from),
		  "the FIN behind all octets sent, %u|the FIN at %u",
		  (unsigned int)relative(me, me->next),
		  (unsigned int)relative(me, fin));
}

static void judge_window(const struct scene *s, uint32_t fin)
{
	const struct judge_half *peer = s->peer;

	if (!is_whole(s->j) || !half_has(peer, HALF_ACKS) ||
	    !seq_after(fin, peer->edge))
		return;
	s->me->seen |= HALF_FIN_FAR; /* said by judge_end, if not taken */
}

static uint8_t first_bit(enum side side)
{
	return side == SIDE_A ? JUDGE_A_FIRST : JUDGE_B_FIRST;
}

/* Who closed first, and whether each did so without the other's FIN. */
static void close_side(const struct scene *s, uint32_t fin)
{
	struct judge *j = s->j;
	struct judge_half *me = s->me, *peer = s->peer;

	/* An RST that did not count closed nothing. */
	if (!half_has(peer, HALF_FIN) && (me->seen | peer->seen) & HALF_ON)
		j->order &= (uint8_t) ~(JUDGE_A_FIRST | JUDGE_B_FIRST);
	if (!(j->order & (JUDGE_A_FIRST | JUDGE_B_FIRST)))
		j->order |= first_bit(s->from);
	if (!half_has(peer, HALF_FIN))
		return;
	if (seq_after(s->seg->ack, peer->fin)) {
		me->seen |= HALF_PASSIVE;
	} else if (half_has(peer, HALF_ACKS) && seq_after(peer->acked, fin)) {
		peer->seen |= HALF_PASSIVE; /* its answer was seen first */
		j->order &= (uint8_t) ~(JUDGE_A_FIRST | JUDGE_B_FIRST);
		j->order |= first_bit(s->from);
	} else {
		j->order |= JUDGE_CROSSED;
	}
}

/*
 * An older copy of its FIN, overtaken by a newer one: it did not have the
 * other's when it closed.
 */
static void older_fin(const struct scene *s)
{
	struct judge *j = s->j;
	struct judge_half *me = s->me;

	if (!half_has(me, HALF_PASSIVE) || seq_after(s->seg->ack, s->peer->fin))
		return;
	me->seen &= ~HALF_PASSIVE;
	if (!half_has(s->peer, HALF_PASSIVE)) {
		j->order |= JUDGE_CROSSED;
		return;
	}
	j->order &= (uint8_t) ~(JUDGE_A_FIRST | JUDGE_B_FIRST);
	j->order |= first_bit(s->from);
}

static void first_fin(const struct scene *s, uint32_t fin)
{
	struct judge_half *me = s->me;

	judge_overtaken(s, fin);
	judge_window(s, fin);
	close_side(s, fin);
	me->seen |= HALF_FIN;
	me->fin = fin;
	me->fins = 1;
	me->others = s->peer->next;
	me->fin_ms = s->ms;
	me->fin_last_ms = s->ms;
	if (seq_after(me->next, fin + 1))
		me->next = fin + 1;
}

void judge_fin(const struct scene *s)
{
	struct judge_half *me = s->me;
	uint32_t fin = s->end - 1;

	if (half_has(me, HALF_FIN)) {
		judge_moved(s, fin);
		if (fin == me->fin) {
			older_fin(s);
			judge_fin_times(s);
		}
	} else {
		first_fin(s, fin);
	}
	me->fin_ts = s->seg->has_ts ? s->seg->tsval : 0;
	s->peer->seen &= ~HALF_ANSWERED;
}

/*
 * Octets behind a FIN cannot exist; what is missing before one may just not
 * have been seen, which judge_end looks at again.
 */
void judge_ack(const struct scene *s)
{
	const struct judge_half *peer = s->peer;
	uint32_t ack = s->seg->ack;
	struct claim c;

	if (!seq_after(ack, peer->fin + 1) || ack - peer->fin > BEHIND_FIN)
		return;
	if (!both_syns(s->j) ||
	    judge_said(s->j, RULE_FIN_MOVED, side_other(s->from)) ||
	    judge_said(s->j, RULE_DATA_AFTER_FIN, side_other(s->from)))
		return;
	if (seq_after(s->seg->seq, s->me->next) ||
	    seq_before(s->seg->seq + 1, s->peer->acked))
		return; /* not of this connection */
	c = claim_of(RULE_ACK_UNSENT, s->from);
	if (half_has(peer, HALF_GAP))
		c = claim_open(RULE_ACK_UNSENT, s->from,
			       "a capture at the sender of the FIN");
	judge_say(s, c, "an ACK up to the FIN, %u|ack %u",
		  (unsigned int)relative(peer, peer->fin + 1),
		  (unsigned int)relative(peer, ack));
}
