/*
 * Whether two connections are one, seen on both sides of a box. Knows nothing
 * of how views are found, nor of what is said of them.
 */
#include "base/clock.h"
#include "check/views_own.h"

/* A SYN takes no longer through a box, the first of them perhaps dropped. */
#define APART_NS (10 * NS_PER_S)

/* Where the way alone is the proof, all of it is seen within this. */
#define CLOSE_NS NS_PER_S

static bool same_address(const struct seg_end *a, const struct seg_end *b)
{
	return memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

static bool same_end(const struct seg_end *a, const struct seg_end *b)
{
	return same_address(a, b) && a->port == b->port;
}

/* The frames of the first segments of each end. */
struct steps {
	uint64_t frame[2][FLOWS_TRAIL];
	size_t n[2];
};

static void read_steps(const struct view *view, struct steps *s)
{
	uint64_t frame = view->first_frame;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < view->n_trail; i++) {
		uint32_t step = view->trail[i] >> 1, from = view->trail[i] & 1;

		if (i && step == FLOWS_STEP_MAX)
			return;
		frame += i ? step : 0;
		s->frame[from][s->n[from]++] = frame;
	}
}

/* Whether the first n were in one, and at most so many frames later in both. */
static bool have_passed(const uint64_t *before, const uint64_t *after, size_t n,
			uint64_t frames)
{
	for (size_t i = 0; i < n; i++)
		if (after[i] - before[i] - 1 >= frames)
			return false;
	return true;
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/*
 * A box gets what A sends from its one side, and what B sends from its other:
 * one view has each segment of A before the other has it, and each of B after
 * that. Of connections that are only alike, the segments of both ends come in
 * the same order, or in any. How many of the first ones show it, at most so
 * many of each end; 0: one of them does not.
 */
static size_t count_steps(const struct view *a, const struct view *b,
			  size_t most, uint64_t frames)
{
	struct steps s[2];
	bool swapped;
	const struct steps *near, *far;
	size_t n[2];

	read_steps(a, &s[0]);
	read_steps(b, &s[1]);
	for (int side = SIDE_A; side <= SIDE_B; side++)
		n[side] = least(s[0].n[side], s[1].n[side], most);
	if (!n[SIDE_A] || !n[SIDE_B])
		return 0;
	swapped = s[1].frame[SIDE_A][0] < s[0].frame[SIDE_A][0];
	near = &s[swapped];
	far = &s[!swapped];
	return have_passed(near->frame[SIDE_A], far->frame[SIDE_A], n[SIDE_A],
			   frames) &&
			       have_passed(far->frame[SIDE_B],
					   near->frame[SIDE_B], n[SIDE_B],
					   frames)
		       ? n[SIDE_A] + n[SIDE_B]
		       : 0;
}

/* Ports alone do not make it another view: ISNs may be made up. */
bool views_same_isn(const struct view *a, const struct view *b)
{
	return views_same_pair(a->signs.isn, b->signs.isn) &&
	       views_apart(a->start_ns, b->start_ns) <= APART_NS &&
	       (a->family != b->family ||
		!same_address(&a->end[SIDE_A], &b->end[SIDE_A]) ||
		!same_address(&a->end[SIDE_B], &b->end[SIDE_B])) &&
	       count_steps(a, b, 1, UINT64_MAX / 2);
}

bool views_are_beside(const struct view *a, const struct view *b)
{
	return a->beside && b->beside && a->family == b->family &&
	       same_end(&a->end[SIDE_A], &b->end[SIDE_A]) &&
	       same_end(&a->end[SIDE_B], &b->end[SIDE_B]) &&
	       a->first_frame <= b->last_frame &&
	       b->first_frame <= a->last_frame && a->signs.taken &&
	       b->signs.taken;
}

/* The side whose address and port are the same in both. */
static enum side kept_side(const struct view *a, const struct view *b)
{
	return same_end(&a->end[SIDE_A], &b->end[SIDE_A]) ? SIDE_A : SIDE_B;
}

bool views_are_alike(const struct view *a, const struct view *b)
{
	enum side kept = kept_side(a, b), other = side_other(kept);

	return views_same_pair(a->signs.sent, b->signs.sent) &&
	       a->family == b->family &&
	       same_end(&a->end[kept], &b->end[kept]) &&
	       !same_address(&a->end[other], &b->end[other]);
}

static bool has_both_fins(const struct view *view)
{
	return view->signs.fin[SIDE_A] && view->signs.fin[SIDE_B];
}

static bool are_close(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= VIEWS_CLOSE_FRAMES;
}

/* If the FINs pass, the last segment of all does so as soon as the first. */
static bool end_together(const struct view *a, const struct view *b)
{
	return !has_both_fins(a) || !has_both_fins(b) ||
	       are_close(a->last_frame, b->last_frame);
}

/* Those with both FINs that do not end together are told apart by that. */
bool views_may_have_passed(const struct view_kept *a, const struct view_kept *b)
{
	const uint8_t *fin = a->signs + offsetof(struct wire_signs, fin);
	const uint8_t *other = b->signs + offsetof(struct wire_signs, fin);

	return !(fin[SIDE_A] & fin[SIDE_B] & other[SIDE_A] & other[SIDE_B]) ||
	       a->last_frame - b->last_frame + VIEWS_CLOSE_FRAMES <=
		       2 * VIEWS_CLOSE_FRAMES;
}

/* Most others do not even begin together. */
bool views_have_passed(const struct view *a, const struct view *b)
{
	return are_close(a->first_frame, b->first_frame) &&
	       views_apart(a->start_ns, b->start_ns) <= CLOSE_NS &&
	       end_together(a, b) &&
	       count_steps(a, b, FLOWS_TRAIL, VIEWS_CLOSE_FRAMES) ==
		       FLOWS_TRAIL;
}

/*
 * A router takes one from the TTL; a firewall that does not keeps timestamps.
 * What comes from one end to one place has one TTL, and what it sends in
 * different connections has different timestamps.
 */
bool views_same_end(const struct view *a, const struct view *b)
{
	enum side kept = kept_side(a, b);
	bool a_is_near = a->first_frame < b->first_frame;
	const struct view *first = (kept == SIDE_A) == a_is_near ? a : b;
	const struct view *then = first == a ? b : a;

	return first->ttl[kept] > then->ttl[kept] ||
	       (has_both_fins(a) && has_both_fins(b) &&
		a->signs.fin_ts[SIDE_A] && a->signs.fin_ts[SIDE_B] &&
		views_same_pair(a->signs.fin_ts, b->signs.fin_ts));
}
