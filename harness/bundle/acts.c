/*
 * Works backwards from segments to calls. What kernels do of themselves (ACKs,
 * what is sent again, RSTs that answer) is no call's.
 *
 * Calls that look alike on the wire are told as the plainer one: an exit of
 * the process is a close; close with octets unread and close with SO_LINGER of
 * 0 are one kind, which bundle/played.c tells apart by what was unread.
 */
#include "bundle/acts.h"

#include <inttypes.h>

#include "base/name.h"

/* A segment no longer than this goes in one piece on any of our links. */
#define WHOLE_MAX 1400

struct reader {
	const struct captured *c;
	struct acts *a;
	struct arena *arena;
	size_t at;	 /* the segment that is looked at */
	int64_t next[2]; /* what each end has sent up to */
	bool fin[2];
	bool closed[2]; /* and nobody reads there any more */
	bool reset;
};

static const struct captured_segment *current(const struct reader *r)
{
	return &r->c->item[r->at];
}

static struct act_made *add(struct reader *r, enum side by, enum act_kind kind)
{
	struct act_made *act =
		arena_push(r->arena, &r->a->item, &r->a->n, sizeof(*act));

	act->kind = kind;
	act->by = by;
	act->frame = current(r)->frame;
	return act;
}

static bool has_ack(const struct captured_segment *s)
{
	return (s->flags & (FLAG_ACK | FLAG_RST)) == FLAG_ACK;
}

/*
 * Whether the end had really sent up to that number, what is not in the
 * capture included: the other one acknowledges it later. What nobody does was
 * a third party's, or never arrived.
 */
static bool was_had(const struct reader *r, enum side by, int64_t end)
{
	for (size_t i = r->at + 1; i < r->c->n; i++) {
		const struct captured_segment *s = &r->c->item[i];

		if (s->from != by && has_ack(s) && s->ack >= end)
			return true;
	}
	return false;
}

/* Whether the end itself goes on from that number, or behind it. */
static bool goes_on(const struct reader *r, enum side by, int64_t number)
{
	for (size_t i = r->at + 1; i < r->c->n; i++) {
		const struct captured_segment *s = &r->c->item[i];

		if (s->from == by && !(s->flags & FLAG_RST) && s->seq >= number)
			return true;
	}
	return false;
}

static bool sends_more(const struct reader *r, enum side by)
{
	for (size_t i = r->at + 1; i < r->c->n; i++)
		if (r->c->item[i].from == by &&
		    (r->c->item[i].len || r->c->item[i].flags & FLAG_FIN))
			return true;
	return false;
}

/* The last act, when the same end sent with it and no segment since. */
static struct act_made *last_send(const struct reader *r)
{
	struct act_made *last = r->a->n ? &r->a->item[r->a->n - 1] : NULL;

	return last && last->kind == ACT_SEND && last->by == current(r)->from
		       ? last
		       : NULL;
}

/*
 * Long segments are cut otherwise on another link, and those without PSH were
 * part of a longer call: they are sent as one call, however they pass.
 */
static void take_data(struct reader *r)
{
	const struct captured_segment *s = current(r);
	int64_t end = s->seq + s->len;
	struct act_made *act = last_send(r);
	bool whole = s->len <= WHOLE_MAX && s->flags & FLAG_PSH &&
		     s->seq == r->next[s->from];

	if (end <= r->next[s->from] ||
	    (s->seq > r->next[s->from] && !was_had(r, s->from, end))) {
		r->a->again++;
		return;
	}
	if (!act || act->whole || whole)
		act = add(r, s->from, ACT_SEND);
	act->octets += (uint64_t)(end - r->next[s->from]);
	act->whole = whole;
	act->with_fin = whole && s->flags & FLAG_FIN;
	r->next[s->from] = end;
}

/*
 * Whether the end took octets that were sent to it after its FIN: then it had
 * shut down and not closed.
 */
static bool reads_on(const struct reader *r)
{
	enum side by = current(r)->from, peer = side_other(by);
	int64_t had = r->next[peer], next = had;

	for (size_t i = r->at + 1; i < r->c->n; i++) {
		const struct captured_segment *s = &r->c->item[i];

		if (s->from == peer && s->len && s->seq + s->len > next)
			next = s->seq + s->len;
		else if (s->from == by && s->flags & FLAG_RST)
			return s->flags & FLAG_ACK;
		else if (s->from == by && s->ack > had && s->ack <= next)
			return true;
	}
	return false;
}

