/*
 * What an end sends: whether anybody asked for it, and whether it is what
 * was owed. Knows what happened to the end before; not what the wire alone
 * shows (judge/wire_judge.h).
 */
#include "judge/tape_judge_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "judge/predicate.h"
#include "judge/spec.h"

/* A FIN is delayed by nothing but the window. */
#define FIN_NS NS_PER_S

static void say_ack(const struct sent *s, const char *id, const char *expected)
{
	uint32_t iss = s->j->end[side_other(s->from)].shown.iss;

	tape_judge_say_sent(s, tape_judge_say, RULE_ANSWER_WRONG, id, expected,
			    "ack %d", (int)(s->seg->ack - iss));
}

static void say_seq(const struct sent *s, const char *id, const char *expected)
{
	tape_judge_say_sent(s, tape_judge_say, RULE_ANSWER_WRONG, id, expected,
			    "SEQ %d", (int)(s->seg->seq - s->e->shown.iss));
}

/* The old connection's numbers are known as long as its SYN was seen. */
static void check_iss(const struct sent *s)
{
	const struct flow_tcb *old = &s->e->shown;

	if (s->e->reopened && old->known &&
	    seq_after(old->snd_nxt, s->seg->seq))
		tape_judge_say_sent(s, tape_judge_say, RULE_ISS_LOW, NULL,
				    "an ISS that is SND.NXT or above",
				    "SND.NXT-%u", old->snd_nxt - s->seg->seq);
	s->e->reopened = false;
}

static void sent_syn(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	const struct seg *seg = s->seg;
	struct seg syn = *seg;

	if (!flow_tcb_is_another(&e->shown, seg))
		return;
	check_iss(s);
	syn.flags = FLAG_SYN; /* what is beside it is judged first */
	flow_tcb_begin(&e->shown, &syn);
	flow_tcb_note(&e->shown, &syn);
	e->snd_una = seg->seq;
	e->fin_acked = false;
	e->handed = e->up = 0;
	e->rcv_wnd_max = 0;
	tape_judge_shown_begin(e, seg);
	if (!(seg->flags & FLAG_ACK)) {
		/* A connection the end opens: nothing was delivered to it yet. */
		e->rcv_known = e->fin_rcvd = e->fin_held = false;
		e->n_range = 0;
		e->unread = e->urgent = 0;
	}
}

static void take_window(struct tape_judge_end *e, const struct seg *seg)
{
	uint32_t wnd = seg->win;

	if (!(seg->flags & FLAG_SYN))
		wnd <<= e->shown.rcv_wind_shift;
	if (wnd > e->rcv_wnd_max)
		e->rcv_wnd_max = wnd;
}

static bool is_reading(struct call_out out)
{
	return out.verb &&
	       (out.verb->id == VERB_RECV || out.verb->id == VERB_DRAIN);
}

const struct stimulus *tape_judge_only_stimulus(const struct tape_judge_end *e)
{
	if (is_reading(e->blocked) || is_reading(e->threaded))
		return NULL;
	if (e->n_stimulus != 1 || e->mixed || !e->n_given)
		return NULL;
	return &e->stimulus[e->n_given - 1];
}

/*
 * Segments that were given in a row may be answered in a row, later: only
 * one that was alone, and is covered, has its answer now.
 */
static void answered(struct tape_judge_end *e, const struct seg *seg)
{
	bool covered =
		seg->flags & FLAG_ACK && !seq_after(e->rcv_nxt, seg->ack);

	if (seg->flags & FLAG_RST || (tape_judge_only_stimulus(e) && covered))
		e->n_stimulus = 0;
	e->mixed = e->n_stimulus > 0;
}

/*
 * A close() that has waited for its linger time in vain: POSIX leaves open what
 * becomes of the connection then, and Winsock resets it.
 */
static bool has_lingered(const struct tape_judge *j,
			 const struct tape_judge_end *e)
{
	return e->linger_over_ns && j->now_ns >= e->linger_over_ns &&
	       tape_judge_waits(e);
}

/* An RST needs a cause, unless a keep-alive or user timeout is on. */
static bool rst_asked(struct tape_judge *j, struct tape_judge_end *e)
{
	if (e->rst_allowed > 0) {
		e->rst_allowed--;
		return true;
	}
	if (e->states == STATES_ANY || e->forgotten ||
	    tape_judge_may_be(e, TCP_STATE_CLOSED) ||
	    tape_judge_may_be(e, TCP_STATE_LISTEN) || has_lingered(j, e))
		return true;
	/* A dead peer, found out by time. */
	return (e->keepalive || e->user_timeout) &&
	       tape_judge_may_give_up(j, e);
}

/* An RST has SND.NXT, or the SEG.ACK of a segment it answers. */
static bool rst_number_ok(const struct tape_judge_end *e, const struct seg *seg)
{
	size_t i;

	if (!e->shown.known || e->vanished || seg->seq == e->shown.snd_nxt ||
	    seg->seq == e->snd_una)
		return true;
	for (i = e->n_given; i > 0; i--) {
		const struct stimulus *s = &e->stimulus[i - 1];

		if (s->has_ack ? seg->seq == s->ack
			       : rst_answers_bare(seg, e->shown.snd_nxt) &&
					 seg->ack == s->end)
			return true;
	}
	return false;
}

