/*
 * The cable of memory that simulated ends hang on. Knows frames, not what is
 * in them.
 */
#include "test/sim_stack_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct sim_frame {
	struct sim_frame *next;
	int64_t at_ns;
	size_t len;
	uint8_t bytes[LINK_FRAME_MAX];
};

struct sim_link {
	struct link link; /* first */
	struct link *far;
	struct sim_stack *end[2];
	struct sim_frame *head[2], **tail[2]; /* sent, by side */
	struct sim_frame *shown[2];	      /* by next, until the next one */
	uint64_t sent[2];
};

static struct sim_link *link_of(struct link *l)
{
	return (struct sim_link *)(void *)l;
}

void sim_link_plug(struct link *link, struct sim_stack *s)
{
	link_of(link)->end[s->stack.side] = s;
}

void sim_link_queue(struct link *link, enum side from, const uint8_t *bytes,
		    size_t len)
{
	struct sim_link *l = link_of(link);
	struct sim_frame *f = memory_zeroed(1, sizeof(*f));

	f->at_ns = clock_real_ns();
	f->len = len;
	memcpy(f->bytes, bytes, len);
	*l->tail[from] = f;
	l->tail[from] = &f->next;
	l->sent[from]++;
}

static int sim_link_next(struct link *l, int plug, struct link_frame *frame,
			 struct fault *f)
{
	struct sim_link *me = link_of(l);
	struct sim_frame *first;

	if (!me->end[plug])
		return me->far->ops->next(me->far, plug, frame, f);
	sim_stack_timers(me->end[plug]);
	free(me->shown[plug]);
	me->shown[plug] = first = me->head[plug];
	if (!first)
		return 0;
	me->head[plug] = first->next;
	if (!first->next)
		me->tail[plug] = &me->head[plug];
	*frame = (struct link_frame){ .plug = plug,
				      .at_ns = first->at_ns,
				      .bytes = first->bytes,
				      .len = first->len };
	return 1;
}

static void sim_link_wait(struct link *l, int64_t deadline_ns)
{
	struct sim_link *me = link_of(l);
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		int64_t due;

		if (!me->end[side])
			continue;
		due = sim_stack_timers(me->end[side]);
		if (me->head[side])
			return;
		deadline_ns = due < deadline_ns ? due : deadline_ns;
	}
	if (me->far)
		me->far->ops->wait(me->far, deadline_ns);
	else
		sim_stack_sleep(deadline_ns);
}

static int sim_link_put(struct link *l, enum side to, const void *frame,
			size_t len, struct fault *f)
{
	struct sim_link *me = link_of(l);

	if (!me->end[to])
		return me->far->ops->put(me->far, to, frame, len, f);
	sim_stack_take(me->end[to], frame, len);
	return 0;
}

static bool sim_link_is_taken(struct link *l, enum side to)
{
	struct sim_link *me = link_of(l);

	return me->end[to] || me->far->ops->is_taken(me->far, to);
}

static int sim_link_stats(struct link *l, int plug, uint64_t *received,
			  uint64_t *dropped, struct fault *f)
{
	struct sim_link *me = link_of(l);

	if (!me->end[plug])
		return me->far->ops->stats(me->far, plug, received, dropped, f);
	*received = me->sent[plug];
	*dropped = 0;
	return 0;
}

static void sim_link_close(struct link *l)
{
	struct sim_link *me = link_of(l);
	struct sim_frame *f;
	int side;

	for (side = SIDE_A; side <= SIDE_B; side++) {
		while ((f = me->head[side])) {
			me->head[side] = f->next;
			free(f);
		}
		free(me->shown[side]);
	}
	free(me);
}

struct link *sim_link_new(struct link *far)
{
	static const struct link_ops ops = {
		.next = sim_link_next,
		.wait = sim_link_wait,
		.put = sim_link_put,
		.is_taken = sim_link_is_taken,
		.stats = sim_link_stats,
		.close = sim_link_close,
	};
	struct sim_link *l = memory_zeroed(1, sizeof(*l));

	l->link.ops = &ops;
	l->link.has_cable = true;
	l->link.plugs = 2;
	l->far = far;
	l->tail[SIDE_A] = &l->head[SIDE_A];
	l->tail[SIDE_B] = &l->head[SIDE_B];
	return &l->link;
}
