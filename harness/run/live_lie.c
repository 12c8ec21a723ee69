/*
 * The live stage's liar: between an end and whoever watches it. Knows neither
 * what the liar does nor what the case expects.
 */
#include "run/live_own.h"

#include "base/clock.h"

/* Where the frames of one segment go. */
struct lie_to {
	struct live *live;
	enum side liar;
	struct frame *sent; /* by the lying end, or NULL */
	int64_t at_ns;	    /* when the lying end sends what it sends now */
	bool put;	    /* something has been given to the lying end */
	bool failed;
};

/* A cable is needed to lie, and one connection to lie about. */
static bool has_liar(const struct live *l)
{
	return l->liar && l->world->link == LINK_WIRE && l->connections <= 1;
}

static void add_late(struct live *l, struct frame *frame)
{
	struct live_frame *late = arena_alloc(l->arena, sizeof(*late));
	struct live_frame **at = &l->late;

	while (*at && (*at)->frame->at_ns <= frame->at_ns)
		at = &(*at)->next;
	late->frame = frame;
	late->next = *at;
	*at = late;
}

static void put(void *ctx, enum side from, const uint8_t *bytes, size_t len,
		int64_t after_ns)
{
	struct lie_to *to = ctx;
	struct live *l = to->live;

	if (from != to->liar) {
		to->put = true;
		if (wire_put(l->world->wire, to->liar, bytes, len,
			     &l->stage.fault) < 0)
			to->failed = true;
	} else if (to->sent && bytes == to->sent->bytes) {
		live_arrive(l, to->sent);
	} else if (after_ns) {
		add_late(l, frame_copy(l->arena, from, to->at_ns + after_ns,
				       bytes, len));
	} else {
		live_arrive(l,
			    frame_copy(l->arena, from, to->at_ns, bytes, len));
	}
}

void live_sent(struct live *l, struct frame *frame)
{
	struct lie_to to = { .live = l,
			     .liar = frame->from,
			     .sent = frame,
			     .at_ns = frame->at_ns };
	struct liar_sink sink = { .put = put, .ctx = &to };

	if (has_liar(l) && frame->from == l->liar->side)
		liar_bend(l->liar, &l->liar_memory, frame, &sink);
	else
		live_arrive(l, frame);
}

int64_t live_late_due(struct live *l)
{
	int64_t now = clock_real_ns();

	while (l->late && l->late->frame->at_ns <= now) {
		live_arrive(l, l->late->frame);
		l->late = l->late->next;
	}
	return l->late ? l->late->frame->at_ns : INT64_MAX;
}

int live_hand(struct live *l, const struct frame *frame, bool *was_put)
{
	enum side to = side_other(frame->from);
	struct lie_to lie = { .live = l, .liar = to, .at_ns = clock_real_ns() };
	struct liar_sink sink = { .put = put, .ctx = &lie };

	*was_put = true;
	if (!has_liar(l) || to != l->liar->side)
		return wire_put(l->world->wire, to, frame->bytes, frame->len,
				&l->stage.fault);
	liar_bend(l->liar, &l->liar_memory, frame, &sink);
	*was_put = lie.put;
	return lie.failed ? -1 : 0;
}
