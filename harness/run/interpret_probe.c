/*
 * The probe: after a case that leaves an end without a connection, a segment
 * in its peer's name asks an end that shows no states whether that is so.
 * Knows RFC 9293's answers to it, and nothing of the case.
 */
#include "run/interpret_own.h"

#include <stdio.h>

#include "script/verb.h"

static const uint32_t no_connection =
	STATE_BIT(TCP_STATE_CLOSED) | STATE_BIT(TCP_STATE_LISTEN);

/*
 * Both ends' numbers must have been seen, and the case must have ended in that
 * state, with the link as it was.
 */
static bool can_tell(const struct interpreter *in, enum side side)
{
	uint32_t written = in->written[side];

	return written && !(written & ~no_connection) &&
	       in->flow.tcb[side].known &&
	       in->flow.tcb[side_other(side)].known &&
	       script_connections(in->script) <= 1 &&
	       !(script_verbs(in->script, side) & VERB_BIT(VERB_VANISH));
}

/*
 * One octet that it has had, and an ACK of all it has sent. A synchronised
 * connection says where it is (3.10.7.4, first check), and no stack limits the
 * answers to text; without one the answer is an RST of the number that was
 * acknowledged (3.10.7.1, 3.10.7.2). SYN-SENT drops it: that ACK is acceptable.
 */
static struct rung probe_of(const struct flow *flow, enum side side)
{
	enum side from = side_other(side);
	const struct flow_tcb *it = &flow->tcb[side], *peer = &flow->tcb[from];
	uint32_t next = it->ack_sent ? it->rcv_nxt_max : peer->snd_nxt;

	return (struct rung){
		.how = RUNG_FORGE,
		.from = from,
		.pat = { .set = PAT_FLAGS | PAT_SEQ | PAT_LEN | PAT_ACK |
				PAT_TS,
			 .flags = FLAG_ACK,
			 .seq = flow_rel_seq(flow, from, next - 1),
			 .len = 1,
			 .ack = flow_rel_ack(flow, from, it->snd_nxt),
			 .ts = it->ts_in_syn && peer->ts_in_syn },
	};
}

/* What else that end has sent, the last of it. */
static const struct frame *last_sent(const struct tape *t, size_t before)
{
	const struct frame *answer = t->frame[before];

	while (before-- > 0) {
		const struct frame *f = t->frame[before];

		if (f->from == answer->from && !f->forged && f->kind == SEG_TCP)
			return f;
	}
	return NULL;
}

/* Whoever stands before the stack may reset in its name. */
static bool is_its_own(const struct tape *t, size_t answer)
{
	const struct frame *before = last_sent(t, answer);

	return before && frame_hops(before) == frame_hops(t->frame[answer]);
}

static enum tape_probed judge_answer(const struct tape *t, size_t answer,
				     uint32_t ack, const char **text)
{
	const struct seg *seg = &t->frame[answer]->seg;

	if (!(seg->flags & FLAG_RST)) {
		*text = "there is a connection";
		return PROBED_OPEN;
	}
	if (seg->seq != ack) {
		*text = "an RST of another number: tells nothing";
		return PROBED_UNCLEAR;
	}
	if (!is_its_own(t, answer)) {
		*text = "an RST that came another way: tells nothing";
		return PROBED_UNCLEAR;
	}
	*text = "no connection";
	return PROBED_CLOSED;
}

/* One that has been sent. */
struct probe {
	enum side side;	 /* it asks */
	uint32_t wanted; /* the states that the case ends in */
	size_t event;
	uint32_t ack; /* SEG.ACK */
};

static void mark(struct interpreter *in, size_t event, const struct probe *p,
		 const char *text)
{
	in->tape->event[event].text =
		arena_printf(&in->tape->arena, "probe of %c: %s",
			     side_letter(p->side), text);
}

static int still_open(struct interpreter *in, const struct probe *p,
		      size_t frame, const char *answer)
{
	char what[32], wanted[NAME_STATES_MAX];

	snprintf(what, sizeof(what), "wrong probed state of %c",
		 side_letter(p->side));
	return interpret_fail(in, frame, what, name_states(p->wanted, wanted),
			      arena_printf(&in->tape->arena,
					   "a connection, which answers %s",
					   answer));
}

/* The answer is not the case's: the cable keeps it from the peer. */
static int take_answer(struct interpreter *in, const struct probe *p,
		       struct waiting *seen)
{
	enum tape_probed *probed = &in->tape->probed[p->side];
	size_t frame = seen->index, event = in->tape->n_event;
	const char *text, *answer = interpret_unclaimed(in, seen);

	*probed = judge_answer(in->tape, frame, p->ack, &text);
	in->tape->event[event].how = TAPE_LOST;
	mark(in, event, p, text);
	return *probed == PROBED_OPEN ? still_open(in, p, frame, answer) : 0;
}

/* Silence takes as long as that of a rung. */
static int hear_answer(struct interpreter *in, const struct probe *p)
{
	int64_t until = interpret_cap(in, interpret_now(in) + PATIENCE_NS);
	struct waiting *seen;
	enum stage_said said =
		interpret_see(in, SIDE_BIT(p->side), until, &seen);

	if (said == STAGE_YES)
		return take_answer(in, p, seen);
	if (said != STAGE_NO)
		return interpret_stop(in, said);
	in->tape->probed[p->side] = PROBED_UNCLEAR;
	mark(in, p->event, p, "no answer");
	return 0;
}

static int probe(struct interpreter *in, enum side side)
{
	struct probe p = { .side = side, .wanted = in->written[side] };
	struct rung rung = probe_of(&in->flow, side);
	struct forged made = { .n = 0 };
	enum tcp_state state[2];
	enum stage_said said =
		in->st->ops->forge(in->st, &rung, &in->flow, &made, state);

	if (said == STAGE_NO) /* a recording that has none */
		return 0;
	if (said != STAGE_YES)
		return interpret_stop(in, said);
	interpret_record_forged(in, &made);
	p.event = in->tape->n_event - 1;
	p.ack = made.frame[0]->seg.ack;
	mark(in, p.event, &p, "an octet that it has had");
	return hear_answer(in, &p);
}

void interpret_probe(struct interpreter *in)
{
	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (!in->st->shows[side] && can_tell(in, (enum side)side) &&
		    probe(in, (enum side)side) < 0)
			return;
}
