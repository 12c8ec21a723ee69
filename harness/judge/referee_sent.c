/*
 * What an end sends: whether anybody asked for it, and whether it is what
 * was owed. Knows what happened to the end before; not what the wire alone
 * shows (judge/wire_judge.h).
 */
#include "judge/referee_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* An ACK must come within it (MUST-40), and more so an RST. */
#define ANSWER_NS (500 * NS_PER_MS)
/* A FIN waits for nothing but the window. */
#define FIN_NS NS_PER_S

static void say_ack(struct referee *r, const char *id, enum side side,
		    size_t frame, const char *expected, uint32_t ack)
{
	const struct referee_end *peer = &r->end[side_other(side)];
	char text[32];

	snprintf(text, sizeof(text), "ack %d", (int)(ack - peer->snd_isn));
	referee_say(r, RULE_ANSWER_WRONG, id, side, frame, expected, text);
}

static void say_seq(struct referee *r, const char *id, enum side side,
		    size_t frame, const char *expected, uint32_t seq)
{
	char text[32];

	snprintf(text, sizeof(text), "SEQ %d",
		 (int)(seq - r->end[side].snd_isn));
	referee_say(r, RULE_ANSWER_WRONG, id, side, frame, expected, text);
}

static void sent_syn(struct referee_end *e, const struct seg *seg)
{
	if (e->snd_known && e->snd_isn == seg->seq)
		return;
	e->snd_known = true;
	e->snd_isn = e->snd_una = seg->seq;
	e->snd_nxt = seg->seq + 1;
	e->scale = seg->scale;
	e->ts = seg->has_ts;
	e->fin_sent = e->fin_acked = e->rst_sent = false;
	e->handed = 0;
	e->max_wnd = 0;
	e->acked_known = false;
	referee_wire_begin(e, seg);
	if (!(seg->flags & FLAG_ACK)) {
		/* Its own new connection: nothing was given to it yet. */
		e->rcv_known = e->peer_fin = e->fin_early = false;
		e->n_range = 0;
		e->unread = 0;
	}
}

/* The window it offers, and how far it says it has got. */
static void sent_ack(struct referee_end *e, const struct seg *seg)
{
	uint32_t wnd = seg->win;

	if (!(seg->flags & FLAG_SYN))
		wnd <<= e->scale;
	if (!e->acked_known || seq_after(seg->ack, e->acked))
		e->acked = seg->ack;
	if (!e->acked_known || seq_after(seg->ack + wnd, e->edge))
		e->edge = seg->ack + wnd;
	e->acked_known = true;
	e->wnd = wnd;
	if (wnd > e->max_wnd)
		e->max_wnd = wnd;
}

const struct stimulus *referee_the_stimulus(const struct referee_end *e)
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
static void answered(struct referee_end *e, const struct seg *seg)
{
	bool covered =
		seg->flags & FLAG_ACK && !seq_after(e->rcv_nxt, seg->ack);

	if (seg->flags & FLAG_RST || (referee_the_stimulus(e) && covered))
		e->n_stimulus = 0;
	e->mixed = e->n_stimulus > 0;
}

/* Keep-alives and unread calls apart, an RST answers something. */
static bool rst_asked(struct referee *r, struct referee_end *e)
{
	if (e->rst_allowed > 0) {
		e->rst_allowed--;
		return true;
	}
	if (e->states == STATES_ANY || e->forgotten ||
	    referee_may_be(e, TCP_STATE_CLOSED) ||
	    referee_may_be(e, TCP_STATE_LISTEN))
		return true;
	/* A dead peer, found out by time. */
	return (e->keepalive || e->user_timeout) &&
	       r->now_ns - e->quiet_ns > ANSWER_NS;
}

/* SND.NXT, or what a segment given to it acknowledges. */
static bool rst_number_ok(const struct referee_end *e, const struct seg *seg)
{
	size_t i;

	if (!e->snd_known || e->vanished || seg->seq == e->snd_nxt ||
	    seg->seq == e->snd_una)
		return true;
	for (i = e->n_given; i > 0; i--) {
		const struct stimulus *s = &e->stimulus[i - 1];

		if (s->has_ack ? seg->seq == s->ack
			       : seg->seq == 0 && seg->ack == s->end)
			return true;
	}
	return false;
}

/* What was acknowledged once stays so. */
static bool acks_less(struct referee *r, enum side from, const struct seg *seg,
		      size_t frame)
{
	const struct referee_end *e = &r->end[from];

	if (!e->rcv_known || !e->acked_known || !seq_after(e->acked, seg->ack))
		return false;
	say_ack(r, "RFC9293-3.5.2-G3", from, frame,
		"no less than it has acknowledged before", seg->ack);
	return true;
}

