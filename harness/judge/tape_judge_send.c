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

/* A FIN waits for nothing but the window. */
#define FIN_NS NS_PER_S

static void say_ack(struct tape_judge *j, const char *id, enum side side,
		    size_t frame, const char *expected, uint32_t ack)
{
	const struct tape_judge_end *peer = &j->end[side_other(side)];
	char text[32];

	snprintf(text, sizeof(text), "ack %d", (int)(ack - peer->shown.iss));
	tape_judge_say(j, RULE_ANSWER_WRONG, id, side, frame, expected, text);
}

static void say_seq(struct tape_judge *j, const char *id, enum side side,
		    size_t frame, const char *expected, uint32_t seq)
{
	char text[32];

	snprintf(text, sizeof(text), "SEQ %d",
		 (int)(seq - j->end[side].shown.iss));
	tape_judge_say(j, RULE_ANSWER_WRONG, id, side, frame, expected, text);
}

static void sent_syn(struct tape_judge_end *e, const struct seg *seg)
{
	struct seg syn = *seg;

	if (e->shown.known && e->shown.iss == seg->seq)
		return;
	syn.flags &= (uint8_t)~FLAG_FIN; /* a FIN beside it is looked at yet */
	flow_tcb_note(&e->shown, &syn);
	e->snd_una = seg->seq;
	e->fin_acked = e->rst_sent = false;
	e->handed = 0;
	e->rcv_wnd_max = 0;
	tape_judge_shown_begin(e, seg);
	if (!(seg->flags & FLAG_ACK)) {
		/* Its own new connection: nothing was given to it yet. */
		e->rcv_known = e->fin_rcvd = e->fin_held = false;
		e->n_range = 0;
		e->unread = 0;
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

const struct stimulus *tape_judge_only_stimulus(const struct tape_judge_end *e)
{
	if (e->blocked &&
	    (e->blocked->id == VERB_RECV || e->blocked->id == VERB_DRAIN))
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

/* Keep-alives and unread calls apart, an RST answers something. */
static bool rst_asked(struct tape_judge *j, struct tape_judge_end *e)
{
	if (e->rst_allowed > 0) {
		e->rst_allowed--;
		return true;
	}
	if (e->states == STATES_ANY || e->forgotten ||
	    tape_judge_may_be(e, TCP_STATE_CLOSED) ||
	    tape_judge_may_be(e, TCP_STATE_LISTEN))
		return true;
	/* A dead peer, found out by time. */
	return (e->keepalive || e->user_timeout) &&
	       j->now_ns - e->quiet_ns > SPEC_ACK_DELAY_NS;
}

/* SND.NXT, or what a segment given to it acknowledges. */
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

/* What was acknowledged once stays so. */
static bool acks_less(struct tape_judge *j, enum side from,
		      const struct seg *seg, size_t frame)
{
	const struct tape_judge_end *e = &j->end[from];

	if (!e->rcv_known || !e->shown.ack_sent ||
	    !seq_after(e->shown.rcv_nxt_max, seg->ack))
		return false;
	say_ack(j, "RFC9293-3.5.2-G3", from, frame,
		"no less than it has acknowledged before", seg->ack);
	return true;
}

static void sent_rst(struct tape_judge *j, enum side from,
		     const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[from];
	const struct stimulus *s = tape_judge_only_stimulus(e);
	uint32_t begun = e->states;

	if (!rst_asked(j, e))
		tape_judge_say(j,
			       s && s->event >= EVENT_RST_EXACT &&
					       s->event <= EVENT_RST_OUTSIDE
				       ? RULE_RST_ANSWERS_RST
				       : RULE_UNASKED_SEGMENT,
			       s ? s->id : "RFC9293-3.5.2-NORST", from, frame,
			       "no RST: nothing was aborted", "RST");
	else if (!rst_number_ok(e, seg))
		say_seq(j, "RFC9293-3.5.2-G1-ACK", from, frame,
			"SEQ=SND.NXT, or the SEG.ACK it answers", seg->seq);
	else if (seg->flags & FLAG_ACK && seg->seq)
		acks_less(j, from, seg, frame);
	e->rst_sent = true;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
	if (!(begun & STATE_BIT(TCP_STATE_SYN_RECEIVED)))
		e->states |= STATE_BIT(TCP_STATE_CLOSED);
}

static void sent_fin(struct tape_judge *j, enum side from, size_t frame)
{
	struct tape_judge_end *e = &j->end[from];

	e->fin_due = false;
	if (e->shown.fin_sent)
		return;
	if (!e->wr_shut && !e->vanished)
		tape_judge_say(j, RULE_UNASKED_SEGMENT,
			       "RFC9293-3.6-C1-NOEARLYFIN", from, frame,
			       "no FIN: neither close() nor shutdown()", "FIN");
	if (e->owed.rst) {
		tape_judge_say(
			j,
			e->owed.unread ? RULE_FIN_ON_UNREAD : RULE_ANSWER_WRONG,
			e->owed.id, from, frame,
			e->owed.unread ? "RST: data was left unread" : "RST",
			"FIN");
		e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
	}
}

/* SND.NXT, or the window's edge before it; not a probe's number. */
static bool seq_ok(const struct tape_judge_end *e, const struct seg *seg)
{
	return !e->shown.known || seg->seq == e->shown.snd_nxt ||
	       seg->seq == e->snd_edge || seg->seq == e->snd_una - 1;
}

/* An ACK whose only cause is known: it must be the one the row asks for. */
static bool answers_wrongly(struct tape_judge *j, enum side from,
			    const struct seg *seg, size_t frame)
{
	struct tape_judge_end *e = &j->end[from];
	const struct stimulus *s = tape_judge_only_stimulus(e);

	if (!s || !is_pure_ack(seg) || e->vanished)
		return false;
	if (s->answer == ANSWER_ACK && seq_after(s->owed, seg->ack)) {
		say_ack(j, s->id, from, frame,
			"the acknowledgment of all that was delivered",
			seg->ack);
		return true;
	}
	if (s->answer == ANSWER_ACK && !seq_ok(e, seg)) {
		say_seq(j, s->id, from, frame, "SEQ=SND.NXT", seg->seq);
		return true;
	}
	if (s->answer == ANSWER_RST) {
		tape_judge_say(j,
			       e->closed && s->event == EVENT_DATA
				       ? RULE_DATA_AFTER_CLOSE
				       : RULE_ANSWER_WRONG,
			       s->id, from, frame, "RST", "ACK");
		e->owed.rst = false;
		return true;
	}
	/* SND.NXT: not a keep-alive that happens to come now. */
	if (s->answer == ANSWER_NONE && seg->seq == e->shown.snd_nxt) {
		tape_judge_say(j, RULE_ANSWER_WRONG, s->id, from, frame,
			       "no answer", "ACK");
		return true;
	}
	return false;
}

/* An acknowledgment of what never reached it. */
static bool acks_too_much(struct tape_judge *j, enum side from,
			  const struct seg *seg, size_t frame)
{
	const struct tape_judge_end *e = &j->end[from];

	if (!e->rcv_known || e->states == STATES_ANY ||
	    tape_judge_is_only(e, STATE_BIT(TCP_STATE_CLOSED)) ||
	    !seq_after(seg->ack, e->rcv_nxt))
		return false;
	say_ack(j, "RFC9293-3.10.7.4-S5-5961", from, frame,
		"no acknowledgment of what was not delivered", seg->ack);
	return true;
}

static void discharge(struct tape_judge *j, enum side from,
		      const struct seg *seg, int64_t at_ns)
{
	struct tape_judge_end *e = &j->end[from];
	char text[64];

	if (!e->owed.ack || seq_after(e->owed.number, seg->ack))
		return;
	e->owed.ack = false;
	if (at_ns - e->owed.at_ns <= SPEC_ACK_DELAY_NS || e->vanished)
		return;
	snprintf(text, sizeof(text), "after %.3f s",
		 (double)(at_ns - e->owed.at_ns) / NS_PER_S);
	tape_judge_say(j, RULE_ANSWER_MISSING, "RFC9293-3.8.6.3-MUST40", from,
		       e->owed.frame, "an ACK within 500 ms", text);
}

/* No new connection: the old one is open. It is taken without its SYN. */
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

static void sent_segment(struct tape_judge *j, enum side from,
			 const struct seg *seg, size_t frame, int64_t at_ns)
{
	struct tape_judge_end *e = &j->end[from];

	if (seg->flags & FLAG_SYN)
		sent_syn(e, seg);
	tape_judge_shown(j, from, seg, frame, at_ns);
	if (seg->flags & FLAG_RST) {
		sent_rst(j, from, seg, frame);
		answered(e, seg);
		return;
	}
	if (seg->flags & FLAG_FIN)
		sent_fin(j, from, frame);
	if (seg->flags & FLAG_ACK) {
		tape_judge_adopt(e, seg->ack);
		if (!acks_too_much(j, from, seg, frame) &&
		    !answers_wrongly(j, from, seg, frame) &&
		    !acks_less(j, from, seg, frame))
			discharge(j, from, seg, at_ns);
		take_window(e, seg);
	}
	flow_tcb_note(&e->shown, seg);
	answered(e, seg);
}

void tape_judge_sent(struct tape_judge *j, enum side from,
		     const struct seg *seg, size_t frame, int64_t at_ns)
{
	struct seg own = *seg;
	char buf[NAME_FLAGS_MAX];

	if (is_syn_amid(&j->end[from], seg)) {
		tape_judge_say(j, RULE_UNASKED_SEGMENT,
			       "RFC9293-3.10.7.4-S4-EST", from, frame,
			       "no SYN: the connection is open",
			       name_flags(seg->flags, buf));
		own.flags &= (uint8_t)~FLAG_SYN;
	}
	sent_segment(j, from, &own, frame, at_ns);
}

static void settle_fin(struct tape_judge *j, enum side side)
{
	const struct tape_judge_end *e = &j->end[side];
	const struct tape_judge_end *peer = &j->end[side_other(side)];
	uint64_t sent = e->shown.snd_nxt - e->shown.iss - 1;
	/* What was lost goes first, and may take all there is room for. */
	bool waits = sent && seq_after(e->shown.snd_nxt, e->snd_una);

	if (waits || !e->fin_due || j->now_ns - e->close_ns < FIN_NS ||
	    sent < e->handed || !peer->shown.rcv_wnd)
		return;
	tape_judge_say(j, RULE_FIN_MISSING, "RFC9293-3.6-C1-FIN", side,
		       e->close_frame, "FIN", "none to the end of the tape");
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
	settle_fin(j, side);
	tape_judge_shown_settle(j, side);
}