/* Whether the other end's FIN was on its way already. */
static bool has_crossed(const struct reader *r)
{
	const struct captured_segment *s = current(r);
	enum side peer = side_other(s->from);

	return r->fin[peer] && s->ack < r->next[peer];
}

/* Octets that the capture has not, and that were sent nevertheless. */
static void take_unseen(struct reader *r, enum side by, int64_t end)
{
	struct act_made *act = add(r, by, ACT_SEND);

	act->octets = (uint64_t)(end - r->next[by]);
	act->whole = act->octets <= WHOLE_MAX;
	act->unseen = true;
	r->next[by] = end;
}

static void take_fin(struct reader *r)
{
	const struct captured_segment *s = current(r);
	enum side by = s->from;
	int64_t at = s->seq + s->len;
	struct act_made *act;

	if (r->fin[by] || (at > r->next[by] && !was_had(r, by, at + 1))) {
		r->a->again++;
		return;
	}
	if (at > r->next[by])
		take_unseen(r, by, at);
	act = add(r, by, reads_on(r) ? ACT_SHUTDOWN : ACT_CLOSE);
	act->crossed = has_crossed(r);
	r->closed[by] = act->kind == ACT_CLOSE;
	r->fin[by] = true;
	r->next[by]++;
}

/*
 * An acknowledgment of what is not in the capture. One number more than all
 * that an end has sent, and nothing behind it, is its FIN's.
 */
static void take_ack(struct reader *r)
{
	const struct captured_segment *s = current(r);
	enum side peer = side_other(s->from);
	struct act_made *act;

	if (!has_ack(s) || s->ack <= r->next[peer] || r->fin[peer])
		return;
	if (s->ack == r->next[peer] + 1 && !sends_more(r, peer)) {
		act = add(r, peer, ACT_CLOSE);
		act->unseen = true;
		r->fin[peer] = r->closed[peer] = true;
		r->next[peer]++;
	} else if (goes_on(r, peer, s->ack)) {
		take_unseen(r, peer, s->ack);
	}
}

/* After one RST the connection is no more; further ones answer what comes. */
static void take_rst(struct reader *r)
{
	if (!r->reset && !r->closed[current(r)->from])
		add(r, current(r)->from, ACT_ABORT);
	r->reset = true;
}

static void take(struct reader *r)
{
	const struct captured_segment *s = current(r);

	if (s->flags & FLAG_RST) {
		take_rst(r);
		return;
	}
	if (s->flags & FLAG_SYN || r->reset)
		return;
	take_ack(r);
	if (s->len)
		take_data(r);
	if (s->flags & FLAG_FIN)
		take_fin(r);
}

static bool is(const struct captured_segment *s, enum side from, uint8_t flags)
{
	return s->from == from &&
	       (s->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == flags;
}

/* The first segment of B, or NULL; and whether A goes on after it. */
static const struct captured_segment *answer(const struct captured *c,
					     bool *goes_on)
{
	const struct captured_segment *b = NULL;

	*goes_on = false;
	for (size_t i = 0; i < c->n; i++) {
		const struct captured_segment *s = &c->item[i];

		if (!b && s->from == SIDE_B)
			b = s;
		else if (b && is(s, SIDE_A, FLAG_ACK))
			*goes_on = true;
	}
	return b;
}

static int read_opening(struct acts *a, const struct captured *c,
			struct fault *f)
{
	const struct captured_segment *b;
	bool goes_on;

	if (!c->n || !is(&c->item[0], SIDE_A, FLAG_SYN))
		return fault_set(
			f,
			"connection %" PRIu32 " was open before the "
			"capture began, so that nobody can say what "
			"its ends had sent: capture it from its SYN on",
			c->over.id);
	b = answer(c, &goes_on);
	a->opening = !b			   ? OPENING_UNANSWERED
		     : b->flags & FLAG_RST ? OPENING_REFUSED
					   : OPENING_DONE;
	if (a->opening != OPENING_DONE ||
	    (is(b, SIDE_B, FLAG_SYN | FLAG_ACK) && goes_on))
		return 0;
	return fault_set(f,
			 "connection %" PRIu32 " is not opened by SYN, SYN "
			 "with ACK, and ACK: expected one that two sockets "
			 "opened",
			 c->over.id);
}

int acts_read(struct acts *a, struct arena *arena, const struct captured *c,
	      struct fault *f)
{
	struct reader r = { .c = c, .a = a, .arena = arena, .next = { 1, 1 } };

	*a = (struct acts){ 0 };
	if (read_opening(a, c, f))
		return -1;
	for (; r.at < c->n && a->opening == OPENING_DONE; r.at++)
		take(&r);
	return 0;
}