static void sent_rst(struct referee *r, enum side from, const struct seg *seg,
		     size_t frame)
{
	struct referee_end *e = &r->end[from];
	const struct stimulus *s = referee_the_stimulus(e);
	uint32_t begun = e->states;

	if (!rst_asked(r, e))
		referee_say(r,
			    s && s->event >= EVENT_RST_EXACT &&
					    s->event <= EVENT_RST_OUTSIDE
				    ? RULE_RST_ANSWERS_RST
				    : RULE_UNASKED_SEGMENT,
			    s ? s->id : "RFC9293-3.5.2-NORST", from, frame,
			    "no RST: nothing was aborted", "RST");
	else if (!rst_number_ok(e, seg))
		say_seq(r, "RFC9293-3.5.2-G1-ACK", from, frame,
			"SEQ=SND.NXT, or the SEG.ACK it answers", seg->seq);
	else if (seg->flags & FLAG_ACK && seg->seq)
		acks_less(r, from, seg, frame);
	e->rst_sent = true;
	e->fin_due = false;
	e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
	if (!(begun & STATE_BIT(TCP_STATE_SYN_RECEIVED)))
		e->states |= STATE_BIT(TCP_STATE_CLOSED);
}

static void sent_fin(struct referee *r, enum side from, const struct seg *seg,
		     size_t frame)
{
	struct referee_end *e = &r->end[from];

	e->fin_due = false;
	if (e->fin_sent)
		return;
	e->fin_sent = true;
	e->fin = seg->seq + (uint32_t)seg->len;
	if (!e->wr_shut && !e->vanished)
		referee_say(r, RULE_UNASKED_SEGMENT,
			    "RFC9293-3.6-C1-NOEARLYFIN", from, frame,
			    "no FIN: neither close() nor shutdown()", "FIN");
	if (e->owed.rst) {
		referee_say(
			r,
			e->owed.unread ? RULE_FIN_ON_UNREAD : RULE_ANSWER_WRONG,
			e->owed.id, from, frame,
			e->owed.unread ? "RST: data was left unread" : "RST",
			"FIN");
		e->owed = (struct owed){ .frame = TAPE_NO_FRAME };
	}
}

static bool is_pure_ack(const struct seg *seg)
{
	return !seg->len && !(seg->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST));
}

/* SND.NXT, or the window's edge before it; not a probe's number. */
static bool seq_ok(const struct referee_end *e, const struct seg *seg)
{
	return !e->snd_known || seg->seq == e->snd_nxt ||
	       seg->seq == e->usable || seg->seq == e->snd_una - 1;
}

/* An ACK whose only cause is known: it must be the one the row asks for. */
static bool answers_wrongly(struct referee *r, enum side from,
			    const struct seg *seg, size_t frame)
{
	struct referee_end *e = &r->end[from];
	const struct stimulus *s = referee_the_stimulus(e);

	if (!s || !is_pure_ack(seg) || e->vanished)
		return false;
	if (s->answer == ANSWER_ACK && seq_after(s->owed, seg->ack)) {
		say_ack(r, s->id, from, frame,
			"the acknowledgment of all that was delivered",
			seg->ack);
		return true;
	}
	if (s->answer == ANSWER_ACK && !seq_ok(e, seg)) {
		say_seq(r, s->id, from, frame, "SEQ=SND.NXT", seg->seq);
		return true;
	}
	if (s->answer == ANSWER_RST) {
		referee_say(r,
			    e->closed && s->event == EVENT_DATA
				    ? RULE_DATA_AFTER_CLOSE
				    : RULE_ANSWER_WRONG,
			    s->id, from, frame, "RST", "ACK");
		e->owed.rst = false;
		return true;
	}
	/* SND.NXT: not a keep-alive that happens to come now. */
	if (s->answer == ANSWER_NONE && seg->seq == e->snd_nxt) {
		referee_say(r, RULE_ANSWER_WRONG, s->id, from, frame,
			    "no answer", "ACK");
		return true;
	}
	return false;
}

/* An acknowledgment of what never reached it. */
static bool acks_too_much(struct referee *r, enum side from,
			  const struct seg *seg, size_t frame)
{
	const struct referee_end *e = &r->end[from];

	if (!e->rcv_known || e->states == STATES_ANY ||
	    referee_is_only(e, STATE_BIT(TCP_STATE_CLOSED)) ||
	    !seq_after(seg->ack, e->rcv_nxt))
		return false;
	say_ack(r, "RFC9293-3.10.7.4-S5-5961", from, frame,
		"no acknowledgment of what was not delivered", seg->ack);
	return true;
}

