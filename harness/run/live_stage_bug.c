/*
 * Where the live stage injects a bug: between an end and whoever watches it.
 * Knows neither what the bug does nor what the case expects.
 */
#include "run/live_stage_own.h"

#include "base/clock.h"

/* Where the frames of one segment go. */
struct bug_way {
	struct live_stage *live;
	enum side end;	    /* the one with the bug */
	struct frame *sent; /* by that end, or NULL */
	int64_t at_ns;	    /* when that end sends what it sends now */
	bool put;	    /* something has been given to that end */
	bool failed;
};

/* A bug needs a cable that the harness holds, and one connection. */
static bool has_bug(const struct live_stage *l)
{
	return l->bug && l->link->has_cable && l->connections <= 1;
}

static void add_late(struct live_stage *l, struct frame *frame)
{
	struct live_stage_frame *late = arena_alloc(l->arena, sizeof(*late));
	struct live_stage_frame **at = &l->late;

	while (*at && (*at)->frame->at_ns <= frame->at_ns)
		at = &(*at)->next;
	late->frame = frame;
	late->next = *at;
	*at = late;
}

static void put(void *ctx, enum side from, const uint8_t *bytes, size_t len,
		int64_t after_ns)
{
	struct bug_way *to = ctx;
	struct live_stage *l = to->live;

	if (from != to->end) {
		to->put = true;
		if (live_stage_put(l, to->end, bytes, len) < 0)
			to->failed = true;
	} else if (to->sent && bytes == to->sent->bytes) {
		live_stage_arrive(l, to->sent);
	} else if (after_ns) {
		add_late(l, frame_copy(l->arena, from, to->at_ns + after_ns,
				       bytes, len));
	} else {
		live_stage_arrive(l, frame_copy(l->arena, from, to->at_ns,
						bytes, len));
	}
}

void live_stage_sent(struct live_stage *l, struct frame *frame)
{
	struct bug_way to = { .live = l,
			      .end = frame->from,
			      .sent = frame,
			      .at_ns = frame->at_ns };
	struct bug_sink sink = { .put = put, .ctx = &to };

	if (has_bug(l) && frame->from == l->bug->side)
		bug_play(l->bug, &l->bug_memory, frame, &sink);
	else
		live_stage_arrive(l, frame);
}

int64_t live_stage_late_due(struct live_stage *l)
{
	int64_t now = clock_real_ns();

	while (l->late && l->late->frame->at_ns <= now) {
		live_stage_arrive(l, l->late->frame);
		l->late = l->late->next;
	}
	return l->late ? l->late->frame->at_ns : INT64_MAX;
}

int live_stage_hand(struct live_stage *l, const struct frame *frame,
		    bool *was_put)
{
	enum side to = side_other(frame->from);
	struct bug_way way = { .live = l, .end = to, .at_ns = clock_real_ns() };
	struct bug_sink sink = { .put = put, .ctx = &way };

	*was_put = true;
	if (!has_bug(l) || to != l->bug->side)
		return live_stage_put(l, to, frame->bytes, frame->len);
	bug_play(l->bug, &l->bug_memory, frame, &sink);
	*was_put = way.put;
	return way.failed ? -1 : 0;
}
