/*
 * A view as it is kept, and as it is compared. Knows nothing of how views are
 * found, nor of what makes two of them one connection's.
 */
#include <sys/socket.h>

#include "check/views_own.h"

/* Most are of IPv4, without an RST, and of some segments. */
static bool is_usual(const struct flows_over *o)
{
	const bool *rst = o->summary.signs.rst;

	return o->family == AF_INET && o->segments >= FLOWS_TRAIL &&
	       !(rst[SIDE_A] | rst[SIDE_B] | o->beside | o->evicted);
}

static uint64_t marks(const struct flows_over *o)
{
	uint64_t n = o->segments < FLOWS_TRAIL ? o->segments : FLOWS_TRAIL;

	return n << VIEWS_TRAIL | (o->beside ? VIEWS_BESIDE : 0) |
	       (o->evicted ? VIEWS_EVICTED : 0) |
	       (o->family == AF_INET ? 0 : VIEWS_IPV6);
}

static void __attribute__((noinline))
keep_unusual(const struct flows_over *o, struct view_kept *kept,
	     struct view_apart *apart)
{
	kept->first_frame = o->first_frame << VIEWS_MARKS | marks(o);
	for (int side = SIDE_A; side <= SIDE_B; side++)
		memcpy(apart->addr[side], o->end[side].addr,
		       sizeof(apart->addr[side]));
	memcpy(apart->rst_ms, o->summary.signs.rst_ms, sizeof(apart->rst_ms));
}

void views_keep(const struct flows_over *o, struct view_kept *kept,
		struct view_apart *apart)
{
	memcpy(kept->signs, &o->summary.signs, sizeof(kept->signs));
	kept->start_ns = o->start_ns;
	kept->first_frame =
		o->first_frame << VIEWS_MARKS | FLOWS_TRAIL << VIEWS_TRAIL;
	kept->id = o->id;
	kept->last_frame = (uint32_t)o->last_frame;
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		memcpy(&kept->addr[side], o->end[side].addr,
		       sizeof(kept->addr[side]));
		kept->port[side] = o->end[side].port;
	}
	memcpy(kept->trail, o->trail, sizeof(kept->trail));
	memcpy(kept->ttl, o->ttl, sizeof(kept->ttl));
	if (!is_usual(o))
		keep_unusual(o, kept, apart);
}

static void read_ends(const struct view_kept *kept,
		      const struct view_apart *apart, struct view *view)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		struct seg_end *end = &view->end[side];

		if (view->family == AF_INET)
			memcpy(end->addr, &kept->addr[side],
			       sizeof(kept->addr[side]));
		else
			memcpy(end->addr, apart->addr[side], sizeof(end->addr));
		end->port = kept->port[side];
	}
}

void views_read(const struct view_kept *kept, const struct view_apart *apart,
		struct view *view)
{
	uint64_t marks = kept->first_frame;

	memset(view->end, 0, sizeof(view->end));
	view->id = kept->id;
	view->family = marks & VIEWS_IPV6 ? AF_INET6 : AF_INET;
	view->linked = marks & VIEWS_LINKED;
	view->beside = marks & VIEWS_BESIDE;
	view->evicted = marks & VIEWS_EVICTED;
	read_ends(kept, apart, view);
	view->start_ns = kept->start_ns;
	view->first_frame = kept->first_frame >> VIEWS_MARKS;
	view->last_frame = view->first_frame +
			   (uint32_t)(kept->last_frame - view->first_frame);
	memcpy(view->trail, kept->trail, sizeof(view->trail));
	view->n_trail = marks >> VIEWS_TRAIL & 7;
	memcpy(view->ttl, kept->ttl, sizeof(view->ttl));
	memcpy(&view->signs, kept->signs, sizeof(kept->signs));
	if (view->signs.rst[SIDE_A] || view->signs.rst[SIDE_B])
		memcpy(view->signs.rst_ms, apart->rst_ms,
		       sizeof(apart->rst_ms));
}