static void discharge(struct referee *r, enum side from, const struct seg *seg,
		      int64_t at_ns)
{
	struct referee_end *e = &r->end[from];
	char text[64];

	if (!e->owed.ack || seq_after(e->owed.number, seg->ack))
		return;
	e->owed.ack = false;
	if (at_ns - e->owed.at_ns <= ANSWER_NS || e->vanished)
		return;
	snprintf(text, sizeof(text), "after %.3f s",
		 (double)(at_ns - e->owed.at_ns) / NS_PER_S);
	referee_say(r, RULE_ANSWER_MISSING, "RFC9293-3.8.6.3-MUST40", from,
		    e->owed.frame, "an ACK within 500 ms", text);
}

/* No new connection: the old one is open. It is taken without its SYN. */
static bool is_syn_amid(const struct referee_end *e, const struct seg *seg)
{
	static const uint32_t open = STATE_BIT(TCP_STATE_ESTABLISHED) |
				     STATE_BIT(TCP_STATE_FIN_WAIT_1) |
				     STATE_BIT(TCP_STATE_FIN_WAIT_2) |
				     STATE_BIT(TCP_STATE_CLOSE_WAIT) |
				     STATE_BIT(TCP_STATE_CLOSING) |
				     STATE_BIT(TCP_STATE_LAST_ACK);

	return seg->flags & FLAG_SYN && e->snd_known &&
	       seg->seq != e->snd_isn && referee_is_only(e, open);
}

static void sent_segment(struct referee *r, enum side from,
			 const struct seg *seg, size_t frame, int64_t at_ns)
{
	struct referee_end *e = &r->end[from];
	uint32_t end = seg->seq + seg_span(seg);

	if (seg->flags & FLAG_SYN)
		sent_syn(e, seg);
	referee_wire(r, from, seg, frame, at_ns);
	if (seg->flags & FLAG_RST) {
		sent_rst(r, from, seg, frame);
		answered(e, seg);
		return;
	}
	if (seg->flags & FLAG_FIN)
		sent_fin(r, from, seg, frame);
	if (seg->flags & FLAG_ACK) {
		referee_adopt(e, seg->ack);
		if (!acks_too_much(r, from, seg, frame) &&
		    !answers_wrongly(r, from, seg, frame) &&
		    !acks_less(r, from, seg, frame))
			discharge(r, from, seg, at_ns);
		sent_ack(e, seg);
	}
	if (e->snd_known && seq_after(end, e->snd_nxt))
		e->snd_nxt = end;
	answered(e, seg);
}

void referee_sent(struct referee *r, enum side from, const struct seg *seg,
		  size_t frame, int64_t at_ns)
{
	struct seg own = *seg;
	char buf[NAME_FLAGS_MAX];

	if (is_syn_amid(&r->end[from], seg)) {
		referee_say(r, RULE_UNASKED_SEGMENT, "RFC9293-3.10.7.4-S4-EST",
			    from, frame, "no SYN: the connection is open",
			    name_flags(seg->flags, buf));
		own.flags &= (uint8_t)~FLAG_SYN;
	}
	sent_segment(r, from, &own, frame, at_ns);
}

static void settle_fin(struct referee *r, enum side side)
{
	const struct referee_end *e = &r->end[side];
	const struct referee_end *peer = &r->end[side_other(side)];
	uint64_t sent = e->snd_nxt - e->snd_isn - 1;
	/* What was lost goes first, and may take all there is room for. */
	bool waits = sent && seq_after(e->snd_nxt, e->snd_una);

	if (waits || !e->fin_due || r->now_ns - e->close_ns < FIN_NS ||
	    sent < e->handed || !peer->wnd)
		return;
	referee_say(r, RULE_FIN_MISSING, "RFC9293-3.6-C1-FIN", side,
		    e->close_frame, "FIN", "none to the end of the tape");
}

void referee_settle(struct referee *r, enum side side)
{
	const struct referee_end *e = &r->end[side];
	bool late = r->now_ns - e->owed.at_ns >= ANSWER_NS;

	if (e->vanished || e->forgotten)
		return;
	if (late && (e->owed.ack || e->owed.rst))
		referee_say(r, RULE_ANSWER_MISSING, e->owed.id, side,
			    e->owed.frame,
			    e->owed.ack ? "an ACK within 500 ms" : "RST",
			    "nothing");
	settle_fin(r, side);
	referee_wire_settle(r, side);
}