/* RCV.NXT never goes back: no ACK is lower than one before. */
static bool acks_less(const struct sent *s)
{
	const struct tape_judge_end *e = s->e;

	if (!e->rcv_known || !e->shown.ack_sent ||
	    !seq_after(e->shown.rcv_nxt_max, s->seg->ack))
		return false;
	say_ack(s, "RFC9293-3.5.2-G3",
		"no less than it has acknowledged before");
	return true;
}

static bool is_rst(const struct stimulus *given)
{
	return given && given->event >= EVENT_RST_EXACT &&
	       given->event <= EVENT_RST_OUTSIDE;
}

static void sent_rst(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	const struct stimulus *given = tape_judge_only_stimulus(e);
	uint32_t begun = e->states;

	if (!rst_asked(s->j, e))
		tape_judge_say_sent(s, tape_judge_say,
				    is_rst(given) ? RULE_RST_ANSWERS_RST
						  : RULE_UNASKED_SEGMENT,
				    given ? given->id : "RFC9293-3.5.2-NORST",
				    "no RST: nothing was aborted", "RST");
	else if (!rst_number_ok(e, s->seg))
		say_seq(s, "RFC9293-3.5.2-G1-ACK",
			"SEQ=SND.NXT, or the SEG.ACK it answers");
	else if (s->seg->flags & FLAG_ACK && s->seg->seq)
		acks_less(s);
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
	if (!(begun & STATE_BIT(TCP_STATE_SYN_RECEIVED)))
		e->states |= STATE_BIT(TCP_STATE_CLOSED);
}

static void sent_fin(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	bool unread = e->owed.unread;

	e->fin_due = false;
	if (e->shown.fin_sent)
		return;
	if (!e->wr_shut && !e->vanished)
		tape_judge_say_sent(s, tape_judge_say, RULE_UNASKED_SEGMENT,
				    "RFC9293-3.6-C1-NOEARLYFIN",
				    "no FIN: neither close() nor shutdown()",
				    "FIN");
	if (!e->owed.rst)
		return;
	tape_judge_say_sent(s, tape_judge_say,
			    unread ? RULE_FIN_ON_UNREAD : RULE_ANSWER_WRONG,
			    e->owed.id,
			    unread ? "RST: data was left unread" : "RST",
			    "FIN");
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
}

/* SND.NXT, or the window's edge before it; not a probe's number. */
static bool seq_ok(const struct tape_judge_end *e, const struct seg *seg)
{
	return !e->shown.known || seg->seq == e->shown.snd_nxt ||
	       seg->seq == e->snd_edge || seg->seq == e->snd_una - 1;
}

/* An ACK whose only cause is known is the one that its row asks for. */
static bool answers_wrongly(const struct sent *s)
{
	const struct stimulus *given = tape_judge_only_stimulus(s->e);
	bool after_close;

	if (!given || !is_pure_ack(s->seg) || s->e->vanished)
		return false;
	if (given->answer == ANSWER_ACK &&
	    seq_after(given->owed, s->seg->ack)) {
		say_ack(s, given->id,
			"the acknowledgment of all that was delivered");
	} else if (given->answer == ANSWER_ACK && !seq_ok(s->e, s->seg)) {
		say_seq(s, given->id, "SEQ=SND.NXT");
	} else if (given->answer == ANSWER_RST) {
		after_close = given->event == EVENT_DATA_LATE;
		tape_judge_say_sent(s, tape_judge_say,
				    after_close ? RULE_DATA_AFTER_CLOSE
						: RULE_ANSWER_WRONG,
				    given->id, "RST", "ACK");
		s->e->owed.rst = false;
	} else if (given->answer == ANSWER_NONE &&
		   s->seg->seq == s->e->shown.snd_nxt) {
		/* A keep-alive that happens to come now has another SEQ. */
		tape_judge_say_sent(s, tape_judge_say, RULE_ANSWER_WRONG,
				    given->id, "no answer", "ACK");
	} else {
		return false;
	}
	return true;
}

/* The segment that it acknowledges and was to drop, or NULL. */
static const struct stimulus *dropped(const struct sent *s)
{
	const struct stimulus *given = tape_judge_only_stimulus(s->e);

	return given && given->end == s->seg->ack ? given : NULL;
}

/* It has what it acknowledges from now on, right or wrong. */
static void take_dropped(struct tape_judge_end *e, const struct stimulus *taken)
{
	e->maybe = true;
	e->maybe_end = taken->end;
	e->maybe_fin = taken->has_fin;
	tape_judge_adopt(e, taken->end);
}

/* An acknowledgment of what never reached it, or was to be dropped. */
static bool acks_too_much(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	const struct stimulus *taken = dropped(s);
	const char *id = taken ? taken->id : NULL;

	if (!e->rcv_known || e->states == STATES_ANY ||
	    tape_judge_is_only(e, NO_CONNECTION) ||
	    !seq_after(s->seg->ack, e->rcv_nxt))
		return false;
	say_ack(s, id ? id : "RFC9293-3.10.7.4-S5-5961",
		"no acknowledgment of what was not delivered");
	if (taken)
		take_dropped(e, taken);
	return true;
}

static void discharge(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	struct sent cause = *s;

	/* A SYN,ACK answers whatever SYN there was. */
	if (!e->owed.ack || (!(s->seg->flags & FLAG_SYN) &&
			     seq_after(e->owed.number, s->seg->ack)))
		return;
	e->owed.ack = false;
	if (s->at_ns - e->owed.at_ns <= SPEC_ACK_DELAY_NS || e->vanished)
		return;
	cause.frame = e->owed.frame;
	tape_judge_say_sent(&cause, tape_judge_say, RULE_ANSWER_MISSING,
			    "RFC9293-3.8.6.3-MUST40", "an ACK within 500 ms",
			    "after %.3f s",
			    (double)(s->at_ns - e->owed.at_ns) / NS_PER_S);
}

/* A SYN opens no connection while one is open: it is judged without it. */
static bool is_syn_amid(const struct tape_judge_end *e, const struct seg *seg)
{
	static const uint32_t open = STATE_BIT(TCP_STATE_ESTABLISHED) |
				     STATE_BIT(TCP_STATE_FIN_WAIT_1) |
				     STATE_BIT(TCP_STATE_FIN_WAIT_2) |
				     STATE_BIT(TCP_STATE_CLOSE_WAIT) |
				     STATE_BIT(TCP_STATE_CLOSING) |
				     STATE_BIT(TCP_STATE_LAST_ACK);

	return seg->flags & FLAG_SYN && e->shown.known &&
	       seg->seq != e->shown.iss && tape_judge_is_only(e, open);
}

static void sent_segment(const struct sent *s)
{
	struct tape_judge_end *e = s->e;
	const struct seg *seg = s->seg;

	if (seg->flags & FLAG_SYN)
		sent_syn(s);
	tape_judge_shown(s);
	if (seg->flags & FLAG_RST)
		sent_rst(s);
	else if (seg->flags & FLAG_FIN)
		sent_fin(s);
	if ((seg->flags & (FLAG_ACK | FLAG_RST)) == FLAG_ACK) {
		tape_judge_adopt(e, seg->ack);
		if (!acks_too_much(s) && !answers_wrongly(s) && !acks_less(s))
			discharge(s);
		take_window(e, seg);
	}
	flow_tcb_note(&e->shown, seg);
	answered(e, seg);
}

void tape_judge_sent(struct tape_judge *j, enum side from,
		     const struct seg *seg, size_t frame, int64_t at_ns)
{
	struct seg own = *seg;
	struct sent s = { .j = j,
			  .from = from,
			  .e = &j->end[from],
			  .seg = &own,
			  .frame = frame,
			  .at_ns = at_ns };
	char buf[NAME_FLAGS_MAX];

	if (is_syn_amid(s.e, seg)) {
		tape_judge_say_sent(&s, tape_judge_say, RULE_UNASKED_SEGMENT,
				    "RFC9293-3.10.7.4-S4-EST",
				    "no SYN: the connection is open", "%s",
				    name_flags(seg->flags, buf));
		own.flags &= (uint8_t)~FLAG_SYN;
	}
	sent_segment(&s);
}

/* Retransmissions go first and may take the whole window. */
static bool may_send_fin(const struct tape_judge_end *e,
			 const struct tape_judge_end *peer)
{
	uint64_t sent = e->shown.snd_nxt - e->shown.iss - 1;

	if (sent && seq_after(e->shown.snd_nxt, e->snd_una))
		return false;
	if (e->snd_edge_known && !seq_after(e->snd_edge, e->shown.snd_nxt))
		return false;
	return sent >= e->handed && peer->shown.rcv_wnd;
}

void tape_judge_settle_fin(struct tape_judge *j, enum side side)
{
	struct tape_judge_end *e = &j->end[side];
	bool due = e->fin_due && j->now_ns - e->close_ns >= FIN_NS;

	if (due && may_send_fin(e, &j->end[side_other(side)]))
		tape_judge_say(j, RULE_FIN_MISSING, "RFC9293-3.6-C1-FIN", side,
			       e->close_frame, "FIN",
			       "none to the end of the tape");
	e->fin_due = false;
}

void tape_judge_settle(struct tape_judge *j, enum side side)
{
	const struct tape_judge_end *e = &j->end[side];
	bool late = j->now_ns - e->owed.at_ns >= SPEC_ACK_DELAY_NS;

	if (e->vanished || e->forgotten)
		return;
	if (late && (e->owed.ack || e->owed.rst))
		tape_judge_say(j, RULE_ANSWER_MISSING, e->owed.id, side,
			       e->owed.frame,
			       e->owed.ack ? "an ACK within 500 ms" : "RST",
			       "nothing");
	tape_judge_settle_fin(j, side);
	tape_judge_shown_settle(j, side);
}
